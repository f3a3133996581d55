/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* What is printed, a "name: value" a line; and texts for numbers. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "run.h"
#include "tk_dsp.h"

struct bit_name {
	uint64_t	 bit;
	const char	*name;
};

/* VIRTIO 1.2, chapter 6, and 5.14.3. */
static const struct bit_name feature_names[] = {
	{ UINT64_C(1) << 0,	"SND_CTLS" },
	{ UINT64_C(1) << 24,	"NOTIFY_ON_EMPTY" },
	{ UINT64_C(1) << 27,	"ANY_LAYOUT" },
	{ UINT64_C(1) << 28,	"INDIRECT_DESC" },
	{ UINT64_C(1) << 29,	"EVENT_IDX" },
	{ UINT64_C(1) << 32,	"VERSION_1" },
	{ UINT64_C(1) << 33,	"ACCESS_PLATFORM" },
	{ UINT64_C(1) << 34,	"RING_PACKED" },
	{ UINT64_C(1) << 35,	"IN_ORDER" },
	{ UINT64_C(1) << 36,	"ORDER_PLATFORM" },
	{ UINT64_C(1) << 38,	"NOTIFICATION_DATA" },
	{ UINT64_C(1) << 40,	"RING_RESET" },
	{ 0, NULL }
};

static const struct bit_name encoding_names[] = {
	{ TK_AFMT_S8,		"S8" },
	{ TK_AFMT_U8,		"U8" },
	{ TK_AFMT_S16_LE,	"S16" },
	{ TK_AFMT_U16_LE,	"U16" },
	{ TK_AFMT_S24_LE,	"S24" },
	{ TK_AFMT_U24_LE,	"U24" },
	{ TK_AFMT_S32_LE,	"S32" },
	{ TK_AFMT_U32_LE,	"U32" },
	{ TK_AFMT_F32_LE,	"F32" },
	{ TK_AFMT_MU_LAW,	"mu-law" },
	{ TK_AFMT_A_LAW,	"A-law" },
	{ 0, NULL }
};

/* FreeBSD's errno(2), those that the test kernel's calls return. */
static const struct {
	int		 error;
	const char	*text;
} kernel_errors[] = {
	{ 2,	"no such entry" },
	{ 4,	"interrupted" },
	{ 5,	"input/output error" },
	{ 6,	"device not configured" },
	{ 9,	"bad descriptor" },
	{ 12,	"out of memory" },
	{ 13,	"permission denied" },
	{ 16,	"device busy" },
	{ 19,	"not supported by the device" },
	{ 22,	"invalid argument" },
	{ 28,	"no space left" },
	{ 32,	"broken pipe" },
	{ 35,	"temporarily unavailable" },
	{ 45,	"not supported" },
	{ 60,	"timed out" },
};

const char *
kernel_strerror(int error)
{
	static char buf[32];
	size_t i;

	for (i = 0; i < sizeof(kernel_errors) / sizeof(kernel_errors[0]);
	    i++) {
		if (kernel_errors[i].error == error)
			return (kernel_errors[i].text);
	}
	snprintf(buf, sizeof(buf), "error %d", error);
	return (buf);
}

static void
print_bits(const struct bit_name *names, uint64_t bits)
{

	for (; names->name != NULL; names++) {
		if ((bits & names->bit) != 0)
			printf(" %s", names->name);
		bits &= ~names->bit;
	}
	if (bits != 0)
		printf(" 0x%" PRIx64, bits);
}

static const char *
plural(uint64_t n)
{

	return (n == 1 ? "" : "s");
}

void
report_device(const struct card *c)
{
	struct card_stats stats;

	card_stats(c, &stats);
	printf("device: %s, %" PRIu32 " stream%s\n", card_name(c),
	    stats.streams, plural(stats.streams));
	printf("features:");
	print_bits(feature_names, stats.features);
	putchar('\n');
}

static void
report_source(const struct source *s)
{

	printf("file: %s, %s, %s, %" PRIu32 " channel%s, %" PRIu32 " Hz, "
	    "%.2f s\n", s->path, s->container, s->coding, s->format.channels,
	    plural(s->format.channels), s->format.rate,
	    (double)s->frames / s->format.rate);
}

/* What the header claims, where it is not so. */
static void
report_header(const struct source *s)
{
	const struct header *h = &s->header;

	if (s->endless)
		printf("header: claims no length, the file has %" PRIu64
		    " frames\n", s->frames);
	else if (h->state == HEADER_WRONG && h->claimed_sound != h->sound)
		printf("header: claims %" PRIu64 " bytes of sound, the file "
		    "has %" PRIu64 "\n", h->claimed_sound, h->sound);
	else if (h->state == HEADER_WRONG)
		printf("header: claims a file of %" PRIu64 " bytes, it has %"
		    PRIu64 "\n", h->claimed, h->size);
}

static double
milliseconds(const struct stream *s, uint32_t frames)
{

	return (1e3 * frames / s->format.rate);
}

static void
report_stream(const struct source *source, const struct stream *s)
{
	char text[640];

	printf("format: %s\n", format_text(&s->format, text, sizeof(text)));
	if (*source_differences(source, &s->format, text, sizeof(text)) !=
	    '\0')
		printf("converted: %s\n", text);
	printf("period: %" PRIu32 " frames, %.1f ms\n", s->period_frames,
	    milliseconds(s, s->period_frames));
	printf("buffer: %" PRIu32 " periods, %" PRIu32 " frames, %.1f ms\n",
	    s->periods, s->periods * s->period_frames,
	    milliseconds(s, s->periods * s->period_frames));
}

void
report_voice(const struct voice *v)
{
	const struct stream *s = &v->stream;

	printf("stream: %s, %" PRIu32 " to %" PRIu32 " Hz,", s->name,
	    s->minspeed, s->maxspeed);
	print_bits(encoding_names, s->offered);
	putchar('\n');
	report_source(&v->source);
	report_header(&v->source);
	report_stream(&v->source, s);
}

void
report_pace(double pace)
{

	if (pace < 0.99 || pace > 1.01)
		printf("pace: %.2f s for a second of sound, as QEMU writes "
		    "more than 16 bits around its mixer\n", pace);
}

void
report_counts(const struct card_stats *c, const struct voice *voices, int n,
    double seconds)
{
	bool capture = voices[0].stream.capture;
	int queue = capture ? RUN_QUEUE_RX : RUN_QUEUE_TX;
	uint64_t interrupts, kicks, xruns;
	int i;

	kicks = xruns = 0;
	interrupts = c->virtio.shared_interrupts + c->virtio.config_interrupts;
	for (i = 0; i < TK_VIRTIO_MAXQ; i++) {
		kicks += c->virtio.kicks[i];
		interrupts += c->virtio.interrupts[i];
	}
	for (i = 0; i < n; i++)
		xruns += voices[i].stream.xruns;
	printf("time: %.2f s\n", seconds);
	printf("periods: %" PRIu64 "\n", c->periods);
	printf("kicks: %" PRIu64 " (%" PRIu64 " for sound)\n", kicks,
	    c->virtio.kicks[queue]);
	printf("interrupts: %" PRIu64 " (%" PRIu64 " for sound)\n",
	    interrupts, c->virtio.interrupts[queue]);
	printf("%s: %" PRIu64 "\n", capture ? "overruns" : "underruns",
	    xruns);
}

void
report_files(const struct output *o, int n, bool pictures)
{
	int i;

	printf("written:");
	for (i = 0; i < n; i++) {
		printf(" %s", o[i].wav);
		if (pictures)
			printf(" %s", o[i].png);
	}
	putchar('\n');
}

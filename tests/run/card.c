/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The device with its driver: QEMU's virtio-sound, vhost-device-sound behind
 * QEMU, or the model; the test kernel booted around it, and the driver
 * attached.
 *
 * QEMU lives in real time, so its kernel's threads all run; the model lives in
 * the kernel's virtual time, in the deterministic mode.
 */

#define	_GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtest/qtest.h"
#include "qtest/wav.h"
#include "compare.h"
#include "model_virtio_snd.h"
#include "run.h"
#include "tk.h"
#include "tk_bus.h"

#define	CARD_TYPE	25		/* virtio's number for sound */
#define	CONFIG_STREAMS	4		/* offset in its configuration space */
#define	VHOST_DROPS	4		/* bytes */

/* FreeBSD's, in the test kernel; td may be NULL. */
struct thread;
int	kernel_sysctlbyname(struct thread *td, char *name, void *old,
	    size_t *oldlenp, void *new, size_t newlen, size_t *retval,
	    int flags);

struct card {
	struct tk_qtest	*qemu;
	struct model_snd *sim;
	char		 name[64];
	bool		 vhost;		/* behind QEMU */
	char		*wav;		/* what QEMU writes */
	void		*dev;		/* what the operations get */
	const struct tk_virtio_ops *device;
	struct tk_virtio_ops ops;	/* the device's, watched */
	struct _device	*bus;
	uint32_t	 streams;	/* of the device: ... */
	uint32_t	 outputs;	/* ... the first ones play */
	bool		 booted;
	struct sound	 played[RUN_STREAMS];	/* by the model's outputs */
};

/* Features that the driver and the device agreed upon last. */
static uint64_t negotiated;
static const struct tk_virtio_ops *watched;

static int
watch_features(void *dev, uint64_t features)
{

	negotiated = features;
	return (watched->set_features(dev, features));
}

/*
 * Devices
 */

static void
report_qemu(const char *line)
{

	complain("%s", line);
}

static enum tk_qtest_wav
wav_kind(const struct format *f)
{

	switch (f->sample) {
	case SAMPLE_U8:
		return (TK_QTEST_WAV_U8);
	case SAMPLE_S8:
		return (TK_QTEST_WAV_S8);
	case SAMPLE_S16:
		return (TK_QTEST_WAV_S16);
	default:
		return (TK_QTEST_WAV_RAW);
	}
}

bool
card_suits(const struct options *o, const struct format *one,
    const struct format *other)
{

	if (o->model != MODEL_QEMU || (wav_kind(one) == TK_QTEST_WAV_RAW &&
	    wav_kind(other) == TK_QTEST_WAV_RAW))
		return (true);
	return (wav_kind(one) == wav_kind(other) && one->rate == other->rate);
}

double
card_pace(const struct options *o, const struct format *f)
{

	if (o->model != MODEL_QEMU || wav_kind(f) != TK_QTEST_WAV_RAW)
		return (1);
	return ((double)format_frame(f) * f->rate / TK_QTEST_RAW_BYTES);
}

/*
 * A period is complete when it is in QEMU's buffer.  It is played one tick of
 * QEMU's timer later, plus the delay of a busy host.  A detach before that
 * would cut it off, because it stops the device at once.
 */
double
card_latency(const struct options *o, const struct format *f)
{

	if (o->model == MODEL_SIM)
		return (0);
	return (card_pace(o, f) * TK_QTEST_WAV_FRAMES / f->rate + 0.05);
}

/* As in QEMU: the first half of the streams play. */
static int
device_streams(const struct options *o)
{

	return (o->device_streams >= 0 ? o->device_streams : 2 * o->streams);
}

static int
open_qemu(struct card *c, const struct options *o, const struct output *out,
    const struct format *f)
{
	const struct tk_qtest_config config = {
		.device = o->model == MODEL_VHOST ? TK_QTEST_VHOST_ALSA :
		    TK_QTEST_QEMU,
		.qemu = o->qemu,
		.wav = out->wav,
		.wav_format = wav_kind(f),
		.wav_rate = f->rate,
		.streams = device_streams(o),
		.report = report_qemu
	};

	if (o->device_streams >= 0 && o->model == MODEL_VHOST)
		return (complain("vhost-device-sound has two streams: leave "
		    "out --device-streams"));
	if (o->device_streams == 0)
		return (complain("QEMU's device has at least one stream: give "
		    "--device-streams 1 or more"));
	c->wav = strdup(out->wav);
	if (c->wav == NULL)
		return (complain("out of memory"));
	if (tk_qtest_open(&config, &c->qemu) != 0)
		return (-1);
	c->vhost = o->model == MODEL_VHOST;
	snprintf(c->name, sizeof(c->name), "QEMU %s %s",
	    tk_qtest_version(c->qemu), c->vhost ?
	    "vhost-user-snd-pci, vhost-device-sound" : "virtio-sound-pci");
	c->dev = c->qemu;
	return (0);
}

static void
sim_streams(struct model_snd_config *config, int streams)
{
	struct model_snd_stream_config stream;
	int i;

	stream = config->stream[0];
	config->nstreams = streams;
	for (i = 0; i < streams; i++) {
		config->stream[i] = stream;
		config->stream[i].input = i >= (streams + 1) / 2;
	}
}

/* The model needs the kernel, so that is booted first. */
static void
open_sim(struct card *c, const struct options *o)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	config.intr_shared = false;
	sim_streams(&config, device_streams(o));
	c->sim = model_snd_new(&config);
	snprintf(c->name, sizeof(c->name), "model of virtio-sound");
	c->dev = c->sim;
}

static int
boot(struct card *c, const struct options *o, const struct output *out,
    const struct format *f)
{
	const struct tk_boot_args args = {
		.mode = TK_DETERMINISTIC, .ram_fd = -1,
	};

	if (o->model == MODEL_SIM) {
		c->device = &model_snd_ops;
		tk_boot(&args);
	} else {
		c->device = &tk_qtest_ops;
		if (open_qemu(c, o, out, f) != 0)
			return (-1);
		tk_qtest_boot(c->qemu);
	}
	tk_console_quiet(true);
	c->booted = true;
	if (o->model == MODEL_SIM)
		open_sim(c, o);
	return (0);
}

/*
 * Attach
 */

/* The last line that the kernel printed.  In it a driver says what is wrong. */
static const char *
last_message(char *buf, size_t len)
{
	const char *end, *start, *text;

	text = tk_msgbuf();
	end = text + strlen(text);
	while (end > text && end[-1] == '\n')
		end--;
	for (start = end; start > text && start[-1] != '\n';)
		start--;
	snprintf(buf, len, "%.*s", (int)(end - start), start);
	return (buf);
}

static int
attach(struct card *c)
{
	char why[160];
	int error;

	watched = c->device;
	negotiated = 0;
	c->ops = *c->device;
	c->ops.set_features = watch_features;
	c->device->read_config(c->dev, CONFIG_STREAMS, &c->streams,
	    sizeof(c->streams));
	c->outputs = (c->streams + 1) / 2;
	c->bus = tk_virtio_attach("virtio_pci", &c->ops, c->dev, CARD_TYPE,
	    &error);
	if (c->bus != NULL)
		return (0);
	if (c->streams == 0)
		return (complain("the device has no playback stream: give it "
		    "one with --device-streams"));
	if (c->qemu != NULL && tk_qtest_error(c->qemu) != 0)
		return (-1);
	return (complain("the driver refused the device: %s: %s",
	    kernel_strerror(error), last_message(why, sizeof(why))));
}

int
card_open(struct card **cp, const struct options *o, const struct output *out,
    const struct format *f)
{
	struct card *c;

	*cp = NULL;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return (complain("out of memory"));
	if (boot(c, o, out, f) == 0 && attach(c) == 0) {
		*cp = c;
		return (0);
	}
	card_close(c);
	card_free(c);
	return (-1);
}

const char *
card_name(const struct card *c)
{

	return (c->name);
}

/* A counter of the driver; 0 if it has none of this name. */
static uint64_t
counter(const char *name)
{
	uint64_t value;
	size_t len;
	char copy[64];

	value = 0;
	len = sizeof(value);
	snprintf(copy, sizeof(copy), "%s", name);
	if (kernel_sysctlbyname(NULL, copy, &value, &len, NULL, 0, NULL,
	    0) != 0)
		return (0);
	return (value);
}

void
card_stats(const struct card *c, struct card_stats *s)
{

	char name[64];
	uint32_t i;

	s->virtio = tk_virtio_stats(c->bus);
	s->periods = 0;
	for (i = 0; i < c->streams; i++) {
		snprintf(name, sizeof(name), "dev.pcm.0.stream%" PRIu32
		    ".periods", i);
		s->periods += counter(name);
	}
	s->features = negotiated;
	s->streams = c->streams;
}

bool
card_failed(const struct card *c)
{

	return (c->qemu != NULL && tk_qtest_error(c->qemu) != 0);
}

void
card_feed(struct card *c, uint32_t channel, const struct sound *sound)
{

	model_snd_capture_buffer(c->sim, c->outputs + channel, sound->data,
	    sound->len, false);
}

/*
 * Detach and end
 */

/*
 * Keep what an output of the model played, since the model ends with the
 * kernel.
 */
static int
keep_played(struct card *c, uint32_t channel)
{
	struct sound *s = &c->played[channel];
	struct model_snd_stream_stats stats;

	stats = model_snd_stream_stats(c->sim, channel);
	s->data = malloc(stats.played + 1);
	if (s->data == NULL)
		return (complain("out of memory"));
	s->len = model_snd_played(c->sim, channel, 0, s->data, stats.played);
	return (0);
}

static int
close_sim(struct card *c)
{
	uint64_t illegal;
	uint32_t i;
	int error;

	error = 0;
	for (i = 0; i < c->outputs && error == 0; i++)
		error = keep_played(c, i);
	illegal = model_snd_stats(c->sim).illegal;
	if (illegal != 0)
		error = complain("the device refused %" PRIu64 " requests as "
		    "illegal", illegal);
	model_snd_free(c->sim);
	c->sim = NULL;
	return (error);
}

static int
shut_down(struct card *c)
{
	int leaks;

	c->booted = false;
	tk_console_quiet(false);
	leaks = tk_shutdown();
	if (leaks == 0)
		return (0);
	return (complain("the kernel was left with %d things not given back",
	    leaks));
}

int
card_close(struct card *c)
{
	int error, result;

	result = 0;
	if (c->bus != NULL) {
		error = tk_virtio_detach(c->bus);
		if (error != 0)
			result = complain("the driver does not detach: %s",
			    kernel_strerror(error));
		c->bus = NULL;
	}
	if (c->sim != NULL && close_sim(c) != 0)
		result = -1;
	if (c->booted && shut_down(c) != 0)
		result = -1;
	if (tk_qtest_close(c->qemu) != 0)
		result = -1;
	c->qemu = NULL;
	return (result);
}

void
card_free(struct card *c)
{
	int i;

	if (c == NULL)
		return;
	for (i = 0; i < RUN_STREAMS; i++)
		sound_free(&c->played[i]);
	free(c->wav);
	free(c);
}

/*
 * What was played
 */

/* QEMU's mixer copies one channel to two. */
static int
fold(struct sound *s)
{
	size_t differs, width;

	width = sample_types[s->format.sample].bytes;
	s->len = compare_fold(s->data, s->len, width, &differs);
	if (differs < s->len / width)
		return (complain("QEMU played one channel as two that differ "
		    "at frame %zu", differs));
	return (0);
}

static int
read_wav(struct card *c, struct sound *s)
{
	struct wav w;
	int error;

	error = wav_map(c->wav, &w);
	if (error != 0)
		return (complain("cannot read what QEMU wrote to %s: %s",
		    c->wav, strerror(error)));
	s->len = w.len;
	s->data = malloc(w.len + 1);
	if (s->data != NULL && w.len > 0)
		memcpy(s->data, w.samples, w.len);
	wav_unmap(&w);
	if (s->data == NULL)
		return (complain("out of memory"));
	if (c->vhost)
		return (0);
	/* Without the mixer QEMU may stop within a frame of silence. */
	if (wav_kind(&s->format) == TK_QTEST_WAV_RAW)
		s->len -= s->len % format_frame(&s->format);
	else if (s->format.channels == 1)
		return (fold(s));
	return (0);
}

/*
 * vhost-device-sound 0.3.0 subtracts a message's header twice from the length
 * of the sound in it.  And it plays whole frames only.
 */
size_t
card_drops(const struct card *c, const struct format *f)
{
	size_t frame = format_frame(f);

	return (c->vhost ? (VHOST_DROPS + frame - 1) / frame * frame : 0);
}

int
card_played(struct card *c, uint32_t channel, const struct format *f,
    struct sound *s)
{

	memset(s, 0, sizeof(*s));
	s->format = *f;
	if (c->wav != NULL)
		return (read_wav(c, s));
	s->data = c->played[channel].data;
	s->len = c->played[channel].len;
	c->played[channel].data = NULL;
	return (0);
}

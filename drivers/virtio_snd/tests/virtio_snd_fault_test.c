/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on a model of the device that misbehaves: each of the model's
 * named faults, when it attaches, when a stream starts, while it runs and ends,
 * and once.  The expected result of each is fixed here.  Either attach is
 * refused or the sound stops, with one clear line, or all goes on and the fault
 * is counted.  The test kernel checks that there is no panic, no leak and no
 * endless wait.  One fault is an exception: FreeBSD's virtqueue(9) believes an
 * id beyond the ring, and then writes to other memory.  No driver can prevent
 * that.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/sysctl.h>

#include "snd_rig.h"
#include "tk_dsp.h"
#include "tk_test.h"
#include "virtio_snd/virtio_snd_reg.h"

#define	REC		1		/* the model's stream that records */
#define	MS		1000000LL
#define	PERIOD		(480 * 4)	/* 10 ms, S16, stereo, 48 kHz */
#define	PERIODS		8
#define	SOME		(100 * PERIOD)

static uint8_t data[SOME];

/* Configure a device with something of everything. */
static void
configure(struct model_snd_config *config)
{
	static const char *const items[] = { "Mic", "Line" };
	static const struct model_snd_ctl_config ctls[] = {
		{ .role = 2, .type = MODEL_SND_CTL_INTEGER,
		    .access = MODEL_SND_CTL_READ | MODEL_SND_CTL_WRITE,
		    .count = 2, .name = "Master Playback Volume", .max = 100,
		    .value = 50 },
		{ .type = MODEL_SND_CTL_ENUMERATED,
		    .access = MODEL_SND_CTL_READ | MODEL_SND_CTL_WRITE,
		    .count = 1, .name = "Capture Source", .items = items,
		    .nitems = nitems(items) },
	};

	model_snd_config_qemu(config);
	config->features |= MODEL_SND_F_CTLS;
	config->no_info = false;
	config->njacks = 2;
	config->nchmaps = 1;
	config->chmap[0].channels = 2;
	config->chmap[0].positions[0] = 3;
	config->chmap[0].positions[1] = 4;
	config->nctls = nitems(ctls);
	memcpy(config->ctl, ctls, sizeof(ctls));
}

/* Since when a device misbehaves. */
enum when {
	ATTACH,		/* before attach, always */
	START,		/* before a program starts, until its stream ended */
	RUN,		/* while it runs, until then */
	ONCE,		/* the same, a single time */
	NWHENS
};

enum fate {
	FINE,		/* all samples are played and recorded */
	FAILS,		/* one program gets an error, the next none */
	LOST,		/* the next one gets an error, too */
	DEAD		/* all programs get an error */
};

struct expectation {
	const char	*fault;
	int		 refused;	/* errno of attach, with this line */
	const char	*why;
	enum fate	 fate[NWHENS];
	const char	*said[NWHENS];
	/*
	 * The fault is in a request that the driver, or this test, may not
	 * make.
	 */
	bool		 unasked;
	/*
	 * The device takes the rest of a sound at once.  When the fault comes
	 * while the sound runs, the result for the program depends on timing.
	 * The memory comes back in every case.
	 */
	bool		 hasty;
};

/* All of them, each given by its case. */
static const struct expectation *expectations[128];
static size_t nexpectations;

static const struct model_snd_fault *
fault_of(const char *name)
{
	const struct model_snd_fault *f = model_snd_faults;

	while (f->name != NULL && strcmp(f->name, name) != 0)
		f++;
	TK_CHECK(f->name != NULL);
	return (f);
}

/* A flood of events takes no more time than it needs. */
static uint32_t
count_of(const char *fault)
{
	return (fault_of(fault)->kind == MODEL_SND_FAULT_EVENT ? 20000 :
	    MODEL_SND_ALWAYS);
}

/* A program plays or records two seconds; armed in between, if at all. */
static bool
sound(bool record, const char *fault, uint32_t count)
{
	struct tk_dsp *dsp;
	int64_t n;

	if (tk_dsp_open(-1, record, false, &dsp) != 0)
		return (false);
	n = -1;
	if (tk_dsp_setup(dsp, TK_AFMT_S16_LE, 2, 48000, 0, 0) == 0 &&
	    tk_dsp_setfragments(dsp, PERIOD, PERIODS) == 0)
		n = record ? tk_dsp_read(dsp, data, SOME) :
		    tk_dsp_write(dsp, data, SOME);
	if (count != 0)
		model_snd_fault(snd_model, fault, count);
	if (n == SOME)
		n = record ? tk_dsp_read(dsp, data, SOME) :
		    tk_dsp_write(dsp, data, SOME);
	TK_EQ(tk_dsp_close(dsp), 0);
	return (n == SOME);
}

/* The same, until the stream has ended and the fault with it. */
static bool
sound_under(bool record, const char *fault, enum when when)
{
	bool fine;

	if (when == START)
		model_snd_fault(snd_model, fault, count_of(fault));
	fine = sound(record, fault, when == RUN ? count_of(fault) :
	    when == ONCE ? 1 : 0);
	snd_sleep_ms(3000);
	if (when != ATTACH)
		model_snd_fault(snd_model, fault, 0);
	snd_sleep_ms(1000);
	return (fine);
}

/* Programs come and go.  Check the results of their calls. */
static enum fate
live(const char *fault, enum when when)
{
	bool first, later;

	(void)model_snd_jack(snd_model, 0, true);
	first = sound_under(false, fault, when);
	first = sound_under(true, fault, when) && first;
	later = sound(false, NULL, 0);
	later = sound(true, NULL, 0) && later;
	(void)model_snd_jack(snd_model, 0, false);
	snd_sleep_ms(100);
	if (first)
		return (later ? FINE : LOST);
	return (later ? FAILS : DEAD);
}

/* The kernel said this of pcm0; and a fault does not flood the console. */
static void
expect_said(const char *line)
{
	const char *text = tk_msgbuf();
	char full[128];
	int lines = 0;

	if (line != NULL) {
		snprintf(full, sizeof(full), "pcm0: %s", line);
		if (strstr(text, full) == NULL)
			tk_test_fail(__FILE__, __LINE__, "not said: %s", full);
	}
	for (; (text = strstr(text, "pcm0: ")) != NULL; text++)
		lines++;
	TK_CHECK(lines < 40);
}

static bool
attach(const struct expectation *e, enum when when)
{
	struct model_snd_config config;

	configure(&config);
	snd_make(&config);
	model_snd_capture_pattern(snd_model, REC);
	if (when == ATTACH)
		model_snd_fault(snd_model, e->fault, count_of(e->fault));
	TK_EQ(snd_attach(), when == ATTACH ? e->refused : 0);
	return (snd_bus != NULL);
}

static void
walk(const struct expectation *e, enum when when)
{
	enum fate fate;
	bool attached;

	tk_boot(NULL);
	printf("%s, %d\n", e->fault, when);
	attached = attach(e, when);
	if (attached) {
		fate = live(e->fault, when);
		if (!e->hasty || when < RUN)
			TK_EQ(fate, e->fate[when]);
	}
	expect_said(attached ? e->said[when] : e->why);
	if (!e->unasked && (when == ATTACH || e->said[when] != NULL))
		TK_CHECK(model_snd_faulted(snd_model, e->fault) != 0);
	snd_down_anyhow();
	TK_EQ(tk_shutdown(), 0);
}

/* A fault that concerns attach alone need not be tried later. */
static void
walk_all(const struct expectation *e)
{
	enum model_snd_fault_kind kind = fault_of(e->fault)->kind;

	walk(e, ATTACH);
	if (kind == MODEL_SND_FAULT_CONFIG || kind == MODEL_SND_FAULT_INFO)
		return;
	walk(e, START);
	walk(e, RUN);
	walk(e, ONCE);
}

#define	FAULT(id, name, ...)						\
static const struct expectation expect_##id = {				\
	.fault = name, __VA_ARGS__					\
};									\
__attribute__((__constructor__)) static void				\
add_##id(void)								\
{									\
	expectations[nexpectations++] = &expect_##id;			\
}									\
TK_CASE_UNBOOTED(vtsnd_bears_##id)					\
{									\
	walk_all(&expect_##id);						\
}									\
struct __hack

/* No driver can prevent what follows; see tests/kern/virtio/virtqueue.c. */
#define	FATAL(id, name)							\
static const struct expectation expect_##id = { .fault = name };	\
__attribute__((__constructor__)) static void				\
add_##id(void)								\
{									\
	expectations[nexpectations++] = &expect_##id;			\
}									\
TK_CASE_(vtsnd_cannot_bear_##id, .unbooted = 1,				\
    .stops = "virtqueue-memory: queue pcm0 ")				\
{									\
	walk(&expect_##id, RUN);					\
}									\
struct __hack

#define	ALL(what)	{ what, what, what, what }

TK_CASE_UNBOOTED(vtsnd_bears_every_fault_that_the_model_has)
{
	const struct model_snd_fault *f;
	size_t i;

	for (f = model_snd_faults; f->name != NULL; f++) {
		for (i = 0; i < nexpectations; i++)
			if (strcmp(expectations[i]->fault, f->name) == 0)
				break;
		if (i == nexpectations)
			tk_test_fail(__FILE__, __LINE__,
			    "nothing is expected of %s", f->name);
	}
	TK_EQ(nexpectations, f - model_snd_faults);
}

/*
 * Configuration space
 */

FAULT(streams_huge, "streams-huge", .refused = EINVAL,
    .why = "the device claims 4294967295 streams: not believed\n");
FAULT(streams_none, "streams-none", .refused = ENXIO,
    .why = "the device has no streams\n");
FAULT(jacks_huge, "jacks-huge",
    .said = { "the device claims 4294967295 jacks: not believed\n" });
FAULT(chmaps_huge, "chmaps-huge",
    .said = { "the device claims 4294967295 channel maps: not believed\n" });
FAULT(ctls_huge, "ctls-huge",
    .said = { "the device claims 4294967295 controls: not believed\n" });

/*
 * Information
 */

FAULT(pcm_channels_none, "pcm-channels-none", .refused = EINVAL,
    .why = "stream 0: impossible range of channels\n");
FAULT(pcm_channels_crossed, "pcm-channels-crossed", .refused = EINVAL,
    .why = "stream 0: impossible range of channels\n");
FAULT(pcm_channels_huge, "pcm-channels-huge");
FAULT(pcm_channels_shrink, "pcm-channels-shrink");
FAULT(pcm_direction, "pcm-direction-unknown", .refused = EINVAL,
    .why = "stream 0: unknown direction\n");
FAULT(pcm_formats_unknown, "pcm-formats-unknown", .refused = EINVAL,
    .why = "stream 0: no known sample format\n");
FAULT(pcm_formats_none, "pcm-formats-none", .refused = EINVAL,
    .why = "stream 0: no known sample format\n");
FAULT(pcm_rates_unknown, "pcm-rates-unknown", .refused = EINVAL,
    .why = "stream 0: no known rate\n");
FAULT(pcm_rates_none, "pcm-rates-none", .refused = EINVAL,
    .why = "stream 0: no known rate\n");
FAULT(pcm_features, "pcm-features-unknown", .fate = { DEAD },
    .said = { "stream 0: cannot start: EOPNOTSUPP\n" });
FAULT(jack_not_supp, "jack-not-supp",
    .said = { "jack 0: JACK_INFO failed: EOPNOTSUPP: no jacks\n" });
FAULT(jack_moves, "jack-moves");
FAULT(chmap_not_supp, "chmap-not-supp", .said = {
    "channel map 0: CHMAP_INFO failed: EOPNOTSUPP: no channel maps\n" });
FAULT(ctl_not_supp, "ctl-not-supp",
    .said = { "control 0: CTL_INFO failed: EOPNOTSUPP: no controls\n" });
FAULT(chmap_channels, "chmap-channels-huge",
    .said = { "channel map 0: impossible number of channels: not used\n" });
FAULT(chmap_position, "chmap-position-unknown", .said = {
    "channel map 0: an order that sound(4) has no map for: not used\n" });
FAULT(chmap_direction, "chmap-direction-unknown",
    .said = { "channel map 0: unknown direction: not used\n" });
FAULT(ctl_type, "ctl-type-unknown",
    .said = { "control 0: unknown type: not used\n" });
FAULT(ctl_role, "ctl-role-unknown");
FAULT(ctl_count_huge, "ctl-count-huge",
    .said = { "control 0: impossible number of values: not used\n" });
FAULT(ctl_count_none, "ctl-count-none",
    .said = { "control 0: impossible number of values: not used\n" });
FAULT(ctl_name, "ctl-name-endless",
    .said = { "control 0: impossible name: not used\n" });
FAULT(ctl_items, "ctl-items-huge");
FAULT(item_name, "item-name-endless");
FAULT(ctl_value, "ctl-value-garbage", .unasked = true);
FAULT(tlv_length, "tlv-length-huge", .unasked = true);

/*
 * Answers that are missing.  Without the first one, to PCM_INFO, attach fails.
 * A start fails at SET_PARAMS.  STOP and RELEASE are repeated before the next
 * start.
 */

#define	ANSWER(id, name, error, text)					\
FAULT(id, name, .refused = error,					\
    .why = "stream 0: PCM_INFO failed: " text "\n",			\
    .fate = { [START] = FAILS },					\
    .said = { NULL, "stream 0: cannot start: " text "\n",		\
    "stream 0: STOP failed: " text "\n",				\
    "stream 0: STOP failed: " text "\n" })

ANSWER(answer_empty, "answer-empty", EIO, "EIO");
ANSWER(answer_garbage, "answer-garbage", EIO, "EIO");
ANSWER(answer_huge, "answer-used-huge", EPROTO, "EPROTO");
ANSWER(status_unknown, "status-unknown", EIO, "EIO");
ANSWER(status_done, "status-error-done", EIO, "EIO");

/* A status that is there is believed, whatever the used length says. */
FAULT(answer_short, "answer-short", .refused = EINVAL,
    .why = "stream 0: impossible range of channels\n");
FAULT(answer_header, "answer-header-only", .refused = EINVAL,
    .why = "stream 0: impossible range of channels\n");
FAULT(answer_late, "answer-late", .refused = ENXIO,
    .why = "stream 0: PCM_INFO failed: ENXIO\n",
    .fate = { [START] = FAILS }, .said = { NULL,
    "stream 0: cannot start: ETIMEDOUT\n",
    "stream 0: STOP failed: ETIMEDOUT\n",
    "stream 0: STOP failed: ETIMEDOUT\n" });
FAULT(answer_never, "answer-never", .refused = ENXIO,
    .why = "stream 0: PCM_INFO failed: ENXIO\n",
    .fate = { FINE, DEAD, DEAD, DEAD }, .said = { NULL,
    "request 0x101 not answered: no more are made until it is\n",
    "request 0x105 not answered: no more are made until it is\n",
    "request 0x105 not answered: no more are made until it is\n" });
FAULT(answer_twice, "answer-twice");
FATAL(answer_id, "answer-id-range");
/*
 * The device says that it has started, but has not; or that it has stopped, but
 * still plays.
 */
FAULT(status_undone, "status-ok-undone", .refused = EINVAL,
    .why = "stream 0: impossible range of channels\n", .said = {
    [START] = "stream 0: the device does not keep time: it gets periods by the "
    "clock\n",
    [ONCE] = "stream 0: RELEASE failed: EINVAL\n" });
/* All that was played came back before RELEASE. */
FAULT(release_keeps, "release-keeps", .fate = ALL(LOST),
    .said = ALL("stream 1: lost: the device keeps its periods\n"));

/* A program that gives up has periods with the device. */
TK_CASE_UNBOOTED(vtsnd_loses_a_playing_stream_whose_periods_release_keeps)
{
	struct model_snd_config config;
	struct tk_dsp *dsp;

	tk_boot(NULL);
	configure(&config);
	snd_up(&config);
	model_snd_fault(snd_model, "release-keeps", MODEL_SND_ALWAYS);
	TK_EQ(tk_dsp_open(-1, false, false, &dsp), 0);
	TK_EQ(tk_dsp_setup(dsp, TK_AFMT_S16_LE, 2, 48000, 0, 0), 0);
	TK_EQ(tk_dsp_write(dsp, data, SOME), SOME);
	TK_EQ(tk_dsp_reset(dsp), 0);
	TK_EQ(tk_dsp_close(dsp), 0);
	snd_sleep_ms(3000);
	expect_said("stream 0: lost: the device keeps its periods\n");
	snd_down_anyhow();
}

/*
 * Data
 */

#define	PERIODS_FAIL(id, name)						\
FAULT(id, name, .said = ALL("stream 0: the device failed a period: status "))

PERIODS_FAIL(used_len_huge, "used-len-huge");
PERIODS_FAIL(used_len_beyond, "used-len-beyond");
PERIODS_FAIL(used_len_short, "used-len-short");
PERIODS_FAIL(used_len_none, "used-len-none");
PERIODS_FAIL(used_len_half, "used-len-half");
PERIODS_FAIL(data_error, "data-status-error");
PERIODS_FAIL(data_unknown, "data-status-unknown");
FAULT(data_latency, "data-latency-huge");
/* virtqueue(9) loses another chain for each, until the device is reset. */
FAULT(used_twice, "used-twice", .fate = { LOST, LOST, LOST, FINE },
    .said = { "stream 0: lost: the device keeps its periods\n",
    "stream 0: lost: the device keeps its periods\n",
    "stream 0: lost: the device keeps its periods\n" });
FAULT(used_order, "used-order");
FATAL(used_id, "used-id-range");
/*
 * virtqueue(9) takes back a chain that is not used, and then has no cookie for
 * it.
 */
FAULT(used_index, "used-index-jump", .fate = { DEAD, DEAD },
    .said = { "stream 0: lost: the device keeps its periods\n",
    "stream 0: lost: the device keeps its periods\n" },
    .hasty = true);
FAULT(data_never, "data-never", .fate = ALL(DEAD),
    .said = ALL("stream 0: lost: the device keeps its periods\n"));
/* The program gets no error.  Little of the sound is left when RUN ends. */
FAULT(data_instant, "data-instant", .said = {
    "stream 0: the device does not keep time: it gets periods by the clock\n",
    "stream 0: the device does not keep time: it gets periods by the clock\n"
});

/*
 * Ten seconds of sound take ten seconds, less the time that the device may be
 * ahead.
 */
TK_CASE(vtsnd_paces_a_device_that_returns_periods_at_once)
{
	struct model_snd_config config;
	struct tk_dsp *dsp;
	int64_t begin;
	int i;

	model_snd_config_qemu(&config);
	snd_up(&config);
	model_snd_fault(snd_model, "data-instant", MODEL_SND_ALWAYS);
	TK_EQ(tk_dsp_open(-1, false, false, &dsp), 0);
	TK_EQ(tk_dsp_setup(dsp, TK_AFMT_S16_LE, 2, 48000, 0, 0), 0);
	begin = tk_now_ns();
	for (i = 0; i < 10 * 192000 / SOME; i++)
		TK_EQ(tk_dsp_write(dsp, data, SOME), SOME);
	TK_EQ(tk_dsp_close(dsp), 0);
	TK_CHECK(tk_now_ns() - begin > 8000 * MS);
	TK_CHECK(tk_now_ns() - begin < 11000 * MS);
	snd_down();
}

/*
 * Events
 */

#define	UNKNOWN_EVENT(id, name, code)					\
FAULT(id, name, .said = ALL("unknown event " code))

UNKNOWN_EVENT(event_code, "event-code-unknown", "0xbeef of 0: ignored\n");
UNKNOWN_EVENT(event_jack, "event-jack-range",
    "0x1000 of 4294967295: ignored\n");
UNKNOWN_EVENT(event_stream, "event-stream-range",
    "0x1101 of 4294967295: ignored\n");
UNKNOWN_EVENT(event_ctl, "event-ctl-range",
    "0x1200 of 4294967295: ignored\n");
UNKNOWN_EVENT(event_short, "event-short", "0x0 of 0: ignored\n");
UNKNOWN_EVENT(event_huge, "event-used-huge", "0x0 of 0: ignored\n");
FAULT(event_storm, "event-storm");

/*
 * Features, resets, unplugging
 */

FAULT(features, "features-refused", .refused = ENXIO,
    .why = "the device refuses to work without a feature that virtio(4) lacks, "
    "most likely VIRTIO_F_ACCESS_PLATFORM: turn it off "
    "(QEMU: iommu_platform=off)\n");
FAULT(reset_request, "needs-reset-request", .refused = ENXIO,
    .why = "stream 0: PCM_INFO failed: ENXIO\n",
    .fate = { FINE, DEAD, LOST, FINE }, .said = { NULL,
    "the device needed more than 3 resets: given up\n",
    "the device needed more than 3 resets: given up\n",
    "the device needs a reset\n" });
FAULT(reset_data, "needs-reset-data", .fate = { DEAD, DEAD, DEAD, FINE },
    .said = { "the device needed more than 3 resets: given up\n",
    "the device needed more than 3 resets: given up\n",
    "the device needed more than 3 resets: given up\n",
    "the device needs a reset\n" });
FAULT(unplug_request, "unplug-request", .refused = ENXIO,
    .why = "stream 0: PCM_INFO failed: ENXIO\n",
    .fate = { FINE, DEAD, DEAD, DEAD }, .said = { NULL,
    "request 0x101 not answered: no more are made until it is\n",
    "request 0x105 not answered: no more are made until it is\n",
    "request 0x105 not answered: no more are made until it is\n" });
FAULT(unplug_data, "unplug-data", .fate = ALL(DEAD),
    .said = ALL("stream 1: cannot start: ENXIO\n"));
/* sound(4) gives the channel up; the next program finds all in order. */
#if TK_FREEBSD == 15
#define	GIVEN_UP	"dsp0.play.0: play interrupt timeout, channel dead\n"
#else
#define	GIVEN_UP	NULL
#endif
FAULT(intr_lost, "intr-lost", .fate = { DEAD, FAILS, FAILS, FAILS },
    .said = ALL(GIVEN_UP));
/* As vhost-device-sound 0.3.0, which sends no events. */
FAULT(event_kick, "event-kick-hangs", .fate = ALL(FINE), .unasked = true);
FAULT(intr_spurious, "intr-spurious");

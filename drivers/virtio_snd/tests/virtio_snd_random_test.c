/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on the model of the device: detached at a random moment, again and
 * again, while programs play and record, controls change, jacks, streams and
 * controls send events, the machine is suspended, and the device stumbles or is
 * pulled out.  None of this may leave memory or threads behind.
 *
 * A cycle has a kernel of its own and depends on its seed alone.  The first has
 * KERN_SEED's (1), each further the next number; KERN_CYCLES says how many.  A
 * failure prints the seed: KERN_SEED=seed KERN_CYCLES=1 repeats it.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/soundcard.h>
#include <sys/sysctl.h>

#include "snd_rig.h"
#include "tk_bus.h"
#include "tk_dsp.h"
#include "tk_host.h"
#include "tk_test.h"
#include "tk_test_thread.h"
#include "virtio_snd/virtio_snd_reg.h"

#define	CYCLES		400
#define	MS		1000000LL
#define	CHUNK		8192

/* One cycle. */
static struct {
	bool			 ending;	/* atomic: programs shall end */
	struct model_snd_config	 config;
} rig;

/* Counts over all cycles, printed at the end. */
static struct {
	uint64_t	cycles;
	uint64_t	refused;	/* did not attach */
	uint64_t	periods;	/* played and recorded */
	uint64_t	requests;	/* answered */
	uint64_t	events;
	uint64_t	suspends;
	uint64_t	resets;		/* resets that the device asked for */
	uint64_t	unplugs;
} seen;

/* A random number below n, of a generator that the caller keeps. */
static uint32_t
below(uint64_t *state, uint32_t n)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return ((*state >> 33) % n);
}

/* Once in n times. */
static bool
once_in(uint64_t *state, uint32_t n)
{
	return (below(state, n) == 0);
}

static void
sleep_up_to(uint64_t *state, int64_t ns)
{
	pause_sbt("random", nstosbt(1 + below(state, ns)), 0, 0);
}

static bool
ending(void)
{
	return (__atomic_load_n(&rig.ending, __ATOMIC_ACQUIRE));
}

static const struct model_snd_ctl_config elements[] = {
	{ .role = 2, .type = MODEL_SND_CTL_INTEGER,
	    .access = MODEL_SND_CTL_READ | MODEL_SND_CTL_WRITE, .count = 2,
	    .name = "Master Playback Volume", .max = 87, .step = 1 },
	{ .role = 4, .type = MODEL_SND_CTL_BOOLEAN,
	    .access = MODEL_SND_CTL_READ | MODEL_SND_CTL_WRITE, .count = 1,
	    .name = "Master Playback Mute" },
};

/*
 * Programs.  The results of the calls do not matter here, only that the calls
 * return.
 */

static void
use(struct tk_dsp *dsp, uint64_t *state, bool record)
{
	static const uint32_t sizes[] = { 192, 480, 1920, 4096 };
	static uint8_t data[2][CHUNK];

	(void)tk_dsp_setup(dsp, TK_AFMT_S16_LE, 1 + below(state, 2),
	    once_in(state, 2) ? 48000 : 44100, 0, 0);
	if (once_in(state, 2))
		(void)tk_dsp_setfragments(dsp, sizes[below(state, 4)],
		    2 + below(state, 30));
	while (!ending() && !once_in(state, 8)) {
		if (record)
			(void)tk_dsp_read(dsp, data[1],
			    4 + 4 * below(state, CHUNK / 4 - 1));
		else
			(void)tk_dsp_write(dsp, data[0],
			    4 + 4 * below(state, CHUNK / 4 - 1));
		if (once_in(state, 6))
			(void)tk_dsp_reset(dsp);
		if (once_in(state, 6))
			(void)tk_dsp_post(dsp);
		if (once_in(state, 6))
			sleep_up_to(state, 20 * MS);
	}
	if (ending())
		(void)tk_dsp_interrupt(dsp);
}

static void
program(uint64_t state, bool record)
{
	struct tk_dsp *dsp;

	while (!ending()) {
		sleep_up_to(&state, 5 * MS);
		if (tk_dsp_open(-1, record, false, &dsp) != 0)
			continue;
		use(dsp, &state, record);
		(void)tk_dsp_close(dsp);
	}
}

static void
player(void *arg)
{
	program(*(uint64_t *)arg, false);
}

static void
recorder(void *arg)
{
	program(*(uint64_t *)arg, true);
}

/* Read sysctls, one of which makes requests. */
static void
controls(void *arg)
{
	static const char *const names[] = {
		"dev.pcm.0.stream0.periods", "dev.pcm.0.stream1.latency",
		"dev.pcm.0.events", "dev.pcm.0.jack0.connected",
	};
	uint64_t state = *(uint64_t *)arg, value;
	size_t len;
	int place;

	while (!ending()) {
		sleep_up_to(&state, 5 * MS);
		len = sizeof(value);
		(void)kernel_sysctlbyname(curthread,
		    __DECONST(char *, names[below(&state, nitems(names))]),
		    &value, &len, NULL, 0, NULL, 0);
		place = below(&state, 16);
		(void)kernel_sysctlbyname(curthread,
		    __DECONST(char *, "dev.pcm.0.jack0.association"), NULL,
		    NULL, &place, sizeof(place), NULL, 0);
		(void)tk_mixer_set(0, SOUND_MIXER_VOLUME, below(&state, 100),
		    50);
	}
}

/*
 * The device
 */

static void
stumble(uint64_t *state)
{
	static const char *const faults[] = {
		"answer-late", "answer-never", "data-never", "intr-lost",
		"intr-spurious", "used-order", "data-status-error",
		"needs-reset-request", "needs-reset-data", "release-keeps",
	};

	switch (below(state, 4)) {
	case 0:
		model_snd_needs_reset(snd_model);
		break;
	case 1:
		model_snd_hold(snd_model, below(state, MODEL_SND_NVQ),
		    once_in(state, 2));
		break;
	default:
		model_snd_fault(snd_model,
		    faults[below(state, nitems(faults))], 1);
		break;
	}
}

static void
device(void *arg)
{
	uint64_t state = *(uint64_t *)arg;
	bool gone = false, stumbles = once_in(&state, 2);

	while (!ending() && !gone) {
		sleep_up_to(&state, 5 * MS);
		switch (below(&state, 8)) {
		case 0:
			if (stumbles)
				stumble(&state);
			break;
		case 1:
			gone = once_in(&state, 20);
			if (gone)
				model_snd_unplug(snd_model);
			seen.unplugs += gone;
			break;
		case 2:
			if (rig.config.nctls != 0)
				(void)model_snd_ctl_set(snd_model,
				    below(&state, 2), 0, below(&state, 2));
			break;
		case 3:
			(void)model_snd_event(snd_model,
			    VTSND_EVT_PCM_XRUN, below(&state, 3));
			break;
		default:
			(void)model_snd_jack(snd_model, 0,
			    once_in(&state, 2));
			break;
		}
	}
}

/*
 * Cycles
 */

static void
choose(struct model_snd_config *config, uint64_t *state)
{
	if (once_in(state, 3))
		model_snd_config_exact(config);
	else
		model_snd_config_qemu(config);
	config->no_info = false;
	config->njacks = 1;
	config->jack[0].features = 1;
	if (once_in(state, 2)) {
		config->features |= MODEL_SND_F_CTLS;
		config->nctls = nitems(elements);
		memcpy(config->ctl, elements, sizeof(elements));
	}
	config->intr_shared = once_in(state, 2);
	config->queue_size = 8 << below(state, 4);
	config->ctl_delay_ns = once_in(state, 2) ? 0 :
	    below(state, 3 * MS);
	if (once_in(state, 2)) {
		config->nstreams = 4;
		config->stream[2] = config->stream[0];
		config->stream[3] = config->stream[1];
	}
	if (once_in(state, 4))
		config->features &= ~(1ull << 28);	/* indirect */
	if (once_in(state, 4))
		config->features &= ~(1ull << 29);	/* event index */
}

/* Run the machine until it is time to detach. */
static void
live(uint64_t *state)
{
	while (!once_in(state, 6)) {
		sleep_up_to(state, 20 * MS);
		if (!once_in(state, 3))
			continue;
		(void)tk_device_suspend(snd_bus);
		seen.suspends++;
		if (once_in(state, 10))
			break;
		if (once_in(state, 2))
			sleep_up_to(state, 20 * MS);
		(void)tk_device_resume(snd_bus);
	}
	sleep_up_to(state, 5 * MS);
}

static void
note(void)
{
	const char *p = tk_msgbuf();
	uint32_t i;

	seen.cycles++;
	seen.refused += snd_bus == NULL;
	for (i = 0; i < rig.config.nstreams; i++)
		seen.periods += model_snd_stream_stats(snd_model, i).periods;
	seen.requests += model_snd_stats(snd_model).requests;
	seen.events += model_snd_stats(snd_model).events_sent;
	for (; (p = strstr(p, "the device needs a reset")) != NULL; p++)
		seen.resets++;
}

static void
cycle(uint64_t state)
{
	static void (*const parts[])(void *) = {
		player, player, recorder, controls, device
	};
	struct test_thread threads[nitems(parts)];
	uint64_t states[nitems(parts)];
	size_t i;

	memset(&rig, 0, sizeof(rig));
	choose(&rig.config, &state);
	snd_make(&rig.config);
	for (i = 0; i < nitems(parts); i++) {
		states[i] = state + i;
		(void)below(&states[i], 2);
		test_thread_start(&threads[i], parts[i], &states[i]);
	}
	(void)snd_attach_to(once_in(&state, 3) ? "virtio_mmio" :
	    "virtio_pci");
	if (snd_bus != NULL) {
		live(&state);
		TK_EQ(tk_virtio_detach(snd_bus), 0);
	}
	__atomic_store_n(&rig.ending, true, __ATOMIC_RELEASE);
	for (i = 0; i < nitems(parts); i++)
		test_thread_join(&threads[i]);
	TK_EQ(model_snd_stats(snd_model).illegal, 0);
	note();
	model_snd_free(snd_model);
}

static uint64_t
number(const char *name, uint64_t otherwise)
{
	const char *text = tkh_getenv(name);

	return (text == NULL || text[0] == '\0' ? otherwise :
	    strtoul(text, NULL, 10));
}

static void
cycles(enum tk_mode mode, uint64_t count)
{
	struct tk_boot_args args = { .ram_fd = -1, .mode = mode };
	uint64_t first, last;

	first = number("KERN_SEED", 1);
	last = first + count - 1;
	for (args.seed = first; args.seed <= last; args.seed++) {
		tk_boot(&args);
		tk_console_quiet(true);
		printf("cycle of KERN_SEED=%ju\n", (uintmax_t)args.seed);
		cycle(args.seed);
		TK_EQ(tk_shutdown(), 0);
	}
	tk_console_quiet(false);
	printf("%ju cycles (%ju did not attach): %ju periods, %ju requests, "
	    "%ju events, %ju suspends, %ju resets needed, %ju unplugs\n",
	    (uintmax_t)seen.cycles, (uintmax_t)seen.refused,
	    (uintmax_t)seen.periods, (uintmax_t)seen.requests,
	    (uintmax_t)seen.events, (uintmax_t)seen.suspends,
	    (uintmax_t)seen.resets, (uintmax_t)seen.unplugs);
}

/* Seconds: for KERN_CYCLES=10000.  The second case takes real time. */
#define	LIMIT		3600

TK_CASE_(vtsnd_is_detached_at_random_moments, .unbooted = 1, .timeout = LIMIT)
{
	cycles(TK_DETERMINISTIC, number("KERN_CYCLES", CYCLES));
}

/* Time is real here, so a seed does not repeat the run. */
TK_CASE_(vtsnd_is_detached_at_random_moments_by_real_threads, .unbooted = 1,
    .timeout = LIMIT)
{
	cycles(TK_THREADED, MAX(number("KERN_CYCLES", CYCLES) / 100, 1));
}

/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on the model of the device: its events and its jacks.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/sysctl.h>

#include "snd_rig.h"
#include "tk_bus.h"
#include "tk_test.h"
#include "tk_test_thread.h"
#include "virtio_snd/virtio_snd_reg.h"

#define	MS		1000000LL

static void
two_jacks(struct model_snd_config *config)
{
	model_snd_config_qemu(config);
	config->no_info = false;
	config->njacks = 2;
	config->jack[0].hda_reg_defconf = 2 << 20;	/* headphone */
	config->jack[0].connected = false;
	config->jack[1].hda_reg_defconf = 10 << 20;	/* microphone */
	config->jack[1].connected = true;
}

static bool
notified(const char *text)
{
	size_t i;

	for (i = 0; i < tk_devctl_count(); i++)
		if (strstr(tk_devctl_message(i), text) != NULL)
			return (true);
	return (false);
}

TK_CASE(vtsnd_jacks_are_sysctls_and_events_for_devd)
{
	struct model_snd_config config;

	two_jacks(&config);
	snd_up(&config);
	TK_EQ(snd_counter("jack0.connected"), 0);
	TK_EQ(snd_counter("jack1.connected"), 1);
	TK_CHECK(model_snd_jack(snd_model, 0, true));
	TK_CHECK(model_snd_jack(snd_model, 1, false));
	snd_settle();
	TK_EQ(snd_counter("jack0.connected"), 1);
	TK_EQ(snd_counter("jack1.connected"), 0);
	TK_CHECK(notified("system=SND subsystem=CONN type=OUT cdev=dsp0 "
	    "jack=0"));
	TK_CHECK(notified("system=SND subsystem=DISCONN type=IN cdev=dsp0 "
	    "jack=1"));
	TK_EQ(snd_counter("events.total"), 2);
	TK_EQ(snd_counter("events.jack"), 2);
	TK_EQ(snd_counter("events.unknown"), 0);
	snd_down();
}

/* One interrupt for all queues: the answer and the event are found together. */
TK_CASE(vtsnd_event_of_a_jack_is_newer_than_the_answer_about_it)
{
	struct model_snd_config config;

	two_jacks(&config);
	config.intr_shared = true;
	snd_up(&config);
	TK_EQ(tk_device_suspend(snd_bus), 0);
	model_snd_fault(snd_model, "jack-moves", 2);
	TK_EQ(tk_device_resume(snd_bus), 0);
	snd_settle();
	TK_EQ(snd_counter("events.jack"), 2);
	TK_EQ(snd_counter("jack0.connected"), 1);
	TK_EQ(snd_counter("jack1.connected"), 0);
	snd_down();
}

/* What happens after so much time of an attach. */
struct later {
	int64_t	ns;
	bool	slow;
};

static void
happen(void *arg)
{
	const struct later *later = arg;

	snd_sleep_ns(later->ns);
	if (later->slow)
		model_snd_fault(snd_model, "answer-late", 1);
	(void)model_snd_jack(snd_model, 0, true);
}

/*
 * Each request takes 5 ms: two streams, then the two jacks, then two more
 * requests before the device gets room for events.
 */
static void
attach_while(bool slow)
{
	struct later later = { .ns = 22 * MS, .slow = slow };
	struct model_snd_config config;
	struct test_thread thread;

	two_jacks(&config);
	config.ctl_delay_ns = 5 * MS;
	snd_make(&config);
	test_thread_start(&thread, happen, &later);
	TK_EQ(snd_attach(), 0);
	test_thread_join(&thread);
	TK_EQ(model_snd_stats(snd_model).events_lost, 1);
}

TK_CASE(vtsnd_sees_a_jack_that_is_plugged_in_while_it_attaches)
{
	attach_while(false);
	TK_EQ(snd_counter("jack0.connected"), 1);
	snd_down();
}

TK_CASE(vtsnd_hears_a_device_that_answered_late_while_it_attached)
{
	attach_while(true);
	TK_EQ(model_snd_stats(snd_model).event_buffers, 0);
	snd_sleep_ns(MODEL_SND_LATE_NS);
	TK_CHECK(model_snd_stats(snd_model).event_buffers > 0);
	TK_EQ(snd_counter("jack0.connected"), 1);
	TK_CHECK(model_snd_jack(snd_model, 0, false));
	snd_settle();
	TK_EQ(snd_counter("jack0.connected"), 0);
	snd_down();
}

TK_CASE(vtsnd_hears_a_device_that_answered_late_on_resume)
{
	struct model_snd_config config;

	two_jacks(&config);
	snd_up(&config);
	TK_EQ(tk_device_suspend(snd_bus), 0);
	model_snd_fault(snd_model, "answer-late", 1);
	TK_EQ(tk_device_resume(snd_bus), 0);
	(void)model_snd_jack(snd_model, 1, false);
	TK_EQ(snd_counter("jack1.connected"), 1);
	snd_sleep_ns(MODEL_SND_LATE_NS);
	TK_EQ(snd_counter("jack1.connected"), 0);
	TK_CHECK(model_snd_jack(snd_model, 1, true));
	snd_settle();
	TK_EQ(snd_counter("jack1.connected"), 1);
	snd_down();
}

TK_CASE(vtsnd_does_without_jacks_that_the_device_does_not_describe)
{
	struct model_snd_config config;

	two_jacks(&config);
	config.no_info = true;
	snd_up(&config);
	TK_CHECK(strstr(tk_msgbuf(), "pcm0: jack 0: JACK_INFO failed: "
	    "EOPNOTSUPP: no jacks\n") != NULL);
	(void)model_snd_event(snd_model, VTSND_EVT_JACK_CONNECTED, 0);
	snd_settle();
	TK_EQ(snd_counter("events.unknown"), 1);
	snd_down();
}

TK_CASE(vtsnd_does_without_jacks_if_one_is_not_described)
{
	struct model_snd_config config;
	int connected;
	size_t len = sizeof(connected);

	two_jacks(&config);
	config.no_jack = 1;
	snd_up(&config);
	TK_CHECK(strstr(tk_msgbuf(), "pcm0: jack 1: JACK_INFO failed: "
	    "EOPNOTSUPP: no jacks\n") != NULL);
	/* Nor is there jack 0. */
	TK_EQ(kernel_sysctlbyname(curthread,
	    __DECONST(char *, "dev.pcm.0.jack0.connected"), &connected, &len,
	    NULL, 0, NULL, 0), ENOENT);
	(void)model_snd_event(snd_model, VTSND_EVT_JACK_CONNECTED, 0);
	snd_settle();
	TK_EQ(snd_counter("events.unknown"), 1);
	snd_down();
}

TK_CASE(vtsnd_counts_xruns_that_the_device_tells_of)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	snd_up(&config);
	TK_CHECK(model_snd_event(snd_model, VTSND_EVT_PCM_XRUN, 1));
	TK_CHECK(model_snd_event(snd_model, VTSND_EVT_PCM_PERIOD_ELAPSED, 0));
	snd_settle();
	TK_EQ(snd_counter("stream0.xrun_events"), 0);
	TK_EQ(snd_counter("stream1.xrun_events"), 1);
	TK_EQ(snd_counter("stream0.period_events"), 1);
	TK_EQ(snd_counter("events.xrun"), 1);
	TK_EQ(snd_counter("events.period"), 1);
	TK_EQ(snd_counter("events.jack"), 0);
	TK_EQ(snd_counter("events.unknown"), 0);
	snd_down();
}

TK_CASE(vtsnd_counts_events_of_what_does_not_exist)
{
	struct model_snd_config config;

	two_jacks(&config);
	snd_up(&config);
	TK_CHECK(model_snd_event(snd_model, 0x7777, 0));
	TK_CHECK(model_snd_event(snd_model, VTSND_EVT_PCM_XRUN, 2));
	TK_CHECK(model_snd_event(snd_model, VTSND_EVT_PCM_XRUN, 0xffffffff));
	TK_CHECK(model_snd_event(snd_model, VTSND_EVT_JACK_CONNECTED, 2));
	snd_settle();
	TK_EQ(snd_counter("events.total"), 4);
	TK_EQ(snd_counter("events.unknown"), 4);
	TK_CHECK(strstr(tk_msgbuf(), "pcm0: unknown event 0x7777 of 0: "
	    "ignored\n") != NULL);
	snd_down();
}

TK_CASE(vtsnd_keeps_the_event_queue_filled)
{
	struct model_snd_config config;
	uint64_t buffers;
	int i;

	model_snd_config_qemu(&config);
	snd_up(&config);
	buffers = model_snd_stats(snd_model).event_buffers;
	TK_CHECK(buffers >= 8);
	for (i = 0; i < 1000; i++) {
		TK_CHECK(model_snd_event(snd_model, VTSND_EVT_PCM_XRUN, 0));
		if (i % 8 == 7)
			snd_settle();
	}
	snd_settle();
	TK_EQ(snd_counter("stream0.xrun_events"), 1000);
	TK_EQ(model_snd_stats(snd_model).event_buffers, buffers);
	TK_EQ(model_snd_stats(snd_model).events_lost, 0);
	snd_down();
}

TK_CASE(vtsnd_fills_an_event_queue_that_is_shorter_than_its_buffers)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	config.queue_size = 8;
	snd_up(&config);
	TK_EQ(model_snd_stats(snd_model).event_buffers, 8);
	TK_CHECK(model_snd_event(snd_model, VTSND_EVT_PCM_XRUN, 0));
	snd_settle();
	TK_EQ(snd_counter("stream0.xrun_events"), 1);
	snd_down();
}

static int
get_int(const char *name)
{
	size_t len = sizeof(int);
	int value = -1;

	TK_EQ(kernel_sysctlbyname(curthread, __DECONST(char *, name), &value,
	    &len, NULL, 0, NULL, 0), 0);
	return (value);
}

static int
set_int(const char *name, int value)
{
	return (kernel_sysctlbyname(curthread, __DECONST(char *, name), NULL,
	    NULL, &value, sizeof(value), NULL, 0));
}

/* Jack 0 can be remapped, jack 1 cannot. */
static void
up_with_places(void)
{
	struct model_snd_config config;

	two_jacks(&config);
	config.jack[0].features = VTSND_JACK_F_REMAP;
	config.jack[0].hda_reg_defconf |= 0x23;
	config.jack[1].hda_reg_defconf |= 0xf0;
	snd_up(&config);
}

TK_CASE(vtsnd_shows_where_a_jack_belongs)
{
	up_with_places();
	TK_EQ(get_int("dev.pcm.0.jack0.association"), 2);
	TK_EQ(get_int("dev.pcm.0.jack0.sequence"), 3);
	TK_EQ(get_int("dev.pcm.0.jack1.association"), 15);
	TK_EQ(get_int("dev.pcm.0.jack1.sequence"), 0);
	snd_down();
}

TK_CASE(vtsnd_remaps_a_jack)
{
	up_with_places();
	TK_EQ(set_int("dev.pcm.0.jack0.association", 7), 0);
	TK_EQ(model_snd_jack_state(snd_model, 0).association, 7);
	TK_EQ(model_snd_jack_state(snd_model, 0).sequence, 3);
	TK_EQ(set_int("dev.pcm.0.jack0.sequence", 15), 0);
	TK_EQ(model_snd_jack_state(snd_model, 0).association, 7);
	TK_EQ(model_snd_jack_state(snd_model, 0).sequence, 15);
	TK_EQ(model_snd_jack_state(snd_model, 0).remaps, 2);
	TK_EQ(get_int("dev.pcm.0.jack0.association"), 7);
	TK_EQ(get_int("dev.pcm.0.jack0.sequence"), 15);
	snd_down();
}

TK_CASE(vtsnd_remaps_a_jack_again_after_a_reset)
{
	up_with_places();
	TK_EQ(set_int("dev.pcm.0.jack0.association", 7), 0);
	TK_EQ(tk_device_suspend(snd_bus), 0);
	TK_EQ(tk_device_resume(snd_bus), 0);
	snd_settle();
	TK_EQ(model_snd_jack_state(snd_model, 0).remaps, 2);
	TK_EQ(model_snd_jack_state(snd_model, 0).hda_reg_defconf & 0xff, 0x73);
	TK_EQ(model_snd_jack_state(snd_model, 1).remaps, 0);
	snd_down();
}

TK_CASE(vtsnd_remaps_no_jack_to_where_it_cannot_be)
{
	up_with_places();
	TK_EQ(set_int("dev.pcm.0.jack0.association", 16), EINVAL);
	TK_EQ(set_int("dev.pcm.0.jack0.sequence", -1), EINVAL);
	TK_EQ(set_int("dev.pcm.0.jack1.sequence", 1), EPERM);
	TK_EQ(model_snd_jack_state(snd_model, 0).remaps, 0);
	TK_EQ(get_int("dev.pcm.0.jack0.association"), 2);
	snd_down();
}

TK_CASE(vtsnd_says_why_a_jack_was_not_remapped)
{
	up_with_places();
	model_snd_fail(snd_model, VTSND_R_JACK_REMAP, VTSND_S_IO_ERR, 1);
	TK_EQ(set_int("dev.pcm.0.jack0.association", 7), EIO);
	TK_CHECK(strstr(tk_msgbuf(), "pcm0: jack 0: JACK_REMAP failed: EIO\n")
	    != NULL);
	TK_EQ(get_int("dev.pcm.0.jack0.association"), 2);
	TK_EQ(set_int("dev.pcm.0.jack0.association", 8), 0);
	TK_EQ(get_int("dev.pcm.0.jack0.association"), 8);
	snd_down();
}

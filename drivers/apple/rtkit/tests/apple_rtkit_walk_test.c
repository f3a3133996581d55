/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * RTKit and a client on the model of a coprocessor.  Each call that can fail is
 * made to fail once, through attach of the client, boot, messages, sleep, a
 * crash, a new start and detach.
 */
#include "rtkit_rig.h"

#include <sys/proc.h>
#include <sys/sysctl.h>

#include "tk_test_walk.h"

TK_CASES_ON_EACH_PIC("");

/* How many lines say what failed. */
static int
told(const char *said)
{
	static const char *const lines[] = {
		"rtkit: cannot ", "rtkit: registers ", ": no buffer of ",
		"rtkit: no crash log: ", "mailbox \"main\": ",
		": cannot set up interrupts: ",
	};
	size_t i;
	int n = 0;

	for (i = 0; i < nitems(lines); i++)
		n += tk_walk_count(said, lines[i]);
	return (n);
}

/* Start the endpoint, send a message and wait for its answer. */
static int
exchange(struct rig *r)
{
	int before, error;

	error = rig_start(r, APPLE_RTKIT_EP_APP);
	if (error != 0)
		return (error);
	before = rig_got(r);
	TK_EQ(rig_send(r, 1), 0);
	RIG_WAIT(rig_got(r) == before + 1);
	return (0);
}

static int
boot(struct rig *r)
{
	int error;

	error = apple_rtkit_boot(r->rtk);
	return (error != 0 ? error : exchange(r));
}

static int
sleep_and_wake(struct rig *r)
{
	int error;

	TK_EQ(apple_rtkit_sleep(r->rtk), 0);
	error = apple_rtkit_wake(r->rtk);
	if (error != 0)
		return (error);
	TK_EQ(apple_rtkit_quiesce(r->rtk), 0);
	error = apple_rtkit_wake(r->rtk);
	return (error != 0 ? error : exchange(r));
}

static int
crash_and_start(struct rig *r)
{
	model_rtkit_crash(r->m);
	RIG_WAIT(rig_crashes(r) == 1);
	RIG_WAIT(printed("crash log"));
	TK_EQ(rig_send(r, 1), EIO);
	TK_EQ(apple_rtkit_reinit(r->rtk), 0);
	return (boot(r));
}

static int
use(struct rig *r)
{
	char path[64];
	uint64_t counted;
	size_t len = sizeof(counted);
	int error;

	error = boot(r);
	if (error == 0)
		error = sleep_and_wake(r);
	if (error == 0)
		error = crash_and_start(r);
	if (error == 0) {
		TK_EQ(apple_rtkit_shutdown(r->rtk), 0);
		error = boot(r);
	}
	/* There may be no counters. */
	snprintf(path, sizeof(path), "dev.rtkit_client.%d.rtkit.sent",
	    device_get_unit(r->c->dev));
	(void)kernel_sysctlbyname(curthread, path, &counted, &len, NULL, 0,
	    NULL, 0);
	return (error);
}

/* The machine and its client, which has no coprocessor yet. */
static void
up(struct rig *r, const struct rig_machine *machine)
{
	rig_up(r, machine, true, NULL);
	model_rtkit_app(r->m, APPLE_RTKIT_EP_APP, &model_rtkit_app_echo);
	apple_rtkit_free(r->rtk);
	r->rtk = r->c->rtk = NULL;
}

static int
life(const struct rig_machine *machine)
{
	const char *said;
	struct rig r;
	int error;

	tk_fault_spare(true);
	up(&r, machine);
	tk_fault_spare(false);
	said = tk_msgbuf() + strlen(tk_msgbuf());
	error = rig_get_again(&r);
	if (error == 0)
		error = use(&r);
	if (error != 0 && tk_walk_alone)
		TK_EQ(told(said), 1);
	rig_down(&r);
	return (error);
}

static int
life_of_v4(void)
{
	return (life(&rig_v4));
}

static int
life_of_t8015(void)
{
	return (life(&rig_t8015));
}

static int
life_of_m3(void)
{
	return (life(&rig_m3));
}

TK_CASE_UNBOOTED(rtkit_v4_gives_everything_back_whichever_call_fails)
{
	tk_walk_both(life_of_v4, 75, 65);
}

TK_CASE_UNBOOTED(rtkit_t8015_gives_everything_back_whichever_call_fails)
{
	tk_walk_both(life_of_t8015, 75, 65);
}

TK_CASE_UNBOOTED(rtkit_m3_gives_everything_back_whichever_call_fails)
{
	tk_walk_both(life_of_m3, 75, 65);
}

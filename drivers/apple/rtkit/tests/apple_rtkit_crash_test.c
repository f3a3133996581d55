/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A coprocessor crashes: which functions are called, what is printed, and how
 * the coprocessor is started again.
 */
#include "rtkit_rig.h"

#include <sys/endian.h>
#include <sys/proc.h>
#include <sys/sysctl.h>

#include "tk_test_thread.h"

TK_CASES_ON_EACH_PIC("");

static void
up_on(struct rig *r, bool cpu, bool own)
{
	struct model_rtkit_config cfg;

	rig_config(&rig_v4, &cfg);
	for (int i = 0; i < MODEL_RTKIT_BUFFERS; i++)
		cfg.buffers[i].own = own;
	rig_up(r, &rig_v4, cpu, &cfg);
	rig_boot(r);
	RIG_WAIT(model_rtkit_quiet(r->m));
}

static void
crash(struct rig *r)
{
	model_rtkit_crash(r->m);
	RIG_WAIT(rig_crashes(r) == 1);
	RIG_WAIT(printed("crash log"));
}

/*
 * Notification of the crash
 */

TK_CASE(a_crash_tells_the_client_and_ends_all_traffic)
{
	struct rig r;

	for (int own = 0; own < 2; own++) {
		up_on(&r, true, own != 0);
		crash(&r);
		TK_CHECK(apple_rtkit_crashed(r.rtk));
		TK_CHECK(!apple_rtkit_running(r.rtk));
		TK_EQ(rig_send(&r, 1), EIO);
		TK_EQ(apple_rtkit_trysend(r.rtk, APPLE_RTKIT_EP_APP, 1, 0),
		    EIO);
		TK_EQ(rig_start(&r, APPLE_RTKIT_EP_APP), EIO);
		TK_EQ(apple_rtkit_boot(r.rtk), EIO);
		TK_EQ(apple_rtkit_sleep(r.rtk), EIO);
		TK_EQ(rig_counter(&r, "crashes"), 1);
		TK_EQ(rig_crashes(&r), 1);
		rig_down(&r);
	}
}

TK_CASE(after_a_crash_nothing_is_heard)
{
	struct rig r;

	up_on(&r, true, false);
	model_rtkit_fault(r.m, "crashlog-twice", 1);
	crash(&r);
	model_rtkit_send(r.m, APPLE_RTKIT_EP_APP, 1);
	pause_sbt("righ", 20 * MS, 0, 0);
	TK_EQ(rig_got(&r), 0);
	TK_EQ(rig_crashes(&r), 1);
	TK_EQ(rig_counter(&r, "crashes"), 1);
	rig_down_broken(&r);
}

/*
 * Messages sent before the crash that are still in the queue are not delivered.
 */
TK_CASE(a_crash_empties_the_queue)
{
	struct rig r;

	up_on(&r, true, false);
	r.c->recv_ticks = 20;
	model_rtkit_send(r.m, APPLE_RTKIT_EP_APP, 1);
	RIG_WAIT(rig_got(&r) == 1);
	TK_CHECK(model_asc_push(r.asc, 1ull << 52, MODEL_RTKIT_EP_CRASHLOG));
	for (int i = 2; i < 6; i++)
		TK_CHECK(model_asc_push(r.asc, i, APPLE_RTKIT_EP_APP));
	RIG_WAIT(rig_crashes(&r) == 1);
	pause_sbt("righ", 200 * MS, 0, 0);
	TK_EQ(rig_got(&r), 1);
	rig_down_broken(&r);
}

struct sleeper {
	struct rig	*r;
	int		 error;
	sbintime_t	 woken;
};

static void
wait_for_room(void *arg)
{
	struct sleeper *s = arg;

	s->error = apple_rtkit_send(s->r->rtk, APPLE_RTKIT_EP_APP, 1,
	    60 * SBT_1S);
	s->woken = sbinuptime();
}

TK_CASE(a_crash_wakes_who_waits_for_room)
{
	struct test_thread t;
	struct sleeper s = { .r = NULL };
	struct rig r;
	sbintime_t start;

	up_on(&r, true, false);
	s.r = &r;
	model_rtkit_stall(r.m, true);
	while (apple_rtkit_trysend(r.rtk, APPLE_RTKIT_EP_APP, 0, 0) == 0)
		continue;
	test_thread_start(&t, wait_for_room, &s);
	pause_sbt("rigs", MS, 0, 0);
	start = sbinuptime();
	/* The crash message arrives although the mailbox takes no messages. */
	TK_CHECK(model_asc_push(r.asc, 1ull << 52, MODEL_RTKIT_EP_CRASHLOG));
	test_thread_join(&t);
	TK_EQ(s.error, EIO);
	TK_CHECK(s.woken - start < 10 * MS);
	rig_down_broken(&r);
}

static void
put_to_sleep(void *arg)
{
	struct sleeper *s = arg;

	s->error = apple_rtkit_sleep(s->r->rtk);
	s->woken = sbinuptime();
}

TK_CASE(a_crash_ends_the_wait_for_an_answer)
{
	struct test_thread t;
	struct sleeper s = { .r = NULL };
	struct rig r;
	sbintime_t start;

	up_on(&r, true, false);
	s.r = &r;
	model_rtkit_hang(r.m, true);
	test_thread_start(&t, put_to_sleep, &s);
	pause_sbt("rigs", 10 * MS, 0, 0);
	start = sbinuptime();
	TK_CHECK(model_asc_push(r.asc, 1ull << 52, MODEL_RTKIT_EP_CRASHLOG));
	test_thread_join(&t);
	TK_EQ(s.error, EIO);
	TK_CHECK(s.woken - start < 10 * MS);
	TK_CHECK(apple_rtkit_crashed(r.rtk));
	rig_down_broken(&r);
}

TK_CASE(a_crash_at_boot_ends_the_boot)
{
	static const char *const faults[] = {
		"crash-hello", "crash-epmap", "crash-crashlog-request",
		"crash-syslog-request", "crash-ioreport-request",
		"crash-syslog-init", "crash-ioreport-mark", "crash-iop-ack",
		"crash-ap-ack",
	};
	struct rig r;
	int error;

	for (u_int i = 0; i < nitems(faults); i++) {
		rig_up(&r, &rig_v4, true, NULL);
		model_rtkit_fault(r.m, faults[i], 1);
		error = apple_rtkit_boot(r.rtk);
		/*
		 * Before the coprocessor has memory for its log, a crash is
		 * only silence.
		 */
		TK_EQ(error, apple_rtkit_crashed(r.rtk) ? EIO : ETIMEDOUT);
		TK_EQ(apple_rtkit_reinit(r.rtk), 0);
		TK_EQ(apple_rtkit_boot(r.rtk), 0);
		rig_down_broken(&r);
	}
}

TK_CASE(one_that_takes_no_messages_is_taken_for_crashed)
{
	struct rig r;

	up_on(&r, true, false);
	TK_CHECK(model_rtkit_log(r.m, "Task", "the last line"));
	RIG_WAIT(model_rtkit_quiet(r.m));
	model_rtkit_stall(r.m, true);
	while (apple_rtkit_trysend(r.rtk, APPLE_RTKIT_EP_APP, 0, 0) == 0)
		continue;
	TK_CHECK(model_asc_push(r.asc, 5ull << 52, MODEL_RTKIT_EP_SYSLOG));
	RIG_WAIT(rig_crashes(&r) == 1);
	RIG_WAIT(printed("rtkit: the coprocessor takes no messages"));
	TK_CHECK(!printed("rtkit: crash log"));
	TK_EQ(rig_send(&r, 1), EIO);
	rig_down_broken(&r);
}

/*
 * Restart
 */

TK_CASE(a_crashed_one_starts_again_where_the_cpu_is_ours)
{
	struct rig r;

	up_on(&r, true, false);
	for (int i = 1; i <= 3; i++) {
		model_rtkit_crash(r.m);
		RIG_WAIT(rig_crashes(&r) == i);
		TK_EQ(apple_rtkit_reinit(r.rtk), 0);
		TK_CHECK(!apple_rtkit_crashed(r.rtk));
		rig_boot(&r);
		TK_EQ(rig_send(&r, i), 0);
		RIG_WAIT(rig_got(&r) == i);
	}
	TK_EQ(rig_counter(&r, "crashes"), 3);
	rig_down(&r);

	up_on(&r, false, true);
	crash(&r);
	TK_EQ(apple_rtkit_reinit(r.rtk), EOPNOTSUPP);
	TK_CHECK(apple_rtkit_crashed(r.rtk));
	rig_down(&r);
}

/*
 * The firmware has said that it crashed.  Nothing says that it does not run any
 * more.
 */
TK_CASE_UNBOOTED(memory_stays_with_one_that_crashed_where_the_cpu_is_not_ours)
{
	struct rig r;

	for (int ours = 1; ours >= 0; ours--) {
		tk_boot(NULL);
		up_on(&r, ours != 0, false);
		crash(&r);
		TK_EQ(tk_ofw_detach(), 0);
		TK_EQ(printed("rtkit: syslog: the coprocessor keeps "),
		    ours == 0);
		model_rtkit_free(r.m);
		TK_EQ(tk_shutdown() > 0, ours == 0);
	}
}

/*
 * As drivers do it: the client's function wakes a thread, and the thread starts
 * the coprocessor again.
 */
static void
restart(void *arg)
{
	struct rig *r = arg;

	while (rig_crashes(r) == 0)
		pause("rigr", 1);
	TK_EQ(apple_rtkit_reinit(r->rtk), 0);
	TK_EQ(apple_rtkit_boot(r->rtk), 0);
}

TK_CASE(a_thread_restarts_it_while_the_log_is_printed)
{
	struct test_thread t;
	struct rig r;

	up_on(&r, true, false);
	test_thread_start(&t, restart, &r);
	model_rtkit_crash(r.m);
	test_thread_join(&t);
	TK_CHECK(apple_rtkit_running(r.rtk));
	/* The whole log was printed before its memory was released. */
	TK_CHECK(printed("mmu 0x4c324305\n"));
	rig_down(&r);
}

/*
 * The log
 */

TK_CASE(the_crash_log_is_printed)
{
	static const char *const lines[] = {
		"rtkit: the coprocessor has crashed\n",
		"rtkit: crash log: version ",
		"rtkit: firmware: " MODEL_RTKIT_CRASH_VERSION "\n",
		"rtkit: uuid: a0a1a2a3a4a5a6a7a8a9aaabacadaeaf\n",
		"rtkit: text 1: panic: test assertion\n",
		"rtkit: text 1: task 3: SmcTask\n",
		"rtkit: time: 0x123456789ab\n",
		"rtkit: mailbox: endpoint 0x20, message 0xabcd000000000000, "
		    "at 0x3e8\n",
		"rtkit: mailbox: endpoint 0x23, message 0xabcd000000000003, "
		    "at 0x3eb\n",
		"rtkit: pc 0xfffffff0deadbee0, sp 0xfffffff0cafe1000, "
		    "psr 0x60000304\n",
		"rtkit: esr 0x96000045, far 0x0000000000000010\n",
		"rtkit: cpacr 0x300000, fpsr 0x0, fpcr 0x0\n",
		"rtkit: x0  0x1111000000000000, 0x1111000000000001, "
		    "0x1111000000000002\n",
		"rtkit: x27 0x111100000000001b, 0x111100000000001c, "
		    "0x111100000000001d\n",
		"rtkit: x30 0x111100000000001e\n",
		"rtkit: task 3 called: 0xfffffff000004000 0xfffffff000004010 "
		    "0xfffffff000004020 0xfffffff000004030 "
		    "0xfffffff000004040\n",
		"rtkit: l2c status 0x4c324300, address 0x4c324301, "
		    "info 0x4c324302\n",
		"rtkit: lsu 0x4c324303, fed 0x4c324304, mmu 0x4c324305\n",
	};
	struct rig r;

	for (int own = 0; own < 2; own++) {
		up_on(&r, true, own != 0);
		crash(&r);
		for (u_int i = 0; i < nitems(lines); i++)
			RIG_WAIT(times_printed(lines[i]) == own + 1);
		TK_CHECK(!printed("malformed"));
		rig_down(&r);
	}
}

/* Read the log as a program does.  Returns its bytes. */
static size_t
read_log(struct rig *r, uint8_t *log, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "dev.rtkit_client.%d.rtkit.crashlog",
	    device_get_unit(r->c->dev));
	TK_EQ(kernel_sysctlbyname(curthread, path, log, &size, NULL, 0, NULL,
	    0), 0);
	return (size);
}

/* How many events of devd(8) tell of a crash; *last is the last of them. */
static int
events(const char **last)
{
	const char *event;
	int n = 0;

	for (size_t i = 0; (event = tk_devctl_message(i)) != NULL; i++)
		if (strncmp(event, "!system=APPLE_RTKIT", 19) == 0) {
			*last = event;
			n++;
		}
	return (n);
}

TK_CASE(the_crash_log_is_kept_for_client_and_programs)
{
	static uint8_t log[65536];
	const char *event = "";
	char wanted[128];
	struct rig r;
	size_t len;

	up_on(&r, true, false);
	TK_EQ(read_log(&r, log, sizeof(log)), 0);
	for (int n = 1; n <= 2; n++) {
		model_rtkit_crash(r.m);
		RIG_WAIT(events(&event) == n);
		TK_EQ(r.c->logs, n);
		len = read_log(&r, log, sizeof(log));
		TK_EQ(len, le32dec(log + 8));
		TK_EQ(le32dec(log), 0x434c4845);	/* CLHE */
		TK_EQ(r.c->loglen, len);
		TK_EQ(memcmp(log, r.c->log, MIN(len, RIG_CRASH)), 0);
		snprintf(wanted, sizeof(wanted), "!system=APPLE_RTKIT "
		    "subsystem=CRASH type=rtkit_client%d crashlog="
		    "dev.rtkit_client.%d.rtkit.crashlog bytes=%zu",
		    device_get_unit(r.c->dev), device_get_unit(r.c->dev), len);
		TK_STREQ(event, wanted);
		/* It stays over the next boot. */
		TK_EQ(apple_rtkit_reinit(r.rtk), 0);
		rig_boot(&r);
		TK_EQ(read_log(&r, log, sizeof(log)), len);
		RIG_WAIT(model_rtkit_quiet(r.m));
	}
	rig_down(&r);
}

TK_CASE(a_crash_without_a_log_keeps_none)
{
	static uint8_t log[65536];
	const char *event;
	struct rig r;

	up_on(&r, true, false);
	model_rtkit_fault(r.m, "crashlog-magic", 1);
	model_rtkit_crash(r.m);
	RIG_WAIT(printed("rtkit: no crash log: EINVAL"));
	TK_EQ(rig_crashes(&r), 1);
	TK_EQ(r.c->logs, 0);
	TK_EQ(read_log(&r, log, sizeof(log)), 0);
	TK_EQ(events(&event), 0);
	rig_down_broken(&r);
}

TK_CASE_UNBOOTED(malformed_crash_logs_are_said_to_be_so)
{
	static const struct {
		const char	*fault;
		const char	*line;
	} faults[] = {
		{ "crashlog-magic", "rtkit: no crash log: EINVAL\n" },
		{ "crashlog-size-none", "rtkit: no crash log: EINVAL\n" },
		{ "crashlog-size-short", "rtkit: no crash log: EINVAL\n" },
		{ "crashlog-size-huge", "rtkit: no crash log: EINVAL\n" },
		{ "crashlog-ones", "rtkit: no crash log: EINVAL\n" },
		{ "crashlog-section-none", "log is malformed at byte " },
		{ "crashlog-section-short", "log is malformed at byte " },
		{ "crashlog-section-long", "log is malformed at byte " },
		{ "crashlog-section-huge", "log is malformed at byte " },
		{ "crashlog-header-cut", "log is malformed at byte " },
		{ "crashlog-end-missing", "section Ctim: 0 bytes are too few" },
		{ "crashlog-tag-unknown", "rtkit: section Cxyz: " },
		{ "crashlog-version-short", "section Cver: 3 bytes are too" },
		{ "crashlog-version-endless", "rtkit: firmware: xxxxxxxx" },
		{ "crashlog-text-short", "section Cstr: 0 bytes are too few" },
		{ "crashlog-text-endless", "rtkit: text 1: xxxxxxxx" },
		{ "crashlog-time-short", "section Ctim: 7 bytes are too few" },
		{ "crashlog-mbox-short", "section Cmbx: 27 bytes are too few" },
		{ "crashlog-mbox-index", "rtkit: mailbox: endpoint 0x20" },
		{ "crashlog-regs-short", "section Crg8: 256 bytes are too" },
		{ "crashlog-stack-endless", "task 3 called: 0x7878787878" },
		{ "crashlog-async-short", "section CasC: 5 bytes are too few" },
		{ "crashlog-garbage", "rtkit: crash log: version " },
		{ "crashlog-lengths", "rtkit: crash log: version " },
	};
	struct rig r;

	for (u_int i = 0; i < nitems(faults); i++) {
		tk_boot(NULL);
		up_on(&r, true, (i & 1) != 0);
		model_rtkit_fault(r.m, faults[i].fault, 1);
		model_rtkit_crash(r.m);
		RIG_WAIT(printed(faults[i].line));
		TK_EQ(model_rtkit_faulted(r.m, faults[i].fault), 1);
		TK_EQ(rig_crashes(&r), 1);
		TK_EQ(apple_rtkit_reinit(r.rtk), 0);
		TK_EQ(apple_rtkit_boot(r.rtk), 0);
		rig_down_broken(&r);
		TK_EQ(tk_shutdown(), 0);
	}
}

TK_CASE(a_silent_crash_ends_in_a_timeout)
{
	struct rig r;

	up_on(&r, true, false);
	model_rtkit_fault(r.m, "crashlog-mute", 1);
	model_rtkit_crash(r.m);
	TK_EQ(apple_rtkit_quiesce(r.rtk), ETIMEDOUT);
	TK_CHECK(apple_rtkit_crashed(r.rtk));
	rig_down_broken(&r);
}

/* Write our own log into the buffer that the model has announced in SRAM. */
static void
put_log(struct rig *r, const void *log, size_t len)
{
	uint64_t addr;
	size_t size;

	TK_CHECK(model_rtkit_buffer(r->m, MODEL_RTKIT_CRASHLOG, &addr,
	    &size));
	TK_CHECK(len <= size);
	TK_CHECK(model_rtkit_sram_write(r->m, addr -
	    model_rtkit_sram_base(r->m), log, len));
	/*
	 * Send only the message, because model_rtkit_crash() would write the
	 * model's log.
	 */
	TK_CHECK(model_asc_push(r->asc, 1ull << 52, MODEL_RTKIT_EP_CRASHLOG));
	RIG_WAIT(rig_crashes(r) == 1);
	RIG_WAIT(printed("crash log"));
	TK_EQ(apple_rtkit_reinit(r->rtk), 0);
}

/* The buffer is larger than what is kept. */
TK_CASE(of_a_long_crash_log_the_start_is_kept)
{
	static uint8_t log[0x11000], kept[65536];
	struct model_rtkit_config cfg;
	const char *event;
	struct rig r;

	le32enc(log, 0x434c4845);
	le32enc(log + 4, 1);
	le32enc(log + 8, sizeof(log));
	le32enc(log + 0x20, 0x43787878);	/* Cxxx */
	le32enc(log + 0x2c, sizeof(log) - 0x20);
	for (size_t i = 0x30; i < sizeof(log); i++)
		log[i] = i / 7;
	rig_config(&rig_v4, &cfg);
	cfg.buffers[MODEL_RTKIT_CRASHLOG].own = true;
	cfg.buffers[MODEL_RTKIT_CRASHLOG].pages = sizeof(log) / 4096;
	rig_up(&r, &rig_v4, true, &cfg);
	rig_boot(&r);
	RIG_WAIT(model_rtkit_quiet(r.m));
	put_log(&r, log, sizeof(log));
	TK_CHECK(printed("rtkit: of 69632 bytes of the crash log, 65536 are "
	    "kept\n"));
	TK_EQ(r.c->loglen, sizeof(log));
	TK_EQ(read_log(&r, kept, sizeof(kept)), sizeof(kept));
	TK_EQ(memcmp(kept, log, sizeof(kept)), 0);
	TK_EQ(events(&event), 1);
	rig_down_broken(&r);
}

/* The log has more lines than are printed. */
TK_CASE(an_endless_crash_log_has_an_end)
{
	static uint8_t log[4096 * 4];
	struct model_rtkit_config cfg;
	struct rig r;
	int lines;

	for (size_t i = 0; i < sizeof(log); i += 2) {
		log[i] = '-';
		log[i + 1] = '\n';
	}
	le32enc(log, 0x434c4845);
	le32enc(log + 4, 1);
	le32enc(log + 8, sizeof(log));
	le32enc(log + 0x20, 0x43737472);	/* Cstr */
	le32enc(log + 0x2c, sizeof(log) - 0x20);
	rig_config(&rig_v4, &cfg);
	cfg.buffers[MODEL_RTKIT_CRASHLOG].own = true;
	cfg.buffers[MODEL_RTKIT_CRASHLOG].pages = 4;
	rig_up(&r, &rig_v4, true, &cfg);
	rig_boot(&r);
	RIG_WAIT(model_rtkit_quiet(r.m));
	put_log(&r, log, sizeof(log));
	RIG_WAIT(printed("rtkit: the crash log goes on\n"));
	lines = times_printed("rtkit: ");
	TK_CHECK(lines < 600);
	rig_down_broken(&r);
}

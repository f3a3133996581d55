/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * QEMU's monitor, by the protocol QMP (QEMU's docs/interop/qmp-spec): a line of
 * JSON asks, and a line answers.  Lines about events may come in between.
 */

#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "qtest_var.h"

#define	QMP_ANSWER_MS	10000

/* A line, without its end, or what a line that is too long begins with. */
static int
qmp_receive(struct tk_qtest *q, char *line, size_t len)
{
	struct pollfd p = { .fd = q->monitor, .events = POLLIN };
	size_t used = 0;
	char c;

	for (;;) {
		if (poll(&p, 1, QMP_ANSWER_MS) <= 0)
			return (qtest_report(q, EIO, "QEMU's monitor did not "
			    "answer for %d s", QMP_ANSWER_MS / 1000));
		if (recv(q->monitor, &c, 1, 0) != 1)
			return (qtest_report(q, EPIPE, "QEMU's monitor is "
			    "gone"));
		if (c == '\n')
			break;
		if (c != '\r' && used < len - 1)
			line[used++] = c;
	}
	line[used] = '\0';
	return (0);
}

static int
qmp_send(struct tk_qtest *q, const char *command)
{
	struct iovec iov[] = {
		{ .iov_base = (void *)(uintptr_t)command,
		    .iov_len = strlen(command) },
		{ .iov_base = (void *)(uintptr_t)"\n", .iov_len = 1 },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

	if (sendmsg(q->monitor, &msg, MSG_NOSIGNAL) !=
	    (ssize_t)(iov[0].iov_len + 1))
		return (qtest_report(q, EPIPE, "QEMU's monitor is gone"));
	return (0);
}

static bool
begins_with(const char *line, const char *text)
{

	return (strncmp(line, text, strlen(text)) == 0);
}

static int
qmp_ask(struct tk_qtest *q, const char *command, char *answer, size_t len)
{
	int error;

	error = qmp_send(q, command);
	do {
		if (error == 0)
			error = qmp_receive(q, answer, len);
		if (error != 0)
			return (error);
	} while (!begins_with(answer, "{\"return\"") &&
	    !begins_with(answer, "{\"error\""));
	if (begins_with(answer, "{\"return\""))
		return (0);
	return (qtest_report(q, EINVAL, "QEMU refuses the command %s: %s",
	    command, answer));
}

/* QEMU greets, and takes no other command before this one. */
static int
qmp_begin(struct tk_qtest *q)
{
	char line[QTEST_LINE];
	int error;

	error = qmp_receive(q, line, sizeof(line));
	if (error == 0)
		error = qmp_ask(q, "{\"execute\": \"qmp_capabilities\"}", line,
		    sizeof(line));
	q->monitor_ready = error == 0;
	return (error);
}

int
tk_qtest_command(struct tk_qtest *q, const char *command, char *answer,
    size_t len)
{
	char unused[QTEST_LINE];
	int error = 0;

	if (q->monitor < 0)
		return (qtest_report(q, EINVAL, "QEMU has no monitor: set "
		    ".monitor in struct tk_qtest_config"));
	if (!q->monitor_ready)
		error = qmp_begin(q);
	if (error == 0)
		error = qmp_ask(q, command, answer != NULL ? answer : unused,
		    answer != NULL ? len : sizeof(unused));
	msix_nudge(&q->vpci.msix);
	return (error);
}

/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Cases: drivers of Apple's coprocessors, on models of them inside the kernel
 * (apple_model/).  What needs a kernel's calls is done there, on command.
 */

#include <sys/errno.h>

#include "init.h"
#include "vm_cases.h"

#define	RUN	"debug.apple_model.run"
#define	RESULT	"debug.apple_model.result"
#define	VARIANTS 3			/* of mailboxes */

/* Have the kernel run a command; fails the case if that went wrong. */
static void
run(const char *command, unsigned number)
{
	char line[64], result[200] = "";
	size_t len = sizeof(result) - 1;
	int error;

	os_format(line, sizeof(line), "%s %u", command, number);
	error = os_sysctl(RUN, NULL, NULL, line, strlen(line) + 1);
	CASE_EQ(error, 0);
	CASE_EQ(os_sysctl(RESULT, result, &len, NULL, 0), 0);
	if (!os_contains(result, "ok") || strlen(result) != 2)
		case_fail("%s: %s", line, result);
}

static void
run_on_all(const char *command)
{
	unsigned i;

	for (i = 0; i < VARIANTS; i++)
		run(command, i);
}

void
apple_mailboxes_exchange_messages(void)
{
	run_on_all("echo");
}

void
apple_mailboxes_take_bursts_in(void)
{
	run_on_all("burst");
}

void
apple_mailboxes_wait_for_room(void)
{
	run_on_all("full");
}

void
apple_mailboxes_start_and_stop(void)
{
	run_on_all("restart");
}

void
apple_mailboxes_survive_floods(void)
{
	run_on_all("flood");
	run_on_all("echo");
}

void
apple_mailboxes_stay_with_their_clients(void)
{
	int i;

	for (i = 0; i < 10; i++) {
		CASE_EQ(init_devctl(INIT_DISABLE, "apple_mbox0"), -EBUSY);
		CASE_EQ(init_devctl(INIT_DISABLE, "am_client0"), 0);
		CASE_EQ(init_devctl(INIT_DISABLE, "apple_mbox0"), 0);
		CASE_EQ(init_devctl(INIT_ENABLE, "apple_mbox0"), 0);
		CASE_EQ(init_devctl(INIT_ENABLE, "am_client0"), 0);
		run_on_all("echo");
	}
}

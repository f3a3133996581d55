/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* kpi-example: its arguments, and its lines. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "example.h"
#include "qtest/qtest.h"
#include "tk.h"
#include "tk_bus.h"

#define	EXIT_USAGE	64
#define	RNG		"virtio-rng-pci,disable-legacy=on,ioeventfd=off"

static const char usage_text[] =
    "usage: kpi-example timer|timer_rust\n"
    "       kpi-example rng sim|qemu SECONDS\n"
    "Run an example in the test kernel and show what it does with time.\n";

void
example_say(int64_t ns, const char *what)
{
	printf("%12.3f  %s\n", (double)ns / 1e6, what);
	fflush(stdout);
}

static int
finish(bool good)
{
	int leaks = tk_shutdown();

	return (good && leaks == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static int
run_timer(const char *module)
{
	tk_boot(NULL);
	printf("%12s  %s(4), in virtual time\n", "ms", module);
	return (finish(example_timer(module)));
}

static int
run_model(int seconds)
{
	tk_boot(NULL);
	printf("%12s  virtio_rng(4) on a model, in virtual time\n", "ms");
	return (finish(example_rng(NULL, NULL, seconds)));
}

static int
run_qemu(int seconds)
{
	const struct tk_qtest_config config = {
		.arg = RNG, .virtio_type = 4,
	};
	struct tk_qtest *q;
	int status;

	if (tk_qtest_open(&config, &q) != 0)
		return (EXIT_FAILURE);
	tk_qtest_boot(q);
	printf("%12s  virtio_rng(4) on QEMU %s\n", "ms", tk_qtest_version(q));
	status = finish(example_rng(&tk_qtest_ops, q, seconds));
	if (tk_qtest_close(q) != 0)
		status = EXIT_FAILURE;
	return (status);
}

int
main(int argc, char **argv)
{
	int seconds;

	if (argc == 2 && (strcmp(argv[1], "timer") == 0 ||
	    strcmp(argv[1], "timer_rust") == 0))
		return (run_timer(argv[1]));
	if (argc == 4 && strcmp(argv[1], "rng") == 0 &&
	    (seconds = atoi(argv[3])) > 0) {
		if (strcmp(argv[2], "sim") == 0)
			return (run_model(seconds));
		if (strcmp(argv[2], "qemu") == 0)
			return (run_qemu(seconds));
	}
	fputs(usage_text, stderr);
	return (EXIT_USAGE);
}

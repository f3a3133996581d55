/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Cases: the examples as modules.  Each is loaded, used and unloaded ten times.
 */

#include <sys/errno.h>

#include "echo/echo.h"
#include "init.h"
#include "vm_cases.h"

#define	FOLDER		"/boot/modules/"
#define	TIMES		10
#define	LIMIT_MS	5000
#define	FACTORIAL_12	479001600

/*
 * An example: what is done with it while it is loaded, and what after it has
 * been unloaded.  use() returns what unloaded() gets.  Either may be NULL.
 */
struct example {
	const char	*file;
	int		(*use)(int round);
	void		(*unloaded)(int what);
};

/*
 * hello: its counter is 1 each time, and then gone.
 */
static int
use_hello(int round)
{
	uint32_t greetings = 0;
	size_t len = sizeof(greetings);

	CASE_EQ(os_sysctl("kern.hello.greetings", &greetings, &len, NULL, 0),
	    0);
	CASE_EQ(greetings, 1);
	return (0);
}

static void
hello_is_gone(int what)
{
	uint32_t greetings;
	size_t len = sizeof(greetings);

	CASE_EQ(os_sysctl("kern.hello.greetings", &greetings, &len, NULL, 0),
	    -ENOENT);
}

/*
 * echo: bytes go in and come out.  A process sleeps in a read when the module
 * goes, and wakes with ENXIO.
 */
static int
use_echo_at(const char *path, const char *counter)
{
	char bytes[sizeof("a word")];
	uint64_t written = 0;
	size_t len = sizeof(written);
	uint32_t size = 0;
	int fd, pid;

	fd = init_open_rw(path);
	if (fd < 0)
		case_fail("open of %s: error %d", path, -fd);
	CASE_EQ(os_write(fd, "a word", sizeof(bytes)), sizeof(bytes));
	CASE_EQ(init_poll(fd, 0), 1);
	CASE_EQ(os_read(fd, bytes, sizeof(bytes)), sizeof(bytes));
	CASE_CHECK(init_same(bytes, "a word"));
	CASE_EQ(os_ioctl(fd, ECHO_GETSIZE, &size), 0);
	CASE_EQ(size, ECHO_SIZE);
	CASE_EQ(os_ioctl(fd, ECHO_SETSIZE, &size), -EOPNOTSUPP);
	CASE_EQ(os_sysctl(counter, &written, &len, NULL, 0), 0);
	CASE_EQ(written, sizeof(bytes));
	pid = init_fork();
	if (pid == 0)
		init_exit(os_read(fd, bytes, 1) == -ENXIO ? INIT_PASSED :
		    INIT_FAILED);
	/* Until it sleeps. */
	os_sleep_ms(50);
	(void)os_close(fd);
	return (pid);
}

static void
echo_is_gone(int pid)
{
	int status, waited;

	for (waited = 0; !init_ended(pid, &status); waited += 10) {
		if (waited >= LIMIT_MS)
			case_fail("a read still sleeps after the unload");
		os_sleep_ms(10);
	}
	/* The status of exit(2) is in the second byte. */
	CASE_EQ(status, INIT_PASSED << 8);
}

static int
use_echo(int round)
{
	return (use_echo_at("/dev/echo", "kern.echo.bytes"));
}

static int
use_echo_rust(int round)
{
	return (use_echo_at("/dev/echo_rust", "kern.echo_rust.bytes"));
}

/*
 * timer: it is unloaded while it ticks.
 */
static uint64_t
counter(const char *name)
{
	uint64_t value = 0;
	size_t len = sizeof(value);

	CASE_EQ(os_sysctl(name, &value, &len, NULL, 0), 0);
	return (value);
}

static void
gone(const char *name)
{
	uint64_t value;
	size_t len = sizeof(value);

	CASE_EQ(os_sysctl(name, &value, &len, NULL, 0), -ENOENT);
}

static void
set(const char *name, uint32_t value)
{
	CASE_EQ(os_sysctl(name, NULL, NULL, &value, sizeof(value)), 0);
}

static void
ticks(const char *interval, const char *count)
{
	int i;

	CASE_EQ(counter(count), 0);
	set(interval, 10);
	/* On a busy host QEMU's timer is late. */
	for (i = 0; i < 100 && counter(count) < 20; i++)
		os_sleep_ms(100);
	CASE_CHECK(counter(count) >= 20);
}

static int
use_timer(int round)
{
	ticks("kern.timer.interval", "kern.timer.ticks");
	return (0);
}

static void
timer_is_gone(int what)
{
	gone("kern.timer.ticks");
}

static int
use_timer_rust(int round)
{
	ticks("kern.timer_rust.interval", "kern.timer_rust.ticks");
	return (0);
}

static void
timer_rust_is_gone(int what)
{
	gone("kern.timer_rust.ticks");
}

/*
 * virtio_rng: bytes come from QEMU's device.
 */
static int
use_virtio_rng(int round)
{
	os_sleep_ms(500);
	CASE_CHECK(counter("dev.virtio_rng.0.bytes") > 0);
	CASE_EQ(counter("dev.virtio_rng.0.refused"), 0);
	return (0);
}

static void
virtio_rng_is_gone(int what)
{
	gone("dev.virtio_rng.0.bytes");
}

/*
 * edu: two factorials and a DMA each way, with an interrupt for each.
 */
static void
computes(const char *factorial, const char *dma_test, const char *interrupts)
{
	set(factorial, 12);
	CASE_EQ(counter(factorial), FACTORIAL_12);
	set(factorial, 5);
	CASE_EQ(counter(factorial), 120);
	set(dma_test, 4096);
	CASE_CHECK(counter(dma_test) > 0);
	CASE_EQ(counter(interrupts), 4);
}

static int
use_edu(int round)
{
	computes("dev.edu.0.factorial", "dev.edu.0.dma_test",
	    "dev.edu.0.interrupts");
	return (0);
}

static void
edu_is_gone(int what)
{
	gone("dev.edu.0.factorial");
}

static int
use_edu_rust(int round)
{
	computes("dev.edu_rust.0.factorial", "dev.edu_rust.0.dma_test",
	    "dev.edu_rust.0.interrupts");
	return (0);
}

static void
edu_rust_is_gone(int what)
{
	gone("dev.edu_rust.0.factorial");
}

static void
ten_times(const struct example *e)
{
	int id, round, what;

	for (round = 0; round < TIMES; round++) {
		id = case_kldload(e->file);
		what = e->use == NULL ? 0 : e->use(round);
		CASE_EQ(init_kldunload(id), 0);
		if (e->unloaded != NULL)
			e->unloaded(what);
	}
}

/* VM_EXAMPLES in vm_cases.h has the names. */
static const struct example
    hello = { FOLDER "hello.ko", use_hello, hello_is_gone },
    echo = { FOLDER "echo.ko", use_echo, echo_is_gone },
    echo_rust = { FOLDER "echo_rust.ko", use_echo_rust, echo_is_gone },
    edu = { FOLDER "edu.ko", use_edu, edu_is_gone },
    edu_rust = { FOLDER "edu_rust.ko", use_edu_rust, edu_rust_is_gone },
    timer = { FOLDER "timer.ko", use_timer, timer_is_gone },
    timer_rust = { FOLDER "timer_rust.ko", use_timer_rust,
	timer_rust_is_gone },
    virtio_rng = { FOLDER "virtio_rng.ko", use_virtio_rng,
	virtio_rng_is_gone };

#define	EXAMPLE_BODY(name)						\
	void								\
	name##_loads_and_unloads_ten_times(void)			\
	{								\
		ten_times(&name);					\
	}
VM_EXAMPLES(EXAMPLE_BODY)

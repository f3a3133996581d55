/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What the examples do, as a program on the machine would see it.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/sysctl.h>
#include <sys/time.h>

#include "example.h"
#include "model_virtio_rng.h"
#include "tk.h"
#include "tk_bus.h"
#include "tk_random.h"

static int64_t	start_ns;

static void __printflike(1, 2)
say(const char *fmt, ...)
{
	char text[160];
	__va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	example_say(tk_now_ns() - start_ns, text);
}

static void
sleep_ms(int ms)
{
	pause_sbt("example", ms * SBT_1MS, 0, 0);
}

/*
 * timer(4)
 */

static bool
set_interval(const char *module, uint32_t ms)
{
	char name[64];

	snprintf(name, sizeof(name), "kern.%s.interval", module);
	say("sysctl %s=%u", name, ms);
	return (kernel_sysctlbyname(curthread, name, NULL, NULL, &ms,
	    sizeof(ms), NULL, 0) == 0);
}

static uint64_t
get_ticks(const char *module)
{
	char name[64];
	uint64_t ticks = 0;
	size_t len = sizeof(ticks);

	snprintf(name, sizeof(name), "kern.%s.ticks", module);
	(void)kernel_sysctlbyname(curthread, name, &ticks, &len, NULL, 0,
	    NULL, 0);
	return (ticks);
}

/* Say of each tick, as a program that looks each millisecond sees it. */
static void
watch_ticks(const char *module, int ms)
{
	uint64_t seen = get_ticks(module), now;

	for (; ms > 0; ms--) {
		sleep_ms(1);
		if ((now = get_ticks(module)) != seen)
			say("tick %ju", (uintmax_t)now);
		seen = now;
	}
}

static void
say_history(const char *module)
{
	static char text[16384];
	char name[64], *line = text, *end;
	size_t len = sizeof(text);

	snprintf(name, sizeof(name), "kern.%s.history", module);
	say("sysctl %s", name);
	if (kernel_sysctlbyname(curthread, name, text, &len, NULL, 0, NULL,
	    0) != 0)
		return;
	for (; (end = strchr(line, '\n')) != NULL; line = end + 1)
		say("    %.*s", (int)(end - line), line);
}

bool
example_timer(const char *module)
{
	bool good;

	start_ns = tk_now_ns();
	good = set_interval(module, 100);
	watch_ticks(module, 350);
	good = set_interval(module, 20) && good;
	watch_ticks(module, 110);
	say_history(module);
	good = set_interval(module, 1) && get_ticks(module) == 8 && good;
	sleep_ms(10);
	say("unload the module while it ticks");
	good = tk_module_unload(module) == 0 && good;
	say("unloaded: %s", good ? "no tick was lost" : "wrong");
	return (good);
}

/*
 * virtio_rng(4)
 */

struct seen {
	uint64_t	requests;
	uint64_t	answers;
	uint64_t	bytes;
	bool		seeded;
};

static void
watch_rng(struct _device *bus, struct seen *s)
{
	struct tk_virtio_stats v = tk_virtio_stats(bus);
	struct tk_random_stats r = tk_random_stats();

	if (r.bytes / 2048 != s->bytes / 2048 || r.seeded != s->seeded)
		say("driver > random  %ju bytes so far%s", (uintmax_t)r.bytes,
		    r.seeded && !s->seeded ? ": random(4) has a seed" : "");
	if (v.kicks[0] != s->requests)
		say("driver > device  request %ju, of 2048 bytes",
		    (uintmax_t)v.kicks[0]);
	if (v.interrupts[0] != s->answers)
		say("driver < device  answer %ju", (uintmax_t)v.interrupts[0]);
	s->requests = v.kicks[0];
	s->answers = v.interrupts[0];
	s->bytes = r.bytes;
	s->seeded = r.seeded;
}

static void
say_bytes(void)
{
	uint8_t b[16] = { 0 };

	(void)tk_random_newest(b, sizeof(b));
	say("the newest: %02x %02x %02x %02x %02x %02x %02x %02x "
	    "%02x %02x %02x %02x %02x %02x %02x %02x", b[0], b[1], b[2], b[3],
	    b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
	    b[14], b[15]);
}

bool
example_rng(const struct tk_virtio_ops *ops, void *dev, int seconds)
{
	struct model_rng *model = NULL;
	struct _device *bus;
	struct seen seen = { 0 };
	int error;

	start_ns = tk_now_ns();
	if (ops == NULL) {
		dev = model = model_rng_create();
		model_rng_set_delay(model, 3000000);
		ops = &model_rng_ops;
	}
	bus = tk_virtio_attach("virtio_pci", ops, dev, MODEL_RNG_TYPE, &error);
	if (bus == NULL) {
		say("the driver did not attach: error %d", error);
	} else {
		while (tk_now_ns() - start_ns < seconds * INT64_C(1000000000)) {
			watch_rng(bus, &seen);
			sleep_ms(1);
		}
		say("%ju bytes for random(4)", (uintmax_t)seen.bytes);
		say_bytes();
		error = tk_virtio_detach(bus);
		say("detached: error %d", error);
	}
	if (model != NULL)
		model_rng_destroy(model);
	return (error == 0 && seen.seeded);
}

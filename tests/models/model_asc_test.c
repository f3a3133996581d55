/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The model of the mailbox as a driver sees it: its registers and its interrupt
 * lines.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <machine/bus.h>

#include "model_asc.h"
#include "tk_bus.h"
#include "tk_bus_var.h"
#include "tk_test.h"

#define	BASE	0x300000000
#define	CPU	0x2ffff8000

#define	FULL	(1u << 16)
#define	EMPTY	(1u << 17)
#define	COUNT(control)	(((control) >> 20) & 0xf)

struct offsets {
	bus_size_t	a2i, i2a, send, recv;
};

static const struct offsets of[] = {
	[MODEL_ASC_V4] = { 0x110, 0x114, 0x800, 0x830 },
	[MODEL_ASC_T8015] = { 0x108, 0x10c, 0x800, 0x830 },
	[MODEL_ASC_M3] = { 0x50, 0x80, 0x60, 0xa0 },
};

struct rig {
	struct model_asc	*asc;
	const struct offsets	*of;
	bus_space_handle_t	 h, cpu;
	int			 sent, taken, ran;
	bool			 run;
};

static void
rig_sent(void *arg)
{
	((struct rig *)arg)->sent++;
}

static void
rig_taken(void *arg)
{
	((struct rig *)arg)->taken++;
}

static void
rig_run(void *arg, bool run)
{
	struct rig *r = arg;

	r->ran++;
	r->run = run;
}

static const struct model_asc_ops rig_ops = {
	.sent = rig_sent, .taken = rig_taken, .run = rig_run,
};

static void
rig_up_as(struct rig *r, enum model_asc_variant variant, unsigned int depth,
    bool enable_stays)
{
	const struct model_asc_config config = {
		.name = "asc", .variant = variant, .base = BASE,
		.asc_base = CPU, .irq = 100, .depth = depth, .access_ns = 500,
		.enable_stays = enable_stays,
	};

	memset(r, 0, sizeof(*r));
	r->of = &of[variant];
	r->asc = model_asc_new(&config, &rig_ops, r);
	TK_CHECK(r->asc != NULL);
	TK_EQ(bus_space_map(&memmap_bus, BASE, 0x4000, 0, &r->h), 0);
	TK_EQ(bus_space_map(&memmap_bus, CPU, 0x4000, 0, &r->cpu), 0);
}

static void
rig_up(struct rig *r, enum model_asc_variant variant, unsigned int depth)
{
	rig_up_as(r, variant, depth, false);
}

static void
rig_down(struct rig *r)
{
	bus_space_unmap(&memmap_bus, r->h, 0x4000);
	bus_space_unmap(&memmap_bus, r->cpu, 0x4000);
	model_asc_free(r->asc);
}

static uint32_t
get4(struct rig *r, bus_size_t off)
{
	return (bus_space_read_4(&memmap_bus, r->h, off));
}

static uint64_t
get8(struct rig *r, bus_size_t off)
{
	return (bus_space_read_8(&memmap_bus, r->h, off));
}

static void
put8(struct rig *r, bus_size_t off, uint64_t val)
{
	bus_space_write_8(&memmap_bus, r->h, off, val);
}

static void
put4(struct rig *r, bus_size_t off, uint32_t val)
{
	bus_space_write_4(&memmap_bus, r->h, off, val);
}

static uint64_t
illegal(struct rig *r)
{
	return (model_asc_stats(r->asc).illegal);
}

/* Is the line of that name up? */
static bool
line(enum model_asc_line which)
{
	return (tk_irq_is_up(tk_irq_lookup(100 + which)));
}

static void
moves_messages_both_ways(enum model_asc_variant variant)
{
	struct rig r;
	uint64_t msg0;
	uint32_t msg1;

	rig_up(&r, variant, 16);
	TK_CHECK((get4(&r, r.of->i2a) & EMPTY) != 0);
	TK_CHECK(model_asc_push(r.asc, 0x1122334455667788, 0x20));
	TK_CHECK((get4(&r, r.of->i2a) & EMPTY) == 0);
	TK_EQ(get8(&r, r.of->recv), 0x1122334455667788);
	TK_EQ((uint32_t)get8(&r, r.of->recv + 8), 0x20);
	TK_CHECK((get4(&r, r.of->i2a) & EMPTY) != 0);
	TK_EQ(r.taken, 1);

	put8(&r, r.of->send, 0xfedcba9876543210);
	TK_EQ(model_asc_sent(r.asc), 0);
	put8(&r, r.of->send + 8, 0xff);
	TK_EQ(r.sent, 1);
	TK_CHECK(model_asc_pop(r.asc, &msg0, &msg1));
	TK_EQ(msg0, 0xfedcba9876543210);
	TK_EQ(msg1, 0xff);
	TK_CHECK(!model_asc_pop(r.asc, &msg0, &msg1));
	TK_EQ(illegal(&r), 0);
	TK_EQ(model_asc_stats(r.asc).clock_ns, 500 * 7);
	rig_down(&r);
}

TK_CASE(asc_v4_moves_messages_both_ways)
{
	moves_messages_both_ways(MODEL_ASC_V4);
}

TK_CASE(asc_t8015_moves_messages_both_ways)
{
	moves_messages_both_ways(MODEL_ASC_T8015);
}

TK_CASE(asc_m3_moves_messages_both_ways)
{
	moves_messages_both_ways(MODEL_ASC_M3);
}

TK_CASE(asc_word_1_carries_counts_above_the_message)
{
	struct rig r;
	uint64_t word;

	rig_up(&r, MODEL_ASC_V4, 16);
	model_asc_push(r.asc, 1, 0xffffffff);
	model_asc_push(r.asc, 2, 0);
	(void)get8(&r, 0x830);
	word = get8(&r, 0x838);
	TK_EQ((uint32_t)word, 0xffffffff);
	TK_EQ(word >> 52, 2);
	rig_down(&r);
}

TK_CASE(asc_counts_up_to_its_depth_and_wraps_at_16)
{
	struct rig r;
	int i;

	rig_up(&r, MODEL_ASC_V4, 16);
	for (i = 1; i < 16; i++) {
		TK_CHECK(model_asc_push(r.asc, i, 0));
		TK_EQ(COUNT(get4(&r, 0x114)), i);
		TK_EQ(get4(&r, 0x114) & FULL, 0);
	}
	TK_CHECK(model_asc_push(r.asc, 16, 0));
	TK_EQ(COUNT(get4(&r, 0x114)), 0);
	TK_EQ(get4(&r, 0x114) & (FULL | EMPTY), FULL);
	TK_CHECK(!model_asc_push(r.asc, 17, 0));
	for (i = 1; i <= 16; i++) {
		TK_EQ(get8(&r, 0x830), i);
		(void)get8(&r, 0x838);
	}
	TK_EQ(illegal(&r), 0);
	rig_down(&r);

	rig_up(&r, MODEL_ASC_V4, 15);
	for (i = 0; i < 15; i++)
		TK_CHECK(model_asc_push(r.asc, i, 0));
	TK_EQ(COUNT(get4(&r, 0x114)), 15);
	TK_EQ(get4(&r, 0x114) & FULL, FULL);
	rig_down(&r);
}

TK_CASE(asc_m3_has_no_count)
{
	struct rig r;

	rig_up(&r, MODEL_ASC_M3, 16);
	model_asc_push(r.asc, 1, 0);
	TK_EQ(get4(&r, 0x80), 0);
	rig_down(&r);
}

TK_CASE(asc_counts_what_is_illegal)
{
	struct rig r;

	rig_up(&r, MODEL_ASC_V4, 16);
	(void)get8(&r, 0x830);
	TK_EQ(illegal(&r), 1);
	TK_EQ(model_asc_stats(r.asc).underflows, 1);
	TK_STREQ(model_asc_stats(r.asc).reason, "received from an empty FIFO");
	(void)get8(&r, 0x838);
	TK_EQ(illegal(&r), 2);
	model_asc_push(r.asc, 1, 0);
	(void)get8(&r, 0x830);
	(void)get8(&r, 0x830);
	TK_EQ(illegal(&r), 3);
	(void)get8(&r, 0x838);
	TK_EQ(illegal(&r), 3);
	(void)get4(&r, 0x830);		/* half of a 64-bit word */
	TK_EQ(illegal(&r), 4);
	(void)get8(&r, 0x110);		/* 64 bits at a 32-bit register */
	TK_EQ(illegal(&r), 5);
	put8(&r, 0x808, 1);
	TK_EQ(illegal(&r), 6);
	put8(&r, 0x800, 1);
	put8(&r, 0x800, 1);
	TK_EQ(illegal(&r), 7);
	put8(&r, 0x808, 1ull << 52);
	TK_EQ(illegal(&r), 8);
	(void)get8(&r, 0x810);		/* the coprocessor's side */
	put8(&r, 0x820, 0);
	TK_EQ(illegal(&r), 10);
	rig_down(&r);
}

TK_CASE(asc_drops_and_counts_an_overflow)
{
	struct rig r;
	uint64_t msg0;
	uint32_t msg1;
	int i;

	rig_up(&r, MODEL_ASC_V4, 4);
	for (i = 0; i < 5; i++) {
		put8(&r, 0x800, i);
		put8(&r, 0x808, 0);
	}
	TK_EQ(model_asc_stats(r.asc).overflows, 1);
	TK_EQ(model_asc_stats(r.asc).sent, 4);
	for (i = 0; i < 4; i++) {
		TK_CHECK(model_asc_pop(r.asc, &msg0, &msg1));
		TK_EQ(msg0, i);
	}
	TK_CHECK(!model_asc_pop(r.asc, &msg0, &msg1));
	rig_down(&r);
}

TK_CASE(asc_lines_follow_the_fifos)
{
	struct rig r;
	uint64_t msg0;
	uint32_t msg1;

	rig_up(&r, MODEL_ASC_V4, 16);
	TK_CHECK(line(MODEL_ASC_SEND_EMPTY));
	TK_CHECK(!line(MODEL_ASC_SEND_NOT_EMPTY));
	TK_CHECK(line(MODEL_ASC_RECV_EMPTY));
	TK_CHECK(!line(MODEL_ASC_RECV_NOT_EMPTY));
	model_asc_push(r.asc, 1, 0);
	TK_CHECK(line(MODEL_ASC_RECV_NOT_EMPTY));
	(void)get8(&r, 0x830);
	TK_CHECK(line(MODEL_ASC_RECV_NOT_EMPTY));
	(void)get8(&r, 0x838);
	TK_CHECK(!line(MODEL_ASC_RECV_NOT_EMPTY));
	put8(&r, 0x800, 1);
	TK_CHECK(line(MODEL_ASC_SEND_EMPTY));
	put8(&r, 0x808, 1);
	TK_CHECK(!line(MODEL_ASC_SEND_EMPTY));
	TK_CHECK(line(MODEL_ASC_SEND_NOT_EMPTY));
	TK_CHECK(model_asc_pop(r.asc, &msg0, &msg1));
	TK_CHECK(line(MODEL_ASC_SEND_EMPTY));
	rig_down(&r);
}

TK_CASE(asc_m3_latches_until_acknowledged)
{
	struct rig r;

	rig_up(&r, MODEL_ASC_M3, 16);
	model_asc_push(r.asc, 1, 0);
	TK_CHECK(!line(MODEL_ASC_RECV_NOT_EMPTY));	/* not enabled */
	put4(&r, 0x48, 1u << 3);
	TK_CHECK(line(MODEL_ASC_RECV_NOT_EMPTY));
	put4(&r, 0x4c, 1u << 3);
	TK_CHECK(line(MODEL_ASC_RECV_NOT_EMPTY));	/* still not empty */
	(void)get8(&r, 0xa0);
	(void)get8(&r, 0xa8);
	TK_CHECK(line(MODEL_ASC_RECV_NOT_EMPTY));	/* latched */
	put4(&r, 0x4c, 1u << 3);
	TK_CHECK(!line(MODEL_ASC_RECV_NOT_EMPTY));
	TK_EQ(model_asc_stats(r.asc).acks, 2);
	TK_EQ(illegal(&r), 0);
	rig_down(&r);
}

static void
disables(struct rig *r, bool stays)
{
	rig_up_as(r, MODEL_ASC_M3, 16, stays);
	model_asc_push(r->asc, 1, 0);
	put4(r, 0x48, 1u << 3);
	TK_CHECK(line(MODEL_ASC_RECV_NOT_EMPTY));
	put4(r, 0x48, 0);
	TK_EQ(line(MODEL_ASC_RECV_NOT_EMPTY), stays);
	put4(r, 0x48, 1u << 3);
	TK_CHECK(line(MODEL_ASC_RECV_NOT_EMPTY));
	rig_down(r);
}

TK_CASE(asc_m3_lowers_a_disabled_line_unless_enables_stay)
{
	struct rig r;

	disables(&r, false);
	disables(&r, true);
}

TK_CASE(asc_cpu_control_starts_the_coprocessor)
{
	struct rig r;

	rig_up(&r, MODEL_ASC_V4, 16);
	TK_CHECK(!model_asc_running(r.asc));
	model_asc_set_status(r.asc, 2);
	TK_EQ(bus_space_read_4(&memmap_bus, r.cpu, 0x48), 2);
	bus_space_write_4(&memmap_bus, r.cpu, 0x44, 1u << 4);
	TK_CHECK(model_asc_running(r.asc) && r.run);
	bus_space_write_4(&memmap_bus, r.cpu, 0x44, 1u << 4);
	TK_EQ(r.ran, 1);
	bus_space_write_4(&memmap_bus, r.cpu, 0x44, 0);
	TK_CHECK(!model_asc_running(r.asc) && !r.run);
	TK_EQ(bus_space_read_4(&memmap_bus, r.cpu, 0x44), 0);
	TK_EQ(illegal(&r), 0);
	(void)bus_space_read_4(&memmap_bus, r.cpu, 0x40);
	TK_EQ(illegal(&r), 1);
	rig_down(&r);
}

TK_CASE(asc_stuck_never_reads_as_empty)
{
	struct rig r;
	int i;

	rig_up(&r, MODEL_ASC_V4, 16);
	model_asc_push(r.asc, 7, 0);
	model_asc_stick(r.asc, true);
	for (i = 0; i < 40; i++) {
		TK_CHECK((get4(&r, 0x114) & EMPTY) == 0);
		TK_EQ(get8(&r, 0x830), 7);
		(void)get8(&r, 0x838);
	}
	TK_CHECK(line(MODEL_ASC_RECV_NOT_EMPTY));
	model_asc_stick(r.asc, false);
	TK_CHECK(!line(MODEL_ASC_RECV_NOT_EMPTY));
	TK_EQ(illegal(&r), 0);
	rig_down(&r);
}

TK_CASE(asc_reset_forgets_all)
{
	struct rig r;

	rig_up(&r, MODEL_ASC_V4, 16);
	model_asc_push(r.asc, 1, 0);
	put8(&r, 0x800, 1);
	model_asc_reset(r.asc);
	TK_EQ(model_asc_waiting(r.asc), 0);
	TK_CHECK(!line(MODEL_ASC_RECV_NOT_EMPTY));
	put8(&r, 0x808, 1);
	TK_EQ(illegal(&r), 1);
	rig_down(&r);
}

TK_CASE(asc_refuses_addresses_and_lines_that_are_taken)
{
	const struct model_asc_config taken = {
		.name = "other", .base = BASE, .irq = 200,
	};
	const struct model_asc_config lines = {
		.name = "other", .base = BASE + 0x10000, .irq = 103,
	};
	struct rig r;

	rig_up(&r, MODEL_ASC_V4, 16);
	TK_CHECK(model_asc_new(&taken, NULL, NULL) == NULL);
	TK_CHECK(model_asc_new(&lines, NULL, NULL) == NULL);
	rig_down(&r);
}

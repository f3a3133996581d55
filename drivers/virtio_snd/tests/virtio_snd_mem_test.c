/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on the model of the device: when a stream has memory, and what
 * happens if there is none.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/malloc.h>

#include "snd_rig.h"
#include "tk_bus.h"
#include "tk_dsp.h"
#include "tk_test.h"
#include "tk_test_thread.h"

#define	PLAY		0	/* the model's streams */
#define	REC		1
#define	PERIOD		(480 * 4)	/* 10 ms */
#define	PERIODS		4
#define	PLAYMAPS	4	/* two buffers, statuses, the header */
#define	RECMAPS		3

static uint8_t data[50 * PERIOD];

static void
rig_up(void)
{
	struct model_snd_config config;

	model_snd_config_qemu(&config);
	snd_make(&config);
	model_snd_capture_pattern(snd_model, REC);
	TK_EQ(snd_attach(), 0);
}

/* DMA memory of the machine, piece by piece. */
static int
maps(void)
{
	return (tk_ledger_count("DMA map"));
}

/* A piece of guest RAM, which devices can reach. */
struct piece {
	struct piece	*next;
	size_t		 size;
};

static struct piece *
take_all_memory(void)
{
	struct piece *all = NULL, *one;
	size_t size;

	for (size = 1 << 20; size >= PAGE_SIZE; size /= 2) {
		while ((one = contigmalloc(size, M_TEMP, M_NOWAIT, 0,
		    ~(vm_paddr_t)0, PAGE_SIZE, 0)) != NULL) {
			one->next = all;
			one->size = size;
			all = one;
		}
	}
	return (all);
}

static void
give_back(struct piece *all)
{
	struct piece *one;

	while ((one = all) != NULL) {
		all = one->next;
		contigfree(one, one->size, M_TEMP);
	}
}

static bool
said_no_memory(void)
{
	return (strstr(tk_msgbuf(), "pcm0: stream 0: cannot start: no memory "
	    "for its buffer\n") != NULL);
}

/* Half a second of sound, to the end. */
static void
play(struct tk_dsp *dsp)
{
	TK_EQ(tk_dsp_write(dsp, data, sizeof(data)), sizeof(data));
	TK_EQ(tk_dsp_close(dsp), 0);
	TK_CHECK(model_snd_stream_stats(snd_model, PLAY).periods >= 50);
}

TK_CASE(vtsnd_a_channel_that_nobody_opened_has_no_dma_memory)
{
	struct tk_dsp *dsp;
	int rest;

	rig_up();
	rest = maps();
	snd_open(&dsp, false, PERIOD, PERIODS);
	TK_EQ(maps(), rest + PLAYMAPS);
	TK_EQ(tk_dsp_close(dsp), 0);
	snd_open(&dsp, true, PERIOD, PERIODS);
	TK_EQ(maps(), rest + PLAYMAPS + RECMAPS);
	TK_EQ(tk_dsp_close(dsp), 0);
	snd_down();
	TK_EQ(maps(), 0);
}

TK_CASE(vtsnd_a_channel_keeps_its_memory_after_the_first_open)
{
	struct tk_dsp *dsp;
	struct piece *all;

	rig_up();
	snd_open(&dsp, false, PERIOD, PERIODS);
	TK_EQ(tk_dsp_close(dsp), 0);
	all = take_all_memory();
	snd_open(&dsp, false, PERIOD, PERIODS);
	play(dsp);
	give_back(all);
	snd_down();
}

TK_CASE(vtsnd_a_virtual_channel_has_its_channel_get_memory)
{
	struct tk_dsp *dsp;
	int rest;

	rig_up();
	snd_vchans(true);
	rest = maps();
	TK_EQ(tk_dsp_open(-1, false, false, &dsp), 0);
	TK_EQ(maps(), rest + PLAYMAPS);
	play(dsp);
	snd_down();
}

TK_CASE(vtsnd_a_channel_without_memory_does_not_start_and_says_so)
{
	struct tk_dsp *dsp;
	struct piece *all;
	int rest;

	rig_up();
	rest = maps();
	all = take_all_memory();
	TK_EQ(tk_dsp_open(-1, false, false, &dsp), 0);
	TK_CHECK(!said_no_memory());
	TK_EQ(tk_dsp_write(dsp, data, sizeof(data)), -ENOMEM);
	TK_CHECK(said_no_memory());
	TK_EQ(tk_dsp_close(dsp), 0);
	/* Nothing is left of what it could get. */
	TK_EQ(maps(), rest);
	give_back(all);
	/* The next program has what it needs. */
	snd_open(&dsp, false, PERIOD, PERIODS);
	play(dsp);
	snd_down();
}

TK_CASE(vtsnd_a_recording_channel_without_memory_does_not_start)
{
	struct tk_dsp *dsp;
	struct piece *all;

	rig_up();
	all = take_all_memory();
	TK_EQ(tk_dsp_open(-1, true, false, &dsp), 0);
	TK_EQ(tk_dsp_read(dsp, data, sizeof(data)), -ENOMEM);
	TK_EQ(tk_dsp_close(dsp), 0);
	give_back(all);
	snd_open(&dsp, true, PERIOD, PERIODS);
	TK_EQ(tk_dsp_read(dsp, data, sizeof(data)), sizeof(data));
	TK_EQ(tk_dsp_close(dsp), 0);
	snd_down();
}

static void
set_fragments(void *dsp)
{
	TK_EQ(tk_dsp_setfragments(dsp, PERIOD, PERIODS), 0);
}

TK_CASE(vtsnd_two_threads_of_a_program_get_the_memory_once)
{
	struct test_thread threads[2];
	struct tk_dsp *dsp;
	struct piece *all;
	int rest;

	rig_up();
	rest = maps();
	all = take_all_memory();
	TK_EQ(tk_dsp_open(-1, false, false, &dsp), 0);
	give_back(all);
	test_thread_start(&threads[0], set_fragments, dsp);
	test_thread_start(&threads[1], set_fragments, dsp);
	test_thread_join(&threads[0]);
	test_thread_join(&threads[1]);
	TK_EQ(maps(), rest + PLAYMAPS);
	play(dsp);
	snd_down();
}

TK_CASE(vtsnd_a_suspended_card_gets_memory_for_a_program_that_opens_it)
{
	struct tk_dsp *dsp;
	int rest;

	rig_up();
	rest = maps();
	TK_EQ(tk_device_suspend(snd_bus), 0);
	snd_open(&dsp, false, PERIOD, PERIODS);
	TK_EQ(maps(), rest + PLAYMAPS);
	TK_EQ(tk_device_resume(snd_bus), 0);
	play(dsp);
	snd_down();
}

/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Fuzz target: the device side of virtio_snd(4).  The input begins with the
 * length of a program and what that program does.  The rest is the device:
 * configuration space, control answers, used rings and events, in any order.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/soundcard.h>

#include "device_if.h"
#include "fuzz.h"
#include "fuzz_virtio_snd_dev.h"
#include "tk_bus.h"
#include "tk_dsp.h"
#include "tk_virtio.h"

#define	NPROGRAM	32	/* bytes of the program, at most */
#define	NBUF		8192

struct program {
	struct fuzz_in	 in;
	struct _device	*bus;
	struct tk_dsp	*dsp[2];	/* play, record */
	bool		 suspended;
};

static void
open_dsp(struct program *p, bool record)
{
	static const uint32_t formats[] = { AFMT_S16_LE, AFMT_S32_LE };
	uint8_t how = fuzz_u8(&p->in);

	if (p->dsp[record] != NULL ||
	    tk_dsp_open(0, record, (how & 1) != 0, &p->dsp[record]) != 0) {
		return;
	}
	(void)tk_dsp_setup(p->dsp[record], formats[(how >> 1) & 1],
	    1 + ((how >> 2) & 1), (how & 8) != 0 ? 44100 : 48000,
	    (how >> 4) * 64, (how >> 4) != 0 ? 4 : 0);
}

static void
close_dsp(struct program *p, bool record)
{
	if (p->dsp[record] != NULL)
		(void)tk_dsp_close(p->dsp[record]);
	p->dsp[record] = NULL;
}

static void
move_sound(struct program *p, bool record)
{
	static uint8_t buf[NBUF];
	size_t len = 1 + fuzz_u8(&p->in) * (NBUF / 256);

	if (p->dsp[record] == NULL)
		open_dsp(p, record);
	if (p->dsp[record] == NULL)
		return;
	if (record)
		(void)tk_dsp_read(p->dsp[record], buf, len);
	else
		(void)tk_dsp_write(p->dsp[record], buf, len);
}

static void
suspend_or_resume(struct program *p)
{
	device_t dev = tk_virtio_child(p->bus);

	if (p->suspended)
		p->suspended = DEVICE_RESUME(dev) != 0;
	else
		p->suspended = DEVICE_SUSPEND(dev) == 0;
}

/* Do one step.  Returns false if the program ends. */
static bool
step(struct program *p)
{
	uint8_t op = fuzz_u8(&p->in);
	bool record = (op & 0x80) != 0;

	switch (op & 0x7f) {
	case 0:
		return (p->in.left > 0);
	case 1:
		move_sound(p, record);
		break;
	case 2:
		close_dsp(p, record);
		break;
	case 3:
		if (p->dsp[record] != NULL)
			(void)tk_dsp_trigger(p->dsp[record],
			    (fuzz_u8(&p->in) & 1) != 0);
		break;
	case 4:
		suspend_or_resume(p);
		break;
	case 5:
		(void)tk_mixer_set(0, SOUND_MIXER_VOLUME, fuzz_u8(&p->in) % 101,
		    50);
		break;
	case 6:
		if (p->dsp[record] != NULL)
			(void)tk_dsp_reset(p->dsp[record]);
		break;
	case 7:
		pause_sbt("fuzz", SBT_1MS * fuzz_u8(&p->in), 0, 0);
		break;
	case 8:
		open_dsp(p, record);
		break;
	default:
		/* Most programs only play and record. */
		move_sound(p, record);
		break;
	}
	return (true);
}

/* Takes the program out of the input. */
static struct fuzz_in
take_program(struct fuzz_in *in)
{
	struct fuzz_in program;
	size_t len = fuzz_below(in, NPROGRAM + 1);

	program = (struct fuzz_in){ in->data, MIN(len, in->left) };
	in->data += program.left;
	in->left -= program.left;
	return (program);
}

/* If the input has no program, play and record. */
static void
run(struct program *p)
{
	if (p->in.left == 0) {
		move_sound(p, false);
		move_sound(p, true);
	}
	while (step(p))
		continue;
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct fuzz_in in = { data, len };
	struct program p = { 0 };
	struct fuzz_snd *snd;

	fuzz_boot(&in);
	p.in = take_program(&in);
	snd = fuzz_snd_new(in);
	p.bus = fuzz_snd_attach(snd);
	if (p.bus != NULL) {
		run(&p);
		close_dsp(&p, false);
		close_dsp(&p, true);
		if (tk_virtio_detach(p.bus) != 0)
			fuzz_fail("the driver did not detach");
	}
	fuzz_snd_free(snd);
	fuzz_shutdown(0);
}

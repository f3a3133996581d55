/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A plugin of QEMU that records which translation blocks the guest executes.
 *
 *	-plugin trace.so,out=PATH
 *
 * A program in the guest marks begin and end (mark.h).  The nth trace, from 0,
 * becomes PATH.n: the number of each executed block, 32 bits, in order.
 * PATH.blocks has a line for each block of any trace: its number, its address,
 * the sizes of its instructions, and the bytes of the last one.  calls.py reads
 * both.
 *
 * For a machine of one processor, which translates and executes in one thread.
 */

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"
#include "plugin.h"

#define	INSN_MAX	15		/* bytes, on amd64 */
#define	PATH_SIZE	1024

struct block {
	struct block	*next;
	uint64_t	 addr;
	uint32_t	 number;
	bool		 traced;	/* is in a trace */
	uint8_t		 last[INSN_MAX];
	size_t		 last_size;
	size_t		 insns;
	uint8_t		 sizes[];	/* bytes of each instruction */
};

PLUGIN_EXPORT int qemu_plugin_version = PLUGIN_API;

static const uint8_t mark_head[] = { MARK_BYTES };
static const uint8_t mark_tail[] = { MARK_TAIL };

static char	 out[PATH_SIZE - 16];
static struct block *blocks;
static uint32_t	 n_blocks;
static FILE	*trace;			/* NULL: none */
static unsigned	 n_traces;

static void __attribute__((__noreturn__))
die(const char *what)
{
	perror(what);
	exit(1);
}

static FILE *
create(const char *suffix)
{
	char path[PATH_SIZE];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s.%s", out, suffix);
	file = fopen(path, "w");
	if (file == NULL)
		die(path);
	return (file);
}

static void
finish(FILE *file)
{
	bool failed = ferror(file) != 0;

	if (fclose(file) != 0 || failed)
		die(out);
}

static void
write_block(FILE *file, const struct block *b)
{
	size_t i;

	(void)fprintf(file, "%" PRIu32 " %" PRIx64 " ", b->number, b->addr);
	for (i = 0; i < b->insns; i++)
		(void)fprintf(file, "%x", b->sizes[i]);
	(void)fputc(' ', file);
	for (i = 0; i < b->last_size; i++)
		(void)fprintf(file, "%02x", b->last[i]);
	(void)fputc('\n', file);
}

static void
write_blocks(void)
{
	const struct block *b;
	FILE *file = create("blocks");

	for (b = blocks; b != NULL; b = b->next)
		if (b->traced)
			write_block(file, b);
	finish(file);
}

static void
on_begin(unsigned cpu, void *arg)
{
	char suffix[16];

	(void)cpu;
	(void)arg;
	if (trace != NULL)
		return;
	(void)snprintf(suffix, sizeof(suffix), "%u", n_traces++);
	trace = create(suffix);
}

static void
on_end(unsigned cpu, void *arg)
{
	(void)cpu;
	(void)arg;
	if (trace == NULL)
		return;
	finish(trace);
	trace = NULL;
	write_blocks();
}

static void
on_block(unsigned cpu, void *arg)
{
	struct block *b = arg;

	(void)cpu;
	if (trace == NULL)
		return;
	b->traced = true;
	(void)fwrite(&b->number, sizeof(b->number), 1, trace);
}

/* What the instruction marks, or NULL. */
static plugin_exec_cb *
marked(const uint8_t *bytes, size_t size)
{
	if (size != sizeof(mark_head) + 1 + sizeof(mark_tail) ||
	    memcmp(bytes, mark_head, sizeof(mark_head)) != 0 ||
	    memcmp(bytes + sizeof(mark_head) + 1, mark_tail,
	    sizeof(mark_tail)) != 0)
		return (NULL);
	return (bytes[sizeof(mark_head)] == 0 ? on_begin : on_end);
}

static struct block *
new_block(const struct qemu_plugin_tb *tb, size_t insns)
{
	struct block *b = calloc(1, sizeof(*b) + insns);

	if (b == NULL)
		die("trace.so");
	b->addr = qemu_plugin_tb_vaddr(tb);
	b->number = n_blocks++;
	b->insns = insns;
	b->next = blocks;
	blocks = b;
	return (b);
}

static void
translate(struct qemu_plugin_tb *tb)
{
	struct qemu_plugin_insn *insn;
	plugin_exec_cb *mark;
	struct block *b;
	size_t i;

	b = new_block(tb, qemu_plugin_tb_n_insns(tb));
	for (i = 0; i < b->insns; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		b->sizes[i] = qemu_plugin_insn_size(insn);
		b->last_size = qemu_plugin_insn_data(insn, b->last, INSN_MAX);
		mark = marked(b->last, b->last_size);
		if (mark != NULL)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark,
			    PLUGIN_NO_REGS, NULL);
	}
	qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, PLUGIN_NO_REGS, b);
}

#if PLUGIN_API >= 7
static void
translated(struct qemu_plugin_tb *tb, void *arg)
{
	(void)arg;
	translate(tb);
}

static void
on_translation(plugin_id id)
{
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated, NULL);
}
#else
static void
translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	(void)id;
	translate(tb);
}

static void
on_translation(plugin_id id)
{
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
}
#endif

PLUGIN_EXPORT int
qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4) != 0 ||
	    strlen(argv[0] + 4) >= sizeof(out)) {
		(void)fprintf(stderr, "usage: -plugin trace.so,out=PATH\n");
		return (1);
	}
	memcpy(out, argv[0] + 4, strlen(argv[0] + 4) + 1);
	on_translation(id);
	return (0);
}

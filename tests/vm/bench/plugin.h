/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The interface between QEMU and its plugins, as far as trace.c uses it.
 *
 * Debian has no package with QEMU's own header.  These declarations follow
 * versions 4 (QEMU 10.0) to 7 (QEMU 11.1) of the interface.  PLUGIN_API is the
 * version that the plugin follows: see tools/vmplugin.sh.
 */
#ifndef _PLUGIN_H_
#define	_PLUGIN_H_

#include <stddef.h>
#include <stdint.h>

#define	PLUGIN_EXPORT	__attribute__((visibility("default")))

typedef uint64_t plugin_id;

struct qemu_plugin_tb;			/* a translation block */
struct qemu_plugin_insn;

/* A function that QEMU calls when the guest executes something. */
typedef void	plugin_exec_cb(unsigned cpu, void *arg);

/* What the function does with the guest's registers. */
enum { PLUGIN_NO_REGS = 0 };

/*
 * From version 7 on, the function gets the argument in place of the plugin's
 * number.
 */
#if PLUGIN_API >= 7
void	qemu_plugin_register_vcpu_tb_trans_cb(plugin_id,
	    void (*)(struct qemu_plugin_tb *, void *arg), void *arg);
#else
void	qemu_plugin_register_vcpu_tb_trans_cb(plugin_id,
	    void (*)(plugin_id, struct qemu_plugin_tb *));
#endif
void	qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *,
	    plugin_exec_cb *, int regs, void *arg);
void	qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *,
	    plugin_exec_cb *, int regs, void *arg);

size_t	qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *,
	    size_t);
size_t	qemu_plugin_insn_size(const struct qemu_plugin_insn *);
/* Copy at most len bytes of the instruction.  Returns how many. */
size_t	qemu_plugin_insn_data(const struct qemu_plugin_insn *, void *,
	    size_t len);

/* What a plugin has.  Nonzero from install(): QEMU does not start. */
extern int qemu_plugin_version;
int	qemu_plugin_install(plugin_id, const void *info, int argc,
	    char **argv);

#endif /* !_PLUGIN_H_ */

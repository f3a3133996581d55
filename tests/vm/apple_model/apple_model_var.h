/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Models of Apple's coprocessors inside a FreeBSD kernel, for tests: the parts
 * among themselves.
 *
 * apple_model.c	the bus, for a node of the device tree; the machine
 * apple_model_regs.c	a bus_space(9) tag whose registers are the models'
 * apple_model_intr.c	an interrupt controller whose lines are the models'
 * apple_model_host.c	what else the models take from where they run
 * apple_model_mbox.c	a client of the mailboxes
 * apple_model_rtkit.c	a coprocessor with RTKit, and a client
 * apple_model_smc.c	the SMC
 * apple_model_run.c	what a program can have done, by sysctl(8)
 *
 * model_host.h says what models may call; it is provided here.
 */
#ifndef _APPLE_MODEL_VAR_H_
#define	_APPLE_MODEL_VAR_H_

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/malloc.h>

#include "model_host.h"

MALLOC_DECLARE(M_APPLE_MODEL);

/* apple_model_regs.c: the tag; a handle is a bus address. */
extern struct bus_space am_bus_space;

/*
 * apple_model_host.c: let the agents take a step each, in a kernel that has
 * panicked; otherwise do nothing.
 */
void	am_agents_step(void);

/* apple_model_intr.c: in attach of the bus, before there are models. */
int	am_intr_attach(device_t bus);
#define	AM_PIC_METHODS							\
	DEVMETHOD(pic_map_intr,		am_pic_map_intr),		\
	DEVMETHOD(pic_enable_intr,	am_pic_enable_intr),		\
	DEVMETHOD(pic_disable_intr,	am_pic_disable_intr),		\
	DEVMETHOD(pic_pre_ithread,	am_pic_pre_ithread),		\
	DEVMETHOD(pic_post_ithread,	am_pic_post_ithread),		\
	DEVMETHOD(pic_post_filter,	am_pic_post_filter),		\
	DEVMETHOD(pic_teardown_intr,	am_pic_teardown_intr)
struct intr_irqsrc;
struct intr_map_data;
struct resource;
int	am_pic_map_intr(device_t, struct intr_map_data *,
	    struct intr_irqsrc **);
void	am_pic_enable_intr(device_t, struct intr_irqsrc *);
void	am_pic_disable_intr(device_t, struct intr_irqsrc *);
void	am_pic_pre_ithread(device_t, struct intr_irqsrc *);
void	am_pic_post_ithread(device_t, struct intr_irqsrc *);
void	am_pic_post_filter(device_t, struct intr_irqsrc *);
int	am_pic_teardown_intr(device_t, struct intr_irqsrc *, struct resource *,
	    struct intr_map_data *);

/* apple_model_mbox.c: the coprocessors behind the plain mailboxes. */
void	am_mbox_attach(void);

/* apple_model_rtkit.c */
void	am_rtkit_attach(void);

/* apple_model_smc.c */
void	am_smc_attach(void);

/*
 * What a program can have done: run(arg) in the kernel, and get NULL, or what
 * went wrong.  May sleep.
 */
struct am_command {
	const char	*name;
	const char	*(*run)(u_int arg);
};
/* Each ends with a NULL name. */
extern const struct am_command am_mbox_commands[];
extern const struct am_command am_rtkit_commands[];
extern const struct am_command am_smc_commands[];

/* If it comes at all it comes sooner, even on a busy host. */
#define	AM_PATIENCE	(30 * SBT_1S)

/* End of a command in which something was not as it must be. */
#define	AM_CHECK(cond) do {						\
	if (!(cond))							\
		return (#cond " does not hold");			\
} while (0)

#endif /* !_APPLE_MODEL_VAR_H_ */

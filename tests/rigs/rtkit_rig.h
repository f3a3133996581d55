/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The start of every test of RTKit: a coprocessor of the model behind a mailbox
 * of each kind, and a client driver.
 */
#ifndef _RTKIT_RIG_H_
#define	_RTKIT_RIG_H_

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/mutex.h>

#include "apple/rtkit/apple_rtkit.h"
#include "apple/sart/apple_sart.h"
#include "kpi_bus.h"
#include "kpi_dma.h"
#include "model_rtkit.h"
#include "observe.h"
#include "tk_bus.h"
#include "tk_ofw.h"
#include "tk_test.h"

#define	MS		SBT_1MS
#define	MS_NS		1000000LL
#define	RIG_LOG		1024
#define	RIG_CRASH	4096		/* bytes of a crash log that are kept */

/* Where a coprocessor stands in a tree of tests/models/dts. */
struct rig_machine {
	const char	*client;
	enum model_asc_variant variant;
	uint64_t	 asc_base;
	uint64_t	 sram_base;
	unsigned int	 irq;
	const char	*tree;		/* NULL: "rtkit" */
};
extern const struct rig_machine rig_v4, rig_t8015, rig_m3;
/* The same of sart.dts. */
extern const struct rig_machine rig_sart_v2, rig_sart_v3, rig_sart_v0, rig_dart;

/* What the next client to attach requests. */
struct rig_wish {
	bool		 cpu;		/* the client owns the IOP's CPU */
	bool		 no_map;	/* refuse memory of the IOP's own */
	bool		 allocates;	/* provide memory */
	bool		 sart;		/* and have SART let it through */
	const char	*mailbox;	/* NULL: "main" */
};

/* Memory that the client has given to the IOP. */
struct rig_memory {
	struct kpi_dma_tag tag;
	struct kpi_dma_buf buf;		/* kdb_vaddr of NULL: none */
};
#define	RIG_MEMORIES	MODEL_RTKIT_BUFFERS

extern struct rig_wish rig_wish;

/* The client's softc. */
struct rig_client {
	device_t	 dev;
	struct apple_rtkit *rtk;	/* NULL: error says why */
	int		 error;
	bool		 no_map;
	struct kpi_res	 sram;
	struct apple_sart *sart;
	int		 sart_error;
	struct rig_memory memory[RIG_MEMORIES];
	int		 alloc_error;	/* of the next arc_alloc */
	uint64_t	 alloc_skew;	/* added to the address */
	int		 allocs;
	int		 frees;
	struct mtx	 mtx;		/* spin */
	/*
	 * In order.  Beyond RIG_LOG messages a new one overwrites the oldest.
	 */
	uint64_t	 got[RIG_LOG];	/* by arp_recv */
	int		 ngot;
	uint64_t	 early[RIG_LOG]; /* by arp_early */
	int		 nearly;
	int		 in_filter;	/* of these, in interrupt context */
	int		 crashes;	/* how often arc_crashed ran */
	uint8_t		 log[RIG_CRASH]; /* by arc_crashlog */
	size_t		 loglen;
	int		 logs;		/* how often that ran */
	uint64_t	 early_mask;	/* arp_early takes msg & mask != 0 */
	int		 recv_ticks;	/* how long arp_recv sleeps */
	int		 maps;
	int		 reads;
};

struct rig {
	struct model_rtkit *m;
	struct model_asc *asc;
	struct rig_client *c;
	struct apple_rtkit *rtk;
	const struct rig_machine *machine;
};

/*
 * The model's configuration for a machine: the default one, with the machine's
 * SRAM.
 */
void	rig_config(const struct rig_machine *, struct model_rtkit_config *);

/*
 * Make the model, boot the tree and attach the client.  If cpu is true, the
 * client owns the coprocessor's CPU, which does not run yet.  Otherwise the CPU
 * runs.  A cfg of NULL stands for rig_config().
 */
void	rig_up(struct rig *, const struct rig_machine *, bool cpu,
	    const struct model_rtkit_config *cfg);
/* Detach and free.  Checks that no rule of the coprocessor was broken. */
void	rig_down(struct rig *);
/* The same, after a coprocessor that misbehaved. */
void	rig_down_broken(struct rig *);

/*
 * Free the coprocessor and get it again, as attach does.  Returns 0, or the
 * errno.
 */
int	rig_get_again(struct rig *);

/* Boot, and start endpoint 0x20, on which the model sends messages back. */
void	rig_boot(struct rig *);
int	rig_start(struct rig *, uint8_t ep);
int	rig_send(struct rig *, uint64_t msg);

/* Wait for at most a second until a condition holds. */
#define	RIG_WAIT(cond) do {						\
	for (int n_ = 0; !(cond) && n_ < 1000; n_++)			\
		pause_sbt("rigw", MS, 0, 0);				\
	TK_CHECK(cond);							\
} while (0)

/* A counter below dev.rtkit_client.0.rtkit. */
uint64_t rig_counter(struct rig *, const char *name);

/*
 * How many messages arp_recv and arp_early got, and how often arc_crashed ran.
 * The functions take the client's mutex.
 */
int	rig_got(struct rig *);
int	rig_early(struct rig *);
int	rig_crashes(struct rig *);

#endif /* !_RTKIT_RIG_H_ */

/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The start of every program that drives apple_mbox(4): where mailboxes stand,
 * and a client driver, which attaches to "test,mbox-client" in our device
 * trees.
 *
 * Programs without test cases use it too, so a check that fails here ends in
 * panic(9).
 */
#ifndef _MBOX_RIG_H_
#define	_MBOX_RIG_H_

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/lock.h>
#include <sys/mutex.h>

#include "apple/mbox/apple_mbox.h"
#include "model_asc.h"

#define	MBOX_LOG	4096
#define	MBOX_STAYS	"stays attached: the interrupt controller does " \
			"not remove handlers"

/* A tree of tests/models/dts, and in it a mailbox and its client. */
struct mbox_machine {
	const char	*tree;
	const char	*client;
	const char	*mbox;
	enum model_asc_variant variant;
	uint64_t	 base;
	unsigned int	 irq;
	bool		 enable_stays;
};
extern const struct mbox_machine mbox_v4, mbox_t8015, mbox_m3;

/*
 * The model of the machine's mailbox, each access to which takes 500 ns.
 * Returns: never NULL.
 */
struct model_asc *mbox_model_new(const struct mbox_machine *,
	    unsigned int depth, const struct model_asc_ops *, void *arg);

/* The client's softc. */
struct mbox_client {
	device_t		 dev;
	struct apple_mbox	*mbox;		/* NULL: error says why */
	int			 error;		/* of the last attempt */
	struct mtx		 mtx;		/* spin */
	struct apple_mbox_msg	 log[MBOX_LOG];
	int			 received;
	int			 threads;	/* how often amc_thread ran */
	int			 in_filter;	/* received in the filter */
	bool			 want_thread;
	int			 thread_ms;	/* how long amc_thread takes */
	bool			 in_thread;
	bool			 echo;		/* send each one back */
	int			 echo_errors;
};

/* How clients attach; to be set before the tree is booted. */
struct mbox_client_config {
	/*
	 * Called with each message and the client; NULL: the client logs
	 * messages.
	 */
	apple_mbox_recv_fn	*recv;
	/*
	 * Attach fails without the mailbox.  Otherwise it succeeds without one.
	 */
	bool			 needs_mbox;
};
extern struct mbox_client_config mbox_client_config;

/*
 * The client of the node at this path, which must be attached.
 * Context: a thread.
 */
struct mbox_client *mbox_client_at(const char *path);

/*
 * Find the client's mailbox, as attach does.
 * Context: sleepable.
 * Errors: those of apple_mbox_get_by_name().
 */
int	mbox_client_get(struct mbox_client *);

/* How many messages are in the log.  Takes the client's mutex. */
int	mbox_client_received(struct mbox_client *);

#endif /* !_MBOX_RIG_H_ */

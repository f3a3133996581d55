/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A coprocessor that only has to run, for the driver of what it serves.  See
 * apple_rtkit_helper(9).  In Rust: the crate apple_rtkit_helper.
 *
 * The coprocessor has a node of its own, to which the client's node refers by
 * "apple,helper-cpu".  The client exchanges no messages with it: it reaches it
 * by other hardware, which is the client's own.
 */
#ifndef _APPLE_RTKIT_HELPER_H_
#define	_APPLE_RTKIT_HELPER_H_

#include "kpi.h"

#include <sys/bus.h>

struct apple_rtkit_helper;

/*
 * A client.  It is copied.  What its pointers point to lives until
 * apple_rtkit_helper_put().
 */
struct apple_rtkit_helper_client {
	/*
	 * The coprocessor has crashed.  To start it again, the client calls
	 * apple_rtkit_helper_start() in a thread of its own.  NULL: the client
	 * is not told.
	 *
	 * Context: RTKit's thread: sleepable, but no function of this file may
	 * be called other than apple_rtkit_helper_running().
	 */
	void	(*ahc_crashed)(void *arg);
	void	*ahc_arg;
};

/*
 * Get the helper of dev's node, for dev alone.  Nothing is started.  On an
 * error *helperp is not written, and one line on the console says what is
 * wrong.
 *
 * Context: sleepable; in an attach method.
 * Locks: newbus's topology lock is held, as in attach methods.
 * Errors: ENOENT: the node has no "apple,helper-cpu".  EINVAL: it is malformed,
 * or refers to no helper.  ENXIO: the helper is not attached (yet).  EBUSY: it
 * has a client.
 */
int	apple_rtkit_helper_get(device_t dev,
	    const struct apple_rtkit_helper_client *client,
	    struct apple_rtkit_helper **helperp);

/*
 * Stop it if it is started, and give it back.  When this returns, ahc_crashed
 * does not run.  NULL: does nothing.
 *
 * Context: sleepable.
 * Locks: hold none that ahc_crashed takes.
 */
void	apple_rtkit_helper_put(struct apple_rtkit_helper *helper);

/*
 * Start the coprocessor's CPU, or wake it if the boot loader has left it
 * running, and wait until the firmware is on.  After a crash it is started
 * anew.  One call of start and stop at a time.
 *
 * Context: sleepable.
 * Locks: hold none that ahc_crashed takes.
 * Errors: those of apple_rtkit_boot(), with a line on the console.  EBUSY: it
 * is started.  EOPNOTSUPP: the firmware wants memory, and an IOMMU stands in
 * between, for which there is no driver.
 */
int	apple_rtkit_helper_start(struct apple_rtkit_helper *helper);

/*
 * Have the firmware rest, and stop the CPU, whether the firmware agrees or not.
 * Does nothing if the coprocessor is not started.
 *
 * Context: sleepable.
 * Locks: hold none that ahc_crashed takes.
 */
void	apple_rtkit_helper_stop(struct apple_rtkit_helper *helper);

/* True while the coprocessor is on.  Context: any. */
bool	apple_rtkit_helper_running(const struct apple_rtkit_helper *helper);

#endif /* !_APPLE_RTKIT_HELPER_H_ */

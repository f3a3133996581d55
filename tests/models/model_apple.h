/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A machine of Apple's for tests, in one call: the coprocessor with RTKit, the
 * SMC in it, and the device tree, whose devices are then probed and attached.
 *
 *	struct model_apple machine;
 *
 *	model_apple_up(&machine, "t8103", NULL, NULL);
 *	...
 *	TK_EQ(model_apple_down(&machine), 0);
 *
 * In the test kernel only.
 */
#ifndef _MODEL_APPLE_H_
#define	_MODEL_APPLE_H_

#include "model_asc.h"
#include "model_rtkit.h"
#include "model_smc.h"
#include "model_spmi.h"

struct model_apple {
	struct model_rtkit	*rtkit;
	struct model_smc	*smc;	/* NULL: the tree's test coprocessor */
	struct model_asc	*asc;	/* the mailbox of rtkit */
	struct model_spmi	*spmi;	/* NULL without an SMC */
	uint16_t		 scratch; /* flags of the boot loader, in it */
	uint16_t		 rtc;	/* offset of the clock, in it */
	const char		*node;	/* of the mailbox's user, a path */
	const char		*mbox;	/* of the mailbox, a path */
};

/*
 * The SoCs that have an SMC here; ends with NULL.  SoCs whose devices stand at
 * the same addresses share one tree.
 */
extern const char *const model_apple_socs[];
/* The name of a SoC's tree in tests/models/dts. */
const char *model_apple_tree(const char *soc);

/*
 * The struct stays where it is until the models are freed.
 *
 * Make the SMC of a tree in tests/models/dts: the tree of a SoC above, or a
 * broken tree, where the SMC stands as in t8103.  The configuration is that of
 * t8103's SMC if NULL is given.  The tree's addresses replace those of the
 * configuration.  Any error stops the run.
 */
void	model_apple_up(struct model_apple *, const char *tree,
	    const struct model_rtkit_config *, const struct model_smc_config *);
/*
 * Make the test coprocessor of a tree, for "test,rtkit-client".  The mailbox is
 * v4 in "t8103", t8015 in "t8112" and M3 in "t6000".  The CPU does not run yet.
 * NULL gives the default configuration.  The coprocessor also has SRAM.
 */
void	model_apple_up_test(struct model_apple *, const char *tree,
	    const struct model_rtkit_config *);

/*
 * The same in two steps.  _make makes the models, so that a test can set faults
 * and keys.  _boot boots the tree.
 */
void	model_apple_make(struct model_apple *, const char *tree,
	    const struct model_rtkit_config *, const struct model_smc_config *);
void	model_apple_make_test(struct model_apple *, const char *tree,
	    const struct model_rtkit_config *);
void	model_apple_boot(struct model_apple *, const char *tree);

/*
 * Detach everything and free the models.  Returns 0, or the errno with which a
 * driver refused to detach.
 */
int	model_apple_down(struct model_apple *);
/* Free the models alone, when no device of the tree exists any more. */
void	model_apple_free(struct model_apple *);

/*
 * Sleep until the coprocessor is quiet, but for ms milliseconds at most.
 * Returns false if it is not quiet then.
 */
bool	model_apple_settle(struct model_apple *, int ms);

#endif /* !_MODEL_APPLE_H_ */

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

struct model_apple {
	struct model_rtkit	*rtkit;
	struct model_smc	*smc;	/* NULL: the tree's test coprocessor */
	struct model_asc	*asc;	/* the mailbox of rtkit */
	const char		*node;	/* of the mailbox's user, a path */
	const char		*mbox;	/* of the mailbox, a path */
};

/*
 * The SoCs that have an SMC here; ends with NULL.  Some have all where another
 * one has it, and share that one's tree.
 */
extern const char *const model_apple_socs[];
/* The name of a SoC's tree in tests/models/dts. */
const char *model_apple_tree(const char *soc);

/*
 * The SMC of a tree (tests/models/dts): of a SoC above, or of one of the broken
 * ones, which have it where t8103 has.  NULL: the
 * configuration of t8103's SMC, at this tree's addresses; if one is given, its
 * addresses are replaced by the tree's.  Stops the run on any error.
 */
void	model_apple_up(struct model_apple *, const char *tree,
	    const struct model_rtkit_config *, const struct model_smc_config *);
/*
 * The test coprocessor of a tree, for "test,rtkit-client": v4 in "t8103",
 * t8015 in "t8112", M3 in "t6000"; its CPU does not run yet.  NULL: the default
 * configuration.  It has SRAM as well.
 */
void	model_apple_up_test(struct model_apple *, const char *tree,
	    const struct model_rtkit_config *);

/*
 * The same in two steps: _make makes the models, for faults and keys to be
 * set; _boot boots the tree.
 */
void	model_apple_make(struct model_apple *, const char *tree,
	    const struct model_rtkit_config *, const struct model_smc_config *);
void	model_apple_make_test(struct model_apple *, const char *tree,
	    const struct model_rtkit_config *);
void	model_apple_boot(struct model_apple *, const char *tree);

/* Detach everything and free the models.  0, or the errno of a refusal. */
int	model_apple_down(struct model_apple *);
/* Free the models alone: no device of a tree is there any more. */
void	model_apple_free(struct model_apple *);

/*
 * Sleep until the coprocessor is quiet, or for ms milliseconds at most; false:
 * it is not.
 */
bool	model_apple_settle(struct model_apple *, int ms);

#endif /* !_MODEL_APPLE_H_ */

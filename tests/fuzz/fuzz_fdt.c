/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Fuzz target: device trees, in which the drivers of drivers/apple find their
 * devices.  The input is a tree in flat form, or edits of one of our trees.
 * The machine has its SMC where that tree has it; for an input's own tree,
 * where t8103 has it.  So a driver that finds its device gets an answer.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/malloc.h>

#include "fuzz.h"
#include "model_apple.h"
#include "tk_ofw.h"

#define	ROOM		((size_t)16384)

/* NULL stands for the tree in the input. */
static const char *const trees[] = {
	NULL, "t8103", "t6000", "t8112", "t6020", "broken", "broken-smc",
};

/* Load the tree.  Returns false if it is no tree. */
static bool
load(const char *name, struct fuzz_in *in)
{
	const char *problem;
	void *edited;
	size_t len;

	if (name == NULL)
		return (tk_ofw_load(in->data, in->left) == NULL);
	edited = malloc(ROOM, M_TEMP, M_WAITOK);
	len = fuzz_fdt_edit(tk_dtb_find(name)->data, edited, ROOM, in);
	problem = tk_ofw_load(edited, len);
	free(edited, M_TEMP);
	return (problem == NULL);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct fuzz_in in = { data, len };
	struct model_apple machine;
	const char *name;

	fuzz_boot(&in);
	name = trees[fuzz_below(&in, nitems(trees))];
	model_apple_make(&machine, name != NULL ? name : "t8103", NULL, NULL);
	if (load(name, &in)) {
		(void)tk_ofw_attach();
		if (tk_ofw_detach() != 0)
			fuzz_fail("a driver did not detach");
	}
	model_apple_free(&machine);
	fuzz_shutdown(0);
}

/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Fuzz target: device trees.  The input is a tree in flat form, in which the
 * drivers of drivers/apple find their devices.  A mailbox stands where t8103
 * has one, so that a tree that says so gets a driver.
 */
#include <sys/param.h>
#include <sys/systm.h>

#include "fuzz.h"
#include "model_asc.h"
#include "tk_ofw.h"

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct fuzz_in in = { data, len };
	struct model_asc_config config;
	struct model_asc *asc;

	fuzz_boot(&in);
	model_asc_config_t8103_smc(&config);
	asc = model_asc_new(&config, NULL, NULL);
	if (tk_ofw_load(in.data, in.left) == NULL) {
		(void)tk_ofw_attach();
		if (tk_ofw_detach() != 0)
			fuzz_fail("a driver did not detach");
	}
	model_asc_free(asc);
	fuzz_shutdown();
}

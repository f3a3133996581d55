/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What it takes for Apple's drivers to be loaded from a module.
 *
 * devmatch(8) compares a driver's table with the first string of a node's
 * "compatible", though drivers attach by any of them.  So the first string of
 * each node that has a driver is in a table.
 *
 * A module's drivers are added one after the other to buses that stand already,
 * and each bids at once for what has no driver.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/kernel.h>
#include <sys/linker_set.h>
#include <sys/module.h>

#include <dev/ofw/openfirm.h>

#include "tk_ofw.h"
#include "tk_test.h"

SET_DECLARE(modmetadata_set, struct mod_metadata);
SET_DECLARE(sysinit_set, struct sysinit);

/* Whether a driver on a simplebus has the string in its table. */
static bool
known(const char *compatible)
{
	const struct mod_pnp_match_info *info;
	struct mod_metadata **md;
	const char *const *string;
	const char *entry;

	SET_FOREACH(md, modmetadata_set) {
		if ((*md)->md_type != MDT_PNP_INFO)
			continue;
		info = (*md)->md_data;
		if (strcmp(info->bus, "simplebus") != 0)
			continue;
		entry = info->table;
		for (int i = 0; i < info->num_entry; i++) {
			string = (const void *)(entry + i * info->entry_len);
			if (*string != NULL && strcmp(*string, compatible) == 0)
				return (true);
		}
	}
	return (false);
}

/* Whether a driver attaches to a node with this list of strings. */
static bool
has_driver(const char *list, size_t len)
{
	for (size_t i = 0; i < len; i += strlen(list + i) + 1)
		if (known(list + i))
			return (true);
	return (false);
}

/* Returns how many of the node's children, and of theirs, have drivers. */
static int
check_children(phandle_t parent)
{
	phandle_t node;
	ssize_t len;
	char *list;
	int found = 0;

	for (node = OF_child(parent); node > 0; node = OF_peer(node)) {
		found += check_children(node);
		len = OF_getprop_alloc(node, "compatible", (void **)&list);
		if (len <= 0)
			continue;
		if (list[len - 1] == '\0' && has_driver(list, len)) {
			if (!known(list))
				tk_test_fail(__FILE__, __LINE__,
				    "devmatch(8) does not find %s", list);
			found++;
		}
		OF_prop_free(list);
	}
	return (found);
}

TK_CASE(match_finds_each_node_by_its_first_string)
{
	static const char *const trees[] = {
		"t8103", "t6000", "t8112", "t6020", "helper", "sart", "spmi",
	};
	const struct tk_dtb *dtb;

	for (u_int i = 0; i < nitems(trees); i++) {
		dtb = tk_dtb_find(trees[i]);
		TK_CHECK(dtb != NULL);
		TK_CHECK(tk_ofw_load(dtb->data, dtb->size) == NULL);
		TK_CHECK(check_children(OF_peer(0)) > 0);
		tk_ofw_unload();
	}
}

/* The driver that this SYSINIT adds to a simplebus; NULL: it adds none. */
static const struct driver_module_data *
added_by(const struct sysinit *si)
{
	const moduledata_t *mod = si->udata;
	const struct driver_module_data *driver;

	if (si->subsystem != SI_SUB_DRIVERS ||
	    si->func != module_register_init ||
	    mod->evhand != driver_module_handler)
		return (NULL);
	driver = mod->priv;
	return (strcmp(driver->dmd_busname, "simplebus") == 0 &&
	    strncmp(driver->dmd_driver->name, "apple_", 6) == 0 ?
	    driver : NULL);
}

/*
 * kldload(8) sorts by the order alone, and FreeBSD's linker_file_sysinit()
 * leaves drivers of the same order anyhow: its exchanges can make the first
 * the last.
 */
TK_CASE(match_adds_drivers_after_those_that_they_need)
{
	const struct driver_module_data *early, *late;
	struct sysinit **a, **b;
	int pairs = 0;

	SET_FOREACH(a, sysinit_set) {
		early = added_by(*a);
		SET_FOREACH(b, sysinit_set) {
			late = added_by(*b);
			if (early == NULL || late == NULL ||
			    early->dmd_pass >= late->dmd_pass)
				continue;
			pairs++;
			if ((*a)->order >= (*b)->order)
				tk_test_fail(__FILE__, __LINE__,
				    "%s may be added before %s",
				    late->dmd_driver->name,
				    early->dmd_driver->name);
		}
	}
	TK_CHECK(pairs > 0);
}

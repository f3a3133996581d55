/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Input devices, directly and through the C layer. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/lock.h>
#include <sys/mutex.h>

#include <dev/evdev/evdev.h>

#include "bus/bus_testdev.h"
#include "kpi_evdev.h"
#include "tk_evdev.h"
#include "tk_test.h"

TK_CASE(evdev_reports_a_value_that_changes)
{
	struct testdev_softc *sc = testdev_attached();
	struct kpi_evdev power = { NULL }, lid = { NULL };

	TK_EQ(kpi_evdev_register(&power, sc->dev, "power",
	    KPI_EVDEV_POWER), 0);
	TK_EQ(kpi_evdev_register(&lid, sc->dev, "lid", KPI_EVDEV_LID), 0);
	TK_EQ(tk_evdev_state("power", EV_KEY, KEY_POWER), 0);
	TK_EQ(tk_evdev_state("power", EV_SW, SW_LID), -1);
	kpi_evdev_report(&lid, KPI_EVDEV_LID, false);
	TK_CHECK(tk_evdev_event(0) == NULL);
	for (int i = 0; i < 2; i++) {
		kpi_evdev_report(&lid, KPI_EVDEV_LID, true);
		kpi_evdev_report(&power, KPI_EVDEV_POWER, true);
	}
	TK_EQ(tk_evdev_state("lid", EV_SW, SW_LID), 1);
	TK_STREQ(tk_evdev_event(0)->name, "lid");
	TK_EQ(tk_evdev_event(0)->type, EV_SW);
	TK_EQ(tk_evdev_event(0)->value, 1);
	TK_STREQ(tk_evdev_event(1)->name, "power");
	TK_EQ(tk_evdev_event(1)->code, KEY_POWER);
	TK_CHECK(tk_evdev_event(2) == NULL);
	kpi_evdev_unregister(&lid);
	kpi_evdev_unregister(&lid);
	TK_EQ(tk_evdev_state("lid", EV_SW, SW_LID), -1);
	kpi_evdev_unregister(&power);
	TK_EQ(tk_device_delete(sc->dev), 0);
}

TK_CASE(evdev_that_cannot_be_registered_leaves_nothing)
{
	struct testdev_softc *sc = testdev_attached();
	struct kpi_evdev lid = { NULL };

	tk_fault_set("evdev_register", 1);
	TK_EQ(kpi_evdev_register(&lid, sc->dev, "lid", KPI_EVDEV_LID), ENOMEM);
	kpi_evdev_unregister(&lid);
	TK_EQ(tk_device_delete(sc->dev), 0);
}

TK_CASE(evdev_reports_nothing_after_a_panic)
{
	struct testdev_softc *sc = testdev_attached();
	struct kpi_evdev lid = { NULL };

	TK_EQ(kpi_evdev_register(&lid, sc->dev, "lid", KPI_EVDEV_LID), 0);
	tk_panicked(true);
	kpi_evdev_report(&lid, KPI_EVDEV_LID, true);
	tk_panicked(false);
	TK_CHECK(tk_evdev_event(0) == NULL);
	kpi_evdev_unregister(&lid);
	TK_EQ(tk_device_delete(sc->dev), 0);
}

TK_CASE_STOPS(evdev_is_registered_once, "evdev: \"x\" registered twice")
{
	struct evdev_dev *e = evdev_alloc();

	evdev_set_name(e, "x");
	TK_EQ(evdev_register(e), 0);
	(void)evdev_register(e);
}

TK_CASE_STOPS(evdev_reports_only_while_it_is_registered,
    "evdev: \"x\" is not registered")
{
	struct evdev_dev *e = evdev_alloc();

	evdev_set_name(e, "x");
	evdev_support_event(e, EV_SW);
	evdev_support_sw(e, SW_LID);
	(void)evdev_push_event(e, EV_SW, SW_LID, 1);
}

static void
in_a_filter(void *arg)
{
	(void)evdev_push_event(arg, EV_SW, SW_LID, 1);
}

TK_CASE_DEBUG_STOPS(evdev_reports_nothing_in_a_filter, "mtx-filter")
{
	struct evdev_dev *e = evdev_alloc();

	evdev_support_event(e, EV_SW);
	evdev_support_sw(e, SW_LID);
	TK_EQ(evdev_register(e), 0);
	tk_intr_run(in_a_filter, e);
}

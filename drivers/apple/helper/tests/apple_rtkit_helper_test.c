/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* A coprocessor that only has to run: its helper starts and stops it. */
#include "helper_rig.h"

#include "apple/helper/apple_rtkit_helper.h"

TK_CASES_ON_EACH_PIC("");

static int crashes;

static void
crashed(void *arg)
{
	TK_CHECK(tk_context() != TK_CTX_FILTER);
	TK_CHECK(!apple_rtkit_helper_running(*(void **)arg));
	crashes++;
}

static int
get(device_t dev, struct apple_rtkit_helper **helperp)
{
	const struct apple_rtkit_helper_client client = {
		.ahc_crashed = crashed, .ahc_arg = helperp,
	};
	int error;

	bus_topo_lock();
	error = apple_rtkit_helper_get(dev, &client, helperp);
	bus_topo_unlock();
	return (error);
}

static int
detach(device_t dev)
{
	int error;

	bus_topo_lock();
	error = device_detach(dev);
	bus_topo_unlock();
	return (error);
}

static void
wait_until(const int *value, int wanted)
{
	for (int n = 0; *value != wanted && n < 1000; n++)
		pause_sbt("helperw", SBT_1MS, 0, 0);
	TK_EQ(*value, wanted);
}

TK_CASE(helper_starts_for_its_client_and_stops)
{
	static const struct helper_machine *const machines[] = {
		&helper_t6020, &helper_t8112, &helper_t8122,
	};
	struct apple_rtkit_helper *h;
	struct helper_rig r;

	for (u_int i = 0; i < nitems(machines); i++) {
		helper_up(&r, machines[i], false, NULL);
		TK_STREQ(device_get_desc(r.helper),
		    "Apple RTKit helper coprocessor");
		TK_EQ(get(r.client, &h), 0);
		TK_CHECK(!model_asc_running(r.asc));
		TK_CHECK(!apple_rtkit_helper_running(h));
		for (int n = 1; n <= 2; n++) {
			TK_EQ(apple_rtkit_helper_start(h), 0);
			TK_CHECK(apple_rtkit_helper_running(h));
			TK_CHECK(model_asc_running(r.asc));
			TK_EQ(model_rtkit_state(r.m).phase, MODEL_RTKIT_ON);
			TK_EQ(apple_rtkit_helper_start(h), EBUSY);
			for (int ms = 0; !model_rtkit_quiet(r.m) && ms < 100;
			    ms++)
				pause_sbt("helperq", SBT_1MS, 0, 0);
			apple_rtkit_helper_stop(h);
			TK_CHECK(!apple_rtkit_helper_running(h));
			TK_CHECK(!model_asc_running(r.asc));
			TK_EQ(model_rtkit_state(r.m).boots, n);
		}
		apple_rtkit_helper_stop(h);
		apple_rtkit_helper_put(h);
		helper_down(&r, false);
	}
}

/* U-Boot has used it for its own keyboard. */
TK_CASE(helper_that_the_boot_loader_left_running_is_woken)
{
	struct apple_rtkit_helper *h;
	struct helper_rig r;

	helper_up(&r, &helper_t6020, true, NULL);
	TK_EQ(get(r.client, &h), 0);
	TK_EQ(apple_rtkit_helper_start(h), 0);
	TK_CHECK(apple_rtkit_helper_running(h));
	apple_rtkit_helper_put(h);
	TK_CHECK(!model_asc_running(r.asc));
	helper_down(&r, false);
}

TK_CASE(helper_logs_from_its_sram)
{
	struct apple_rtkit_helper *h;
	struct helper_rig r;

	helper_up(&r, &helper_t8112, false, NULL);
	TK_EQ(get(r.client, &h), 0);
	TK_EQ(apple_rtkit_helper_start(h), 0);
	for (int ms = 0; !model_rtkit_quiet(r.m) && ms < 100; ms++)
		pause_sbt("helperq", SBT_1MS, 0, 0);
	TK_CHECK(model_rtkit_log(r.m, "MtpTask", "a key is stuck"));
	pause_sbt("helperl", 10 * SBT_1MS, 0, 0);
	TK_CHECK(printed("rtkit: syslog: [MtpTask] a key is stuck"));
	apple_rtkit_helper_put(h);
	helper_down(&r, false);
}

TK_CASE(helper_has_one_client)
{
	struct apple_rtkit_helper *h, *other = NULL;
	struct helper_rig r;

	helper_up(&r, &helper_t6020, false, NULL);
	TK_EQ(get(r.client, &h), 0);
	TK_EQ(get(r.client, &other), EBUSY);
	TK_CHECK(other == NULL);
	TK_CHECK(printed("apple,helper-cpu: its device has a client"));
	TK_EQ(detach(r.helper), EBUSY);
	TK_CHECK(printed("apple_rtkit_helper0: has a client"));
	TK_EQ(apple_rtkit_helper_start(h), 0);
	apple_rtkit_helper_put(h);
	apple_rtkit_helper_put(NULL);
	TK_EQ(get(r.client, &h), 0);
	apple_rtkit_helper_put(h);
	helper_down(&r, false);
}

TK_CASE(helper_that_crashes_tells_its_client_and_starts_again)
{
	struct apple_rtkit_helper *h;
	struct helper_rig r;

	crashes = 0;
	helper_up(&r, &helper_t8122, false, NULL);
	TK_EQ(get(r.client, &h), 0);
	for (int n = 1; n <= 2; n++) {
		TK_EQ(apple_rtkit_helper_start(h), 0);
		for (int ms = 0; !model_rtkit_quiet(r.m) && ms < 100; ms++)
			pause_sbt("helperq", SBT_1MS, 0, 0);
		model_rtkit_crash(r.m);
		wait_until(&crashes, n);
	}
	TK_CHECK(printed("rtkit: firmware: " MODEL_RTKIT_CRASH_VERSION "\n"));
	apple_rtkit_helper_stop(h);
	TK_CHECK(!model_asc_running(r.asc));
	TK_EQ(apple_rtkit_helper_start(h), 0);
	apple_rtkit_helper_put(h);
	TK_EQ(crashes, 2);
	helper_down(&r, false);
}

/* It stands behind a DART, for which FreeBSD has no driver. */
TK_CASE(helper_that_wants_memory_behind_an_iommu_is_not_started)
{
	struct apple_rtkit_helper *h;
	struct model_rtkit_config cfg;
	struct helper_rig r;

	helper_config(&helper_t6020, &cfg);
	for (int i = 0; i < MODEL_RTKIT_BUFFERS; i++)
		cfg.buffers[i].own = false;
	helper_up(&r, &helper_t6020, false, &cfg);
	TK_EQ(get(r.client, &h), 0);
	TK_EQ(apple_rtkit_helper_start(h), EOPNOTSUPP);
	TK_CHECK(printed("apple_rtkit_helper0: rtkit: the device tree has "
	    "\"iommus\" for it"));
	TK_CHECK(!apple_rtkit_helper_running(h));
	TK_CHECK(!model_asc_running(r.asc));
	apple_rtkit_helper_put(h);
	helper_down(&r, true);
}

TK_CASE(helper_believes_no_memory_outside_its_sram)
{
	static const char *const faults[] = {
		"buffer-outside", "buffer-straddle", "buffer-overflow",
		"buffer-ram",
	};
	struct apple_rtkit_helper *h;
	struct helper_rig r;

	for (u_int i = 0; i < nitems(faults); i++) {
		helper_up(&r, &helper_t8112, false, NULL);
		TK_EQ(get(r.client, &h), 0);
		model_rtkit_fault(r.m, faults[i], 1);
		TK_EQ(apple_rtkit_helper_start(h), EINVAL);
		TK_EQ(model_rtkit_faulted(r.m, faults[i]), 1);
		TK_EQ(apple_rtkit_helper_start(h), 0);
		apple_rtkit_helper_put(h);
		helper_down(&r, true);
	}
}

TK_CASE(helper_that_does_not_answer_fails_in_time)
{
	struct apple_rtkit_helper *h;
	struct helper_rig r;

	helper_up(&r, &helper_t8112, false, NULL);
	TK_EQ(get(r.client, &h), 0);
	model_rtkit_fault(r.m, "silent-hello", 1);
	TK_EQ(apple_rtkit_helper_start(h), ETIMEDOUT);
	TK_CHECK(!model_asc_running(r.asc));
	TK_EQ(apple_rtkit_helper_start(h), 0);
	/* It does not rest: its CPU is stopped nonetheless. */
	model_rtkit_fault(r.m, "silent-ap-ack", 1);
	apple_rtkit_helper_stop(h);
	TK_CHECK(!model_asc_running(r.asc));
	TK_EQ(apple_rtkit_helper_start(h), 0);
	apple_rtkit_helper_put(h);
	helper_down(&r, true);
}

TK_CASE(helper_references_that_are_wrong_are_said_to_be_so)
{
	static const struct {
		const char	*node;
		const char	*line;
		int		 error;
	} wrong[] = {
		{ "/soc/input@210000000", "its device is not attached",
		    ENXIO },
		{ "/soc/input@220000000", "its device is not attached",
		    ENXIO },
		{ "/soc/input@230000000", "does not refer to a helper",
		    EINVAL },
		{ "/soc/input@240000000", "is not one reference", EINVAL },
		{ "/soc/input@250000000", "is not there", ENOENT },
	};
	struct apple_rtkit_helper *h;
	struct helper_rig r;
	device_t dev;
	char line[96];

	helper_up(&r, &helper_t6020, false, NULL);
	for (u_int i = 0; i < nitems(wrong); i++) {
		dev = tk_ofw_device(wrong[i].node);
		TK_EQ(get(dev, &h), wrong[i].error);
		snprintf(line, sizeof(line), "%s: apple,helper-cpu: %s\n",
		    device_get_nameunit(dev), wrong[i].line);
		TK_CHECK(printed(line));
	}
	TK_CHECK(printed("has power-domains, for which there is no driver"));
	/* The models of the others are not there. */
	TK_CHECK(printed("rtkit: registers \"asc\": ENXIO"));
	helper_down(&r, false);
}

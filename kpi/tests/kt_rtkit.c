/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A coprocessor of the model, for a client in Rust.  See kt.h.
 */
#include "kt.h"
#include "rtkit_rig.h"

TK_CASES_ON_EACH_PIC("rtkit_");

static struct rig kt_rig;
static bool	 kt_own;

void *
kt_rtkit_up(bool own)
{
	struct model_rtkit_config cfg;

	rig_config(&rig_v4, &cfg);
	for (int i = 0; i < MODEL_RTKIT_BUFFERS; i++)
		cfg.buffers[i].own = own;
	kt_own = own;
	rig_up(&kt_rig, &rig_v4, true, &cfg);
	model_rtkit_app(kt_rig.m, APPLE_RTKIT_EP_APP, &model_rtkit_app_echo);
	/* The rig's own client releases the coprocessor. */
	apple_rtkit_free(kt_rig.rtk);
	kt_rig.c->rtk = NULL;
	return (kt_rig.c->dev);
}

void
kt_rtkit_down(void)
{
	/*
	 * After a refused request the coprocessor is in a state that breaks its
	 * rules.
	 */
	if (kt_own)
		rig_down_broken(&kt_rig);
	else
		rig_down(&kt_rig);
}

void
kt_rtkit_crash(void)
{
	model_rtkit_crash(kt_rig.m);
}

bool
kt_rtkit_log(const char *text)
{
	return (model_rtkit_log(kt_rig.m, "kt", text));
}

void
kt_topo(bool lock)
{
	if (lock)
		bus_topo_lock();
	else
		bus_topo_unlock();
}

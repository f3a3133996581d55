/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* What the crate apple_rtkit_helper sees. */
#ifndef _APPLE_RTKIT_HELPER_VAR_H_
#define	_APPLE_RTKIT_HELPER_VAR_H_

#include "apple_rtkit_helper.h"

#endif /* !_APPLE_RTKIT_HELPER_VAR_H_ */

/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What the driver and its tests agree on.
 */
#ifndef _FOO_REG_H_
#define	_FOO_REG_H_

#define	FOO_MAX		100	/* the highest value */

#endif /* !_FOO_REG_H_ */

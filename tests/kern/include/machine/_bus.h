/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Types of bus addresses and of bus_space(9), as on arm64. */

#ifndef _MACHINE__BUS_H_
#define	_MACHINE__BUS_H_

#include <sys/types.h>

typedef u_long bus_addr_t;
typedef u_long bus_size_t;

typedef u_long bus_space_handle_t;
typedef struct bus_space *bus_space_tag_t;

#endif /* !_MACHINE__BUS_H_ */

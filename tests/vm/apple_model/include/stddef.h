/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* The compiler's header, which kernels are compiled without. */
#include <sys/stddef.h>

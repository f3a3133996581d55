/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/* Per-CPU data. */

#include <sys/pcpu.h>

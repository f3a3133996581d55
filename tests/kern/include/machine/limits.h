/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/* Ranges of the integer types. */

#include <sys/limits.h>

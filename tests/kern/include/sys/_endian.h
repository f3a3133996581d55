/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/* Byte order of the host. */

#include <machine/endian.h>

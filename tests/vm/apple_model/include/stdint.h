/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/* The compiler's header, which kernels are compiled without. */
#include <sys/stdint.h>

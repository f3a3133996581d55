/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/* The compiler's own header, under FreeBSD's kernel name. */

#ifndef _SYS_STDINT_H_
#define	_SYS_STDINT_H_

#include <stdint.h>

#endif /* !_SYS_STDINT_H_ */

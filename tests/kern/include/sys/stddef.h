/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/* The compiler's own header, under FreeBSD's kernel name. */

#ifndef _SYS_STDDEF_H_
#define	_SYS_STDDEF_H_

#include <stddef.h>

#endif /* !_SYS_STDDEF_H_ */

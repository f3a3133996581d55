/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Machine-dependent interrupt code.  Drivers need nothing of it; the header
 * exists because some of them include it.
 */

#ifndef _MACHINE_INTR_MACHDEP_H_
#define	_MACHINE_INTR_MACHDEP_H_

#endif /* !_MACHINE_INTR_MACHDEP_H_ */

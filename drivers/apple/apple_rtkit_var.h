/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The border between RTKit's C and its Rust.
 *
 * C has the way of a message: filter, queue, thread (apple_rtkit_queue.c).
 * Rust has the protocol (apple_rtkit.rs and the modules it names).  bindgen
 * reads this file.
 */
#ifndef _APPLE_RTKIT_VAR_H_
#define	_APPLE_RTKIT_VAR_H_

#include "apple_mbox.h"
#include "apple_rtkit.h"

#endif /* !_APPLE_RTKIT_VAR_H_ */

/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The sound that the cases play: bytes that look random.  They can be made
 * again from their seed, as tests/vm/wav.py does.  No byte is 0x00 or 0x80, so
 * no sample of any format is silence.
 */
#ifndef _NOISE_H_
#define	_NOISE_H_

#include <stddef.h>
#include <stdint.h>

struct noise {
	uint32_t	state;
};

void	noise_start(struct noise *noise, uint32_t seed);
void	noise_fill(struct noise *noise, uint8_t *buf, size_t len);

#endif /* !_NOISE_H_ */

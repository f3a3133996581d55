/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * WAV files as QEMU writes them and as the player leaves them: one header of
 * WAV_HEADER bytes, then samples to the end of the file.  Both sides of the
 * gate may include this header.
 */

#ifndef _WAV_H_
#define	_WAV_H_

#include <stddef.h>
#include <stdint.h>

#define	WAV_HEADER	44

struct wav_format {
	uint32_t	rate;		/* frames a second */
	uint32_t	channels;
	uint32_t	bits;		/* per sample: a multiple of 8 */
	uint32_t	is_float;
};

/* A file's samples, as a private copy that may be changed. */
struct wav {
	uint8_t		*samples;	/* NULL when len is 0 */
	size_t		 len;		/* bytes */
	void		*map;
	size_t		 map_len;
};

/*
 * Map the samples of a file.  The header is not looked at.  0 or an errno;
 * EINVAL: too short for a header.  A file without samples is no error.
 */
int	wav_map(const char *path, struct wav *);
void	wav_unmap(struct wav *);

/*
 * Write a file with a correct header.  0 or an errno; EFBIG: more bytes than
 * the format's 32-bit lengths can express.
 */
int	wav_write(const char *path, const struct wav_format *,
	    const void *samples, size_t len);

#endif /* !_WAV_H_ */

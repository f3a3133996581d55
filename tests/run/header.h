/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The lengths in the header of a WAV or AIFF file.
 *
 * A program that writes to a pipe cannot go back to fill them in, and a program
 * that is killed does not.  The lengths are then 0, or near 2 or 4 GB.  Other
 * programs count the bytes of the header wrongly.  The samples are nevertheless
 * there, up to the end of the file.
 */

#ifndef _HEADER_H_
#define	_HEADER_H_

#include <stddef.h>
#include <stdint.h>

enum header_state {
	HEADER_TRUE,		/* or not of this kind of file */
	HEADER_WRONG,		/* but it is plain what it should be */
	HEADER_TRUNCATED	/* the file has lost its end */
};

/* Bytes of the file to replace. */
struct header_fix {
	uint64_t	 off;
	uint8_t		 bytes[4];
};

#define	HEADER_FIXES	2

struct header {
	enum header_state state;
	uint64_t	 size;		/* of the file */
	uint64_t	 claimed;	/* what the header makes of that */
	uint64_t	 sound;		/* bytes of samples in the file */
	uint64_t	 claimed_sound;
	struct header_fix fix[HEADER_FIXES];
	int		 nfixes;
};

/* Fill *h for the file that fd is open on, `size' bytes long. */
void	header_check(struct header *h, int fd, uint64_t size);
/* Put the right lengths into what was read from the file at off. */
void	header_fix(const struct header *h, uint64_t off, uint8_t *buf,
	    size_t len);

#endif /* !_HEADER_H_ */

/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Fuzz targets.  Each is a program with one fuzz_one(), which runs the code
 * under test on some bytes.  For make fuzz it is linked with libFuzzer, which
 * generates the bytes.  For the tests it is linked with host_fuzz_replay.c,
 * which reads them from files, so that every input that once found a fault runs
 * again.
 *
 * Both sides include this file.
 */
#ifndef _FUZZ_H_
#define	_FUZZ_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Run the target once.  Any fault ends the program: a sanitizer's report, a
 * broken rule of the test kernel, a panic, fuzz_fail().  Equal bytes give equal
 * runs.
 */
void	fuzz_one(const uint8_t *data, size_t len);

/* End the program with a line that says what is wrong. */
void	fuzz_fail(const char *what) __attribute__((__noreturn__));

/*
 * An input that is consumed byte by byte.  Bytes after its end read as zero, so
 * targets let zero mean "nothing more".
 */
struct fuzz_in {
	const uint8_t	*data;
	size_t		 left;
};

uint8_t	fuzz_u8(struct fuzz_in *);
uint16_t fuzz_u16(struct fuzz_in *);		/* little-endian, as below */
uint32_t fuzz_u32(struct fuzz_in *);
uint64_t fuzz_u64(struct fuzz_in *);
void	fuzz_bytes(struct fuzz_in *, void *buf, size_t len);
/* A number below n.  n is not 0. */
uint32_t fuzz_below(struct fuzz_in *, uint32_t n);

/*
 * Boot the test kernel in its deterministic mode, with a seed from the input;
 * and shut it down.  The shutdown fails unless exactly so many allocations are
 * left behind.
 */
void	fuzz_boot(struct fuzz_in *);
void	fuzz_shutdown(int kept);

/*
 * Make a copy of a device tree in flat form, edited as the input says.  Returns
 * its size.  There must be room for the tree and 16 edits of at most 200 bytes
 * each.
 */
size_t	fuzz_fdt_edit(const void *tree, void *edited, size_t room,
	    struct fuzz_in *);

#endif /* !_FUZZ_H_ */

/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Fuzz targets.  Each is a program with one fuzz_one(), which runs the code
 * under test on some bytes.  It is linked with libFuzzer, which makes the bytes
 * up (make fuzz), or with host_fuzz_replay.c, which takes them from files: that
 * is how every input that once found something is run by the tests.
 *
 * Both sides include this file.
 */
#ifndef _FUZZ_H_
#define	_FUZZ_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Run the target once.  What is wrong ends the program: a sanitizer's report,
 * a rule of the test kernel, a panic, fuzz_fail().  Equal bytes give equal
 * runs.
 */
void	fuzz_one(const uint8_t *data, size_t len);

/* End the program with a line that says what is wrong. */
void	fuzz_fail(const char *what) __attribute__((__noreturn__));

/*
 * An input that is used up byte by byte.  What lies behind its end reads as
 * zero, so targets give zero the meaning of "nothing more".
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
/* A number below n, which is not 0. */
uint32_t fuzz_below(struct fuzz_in *, uint32_t n);

/*
 * Boot the test kernel, deterministic, with a seed from the input, and shut it
 * down: fails if something was left behind.
 */
void	fuzz_boot(struct fuzz_in *);
void	fuzz_shutdown(void);

/*
 * A copy of a device tree in flat form, edited as the input says; its size.
 * The room must be for the tree and 16 edits, of 200 bytes at most each.
 */
size_t	fuzz_fdt_edit(const void *tree, void *edited, size_t room,
	    struct fuzz_in *);

#endif /* !_FUZZ_H_ */

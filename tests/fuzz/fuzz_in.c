/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Functions of all targets on the kernel's side: reading the input, and booting
 * and shutting down the test kernel.
 */
#include <sys/param.h>
#include <sys/systm.h>

#include "fuzz.h"
#include "tk.h"
#include "tk_host.h"

#define	RAM_SIZE	((size_t)8 << 20)

void
fuzz_bytes(struct fuzz_in *in, void *buf, size_t len)
{
	size_t n = len < in->left ? len : in->left;

	memset(buf, 0, len);
	if (n == 0)
		return;
	memcpy(buf, in->data, n);
	in->data += n;
	in->left -= n;
}

uint8_t
fuzz_u8(struct fuzz_in *in)
{
	uint8_t v;

	fuzz_bytes(in, &v, sizeof(v));
	return (v);
}

uint16_t
fuzz_u16(struct fuzz_in *in)
{
	uint16_t low = fuzz_u8(in);

	return ((uint16_t)(low | fuzz_u8(in) << 8));
}

uint32_t
fuzz_u32(struct fuzz_in *in)
{
	uint32_t low = fuzz_u16(in);

	return (low | (uint32_t)fuzz_u16(in) << 16);
}

uint64_t
fuzz_u64(struct fuzz_in *in)
{
	uint64_t low = fuzz_u32(in);

	return (low | (uint64_t)fuzz_u32(in) << 32);
}

uint32_t
fuzz_below(struct fuzz_in *in, uint32_t n)
{
	return ((n <= 256 ? fuzz_u8(in) : fuzz_u32(in)) % n);
}

void
fuzz_boot(struct fuzz_in *in)
{
	/*
	 * All boots share this memory, since new memory is slow under a
	 * sanitizer.
	 */
	static void *ram;
	uint8_t b = fuzz_u8(in);
	struct tk_boot_args args = {
		.mode = TK_DETERMINISTIC,
		/* A seed of 0 would be read from the environment. */
		.seed = (b & 0x7f) + 1,
		.preempt = (b & 0x80) != 0 ? 1 : 32,
		/*
		 * Each page that is protected and made accessible again is a
		 * call of the host, hundreds of times in a run.  One seed in
		 * eight has them.
		 */
		.no_dma_traps = (b & 7) != 0,
		.ram_size = RAM_SIZE,
		.ram_fd = -1,
	};

	if (ram == NULL)
		ram = tkh_map(RAM_SIZE, -1);
	args.ram_base = ram;
	tk_boot(&args);
	tk_console_quiet(true);
}

void
fuzz_shutdown(int kept)
{
	if (tk_shutdown() != kept)
		fuzz_fail("something was left behind");
}

/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The border between the virtio-drivers crate (virtio-drivers/src/lib.rs) and
 * the model of the device (bench_crate.c).
 */
#ifndef _BENCH_CRATE_H_
#define	_BENCH_CRATE_H_

#include <stddef.h>
#include <stdint.h>

/*
 * Written in Rust.  Functions return 0 on success, unless a comment says
 * otherwise.
 */
void	*crate_open(void);		/* NULL: the driver refuses */
void	crate_close(void *card);
int	crate_prepare(void *card, uint32_t buffer_bytes,
	    uint32_t period_bytes);
int	crate_start(void *card);
int	crate_stop(void *card);
int	crate_release(void *card);
/* Send a period without waiting.  Returns its token, or -1. */
int	crate_send(void *card, const void *period, size_t len);
/* Take a period back.  Returns 1, or 0 if the device still has it. */
int	crate_done(void *card, uint16_t token);

/* Memory: the crate's heap and rings, all of it guest RAM. */
void	*bench_crate_alloc(size_t size);
void	bench_crate_free(void *p, size_t size);
void	*bench_crate_dma_alloc(size_t pages, uint64_t *paddr);
void	bench_crate_dma_free(void *p, size_t pages);
/*
 * The address at which the device sees the memory.  Memory on a stack is
 * copied, and copied back by unshare.
 */
uint64_t bench_crate_share(void *p, size_t size);
void	bench_crate_unshare(uint64_t paddr, void *p, size_t size);

/* The device. */
uint64_t bench_crate_features(void);
void	bench_crate_set_features(uint64_t features);
uint8_t	bench_crate_status(void);
void	bench_crate_set_status(uint8_t status);
void	bench_crate_read_config(size_t off, void *to, size_t size);
uint16_t bench_crate_queue_size(uint16_t queue);
void	bench_crate_queue_enable(uint16_t queue, uint16_t size, uint64_t desc,
	    uint64_t avail, uint64_t used);
void	bench_crate_queue_disable(uint16_t queue);
void	bench_crate_notify(uint16_t queue);

void	bench_crate_panic(void) __attribute__((__noreturn__));

#endif /* !_BENCH_CRATE_H_ */

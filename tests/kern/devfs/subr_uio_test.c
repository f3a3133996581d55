/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* uiomove(9): pieces, programs' addresses that are bad, and its rules. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/uio.h>

#include "tk_cdev.h"
#include "tk_test.h"

static char user[16], kernel[16];
static struct iovec iov[2];
static struct uio uio;

static void
setup(enum uio_rw rw)
{
	memset(user, 'u', sizeof(user));
	memset(kernel, 'k', sizeof(kernel));
	iov[0] = (struct iovec){ user, 4 };
	iov[1] = (struct iovec){ user + 8, 8 };
	uio = (struct uio){
		.uio_iov = iov,
		.uio_iovcnt = 2,
		.uio_resid = 12,
		.uio_segflg = UIO_USERSPACE,
		.uio_rw = rw,
		.uio_td = curthread,
	};
}

TK_CASE(uiomove_goes_from_piece_to_piece)
{
	setup(UIO_READ);
	TK_EQ(uiomove(kernel, 6, &uio), 0);
	TK_EQ(uio.uio_resid, 6);
	TK_EQ(uio.uio_offset, 6);
	TK_CHECK(memcmp(user, "kkkkuuuukkuuuuuu", 16) == 0);
	TK_EQ(uiomove(kernel, 100, &uio), 0);
	TK_EQ(uio.uio_resid, 0);
	TK_CHECK(memcmp(user, "kkkkuuuukkkkkkkk", 16) == 0);
	TK_EQ(uiomove(kernel, 1, &uio), 0);
}

TK_CASE(uiomove_takes_from_the_program)
{
	setup(UIO_WRITE);
	user[8] = 'x';
	TK_EQ(uiomove(kernel, 5, &uio), 0);
	TK_CHECK(memcmp(kernel, "uuuuxkkkkkkkkkkk", 16) == 0);
}

/* The first piece is moved and counted, the second moved in part only. */
TK_CASE(uiomove_counts_whole_pieces_before_a_fault)
{
	setup(UIO_READ);
	tk_user_hole(user + 10, 2);
	TK_EQ(uiomove(kernel, 12, &uio), EFAULT);
	TK_EQ(uio.uio_resid, 8);
	TK_CHECK(memcmp(user, "kkkkuuuukkuuuuuu", 16) == 0);
}

TK_CASE(uiomove_of_a_null_pointer_fails)
{
	setup(UIO_WRITE);
	iov[0].iov_base = NULL;
	TK_EQ(uiomove(kernel, 4, &uio), EFAULT);
	TK_EQ(uio.uio_resid, 12);
	iov[0].iov_base = (void *)(uintptr_t)(PAGE_SIZE - 1);
	TK_EQ(uiomove(kernel, 4, &uio), EFAULT);
}

TK_CASE(copies_fail_at_a_bad_address)
{
	setup(UIO_READ);
	tk_user_hole(user + 4, 1);
	TK_EQ(copyout(kernel, user, 4), 0);
	TK_EQ(copyout(kernel, user, 5), EFAULT);
	TK_EQ(copyin(user + 4, kernel, 1), EFAULT);
	tk_user_hole(NULL, 0);
	TK_EQ(copyin(user + 4, kernel, 1), 0);
	TK_EQ(kernel[0], 'u');
}

TK_CASE(uiomove_of_kernel_memory_may_hold_a_mutex)
{
	struct mtx m;

	mtx_init(&m, "uio", NULL, MTX_DEF);
	setup(UIO_READ);
	uio.uio_segflg = UIO_SYSSPACE;
	mtx_lock(&m);
	TK_EQ(uiomove(kernel, 12, &uio), 0);
	mtx_unlock(&m);
	mtx_destroy(&m);
}

TK_CASE_DEBUG_STOPS(uiomove_with_a_mutex_held_stops, "sleep-lock: uiomove")
{
	struct mtx m;

	mtx_init(&m, "uio", NULL, MTX_DEF);
	setup(UIO_READ);
	mtx_lock(&m);
	(void)uiomove(kernel, 12, &uio);
}

TK_CASE_DEBUG_STOPS(uiomove_for_another_thread_stops, "uiomove-thread:")
{
	setup(UIO_READ);
	uio.uio_td = NULL;
	(void)uiomove(kernel, 12, &uio);
}

/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Cases and the test kernel's switches: see kt.h.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/fcntl.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/proc.h>
#include <sys/sysctl.h>

#include "kt.h"
#include "tk.h"
#include "tk_cdev.h"
#include "tk_random.h"
#include "tk_test.h"

void
kt_case(const char *name, void (*body)(void), bool threaded,
    const char *stops)
{
	static struct tk_case cases[512];
	static int ncases;
	struct tk_case *tc;

	KASSERT(ncases < (int)nitems(cases), ("too many cases"));
	tc = &cases[ncases++];
	tc->name = name;
	tc->body = body;
	tc->kind = threaded ? TK_CASE_KIND_THREADED :
	    TK_CASE_KIND_DETERMINISTIC;
	tc->stops = stops;
	tk_case_register(tc, 1);
}

void
kt_fail(const char *file, int line, const char *text)
{
	tk_test_fail(file, line, "%s", text);
}

void
kt_panicked(bool on)
{
	tk_panicked(on);
}

void
kt_fault(const char *call, int nth)
{
	if (nth == 0)
		tk_fault_clear();
	else
		tk_fault_set(call, nth);
}

const char *
kt_msgbuf(void)
{
	return (tk_msgbuf());
}

void
kt_pause_ms(int ms)
{
	pause_sbt("kt", ms * SBT_1MS, 0, 0);
}

void
kt_set_cold(bool on)
{
	cold = on;
}

int
kt_sysctl_get(const char *name, void *val, size_t size)
{
	return (kernel_sysctlbyname(curthread, __DECONST(char *, name), val,
	    &size, NULL, 0, NULL, 0));
}

int
kt_sysctl_set(const char *name, const void *val, size_t size)
{
	return (kernel_sysctlbyname(curthread, __DECONST(char *, name), NULL,
	    NULL, __DECONST(void *, val), size, NULL, 0));
}

int
kt_sysctl_size(const char *name, size_t *size)
{
	return (kernel_sysctlbyname(curthread, __DECONST(char *, name), NULL,
	    size, NULL, 0, NULL, 0));
}

size_t
kt_random_newest(void *buf, size_t len)
{
	return (tk_random_newest(buf, len));
}

void
kt_setenv(const char *name, const char *value)
{
	kern_setenv(name, value);
}

bool
kt_ram_write(uint64_t paddr, const void *from, size_t len)
{
	void *to = tk_ram_ptr(paddr, len);

	if (to == NULL)
		return (false);
	memcpy(to, from, len);
	tk_dma_device_wrote(paddr, len);
	return (true);
}

bool
kt_ram_read(uint64_t paddr, void *to, size_t len)
{
	const void *from = tk_ram_ptr(paddr, len);

	if (from == NULL)
		return (false);
	memcpy(to, from, len);
	return (true);
}

void *
kt_open(const char *name)
{
	struct tk_fd *fd;

	return (tk_open(name, O_RDWR, &fd) == 0 ? fd : NULL);
}

int64_t
kt_read(void *program, void *buf, size_t len)
{
	return (tk_read(program, buf, len));
}

int64_t
kt_write(void *program, const void *buf, size_t len)
{
	return (tk_write(program, buf, len));
}

void
kt_close(void *program)
{
	(void)tk_close(program);
}

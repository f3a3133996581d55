/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The gate's memory: allocation, shared mappings, page protection and the
 * fault handler that goes with it.
 */

#define	_GNU_SOURCE

#include <sys/mman.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "tk_host.h"

#if __has_feature(address_sanitizer)
#define	HAVE_ASAN	true
#else
#define	HAVE_ASAN	false
#endif
#if __has_feature(thread_sanitizer)
#define	HAVE_TSAN	true
#else
#define	HAVE_TSAN	false
#endif

static bool (*fault_fn)(void *, bool, void *);
static struct sigaction fault_old_segv, fault_old_bus;
static bool fault_installed;

void *
tkh_alloc(size_t size, size_t align)
{
	void *p;

	if (align <= 16) {
		p = tkh_heap_alloc(size);
		return (p != NULL ? p : malloc(size));
	}
	if (posix_memalign(&p, align, size) != 0)
		return (NULL);
	return (p);
}

void
tkh_free(void *p)
{
	if (p != NULL && !tkh_heap_free(p))
		free(p);
}

bool
tkh_asan(void)
{
	return (HAVE_ASAN);
}

bool
tkh_tsan(void)
{
	return (HAVE_TSAN);
}

/* Valgrind puts its own preload library into every program it runs. */
bool
tkh_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return (preload != NULL && (strstr(preload, "valgrind") != NULL ||
	    strstr(preload, "vgpreload") != NULL));
}

void *
tkh_map(size_t size, int fd)
{
	void *p;

	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);
	return (p == MAP_FAILED ? NULL : p);
}

void
tkh_unmap(void *p, size_t size)
{
	(void)munmap(p, size);
}

size_t
tkh_page_size(void)
{
	return ((size_t)sysconf(_SC_PAGESIZE));
}

/* LeakSanitizer calls it at the end of the program. */
int	__lsan_is_turned_off(void);
static bool leaks_are_told;

void
tkh_leaks_are_told(void)
{
	leaks_are_told = true;
}

int
__lsan_is_turned_off(void)
{
	return (leaks_are_told);
}

bool
tkh_protect(void *p, size_t size, enum tkh_prot prot)
{
	static const int flags[] = {
		[TKH_PROT_NONE] = PROT_NONE,
		[TKH_PROT_READ] = PROT_READ,
		[TKH_PROT_RW] = PROT_READ | PROT_WRITE
	};

	return (mprotect(p, size, flags[prot]) == 0);
}

/* ThreadSanitizer keeps no record of accesses to code, so it must see none. */
__attribute__((disable_sanitizer_instrumentation)) bool
tkh_patch(void *code, const void *instruction, size_t size)
{
	size_t page = tkh_page_size();
	char *start = (char *)code - (uintptr_t)code % page;
	uint32_t word;

	if (mprotect(start, page, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
		return (false);
	if (size == sizeof(word)) {
		memcpy(&word, instruction, sizeof(word));
		__atomic_store_n((uint32_t *)code, word, __ATOMIC_RELEASE);
	} else
		__atomic_store_n((uint8_t *)code, *(const uint8_t *)instruction,
		    __ATOMIC_RELEASE);
	__builtin___clear_cache((char *)code, (char *)code + size);
	return (mprotect(start, page, PROT_READ | PROT_EXEC) == 0);
}

/* Was the access a write, and by which instruction? */
static bool
fault_is_write(const ucontext_t *uc, void **pc)
{
#if defined(__x86_64__)
	*pc = (void *)uc->uc_mcontext.gregs[REG_RIP];
	return ((uc->uc_mcontext.gregs[REG_ERR] & 2) != 0);
#elif defined(__aarch64__)
	uint32_t insn;

	*pc = (void *)uc->uc_mcontext.pc;
	memcpy(&insn, *pc, sizeof(insn));
	/* Loads have bit 22 set in every class of load and store. */
	return ((insn & (1u << 22)) == 0);
#else
	*pc = NULL;
	return (false);
#endif
}

static void
fault_signal(int sig, siginfo_t *info, void *context)
{
	void *pc;
	bool write;

	write = fault_is_write(context, &pc);
	if (fault_fn != NULL && fault_fn(info->si_addr, write, pc))
		return;
	/*
	 * Not one of ours: the access faults again, under the old disposition.
	 */
	(void)sigaction(sig, sig == SIGBUS ? &fault_old_bus : &fault_old_segv,
	    NULL);
}

void
tkh_fault_handler(bool (*fn)(void *, bool, void *))
{
	struct sigaction sa;

	fault_fn = fn;
	if ((fn != NULL) == fault_installed)
		return;
	if (fn == NULL) {
		(void)sigaction(SIGSEGV, &fault_old_segv, NULL);
		(void)sigaction(SIGBUS, &fault_old_bus, NULL);
	} else {
		memset(&sa, 0, sizeof(sa));
		sa.sa_sigaction = fault_signal;
		sa.sa_flags = SA_SIGINFO | SA_NODEFER;
		(void)sigaction(SIGSEGV, &sa, &fault_old_segv);
		(void)sigaction(SIGBUS, &sa, &fault_old_bus);
	}
	fault_installed = fn != NULL;
}

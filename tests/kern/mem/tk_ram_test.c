/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Guest RAM: contigmalloc(9), vtophys() and what devices see of it. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <vm/vm.h>
#include <vm/pmap.h>
#include <machine/vmparam.h>

#include "tk.h"
#include "tk_bus.h"
#include "tk_test.h"

static MALLOC_DEFINE(M_RAM, "ramtest", "guest RAM test");

#define	ANYWHERE	0, ~(vm_paddr_t)0

TK_CASE(a_device_sees_what_the_cpu_wrote)
{
	char *p;

	p = contigmalloc(100, M_RAM, M_WAITOK | M_ZERO, ANYWHERE, 1, 0);
	TK_CHECK(p != NULL);
	TK_EQ(p[99], 0);
	TK_EQ(vtophys(p) % PAGE_SIZE, 0);
	TK_EQ(vtophys(p + 50), vtophys(p) + 50);
	TK_EQ(PHYS_TO_DMAP(vtophys(p) + 50), (vm_offset_t)p + 50);
	TK_CHECK(tk_ram_ptr(vtophys(p), 100) == p);
	TK_EQ(tk_ram_addr(p), vtophys(p));
	contigfree(p, 100, M_RAM);
}

TK_CASE(alignment_boundary_and_range_are_respected)
{
	vm_paddr_t base = tk_ram_base(), pa;
	void *p[8];

	for (int i = 0; i < 8; i++) {
		p[i] = contigmalloc(3 * PAGE_SIZE, M_RAM, M_WAITOK,
		    base + 0x100000, base + 0x1fffff, 0x4000, 0x8000);
		TK_CHECK(p[i] != NULL);
		pa = vtophys(p[i]);
		TK_EQ(pa % 0x4000, 0);
		TK_EQ(pa / 0x8000, (pa + 3 * PAGE_SIZE - 1) / 0x8000);
		TK_CHECK(pa >= base + 0x100000 &&
		    pa + 3 * PAGE_SIZE - 1 <= base + 0x1fffff);
	}
	for (int i = 0; i < 8; i++)
		contigfree(p[i], 3 * PAGE_SIZE, M_RAM);
}

TK_CASE(what_does_not_fit_fails)
{
	TK_CHECK(contigmalloc(tk_ram_size() + 1, M_RAM, M_NOWAIT, ANYWHERE, 1,
	    0) == NULL);
	TK_CHECK(contigmalloc(PAGE_SIZE, M_RAM, M_NOWAIT, 0,
	    tk_ram_base() - 1, 1, 0) == NULL);
	tk_fault_set("contigmalloc", 1);
	TK_CHECK(contigmalloc(1, M_RAM, M_WAITOK, ANYWHERE, 1, 0) == NULL);
}

TK_CASE(freed_memory_is_used_again)
{
	void *p;

	for (int i = 0; i < 10; i++) {
		p = contigmalloc(tk_ram_size(), M_RAM, M_NOWAIT, ANYWHERE, 1,
		    0);
		TK_CHECK(p != NULL);
		contigfree(p, tk_ram_size(), M_RAM);
	}
}

TK_CASE(addresses_outside_are_no_memory)
{
	TK_CHECK(tk_ram_ptr(tk_ram_base() - 1, 1) == NULL);
	TK_CHECK(tk_ram_ptr(tk_ram_base(), tk_ram_size() + 1) == NULL);
	TK_CHECK(tk_ram_ptr(UINT64_MAX, 1) == NULL);
	TK_CHECK(tk_ram_ptr(tk_ram_base() + tk_ram_size(), 1) == NULL);
	TK_CHECK(tk_ram_ptr(tk_ram_base() + 1, SIZE_MAX) == NULL);
	TK_EQ(tk_ram_addr(&tk_ram_base), UINT64_MAX);
}

TK_CASE_UNBOOTED(the_address_and_size_of_ram_can_be_chosen)
{
	struct tk_boot_args args = {
		.mode = TK_DETERMINISTIC, .ram_size = 1 << 20, .ram_fd = -1
	};
	void *p;

	tk_ram_config(0, 0x10000);
	tk_boot(&args);
	TK_EQ(tk_ram_size(), 1 << 20);
	p = contigmalloc(1, M_RAM, M_WAITOK, ANYWHERE, 1, 0);
	TK_EQ(vtophys(p), 0x10000);
	contigfree(p, 1, M_RAM);
	TK_EQ(tk_shutdown(), 0);
	tk_ram_config(TK_RAM_BASE, 0);
}

TK_CASE_STOPS(a_physical_address_of_other_memory_is_caught, "tk: vtophys: ")
{
	int other;

	(void)vtophys(&other);
}

TK_CASE_STOPS(a_physical_address_of_freed_memory_is_caught,
    "is free guest RAM")
{
	void *p;

	p = contigmalloc(1, M_RAM, M_WAITOK, ANYWHERE, 1, 0);
	contigfree(p, 1, M_RAM);
	(void)vtophys(p);
}

TK_CASE_STOPS(a_mapping_of_freed_memory_is_caught,
    "is not in guest RAM, or free")
{
	vm_paddr_t pa;
	void *p;

	p = contigmalloc(1, M_RAM, M_WAITOK, ANYWHERE, 1, 0);
	pa = vtophys(p);
	contigfree(p, 1, M_RAM);
	(void)PHYS_TO_DMAP(pa);
}

TK_CASE_STOPS(memory_freed_twice_is_caught, "tk: contigfree: ")
{
	void *p;

	p = contigmalloc(1, M_RAM, M_WAITOK, ANYWHERE, 1, 0);
	contigfree(p, 1, M_RAM);
	contigfree(p, 1, M_RAM);
}

TK_CASE_STOPS(memory_freed_as_another_type_is_caught,
    "is no allocation of type devbuf")
{
	contigfree(contigmalloc(1, M_RAM, M_WAITOK, ANYWHERE, 1, 0), 1,
	    M_DEVBUF);
}

TK_CASE_STOPS(other_memory_given_to_contigfree_is_caught,
    "is not in guest RAM")
{
	static char other[16];

	contigfree(other, 16, M_RAM);
}

TK_CASE_STOPS(a_write_to_freed_memory_is_caught_at_the_next_use,
    "tk: ram-freed: guest RAM at ")
{
	volatile char *p;

	p = contigmalloc(PAGE_SIZE, M_RAM, M_WAITOK, ANYWHERE, 1, 0);
	contigfree(__DEVOLATILE(void *, p), PAGE_SIZE, M_RAM);
	p[100] = 1;
	(void)contigmalloc(PAGE_SIZE, M_RAM, M_WAITOK, ANYWHERE, 1, 0);
}

TK_CASE_STOPS(a_write_to_freed_memory_is_caught_at_shutdown,
    "tk: ram-freed: guest RAM at ")
{
	volatile char *p;

	p = contigmalloc(PAGE_SIZE, M_RAM, M_WAITOK, ANYWHERE, 1, 0);
	contigfree(__DEVOLATILE(void *, p), PAGE_SIZE, M_RAM);
	p[100] = 1;
	tk_shutdown();
}

TK_CASE_UNBOOTED(memory_left_at_shutdown_is_a_leak)
{
	tk_boot(NULL);
	TK_CHECK(contigmalloc(5000, M_RAM, M_WAITOK, ANYWHERE, 1, 0) != NULL);
	TK_EQ(tk_ledger_count("contigmalloc"), 1);
	TK_CHECK(tk_shutdown() > 0);
}

/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A PCI bus of models; see model_pci.h.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/malloc.h>

#include <dev/pci/pcireg.h>

#include "model_pci.h"
#include "tk.h"

#define	PCI_WINDOW	UINT64_C(0x40000000)
#define	PCI_WINDOW_SIZE	UINT64_C(0x10000000)
#define	PCI_MESSAGES	UINT64_C(0xfee00000)	/* where messages go */
#define	PCI_MAX_MSI	32

#define	MSIX_SIZE	16	/* bytes of an entry, four words */
#define	MSIX_CONTROL	3	/* word */

struct model_pci {
	struct tk_pci_machine m;
	struct tk_devlock *lock;
	struct _device	*pcib;		/* NULL: none */
	struct model_pci_func *func[MODEL_PCI_FUNCS];
	int		 nfuncs;
	int		 users[TK_PCI_LINES];	/* functions that drive it */
};

/*
 * Registers of configuration space
 */

static uint32_t
get(const struct model_pci_func *f, int reg, int width)
{
	uint32_t v = 0;

	memcpy(&v, &f->config[reg], width);
	return (v);
}

static void
set(struct model_pci_func *f, int reg, int width, uint32_t v)
{
	memcpy(&f->config[reg], &v, width);
}

/* The same, and these bits can be written. */
static void
set_writable(struct model_pci_func *f, int reg, int width, uint32_t v,
    uint32_t bits)
{
	set(f, reg, width, v);
	memcpy(&f->writable[reg], &bits, width);
}

static bool
command(const struct model_pci_func *f, uint16_t bit)
{
	return ((get(f, PCIR_COMMAND, 2) & bit) != 0);
}

static bool
in_d0(const struct model_pci_func *f)
{
	return (f->pm_cap == 0 || (get(f, f->pm_cap + PCIR_POWER_STATUS, 2) &
	    PCIM_PSTAT_DMASK) == PCIM_PSTAT_D0);
}

static bool
msi_on(const struct model_pci_func *f)
{
	return (f->msi_cap != 0 && (get(f, f->msi_cap + PCIR_MSI_CTRL, 2) &
	    PCIM_MSICTRL_MSI_ENABLE) != 0);
}

static bool
msix_on(const struct model_pci_func *f)
{
	return (f->msix_cap != 0 && (get(f, f->msix_cap + PCIR_MSIX_CTRL, 2) &
	    PCIM_MSIXCTRL_MSIX_ENABLE) != 0);
}

bool
model_pci_has_messages(struct model_pci_func *f)
{
	return (msi_on(f) || msix_on(f));
}

/*
 * Interrupts
 */

static unsigned int
route(unsigned int devfn, unsigned int pin)
{
	return (((devfn >> 3) + pin - 1) % TK_PCI_LINES);
}

/* Let the line see what the pin does now.  With no lock held. */
static void
drive(struct model_pci_func *f)
{
	struct model_pci *pci = f->pci;
	unsigned int line = route(f->devfn, f->c.pin);
	struct _device *pcib;
	bool change, up;

	if (f->c.pin == 0)
		return;
	tk_devlock_enter(pci->lock);
	up = f->asserted && in_d0(f) && !command(f, PCIM_CMD_INTxDIS) &&
	    !msi_on(f) && !msix_on(f);
	set(f, PCIR_STATUS, 2, f->asserted ?
	    get(f, PCIR_STATUS, 2) | PCIM_STATUS_INTxSTATE :
	    get(f, PCIR_STATUS, 2) & ~PCIM_STATUS_INTxSTATE);
	change = false;
	if (up != f->driven) {
		f->driven = up;
		pci->users[line] += up ? 1 : -1;
		change = pci->users[line] == (up ? 1 : 0);
	}
	pcib = pci->pcib;
	tk_devlock_leave(pci->lock);
	if (change && pcib != NULL)
		tk_pci_line(pcib, line, up);
}

void
model_pci_pin(struct model_pci_func *f, bool up)
{
	f->asserted = up;
	drive(f);
}

static bool
may_send(struct model_pci_func *f)
{
	if (in_d0(f) && command(f, PCIM_CMD_BUSMASTEREN) &&
	    f->pci->pcib != NULL)
		return (true);
	f->lost_messages++;
	return (false);
}

/* The address must be one that the bridge decodes. */
static void
deliver(struct model_pci_func *f, uint64_t addr, uint32_t data)
{
	if (may_send(f) && addr == PCI_MESSAGES)
		tk_pci_message(f->pci->pcib, data);
}

static void
send_msi(struct model_pci_func *f, int n)
{
	uint16_t ctrl = get(f, f->msi_cap + PCIR_MSI_CTRL, 2);
	int given = 1 << ((ctrl & PCIM_MSICTRL_MME_MASK) >> 4);
	uint64_t addr;

	addr = get(f, f->msi_cap + PCIR_MSI_ADDR, 4) |
	    (uint64_t)get(f, f->msi_cap + PCIR_MSI_ADDR_HIGH, 4) << 32;
	deliver(f, addr, get(f, f->msi_cap + PCIR_MSI_DATA_64BIT, 2) |
	    (n & (given - 1)));
}

static void
send_msix(struct model_pci_func *f, int n)
{
	const uint32_t *entry = f->table[n];

	if ((entry[MSIX_CONTROL] & PCIM_MSIX_VCTRL_MASK) != 0) {
		f->pending |= 1u << n;
		return;
	}
	f->pending &= ~(1u << n);
	deliver(f, entry[0] | (uint64_t)entry[1] << 32, entry[2]);
}

void
model_pci_message(struct model_pci_func *f, int n)
{
	if (msix_on(f) && n < f->c.msix)
		send_msix(f, n);
	else if (msi_on(f))
		send_msi(f, n);
	else
		f->lost_messages++;
}

/*
 * Guest memory
 */

static bool
may_access(struct model_pci_func *f)
{
	if (in_d0(f) && command(f, PCIM_CMD_BUSMASTEREN))
		return (true);
	f->lost_dma++;
	return (false);
}

bool
model_pci_dma_read(struct model_pci_func *f, uint64_t paddr, void *buf,
    size_t len)
{
	const void *p;

	memset(buf, 0, len);
	if (!may_access(f) || len == 0)
		return (true);
	p = tk_ram_ptr(paddr, len);
	if (p == NULL)
		return (false);
	memcpy(buf, p, len);
	return (true);
}

bool
model_pci_dma_write(struct model_pci_func *f, uint64_t paddr, const void *buf,
    size_t len)
{
	void *p;

	if (!may_access(f) || len == 0)
		return (true);
	p = tk_ram_ptr(paddr, len);
	if (p == NULL)
		return (false);
	memcpy(p, buf, len);
	tk_dma_device_wrote(paddr, len);
	return (true);
}

/*
 * MSI-X's table and its pending bits, in a BAR
 */

static uint32_t
msix_len(const struct model_pci_func *f)
{
	return (f->c.msix * MSIX_SIZE);
}

/* True if the access is one of the table or of the pending bits. */
static bool
msix_access(struct model_pci_func *f, int bar, uint64_t off,
    unsigned int width, bool write, uint64_t *value)
{
	uint32_t at = off - f->c.msix_offset;
	uint32_t *word;
	bool unmasked;
	int n;

	if (f->c.msix == 0 || bar != f->c.msix_bar ||
	    off < f->c.msix_offset || at >= msix_len(f) + 8)
		return (false);
	if (width != 4 || at >= msix_len(f)) {
		if (!write)
			*value = at == msix_len(f) ? f->pending : 0;
		return (true);
	}
	n = at / MSIX_SIZE;
	word = &f->table[n][at % MSIX_SIZE / 4];
	if (!write) {
		*value = *word;
		return (true);
	}
	unmasked = at % MSIX_SIZE / 4 == MSIX_CONTROL &&
	    (*word & PCIM_MSIX_VCTRL_MASK) != 0 &&
	    (*value & PCIM_MSIX_VCTRL_MASK) == 0;
	*word = *value;
	if (unmasked && (f->pending & 1u << n) != 0)
		send_msix(f, n);
	return (true);
}

/*
 * The machine
 */

static uint64_t
bar_base(const struct model_pci_func *f, int bar)
{
	uint64_t base;

	base = get(f, PCIR_BAR(bar), 4) & ~UINT64_C(0xf);
	if (f->c.bar[bar].wide)
		base |= (uint64_t)get(f, PCIR_BAR(bar + 1), 4) << 32;
	return (base);
}

/* The function and BAR that decode an address; NULL: none. */
static struct model_pci_func *
decode(struct model_pci *pci, uint64_t addr, int *bar)
{
	struct model_pci_func *f;
	uint64_t base;

	for (int i = 0; i < pci->nfuncs; i++) {
		f = pci->func[i];
		if (!command(f, PCIM_CMD_MEMEN) || !in_d0(f))
			continue;
		for (*bar = 0; *bar < MODEL_PCI_BARS; ++*bar) {
			base = bar_base(f, *bar);
			if (f->c.bar[*bar].size != 0 && base != 0 &&
			    addr >= base &&
			    addr - base < f->c.bar[*bar].size)
				return (f);
		}
	}
	return (NULL);
}

static uint64_t
machine_read(void *arg, uint64_t addr, unsigned int width)
{
	struct model_pci_func *f;
	uint64_t off, value;
	int bar;

	f = decode(arg, addr, &bar);
	if (f == NULL)
		return (UINT64_MAX);
	off = addr - bar_base(f, bar);
	value = 0;
	if (!msix_access(f, bar, off, width, false, &value))
		value = f->ops->read(f->arg, bar, off, width);
	return (value);
}

static void
machine_write(void *arg, uint64_t addr, unsigned int width, uint64_t value)
{
	struct model_pci_func *f;
	uint64_t off;
	int bar;

	f = decode(arg, addr, &bar);
	if (f == NULL)
		return;
	off = addr - bar_base(f, bar);
	if (!msix_access(f, bar, off, width, true, &value))
		f->ops->write(f->arg, bar, off, width, value);
}

static struct model_pci_func *
find(struct model_pci *pci, unsigned int devfn)
{
	for (int i = 0; i < pci->nfuncs; i++)
		if (pci->func[i]->devfn == devfn)
			return (pci->func[i]);
	return (NULL);
}

static uint32_t
machine_read_config(void *arg, unsigned int devfn, unsigned int reg,
    unsigned int width)
{
	struct model_pci_func *f = find(arg, devfn);

	if (f == NULL || reg >= MODEL_PCI_CONFIG)
		return (UINT32_MAX);
	return (get(f, reg, width));
}

/* The way from D3hot to D0 resets all that a driver or the bus has set. */
static void
power_up(struct model_pci_func *f)
{
	f->resets++;
	for (int i = 0; i < MODEL_PCI_CONFIG; i++)
		if (i < f->pm_cap || i >= f->pm_cap + 8)
			f->config[i] &= ~f->writable[i];
	memset(f->table, 0, sizeof(f->table));
	for (int i = 0; i < f->c.msix; i++)
		f->table[i][MSIX_CONTROL] = PCIM_MSIX_VCTRL_MASK;
	f->pending = 0;
	if (f->ops->reset != NULL)
		f->ops->reset(f->arg);
}

static void
machine_write_config(void *arg, unsigned int devfn, unsigned int reg,
    unsigned int width, uint32_t value)
{
	struct model_pci_func *f = find(arg, devfn);
	bool was_d0;

	if (f == NULL || reg + width > MODEL_PCI_CONFIG)
		return;
	was_d0 = in_d0(f);
	for (unsigned int i = reg; i < reg + width; i++, value >>= 8)
		f->config[i] = (f->config[i] & ~f->writable[i]) |
		    (value & f->writable[i]);
	if (!was_d0 && in_d0(f))
		power_up(f);
	drive(f);
}

static unsigned int
machine_route(void *arg, unsigned int devfn, unsigned int pin)
{
	return (route(devfn, pin));
}

static void
machine_bind(void *arg, struct _device *pcib)
{
	struct model_pci *pci = arg;

	tk_devlock_enter(pci->lock);
	pci->pcib = pcib;
	tk_devlock_leave(pci->lock);
}

static const struct tk_pci_ops machine_ops = {
	.name = "models",
	.bind = machine_bind,
	.read_config = machine_read_config,
	.write_config = machine_write_config,
	.read = machine_read,
	.write = machine_write,
	.route = machine_route,
};

struct model_pci *
model_pci_create(void)
{
	struct model_pci *pci;

	tk_fault_spare(true);
	pci = malloc(sizeof(*pci), M_DEVBUF, M_WAITOK | M_ZERO);
	pci->lock = tk_devlock_create("model_pci");
	tk_fault_spare(false);
	pci->m = (struct tk_pci_machine){
		.ops = &machine_ops,
		.arg = pci,
		.window = PCI_WINDOW,
		.window_size = PCI_WINDOW_SIZE,
		.messages = PCI_MESSAGES,
		.max_msi = PCI_MAX_MSI,
	};
	return (pci);
}

void
model_pci_destroy(struct model_pci *pci)
{
	tk_devlock_destroy(pci->lock);
	free(pci, M_DEVBUF);
}

const struct tk_pci_machine *
model_pci_machine(struct model_pci *pci)
{
	return (&pci->m);
}

/*
 * A function
 */

static void
init_bars(struct model_pci_func *f)
{
	uint64_t bits;
	uint32_t flags;

	for (int i = 0; i < MODEL_PCI_BARS; i++) {
		if (f->c.bar[i].size == 0)
			continue;
		flags = (f->c.bar[i].wide ? PCIM_BAR_MEM_64 : 0) |
		    (f->c.bar[i].prefetch ? PCIM_BAR_MEM_PREFETCH : 0);
		bits = ~(f->c.bar[i].size - 1) & ~UINT64_C(0xf);
		set_writable(f, PCIR_BAR(i), 4, flags, bits);
		if (f->c.bar[i].wide)
			set_writable(f, PCIR_BAR(i + 1), 4, 0, bits >> 32);
	}
}

/* Begin a capability of so many bytes at *at; returns its offset. */
static int
add_cap(struct model_pci_func *f, int *at, int *link, int id, int len)
{
	int cap = *at;

	set(f, PCIR_STATUS, 2, get(f, PCIR_STATUS, 2) |
	    PCIM_STATUS_CAPPRESENT);
	set(f, *link, 1, cap);
	set(f, cap + PCICAP_ID, 1, id);
	*link = cap + PCICAP_NEXTPTR;
	*at += roundup2(len, 4);
	return (cap);
}

static void
init_caps(struct model_pci_func *f)
{
	int at = 0x40, link = PCIR_CAP_PTR;
	uint32_t pba;

	if (f->c.pm) {
		f->pm_cap = add_cap(f, &at, &link, PCIY_PMG, 8);
		set(f, f->pm_cap + PCIR_POWER_CAP, 2, 0x0003);
		set_writable(f, f->pm_cap + PCIR_POWER_STATUS, 2, 0,
		    PCIM_PSTAT_DMASK | PCIM_PSTAT_PMEENABLE);
	}
	if (f->c.msi != 0) {
		f->msi_cap = add_cap(f, &at, &link, PCIY_MSI, 14);
		set_writable(f, f->msi_cap + PCIR_MSI_CTRL, 2,
		    PCIM_MSICTRL_64BIT | (ffs(f->c.msi) - 1) << 1,
		    PCIM_MSICTRL_MSI_ENABLE | PCIM_MSICTRL_MME_MASK);
		set_writable(f, f->msi_cap + PCIR_MSI_ADDR, 4, 0, ~3u);
		set_writable(f, f->msi_cap + PCIR_MSI_ADDR_HIGH, 4, 0, ~0u);
		set_writable(f, f->msi_cap + PCIR_MSI_DATA_64BIT, 2, 0,
		    0xffff);
	}
	if (f->c.msix != 0) {
		f->msix_cap = add_cap(f, &at, &link, PCIY_MSIX, 12);
		set_writable(f, f->msix_cap + PCIR_MSIX_CTRL, 2,
		    f->c.msix - 1, PCIM_MSIXCTRL_MSIX_ENABLE |
		    PCIM_MSIXCTRL_FUNCTION_MASK);
		pba = f->c.msix_offset + msix_len(f);
		set(f, f->msix_cap + PCIR_MSIX_TABLE, 4,
		    f->c.msix_offset | f->c.msix_bar);
		set(f, f->msix_cap + PCIR_MSIX_PBA, 4, pba | f->c.msix_bar);
		for (int i = 0; i < f->c.msix; i++)
			f->table[i][MSIX_CONTROL] = PCIM_MSIX_VCTRL_MASK;
	}
}

void
model_pci_add(struct model_pci *pci, unsigned int devfn,
    const struct model_pci_config *c, const struct model_pci_ops *ops,
    void *arg, struct model_pci_func *f)
{
	KASSERT(pci->nfuncs < MODEL_PCI_FUNCS, ("too many functions"));
	KASSERT(c->msix <= MODEL_PCI_VECTORS, ("too many vectors"));
	memset(f, 0, sizeof(*f));
	f->pci = pci;
	f->devfn = devfn;
	f->c = *c;
	f->ops = ops;
	f->arg = arg;
	set(f, PCIR_VENDOR, 2, c->vendor);
	set(f, PCIR_DEVICE, 2, c->device);
	set_writable(f, PCIR_COMMAND, 2, 0, PCIM_CMD_MEMEN |
	    PCIM_CMD_BUSMASTEREN | PCIM_CMD_INTxDIS);
	set(f, PCIR_REVID, 4, c->class << 8 | c->revid);
	set(f, PCIR_SUBVEND_0, 2, c->subvendor);
	set(f, PCIR_SUBDEV_0, 2, c->subdevice);
	set_writable(f, PCIR_INTLINE, 1, 0, 0xff);
	set(f, PCIR_INTPIN, 1, c->pin);
	init_bars(f);
	init_caps(f);
	pci->func[pci->nfuncs++] = f;
}

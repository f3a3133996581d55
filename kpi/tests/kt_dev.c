/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Devices of the tests on a bus of their own: one with registers and an
 * interrupt, and a sound card.  See kt.h.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/kernel.h>
#include <sys/module.h>
#include <dev/sound/pcm/sound.h>

#include "kpi_pcm.h"
#include "kt.h"
#include "tk_bus.h"
#include "tk_dsp.h"
#include "tk_test.h"

#define	KT_BASE	0x10000000
#define	KT_IRQ	33

/* A device of the tests and its driver's state. */
struct kt_dev {
	device_t	 dev;
	const struct kt_driver *driver;
	void		*state;
};

static struct kt_dev kt_dev, kt_pcm;
static struct tk_mmio *kt_mmio;
static struct tk_irq *kt_irq;
static uint8_t	 kt_regs[KT_REGS] __aligned(8);

static int
kt_probe(device_t dev)
{
	return (BUS_PROBE_DEFAULT);
}

static struct kt_dev *
kt_find(device_t dev)
{
	return (dev == kt_pcm.dev ? &kt_pcm : &kt_dev);
}

static int
kt_attach(device_t dev)
{
	struct kt_dev *kd = kt_find(dev);

	return (kd->driver->attach(dev, &kd->state));
}

static int
kt_detach(device_t dev)
{
	struct kt_dev *kd = kt_find(dev);

	return (kd->driver->detach(kd->state));
}

static device_method_t kt_methods[] = {
	DEVMETHOD(device_probe,		kt_probe),
	DEVMETHOD(device_attach,	kt_attach),
	DEVMETHOD(device_detach,	kt_detach),
	DEVMETHOD_END
};

static driver_t kt_driver = { "kt", kt_methods, 1 };
static driver_t kt_pcm_driver = { "pcm", kt_methods, PCM_SOFTC_SIZE };

DRIVER_MODULE(kt, kt_bus, kt_driver, NULL, NULL);
DRIVER_MODULE(kt_pcm, kt_bus, kt_pcm_driver, NULL, NULL);
KPI_PCM_MODULE_DEPEND(kt_pcm);

/*
 * Add a child of that name, attach it, and return its driver's state in *state.
 */
static int
kt_child_attach(struct kt_dev *kd, const char *name,
    const struct tk_bus_resource *res, size_t nres,
    const struct kt_driver *driver, void **state)
{
	int error;

	kd->driver = driver;
	kd->state = NULL;
	kd->dev = tk_bus_add_child("kt_bus", name, res, nres);
	TK_CHECK(kd->dev != NULL);
	error = tk_device_attach(kd->dev);
	if (error != 0)
		TK_EQ(tk_device_delete(kd->dev), 0);
	*state = kd->state;
	return (error);
}

static uint64_t
kt_regs_read(void *arg, uint64_t off, unsigned int width)
{
	uint64_t val = 0;

	memcpy(&val, &kt_regs[off], width);
	return (val);
}

static void
kt_regs_write(void *arg, uint64_t off, unsigned int width, uint64_t val)
{
	memcpy(&kt_regs[off], &val, width);
}

static const struct tk_mmio_ops kt_mmio_ops = {
	.read = kt_regs_read,
	.write = kt_regs_write,
};

static void
kt_dev_unplug(void)
{
	tk_mmio_remove(kt_mmio);
	tk_irq_remove(kt_irq);
}

int
kt_dev_attach(const struct kt_driver *driver, void **state)
{
	static const struct tk_bus_resource res[] = {
		{ TK_RES_MEMORY, 0, KT_BASE, KT_REGS },
		{ TK_RES_IRQ, 0, KT_IRQ, 1 },
	};
	int error;

	memset(kt_regs, 0, sizeof(kt_regs));
	kt_mmio = tk_mmio_add("kt", KT_BASE, KT_REGS, &kt_mmio_ops, NULL);
	kt_irq = tk_irq_add("kt", KT_IRQ, TK_IRQ_EDGE);
	TK_CHECK(kt_mmio != NULL && kt_irq != NULL);
	error = kt_child_attach(&kt_dev, "kt", res, nitems(res), driver, state);
	if (error != 0)
		kt_dev_unplug();
	return (error);
}

void
kt_dev_detach(void)
{
	TK_EQ(tk_device_delete(kt_dev.dev), 0);
	kt_dev_unplug();
}

uint8_t *
kt_dev_regs(void)
{
	return (kt_regs);
}

void
kt_dev_raise(void)
{
	tk_irq_raise(kt_irq);
}

int
kt_pcm_attach(const struct kt_driver *driver, void **state)
{
	return (kt_child_attach(&kt_pcm, "pcm", NULL, 0, driver, state));
}

void
kt_pcm_detach(void)
{
	TK_EQ(tk_device_delete(kt_pcm.dev), 0);
}

int
kt_pcm_try_detach(void)
{
	return (tk_device_detach(kt_pcm.dev));
}

int
kt_pcm_play(const void *buf, size_t len, bool give_up)
{
	struct tk_dsp *d;
	int error;

	error = tk_dsp_open(device_get_unit(kt_pcm.dev), false, false, &d);
	if (error != 0)
		return (error);
	error = tk_dsp_setup(d, TK_AFMT_S16_LE, 2, 48000, 0, 0);
	if (error == 0 && tk_dsp_write(d, buf, len) != (int64_t)len)
		error = EIO;
	if (error == 0 && give_up)
		error = tk_dsp_reset(d);
	tk_dsp_close(d);
	return (error);
}

static struct pcm_channel *
kt_pcm_channel(bool record)
{
	struct snddev_info *d = device_get_softc(kt_pcm.dev);
	struct pcm_channel *c;

	CHN_FOREACH(c, d, channels.pcm) {
		if ((c->direction == PCMDIR_REC) == record)
			break;
	}
	TK_CHECK(c != NULL);
	return (c);
}

int
kt_pcm_start(bool record)
{
	struct pcm_channel *c = kt_pcm_channel(record);
	int error;

	CHN_LOCK(c);
	error = chn_start(c, 1);
	CHN_UNLOCK(c);
	return (error);
}

int
kt_pcm_resize(bool record, uint32_t size, uint32_t count)
{
	return (sndbuf_resize(kt_pcm_channel(record)->bufhard, count, size));
}

int
kt_pcm_set_level(uint32_t control, uint32_t left, uint32_t right)
{
	return (tk_mixer_set(device_get_unit(kt_pcm.dev), control, left,
	    right));
}

int
kt_pcm_get_level(uint32_t control, uint32_t *left, uint32_t *right)
{
	return (tk_mixer_get(device_get_unit(kt_pcm.dev), control, left,
	    right));
}

int
kt_pcm_mute(uint32_t control, bool muted)
{
	return (tk_mixer_mute(device_get_unit(kt_pcm.dev), control, muted));
}

int
kt_pcm_muted(uint32_t control, bool *muted)
{
	return (tk_mixer_muted(device_get_unit(kt_pcm.dev), control, muted));
}

int
kt_pcm_set_recsrc(uint32_t sources)
{
	return (tk_mixer_setrecsrc(device_get_unit(kt_pcm.dev), sources));
}

uint32_t
kt_pcm_recsrc(void)
{
	struct tk_mixer_info info;

	TK_EQ(tk_mixer_getinfo(device_get_unit(kt_pcm.dev), &info), 0);
	return (info.recsrc);
}

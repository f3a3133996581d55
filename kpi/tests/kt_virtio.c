/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A virtio device of the tests with a control queue, and its driver's glue.
 * See kt.h.
 *
 * An agent acts as the device.  It takes requests when it is notified of them,
 * and answers as the test has chosen.
 */
#include "kpi_virtio.h"

#include <sys/kernel.h>
#include <sys/module.h>
#include <dev/virtio/virtio_config.h>
#include <dev/virtio/virtio_ids.h>

#include "kt.h"
#include "tk.h"
#include "tk_test.h"
#include "tk_virtio.h"
#include "virtio_if.h"
#include "vring_dev.h"

#define	KT_QUEUE_SIZE	8
#define	KT_CONFIG_0	0x04030201	/* the config space's first word */

static struct kt_virtio {
	struct _device	*bus;
	struct tk_agent	*agent;
	struct tk_devlock *lock;
	uint64_t	 offered;
	uint64_t	 accepted;
	uint8_t		 status;
	/* Under lock. */
	struct vring_dev ring;
	struct vring_dev_chain chain;	/* taken last */
	bool		 held;		/* ... and not given back */
	bool		 release;
	enum kt_answer	 how;
	int		 requests;
	int		 slow_notify;	/* microseconds */
} kt;

static const struct kt_virtio_driver *kt_driver;
static void	*kt_state;

/*
 * The device
 */

/*
 * Give the chain back as the test has chosen.  True if the driver is to be
 * interrupted.
 */
static bool
kt_give_back(enum kt_answer how)
{
	static uint8_t bytes[1024];
	size_t len;

	len = vring_dev_read(&kt.chain, 0, bytes, sizeof(bytes));
	if (how == KT_SHORT)
		len = 1;
	if (how == KT_NOTHING)
		len = MIN(len, kt.chain.wlen);
	else
		len = vring_dev_write(&kt.chain, 0, bytes, len);
	if (how == KT_LONG)
		len = kt.chain.wlen + 1;
	vring_dev_push(&kt.ring, kt.chain.head, len);
	kt.held = false;
	return (vring_dev_want_intr(&kt.ring) && how != KT_QUIET);
}

/* Handle what is pending.  True if the driver is to be interrupted. */
static bool
kt_serve(void)
{
	bool intr = false;

	if (kt.held && kt.release)
		intr |= kt_give_back(KT_ECHO);
	kt.release = false;
	do {
		while (!kt.held && kt.ring.size != 0 &&
		    vring_dev_pop(&kt.ring, &kt.chain) == VRING_DEV_OK) {
			kt.requests++;
			kt.held = true;
			if (kt.how != KT_HOLD)
				intr |= kt_give_back(kt.how);
		}
	} while (!kt.held && kt.ring.size != 0 &&
	    vring_dev_want_kick(&kt.ring));
	return (intr);
}

static void
kt_agent(void *arg)
{
	bool intr;

	while (tk_agent_wait(-1) && !tk_agent_stopping()) {
		tk_devlock_enter(kt.lock);
		intr = kt_serve();
		tk_devlock_leave(kt.lock);
		if (intr)
			tk_virtio_intr_queue(kt.bus, 0);
	}
}

static void
kt_bind(void *arg, struct _device *bus)
{
	kt.bus = bus;
}

static uint64_t
kt_features(void *arg)
{
	return (kt.offered);
}

static int
kt_set_features(void *arg, uint64_t features)
{
	kt.accepted = features;
	return (0);
}

static uint8_t
kt_get_status(void *arg)
{
	return (kt.status);
}

static void
kt_set_status(void *arg, uint8_t status)
{
	kt.status = status;
	if (status != 0)
		return;
	tk_devlock_enter(kt.lock);
	memset(&kt.ring, 0, sizeof(kt.ring));
	kt.held = false;
	tk_devlock_leave(kt.lock);
}

static uint8_t
kt_generation(void *arg)
{
	return (0);
}

static void
kt_read_config(void *arg, size_t off, void *to, size_t len)
{
	const uint32_t config = htole32(KT_CONFIG_0);

	memset(to, 0, len);
	if (off < sizeof(config))
		memcpy(to, (const uint8_t *)&config + off,
		    MIN(len, sizeof(config) - off));
}

static void
kt_write_config(void *arg, size_t off, const void *from, size_t len)
{
}

static uint16_t
kt_queue_count(void *arg)
{
	return (1);
}

static uint16_t
kt_queue_size(void *arg, uint16_t q)
{
	return (q == 0 ? KT_QUEUE_SIZE : 0);
}

static int
kt_queue_enable(void *arg, uint16_t q, uint16_t size, uint64_t desc,
    uint64_t avail, uint64_t used)
{
	bool ok;

	tk_devlock_enter(kt.lock);
	ok = vring_dev_enable(&kt.ring, size, desc, avail, used,
	    (kt.accepted & VIRTIO_RING_F_EVENT_IDX) != 0,
	    (kt.accepted & VIRTIO_RING_F_INDIRECT_DESC) != 0);
	tk_devlock_leave(kt.lock);
	return (ok ? 0 : EINVAL);
}

static void
kt_queue_disable(void *arg, uint16_t q)
{
	tk_devlock_enter(kt.lock);
	memset(&kt.ring, 0, sizeof(kt.ring));
	tk_devlock_leave(kt.lock);
}

static int
kt_setup_intr(void *arg)
{
	return (0);
}

static void
kt_teardown_intr(void *arg)
{
}

static void
kt_notify(void *arg, uint16_t q)
{
	if (kt.slow_notify != 0)
		DELAY(kt.slow_notify);
	tk_agent_kick(kt.agent);
}

static const struct tk_virtio_ops kt_ops = {
	.name = "test",
	.bind = kt_bind,
	.features = kt_features,
	.set_features = kt_set_features,
	.status = kt_get_status,
	.set_status = kt_set_status,
	.generation = kt_generation,
	.read_config = kt_read_config,
	.write_config = kt_write_config,
	.queue_count = kt_queue_count,
	.queue_size = kt_queue_size,
	.queue_enable = kt_queue_enable,
	.queue_disable = kt_queue_disable,
	.setup_intr = kt_setup_intr,
	.teardown_intr = kt_teardown_intr,
	.notify = kt_notify,
};

/*
 * The driver's glue
 */

struct kt_softc {
	struct kpi_virtio	virtio;
};

static int	kt_virtio_probe(device_t dev);
static int	kt_driver_attach(device_t dev);
static int	kt_driver_detach(device_t dev);
static int	kt_driver_config_change(device_t dev);

static device_method_t kt_virtio_methods[] = {
	DEVMETHOD(device_probe,		kt_virtio_probe),
	DEVMETHOD(device_attach,	kt_driver_attach),
	DEVMETHOD(device_detach,	kt_driver_detach),
	DEVMETHOD(virtio_config_change,	kt_driver_config_change),
	DEVMETHOD_END
};

static driver_t kt_virtio_driver = {
	"ktv",
	kt_virtio_methods,
	sizeof(struct kt_softc),
};

VIRTIO_DRIVER_MODULE(ktv, kt_virtio_driver, NULL, NULL);
MODULE_VERSION(ktv, 1);
MODULE_DEPEND(ktv, virtio, 1, 1, 1);
VIRTIO_SIMPLE_PNPINFO(ktv, VIRTIO_ID_GPIO, "device of the tests");

static int
kt_virtio_probe(device_t dev)
{
	return (VIRTIO_SIMPLE_PROBE(dev, ktv));
}

static int
kt_driver_attach(device_t dev)
{
	struct kt_softc *sc = device_get_softc(dev);

	kpi_virtio_init(&sc->virtio, dev);
	return (kt_driver->attach(dev, &sc->virtio, &kt_state));
}

static int
kt_driver_detach(device_t dev)
{
	return (kt_driver->detach(kt_state));
}

static int
kt_driver_config_change(device_t dev)
{
	struct kt_softc *sc = device_get_softc(dev);

	kpi_virtio_config_change(&sc->virtio);
	return (0);
}

/*
 * Called by the tests
 */

static void
kt_virtio_unplug(void)
{
	tk_agent_stop(kt.agent);
	tk_devlock_destroy(kt.lock);
}

int
kt_virtio_attach(const struct kt_virtio_driver *driver, const char *bus,
    enum kt_answer how, void **state)
{
	int error = 0;

	memset(&kt, 0, sizeof(kt));
	kt.how = how;
	kt.offered = VIRTIO_F_VERSION_1 | VIRTIO_RING_F_INDIRECT_DESC |
	    VIRTIO_RING_F_EVENT_IDX;
	kt.lock = tk_devlock_create("kt_virtio");
	tk_agent_create(&kt.agent, "kt_virtio", kt_agent, NULL);
	kt_driver = driver;
	kt_state = NULL;
	if (tk_virtio_attach(bus, &kt_ops, NULL, VIRTIO_ID_GPIO, &error) ==
	    NULL)
		kt_virtio_unplug();
	*state = kt_state;
	return (error);
}

int
kt_virtio_try_detach(void)
{
	int error = tk_virtio_detach(kt.bus);

	if (error == 0)
		kt_virtio_unplug();
	return (error);
}

void
kt_virtio_detach(void)
{
	TK_EQ(kt_virtio_try_detach(), 0);
}

void
kt_virtio_answer(enum kt_answer how)
{
	tk_devlock_enter(kt.lock);
	kt.how = how;
	tk_devlock_leave(kt.lock);
}

void
kt_virtio_release(void)
{
	tk_devlock_enter(kt.lock);
	kt.release = true;
	tk_devlock_leave(kt.lock);
	tk_agent_kick(kt.agent);
}

void
kt_virtio_slow_notify(int usec)
{
	kt.slow_notify = usec;
}

int
kt_virtio_requests(void)
{
	int n;

	tk_devlock_enter(kt.lock);
	n = kt.requests;
	tk_devlock_leave(kt.lock);
	return (n);
}

void
kt_virtio_offer(uint64_t features)
{
	kt.offered = features;
}

void
kt_virtio_config_change(void)
{
	tk_virtio_intr_config(kt.bus);
}

void
kt_virtio_interrupt(void)
{
	tk_virtio_intr_shared(kt.bus);
}

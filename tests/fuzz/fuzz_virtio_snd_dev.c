/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The faulty device.  Its agent takes the chains that the driver makes
 * available.  For each chain the input decides what happens.  Two kinds of
 * fault are left out.  The test kernel has no memory but the guest's, so a
 * device cannot write outside it.  And no driver can prevent the effect of an
 * id beyond the ring, or of a changed descriptor table, because FreeBSD's
 * virtqueue(9) trusts both.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/malloc.h>

#include "fuzz_virtio_snd_dev.h"
#include "model_virtio_snd_wire.h"
#include "tk.h"
#include "tk_bus.h"
#include "tk_virtio.h"
#include "vring_dev.h"

#define	NVQ		4
#define	DEVTYPE_SOUND	25
#define	MS		1000000LL
#define	MAXCHAINS	600	/* then the device stops answering */
#define	MAXHELD		16	/* chains that are answered later */
#define	ALL_ONES	0xff	/* what reads from a device that is gone */

enum queue { CONTROL, EVENT, TX, RX };

/* What happens to a chain. */
enum fate {
	HONEST,		/* answered correctly */
	RAW,		/* answered with bytes of the input */
	STATUS,		/* answered correctly, but for the status */
	LENGTH,		/* answered correctly, with another used length */
	NEVER,
	LATER,		/* given back after later chains */
	TWICE,
	OTHER,		/* another descriptor is returned, of a chain or not */
	JUMP,		/* and the used index runs ahead */
	EVENT_TOO,	/* and an event happens */
	CONFIG_TOO,	/* and the configuration changes */
	RESET_TOO,	/* and the device asks for a reset */
	SPURIOUS,	/* and all queues interrupt */
	UNPLUG,		/* and the device is gone */
	NFATES
};

struct fuzz_snd {
	struct fuzz_in	 in;
	uint64_t	 features;
	uint8_t		 config[sizeof(struct msnd_config)];
	bool		 mmio;
	bool		 shared;
	int64_t		 pace;		/* time that a message takes */
	struct _device	*bus;
	struct tk_agent	*agent;
	struct vring_dev ring[NVQ];
	uint64_t	 agreed;
	uint8_t		 status;
	bool		 gone;
	unsigned int	 chains;
	struct {
		enum queue	queue;
		uint16_t	head;
	}		 held[MAXHELD];
	unsigned int	 nheld;
};

MALLOC_DEFINE(M_FUZZSND, "fuzzsnd", "device of a fuzz target");

/*
 * Answers.
 */

/* A stream, jack, map or control as a correct device has it. */
static size_t
honest_record(struct fuzz_snd *d, uint32_t code, uint32_t id, void *buf,
    size_t size)
{
	struct msnd_pcm_info pcm = {
		.formats = 1ull << MSND_FMT_S16 | 1ull << MSND_FMT_S32,
		.rates = 1ull << MSND_RATE_44100 | 1ull << MSND_RATE_48000,
		.direction = id & 1,
		.channels_min = 1,
		.channels_max = 2,
	};
	uint8_t flips = fuzz_u8(&d->in) & 7;

	memset(buf, 0, size);
	if (code == MSND_R_PCM_INFO)
		memcpy(buf, &pcm, MIN(size, sizeof(pcm)));
	/* Change some bytes as the input says. */
	while (flips-- > 0 && size > 0)
		((uint8_t *)buf)[fuzz_below(&d->in, size)] = fuzz_u8(&d->in);
	return (size);
}

static uint32_t
answer_control(struct fuzz_snd *d, const struct vring_dev_chain *chain,
    uint32_t status)
{
	struct msnd_query_info ask;
	uint8_t record[64];
	size_t off = sizeof(status);

	memset(&ask, 0, sizeof(ask));
	(void)vring_dev_read(chain, 0, &ask, sizeof(ask));
	off = vring_dev_write(chain, 0, &status, sizeof(status));
	for (uint32_t i = 0; off < chain->wlen && i < 8; i++)
		off += vring_dev_write(chain, off, record, honest_record(d,
		    ask.code, ask.start_id + i, record,
		    MIN(MAX(ask.size, 1), sizeof(record))));
	return (off);
}

static uint32_t
answer_data(const struct vring_dev_chain *chain, uint32_t status)
{
	static const uint8_t samples[256];
	uint32_t words[2] = { status, 0 };
	size_t data, off, n;

	data = chain->wlen < sizeof(words) ? 0 : chain->wlen - sizeof(words);
	for (off = 0; off < data; off += n) {
		n = vring_dev_write(chain, off, samples,
		    MIN(sizeof(samples), data - off));
		if (n == 0)
			break;
	}
	(void)vring_dev_write(chain, data, words, sizeof(words));
	return (chain->wlen);
}

static uint32_t
answer(struct fuzz_snd *d, enum queue q, const struct vring_dev_chain *chain,
    uint32_t status)
{
	if (q == CONTROL)
		return (answer_control(d, chain, status));
	return (answer_data(chain, status));
}

static uint32_t
answer_raw(struct fuzz_snd *d, const struct vring_dev_chain *chain)
{
	uint8_t bytes[64];
	size_t len = fuzz_below(&d->in, sizeof(bytes) + 1);

	fuzz_bytes(&d->in, bytes, len);
	return (vring_dev_write(chain, 0, bytes, len));
}

/*
 * Interrupts.
 */
static void
interrupt(struct fuzz_snd *d, enum queue q, bool wanted)
{
	if (!wanted || d->bus == NULL)
		return;
	if (d->shared || d->mmio)
		tk_virtio_intr_shared(d->bus);
	else
		tk_virtio_intr_queue(d->bus, q);
}

static void
give_back(struct fuzz_snd *d, enum queue q, uint16_t head, uint32_t len)
{
	if (d->ring[q].size == 0)
		return;		/* reset meanwhile */
	vring_dev_push(&d->ring[q], head, len);
	interrupt(d, q, vring_dev_want_intr(&d->ring[q]));
}

/*
 * Fates.
 */
static void
happen_event(struct fuzz_snd *d)
{
	struct vring_dev_chain chain;
	uint32_t event[2];

	event[0] = fuzz_u16(&d->in);
	event[1] = fuzz_u8(&d->in);
	if (d->ring[EVENT].size == 0 ||
	    vring_dev_pop(&d->ring[EVENT], &chain) != VRING_DEV_OK)
		return;
	(void)vring_dev_write(&chain, 0, event, sizeof(event));
	give_back(d, EVENT, chain.head, fuzz_u8(&d->in) == 0 ?
	    sizeof(event) : fuzz_u32(&d->in));
}

static void
happen(struct fuzz_snd *d, enum fate fate)
{
	switch (fate) {
	case EVENT_TOO:
		happen_event(d);
		break;
	case CONFIG_TOO:
		d->config[fuzz_below(&d->in, sizeof(d->config))] =
		    fuzz_u8(&d->in);
		tk_virtio_intr_config(d->bus);
		break;
	case RESET_TOO:
		d->status |= 0x40;	/* NEEDS_RESET */
		tk_virtio_intr_config(d->bus);
		break;
	case SPURIOUS:
		for (int q = 0; q < NVQ; q++)
			interrupt(d, q, true);
		break;
	case UNPLUG:
		d->gone = true;
		break;
	default:
		break;
	}
}

static void
hold(struct fuzz_snd *d, enum queue q, uint16_t head)
{
	if (d->nheld == MAXHELD)
		return;
	d->held[d->nheld].queue = q;
	d->held[d->nheld++].head = head;
}

static void
release_held(struct fuzz_snd *d)
{
	while (d->nheld > 0) {
		d->nheld--;
		give_back(d, d->held[d->nheld].queue, d->held[d->nheld].head,
		    fuzz_u8(&d->in));
	}
}

static void
jump(struct fuzz_snd *d, enum queue q)
{
	uint16_t by = fuzz_u8(&d->in);

	if (d->ring[q].size != 0)
		d->ring[q].used_next += by;
}

static void
meet_fate(struct fuzz_snd *d, enum queue q,
    const struct vring_dev_chain *chain, enum fate fate)
{
	uint32_t len;

	switch (fate) {
	case NEVER:
		return;
	case LATER:
		hold(d, q, chain->head);
		return;
	case RAW:
		give_back(d, q, chain->head, answer_raw(d, chain));
		return;
	case STATUS:
		len = answer(d, q, chain, fuzz_u16(&d->in));
		give_back(d, q, chain->head, len);
		return;
	case LENGTH:
		(void)answer(d, q, chain, MSND_S_OK);
		give_back(d, q, chain->head, fuzz_u32(&d->in));
		return;
	case OTHER:
		give_back(d, q, fuzz_below(&d->in, MAX(d->ring[q].size, 1)),
		    chain->wlen);
		return;
	case JUMP:
		jump(d, q);
		break;
	case TWICE:
		give_back(d, q, chain->head, answer(d, q, chain, MSND_S_OK));
		break;
	default:
		break;
	}
	len = answer(d, q, chain, MSND_S_OK);
	give_back(d, q, chain->head, len);
	happen(d, fate);
}

/*
 * These may make the device write to memory that it has returned.  No driver
 * can prevent that, and where pages are protected the kernel would blame the
 * driver for reading there.
 */
static bool
writes_late(enum fate fate)
{
	return (fate == TWICE || fate == OTHER || fate == JUMP);
}

/* Takes one chain, if there is one. */
static bool
serve(struct fuzz_snd *d, enum queue q)
{
	struct vring_dev_chain chain;
	enum fate fate;

	if (d->gone || d->ring[q].size == 0 || d->chains >= MAXCHAINS ||
	    vring_dev_pop(&d->ring[q], &chain) != VRING_DEV_OK)
		return (false);
	d->chains++;
	fate = fuzz_below(&d->in, NFATES);
	if (tk_dma_traps() && writes_late(fate))
		fate = HONEST;
	meet_fate(d, q, &chain, fate);
	return (true);
}

/* A control request takes no time. */
static void
device(void *arg)
{
	struct fuzz_snd *d = arg;
	bool busy;

	while (!tk_agent_stopping()) {
		while (serve(d, CONTROL))
			continue;
		busy = serve(d, TX);
		busy |= serve(d, RX);
		if (!busy)
			release_held(d);
		for (int q = 0; q < NVQ; q++)
			if (d->ring[q].size != 0 && !busy && !d->gone)
				(void)vring_dev_want_kick(&d->ring[q]);
		(void)tk_agent_wait(tk_now_ns() + (busy ? d->pace : 20 * MS));
	}
}

/*
 * Operations.
 */
static void
op_bind(void *arg, struct _device *bus)
{
	((struct fuzz_snd *)arg)->bus = bus;
}

static uint64_t
op_features(void *arg)
{
	return (((struct fuzz_snd *)arg)->features);
}

static int
op_set_features(void *arg, uint64_t features)
{
	((struct fuzz_snd *)arg)->agreed = features;
	return (0);
}

static uint8_t
op_status(void *arg)
{
	struct fuzz_snd *d = arg;

	return (d->gone ? ALL_ONES : d->status);
}

static void
op_set_status(void *arg, uint8_t status)
{
	struct fuzz_snd *d = arg;

	d->status = status;
	if (status == 0) {
		memset(d->ring, 0, sizeof(d->ring));
		d->nheld = 0;
	}
}

static uint8_t
op_generation(void *arg)
{
	return (0);
}

static void
op_read_config(void *arg, size_t off, void *buf, size_t len)
{
	struct fuzz_snd *d = arg;

	memset(buf, d->gone ? ALL_ONES : 0, len);
	if (!d->gone && off + len <= sizeof(d->config))
		memcpy(buf, d->config + off, len);
}

static void
op_write_config(void *arg, size_t off, const void *buf, size_t len)
{
}

static uint16_t
op_queue_count(void *arg)
{
	return (NVQ);
}

static uint16_t
op_queue_size(void *arg, uint16_t q)
{
	return (q < NVQ ? 64 : 0);
}

static int
op_queue_enable(void *arg, uint16_t q, uint16_t size, uint64_t desc,
    uint64_t avail, uint64_t used)
{
	struct fuzz_snd *d = arg;

	return (vring_dev_enable(&d->ring[q], size, desc, avail, used,
	    (d->agreed & 1ull << 29) != 0, (d->agreed & 1ull << 28) != 0) ?
	    0 : EINVAL);
}

static void
op_queue_disable(void *arg, uint16_t q)
{
	struct fuzz_snd *d = arg;

	memset(&d->ring[q], 0, sizeof(d->ring[q]));
}

static int
op_setup_intr(void *arg)
{
	struct fuzz_snd *d = arg;

	/* This is called again after a reset. */
	if (d->agent == NULL)
		tk_agent_create(&d->agent, "device", device, d);
	return (0);
}

static void
op_teardown_intr(void *arg)
{
	struct fuzz_snd *d = arg;

	tk_agent_stop(d->agent);
	d->agent = NULL;
}

static void
op_notify(void *arg, uint16_t q)
{
	struct fuzz_snd *d = arg;

	if (d->agent != NULL)
		tk_agent_kick(d->agent);
}

static bool
op_intr_shared(void *arg)
{
	return (((struct fuzz_snd *)arg)->shared);
}

static const struct tk_virtio_ops ops = {
	.name = "fuzzed sound device",
	.bind = op_bind,
	.features = op_features,
	.set_features = op_set_features,
	.status = op_status,
	.set_status = op_set_status,
	.generation = op_generation,
	.read_config = op_read_config,
	.write_config = op_write_config,
	.queue_count = op_queue_count,
	.queue_size = op_queue_size,
	.queue_enable = op_queue_enable,
	.queue_disable = op_queue_disable,
	.setup_intr = op_setup_intr,
	.teardown_intr = op_teardown_intr,
	.notify = op_notify,
	.intr_shared = op_intr_shared,
};

struct fuzz_snd *
fuzz_snd_new(struct fuzz_in in)
{
	/* A correct device takes about as long as the sound does. */
	static const int64_t paces[] = { 10 * MS, MS, 3 * MS, 15 * MS };
	struct msnd_config config = { 0 };
	struct fuzz_snd *d;
	uint8_t flags;

	d = malloc(sizeof(*d), M_FUZZSND, M_WAITOK | M_ZERO);
	d->in = in;
	flags = fuzz_u8(&d->in);
	d->mmio = (flags & 1) != 0;
	d->shared = !d->mmio && (flags & 2) != 0;
	d->pace = paces[flags >> 4 & 3];
	/* A correct device has VERSION_1, EVENT_IDX and INDIRECT_DESC. */
	d->features = 1ull << 32 | 1ull << 29 | 1ull << 28;
	if (flags & 4)
		d->features ^= (uint64_t)fuzz_u8(&d->in) << 26;
	if (flags & 8)
		d->features |= 1;	/* control elements */
	config.streams = 2 + fuzz_u8(&d->in);
	config.jacks = fuzz_u8(&d->in);
	config.chmaps = fuzz_u8(&d->in);
	config.controls = fuzz_u8(&d->in);
	memcpy(d->config, &config, sizeof(config));
	return (d);
}

struct _device *
fuzz_snd_attach(struct fuzz_snd *d)
{
	return (tk_virtio_attach(d->mmio ? "virtio_mmio" : "virtio_pci", &ops,
	    d, DEVTYPE_SOUND, NULL));
}

void
fuzz_snd_free(struct fuzz_snd *d)
{
	free(d, M_FUZZSND);
}

/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The tests of the virtio-sound model share this: the model, driven over its
 * queues without a sound driver.
 */
#include "model_virtio_snd_testdev.h"

struct model_snd_config cfg;
struct model_snd	*m;
device_t		bus;
char			*mem;
int			cookies[NSLOT];
uint64_t		sent;

/*
 * Set-up
 */

void
attach(const char *busname)
{
	int error;

	m = model_snd_new(&cfg);
	vtest_driver_init();
	vtest_drv.nvqs = MODEL_SND_NVQ;
	bus = tk_virtio_attach(busname, &model_snd_ops, m, VIRTIO_ID_SOUND,
	    &error);
	if (bus == NULL)
		tk_test_fail(__FILE__, __LINE__, "attach: error %d", error);
	mem = contigmalloc((NSLOT + 1) * PAGE_SIZE, M_DEVBUF,
	    M_WAITOK | M_ZERO, 0, ~(vm_paddr_t)0, PAGE_SIZE, 0);
	sent = 0;
}

/* A model that completes each period exactly when it was played. */
void
setup(void)
{

	model_snd_config_exact(&cfg);
	attach("virtio_pci");
}

void
teardown(void)
{

	TK_EQ(tk_virtio_detach(bus), 0);
	contigfree(mem, (NSLOT + 1) * PAGE_SIZE, M_DEVBUF);
	model_snd_free(m);
}

void
wait_until(int64_t ns)
{

	while (tk_now_ns() < ns)
		pause_sbt("wait", MAX(nstosbt(ns - tk_now_ns()), 1), 0, 0);
}

void
wait_ns(int64_t ns)
{

	wait_until(tk_now_ns() + ns);
}

char *
slot(int i)
{

	return (mem + (1 + i) * PAGE_SIZE);
}

void
append(struct sglist *sg, void *p, size_t len)
{

	if (len != 0)
		TK_EQ(sglist_append_phys(sg, vtophys(p), len), 0);
}

void
setup_qemu(uint32_t burst, uint32_t backend)
{

	model_snd_config_qemu(&cfg);
	cfg.burst_frames = burst;
	cfg.backend_frames = backend;
	attach("virtio_pci");
}

/*
 * Control requests
 */

/* Queue a request with room for resplen bytes of answer. */
void
post(const void *req, size_t reqlen, size_t resplen)
{
	struct sglist_seg segs[2];
	struct sglist sg;

	sglist_init(&sg, 2, segs);
	memcpy(mem, req, reqlen);
	memset(mem + RESPONSE, 0xa5, PAGE_SIZE - RESPONSE);
	append(&sg, mem, reqlen);
	append(&sg, mem + RESPONSE, resplen);
	TK_EQ(virtqueue_enqueue(CTL, mem, &sg, reqlen != 0, resplen != 0), 0);
	virtqueue_notify(CTL);
}

/* Send a request and wait.  Returns the status, or 0 if none was written. */
uint32_t
request(const void *req, size_t reqlen, size_t resplen, uint32_t *used)
{
	uint32_t len, status;

	post(req, reqlen, resplen);
	TK_CHECK(virtqueue_poll(CTL, &len) == mem);
	if (used != NULL)
		*used = len;
	if (len < sizeof(status))
		return (0);
	memcpy(&status, mem + RESPONSE, sizeof(status));
	return (le32toh(status));
}

uint32_t
query(uint32_t code, uint32_t start, uint32_t count, uint32_t size,
    size_t resplen)
{
	struct msnd_query_info q;

	q.code = htole32(code);
	q.start_id = htole32(start);
	q.count = htole32(count);
	q.size = htole32(size);
	return (request(&q, sizeof(q), resplen, NULL));
}

uint32_t
command(uint32_t code, uint32_t stream)
{
	struct msnd_pcm_hdr h;

	h.code = htole32(code);
	h.stream_id = htole32(stream);
	return (request(&h, sizeof(h), 4, NULL));
}

struct msnd_pcm_set_params
params(uint32_t stream)
{
	struct msnd_pcm_set_params p;

	memset(&p, 0, sizeof(p));
	p.code = htole32(MSND_R_PCM_SET_PARAMS);
	p.stream_id = htole32(stream);
	p.buffer_bytes = htole32(4 * PERIOD);
	p.period_bytes = htole32(PERIOD);
	p.channels = 2;
	p.format = MSND_FMT_S16;
	p.rate = MSND_RATE_48000;
	return (p);
}

uint32_t
set_params(const struct msnd_pcm_set_params *p)
{

	return (request(p, sizeof(*p), 4, NULL));
}

void
prepare(uint32_t stream)
{
	struct msnd_pcm_set_params p;

	p = params(stream);
	TK_EQ(set_params(&p), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_PREPARE, stream), MSND_S_OK);
}

void
start(uint32_t stream)
{

	TK_EQ(command(MSND_R_PCM_START, stream), MSND_S_OK);
}

static const char *const sources[] = { "Mic", "Line", "CD" };
const uint32_t dbscale[4] = { 1, 8, (uint32_t)-6000, 0x10064 };

void
setup_ctls(bool packed)
{
	static const struct model_snd_ctl_config ctls[NCTLS] = {
		[VOLUME] = { .role = 2, .type = MODEL_SND_CTL_INTEGER,
		    .access = MODEL_SND_CTL_READ | MODEL_SND_CTL_WRITE |
		    MODEL_SND_CTL_TLV_READ | MODEL_SND_CTL_TLV_WRITE,
		    .count = 2, .name = "Master Playback Volume",
		    .min = -10, .max = 50, .step = 5, .tlv = dbscale,
		    .tlv_bytes = sizeof(dbscale), .value = 20 },
		[MUTE] = { .role = 4, .type = MODEL_SND_CTL_BOOLEAN,
		    .access = MODEL_SND_CTL_READ | MODEL_SND_CTL_WRITE,
		    .count = 1, .name = "Master Playback Switch" },
		[SOURCE] = { .type = MODEL_SND_CTL_ENUMERATED,
		    .access = MODEL_SND_CTL_READ | MODEL_SND_CTL_WRITE,
		    .count = 1, .name = "Capture Source", .index = 1,
		    .items = sources, .nitems = nitems(sources), .value = 1 },
		[SERIAL] = { .type = MODEL_SND_CTL_BYTES,
		    .access = MODEL_SND_CTL_READ | MODEL_SND_CTL_TLV_COMMAND,
		    .count = 512, .name = "Serial", .value = 0x5a },
		[WIDE] = { .type = MODEL_SND_CTL_INTEGER64,
		    .access = MODEL_SND_CTL_WRITE, .count = 64,
		    .name = "Wide", .min = -(1ll << 40), .max = 1ll << 40 },
	};

	model_snd_config_exact(&cfg);
	cfg.features |= MODEL_SND_F_CTLS;
	cfg.nctls = NCTLS;
	memcpy(cfg.ctl, ctls, sizeof(ctls));
	cfg.ctl_packed = packed;
	attach("virtio_pci");
}

/* Jacks, channel maps and controls all together. */
void
setup_everything(void)
{

	setup_ctls(false);
	teardown();
	cfg.no_info = false;
	cfg.njacks = 1;
	cfg.nchmaps = 1;
	cfg.chmap[0].channels = 2;
	cfg.chmap[0].positions[0] = 3;
	cfg.chmap[0].positions[1] = 4;
	attach("virtio_pci");
}

/* A request for a control with extra bytes behind its header. */
uint32_t
ctl(uint32_t code, uint32_t id, const void *extra, size_t len, size_t resplen,
    uint32_t *used)
{
	char req[RESPONSE * 2];
	struct msnd_ctl_hdr h;

	h.code = htole32(code);
	h.control_id = htole32(id);
	memcpy(req, &h, sizeof(h));
	if (len != 0)
		memcpy(req + sizeof(h), extra, len);
	return (request(req, sizeof(h) + len, resplen, used));
}

/*
 * Messages
 */

/* Byte i of everything that tx() sends; no period repeats another. */
char
pattern(uint64_t i)
{

	return ((char)(i * 7 + i / 251));
}

/* Queue a message made of exactly these parts. */
void
message(struct virtqueue *vq, int i, uint32_t stream, size_t hdrlen,
    size_t outlen, size_t inlen, size_t statuslen)
{
	struct sglist_seg segs[4];
	struct sglist sg;
	uint32_t id;
	int readable;

	id = htole32(stream);
	memcpy(slot(i), &id, sizeof(id));
	memset(slot(i) + STATUS, 0xa5, 16);
	sglist_init(&sg, 4, segs);
	append(&sg, slot(i), hdrlen);
	append(&sg, slot(i) + PAYLOAD, outlen);
	readable = sg.sg_nseg;
	/* A gap keeps the two parts from becoming one segment. */
	append(&sg, slot(i) + PAYLOAD + outlen + 64, inlen);
	append(&sg, slot(i) + STATUS, statuslen);
	TK_EQ(virtqueue_enqueue(vq, &cookies[i], &sg, readable,
	    sg.sg_nseg - readable), 0);
	virtqueue_notify(vq);
}

/* Send the next len bytes of the pattern in slot i. */
void
tx(int i, uint32_t stream, size_t len)
{
	size_t j;

	for (j = 0; j < len; j++)
		slot(i)[PAYLOAD + j] = pattern(sent++);
	message(TX, i, stream, 4, len, 0, 8);
}

struct done
done(struct virtqueue *vq)
{
	struct msnd_pcm_status ps;
	struct done d;
	int *cookie;

	memset(&d, 0, sizeof(d));
	d.slot = -1;
	/* Skip used entries that name no chain; a later entry may name one. */
	do
		cookie = virtqueue_dequeue(vq, &d.len);
	while (cookie == NULL && virtqueue_nused(vq) != 0);
	if (cookie == NULL)
		return (d);
	d.slot = cookie - cookies;
	memcpy(&ps, slot(d.slot) + STATUS, sizeof(ps));
	d.status = le32toh(ps.status);
	d.latency = le32toh(ps.latency_bytes);
	return (d);
}

void
expect_done(int i, uint32_t status)
{
	struct done d;

	d = done(TX);
	TK_EQ(d.slot, i);
	TK_EQ(d.len, 8);
	TK_EQ(d.status, status);
}

void
expect_none(void)
{

	TK_EQ(done(TX).slot, -1);
}

/*
 * Check that exactly the pattern's range [off, off + len) was played from `at'
 * on.
 */
void
expect_played(uint32_t stream, uint64_t at, uint64_t off, uint64_t len)
{
	char buf[256];
	uint64_t i, n, j;

	for (i = 0; i < len; i += n) {
		n = MIN(len - i, sizeof(buf));
		TK_EQ(model_snd_played(m, stream, at + i, buf, n), n);
		for (j = 0; j < n; j++)
			TK_EQ(buf[j], pattern(off + i + j));
	}
}

struct model_snd_stream_stats
stats(uint32_t stream)
{

	return (model_snd_stream_stats(m, stream));
}

uint64_t
illegal(void)
{

	return (model_snd_stats(m).illegal);
}

void
rx(int i, uint32_t stream, size_t len)
{

	memset(slot(i) + SOUND, 0xa5, len);
	message(RX, i, stream, 4, 0, len, 8);
}

struct done
expect_rx(int i, uint32_t len, uint32_t status)
{
	struct done d;

	d = done(RX);
	TK_EQ(d.slot, i);
	TK_EQ(d.len, len);
	TK_EQ(d.status, status);
	return (d);
}

/* Check that slot i holds len bytes of the stream's pattern, from off on. */
void
expect_sound(int i, uint32_t stream, uint64_t off, size_t len)
{
	size_t j;

	for (j = 0; j < len; j++)
		TK_EQ((uint8_t)slot(i)[SOUND + j],
		    model_snd_pattern(stream, off + j));
}

/* Prepare stream 1 with the pattern as its source. */
void
setup_capture(void)
{

	setup();
	model_snd_capture_pattern(m, 1);
	prepare(1);
}

/*
 * Events
 */

void
event_buffer(int i, size_t outlen, size_t inlen)
{
	struct sglist_seg segs[2];
	struct sglist sg;

	sglist_init(&sg, 2, segs);
	append(&sg, slot(i), outlen);
	append(&sg, slot(i) + PAYLOAD, inlen);
	TK_EQ(virtqueue_enqueue(EVENT, &cookies[i], &sg, outlen != 0,
	    inlen != 0), 0);
	virtqueue_notify(EVENT);
	wait_ns(MS);
}

void
expect_event(int i, uint32_t code, uint32_t data)
{
	struct msnd_event ev;
	uint32_t len;

	TK_CHECK(virtqueue_dequeue(EVENT, &len) == &cookies[i]);
	TK_EQ(len, sizeof(ev));
	memcpy(&ev, slot(i) + PAYLOAD, sizeof(ev));
	TK_EQ(le32toh(ev.code), code);
	TK_EQ(le32toh(ev.data), data);
}

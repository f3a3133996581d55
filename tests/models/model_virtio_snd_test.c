/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The virtio-sound model, driven over its queues without a sound driver.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/endian.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/sglist.h>
#include <sys/time.h>

#include <machine/bus.h>

#include <vm/vm.h>
#include <vm/pmap.h>

#include <dev/virtio/virtio.h>
#include <dev/virtio/virtio_ring.h>
#include <dev/virtio/virtqueue.h>

#include "tk.h"
#include "tk_test.h"
#include "model_virtio_snd.h"
#include "model_virtio_snd_wire.h"
#include "virtio_testdev.h"

#define	MS		1000000ll	/* nanoseconds */

/* S16, two channels, 48 kHz; 10 ms a period. */
#define	FRAME		4
#define	PERIOD		(480 * FRAME)

/* Guest RAM: a page for control, then one for each message slot. */
#define	NSLOT		16
#define	RESPONSE	512		/* offset in the control page */
#define	PAYLOAD		16		/* offsets in a slot's page */
#define	STATUS		(PAGE_SIZE - 16)

static struct model_snd_config cfg;
static struct model_snd	*m;
static device_t		bus;
static char		*mem;
static int		cookies[NSLOT];
static uint64_t		sent;		/* payload bytes of tx() so far */

#define	CTL	(vtest_drv.vq[MODEL_SND_VQ_CTL])
#define	EVENT	(vtest_drv.vq[MODEL_SND_VQ_EVENT])
#define	TX	(vtest_drv.vq[MODEL_SND_VQ_TX])
#define	RX	(vtest_drv.vq[MODEL_SND_VQ_RX])

/*
 * Set-up
 */

static void
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
static void
setup(void)
{

	model_snd_config_exact(&cfg);
	attach("virtio_pci");
}

static void
teardown(void)
{

	TK_EQ(tk_virtio_detach(bus), 0);
	contigfree(mem, (NSLOT + 1) * PAGE_SIZE, M_DEVBUF);
	model_snd_free(m);
}

static void
wait_until(int64_t ns)
{

	while (tk_now_ns() < ns)
		pause_sbt("wait", MAX(nstosbt(ns - tk_now_ns()), 1), 0, 0);
}

static void
wait_ns(int64_t ns)
{

	wait_until(tk_now_ns() + ns);
}

static char *
slot(int i)
{

	return (mem + (1 + i) * PAGE_SIZE);
}

static void
append(struct sglist *sg, void *p, size_t len)
{

	if (len != 0)
		TK_EQ(sglist_append_phys(sg, vtophys(p), len), 0);
}

/*
 * Control requests
 */

/* Queue a request with room for resplen bytes of answer. */
static void
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

/* Send it and wait; returns the status, 0 when none was written. */
static uint32_t
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

static uint32_t
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

static uint32_t
command(uint32_t code, uint32_t stream)
{
	struct msnd_pcm_hdr h;

	h.code = htole32(code);
	h.stream_id = htole32(stream);
	return (request(&h, sizeof(h), 4, NULL));
}

static struct msnd_pcm_set_params
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

static uint32_t
set_params(const struct msnd_pcm_set_params *p)
{

	return (request(p, sizeof(*p), 4, NULL));
}

static void
prepare(uint32_t stream)
{
	struct msnd_pcm_set_params p;

	p = params(stream);
	TK_EQ(set_params(&p), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_PREPARE, stream), MSND_S_OK);
}

static void
start(uint32_t stream)
{

	TK_EQ(command(MSND_R_PCM_START, stream), MSND_S_OK);
}

/*
 * Messages
 */

/* Byte i of everything that tx() sends; no period repeats another. */
static char
pattern(uint64_t i)
{

	return ((char)(i * 7 + i / 251));
}

/* Queue a message of parts as they are. */
static void
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
	/* Not contiguous, or they would become one segment. */
	append(&sg, slot(i) + PAYLOAD + outlen + 64, inlen);
	append(&sg, slot(i) + STATUS, statuslen);
	TK_EQ(virtqueue_enqueue(vq, &cookies[i], &sg, readable,
	    sg.sg_nseg - readable), 0);
	virtqueue_notify(vq);
}

/* Send the next len bytes of the pattern in slot i. */
static void
tx(int i, uint32_t stream, size_t len)
{
	size_t j;

	for (j = 0; j < len; j++)
		slot(i)[PAYLOAD + j] = pattern(sent++);
	message(TX, i, stream, 4, len, 0, 8);
}

struct done {
	int		slot;		/* -1: none */
	uint32_t	len;
	uint32_t	status;
	uint32_t	latency;
};

static struct done
done(struct virtqueue *vq)
{
	struct msnd_pcm_status ps;
	struct done d;
	int *cookie;

	memset(&d, 0, sizeof(d));
	d.slot = -1;
	cookie = virtqueue_dequeue(vq, &d.len);
	if (cookie == NULL)
		return (d);
	d.slot = cookie - cookies;
	memcpy(&ps, slot(d.slot) + STATUS, sizeof(ps));
	d.status = le32toh(ps.status);
	d.latency = le32toh(ps.latency_bytes);
	return (d);
}

static void
expect_done(int i, uint32_t status)
{
	struct done d;

	d = done(TX);
	TK_EQ(d.slot, i);
	TK_EQ(d.len, 8);
	TK_EQ(d.status, status);
}

static void
expect_none(void)
{

	TK_EQ(done(TX).slot, -1);
}

/* Was exactly the pattern's range [off, off + len) played from `at' on? */
static void
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

static struct model_snd_stream_stats
stats(uint32_t stream)
{

	return (model_snd_stream_stats(m, stream));
}

static uint64_t
illegal(void)
{

	return (model_snd_stats(m).illegal);
}

/*
 * Identity
 */

TK_CASE(device_is_a_virtio_sound_with_four_queues)
{
	int i;

	model_snd_config_qemu(&cfg);
	cfg.njacks = 3;
	cfg.nchmaps = 1;
	attach("virtio_pci");
	TK_EQ(virtio_get_device_type(vtest_drv.dev), 25);
	TK_EQ(virtio_get_device(vtest_drv.dev), 0x1059);
	TK_EQ(virtio_read_dev_config_4(vtest_drv.dev, 0), 3);
	TK_EQ(virtio_read_dev_config_4(vtest_drv.dev, 4), 2);
	TK_EQ(virtio_read_dev_config_4(vtest_drv.dev, 8), 1);
	for (i = 0; i < MODEL_SND_NVQ; i++)
		TK_EQ(virtqueue_size(vtest_drv.vq[i]), 64);
	TK_EQ(model_snd_ops.queue_count(m), 4);
	TK_EQ(model_snd_ops.queue_size(m, 4), 0);
	TK_EQ(illegal(), 0);
	teardown();
}

TK_CASE(device_attaches_on_mmio_too)
{

	model_snd_config_exact(&cfg);
	attach("virtio_mmio");
	prepare(0);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	expect_done(0, MSND_S_OK);
	teardown();
}

TK_CASE(config_space_ends_before_the_controls)
{

	setup();
	TK_EQ(virtio_read_dev_config_4(vtest_drv.dev, 12), 0);
	TK_EQ(illegal(), 1);
	virtio_write_dev_config_4(vtest_drv.dev, 0, 1);
	TK_EQ(illegal(), 2);
	TK_EQ(virtio_read_dev_config_4(vtest_drv.dev, 0), 0);
	teardown();
}

TK_CASE(features_that_were_not_offered_are_not_accepted)
{

	setup();
	TK_EQ(model_snd_ops.set_features(m, VIRTIO_F_VERSION_1 | 1), EINVAL);
	TK_EQ(model_snd_ops.set_features(m, 0), EINVAL);
	TK_EQ(model_snd_ops.set_features(m, VIRTIO_F_VERSION_1), 0);
	teardown();
}

TK_CASE_STOPS(configuration_out_of_range_panics,
    "configuration out of range")
{

	model_snd_config_qemu(&cfg);
	cfg.nstreams = MODEL_SND_MAX_STREAMS + 1;
	(void)model_snd_new(&cfg);
}

TK_CASE_STOPS(free_of_an_attached_device_panics, "freed while attached")
{

	setup();
	model_snd_free(m);
}

/*
 * Information
 */

TK_CASE(pcm_info_describes_each_stream)
{
	struct msnd_pcm_info info[2];

	model_snd_config_qemu(&cfg);
	cfg.stream[1].hda_fn_nid = 7;
	attach("virtio_pci");
	TK_EQ(query(MSND_R_PCM_INFO, 0, 2, sizeof(info[0]),
	    4 + sizeof(info)), MSND_S_OK);
	memcpy(info, mem + RESPONSE + 4, sizeof(info));
	TK_EQ(info[0].direction, 0);
	TK_EQ(info[1].direction, 1);
	TK_EQ(info[1].hda_fn_nid, htole32(7));
	TK_EQ(info[0].formats, htole64(0xe0078));
	TK_EQ(info[0].rates, htole64(0x3fff));
	TK_EQ(info[0].channels_min, 1);
	TK_EQ(info[0].channels_max, 2);
	TK_EQ(info[0].features, 0);
	TK_EQ(info[0].padding[0] | info[0].padding[4], 0);

	/* The second alone. */
	TK_EQ(query(MSND_R_PCM_INFO, 1, 1, sizeof(info[0]),
	    4 + sizeof(info[0])), MSND_S_OK);
	memcpy(info, mem + RESPONSE + 4, sizeof(info[0]));
	TK_EQ(info[0].hda_fn_nid, htole32(7));
	TK_EQ(query(MSND_R_PCM_INFO, 0, 0, sizeof(info[0]), 4), MSND_S_OK);
	TK_EQ(illegal(), 0);
	teardown();
}

TK_CASE(info_records_have_the_size_that_the_driver_knows)
{
	char *r;

	setup();
	r = mem + RESPONSE + 4;
	/* Cut before the rates. */
	TK_EQ(query(MSND_R_PCM_INFO, 0, 2, 16, 4 + 32), MSND_S_OK);
	TK_EQ(r[8], 0x78);
	TK_EQ(r[16 + 8], 0x78);
	TK_EQ((uint8_t)r[32], 0xa5);
	/* Padded. */
	TK_EQ(query(MSND_R_PCM_INFO, 0, 2, 100, 4 + 200), MSND_S_OK);
	TK_EQ(r[26], 2);
	TK_EQ(r[32], 0);
	TK_EQ(r[99], 0);
	TK_EQ(r[100 + 24], 1);
	TK_EQ(r[199], 0);
	teardown();
}

TK_CASE(queries_beyond_what_there_is_are_bad)
{
	/* PCM_INFO of no stream, records of 32 bytes: only the size is bad. */
	char q[20] = { 0x00, 0x01, [12] = 32 };
	uint32_t used;

	setup();
	TK_EQ(query(MSND_R_PCM_INFO, 0, 3, 32, 100), MSND_S_BAD_MSG);
	TK_EQ(query(MSND_R_PCM_INFO, 2, 1, 32, 100), MSND_S_BAD_MSG);
	TK_EQ(query(MSND_R_PCM_INFO, UINT32_MAX, 1, 32, 100),
	    MSND_S_BAD_MSG);
	TK_EQ(query(MSND_R_PCM_INFO, 1, UINT32_MAX, 32, 100),
	    MSND_S_BAD_MSG);
	/* No room for the records; records too small to be any. */
	TK_EQ(query(MSND_R_PCM_INFO, 0, 2, 32, 4 + 63), MSND_S_BAD_MSG);
	TK_EQ(query(MSND_R_PCM_INFO, 0, 2, UINT32_MAX, 100),
	    MSND_S_BAD_MSG);
	TK_EQ(query(MSND_R_PCM_INFO, 0, 1, 3, 100), MSND_S_BAD_MSG);
	/* Requests of other sizes. */
	TK_EQ(request(q, 16, 100, NULL), MSND_S_OK);
	TK_EQ(request(q, 15, 100, &used), MSND_S_BAD_MSG);
	TK_EQ(used, 4);
	TK_EQ(request(q, 17, 100, NULL), MSND_S_BAD_MSG);
	TK_EQ(request(q, 3, 100, NULL), MSND_S_BAD_MSG);
	TK_EQ(illegal(), 10);
	teardown();
}

TK_CASE(jacks_and_channel_maps_are_described)
{
	struct msnd_chmap_info ci;
	struct msnd_jack_info ji[2];

	model_snd_config_exact(&cfg);
	cfg.no_info = false;
	cfg.njacks = 2;
	cfg.jack[1].connected = true;
	cfg.jack[1].hda_reg_defconf = 0x00200000;
	cfg.nchmaps = 1;
	cfg.chmap[0].channels = 2;
	cfg.chmap[0].positions[0] = 3;
	cfg.chmap[0].positions[1] = 4;
	attach("virtio_pci");
	TK_EQ(query(MSND_R_JACK_INFO, 0, 2, sizeof(ji[0]), 4 + sizeof(ji)),
	    MSND_S_OK);
	memcpy(ji, mem + RESPONSE + 4, sizeof(ji));
	TK_EQ(ji[0].connected, 0);
	TK_EQ(ji[1].connected, 1);
	TK_EQ(ji[1].hda_reg_defconf, htole32(0x00200000));
	TK_EQ(query(MSND_R_CHMAP_INFO, 0, 1, sizeof(ci), 4 + sizeof(ci)),
	    MSND_S_OK);
	memcpy(&ci, mem + RESPONSE + 4, sizeof(ci));
	TK_EQ(ci.channels, 2);
	TK_EQ(ci.positions[1], 4);
	TK_EQ(ci.positions[2], 0);
	TK_EQ(query(MSND_R_JACK_INFO, 1, 2, 24, 100), MSND_S_BAD_MSG);
	TK_EQ(query(MSND_R_CHMAP_INFO, 1, 1, 24, 100), MSND_S_BAD_MSG);
	teardown();
}

TK_CASE(jack_info_is_not_supported_as_on_qemu)
{

	model_snd_config_qemu(&cfg);
	cfg.njacks = 2;
	attach("virtio_pci");
	TK_EQ(query(MSND_R_JACK_INFO, 0, 2, 24, 52), MSND_S_NOT_SUPP);
	TK_EQ(query(MSND_R_CHMAP_INFO, 0, 0, 24, 4), MSND_S_NOT_SUPP);
	TK_EQ(illegal(), 0);
	TK_EQ(model_snd_stats(m).unsupported, 2);
	teardown();
}

TK_CASE(requests_that_it_does_not_know_are_not_supported)
{

	setup();
	TK_EQ(command(MSND_R_JACK_REMAP, 0), MSND_S_NOT_SUPP);
	TK_EQ(command(0x0300, 0), MSND_S_NOT_SUPP);
	TK_EQ(command(0, 0), MSND_S_NOT_SUPP);
	TK_EQ(model_snd_stats(m).unsupported, 3);
	TK_EQ(model_snd_stats(m).requests, 3);
	teardown();
}

TK_CASE(request_without_room_for_an_answer_comes_back_empty)
{
	struct msnd_pcm_hdr h = { htole32(MSND_R_PCM_PREPARE), 0 };
	uint32_t used;

	setup();
	TK_EQ(request(&h, sizeof(h), 3, &used), 0);
	TK_EQ(used, 0);
	TK_EQ(illegal(), 1);
	teardown();
}

/*
 * Parameters and states
 */

TK_CASE(parameters_that_cannot_be_are_bad)
{
	struct msnd_pcm_set_params p;

	setup();
	p = params(2);
	TK_EQ(set_params(&p), MSND_S_BAD_MSG);
	p = params(0);
	p.buffer_bytes = htole32(4 * PERIOD + 1);
	TK_EQ(set_params(&p), MSND_S_BAD_MSG);
	p = params(0);
	p.buffer_bytes = 0;
	TK_EQ(set_params(&p), MSND_S_BAD_MSG);
	p = params(0);
	p.period_bytes = 0;
	TK_EQ(set_params(&p), MSND_S_BAD_MSG);
	p = params(0);
	p.padding = 1;
	TK_EQ(set_params(&p), MSND_S_BAD_MSG);
	p = params(0);
	TK_EQ(request(&p, sizeof(p) - 1, 4, NULL), MSND_S_BAD_MSG);
	TK_EQ(illegal(), 6);
	TK_EQ(stats(0).state, MODEL_SND_IDLE);
	teardown();
}

TK_CASE(parameters_that_were_not_offered_are_not_supported)
{
	struct msnd_pcm_set_params p;

	setup();
	p = params(0);
	p.channels = 0;
	TK_EQ(set_params(&p), MSND_S_NOT_SUPP);
	p.channels = 3;
	TK_EQ(set_params(&p), MSND_S_NOT_SUPP);
	p = params(0);
	p.format = MSND_FMT_S24_3;
	TK_EQ(set_params(&p), MSND_S_NOT_SUPP);
	p.format = 200;
	TK_EQ(set_params(&p), MSND_S_NOT_SUPP);
	p = params(0);
	p.rate = 14;
	TK_EQ(set_params(&p), MSND_S_NOT_SUPP);
	p.rate = 200;
	TK_EQ(set_params(&p), MSND_S_NOT_SUPP);
	p = params(0);
	p.features = htole32(MSND_PCM_F_EVT_XRUNS);
	TK_EQ(set_params(&p), MSND_S_NOT_SUPP);
	TK_EQ(model_snd_stats(m).unsupported, 7);
	TK_EQ(illegal(), 0);
	teardown();
}

TK_CASE(parameters_are_taken)
{
	struct msnd_pcm_set_params p;
	struct model_snd_params got;

	setup();
	p = params(0);
	p.channels = 1;
	p.format = MSND_FMT_U8;
	p.rate = MSND_RATE_8000;
	TK_EQ(set_params(&p), MSND_S_OK);
	got = stats(0).params;
	TK_EQ(got.channels, 1);
	TK_EQ(got.format, MSND_FMT_U8);
	TK_EQ(got.hz, 8000);
	TK_EQ(got.frame_bytes, 1);
	TK_EQ(got.buffer_bytes, 4 * PERIOD);
	TK_EQ(got.period_bytes, PERIOD);
	teardown();
}

/* Bring stream 0 from nothing to a state. */
static void
go_to(enum model_snd_state state)
{
	struct msnd_pcm_set_params p;

	p = params(0);
	if (state == MODEL_SND_IDLE)
		return;
	TK_EQ(set_params(&p), MSND_S_OK);
	if (state == MODEL_SND_PARAMS_SET)
		return;
	TK_EQ(command(MSND_R_PCM_PREPARE, 0), MSND_S_OK);
	if (state == MODEL_SND_PREPARED)
		return;
	if (state == MODEL_SND_RELEASED) {
		TK_EQ(command(MSND_R_PCM_RELEASE, 0), MSND_S_OK);
		return;
	}
	TK_EQ(command(MSND_R_PCM_START, 0), MSND_S_OK);
	if (state == MODEL_SND_STOPPED)
		TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_OK);
}

static uint32_t
any_command(uint32_t code)
{
	struct msnd_pcm_set_params p;

	p = params(0);
	return (code == MSND_R_PCM_SET_PARAMS ? set_params(&p) :
	    command(code, 0));
}

TK_CASE(commands_follow_each_other_as_the_specification_says)
{
	static const struct {
		uint32_t code;
		enum model_snd_state to;
		uint32_t from;		/* bit n: legal in state n */
	} table[] = {
		{ MSND_R_PCM_SET_PARAMS, MODEL_SND_PARAMS_SET,
		    1 << MODEL_SND_IDLE | 1 << MODEL_SND_PARAMS_SET |
		    1 << MODEL_SND_PREPARED | 1 << MODEL_SND_RELEASED },
		{ MSND_R_PCM_PREPARE, MODEL_SND_PREPARED,
		    1 << MODEL_SND_PARAMS_SET | 1 << MODEL_SND_PREPARED |
		    1 << MODEL_SND_RELEASED },
		{ MSND_R_PCM_START, MODEL_SND_RUNNING,
		    1 << MODEL_SND_PREPARED | 1 << MODEL_SND_STOPPED },
		{ MSND_R_PCM_STOP, MODEL_SND_STOPPED,
		    1 << MODEL_SND_RUNNING },
		{ MSND_R_PCM_RELEASE, MODEL_SND_RELEASED,
		    1 << MODEL_SND_PREPARED | 1 << MODEL_SND_STOPPED },
	};
	enum model_snd_state from;
	bool legal;
	u_int i;

	for (i = 0; i < nitems(table); i++) {
		for (from = MODEL_SND_IDLE; from <= MODEL_SND_RELEASED;
		    from++) {
			setup();
			go_to(from);
			TK_EQ(stats(0).state, from);
			TK_EQ(illegal(), 0);
			legal = (table[i].from & (1u << from)) != 0;
			TK_EQ(any_command(table[i].code),
			    legal ? MSND_S_OK : MSND_S_BAD_MSG);
			TK_EQ(stats(0).state, legal ? table[i].to : from);
			TK_EQ(illegal(), legal ? 0 : 1);
			teardown();
		}
	}
}

TK_CASE(commands_for_a_stream_that_is_not_are_bad)
{
	static const uint32_t codes[] = { MSND_R_PCM_PREPARE,
	    MSND_R_PCM_RELEASE, MSND_R_PCM_START, MSND_R_PCM_STOP };
	char h[12];
	u_int i;

	setup();
	for (i = 0; i < nitems(codes); i++) {
		TK_EQ(command(codes[i], 2), MSND_S_BAD_MSG);
		TK_EQ(command(codes[i], UINT32_MAX), MSND_S_BAD_MSG);
		memset(h, 0, sizeof(h));
		memcpy(h, &codes[i], 4);
		TK_EQ(request(h, 7, 4, NULL), MSND_S_BAD_MSG);
		TK_EQ(request(h, 12, 4, NULL), MSND_S_BAD_MSG);
	}
	TK_EQ(illegal(), 4 * nitems(codes));
	teardown();
}

TK_CASE(prepare_after_release_keeps_the_parameters)
{

	setup();
	go_to(MODEL_SND_RELEASED);
	TK_EQ(command(MSND_R_PCM_PREPARE, 0), MSND_S_OK);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	expect_done(0, MSND_S_OK);
	expect_played(0, 0, 0, PERIOD);
	teardown();
}

TK_CASE(parameters_do_not_change_below_queued_messages)
{
	struct msnd_pcm_set_params p;

	setup();
	prepare(0);
	tx(0, 0, PERIOD);
	p = params(0);
	TK_EQ(set_params(&p), MSND_S_BAD_MSG);
	TK_EQ(command(MSND_R_PCM_RELEASE, 0), MSND_S_OK);
	TK_EQ(set_params(&p), MSND_S_OK);
	expect_done(0, MSND_S_OK);
	teardown();
}

/*
 * Messages that are refused
 */

static void
expect_refused(int i, uint64_t before)
{

	wait_ns(1 * MS);
	expect_done(i, MSND_S_BAD_MSG);
	TK_EQ(illegal(), before + 1);
}

TK_CASE(messages_that_break_a_rule_are_bad)
{
	struct done d;

	setup();
	/* Not prepared, no such stream, not an output. */
	message(TX, 0, 0, 4, 64, 0, 8);
	expect_refused(0, 0);
	prepare(0);
	prepare(1);
	message(TX, 0, 2, 4, 64, 0, 8);
	expect_refused(0, 1);
	message(TX, 0, 1, 4, 64, 0, 8);
	expect_refused(0, 2);
	/* A short header, no sound, sound that the device should write. */
	message(TX, 0, 0, 3, 0, 0, 8);
	expect_refused(0, 3);
	message(TX, 0, 0, 4, 0, 0, 8);
	expect_refused(0, 4);
	message(TX, 0, 0, 4, 64, 64, 8);
	expect_refused(0, 5);
	/* No room for the status. */
	message(TX, 0, 0, 4, 64, 0, 7);
	wait_ns(1 * MS);
	d = done(TX);
	TK_EQ(d.slot, 0);
	TK_EQ(d.len, 0);
	TK_EQ(illegal(), 7);
	TK_EQ(stats(0).pending, 0);
	teardown();
}

TK_CASE(messages_after_release_are_bad)
{

	setup();
	go_to(MODEL_SND_RELEASED);
	message(TX, 0, 0, 4, 64, 0, 8);
	expect_refused(0, 0);
	teardown();
}

TK_CASE(messages_of_another_size_than_a_period_are_noted)
{

	setup();
	prepare(0);
	tx(0, 0, PERIOD);
	tx(1, 0, PERIOD / 2);
	start(0);
	wait_ns(16 * MS);
	expect_done(0, MSND_S_OK);
	expect_done(1, MSND_S_OK);
	TK_EQ(stats(0).odd_sized, 1);
	TK_EQ(illegal(), 0);
	expect_played(0, 0, 0, PERIOD + PERIOD / 2);
	teardown();
}

/*
 * Playing, exactly
 */

TK_CASE(exact_periods_complete_when_they_were_played)
{
	struct done d;
	int64_t began;
	int i;

	setup();
	prepare(0);
	for (i = 0; i < 3; i++)
		tx(i, 0, PERIOD);
	wait_ns(50 * MS);
	expect_none();
	start(0);
	began = tk_now_ns();
	for (i = 0; i < 3; i++) {
		wait_until(began + (i + 1) * 10 * MS - MS);
		expect_none();
		wait_until(began + (i + 1) * 10 * MS + MS);
		d = done(TX);
		TK_EQ(d.slot, i);
		TK_EQ(d.status, MSND_S_OK);
		TK_EQ(d.latency, 0);
	}
	TK_EQ(stats(0).periods, 3);
	TK_EQ(stats(0).played, 3 * PERIOD);
	TK_EQ(stats(0).discarded, 0);
	expect_played(0, 0, 0, 3 * PERIOD);
	teardown();
}

TK_CASE(odd_rates_do_not_drift)
{
	struct msnd_pcm_set_params p;
	int64_t began;
	int i;

	/* 441 frames of mono S8 are 10 ms. */
	setup();
	p = params(0);
	p.channels = 1;
	p.format = MSND_FMT_S8;
	p.rate = MSND_RATE_44100;
	p.period_bytes = htole32(441);
	p.buffer_bytes = htole32(882);
	TK_EQ(set_params(&p), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_PREPARE, 0), MSND_S_OK);
	tx(0, 0, 441);
	tx(1, 0, 441);
	start(0);
	began = tk_now_ns();
	for (i = 0; i < 200; i++) {
		wait_until(began + (i + 1) * 10 * MS + MS / 2);
		expect_done(i % 2, MSND_S_OK);
		tx(i % 2, 0, 441);
	}
	TK_EQ(stats(0).underruns, 0);
	TK_EQ(stats(0).dry_ticks, 0);
	expect_played(0, 0, 0, 200 * 441);
	teardown();
}

TK_CASE(sample_clock_can_run_faster)
{

	model_snd_config_exact(&cfg);
	cfg.speed = 10;
	attach("virtio_pci");
	prepare(0);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(MS - MS / 10);
	expect_none();
	wait_ns(MS / 5);
	expect_done(0, MSND_S_OK);
	teardown();
}

TK_CASE(sound_is_read_when_it_is_played)
{
	char c;

	setup();
	prepare(0);
	tx(0, 0, PERIOD);
	tx(1, 0, PERIOD);
	start(0);
	wait_ns(5 * MS);
	/* A driver that fills a buffer which the device owns is heard. */
	memset(slot(1) + PAYLOAD, 0x55, PERIOD);
	wait_ns(16 * MS);
	TK_EQ(model_snd_played(m, 0, PERIOD, &c, 1), 1);
	TK_EQ(c, 0x55);
	expect_played(0, 0, 0, PERIOD);
	teardown();
}

TK_CASE(gap_in_a_stream_is_an_underrun)
{

	setup();
	prepare(0);
	start(0);
	/* Nothing was played yet, so nothing is missing. */
	wait_ns(5 * MS);
	tx(0, 0, PERIOD);
	wait_ns(15 * MS);
	expect_done(0, MSND_S_OK);
	TK_EQ(stats(0).underruns, 0);
	tx(0, 0, PERIOD);
	wait_ns(15 * MS);
	expect_done(0, MSND_S_OK);
	TK_EQ(stats(0).underruns, 1);
	TK_CHECK(stats(0).dry_ticks >= 2);

	/* The end of a stream is not. */
	wait_ns(15 * MS);
	TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_OK);
	start(0);
	wait_ns(5 * MS);
	tx(0, 0, PERIOD);
	wait_ns(11 * MS);
	TK_EQ(stats(0).underruns, 1);
	expect_played(0, 0, 0, 3 * PERIOD);
	teardown();
}

TK_CASE(stop_pauses_and_keeps_messages)
{
	uint64_t played;

	setup();
	prepare(0);
	tx(0, 0, PERIOD);
	tx(1, 0, PERIOD);
	start(0);
	wait_ns(15 * MS);
	expect_done(0, MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_OK);
	played = stats(0).played;
	wait_ns(50 * MS);
	expect_none();
	TK_EQ(stats(0).played, played);
	TK_EQ(stats(0).discarded, 0);
	TK_EQ(stats(0).pending, 1);
	start(0);
	wait_ns(6 * MS);
	expect_done(1, MSND_S_OK);
	expect_played(0, 0, 0, 2 * PERIOD);
	TK_EQ(stats(0).underruns, 0);
	teardown();
}

TK_CASE(release_returns_messages_before_its_answer)
{
	struct done d;
	int i;

	setup();
	prepare(0);
	for (i = 0; i < 3; i++)
		tx(i, 0, PERIOD);
	start(0);
	wait_ns(5 * MS + MS / 2);
	TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_RELEASE, 0), MSND_S_OK);
	for (i = 0; i < 3; i++) {
		d = done(TX);
		TK_EQ(d.slot, i);
		TK_EQ(d.len, 8);
		TK_EQ(d.status, MSND_S_OK);
		/* What nobody will hear. */
		TK_EQ(d.latency, i == 0 ? PERIOD - stats(0).played : PERIOD);
	}
	TK_EQ(stats(0).flushed, 3);
	TK_EQ(stats(0).periods, 0);
	TK_CHECK(stats(0).played >= 5 * 48 * FRAME);
	teardown();
}

TK_CASE(two_streams_play_side_by_side)
{
	struct msnd_pcm_set_params p;
	struct done d;
	int fast, slow;

	model_snd_config_exact(&cfg);
	cfg.nstreams = 3;
	cfg.stream[2] = cfg.stream[0];
	attach("virtio_pci");
	prepare(0);
	p = params(2);
	p.channels = 1;
	p.period_bytes = htole32(480);	/* 5 ms */
	TK_EQ(set_params(&p), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_PREPARE, 2), MSND_S_OK);
	tx(0, 0, PERIOD);
	tx(1, 0, PERIOD);
	tx(2, 2, 480);
	tx(3, 2, 480);
	tx(4, 2, 480);
	start(0);
	start(2);
	wait_ns(21 * MS);
	for (fast = slow = 0; (d = done(TX)).slot != -1; ) {
		TK_EQ(d.status, MSND_S_OK);
		if (d.slot < 2)
			TK_EQ(d.slot, slow++);
		else
			TK_EQ(d.slot, 2 + fast++);
	}
	TK_EQ(slow, 2);
	TK_EQ(fast, 3);
	expect_played(0, 0, 0, 2 * PERIOD);
	expect_played(2, 0, 2 * PERIOD, 3 * 480);
	TK_EQ(stats(1).played, 0);
	TK_EQ(illegal(), 0);
	teardown();
}

/*
 * Playing as QEMU does
 */

static void
setup_qemu(uint32_t burst, uint32_t backend)
{

	model_snd_config_qemu(&cfg);
	cfg.burst_frames = burst;
	cfg.backend_frames = backend;
	attach("virtio_pci");
}

TK_CASE(first_tick_takes_a_burst)
{
	struct msnd_pcm_set_params p;
	int i;

	/* Four periods of 5 ms: all of them come back at once. */
	setup_qemu(1024, 512);
	p = params(0);
	p.period_bytes = htole32(PERIOD / 2);
	p.buffer_bytes = htole32(2 * PERIOD);
	TK_EQ(set_params(&p), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_PREPARE, 0), MSND_S_OK);
	for (i = 0; i < 4; i++)
		tx(i, 0, PERIOD / 2);
	start(0);
	wait_ns(9 * MS);
	expect_none();
	wait_ns(2 * MS);
	for (i = 0; i < 4; i++)
		expect_done(i, MSND_S_OK);
	TK_EQ(stats(0).periods, 4);
	TK_EQ(stats(0).played, 0);
	teardown();
}

TK_CASE(ticks_keep_the_backend_filled)
{
	int i, n;

	setup_qemu(1024, 512);
	prepare(0);
	for (i = 0; i < 16; i++)
		tx(i, 0, PERIOD);
	start(0);
	/* Ticks at 10 ms and so on; the clock starts with the first. */
	wait_ns(101 * MS);
	for (n = 0; done(TX).slot != -1; n++)
		continue;
	/* 90 ms are played, 512 frames are ahead: ten periods and a bit. */
	TK_EQ(n, 10);
	TK_EQ(stats(0).played, 9 * PERIOD);
	TK_EQ(stats(0).underruns, 0);
	TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_OK);
	TK_EQ(stats(0).discarded, 512 * FRAME);
	teardown();
}

TK_CASE(stop_discards_what_the_backend_holds)
{
	uint64_t played;
	int i;

	setup_qemu(1024, 512);
	prepare(0);
	for (i = 0; i < 3; i++)
		tx(i, 0, PERIOD);
	start(0);
	for (i = 0; i < 3; )
		if (done(TX).slot == -1)
			wait_ns(MS);
		else
			i++;
	/* A driver that stops at the last completion loses its end. */
	TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_OK);
	played = stats(0).played;
	TK_CHECK(played < 3 * PERIOD);
	TK_EQ(stats(0).discarded, 3 * PERIOD - played);
	TK_CHECK(stats(0).discarded <= 512 * FRAME);
	expect_played(0, 0, 0, played);
	TK_EQ(model_snd_played(m, 0, played, &i, 1), 0);
	teardown();
}

TK_CASE(stop_after_the_backend_ran_out_loses_nothing)
{
	int i;

	setup_qemu(1024, 512);
	prepare(0);
	for (i = 0; i < 3; i++)
		tx(i, 0, PERIOD);
	start(0);
	wait_ns(60 * MS);
	TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_OK);
	TK_EQ(stats(0).discarded, 0);
	TK_EQ(stats(0).played, 3 * PERIOD);
	TK_EQ(stats(0).underruns, 0);
	expect_played(0, 0, 0, 3 * PERIOD);
	teardown();
}

TK_CASE(ticks_without_a_backend_play_what_is_due)
{

	setup_qemu(0, 0);
	prepare(0);
	tx(0, 0, PERIOD);
	tx(1, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	expect_done(0, MSND_S_OK);
	expect_none();
	TK_EQ(stats(0).played, PERIOD);
	teardown();
}

TK_CASE(latency_is_what_was_read_and_not_played)
{
	struct done d;

	model_snd_config_qemu(&cfg);
	cfg.latency = true;
	attach("virtio_pci");
	prepare(0);
	tx(0, 0, PERIOD);
	tx(1, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	d = done(TX);
	TK_EQ(d.latency, PERIOD);
	d = done(TX);
	TK_EQ(d.latency, 2 * PERIOD);
	teardown();

	/* QEMU says nothing. */
	setup_qemu(1024, 512);
	prepare(0);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	TK_EQ(done(TX).latency, 0);
	teardown();
}

/*
 * Trouble on demand
 */

TK_CASE(control_answers_can_be_late)
{
	struct msnd_pcm_hdr h = { htole32(MSND_R_PCM_START), htole32(0) };
	int64_t began;

	model_snd_config_exact(&cfg);
	cfg.ctl_delay_ns = 30 * MS;
	attach("virtio_pci");
	began = tk_now_ns();
	TK_EQ(query(MSND_R_PCM_INFO, 0, 2, 32, 68), MSND_S_OK);
	TK_CHECK(tk_now_ns() - began >= 30 * MS);
	TK_CHECK(tk_now_ns() - began < 40 * MS);

	/* One after the other, and the second does not delay the first. */
	began = tk_now_ns();
	post(&h, sizeof(h), 4);
	wait_ns(10 * MS);
	post(&h, sizeof(h), 4);
	TK_CHECK(virtqueue_poll(CTL, NULL) == mem);
	TK_CHECK(virtqueue_poll(CTL, NULL) == mem);
	TK_CHECK(tk_now_ns() - began >= 60 * MS);
	TK_CHECK(tk_now_ns() - began < 65 * MS);
	teardown();
}

TK_CASE(control_answers_can_be_held_back)
{
	struct msnd_pcm_hdr h = { htole32(MSND_R_PCM_PREPARE), htole32(0) };
	struct msnd_pcm_set_params p;
	uint32_t len;

	setup();
	p = params(0);
	TK_EQ(set_params(&p), MSND_S_OK);
	model_snd_hold(m, MODEL_SND_VQ_CTL, true);
	post(&h, sizeof(h), 4);
	wait_ns(5000 * MS);
	TK_CHECK(virtqueue_dequeue(CTL, &len) == NULL);
	TK_EQ(stats(0).state, MODEL_SND_PARAMS_SET);
	model_snd_hold(m, MODEL_SND_VQ_CTL, false);
	TK_CHECK(virtqueue_poll(CTL, &len) == mem);
	TK_EQ(stats(0).state, MODEL_SND_PREPARED);
	teardown();
}

TK_CASE(completions_can_be_held_back_and_release_waits_for_them)
{
	struct msnd_pcm_hdr h = { htole32(MSND_R_PCM_RELEASE), htole32(0) };
	uint32_t len;

	setup();
	prepare(0);
	model_snd_hold(m, MODEL_SND_VQ_TX, true);
	tx(0, 0, PERIOD);
	tx(1, 0, PERIOD);
	start(0);
	wait_ns(15 * MS);
	expect_none();
	TK_CHECK(stats(0).played >= PERIOD);
	TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_OK);
	post(&h, sizeof(h), 4);
	wait_ns(100 * MS);
	TK_CHECK(virtqueue_dequeue(CTL, &len) == NULL);
	model_snd_hold(m, MODEL_SND_VQ_TX, false);
	TK_CHECK(virtqueue_poll(CTL, &len) == mem);
	expect_done(0, MSND_S_OK);
	expect_done(1, MSND_S_OK);
	TK_EQ(stats(0).periods, 1);
	TK_EQ(stats(0).flushed, 1);
	teardown();
}

TK_CASE(requests_can_be_made_to_fail)
{

	setup();
	go_to(MODEL_SND_PREPARED);
	model_snd_fail(m, MSND_R_PCM_START, MSND_S_IO_ERR, 2);
	model_snd_fail(m, MSND_R_PCM_STOP, MSND_S_NOT_SUPP, 1);
	TK_EQ(command(MSND_R_PCM_START, 0), MSND_S_IO_ERR);
	TK_EQ(stats(0).state, MODEL_SND_PREPARED);
	TK_EQ(command(MSND_R_PCM_START, 0), MSND_S_IO_ERR);
	TK_EQ(command(MSND_R_PCM_START, 0), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_NOT_SUPP);
	TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_OK);
	TK_EQ(illegal(), 0);
	teardown();
}

TK_CASE(messages_can_be_made_to_fail)
{
	int i;

	setup();
	prepare(0);
	model_snd_fail_io(m, 0, 1);
	for (i = 0; i < 2; i++)
		tx(i, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	expect_done(0, MSND_S_IO_ERR);
	expect_done(1, MSND_S_OK);
	TK_EQ(stats(0).played, PERIOD);
	expect_played(0, 0, PERIOD, PERIOD);
	TK_EQ(illegal(), 0);
	teardown();
}

/*
 * Events
 */

static void
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

static void
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

TK_CASE(events_fill_the_buffers_in_order)
{

	setup();
	TK_CHECK(!model_snd_event(m, MSND_EVT_JACK_CONNECTED, 1));
	TK_EQ(model_snd_stats(m).events_lost, 1);
	event_buffer(0, 0, 8);
	event_buffer(1, 0, 16);
	TK_EQ(model_snd_stats(m).event_buffers, 2);
	TK_CHECK(model_snd_event(m, MSND_EVT_JACK_CONNECTED, 3));
	TK_CHECK(model_snd_event(m, MSND_EVT_PCM_PERIOD_ELAPSED, 0));
	TK_CHECK(!model_snd_event(m, MSND_EVT_JACK_DISCONNECTED, 3));
	expect_event(0, MSND_EVT_JACK_CONNECTED, 3);
	expect_event(1, MSND_EVT_PCM_PERIOD_ELAPSED, 0);
	TK_EQ(model_snd_stats(m).events_sent, 2);
	TK_EQ(illegal(), 0);
	teardown();
}

TK_CASE(event_buffers_that_break_a_rule_come_back_empty)
{
	uint32_t len;

	setup();
	event_buffer(0, 0, 7);
	TK_CHECK(virtqueue_dequeue(EVENT, &len) == &cookies[0]);
	TK_EQ(len, 0);
	event_buffer(1, 8, 8);
	TK_CHECK(virtqueue_dequeue(EVENT, &len) == &cookies[1]);
	TK_EQ(len, 0);
	TK_EQ(illegal(), 2);
	teardown();
}

TK_CASE(xrun_event_comes_once_for_a_gap)
{
	struct msnd_pcm_set_params p;

	model_snd_config_qemu(&cfg);
	cfg.stream[0].features = MSND_PCM_F_EVT_XRUNS;
	attach("virtio_pci");
	event_buffer(8, 0, 8);
	event_buffer(9, 0, 8);
	p = params(0);
	p.features = htole32(MSND_PCM_F_EVT_XRUNS);
	TK_EQ(set_params(&p), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_PREPARE, 0), MSND_S_OK);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(100 * MS);
	expect_event(8, MSND_EVT_PCM_XRUN, 0);
	TK_EQ(model_snd_stats(m).events_sent, 1);
	TK_CHECK(stats(0).dry_ticks > 1);
	TK_EQ(stats(0).underruns, 0);
	teardown();
}

TK_CASE(events_without_a_buffer_can_be_kept)
{

	model_snd_config_exact(&cfg);
	cfg.keep_events = true;
	attach("virtio_pci");
	TK_CHECK(!model_snd_event(m, MSND_EVT_PCM_XRUN, 0));
	TK_CHECK(!model_snd_event(m, MSND_EVT_PCM_XRUN, 1));
	event_buffer(0, 0, 8);
	event_buffer(1, 0, 8);
	event_buffer(2, 0, 8);
	expect_event(0, MSND_EVT_PCM_XRUN, 0);
	expect_event(1, MSND_EVT_PCM_XRUN, 1);
	TK_EQ(model_snd_stats(m).event_buffers, 1);
	TK_EQ(model_snd_stats(m).events_lost, 0);
	teardown();
}

/*
 * Jacks
 */

static void
setup_jacks(void)
{

	model_snd_config_exact(&cfg);
	cfg.no_info = false;
	cfg.njacks = 2;
	cfg.jack[0].hda_reg_defconf = 0x01014010;
	cfg.jack[0].connected = true;
	cfg.jack[1].features = MSND_JACK_F_REMAP;
	cfg.jack[1].hda_reg_defconf = 0x02a11020;
	attach("virtio_pci");
}

static struct msnd_jack_info
jack_info(uint32_t jack)
{
	struct msnd_jack_info info;

	TK_EQ(query(MSND_R_JACK_INFO, jack, 1, sizeof(info),
	    4 + sizeof(info)), MSND_S_OK);
	memcpy(&info, mem + RESPONSE + 4, sizeof(info));
	return (info);
}

TK_CASE(jacks_are_plugged_in_and_out)
{

	setup_jacks();
	event_buffer(0, 0, 8);
	event_buffer(1, 0, 8);
	TK_EQ(jack_info(1).connected, 0);
	TK_CHECK(model_snd_jack(m, 1, true));
	TK_CHECK(model_snd_jack(m, 0, false));
	expect_event(0, MSND_EVT_JACK_CONNECTED, 1);
	expect_event(1, MSND_EVT_JACK_DISCONNECTED, 0);
	TK_EQ(jack_info(1).connected, 1);
	TK_EQ(jack_info(0).connected, 0);
	teardown();
}

static uint32_t
remap(uint32_t jack, uint32_t association, uint32_t sequence)
{
	struct msnd_jack_remap r;

	r.code = htole32(MSND_R_JACK_REMAP);
	r.jack_id = htole32(jack);
	r.association = htole32(association);
	r.sequence = htole32(sequence);
	return (request(&r, sizeof(r), 4, NULL));
}

TK_CASE(jacks_can_be_mapped_anew_if_they_say_so)
{

	setup_jacks();
	TK_EQ(jack_info(1).features, htole32(MSND_JACK_F_REMAP));
	TK_EQ(remap(0, 1, 2), MSND_S_NOT_SUPP);
	TK_EQ(remap(2, 1, 2), MSND_S_BAD_MSG);
	TK_EQ(remap(1, 16, 2), MSND_S_BAD_MSG);
	TK_EQ(remap(1, 3, 5), MSND_S_OK);
	TK_EQ(jack_info(1).hda_reg_defconf, htole32(0x02a11035));
	TK_EQ(model_snd_jack_state(m, 1).remaps, 1);
	TK_EQ(model_snd_jack_state(m, 1).association, 3);
	TK_EQ(model_snd_jack_state(m, 1).sequence, 5);
	teardown();
}

/*
 * Control elements
 */

static const char *const sources[] = { "Mic", "Line", "CD" };
static const uint32_t dbscale[] = { 1, 8, (uint32_t)-6000, 0x10064 };

enum { VOLUME, MUTE, SOURCE, SERIAL, WIDE, NCTLS };

static void
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
static void
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
static uint32_t
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

TK_CASE(controls_are_counted_only_if_agreed_on)
{

	setup_ctls(false);
	TK_EQ(virtio_read_dev_config_4(vtest_drv.dev, 12), NCTLS);
	TK_EQ(illegal(), 0);
	teardown();
	setup();
	TK_EQ(query(MSND_R_CTL_INFO, 0, 1, 96, 100), MSND_S_NOT_SUPP);
	TK_EQ(ctl(MSND_R_CTL_READ, 0, NULL, 0, 516, NULL), MSND_S_NOT_SUPP);
	teardown();
}

TK_CASE(control_records_have_96_bytes_or_92)
{
	const char *r;
	int at, packed;

	for (packed = 0; packed < 2; packed++) {
		setup_ctls(packed);
		r = mem + RESPONSE + 4;
		at = packed ? 68 : 72;
		TK_EQ(query(MSND_R_CTL_INFO, 0, 3, 96, 4 + 3 * 96),
		    MSND_S_OK);
		TK_EQ(le32dec(r + 4), 2);
		TK_EQ(le32dec(r + 8), MODEL_SND_CTL_INTEGER);
		TK_EQ(le32dec(r + 12), 0x33);
		TK_EQ(le32dec(r + 16), 2);
		TK_STREQ(r + 24, "Master Playback Volume");
		TK_EQ((int32_t)le32dec(r + at), -10);
		TK_EQ(le32dec(r + at + 4), 50);
		TK_EQ(le32dec(r + at + 8), 5);
		TK_EQ(le32dec(r + 2 * 96 + 20), 1);
		TK_EQ(le32dec(r + 2 * 96 + at), 3);
		/* A driver that knows 92 bytes gets as many. */
		TK_EQ(query(MSND_R_CTL_INFO, 1, 2, 92, 4 + 2 * 92),
		    MSND_S_OK);
		TK_STREQ(r + 24, "Master Playback Switch");
		TK_STREQ(r + 92 + 24, "Capture Source");
		TK_EQ(query(MSND_R_CTL_INFO, WIDE, 1, 96, 100), MSND_S_OK);
		TK_EQ((int64_t)le64dec(r + at), -(1ll << 40));
		TK_EQ(query(MSND_R_CTL_INFO, 0, NCTLS + 1, 96, 2048),
		    MSND_S_BAD_MSG);
		teardown();
	}
}

TK_CASE(control_items_are_named)
{
	uint32_t used;

	setup_ctls(false);
	TK_EQ(ctl(MSND_R_CTL_ENUM_ITEMS, SOURCE, NULL, 0, 4 + 3 * 64, &used),
	    MSND_S_OK);
	TK_EQ(used, 4 + 3 * 64);
	TK_STREQ(mem + RESPONSE + 4, "Mic");
	TK_STREQ(mem + RESPONSE + 4 + 64, "Line");
	TK_STREQ(mem + RESPONSE + 4 + 128, "CD");
	TK_EQ(ctl(MSND_R_CTL_ENUM_ITEMS, SOURCE, NULL, 0, 3 * 64, NULL),
	    MSND_S_BAD_MSG);
	TK_EQ(ctl(MSND_R_CTL_ENUM_ITEMS, MUTE, NULL, 0, 4 + 64, NULL),
	    MSND_S_BAD_MSG);
	TK_EQ(model_snd_ctl_stats(m, SOURCE).enum_reads, 1);
	teardown();
}

TK_CASE(control_values_are_read_and_written)
{
	char value[MSND_CTL_VALUE_SIZE];
	uint32_t used;

	setup_ctls(false);
	TK_EQ(ctl(MSND_R_CTL_READ, VOLUME, NULL, 0, 516, &used), MSND_S_OK);
	TK_EQ(used, 516);
	TK_EQ(le32dec(mem + RESPONSE + 4), 20);
	TK_EQ(le32dec(mem + RESPONSE + 8), 20);
	memset(value, 0, sizeof(value));
	le32enc(value, (uint32_t)-10);
	le32enc(value + 4, 35);
	TK_EQ(ctl(MSND_R_CTL_WRITE, VOLUME, value, sizeof(value), 4, NULL),
	    MSND_S_OK);
	TK_EQ(model_snd_ctl_get(m, VOLUME, 0), -10);
	TK_EQ(model_snd_ctl_get(m, VOLUME, 1), 35);
	/* Between two steps, beyond the end, not there. */
	le32enc(value, 36);
	TK_EQ(ctl(MSND_R_CTL_WRITE, VOLUME, value, sizeof(value), 4, NULL),
	    MSND_S_BAD_MSG);
	le32enc(value, 55);
	TK_EQ(ctl(MSND_R_CTL_WRITE, VOLUME, value, sizeof(value), 4, NULL),
	    MSND_S_BAD_MSG);
	le32enc(value, 3);
	TK_EQ(ctl(MSND_R_CTL_WRITE, SOURCE, value, sizeof(value), 4, NULL),
	    MSND_S_BAD_MSG);
	TK_EQ(ctl(MSND_R_CTL_WRITE, MUTE, value, sizeof(value), 4, NULL),
	    MSND_S_BAD_MSG);
	TK_EQ(ctl(MSND_R_CTL_READ, NCTLS, NULL, 0, 516, NULL),
	    MSND_S_BAD_MSG);
	TK_EQ(model_snd_ctl_get(m, VOLUME, 0), -10);
	TK_EQ(model_snd_ctl_get(m, SOURCE, 0), 1);
	TK_EQ(ctl(MSND_R_CTL_READ, SERIAL, NULL, 0, 516, NULL), MSND_S_OK);
	TK_EQ(mem[RESPONSE + 4 + 511], 0x5a);
	TK_EQ(model_snd_ctl_stats(m, VOLUME).reads, 1);
	TK_EQ(model_snd_ctl_stats(m, VOLUME).writes, 1);
	TK_EQ(illegal(), 5);
	teardown();
}

TK_CASE(control_requests_without_the_access_bit_are_bad)
{
	char value[MSND_CTL_VALUE_SIZE];

	setup_ctls(false);
	memset(value, 0, sizeof(value));
	TK_EQ(ctl(MSND_R_CTL_READ, WIDE, NULL, 0, 516, NULL), MSND_S_BAD_MSG);
	TK_EQ(ctl(MSND_R_CTL_WRITE, SERIAL, value, sizeof(value), 4, NULL),
	    MSND_S_BAD_MSG);
	TK_EQ(ctl(MSND_R_CTL_TLV_READ, MUTE, NULL, 0, 516, NULL),
	    MSND_S_BAD_MSG);
	TK_EQ(ctl(MSND_R_CTL_TLV_COMMAND, VOLUME, value, 8, 4, NULL),
	    MSND_S_BAD_MSG);
	TK_EQ(illegal(), 4);
	teardown();
}

TK_CASE(control_tlv_is_read_written_and_commanded)
{
	static const uint32_t tlv[] = { htole32(2), htole32(8), htole32(7),
	    htole32(9) };
	uint32_t got[4], used;

	setup_ctls(false);
	TK_EQ(ctl(MSND_R_CTL_TLV_READ, VOLUME, NULL, 0, 512, &used),
	    MSND_S_OK);
	TK_EQ(used, 4 + sizeof(dbscale));
	TK_EQ((int32_t)le32dec(mem + RESPONSE + 4 + 8), -6000);
	/* What has room. */
	TK_EQ(ctl(MSND_R_CTL_TLV_READ, VOLUME, NULL, 0, 12, &used),
	    MSND_S_OK);
	TK_EQ(used, 12);
	TK_EQ(ctl(MSND_R_CTL_TLV_WRITE, VOLUME, tlv, 12, 4, NULL),
	    MSND_S_BAD_MSG);
	TK_EQ(ctl(MSND_R_CTL_TLV_WRITE, VOLUME, tlv, sizeof(tlv), 4, NULL),
	    MSND_S_OK);
	TK_EQ(ctl(MSND_R_CTL_TLV_READ, VOLUME, NULL, 0, 512, NULL),
	    MSND_S_OK);
	TK_EQ(memcmp(mem + RESPONSE + 4, tlv, sizeof(tlv)), 0);
	TK_EQ(ctl(MSND_R_CTL_TLV_COMMAND, SERIAL, tlv, sizeof(tlv), 4, NULL),
	    MSND_S_OK);
	TK_EQ(model_snd_ctl_tlv(m, SERIAL, got, sizeof(got)), sizeof(got));
	TK_EQ(memcmp(got, tlv, sizeof(tlv)), 0);
	TK_EQ(model_snd_ctl_stats(m, VOLUME).tlv_reads, 3);
	TK_EQ(model_snd_ctl_stats(m, VOLUME).tlv_writes, 1);
	TK_EQ(model_snd_ctl_stats(m, SERIAL).tlv_commands, 1);
	teardown();
}

TK_CASE(controls_change_by_themselves)
{

	setup_ctls(false);
	event_buffer(0, 0, 8);
	event_buffer(1, 0, 8);
	TK_CHECK(model_snd_ctl_set(m, SOURCE, 0, 2));
	expect_event(0, MSND_EVT_CTL_NOTIFY, SOURCE | 1 << 16);
	TK_EQ(ctl(MSND_R_CTL_READ, SOURCE, NULL, 0, 516, NULL), MSND_S_OK);
	TK_EQ(le32dec(mem + RESPONSE + 4), 2);
	TK_CHECK(model_snd_ctl_event(m, VOLUME, 6));
	expect_event(1, MSND_EVT_CTL_NOTIFY, VOLUME | 6 << 16);
	teardown();
}

TK_CASE_STOPS(control_that_cannot_be_panics, "control 0 out of range")
{

	model_snd_config_exact(&cfg);
	cfg.nctls = 1;
	cfg.ctl[0].name = "None of it";
	(void)model_snd_new(&cfg);
}

/*
 * Capture
 */

/* Where the sound of an rx message lies. */
#define	SOUND	(PAYLOAD + 64)

static void
rx(int i, uint32_t stream, size_t len)
{

	memset(slot(i) + SOUND, 0xa5, len);
	message(RX, i, stream, 4, 0, len, 8);
}

static struct done
expect_rx(int i, uint32_t len, uint32_t status)
{
	struct done d;

	d = done(RX);
	TK_EQ(d.slot, i);
	TK_EQ(d.len, len);
	TK_EQ(d.status, status);
	return (d);
}

/* Does slot i hold len bytes of the stream's pattern from off on? */
static void
expect_sound(int i, uint32_t stream, uint64_t off, size_t len)
{
	size_t j;

	for (j = 0; j < len; j++)
		TK_EQ((uint8_t)slot(i)[SOUND + j],
		    model_snd_pattern(stream, off + j));
}

/* Stream 1 with the pattern, prepared. */
static void
setup_capture(void)
{

	setup();
	model_snd_capture_pattern(m, 1);
	prepare(1);
}

TK_CASE(input_messages_that_break_a_rule_are_bad)
{

	setup();
	rx(0, 1, PERIOD);			/* not prepared */
	wait_ns(MS);
	expect_rx(0, 8, MSND_S_BAD_MSG);
	prepare(1);
	message(RX, 0, 1, 4, 64, 64, 8);	/* sound to read */
	wait_ns(MS);
	expect_rx(0, 8, MSND_S_BAD_MSG);
	message(RX, 0, 1, 4, 0, 0, 8);		/* no room for any */
	wait_ns(MS);
	expect_rx(0, 8, MSND_S_BAD_MSG);
	rx(0, 0, PERIOD);			/* an output stream */
	wait_ns(MS);
	expect_rx(0, 8, MSND_S_BAD_MSG);
	TK_EQ(illegal(), 4);
	teardown();
}

TK_CASE(input_messages_complete_when_they_are_full)
{
	int i;

	setup_capture();
	for (i = 0; i < 3; i++)
		rx(i, 1, PERIOD);
	wait_ns(100 * MS);
	TK_EQ(done(RX).slot, -1);
	start(1);
	wait_ns(9 * MS);
	TK_EQ(done(RX).slot, -1);
	for (i = 0; i < 3; i++) {
		wait_ns(i == 0 ? 2 * MS : 10 * MS);
		expect_rx(i, PERIOD + 8, MSND_S_OK);
		TK_EQ(done(RX).slot, -1);
		expect_sound(i, 1, (uint64_t)i * PERIOD, PERIOD);
	}
	TK_EQ(stats(1).periods, 3);
	TK_EQ(stats(1).captured, 3 * PERIOD);
	TK_EQ(illegal(), 0);
	teardown();
}

TK_CASE(capture_without_a_source_is_silence)
{
	int i;

	setup();
	prepare(1);
	rx(0, 1, PERIOD);
	start(1);
	wait_ns(11 * MS);
	expect_rx(0, PERIOD + 8, MSND_S_OK);
	for (i = 0; i < PERIOD; i++)
		TK_EQ(slot(0)[SOUND + i], 0);
	teardown();
}

TK_CASE(capture_from_a_buffer_ends_or_begins_again)
{
	static const char bytes[] = { 1, 2, 3, 4, 5 };
	int again, i;

	for (again = 0; again < 2; again++) {
		setup();
		model_snd_capture_buffer(m, 1, bytes, sizeof(bytes), again);
		prepare(1);
		rx(0, 1, PERIOD);
		start(1);
		wait_ns(11 * MS);
		expect_rx(0, PERIOD + 8, MSND_S_OK);
		for (i = 0; i < PERIOD; i++)
			TK_EQ(slot(0)[SOUND + i], i < 5 || again ?
			    i % 5 + 1 : 0);
		teardown();
	}
}

static size_t
source_of_sevens(void *arg, uint32_t stream, uint64_t off, void *buf,
    size_t len)
{
	uint64_t *end = arg;

	TK_EQ(stream, 1);
	TK_EQ(off, *end);
	*end += len;
	memset(buf, 7, len / 2);
	return (len / 2);
}

TK_CASE(capture_from_a_function_is_asked_in_order)
{
	uint64_t end = 0;

	setup();
	model_snd_capture_from(m, 1, source_of_sevens, &end);
	prepare(1);
	rx(0, 1, PERIOD);
	rx(1, 1, PERIOD);
	start(1);
	wait_ns(21 * MS);
	expect_rx(0, PERIOD + 8, MSND_S_OK);
	expect_rx(1, PERIOD + 8, MSND_S_OK);
	TK_EQ(end, 2 * PERIOD);
	TK_EQ(slot(0)[SOUND], 7);
	teardown();
}

TK_CASE(capture_without_a_message_is_an_overrun)
{
	uint64_t lost;

	setup_capture();
	rx(0, 1, PERIOD);
	start(1);
	wait_ns(20 * MS);
	TK_EQ(stats(1).overruns, 1);
	rx(1, 1, PERIOD);
	wait_ns(2 * MS);
	lost = stats(1).lost;
	TK_EQ(lost % FRAME, 0);
	TK_CHECK(lost > PERIOD * 8 / 10 && lost < PERIOD * 13 / 10);
	wait_ns(9 * MS);
	expect_rx(0, PERIOD + 8, MSND_S_OK);
	expect_rx(1, PERIOD + 8, MSND_S_OK);
	expect_sound(1, 1, PERIOD + lost, PERIOD);
	wait_ns(10 * MS);
	TK_EQ(stats(1).overruns, 2);
	teardown();
}

TK_CASE(backend_bridges_a_late_message)
{
	uint64_t i;

	model_snd_config_qemu(&cfg);
	attach("virtio_pci");
	model_snd_capture_pattern(m, 1);
	prepare(1);
	rx(0, 1, PERIOD);
	start(1);
	wait_ns(15 * MS);
	expect_rx(0, PERIOD + 8, MSND_S_OK);
	for (i = 1; i < 6; i++) {
		rx(i, 1, PERIOD);
		wait_ns(10 * MS);
		expect_rx(i, PERIOD + 8, MSND_S_OK);
		expect_sound(i, 1, i * PERIOD, PERIOD);
	}
	TK_EQ(stats(1).overruns, 0);
	/* Ten ticks without one are more than the backend holds. */
	wait_ns(100 * MS);
	TK_EQ(stats(1).overruns, 1);
	TK_EQ(stats(1).lost, 10 * PERIOD - 512 * FRAME);
	teardown();
}

TK_CASE(xrun_event_comes_once_for_an_overrun)
{
	struct msnd_pcm_set_params p;

	model_snd_config_exact(&cfg);
	cfg.stream[1].features = MSND_PCM_F_EVT_XRUNS;
	attach("virtio_pci");
	event_buffer(8, 0, 8);
	event_buffer(9, 0, 8);
	p = params(1);
	p.features = htole32(MSND_PCM_F_EVT_XRUNS);
	TK_EQ(set_params(&p), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_PREPARE, 1), MSND_S_OK);
	start(1);
	wait_ns(MS);
	expect_event(8, MSND_EVT_PCM_XRUN, 1);
	wait_ns(100 * MS);
	TK_EQ(model_snd_stats(m).events_sent, 1);
	teardown();
}

TK_CASE(release_returns_what_was_captured)
{

	setup_capture();
	rx(0, 1, PERIOD);
	rx(1, 1, PERIOD);
	start(1);
	wait_ns(4 * MS);
	TK_EQ(command(MSND_R_PCM_STOP, 1), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_RELEASE, 1), MSND_S_OK);
	expect_rx(0, stats(1).captured + 8, MSND_S_OK);
	expect_sound(0, 1, 0, stats(1).captured);
	TK_CHECK(stats(1).captured > PERIOD / 3);
	expect_rx(1, 8, MSND_S_OK);
	TK_EQ(stats(1).flushed, 2);
	TK_EQ(illegal(), 0);
	teardown();
}

TK_CASE(status_can_follow_what_was_captured_as_on_qemu)
{
	struct msnd_pcm_status ps;
	struct done d;

	model_snd_config_exact(&cfg);
	cfg.rx_status_follows = true;
	attach("virtio_pci");
	model_snd_capture_pattern(m, 1);
	prepare(1);
	rx(0, 1, PERIOD);
	rx(1, 1, PERIOD);
	start(1);
	wait_ns(14 * MS);
	expect_rx(0, PERIOD + 8, MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_STOP, 1), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_RELEASE, 1), MSND_S_OK);
	d = done(RX);
	TK_EQ(d.slot, 1);
	TK_EQ(d.status, 0xa5a5a5a5);
	expect_sound(1, 1, PERIOD, d.len - 8);
	memcpy(&ps, slot(1) + SOUND + d.len - 8, sizeof(ps));
	TK_EQ(le32toh(ps.status), MSND_S_OK);
	/* An error is at the very beginning. */
	rx(2, 1, PERIOD);
	wait_ns(MS);
	d = done(RX);
	TK_EQ(d.len, 8);
	memcpy(&ps, slot(2) + SOUND, sizeof(ps));
	TK_EQ(le32toh(ps.status), MSND_S_BAD_MSG);
	teardown();
}

TK_CASE(stop_pauses_capture)
{
	uint64_t got;

	setup_capture();
	rx(0, 1, PERIOD);
	start(1);
	wait_ns(4 * MS);
	TK_EQ(command(MSND_R_PCM_STOP, 1), MSND_S_OK);
	got = stats(1).captured;
	wait_ns(100 * MS);
	TK_EQ(stats(1).captured, got);
	start(1);
	wait_ns(8 * MS);
	expect_rx(0, PERIOD + 8, MSND_S_OK);
	expect_sound(0, 1, 0, PERIOD);
	teardown();
}

TK_CASE(input_messages_can_be_made_to_fail)
{

	setup_capture();
	model_snd_fail_io(m, 1, 1);
	rx(0, 1, PERIOD);
	rx(1, 1, PERIOD);
	start(1);
	wait_ns(11 * MS);
	expect_rx(0, 8, MSND_S_IO_ERR);
	expect_rx(1, PERIOD + 8, MSND_S_OK);
	expect_sound(1, 1, 0, PERIOD);
	teardown();
}

TK_CASE(input_completions_can_be_held_back)
{
	struct msnd_pcm_hdr h = { htole32(MSND_R_PCM_RELEASE), htole32(1) };
	uint32_t len;

	setup_capture();
	rx(0, 1, PERIOD);
	model_snd_hold(m, MODEL_SND_VQ_RX, true);
	start(1);
	wait_ns(11 * MS);
	TK_EQ(done(RX).slot, -1);
	TK_EQ(command(MSND_R_PCM_STOP, 1), MSND_S_OK);
	post(&h, sizeof(h), 4);
	wait_ns(MS);
	TK_CHECK(virtqueue_dequeue(CTL, &len) == NULL);
	model_snd_hold(m, MODEL_SND_VQ_RX, false);
	wait_ns(MS);
	expect_rx(0, PERIOD + 8, MSND_S_OK);
	TK_CHECK(virtqueue_dequeue(CTL, &len) == mem);
	teardown();
}

TK_CASE(playback_and_capture_run_at_once)
{
	int i;

	setup_capture();
	prepare(0);
	for (i = 0; i < 4; i++) {
		tx(i, 0, PERIOD);
		rx(4 + i, 1, PERIOD);
	}
	start(0);
	start(1);
	wait_ns(41 * MS);
	for (i = 0; i < 4; i++) {
		expect_done(i, MSND_S_OK);
		expect_rx(4 + i, PERIOD + 8, MSND_S_OK);
		expect_sound(4 + i, 1, (uint64_t)i * PERIOD, PERIOD);
	}
	expect_played(0, 0, 0, 4 * PERIOD);
	teardown();
}

TK_CASE(polled_streams_need_no_notification)
{
	struct msnd_pcm_set_params p;
	struct sglist_seg segs[3];
	struct sglist sg;
	uint32_t id;

	model_snd_config_exact(&cfg);
	cfg.stream[0].features = MSND_PCM_F_ALL;
	attach("virtio_pci");
	p = params(0);
	p.features = htole32(MSND_PCM_F_SHMEM_GUEST);
	TK_EQ(set_params(&p), MSND_S_NOT_SUPP);
	p.features = htole32(MSND_PCM_F_MSG_POLLING | MSND_PCM_F_EVT_PERIODS);
	TK_EQ(set_params(&p), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_PREPARE, 0), MSND_S_OK);
	event_buffer(8, 0, 8);
	id = 0;
	memcpy(slot(0), &id, 4);
	sglist_init(&sg, 3, segs);
	append(&sg, slot(0), 4);
	append(&sg, slot(0) + PAYLOAD, PERIOD);
	append(&sg, slot(0) + STATUS, 8);
	TK_EQ(virtqueue_enqueue(TX, &cookies[0], &sg, 2, 1), 0);
	start(0);
	wait_ns(15 * MS);
	expect_done(0, MSND_S_OK);
	expect_event(8, MSND_EVT_PCM_PERIOD_ELAPSED, 0);
	TK_EQ(tk_virtio_stats(bus).kicks[MODEL_SND_VQ_TX], 0);
	teardown();
}

/*
 * Misbehaviour
 */

TK_CASE(faults_have_names_of_their_own)
{
	const struct model_snd_fault *f, *g;

	setup();
	for (f = model_snd_faults; f->name != NULL; f++) {
		TK_CHECK(f->text != NULL);
		TK_EQ(model_snd_faulted(m, f->name), 0);
		for (g = model_snd_faults; g != f; g++)
			TK_CHECK(strcmp(f->name, g->name) != 0);
	}
	teardown();
}

TK_CASE_STOPS(unknown_fault_panics, "no fault is called nonsense")
{

	setup();
	model_snd_fault(m, "nonsense", 1);
}

/* A fault that is taken back happens no more. */
TK_CASE(faults_can_be_taken_back)
{
	const struct model_snd_fault *f;
	uint64_t hits[128];

	setup_ctls(false);
	for (f = model_snd_faults; f->name != NULL; f++) {
		model_snd_fault(m, f->name, MODEL_SND_ALWAYS);
		model_snd_fault(m, f->name, 0);
		hits[f - model_snd_faults] = model_snd_faulted(m, f->name);
	}
	event_buffer(8, 0, 8);
	prepare(0);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	expect_done(0, MSND_S_OK);
	for (f = model_snd_faults; f->name != NULL; f++)
		TK_EQ(model_snd_faulted(m, f->name),
		    hits[f - model_snd_faults]);
	TK_EQ(tk_virtqueue_lies(), 0);
	teardown();
}

static void
expect_faulted(const char *name, uint64_t hits)
{

	TK_EQ(model_snd_faulted(m, name), hits);
}

TK_CASE(fault_counts_of_the_configuration)
{
	static const struct {
		const char *name;
		int off;
		uint32_t lie;
	} table[] = {
		{ "jacks-huge", 0, UINT32_MAX },
		{ "streams-huge", 4, UINT32_MAX },
		{ "streams-none", 4, 0 },
		{ "chmaps-huge", 8, UINT32_MAX },
		{ "ctls-huge", 12, UINT32_MAX },
	};
	uint32_t truth;
	u_int i;

	setup_ctls(false);
	for (i = 0; i < nitems(table); i++) {
		truth = virtio_read_dev_config_4(vtest_drv.dev, table[i].off);
		model_snd_fault(m, table[i].name, 1);
		/* Another field does not use it up. */
		(void)virtio_read_dev_config_4(vtest_drv.dev,
		    (table[i].off + 4) % 16);
		TK_EQ(virtio_read_dev_config_4(vtest_drv.dev, table[i].off),
		    table[i].lie);
		TK_EQ(virtio_read_dev_config_4(vtest_drv.dev, table[i].off),
		    truth);
		expect_faulted(table[i].name, 1);
	}
	/* It knows as many as it said. */
	TK_EQ(query(MSND_R_PCM_INFO, 100000, 100, 32, 3204), MSND_S_OK);
	TK_EQ(mem[RESPONSE + 4 + 24], 0);
	TK_EQ(mem[RESPONSE + 36 + 24], 1);
	TK_EQ(query(MSND_R_CTL_INFO, 5000, 30, 96, 2884), MSND_S_OK);
	TK_EQ(illegal(), 0);
	teardown();
}

/* A byte, le32 or le64 of the first record that a fault makes wrong. */
TK_CASE(fault_records)
{
	static const struct {
		const char *name;
		uint32_t code;
		uint32_t size;
		int off;
		int width;
		uint64_t lie;
	} table[] = {
		{ "pcm-channels-none", MSND_R_PCM_INFO, 32, 25, 1, 0 },
		{ "pcm-channels-none", MSND_R_PCM_INFO, 32, 26, 1, 0 },
		{ "pcm-channels-crossed", MSND_R_PCM_INFO, 32, 25, 1, 2 },
		{ "pcm-channels-crossed", MSND_R_PCM_INFO, 32, 26, 1, 1 },
		{ "pcm-channels-huge", MSND_R_PCM_INFO, 32, 26, 1, 255 },
		{ "pcm-direction-unknown", MSND_R_PCM_INFO, 32, 24, 1, 2 },
		{ "pcm-formats-unknown", MSND_R_PCM_INFO, 32, 8, 8,
		    ~0ull << 25 },
		{ "pcm-formats-none", MSND_R_PCM_INFO, 32, 8, 8, 0 },
		{ "pcm-rates-unknown", MSND_R_PCM_INFO, 32, 16, 8,
		    ~0ull << 16 },
		{ "pcm-rates-none", MSND_R_PCM_INFO, 32, 16, 8, 0 },
		{ "pcm-features-unknown", MSND_R_PCM_INFO, 32, 4, 4,
		    UINT32_MAX },
		{ "chmap-channels-huge", MSND_R_CHMAP_INFO, 24, 5, 1, 255 },
		{ "chmap-position-unknown", MSND_R_CHMAP_INFO, 24, 6, 1, 200 },
		{ "chmap-direction-unknown", MSND_R_CHMAP_INFO, 24, 4, 1, 7 },
		{ "ctl-role-unknown", MSND_R_CTL_INFO, 96, 4, 4, UINT32_MAX },
		{ "ctl-type-unknown", MSND_R_CTL_INFO, 96, 8, 4, 77 },
		{ "ctl-count-huge", MSND_R_CTL_INFO, 96, 16, 4, UINT32_MAX },
		{ "ctl-count-none", MSND_R_CTL_INFO, 96, 16, 4, 0 },
		{ "ctl-name-endless", MSND_R_CTL_INFO, 96, 67, 1, 'x' },
		{ "ctl-items-huge", MSND_R_CTL_INFO, 96, 72, 4, UINT32_MAX },
	};
	const char *p;
	uint64_t got, hits;
	u_int i;

	setup_everything();
	for (i = 0; i < nitems(table); i++) {
		hits = model_snd_faulted(m, table[i].name);
		model_snd_fault(m, table[i].name, 1);
		TK_EQ(query(table[i].code, 0, 1, table[i].size,
		    4 + table[i].size), MSND_S_OK);
		p = mem + RESPONSE + 4 + table[i].off;
		got = table[i].width == 1 ? (uint8_t)*p :
		    table[i].width == 4 ? le32dec(p) : le64dec(p);
		TK_EQ(got, table[i].lie);
		expect_faulted(table[i].name, hits + 1);
		TK_EQ(query(table[i].code, 0, 1, table[i].size,
		    4 + table[i].size), MSND_S_OK);
		got = table[i].width == 1 ? (uint8_t)*p :
		    table[i].width == 4 ? le32dec(p) : le64dec(p);
		TK_CHECK(got != table[i].lie);
	}
	TK_EQ(illegal(), 0);
	teardown();
}

TK_CASE(fault_information_not_supported)
{

	setup_everything();
	model_snd_fault(m, "jack-not-supp", 1);
	model_snd_fault(m, "chmap-not-supp", 1);
	model_snd_fault(m, "ctl-not-supp", 1);
	TK_EQ(query(MSND_R_JACK_INFO, 0, 1, 24, 28), MSND_S_NOT_SUPP);
	TK_EQ(query(MSND_R_CHMAP_INFO, 0, 1, 24, 28), MSND_S_NOT_SUPP);
	TK_EQ(query(MSND_R_CTL_INFO, 0, 1, 96, 100), MSND_S_NOT_SUPP);
	TK_EQ(query(MSND_R_JACK_INFO, 0, 1, 24, 28), MSND_S_OK);
	TK_EQ(query(MSND_R_CHMAP_INFO, 0, 1, 24, 28), MSND_S_OK);
	TK_EQ(query(MSND_R_CTL_INFO, 0, 1, 96, 100), MSND_S_OK);
	teardown();
}

TK_CASE(fault_channels_shrink_with_mono_as_on_qemu)
{
	struct msnd_pcm_set_params p;

	setup();
	model_snd_fault(m, "pcm-channels-shrink", 1);
	p = params(0);
	p.channels = 1;
	TK_EQ(set_params(&p), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_PREPARE, 0), MSND_S_OK);
	TK_EQ(query(MSND_R_PCM_INFO, 0, 1, 32, 36), MSND_S_OK);
	TK_EQ(mem[RESPONSE + 4 + 26], 1);
	/* Two are accepted all the same, and a reset changes nothing. */
	p.channels = 2;
	TK_EQ(set_params(&p), MSND_S_OK);
	virtio_stop(vtest_drv.dev);
	TK_EQ(virtio_reinit(vtest_drv.dev, vtest_drv.negotiated), 0);
	virtio_reinit_complete(vtest_drv.dev);
	TK_EQ(query(MSND_R_PCM_INFO, 0, 1, 32, 36), MSND_S_OK);
	TK_EQ(mem[RESPONSE + 4 + 26], 1);
	teardown();
}

TK_CASE(fault_control_values)
{

	setup_ctls(false);
	model_snd_fault(m, "item-name-endless", 1);
	TK_EQ(ctl(MSND_R_CTL_ENUM_ITEMS, SOURCE, NULL, 0, 4 + 3 * 64, NULL),
	    MSND_S_OK);
	TK_EQ(mem[RESPONSE + 4 + 63], 'x');
	model_snd_fault(m, "ctl-value-garbage", 1);
	TK_EQ(ctl(MSND_R_CTL_READ, SOURCE, NULL, 0, 516, NULL), MSND_S_OK);
	TK_EQ(le32dec(mem + RESPONSE + 4), UINT32_MAX);
	TK_EQ(model_snd_ctl_get(m, SOURCE, 0), 1);
	model_snd_fault(m, "tlv-length-huge", 1);
	TK_EQ(ctl(MSND_R_CTL_TLV_READ, VOLUME, NULL, 0, 512, NULL),
	    MSND_S_OK);
	TK_EQ(le32dec(mem + RESPONSE + 8), UINT32_MAX - 3);
	teardown();
}

/* SET_PARAMS under a fault: what is answered, and was it done? */
TK_CASE(fault_answers)
{
	static const struct {
		const char *name;
		uint32_t status;	/* 0: none was written */
		uint32_t used;
		bool done;
	} table[] = {
		{ "answer-empty", 0, 0, true },
		{ "answer-short", 0, 2, true },
		{ "answer-garbage", UINT32_MAX, 4, false },
		{ "answer-used-huge", MSND_S_OK, UINT32_MAX, true },
		{ "answer-twice", MSND_S_OK, 4, true },
		{ "status-unknown", 0x1234, 4, true },
		{ "status-ok-undone", MSND_S_OK, 4, false },
		{ "status-error-done", MSND_S_IO_ERR, 4, true },
	};
	struct msnd_pcm_set_params p;
	uint32_t used;
	u_int i;

	p = params(0);
	for (i = 0; i < nitems(table); i++) {
		setup();
		model_snd_fault(m, table[i].name, 1);
		TK_EQ(request(&p, sizeof(p), 4, &used), table[i].status);
		TK_EQ(used, table[i].used);
		TK_EQ(stats(0).state, table[i].done ? MODEL_SND_PARAMS_SET :
		    MODEL_SND_IDLE);
		expect_faulted(table[i].name, 1);
		/* A second completion must not be taken for the next. */
		TK_CHECK(virtqueue_dequeue(CTL, NULL) == NULL);
		TK_EQ(set_params(&p), MSND_S_OK);
		teardown();
	}
}

TK_CASE(fault_answer_without_its_records)
{
	struct msnd_query_info q = { htole32(MSND_R_PCM_INFO), 0, htole32(2),
	    htole32(32) };
	uint32_t used;

	setup();
	model_snd_fault(m, "answer-header-only", 1);
	/* One without records is not touched. */
	prepare(0);
	TK_EQ(request(&q, sizeof(q), 68, &used), MSND_S_OK);
	TK_EQ(used, 4);
	TK_EQ((uint8_t)mem[RESPONSE + 4], 0xa5);
	teardown();
}

TK_CASE(fault_answer_late_or_never)
{
	struct msnd_pcm_hdr h = { htole32(MSND_R_PCM_PREPARE), 0 };
	struct msnd_pcm_set_params p;
	uint32_t len;

	setup();
	p = params(0);
	TK_EQ(set_params(&p), MSND_S_OK);
	model_snd_fault(m, "answer-late", 1);
	post(&h, sizeof(h), 4);
	wait_ns(MODEL_SND_LATE_NS - 10 * MS);
	TK_CHECK(virtqueue_dequeue(CTL, &len) == NULL);
	wait_ns(20 * MS);
	TK_CHECK(virtqueue_dequeue(CTL, &len) == mem);
	model_snd_fault(m, "answer-never", 1);
	h.code = htole32(MSND_R_PCM_START);
	post(&h, sizeof(h), 4);
	wait_ns(1000 * MS);
	TK_CHECK(virtqueue_dequeue(CTL, &len) == NULL);
	TK_EQ(stats(0).state, MODEL_SND_PREPARED);
	TK_EQ(command(MSND_R_PCM_RELEASE, 0), MSND_S_OK);
	teardown();
}

TK_CASE(fault_answer_twice_is_a_lie)
{
	struct msnd_pcm_set_params p;
	uint64_t lies;

	setup();
	lies = tk_virtqueue_lies();
	model_snd_fault(m, "answer-twice", 1);
	p = params(0);
	TK_EQ(set_params(&p), MSND_S_OK);
	TK_CHECK(virtqueue_dequeue(CTL, NULL) == NULL);
	TK_EQ(tk_virtqueue_lies() - lies, 1);
	teardown();
}

TK_CASE(fault_release_keeps_messages)
{

	setup();
	prepare(0);
	tx(0, 0, PERIOD);
	model_snd_fault(m, "release-keeps", 1);
	TK_EQ(command(MSND_R_PCM_RELEASE, 0), MSND_S_OK);
	expect_none();
	TK_EQ(stats(0).pending, 1);
	teardown();
}

/* A message of stream 0 or 1, by number. */
static void
any_message(int i, uint32_t stream)
{

	if (stream == 0)
		tx(i, 0, PERIOD);
	else
		rx(i, 1, PERIOD);
}

/* Two messages under a fault that changes how the first is completed. */
TK_CASE(fault_completions)
{
	static const struct {
		const char *name;
		uint32_t len;		/* 0: as ever, or as rx */
		uint32_t status;
		uint32_t latency;
		uint64_t lies;
	} table[] = {
		{ "used-len-huge", UINT32_MAX, MSND_S_OK, 0, 1 },
		{ "used-len-beyond", PERIOD + 9, MSND_S_OK, 0, 1 },
		{ "used-len-short", 7, MSND_S_OK, 0, 0 },
		{ "used-len-none", 0, MSND_S_OK, 0, 0 },
		{ "used-twice", PERIOD + 8, MSND_S_OK, 0, 1 },
		{ "used-id-range", PERIOD + 8, MSND_S_OK, 0, 1 },
		{ "data-status-error", PERIOD + 8, MSND_S_IO_ERR, 0, 0 },
		{ "data-status-unknown", PERIOD + 8, 0xdeadbeef, 0, 0 },
		{ "data-latency-huge", PERIOD + 8, MSND_S_OK, UINT32_MAX, 0 },
	};
	struct virtqueue *vq;
	struct done d;
	uint32_t len, stream;
	uint64_t lies;
	u_int i;

	for (i = 0; i < 2 * nitems(table); i++) {
		stream = i & 1;
		setup();
		lies = tk_virtqueue_lies();
		vq = stream == 0 ? TX : RX;
		model_snd_fault(m, table[i / 2].name, 1);
		prepare(stream);
		any_message(0, stream);
		any_message(1, stream);
		start(stream);
		wait_ns(21 * MS);
		d = done(vq);
		len = table[i / 2].len;
		if (stream == 0 && len > PERIOD && len != UINT32_MAX)
			len -= PERIOD;
		TK_EQ(d.slot, 0);
		TK_EQ(d.len, len);
		TK_EQ(d.status, table[i / 2].status);
		TK_EQ(d.latency, table[i / 2].latency);
		d = done(vq);
		TK_EQ(d.slot, 1);
		TK_EQ(d.len, stream == 0 ? 8 : PERIOD + 8);
		TK_EQ(d.status, MSND_S_OK);
		TK_EQ(tk_virtqueue_lies() - lies, table[i / 2].lies);
		expect_faulted(table[i / 2].name, 1);
		teardown();
	}
}

TK_CASE(fault_completions_out_of_order)
{
	int i;

	setup();
	model_snd_fault(m, "used-order", 1);
	prepare(0);
	for (i = 0; i < 3; i++)
		tx(i, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	expect_none();
	wait_ns(10 * MS);
	expect_done(1, MSND_S_OK);
	expect_done(0, MSND_S_OK);
	/* With none behind it, RELEASE brings it. */
	model_snd_fault(m, "used-order", 1);
	wait_ns(10 * MS);
	expect_none();
	TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_RELEASE, 0), MSND_S_OK);
	expect_done(2, MSND_S_OK);
	teardown();
}

TK_CASE(fault_used_index_jumps)
{
	uint64_t lies;

	setup();
	lies = tk_virtqueue_lies();
	model_snd_fault(m, "used-index-jump", 1);
	prepare(0);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	while (done(TX).slot != -1)
		continue;
	TK_CHECK(tk_virtqueue_lies() > lies);
	expect_faulted("used-index-jump", 1);
	teardown();
}

TK_CASE(fault_completion_never_or_at_once)
{
	int i;

	setup();
	model_snd_fault(m, "data-instant", 2);
	prepare(1);
	rx(0, 1, PERIOD);
	prepare(0);
	tx(1, 0, PERIOD);
	wait_ns(MS);
	expect_rx(0, PERIOD + 8, MSND_S_OK);
	expect_done(1, MSND_S_OK);
	for (i = 0; i < PERIOD; i++)
		TK_EQ((uint8_t)slot(0)[SOUND + i], 0xa5);
	TK_EQ(stats(0).played, 0);
	model_snd_fault(m, "data-never", 1);
	tx(2, 0, PERIOD);
	tx(3, 0, PERIOD);
	start(0);
	wait_ns(21 * MS);
	expect_done(3, MSND_S_OK);
	TK_EQ(stats(0).played, 2 * PERIOD);
	expect_none();
	teardown();
}

TK_CASE(fault_events_come_by_themselves)
{
	static const struct {
		const char *name;
		uint32_t code;
		uint32_t data;
		uint32_t len;
	} table[] = {
		{ "event-code-unknown", 0xbeef, 0, 8 },
		{ "event-jack-range", MSND_EVT_JACK_CONNECTED, UINT32_MAX, 8 },
		{ "event-stream-range", MSND_EVT_PCM_XRUN, UINT32_MAX, 8 },
		{ "event-ctl-range", MSND_EVT_CTL_NOTIFY, UINT32_MAX, 8 },
		{ "event-short", MSND_EVT_JACK_CONNECTED, 0, 4 },
		{ "event-used-huge", MSND_EVT_JACK_CONNECTED, 0, UINT32_MAX },
		{ "event-storm", MSND_EVT_PCM_XRUN, 0, 8 },
	};
	uint32_t len;
	u_int i;

	setup();
	for (i = 0; i < nitems(table); i++) {
		model_snd_fault(m, table[i].name, 1);
		event_buffer(0, 0, 8);
		event_buffer(1, 0, 8);
		TK_CHECK(virtqueue_dequeue(EVENT, &len) == &cookies[0]);
		TK_EQ(len, table[i].len);
		TK_EQ(le32dec(slot(0) + PAYLOAD), table[i].code);
		TK_EQ(le32dec(slot(0) + PAYLOAD + 4), table[i].data);
		TK_CHECK(virtqueue_dequeue(EVENT, &len) == NULL);
		expect_faulted(table[i].name, 1);
		/* The other one. */
		TK_CHECK(model_snd_event(m, MSND_EVT_PCM_XRUN, 0));
		TK_CHECK(virtqueue_dequeue(EVENT, &len) == &cookies[1]);
	}
	teardown();
}

TK_CASE(fault_storm_takes_every_buffer_and_time_goes_on)
{
	uint32_t len;
	int i;

	setup();
	model_snd_fault(m, "event-storm", MODEL_SND_ALWAYS);
	for (i = 0; i < 10; i++) {
		event_buffer(0, 0, 8);
		TK_CHECK(virtqueue_dequeue(EVENT, &len) == &cookies[0]);
	}
	expect_faulted("event-storm", 10);
	teardown();
}

TK_CASE(fault_features_refused)
{

	model_snd_config_exact(&cfg);
	m = model_snd_new(&cfg);
	model_snd_fault(m, "features-refused", MODEL_SND_ALWAYS);
	vtest_driver_init();
	vtest_drv.nvqs = MODEL_SND_NVQ;
	TK_CHECK(tk_virtio_attach("virtio_pci", &model_snd_ops, m,
	    VIRTIO_ID_SOUND, NULL) == NULL);
	TK_CHECK(model_snd_faulted(m, "features-refused") > 0);
	model_snd_free(m);
}

TK_CASE(fault_ends_at_a_request)
{
	struct msnd_pcm_hdr h = { htole32(MSND_R_PCM_PREPARE), 0 };
	uint32_t len;
	int unplug;

	for (unplug = 0; unplug < 2; unplug++) {
		setup();
		model_snd_fault(m, unplug ? "unplug-request" :
		    "needs-reset-request", 1);
		post(&h, sizeof(h), 4);
		wait_ns(10 * MS);
		TK_CHECK(virtqueue_dequeue(CTL, &len) == NULL);
		TK_EQ(vtest_drv.config_changes, unplug ? 0 : 1);
		TK_CHECK((model_snd_ops.status(m) &
		    VIRTIO_CONFIG_S_NEEDS_RESET) != 0);
		TK_EQ(model_snd_ops.status(m) == 0xff, unplug);
		teardown();
	}
}

TK_CASE(fault_ends_at_a_completion)
{
	int i, unplug;

	for (unplug = 0; unplug < 2; unplug++) {
		setup_capture();
		model_snd_fault(m, unplug ? "unplug-data" :
		    "needs-reset-data", 1);
		prepare(0);
		for (i = 0; i < 4; i++) {
			tx(i, 0, PERIOD);
			rx(4 + i, 1, PERIOD);
		}
		start(0);
		start(1);
		wait_ns(50 * MS);
		expect_none();
		TK_EQ(done(RX).slot, -1);
		TK_EQ(vtest_drv.config_changes, unplug ? 0 : 1);
		TK_EQ(model_snd_ops.status(m) == 0xff, unplug);
		teardown();
	}
}

TK_CASE(fault_interrupts_lost_and_spurious)
{

	setup();
	prepare(0);
	TK_EQ(virtqueue_enable_intr(TX), 0);
	model_snd_fault(m, "intr-lost", 1);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	expect_done(0, MSND_S_OK);
	TK_EQ(vtest_drv.intrs[MODEL_SND_VQ_TX], 0);
	expect_faulted("intr-lost", 1);
	model_snd_fault(m, "intr-spurious", 1);
	wait_ns(MS);
	TK_EQ(tk_virtio_stats(bus).shared_interrupts, 1);
	expect_faulted("intr-spurious", 1);
	teardown();
}

/*
 * Interrupts, rings, reset
 */

TK_CASE(completions_interrupt_the_queue_that_wants_it)
{

	model_snd_config_exact(&cfg);
	cfg.intr_shared = false;
	attach("virtio_pci");
	prepare(0);
	TK_EQ(virtqueue_enable_intr(TX), 0);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	TK_EQ(vtest_drv.intrs[MODEL_SND_VQ_TX], 1);
	TK_EQ(vtest_drv.intrs[MODEL_SND_VQ_CTL], 0);
	TK_EQ(tk_virtio_stats(bus).interrupts[MODEL_SND_VQ_TX], 1);
	expect_done(0, MSND_S_OK);
	teardown();
}

TK_CASE(shared_vector_interrupts_once_for_all_queues)
{

	setup();
	prepare(0);
	TK_EQ(virtqueue_enable_intr(TX), 0);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	TK_EQ(tk_virtio_stats(bus).shared_interrupts, 1);
	TK_EQ(vtest_drv.intrs[MODEL_SND_VQ_TX], 1);
	expect_done(0, MSND_S_OK);
	teardown();
}

TK_CASE(message_that_nobody_announced_is_not_seen)
{
	struct sglist_seg segs[3];
	struct sglist sg;
	uint32_t id;

	setup();
	prepare(0);
	id = 0;
	memcpy(slot(0), &id, 4);
	sglist_init(&sg, 3, segs);
	append(&sg, slot(0), 4);
	append(&sg, slot(0) + PAYLOAD, 64);
	append(&sg, slot(0) + STATUS, 8);
	TK_EQ(virtqueue_enqueue(TX, &cookies[0], &sg, 2, 1), 0);
	/* Not even when something else wakes the device. */
	TK_EQ(query(MSND_R_PCM_INFO, 0, 2, 32, 68), MSND_S_OK);
	wait_ns(MS);
	TK_EQ(stats(0).pending, 0);
	virtqueue_notify(TX);
	wait_ns(MS);
	TK_EQ(stats(0).pending, 1);
	teardown();
}

TK_CASE(broken_ring_needs_a_reset)
{
	struct vring_avail *avail;

	setup();
	prepare(0);
	avail = tk_ram_ptr(virtqueue_avail_paddr(TX), sizeof(*avail));
	avail->idx = htole16(100);
	model_snd_ops.notify(m, MODEL_SND_VQ_TX);
	wait_ns(MS);
	TK_EQ(illegal(), 1);
	TK_CHECK((model_snd_ops.status(m) & VIRTIO_CONFIG_S_NEEDS_RESET) !=
	    0);
	virtio_stop(vtest_drv.dev);
	TK_EQ(model_snd_ops.status(m), 0);
	TK_EQ(virtio_reinit(vtest_drv.dev, vtest_drv.negotiated), 0);
	virtio_reinit_complete(vtest_drv.dev);
	prepare(0);
	teardown();
}

TK_CASE(needs_reset_is_told_and_recovered_from)
{
	int last = 0;

	setup();
	prepare(0);
	tx(0, 0, PERIOD);
	start(0);
	model_snd_needs_reset(m);
	wait_ns(20 * MS);
	TK_EQ(vtest_drv.config_changes, 1);
	TK_EQ(tk_virtio_stats(bus).config_interrupts, 1);
	TK_CHECK((model_snd_ops.status(m) & VIRTIO_CONFIG_S_NEEDS_RESET) !=
	    0);
	expect_none();
	TK_CHECK(!model_snd_event(m, MSND_EVT_PCM_XRUN, 0));
	virtio_stop(vtest_drv.dev);
	TK_EQ(model_snd_ops.status(m), 0);
	TK_CHECK(virtqueue_drain(TX, &last) == &cookies[0]);
	TK_EQ(virtio_reinit(vtest_drv.dev, vtest_drv.negotiated), 0);
	virtio_reinit_complete(vtest_drv.dev);
	prepare(0);
	tx(1, 0, PERIOD);
	start(0);
	wait_ns(11 * MS);
	expect_done(1, MSND_S_OK);
	teardown();
}

TK_CASE(unplugged_device_reads_as_ones_and_is_silent)
{
	int i;

	setup_capture();
	prepare(0);
	TK_EQ(virtqueue_enable_intr(TX), 0);
	for (i = 0; i < 4; i++) {
		tx(i, 0, PERIOD);
		rx(4 + i, 1, PERIOD);
	}
	start(0);
	start(1);
	wait_ns(5 * MS);
	model_snd_unplug(m);
	i = vtest_drv.intrs[MODEL_SND_VQ_TX];
	/* Of the message that was being filled, nothing more is written. */
	memset(slot(4) + SOUND, 0, PERIOD);
	TK_EQ(model_snd_ops.status(m), 0xff);
	TK_EQ(model_snd_ops.features(m), UINT64_MAX);
	TK_EQ(model_snd_ops.generation(m), 0xff);
	TK_EQ(virtio_read_dev_config_4(vtest_drv.dev, 4), UINT32_MAX);
	TK_EQ(virtio_read_dev_config_4(vtest_drv.dev, 12), UINT32_MAX);
	model_snd_ops.notify(m, MODEL_SND_VQ_TX);
	TK_CHECK(!model_snd_event(m, MSND_EVT_PCM_XRUN, 0));
	model_snd_needs_reset(m);
	wait_ns(100 * MS);
	TK_EQ(done(TX).slot, -1);
	TK_EQ(done(RX).slot, -1);
	TK_EQ(vtest_drv.intrs[MODEL_SND_VQ_TX], i);
	TK_EQ(vtest_drv.config_changes, 0);
	for (i = 0; i < PERIOD; i++)
		TK_EQ(slot(4)[SOUND + i], 0);
	/* Not even a reset brings it back. */
	model_snd_ops.set_status(m, 0);
	TK_EQ(model_snd_ops.status(m), 0xff);
	TK_EQ(model_snd_ops.queue_enable(m, 0, 64, 0, 0, 0), ENXIO);
	TK_EQ(illegal(), 0);
	teardown();
}

TK_CASE(reset_forgets_everything_but_what_was_played)
{
	int i, last;

	setup_qemu(1024, 512);
	prepare(0);
	for (i = 0; i < 4; i++)
		tx(i, 0, PERIOD);
	start(0);
	wait_ns(31 * MS);
	virtio_stop(vtest_drv.dev);
	TK_EQ(stats(0).state, MODEL_SND_IDLE);
	TK_EQ(stats(0).pending, 0);
	TK_EQ(stats(0).played, 2 * PERIOD);
	last = 0;
	while (virtqueue_drain(TX, &last) != NULL)
		continue;
	wait_ns(50 * MS);
	TK_EQ(stats(0).played, 2 * PERIOD);

	/* It starts anew and goes on recording. */
	TK_EQ(virtio_reinit(vtest_drv.dev, vtest_drv.negotiated), 0);
	virtio_reinit_complete(vtest_drv.dev);
	sent = 2 * PERIOD;
	prepare(0);
	tx(0, 0, PERIOD);
	start(0);
	wait_ns(31 * MS);
	expect_done(0, MSND_S_OK);
	expect_played(0, 0, 0, 3 * PERIOD);
	TK_EQ(illegal(), 0);
	teardown();
}

/*
 * In real time, and many times
 */

TK_CASE_THREADED(periods_play_in_real_time)
{
	int i, next;

	setup();
	prepare(0);
	for (i = 0; i < 4; i++)
		tx(i, 0, PERIOD);
	start(0);
	for (next = 0; next < 20; ) {
		if (done(TX).slot == -1) {
			wait_ns(MS);
			continue;
		}
		tx(next++ % 4, 0, PERIOD);
	}
	TK_EQ(command(MSND_R_PCM_STOP, 0), MSND_S_OK);
	TK_EQ(command(MSND_R_PCM_RELEASE, 0), MSND_S_OK);
	TK_CHECK(stats(0).played >= 20 * PERIOD);
	expect_played(0, 0, 0, 20 * PERIOD);
	TK_EQ(illegal(), 0);
	TK_EQ(tk_virtqueue_lies(), 0);
	teardown();
}

TK_CASE_THREADED(device_is_pulled_out_in_real_time)
{
	int i, n;

	for (n = 0; n < 10; n++) {
		setup_capture();
		prepare(0);
		for (i = 0; i < 4; i++) {
			tx(i, 0, 64 * FRAME);
			rx(4 + i, 1, 64 * FRAME);
		}
		start(0);
		start(1);
		wait_ns(n * MS / 2);
		model_snd_unplug(m);
		for (i = 0; i < 8; i++)
			memset(slot(i), 0, PAGE_SIZE);
		wait_ns(2 * MS);
		for (i = 0; i < 8 * PAGE_SIZE; i++)
			TK_EQ(slot(0)[i], 0);
		teardown();
	}
}

TK_CASE(device_comes_and_goes_a_hundred_times)
{
	int i;

	for (i = 0; i < 100; i++) {
		model_snd_config_qemu(&cfg);
		attach(i % 2 == 0 ? "virtio_pci" : "virtio_mmio");
		prepare(0);
		tx(0, 0, PERIOD);
		start(0);
		if (i % 3 == 0)
			wait_ns(21 * MS);
		teardown();
	}
}

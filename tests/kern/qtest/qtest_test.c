/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * QEMU's virtio-sound without a driver and without the kernel: queues are laid
 * out by hand in the shared guest memory, and the sound is compared with the
 * file that QEMU writes.  Also what happens if QEMU is missing, is unfit, or
 * dies.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>

#include <dev/virtio/virtio_config.h>
#include <dev/virtio/virtio_ring.h>

#include "qtest.h"
#include "tk_host.h"
#include "tk_test.h"
#include "wav.h"

/* From the host's libc, to kill QEMU. */
int	kill(int pid, int sig);
#define	HOST_SIGKILL	9

#define	WAV_FILE	"qtest_test.wav"

enum { CTL, EVENT, TX, RX, NQUEUES };

/* Control requests and statuses of virtio-sound. */
#define	SND_PCM_SET_PARAMS	0x0101
#define	SND_PCM_PREPARE		0x0102
#define	SND_PCM_RELEASE		0x0103
#define	SND_PCM_START		0x0104
#define	SND_PCM_STOP		0x0105
#define	SND_OK			0x8000

/* The last of the lines about errors. */
static char last_line[512];

static void
keep_line(const char *line)
{

	strlcpy(last_line, line, sizeof(last_line));
}

static bool
line_has(const char *text)
{

	return (strstr(last_line, text) != NULL);
}

/*
 * Queues by hand
 */

struct rawq {
	struct vring	 ring;
	uint16_t	 index;
	uint16_t	 next_desc;	/* free descriptor, used in turn */
	uint16_t	 seen;		/* used entries taken */
};

static struct {
	struct tk_qtest	*q;
	struct tk_qtest_ram ram;
	size_t		 used;		/* of ram, from its start */
	struct rawq	 vq[NQUEUES];
} rig;

static void *
ram_alloc(size_t len)
{
	void *p;

	p = (uint8_t *)rig.ram.base + rig.used;
	rig.used += roundup2(len, 4096);
	TK_CHECK(rig.used <= rig.ram.size);
	memset(p, 0, len);
	return (p);
}

static uint64_t
paddr(const void *p)
{

	return (rig.ram.paddr + ((const uint8_t *)p -
	    (const uint8_t *)rig.ram.base));
}

static void
queue_setup(uint16_t i)
{
	struct rawq *vq;
	uint16_t n;

	vq = &rig.vq[i];
	memset(vq, 0, sizeof(*vq));
	vq->index = i;
	/* Versions of QEMU differ: 64 at first, 1024 since 10.0.13. */
	n = tk_qtest_ops.queue_size(rig.q, i);
	TK_CHECK(n >= 64 && powerof2(n));
	vring_init(&vq->ring, n, ram_alloc(vring_size(n, 4096)), 4096);
	TK_EQ(tk_qtest_ops.queue_enable(rig.q, i, n, paddr(vq->ring.desc),
	    paddr(vq->ring.avail), paddr(vq->ring.used)), 0);
}

static void
rig_open(const struct tk_qtest_config *c)
{
	const struct tk_virtio_ops *ops = &tk_qtest_ops;
	int error;
	int i;

	memset(&rig, 0, sizeof(rig));
	error = tk_qtest_open(c, &rig.q);
	if (error == ENOENT || error == ENODEV)
		TK_SKIP("needs QEMU with virtio-sound");
	TK_EQ(error, 0);
	rig.ram = tk_qtest_ram(rig.q);
	ops->set_status(rig.q, 0);
	ops->set_status(rig.q, VIRTIO_CONFIG_STATUS_ACK |
	    VIRTIO_CONFIG_STATUS_DRIVER);
	TK_EQ(ops->set_features(rig.q, VIRTIO_F_VERSION_1), 0);
	ops->set_status(rig.q, VIRTIO_CONFIG_STATUS_ACK |
	    VIRTIO_CONFIG_STATUS_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK);
	TK_CHECK((ops->status(rig.q) & VIRTIO_CONFIG_S_FEATURES_OK) != 0);
	TK_EQ(ops->setup_intr(rig.q), 0);
	TK_EQ(ops->queue_count(rig.q), NQUEUES);
	for (i = 0; i < NQUEUES; i++)
		queue_setup(i);
	ops->set_status(rig.q, ops->status(rig.q) |
	    VIRTIO_CONFIG_STATUS_DRIVER_OK);
}

static void
rig_close(void)
{

	tk_qtest_ops.set_status(rig.q, 0);
	tk_qtest_ops.teardown_intr(rig.q);
	TK_EQ(tk_qtest_close(rig.q), 0);
}

static uint16_t
add_desc(struct rawq *vq, void *p, uint32_t len, uint16_t flags)
{
	struct vring_desc *d;
	uint16_t i;

	i = vq->next_desc;
	vq->next_desc = (i + 1) % vq->ring.num;
	d = &vq->ring.desc[i];
	d->addr = paddr(p);
	d->len = len;
	d->flags = flags;
	d->next = vq->next_desc;
	return (i);
}

static void
publish(struct rawq *vq, uint16_t head)
{
	struct vring_avail *a;

	a = vq->ring.avail;
	a->ring[a->idx % vq->ring.num] = head;
	__atomic_store_n(&a->idx, a->idx + 1, __ATOMIC_RELEASE);
	tk_qtest_ops.notify(rig.q, vq->index);
}

/* Take one completion; waits at most five seconds. */
static void
take(struct rawq *vq)
{
	int i;

	for (i = 0; __atomic_load_n(&vq->ring.used->idx, __ATOMIC_ACQUIRE) ==
	    vq->seen; i++) {
		TK_CHECK(i < 5000);
		tkh_sleep_ns(1000000);
	}
	vq->seen++;
}

/* A control request and its answer. */
static uint32_t
request(const void *req, size_t len)
{
	static uint8_t *page;
	struct rawq *vq;
	uint16_t head;

	vq = &rig.vq[CTL];
	page = ram_alloc(4096);
	memcpy(page, req, len);
	head = add_desc(vq, page, len, VRING_DESC_F_NEXT);
	add_desc(vq, page + 2048, 4, VRING_DESC_F_WRITE);
	publish(vq, head);
	take(vq);
	return (*(uint32_t *)(void *)(page + 2048));
}

static uint32_t
stream_request(uint32_t code)
{
	const uint32_t req[2] = { code, 0 };

	return (request(req, sizeof(req)));
}

/*
 * Playing
 */

struct sound {
	uint8_t		 format;	/* virtio's codes */
	uint8_t		 rate;
	uint8_t		 channels;
	uint32_t	 hz;
	uint32_t	 sample_bytes;
	uint8_t		 silence;
	enum tk_qtest_wav wav;
	uint32_t	 frames;
};

static void
prepare(const struct sound *s, uint32_t period)
{
	struct {
		uint32_t code, stream, buffer, period, features;
		uint8_t channels, format, rate, zero;
	} set = {
		.code = SND_PCM_SET_PARAMS, .buffer = 4 * period,
		.period = period, .channels = s->channels,
		.format = s->format, .rate = s->rate
	};

	TK_EQ(request(&set, sizeof(set)), SND_OK);
	TK_EQ(stream_request(SND_PCM_PREPARE), SND_OK);
}

/* One message: header, samples, status. */
static void
send_period(uint8_t *meta, uint8_t *samples, uint32_t len)
{
	struct rawq *vq;
	uint16_t head;

	vq = &rig.vq[TX];
	head = add_desc(vq, meta, 4, VRING_DESC_F_NEXT);
	add_desc(vq, samples, len, VRING_DESC_F_NEXT);
	add_desc(vq, meta + 8, 8, VRING_DESC_F_WRITE);
	publish(vq, head);
}

/* Play it in periods of 10 ms, four of them in flight. */
static void
play(const struct sound *s, uint8_t *samples, size_t len)
{
	uint8_t *meta;
	size_t period, sent;
	int inflight;

	period = s->hz / 100 * s->channels * s->sample_bytes;
	meta = ram_alloc(4096);
	prepare(s, period);
	inflight = 0;
	for (sent = 0; sent < len; sent += period) {
		if (inflight == 4) {
			if (sent == 4 * period)
				TK_EQ(stream_request(SND_PCM_START), SND_OK);
			take(&rig.vq[TX]);
			inflight--;
		}
		send_period(meta, samples + sent, MIN(period, len - sent));
		inflight++;
	}
	for (; inflight > 0; inflight--)
		take(&rig.vq[TX]);
	/*
	 * A completed period may not be played yet, and STOP would discard it.
	 */
	tkh_sleep_ns(200000000);
	TK_EQ(stream_request(SND_PCM_STOP), SND_OK);
	TK_EQ(stream_request(SND_PCM_RELEASE), SND_OK);
}

/* Every byte value occurs, in no order.  The first sample is not silence. */
static void
fill(uint8_t *p, size_t len, uint8_t silence)
{
	uint32_t x;
	size_t i;

	for (i = 0, x = 1; i < len; i++) {
		x = x * 1664525 + 1013904223;
		p[i] = x >> 24;
	}
	memset(p, silence ^ 0x55, 16);
}

/* QEMU's mixer copies the one channel to two. */
static uint8_t *
expect(const struct sound *s, const uint8_t *samples, size_t *len)
{
	uint8_t *both;
	size_t i, width;

	width = s->sample_bytes;
	both = tkh_alloc(2 * *len, 0);
	if (s->channels == 2 || s->wav == TK_QTEST_WAV_RAW) {
		memcpy(both, samples, *len);
		return (both);
	}
	for (i = 0; i < *len; i += width) {
		memcpy(both + 2 * i, samples + i, width);
		memcpy(both + 2 * i + width, samples + i, width);
	}
	*len *= 2;
	return (both);
}

/* The file must hold these bytes with silence around them, and nothing else. */
static void
check_file(uint8_t silence, const uint8_t *samples, size_t len)
{
	struct wav w;
	size_t i, start;

	TK_EQ(wav_map(WAV_FILE, &w), 0);
	for (start = 0; start < w.len && w.samples[start] == silence;)
		start++;
	TK_CHECK(w.len - start >= len);
	TK_EQ(memcmp(w.samples + start, samples, len), 0);
	for (i = start + len; i < w.len && w.samples[i] == silence;)
		i++;
	TK_EQ(i, w.len);
	wav_unmap(&w);
}

static void
play_and_compare(const struct sound *s)
{
	const struct tk_qtest_config c = {
		.wav = WAV_FILE, .wav_format = s->wav, .wav_rate = s->hz
	};
	uint8_t *expected, *samples;
	size_t len;

	rig_open(&c);
	len = (size_t)s->frames * s->channels * s->sample_bytes;
	samples = ram_alloc(len);
	fill(samples, len, s->silence);
	play(s, samples, len);
	/* At least one interrupt a request, often one a period. */
	TK_CHECK(tk_qtest_stats(rig.q).messages >= 5);
	expected = expect(s, samples, &len);
	rig_close();
	check_file(s->silence, expected, len);
	tkh_free(expected);
}

TK_CASE_UNBOOTED(qemu_plays_16_bit_stereo_bit_for_bit)
{

	play_and_compare(&(struct sound){ .format = 5, .rate = 7, .hz = 48000,
	    .channels = 2, .sample_bytes = 2, .wav = TK_QTEST_WAV_S16,
	    .frames = 48000 });
}

TK_CASE_UNBOOTED(qemu_plays_16_bit_mono_bit_for_bit)
{

	play_and_compare(&(struct sound){ .format = 5, .rate = 6, .hz = 44100,
	    .channels = 1, .sample_bytes = 2, .wav = TK_QTEST_WAV_S16,
	    .frames = 22050 });
}

TK_CASE_UNBOOTED(qemu_plays_signed_8_bit_bit_for_bit)
{

	play_and_compare(&(struct sound){ .format = 3, .rate = 1, .hz = 8000,
	    .channels = 2, .sample_bytes = 1, .wav = TK_QTEST_WAV_S8,
	    .frames = 4000 });
}

TK_CASE_UNBOOTED(qemu_plays_unsigned_8_bit_bit_for_bit)
{

	play_and_compare(&(struct sound){ .format = 4, .rate = 4, .hz = 22050,
	    .channels = 1, .sample_bytes = 1, .silence = 0x80,
	    .wav = TK_QTEST_WAV_U8, .frames = 11025 });
}

TK_CASE_UNBOOTED(qemu_plays_32_bit_mono_bit_for_bit_around_its_mixer)
{

	play_and_compare(&(struct sound){ .format = 17, .rate = 6, .hz = 44100,
	    .channels = 1, .sample_bytes = 4, .wav = TK_QTEST_WAV_RAW,
	    .frames = 22050 });
}

TK_CASE_UNBOOTED(qemu_plays_32_bit_stereo_bit_for_bit_around_its_mixer)
{

	play_and_compare(&(struct sound){ .format = 17, .rate = 7, .hz = 48000,
	    .channels = 2, .sample_bytes = 4, .wav = TK_QTEST_WAV_RAW,
	    .frames = 12000 });
}

/*
 * The device
 */

TK_CASE_UNBOOTED(two_vectors_are_shared_by_all_queues)
{
	const struct tk_qtest_config c = { .vectors = 2 };

	rig_open(&c);
	TK_CHECK(tk_qtest_ops.intr_shared(rig.q));
	TK_EQ(stream_request(SND_PCM_PREPARE), SND_OK);
	tkh_sleep_ns(20000000);
	TK_EQ(tk_qtest_stats(rig.q).messages, 1);
	rig_close();
}

TK_CASE_UNBOOTED(a_request_is_answered_by_a_message_of_its_queue)
{
	const struct tk_qtest_config c = { .streams = 3 };
	struct tk_qtest_stats before, after;
	uint32_t streams;

	rig_open(&c);
	TK_CHECK(!tk_qtest_ops.intr_shared(rig.q));
	tk_qtest_ops.read_config(rig.q, 4, &streams, sizeof(streams));
	TK_EQ(streams, 3);
	before = tk_qtest_stats(rig.q);
	TK_EQ(stream_request(SND_PCM_PREPARE), SND_OK);
	tkh_sleep_ns(20000000);
	after = tk_qtest_stats(rig.q);
	TK_EQ(after.messages - before.messages, 1);
	TK_EQ(after.kicks - before.kicks, 1);
	rig_close();
}

TK_CASE_UNBOOTED(a_feature_that_is_not_offered_is_refused)
{
	const struct tk_qtest_config c = { .report = keep_line };

	rig_open(&c);
	TK_EQ(tk_qtest_ops.set_features(rig.q, VIRTIO_F_VERSION_1 | 1), EINVAL);
	TK_CHECK(line_has("features 0x1 are refused"));
	rig_close();
}

TK_CASE_UNBOOTED(registers_beyond_the_configuration_read_as_ones)
{
	const struct tk_qtest_config c = { .report = keep_line };
	uint32_t value;

	rig_open(&c);
	value = 0;
	tk_qtest_ops.read_config(rig.q, 4096, &value, sizeof(value));
	TK_EQ(value, UINT32_MAX);
	rig_close();
}

TK_CASE_UNBOOTED(the_monitor_answers_a_command)
{
	const struct tk_qtest_config c = {
		.monitor = true, .report = keep_line
	};
	char answer[64];

	rig_open(&c);
	TK_EQ(tk_qtest_command(rig.q, "{\"execute\": \"query-version\"}",
	    answer, sizeof(answer)), 0);
	TK_CHECK(strstr(answer, "{\"return\": {") == answer);
	TK_EQ(tk_qtest_command(rig.q, "{\"execute\": \"query-status\"}",
	    NULL, 0), 0);
	TK_EQ(tk_qtest_command(rig.q, "{\"execute\": \"fly\"}", NULL, 0),
	    EINVAL);
	TK_CHECK(line_has("QEMU refuses the command"));
	TK_CHECK(line_has("CommandNotFound"));
	rig_close();
}

TK_CASE_UNBOOTED(a_command_needs_a_monitor)
{
	const struct tk_qtest_config c = { .report = keep_line };

	rig_open(&c);
	TK_EQ(tk_qtest_command(rig.q, "{\"execute\": \"query-version\"}",
	    NULL, 0), EINVAL);
	TK_CHECK(line_has("set .monitor"));
	rig_close();
}

/*
 * Errors
 */

static void
check_open_fails(const struct tk_qtest_config *c, int error, const char *text)
{
	struct tk_qtest *q;

	last_line[0] = '\0';
	TK_EQ(tk_qtest_open(c, &q), error);
	TK_CHECK(q == NULL);
	if (!line_has(text))
		tk_test_fail(__FILE__, __LINE__, "\"%s\" lacks \"%s\"",
		    last_line, text);
}

static void
require_qemu(void)
{
	const struct tk_qtest_config c = { .report = keep_line };
	struct tk_qtest *q;

	if (tk_qtest_open(&c, &q) != 0)
		TK_SKIP("needs QEMU with virtio-sound");
	TK_EQ(tk_qtest_close(q), 0);
}

TK_CASE_UNBOOTED(a_missing_qemu_is_named)
{
	const struct tk_qtest_config c = {
		.qemu = "/nonexistent/qemu", .report = keep_line
	};

	check_open_fails(&c, ENOENT, "there is no /nonexistent/qemu");
}

TK_CASE_UNBOOTED(another_program_is_not_qemu)
{
	const struct tk_qtest_config c = {
		.qemu = "true", .report = keep_line
	};

	check_open_fails(&c, ENODEV, "true is not QEMU");
}

TK_CASE_UNBOOTED(a_file_that_qemu_cannot_write_is_named)
{
	const struct tk_qtest_config c = {
		.wav = "/nonexistent/a,b.wav", .report = keep_line
	};

	require_qemu();
	check_open_fails(&c, EACCES, "cannot write /nonexistent/a,b.wav");
}

TK_CASE_UNBOOTED(a_device_that_qemu_refuses_is_reported_in_its_words)
{
	const struct tk_qtest_config c = {
		.streams = 100, .report = keep_line
	};

	require_qemu();
	check_open_fails(&c, EPIPE, "QEMU is gone: ");
	TK_CHECK(line_has("streams"));
}

TK_CASE_UNBOOTED(guest_memory_beyond_four_gigabytes_is_refused)
{
	const struct tk_qtest_config c = {
		.ram_size = (size_t)1 << 32, .report = keep_line
	};

	check_open_fails(&c, EINVAL, "below 4 GiB");
}

TK_CASE_UNBOOTED(the_death_of_qemu_is_reported_once_and_nothing_hangs)
{
	const struct tk_qtest_config c = { .report = keep_line };
	uint32_t value;
	int pid;

	rig_open(&c);
	pid = tk_qtest_pid(rig.q);
	TK_CHECK(pid > 0);
	TK_EQ(kill(pid, HOST_SIGKILL), 0);
	TK_EQ(tk_qtest_ops.status(rig.q), 0xff);
	TK_CHECK(line_has("killed by signal 9"));
	last_line[0] = '\0';
	value = 0;
	tk_qtest_ops.read_config(rig.q, 4, &value, sizeof(value));
	TK_EQ(value, UINT32_MAX);
	tk_qtest_ops.notify(rig.q, CTL);
	tk_qtest_ops.set_status(rig.q, 0);
	TK_EQ(tk_qtest_ops.queue_enable(rig.q, 0, 64, 0, 0, 0), EPIPE);
	tk_qtest_ops.teardown_intr(rig.q);
	TK_STREQ(last_line, "");
	TK_EQ(tk_qtest_close(rig.q), EPIPE);
	TK_CHECK(kill(pid, 0) != 0);
}

TK_CASE_UNBOOTED(the_watcher_notices_the_death_of_qemu)
{
	const struct tk_qtest_config c = { .report = keep_line };
	int i, pid;

	rig_open(&c);
	last_line[0] = '\0';
	pid = tk_qtest_pid(rig.q);
	TK_CHECK(pid > 0);
	TK_EQ(kill(pid, HOST_SIGKILL), 0);
	for (i = 0; i < 200 && tk_qtest_error(rig.q) == 0; i++)
		tkh_sleep_ns(10000000);
	TK_EQ(tk_qtest_close(rig.q), EPIPE);
	TK_CHECK(line_has("killed by signal 9"));
}

TK_CASE_UNBOOTED(closing_leaves_no_process)
{
	const struct tk_qtest_config c = { .report = keep_line };
	int pid;

	rig_open(&c);
	pid = tk_qtest_pid(rig.q);
	rig_close();
	TK_CHECK(kill(pid, 0) != 0);
	TK_EQ(tk_qtest_close(NULL), 0);
}

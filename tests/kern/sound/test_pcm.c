/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The tests' sound card: see test_pcm.h.
 */

#include "kpi_pcm.h"
#include "test_pcm.h"

#include <sys/callout.h>
#include <sys/kthread.h>
#include <sys/time.h>

#include "mixer_if.h"

static MALLOC_DEFINE(M_TESTPCM, "testpcm", "the tests' sound card");

static uint32_t test_pcm_formats[] = {
	SND_FORMAT(AFMT_S16_LE, 2, 0),
	SND_FORMAT(AFMT_S16_LE, 1, 0),
	SND_FORMAT(AFMT_S24_LE, 2, 0),
	SND_FORMAT(AFMT_S32_LE, 2, 0),
	SND_FORMAT(AFMT_U8, 1, 0),
	SND_FORMAT(AFMT_S16_LE, 6, 0),
	0
};
static uint32_t test_pcm_no_formats[] = { 0 };

static struct pcmchan_caps test_pcm_caps;

/* The card that is being attached.  The bus uses ivars for itself. */
static struct test_pcm *test_pcm_attaching;

sbintime_t
test_pcm_duration(struct test_pcm_chan *ch, size_t bytes)
{
	return ((sbintime_t)bytes * SBT_1S /
	    (sbintime_t)(ch->buf->align * ch->buf->spd));
}

/* Record a method's call, with a star if the channel was not locked. */
static void
chan_note(struct test_pcm_chan *ch, const char *method)
{
	struct test_pcm *card = ch->card;
	const char *star = CHN_LOCKOWNED(ch->chan) ? "" : "*";
	size_t len;

	mtx_lock(&card->lock);
	len = strlen(card->calls);
	snprintf(card->calls + len, sizeof(card->calls) - len, "%s%s%s",
	    len == 0 ? "" : " ", method, star);
	mtx_unlock(&card->lock);
}

/* Keep one block after it was played. */
static void
chan_capture(struct test_pcm_chan *ch, unsigned int len)
{
	KASSERT(ch->nplayed + len <= ch->maxplayed, ("played too much"));
	memcpy(ch->played + ch->nplayed, ch->buf->buf + ch->ptr, len);
	ch->nplayed += len;
}

static void
chan_produce(struct test_pcm_chan *ch, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < len; i++)
		ch->buf->buf[ch->ptr + i] = ch->next++;
}

/* The time of a block has passed.  Called by the callout, card locked. */
static void
chan_tick(void *arg)
{
	struct test_pcm_chan *ch = arg;
	unsigned int len = ch->buf->blksz;

	if (!ch->running || ch->card->gone)
		return;
	if (ch->card->config.fault != TEST_PCM_JUMPS) {
		if (ch->dir == PCMDIR_PLAY)
			chan_capture(ch, len);
		else
			chan_produce(ch, len);
		ch->ptr = (ch->ptr + len) % ch->buf->bufsize;
	}
	callout_reset_sbt(&ch->callout, test_pcm_duration(ch, len), 0,
	    chan_tick, ch, 0);
	mtx_unlock(&ch->card->lock);
	if (ch->card->config.fault != TEST_PCM_SILENT)
		chn_intr(ch->chan);
	mtx_lock(&ch->card->lock);
}

static void *
test_chan_init(kobj_t obj, void *devinfo, struct snd_dbuf *b,
    struct pcm_channel *c, int dir)
{
	struct test_pcm *card = devinfo;
	struct test_pcm_chan *ch;
	unsigned int size;

	if (card->config.fault == TEST_PCM_INIT_FAILS)
		return (NULL);
	ch = &card->chans[card->nchans++];
	ch->card = card;
	ch->chan = c;
	ch->buf = b;
	ch->dir = dir;
	callout_init_mtx(&ch->callout, &card->lock, 0);
	ch->maxplayed = 1 << 20;
	ch->played = malloc(ch->maxplayed, M_TESTPCM, M_WAITOK);
	if (card->config.fault == TEST_PCM_NO_BUFFER)
		return (ch);
	size = pcm_getbuffersize(card->dev, 1024, card->config.bufsize,
	    1048576);
	ch->mem = malloc(size, M_TESTPCM, M_WAITOK | M_ZERO);
	chan_note(ch, "init");
	return (sndbuf_setup(b, ch->mem, size) == 0 ? ch : NULL);
}

static int
test_chan_free(kobj_t obj, void *data)
{
	struct test_pcm_chan *ch = data;

	chan_note(ch, "free");
	callout_drain(&ch->callout);
	free(ch->mem, M_TESTPCM);
	ch->mem = NULL;
	return (0);
}

static int
test_chan_reset(kobj_t obj, void *data)
{
	chan_note(data, "reset");
	return (0);
}

static int
test_chan_resetdone(kobj_t obj, void *data)
{
	chan_note(data, "resetdone");
	return (0);
}

static int
test_chan_setformat(kobj_t obj, void *data, u_int32_t format)
{
	chan_note(data, "setformat");
	return (0);
}

static u_int32_t
test_chan_setspeed(kobj_t obj, void *data, u_int32_t speed)
{
	struct test_pcm_chan *ch = data;
	int best = 0, i;

	chan_note(ch, "setspeed");
	if (ch->card->config.fault == TEST_PCM_SPEED_WRONG)
		return (speed + 1);
	for (i = 0; i < ch->card->config.nrates; i++) {
		if (best == 0 || abs(ch->card->config.rates[i] - (int)speed) <
		    abs(best - (int)speed))
			best = ch->card->config.rates[i];
	}
	return (best == 0 ? speed : (u_int32_t)best);
}

/* As many blocks of that size as there is room for, but 16 at most. */
static u_int32_t
test_chan_setblocksize(kobj_t obj, void *data, u_int32_t blocksize)
{
	struct test_pcm_chan *ch = data;
	unsigned int count;

	chan_note(ch, "setblocksize");
	ch->asked_blksz = blocksize;
	mtx_lock(&ch->card->lock);
	ch->sized_running += ch->running;
	mtx_unlock(&ch->card->lock);
	if (ch->card->config.fault == TEST_PCM_BLOCK_WRONG)
		return (blocksize + 4);
	if (ch->card->config.fault == TEST_PCM_BLOCK_RAGGED)
		blocksize++;
	count = MIN(ch->buf->maxsize / blocksize, 16);
	sndbuf_resize(ch->buf, count, blocksize);
	return (ch->buf->blksz);
}

static int
test_chan_setfragments(kobj_t obj, void *data, u_int32_t blocksize,
    u_int32_t blockcount)
{
	struct test_pcm_chan *ch = data;

	if (!ch->card->config.setfragments)
		return (ENOTSUP);
	chan_note(ch, "setfragments");
	ch->asked_blksz = blocksize;
	ch->asked_blkcnt = blockcount;
	return (sndbuf_resize(ch->buf, blockcount, blocksize));
}

static int
chan_start(struct test_pcm_chan *ch)
{
	if (ch->card->config.fault == TEST_PCM_START_FAILS)
		return (EIO);
	mtx_lock(&ch->card->lock);
	ch->ptr = 0;
	ch->starts++;
	ch->running = true;
	callout_reset_sbt(&ch->callout,
	    test_pcm_duration(ch, ch->buf->blksz), 0, chan_tick, ch, 0);
	mtx_unlock(&ch->card->lock);
	return (0);
}

static void
chan_stop(struct test_pcm_chan *ch)
{
	mtx_lock(&ch->card->lock);
	ch->running = false;
	ch->stops++;
	ch->stop_flags = ch->chan->flags;
	callout_stop(&ch->callout);
	mtx_unlock(&ch->card->lock);
}

static void
chan_misbehave(struct test_pcm_chan *ch)
{
	switch (ch->card->config.fault) {
	case TEST_PCM_KEEPS_LOCK:
		mtx_lock(&ch->card->lock);
		break;
	case TEST_PCM_DROPS_LOCK:
		CHN_UNLOCK(ch->chan);
		break;
	case TEST_PCM_SLEEPS:
		pause("tstpcm", 1);
		break;
	case TEST_PCM_INTR_LOCKED:
		chn_intr(ch->chan);
		break;
	default:
		break;
	}
}

static int
test_chan_trigger(kobj_t obj, void *data, int go)
{
	struct test_pcm_chan *ch = data;
	int error = 0;

	if (!PCMTRIG_COMMON(go))
		return (0);
	chan_note(ch, go == PCMTRIG_START ? "start" : "stop");
	if (go == PCMTRIG_START)
		error = chan_start(ch);
	else
		chan_stop(ch);
	chan_misbehave(ch);
	return (error);
}

static u_int32_t
test_chan_getptr(kobj_t obj, void *data)
{
	struct test_pcm_chan *ch = data;
	unsigned int ptr;

	if (ch->card->config.fault == TEST_PCM_PTR_OUTSIDE)
		return (ch->buf->bufsize);
	if (ch->card->config.fault == TEST_PCM_PTR_IN_FRAME)
		return (1);
	mtx_lock(&ch->card->lock);
	ptr = ch->ptr;
	mtx_unlock(&ch->card->lock);
	return (ptr);
}

static struct pcmchan_caps *
test_chan_getcaps(kobj_t obj, void *data)
{
	struct test_pcm_chan *ch = data;

	test_pcm_caps.minspeed = ch->card->config.minspeed;
	test_pcm_caps.maxspeed = ch->card->config.maxspeed;
	test_pcm_caps.fmtlist = ch->card->config.formats;
	return (&test_pcm_caps);
}

static int
test_chan_getrates(kobj_t obj, void *data, int **rates)
{
	struct test_pcm_chan *ch = data;

	*rates = ch->card->config.rates;
	return (ch->card->config.nrates);
}

static kobj_method_t test_chan_methods[] = {
	KOBJMETHOD(channel_init,	test_chan_init),
	KOBJMETHOD(channel_free,	test_chan_free),
	KOBJMETHOD(channel_reset,	test_chan_reset),
	KOBJMETHOD(channel_resetdone,	test_chan_resetdone),
	KOBJMETHOD(channel_setformat,	test_chan_setformat),
	KOBJMETHOD(channel_setspeed,	test_chan_setspeed),
	KOBJMETHOD(channel_setblocksize, test_chan_setblocksize),
	KOBJMETHOD(channel_setfragments, test_chan_setfragments),
	KOBJMETHOD(channel_trigger,	test_chan_trigger),
	KOBJMETHOD(channel_getptr,	test_chan_getptr),
	KOBJMETHOD(channel_getcaps,	test_chan_getcaps),
	KOBJMETHOD(channel_getrates,	test_chan_getrates),
	KOBJMETHOD_END
};
CHANNEL_DECLARE(test_chan);

static int
test_mixer_init(struct snd_mixer *m)
{
	struct test_pcm *card = mix_getdevinfo(m);

	card->mixer = m;
	mix_setdevs(m, SOUND_MASK_VOLUME | SOUND_MASK_PCM | SOUND_MASK_LINE);
	mix_setrecdevs(m, SOUND_MASK_LINE | SOUND_MASK_CD);
	return (0);
}

static int
test_mixer_uninit(struct snd_mixer *m)
{
	struct test_pcm *card = mix_getdevinfo(m);

	card->mixer_gone = true;
	return (0);
}

static int
test_mixer_set(struct snd_mixer *m, unsigned dev, unsigned left,
    unsigned right)
{
	struct test_pcm *card = mix_getdevinfo(m);

	card->level[dev] = left;
	if (card->config.fault == TEST_PCM_KEEPS_LOCK)
		mtx_lock(&card->lock);
	return (0);
}

static u_int32_t
test_mixer_setrecsrc(struct snd_mixer *m, u_int32_t src)
{
	return (src);
}

static kobj_method_t test_mixer_methods[] = {
	KOBJMETHOD(mixer_init,		test_mixer_init),
	KOBJMETHOD(mixer_uninit,	test_mixer_uninit),
	KOBJMETHOD(mixer_set,		test_mixer_set),
	KOBJMETHOD(mixer_setrecsrc,	test_mixer_setrecsrc),
	KOBJMETHOD_END
};
MIXER_DECLARE(test_mixer);

static int
test_pcm_probe(device_t dev)
{
	device_set_desc(dev, "Sound card of the tests");
	return (0);
}

static int
test_pcm_addchans(struct test_pcm *card)
{
	int error = 0, i;

	for (i = 0; error == 0 && i < card->config.play; i++)
		error = pcm_addchan(card->dev, PCMDIR_PLAY, &test_chan_class,
		    card);
	for (i = 0; error == 0 && i < card->config.record; i++)
		error = pcm_addchan(card->dev, PCMDIR_REC, &test_chan_class,
		    card);
	return (error);
}

static int
test_pcm_attach_dev(device_t dev)
{
	struct test_pcm *card = test_pcm_attaching;
	char status[] = "at tests";
	int chans, error;

	card->dev = dev;
	pcm_init(dev, card);
	if (card->config.fault != TEST_PCM_NOT_MPSAFE)
		pcm_setflags(dev, pcm_getflags(dev) | SD_F_MPSAFE);
	if (card->config.softvol)
		pcm_setflags(dev, pcm_getflags(dev) | SD_F_SOFTPCMVOL);
	error = !card->config.mixer ? 0 :
	    mixer_init(dev, &test_mixer_class, card);
	chans = test_pcm_addchans(card);
	if (card->config.fault == TEST_PCM_EARLY_INTR)
		chn_intr(card->chans[0].chan);
	if (card->config.fault == TEST_PCM_NOT_REGISTERED)
		return (pcm_unregister(dev));
	if (pcm_register(dev, status) != 0) {
		/* sound(4) unregisters only a device that is registered. */
		error = ENXIO;
		pcm_register(dev, status);
	}
	if (error == 0 && chans == 0)
		return (0);
	pcm_unregister(dev);
	return (ENXIO);
}

static int
test_pcm_detach_dev(device_t dev)
{
	struct test_pcm *card = pcm_getdevinfo(dev);
	int i;

	mtx_lock(&card->lock);
	card->gone = true;
	mtx_unlock(&card->lock);
	for (i = 0; i < card->nchans; i++)
		callout_drain(&card->chans[i].callout);
	if (card->config.fault == TEST_PCM_NOT_UNREGISTERED)
		return (0);
	return (pcm_unregister(dev));
}

static device_method_t test_pcm_methods[] = {
	DEVMETHOD(device_probe,		test_pcm_probe),
	DEVMETHOD(device_attach,	test_pcm_attach_dev),
	DEVMETHOD(device_detach,	test_pcm_detach_dev),
	DEVMETHOD_END
};

static driver_t test_pcm_driver = {
	.name = "pcm",
	.methods = test_pcm_methods,
	.size = PCM_SOFTC_SIZE,
};
DRIVER_MODULE(test_pcm, testcards, test_pcm_driver, NULL, NULL);
KPI_PCM_MODULE_DEPEND(test_pcm);

static struct test_pcm *
test_pcm_new(const struct test_pcm_config *config)
{
	struct test_pcm *card;

	card = malloc(sizeof(*card), M_TESTPCM, M_WAITOK | M_ZERO);
	card->config = config != NULL ? *config :
	    (struct test_pcm_config){ 0 };
	if (card->config.play == 0 && card->config.record == 0)
		card->config.play = 1;
	if (card->config.formats == NULL)
		card->config.formats = test_pcm_formats;
	if (card->config.fault == TEST_PCM_NO_FORMATS)
		card->config.formats = test_pcm_no_formats;
	if (card->config.minspeed == 0)
		card->config.minspeed = 8000;
	if (card->config.maxspeed == 0)
		card->config.maxspeed = 96000;
	if (card->config.bufsize == 0)
		card->config.bufsize = 16384;
	mtx_init(&card->lock, "test card", NULL, MTX_DEF);
	return (card);
}

int
test_pcm_try_attach(const struct test_pcm_config *config,
    struct test_pcm **cardp)
{
	struct test_pcm *card = test_pcm_new(config);
	int error;

	card->dev = tk_bus_add_child("testcards", "pcm", NULL, 0);
	TK_CHECK(card->dev != NULL);
	test_pcm_attaching = card;
	error = tk_device_attach(card->dev);
	if (error == 0)
		*cardp = card;
	else {
		tk_device_delete(card->dev);
		test_pcm_free(card);
	}
	return (error);
}

struct test_pcm *
test_pcm_attach(const struct test_pcm_config *config)
{
	struct test_pcm *card = NULL;

	TK_EQ(test_pcm_try_attach(config, &card), 0);
	return (card);
}

void
test_pcm_detach(struct test_pcm *card)
{
	TK_EQ(tk_device_delete(card->dev), 0);
}

void
test_pcm_free(struct test_pcm *card)
{
	int i;

	for (i = 0; i < card->nchans; i++)
		free(card->chans[i].played, M_TESTPCM);
	mtx_destroy(&card->lock);
	free(card, M_TESTPCM);
}

void
test_pcm_delete(struct test_pcm *card)
{
	test_pcm_detach(card);
	test_pcm_free(card);
}

const char *
test_pcm_calls(struct test_pcm *card, char *buf, size_t size)
{
	mtx_lock(&card->lock);
	strlcpy(buf, card->calls, size);
	card->calls[0] = '\0';
	mtx_unlock(&card->lock);
	return (buf);
}

void
test_pcm_check_played(struct test_pcm_chan *ch, const uint8_t *data,
    size_t len)
{
	uint8_t zero = sndbuf_zerodata(ch->buf->fmt);
	size_t i, start = 0;

	while (start < ch->nplayed && ch->played[start] == zero)
		start++;
	TK_CHECK(start + len <= ch->nplayed);
	for (i = 0; i < len; i++) {
		if (ch->played[start + i] != data[i])
			tk_test_fail(__FILE__, __LINE__,
			    "byte %zu of %zu is 0x%02x, not 0x%02x", i, len,
			    ch->played[start + i], data[i]);
	}
	for (i = start + len; i < ch->nplayed; i++)
		TK_EQ(ch->played[i], zero);
}

void
test_pcm_noise(uint8_t *buf, size_t len, uint32_t seed)
{
	size_t i;

	for (i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		/* 1 to 127: neither 0 nor 0x80. */
		buf[i] = (uint8_t)(seed >> 24) % 127 + 1;
	}
}

static void
test_thread_main(void *arg)
{
	struct test_thread *t = arg;

	t->fn(t->arg);
	mtx_lock(&t->mtx);
	t->done = true;
	wakeup(t);
	mtx_unlock(&t->mtx);
	kthread_exit();
}

void
test_thread_start(struct test_thread *t, void (*fn)(void *), void *arg)
{
	t->fn = fn;
	t->arg = arg;
	t->done = false;
	mtx_init(&t->mtx, "test thread", NULL, MTX_DEF);
	TK_EQ(kthread_add(test_thread_main, t, NULL, NULL, 0, 0, "program"),
	    0);
}

void
test_thread_join(struct test_thread *t)
{
	mtx_lock(&t->mtx);
	while (!t->done)
		msleep(t, &t->mtx, 0, "join", 0);
	mtx_unlock(&t->mtx);
	mtx_destroy(&t->mtx);
}

void
test_pass(sbintime_t sbt)
{
	pause_sbt("pass", sbt, 0, 0);
}

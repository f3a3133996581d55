/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Sound buffers: sizes, wrapping, silence, and whose memory they hold.
 */

#include <sys/bus_dma.h>

#include "test_pcm.h"
#include "tk_sound.h"

static MALLOC_DEFINE(M_TESTBUF, "testbuf", "memory under the tests' buffers");

/* A channel that is only a lock and a name. */
static struct pcm_channel *
channel_make(void)
{
	struct pcm_channel *c;

	c = malloc(sizeof(*c), M_TESTBUF, M_WAITOK | M_ZERO);
	tk_chn_mtx_init(c, "pcm play channel");
	strlcpy(c->name, "test", sizeof(c->name));
	return (c);
}

static void
channel_free(struct pcm_channel *c)
{
	tk_chn_mtx_destroy(c);
	free(c, M_TESTBUF);
}

static struct snd_dbuf *
buffer_make(struct pcm_channel *c, void *mem, unsigned int size)
{
	struct snd_dbuf *b = tk_chn_buffer(c, "primary");

	TK_STREQ(b->name, "test:primary");
	sndbuf_setfmt(b, SND_FORMAT(AFMT_S16_LE, 2, 0));
	sndbuf_setspd(b, 48000);
	TK_EQ(sndbuf_setup(b, mem, size), 0);
	return (b);
}

TK_CASE(setup_makes_two_blocks_of_the_whole_memory)
{
	struct pcm_channel *c = channel_make();
	uint8_t mem[4096];
	struct snd_dbuf *b = buffer_make(c, mem, sizeof(mem));

	TK_EQ(b->bufsize, 4096);
	TK_EQ(b->blksz, 2048);
	TK_EQ(b->blkcnt, 2);
	TK_EQ(sndbuf_getfree(b), 4096);
	TK_EQ(sndbuf_getready(b), 0);
	sndbuf_destroy(b);
	channel_free(c);
}

TK_CASE(resize_wants_two_blocks_of_16_bytes_that_fit)
{
	struct pcm_channel *c = channel_make();
	uint8_t mem[4096];
	struct snd_dbuf *b = buffer_make(c, mem, sizeof(mem));

	TK_EQ(sndbuf_resize(b, 1, 512), EINVAL);
	TK_EQ(sndbuf_resize(b, 4, 15), EINVAL);
	TK_EQ(sndbuf_resize(b, 9, 512), EINVAL);
	TK_EQ(b->bufsize, 4096);
	TK_EQ(sndbuf_resize(b, 4, 384), 0);
	TK_EQ(b->bufsize, 1536);
	TK_EQ(b->maxsize, 4096);
	/* Zero keeps what there is. */
	TK_EQ(sndbuf_resize(b, 8, 0), 0);
	TK_EQ(b->blksz, 384);
	TK_EQ(b->blkcnt, 8);
	sndbuf_destroy(b);
	channel_free(c);
}

TK_CASE(bytes_come_out_in_order_across_the_end_of_the_buffer)
{
	struct pcm_channel *c = channel_make();
	uint8_t mem[64], in[200], out[200];
	struct snd_dbuf *b = buffer_make(c, mem, sizeof(mem));
	size_t n, put = 0, got = 0;

	test_pcm_noise(in, sizeof(in), 1);
	while (got < sizeof(in)) {
		n = MIN(sizeof(in) - put, MIN(sndbuf_getfree(b), 37));
		sndbuf_acquire(b, in + put, n);
		put += n;
		n = MIN(sndbuf_getready(b), 23);
		sndbuf_dispose(b, out + got, n);
		got += n;
	}
	TK_EQ(memcmp(in, out, sizeof(in)), 0);
	TK_EQ(b->total, sizeof(in));
	sndbuf_destroy(b);
	channel_free(c);
}

TK_CASE(clear_writes_silence_where_the_next_bytes_go)
{
	struct pcm_channel *c = channel_make();
	uint8_t mem[64];
	struct snd_dbuf *b = buffer_make(c, mem, sizeof(mem));

	sndbuf_setfmt(b, SND_FORMAT(AFMT_U8, 1, 0));
	memset(mem, 1, sizeof(mem));
	sndbuf_acquire(b, NULL, 60);
	sndbuf_dispose(b, NULL, 20);
	sndbuf_clear(b, 10);
	TK_EQ(mem[59], 1);
	TK_EQ(mem[60], 0x80);
	TK_EQ(mem[63], 0x80);
	TK_EQ(mem[0], 0x80);
	TK_EQ(mem[5], 0x80);
	TK_EQ(mem[6], 1);
	sndbuf_destroy(b);
	channel_free(c);
}

TK_CASE(silence_depends_on_the_format)
{
	TK_EQ(sndbuf_zerodata(SND_FORMAT(AFMT_S16_LE, 2, 0)), 0);
	TK_EQ(sndbuf_zerodata(SND_FORMAT(AFMT_F32_LE, 2, 0)), 0);
	TK_EQ(sndbuf_zerodata(SND_FORMAT(AFMT_U8, 1, 0)), 0x80);
	TK_EQ(sndbuf_zerodata(SND_FORMAT(AFMT_MU_LAW, 1, 0)), 0x7f);
	TK_EQ(sndbuf_zerodata(SND_FORMAT(AFMT_A_LAW, 1, 0)), 0x55);
}

TK_CASE(format_words_hold_width_and_channels)
{
	uint32_t fmt = SND_FORMAT(AFMT_S24_LE, 6, 1);

	TK_EQ(AFMT_ENCODING(fmt), AFMT_S24_LE);
	TK_EQ(AFMT_CHANNEL(fmt), 6);
	TK_EQ(AFMT_EXTCHANNEL(fmt), 1);
	TK_EQ(AFMT_ALIGN(fmt), 18);
	TK_EQ(AFMT_ALIGN(SND_FORMAT(AFMT_F32_LE, 2, 0)), 8);
	TK_EQ(AFMT_ALIGN(SND_FORMAT(AFMT_MU_LAW, 1, 0)), 1);
}

TK_CASE(six_channels_are_five_and_a_low_frequency_one)
{
	struct pcmchan_matrix *m;

	m = feeder_matrix_default_channel_map(6);
	TK_EQ(m->id, SND_CHN_MATRIX_5_1);
	TK_EQ(m->ext, 1);
	TK_EQ(m->offset[SND_CHN_T_LF], 5);
	TK_EQ(m->offset[SND_CHN_T_SL], -1);
	TK_EQ(m->map[6].type, SND_CHN_T_MAX);
	TK_CHECK(feeder_matrix_default_channel_map(9) == NULL);
}

TK_CASE(remalloc_gives_a_soft_buffer_new_memory)
{
	struct pcm_channel *c = channel_make();
	struct snd_dbuf *b = buffer_make(c, NULL, 0);

	CHN_LOCK(c);
	TK_EQ(sndbuf_remalloc(b, 1, 512), EINVAL);
	TK_EQ(sndbuf_remalloc(b, 4, 512), 0);
	TK_EQ(b->bufsize, 2048);
	TK_EQ(sndbuf_remalloc(b, 16, 4096), 0);
	TK_EQ(b->bufsize, 65536);
	sndbuf_acquire(b, NULL, 65536);
	TK_EQ(sndbuf_getfree(b), 0);
	CHN_UNLOCK(c);
	sndbuf_destroy(b);
	channel_free(c);
}

TK_CASE(alloc_gets_dma_memory_and_gives_it_back)
{
	struct pcm_channel *c = channel_make();
	struct snd_dbuf *b = tk_chn_buffer(c, "primary");
	bus_dma_tag_t tag;

	TK_EQ(bus_dma_tag_create(NULL, 64, 0, BUS_SPACE_MAXADDR,
	    BUS_SPACE_MAXADDR, NULL, NULL, 8192, 1, 8192, 0, NULL, NULL,
	    &tag), 0);
	TK_EQ(sndbuf_alloc(b, tag, BUS_DMA_WAITOK, 8192), 0);
	TK_CHECK(b->buf_addr != 0);
	TK_EQ(b->buf_addr % 64, 0);
	TK_EQ(b->bufsize, 8192);
	sndbuf_destroy(b);
	TK_EQ(bus_dma_tag_destroy(tag), 0);
	channel_free(c);
}

TK_CASE(alloc_fails_cleanly_without_dma_memory)
{
	struct pcm_channel *c = channel_make();
	struct snd_dbuf *b = tk_chn_buffer(c, "primary");
	bus_dma_tag_t tag;

	TK_EQ(bus_dma_tag_create(NULL, 64, 0, BUS_SPACE_MAXADDR,
	    BUS_SPACE_MAXADDR, NULL, NULL, 8192, 1, 8192, 0, NULL, NULL,
	    &tag), 0);
	tk_fault_set("bus_dmamem_alloc", 1);
	TK_EQ(sndbuf_alloc(b, tag, BUS_DMA_WAITOK, 8192), ENOMEM);
	tk_fault_clear();
	sndbuf_destroy(b);
	TK_EQ(bus_dma_tag_destroy(tag), 0);
	channel_free(c);
}

TK_CASE_DEBUG_STOPS(more_than_is_free_cannot_be_acquired, "bytes into")
{
	struct pcm_channel *c = channel_make();
	uint8_t mem[64];

	sndbuf_acquire(buffer_make(c, mem, sizeof(mem)), NULL, 65);
}

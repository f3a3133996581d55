/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A sound card for ALSA's library, without hardware: what vhost-device-sound
 * plays to.  It keeps time by the host's clock, 100 ms to the period as that
 * program asks, and keeps what it plays in a file.
 *
 *	pcm_type.card { lib "/path/to/libkpi_alsa_card.so" }
 *	pcm.!default { type card folder "/some/folder" }
 *
 * Playback appends to the file "played" in that folder what the program gives,
 * as it gives it, in the stream's own format; no sample is changed.  Room for
 * more comes by the clock, which stands when there is nothing to be played.
 * Capture takes the bytes of the file
 * "heard", which may be missing, and silence after them.  A stream goes on in
 * it where the one before has ended; its clock stands while nobody reads.
 *
 * ALSA's own plug-in that writes files will not do: it has no clock, and
 * vhost-device-sound cannot play through it, because it maps the buffer of a
 * stream that was not set up to be mapped, which a plug-in must allow.
 */

#include <sys/eventfd.h>

#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define	STEP_NS		2000000		/* between two looks at the clock */
#define	SECOND_NS	1000000000

/* Locks: (l) lock; others constant after the stream was set up. */
struct card {
	snd_pcm_ioplug_t io;
	pthread_mutex_t	 lock;
	pthread_t	 thread;
	char		*path;
	int		 file;		/* (l) to play to; -1: not open */
	size_t		 frame;		/* bytes */
	uint8_t		*ring;		/* (l) NULL: not set up */
	bool		 running;	/* (l) */
	bool		 end;		/* (l) */
	uint64_t	 kept;		/* (l) frames in the file, and ... */
	uint64_t	 moved;		/* (l) by the clock, since PREPARE */
	int64_t		 began;		/* (l) when frame 0 was due */
};

/* What all streams hear. */
static pthread_mutex_t heard_lock = PTHREAD_MUTEX_INITIALIZER;
static int heard = -1;

static int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * SECOND_NS + ts.tv_nsec);
}

static bool
plays(const struct card *c)
{

	return (c->io.stream == SND_PCM_STREAM_PLAYBACK);
}

/* Where the program is. */
static uint64_t
program_at(struct card *c)
{

	return (__atomic_load_n(&c->io.appl_ptr, __ATOMIC_ACQUIRE));
}

/* A sound card that cannot keep what it played is of no use to anybody. */
static void
play(struct card *c, const uint8_t *from, size_t len)
{
	ssize_t n;

	if (c->file < 0)
		c->file = open(c->path, O_WRONLY | O_APPEND | O_CREAT |
		    O_CLOEXEC, 0600);
	for (; len > 0; from += n, len -= n) {
		n = write(c->file, from, len);
		if (n <= 0) {
			perror(c->path);
			abort();
		}
	}
}

static void
capture(struct card *c, uint8_t *to, size_t len)
{
	ssize_t n;

	pthread_mutex_lock(&heard_lock);
	if (heard < 0)
		heard = open(c->path, O_RDONLY | O_CLOEXEC);
	n = heard >= 0 ? read(heard, to, len) : 0;
	if (n < 0)
		n = 0;
	pthread_mutex_unlock(&heard_lock);
	snd_pcm_format_set_silence(c->io.format, to + n,
	    (len - n) * 8 / snd_pcm_format_physical_width(c->io.format));
}

/*
 * Move the frames up to this one from the ring to the file or, when recording,
 * back.  Called with (l).
 */
static void
keep(struct card *c, uint64_t upto)
{
	size_t len, off;

	while (c->kept < upto) {
		off = c->kept % c->io.buffer_size;
		len = c->io.buffer_size - off;
		if (len > upto - c->kept)
			len = upto - c->kept;
		if (plays(c))
			play(c, c->ring + off * c->frame, len * c->frame);
		else
			capture(c, c->ring + off * c->frame, len * c->frame);
		c->kept += len;
	}
}

/* How many frames the clock may advance.  Called with (l). */
static uint64_t
most_due(struct card *c)
{
	uint64_t program = program_at(c);

	if (plays(c)) {
		keep(c, program);
		return (program - c->moved);
	}
	return (c->io.buffer_size - (c->moved - program));
}

/* Advance by the clock.  Called with (l). */
static void
look(struct card *c)
{
	uint64_t due, most, wake = 1;

	if (!c->running)
		return;
	most = most_due(c);
	due = (now_ns() - c->began) * (int64_t)c->io.rate / SECOND_NS -
	    c->moved;
	if ((int64_t)due <= 0)
		return;
	if (due > most) {
		/* The clock stops, so the rest of the time does not count. */
		c->began += (int64_t)(due - most) * SECOND_NS / c->io.rate;
		due = most;
	}
	if (due == 0)
		return;
	c->moved += due;
	if (!plays(c))
		keep(c, c->moved);
	if (write(c->io.poll_fd, &wake, sizeof(wake)) < 0)
		return;
}

static void *
work(void *arg)
{
	const struct timespec step = { .tv_nsec = STEP_NS };
	struct card *c = arg;
	bool end;

	do {
		nanosleep(&step, NULL);
		pthread_mutex_lock(&c->lock);
		look(c);
		end = c->end;
		pthread_mutex_unlock(&c->lock);
	} while (!end);
	return (NULL);
}

/*
 * What ALSA's library calls
 */

static int
card_prepare(snd_pcm_ioplug_t *io)
{
	struct card *c = io->private_data;
	const snd_pcm_channel_area_t *areas;

	areas = snd_pcm_ioplug_mmap_areas(io);
	pthread_mutex_lock(&c->lock);
	c->running = false;
	c->kept = c->moved = 0;
	c->frame = snd_pcm_format_physical_width(io->format) / 8 *
	    io->channels;
	c->ring = areas->addr;
	pthread_mutex_unlock(&c->lock);
	return (0);
}

static int
card_start(snd_pcm_ioplug_t *io)
{
	struct card *c = io->private_data;

	pthread_mutex_lock(&c->lock);
	c->began = now_ns() - (int64_t)c->moved * SECOND_NS / io->rate;
	c->running = true;
	pthread_mutex_unlock(&c->lock);
	return (0);
}

static int
card_stop(snd_pcm_ioplug_t *io)
{
	struct card *c = io->private_data;

	pthread_mutex_lock(&c->lock);
	look(c);
	c->running = false;
	pthread_mutex_unlock(&c->lock);
	return (0);
}

/*
 * If the position counted modulo the buffer, a whole buffer played between two
 * calls would look like none, and a late program would wait without end.  So it
 * counts modulo the boundary, which is never reached.
 */
static snd_pcm_sframes_t
card_pointer(snd_pcm_ioplug_t *io)
{
	struct card *c = io->private_data;
	snd_pcm_sframes_t at;
	uint64_t woken;

	pthread_mutex_lock(&c->lock);
	/*
	 * A poll ends only if frames were moved since the program last looked.
	 */
	if (read(io->poll_fd, &woken, sizeof(woken)) < 0)
		woken = 0;
	at = c->moved;
	pthread_mutex_unlock(&c->lock);
	return (at);
}

static int
card_close(snd_pcm_ioplug_t *io)
{
	struct card *c = io->private_data;

	pthread_mutex_lock(&c->lock);
	c->end = true;
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	if (c->file >= 0)
		close(c->file);
	close(io->poll_fd);
	pthread_mutex_destroy(&c->lock);
	free(c->path);
	free(c);
	return (0);
}

static const snd_pcm_ioplug_callback_t card_callbacks = {
	.start = card_start,
	.stop = card_stop,
	.pointer = card_pointer,
	.prepare = card_prepare,
	.close = card_close
};

/*
 * Opening
 */

static int
limit(snd_pcm_ioplug_t *io)
{
	static const unsigned int access[] = {
		SND_PCM_ACCESS_RW_INTERLEAVED, SND_PCM_ACCESS_MMAP_INTERLEAVED
	};
	static const unsigned int formats[] = {
		SND_PCM_FORMAT_U8, SND_PCM_FORMAT_S16_LE,
		SND_PCM_FORMAT_S24_LE, SND_PCM_FORMAT_S32_LE
	};
	static const struct {
		int		type;
		unsigned int	least, most;
	} ranges[] = {
		{ SND_PCM_IOPLUG_HW_CHANNELS, 1, 8 },
		{ SND_PCM_IOPLUG_HW_RATE, 4000, 384000 },
		{ SND_PCM_IOPLUG_HW_PERIOD_BYTES, 64, 1 << 20 },
		{ SND_PCM_IOPLUG_HW_BUFFER_BYTES, 128, 1 << 21 },
		{ SND_PCM_IOPLUG_HW_PERIODS, 2, 1024 },
	};
	size_t i;
	int error;

	error = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_ACCESS,
	    sizeof(access) / sizeof(access[0]), access);
	if (error >= 0)
		error = snd_pcm_ioplug_set_param_list(io,
		    SND_PCM_IOPLUG_HW_FORMAT,
		    sizeof(formats) / sizeof(formats[0]), formats);
	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]) && error >= 0; i++)
		error = snd_pcm_ioplug_set_param_minmax(io, ranges[i].type,
		    ranges[i].least, ranges[i].most);
	return (error);
}

static int
make(const char *name, const char *folder, snd_pcm_stream_t stream, int mode,
    snd_pcm_t **pcmp)
{
	struct card *c;
	int error;

	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return (-ENOMEM);
	c->io.version = SND_PCM_IOPLUG_VERSION;
	c->io.flags = SND_PCM_IOPLUG_FLAG_BOUNDARY_WA;
	c->io.name = "a card that keeps what it plays";
	c->io.callback = &card_callbacks;
	c->io.private_data = c;
	c->io.mmap_rw = 1;
	c->io.poll_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	c->io.poll_events = POLLIN;
	c->file = -1;
	pthread_mutex_init(&c->lock, NULL);
	error = snd_pcm_ioplug_create(&c->io, name, stream, mode);
	if (error < 0) {
		close(c->io.poll_fd);
		free(c);
		return (error);
	}
	/* From here on card_close() frees it. */
	if (asprintf(&c->path, "%s/%s", folder, plays(c) ? "played" :
	    "heard") < 0 ||
	    pthread_create(&c->thread, NULL, work, c) != 0)
		abort();
	error = limit(&c->io);
	if (error < 0)
		snd_pcm_ioplug_delete(&c->io);
	else
		*pcmp = c->io.pcm;
	return (error);
}

int	SND_PCM_PLUGIN_ENTRY(card)(snd_pcm_t **, const char *, snd_config_t *,
	    snd_config_t *, snd_pcm_stream_t, int);

SND_PCM_PLUGIN_DEFINE_FUNC(card)
{
	snd_config_t *node;
	const char *folder;

	(void)root;
	if (snd_config_search(conf, "folder", &node) < 0 ||
	    snd_config_get_string(node, &folder) < 0) {
		SNDERR("the card has no folder");
		return (-EINVAL);
	}
	return (make(name, folder, stream, mode, pcmp));
}

SND_PCM_PLUGIN_SYMBOL(card);

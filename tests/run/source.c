/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The audio file: is it there, is it whole, what is in it.  libsndfile reads
 * it, with the lengths that header.c finds right.
 */

#define	_GNU_SOURCE
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sndfile.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

struct coding {
	int		 subtype;	/* SF_FORMAT_* */
	const char	*name;
	enum sample	 sample;
};

static const struct coding codings[] = {
	{ SF_FORMAT_PCM_U8,	"8 bit unsigned",	SAMPLE_U8 },
	{ SF_FORMAT_PCM_S8,	"8 bit",		SAMPLE_S8 },
	{ SF_FORMAT_PCM_16,	"16 bit",		SAMPLE_S16 },
	{ SF_FORMAT_PCM_24,	"24 bit",		SAMPLE_S24 },
	{ SF_FORMAT_PCM_32,	"32 bit",		SAMPLE_S32 },
	{ SF_FORMAT_FLOAT,	"32 bit float",		SAMPLE_F32 },
	{ SF_FORMAT_DOUBLE,	"64 bit float",		SAMPLE_F32 },
	{ SF_FORMAT_ULAW,	"mu-law",		SAMPLE_S16 },
	{ SF_FORMAT_ALAW,	"A-law",		SAMPLE_S16 },
	{ SF_FORMAT_ALAC_16,	"16 bit ALAC",		SAMPLE_S16 },
	{ SF_FORMAT_ALAC_24,	"24 bit ALAC",		SAMPLE_S24 },
	{ SF_FORMAT_ALAC_32,	"32 bit ALAC",		SAMPLE_S32 },
	{ SF_FORMAT_VORBIS,	"Vorbis",		SAMPLE_F32 },
	{ SF_FORMAT_OPUS,	"Opus",			SAMPLE_F32 },
};

static const struct coding other_coding = { 0, "compressed", SAMPLE_S16 };

static const struct coding *
find_coding(int format)
{
	size_t i;

	for (i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
		if (codings[i].subtype == (format & SF_FORMAT_SUBMASK))
			return (&codings[i]);
	}
	return (&other_coding);
}

/* libsndfile's names of positions. */
static const enum position positions[] = {
	[SF_CHANNEL_MAP_MONO] = POSITION_FRONT_CENTRE,
	[SF_CHANNEL_MAP_LEFT] = POSITION_FRONT_LEFT,
	[SF_CHANNEL_MAP_RIGHT] = POSITION_FRONT_RIGHT,
	[SF_CHANNEL_MAP_CENTER] = POSITION_FRONT_CENTRE,
	[SF_CHANNEL_MAP_FRONT_LEFT] = POSITION_FRONT_LEFT,
	[SF_CHANNEL_MAP_FRONT_RIGHT] = POSITION_FRONT_RIGHT,
	[SF_CHANNEL_MAP_FRONT_CENTER] = POSITION_FRONT_CENTRE,
	[SF_CHANNEL_MAP_REAR_CENTER] = POSITION_BACK_CENTRE,
	[SF_CHANNEL_MAP_REAR_LEFT] = POSITION_BACK_LEFT,
	[SF_CHANNEL_MAP_REAR_RIGHT] = POSITION_BACK_RIGHT,
	[SF_CHANNEL_MAP_LFE] = POSITION_LOW,
	[SF_CHANNEL_MAP_FRONT_LEFT_OF_CENTER] = POSITION_LEFT_OF_CENTRE,
	[SF_CHANNEL_MAP_FRONT_RIGHT_OF_CENTER] = POSITION_RIGHT_OF_CENTRE,
	[SF_CHANNEL_MAP_SIDE_LEFT] = POSITION_SIDE_LEFT,
	[SF_CHANNEL_MAP_SIDE_RIGHT] = POSITION_SIDE_RIGHT,
	[SF_CHANNEL_MAP_TOP_CENTER] = POSITION_TOP_CENTRE,
	[SF_CHANNEL_MAP_TOP_FRONT_LEFT] = POSITION_TOP_FRONT_LEFT,
	[SF_CHANNEL_MAP_TOP_FRONT_RIGHT] = POSITION_TOP_FRONT_RIGHT,
	[SF_CHANNEL_MAP_TOP_FRONT_CENTER] = POSITION_TOP_FRONT_CENTRE,
	[SF_CHANNEL_MAP_TOP_REAR_LEFT] = POSITION_TOP_BACK_LEFT,
	[SF_CHANNEL_MAP_TOP_REAR_RIGHT] = POSITION_TOP_BACK_RIGHT,
	[SF_CHANNEL_MAP_TOP_REAR_CENTER] = POSITION_TOP_BACK_CENTRE,
};

static enum position
find_position(int map)
{

	if (map < 0 || map >= (int)(sizeof(positions) / sizeof(positions[0])))
		return (POSITION_UNKNOWN);
	return (positions[map]);
}

static const char *
container_name(int format)
{
	switch (format & SF_FORMAT_TYPEMASK) {
	case SF_FORMAT_WAV:
	case SF_FORMAT_WAVEX:
		return ("WAV");
	case SF_FORMAT_RF64:
		return ("RF64");
	case SF_FORMAT_AIFF:
		return ("AIFF");
	case SF_FORMAT_FLAC:
		return ("FLAC");
	case SF_FORMAT_OGG:
		return ("Ogg");
	case SF_FORMAT_AU:
		return ("AU");
	default:
		return ("audio");
	}
}

/*
 * The file as libsndfile reads it: with the right lengths in its header.
 */

static sf_count_t
file_length(void *arg)
{
	const struct source *s = arg;

	return ((sf_count_t)s->header.size);
}

static sf_count_t
file_seek(sf_count_t off, int whence, void *arg)
{
	struct source *s = arg;

	if (whence == SEEK_CUR)
		off += s->off;
	else if (whence == SEEK_END)
		off += (sf_count_t)s->header.size;
	if (off < 0)
		return (-1);
	s->off = off;
	return (off);
}

static sf_count_t
file_read(void *buf, sf_count_t len, void *arg)
{
	struct source *s = arg;
	ssize_t n;

	n = pread(s->fd, buf, len, s->off);
	if (n <= 0)
		return (0);
	header_fix(&s->header, s->off, buf, n);
	s->off += n;
	return (n);
}

static sf_count_t
file_write(const void *buf, sf_count_t len, void *arg)
{

	(void)buf;
	(void)len;
	(void)arg;
	return (0);
}

static sf_count_t
file_tell(void *arg)
{
	const struct source *s = arg;

	return (s->off);
}

static SF_VIRTUAL_IO file_io = {
	.get_filelen = file_length, .seek = file_seek, .read = file_read,
	.write = file_write, .tell = file_tell
};

static int
check_header(struct source *s, uint64_t size)
{

	header_check(&s->header, s->fd, size);
	if (s->header.state != HEADER_TRUNCATED)
		return (0);
	return (complain("%s is truncated: it has %" PRIu64 " of %" PRIu64
	    " bytes; get a complete copy", s->path, size, s->header.claimed));
}

static int
open_file(struct source *s)
{
	struct stat st;

	s->fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (s->fd < 0)
		return (complain("cannot open %s: %s", s->path,
		    strerror(errno)));
	if (fstat(s->fd, &st) != 0)
		return (complain("cannot look at %s: %s", s->path,
		    strerror(errno)));
	if (!S_ISREG(st.st_mode))
		return (complain("%s is not a file", s->path));
	if (st.st_size == 0)
		return (complain("%s is empty", s->path));
	return (check_header(s, st.st_size));
}

static int
check_info(const char *path, const SF_INFO *info)
{

	if (info->frames <= 0)
		return (complain("%s holds no sound: it has a header and no "
		    "samples", path));
	if (info->samplerate <= 0 || info->channels <= 0)
		return (complain("%s is damaged: %d channels at %d Hz", path,
		    info->channels, info->samplerate));
	return (0);
}

static int
open_sound(struct source *s, SF_INFO *info)
{

	s->sndfile = sf_open_virtual(&file_io, SFM_READ, info, s);
	if (s->sndfile != NULL)
		return (check_info(s->path, info));
	if (sf_error(NULL) == SF_ERR_UNRECOGNISED_FORMAT)
		return (complain("%s is not an audio file: give a WAV, FLAC "
		    "or AIFF file", s->path));
	return (complain("cannot read %s: %s", s->path, sf_strerror(NULL)));
}

/* Where the channels are: what the file says, else what is usual. */
static void
take_layout(struct source *s)
{
	int map[CHANNELS_MAX], i, n;

	n = (int)s->format.channels;
	channels_usual(s->layout, n);
	if (n > CHANNELS_MAX || sf_command(s->sndfile, SFC_GET_CHANNEL_MAP_INFO,
	    map, n * (int)sizeof(map[0])) == 0)
		return;
	for (i = 0; i < n; i++)
		s->layout[i] = find_position(map[i]);
	if (!channels_known(s->layout, n))
		channels_usual(s->layout, n);
}

static void
take_info(struct source *s, const SF_INFO *info)
{
	const struct coding *coding;

	coding = find_coding(info->format);
	s->container = container_name(info->format);
	s->coding = coding->name;
	s->rounded = coding->subtype == SF_FORMAT_DOUBLE;
	s->frames = info->frames;
	s->endless = info->frames == SF_COUNT_MAX;
	s->format.sample = coding->sample;
	s->format.channels = info->channels;
	s->format.rate = info->samplerate;
	take_layout(s);
}

int
source_open(struct source *s, const char *path)
{
	SF_INFO info = { .format = 0 };

	memset(s, 0, sizeof(*s));
	s->path = path;
	if (open_file(s) == 0 && open_sound(s, &info) == 0) {
		take_info(s, &info);
		return (0);
	}
	source_close(s);
	return (-1);
}

void
source_close(struct source *s)
{

	if (s->sndfile != NULL)
		sf_close(s->sndfile);
	s->sndfile = NULL;
	/* One that was never opened has no path. */
	if (s->path != NULL && s->fd >= 0)
		close(s->fd);
	s->path = NULL;
}

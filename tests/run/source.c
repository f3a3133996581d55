/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The audio file: is it there, is it whole, what is in it.  libsndfile reads
 * it; a WAV or AIFF file that is shorter than its header says, which libsndfile
 * takes as it is, is found here.
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
 * Bytes that a RIFF or IFF header promises for the file, 0 if it is neither or
 * leaves it open, as programs do that write to a pipe.
 */
static uint64_t
promised_bytes(const uint8_t *h)
{
	uint32_t size;

	if (memcmp(h, "RIFF", 4) == 0)
		size = h[4] | h[5] << 8 | h[6] << 16 | (uint32_t)h[7] << 24;
	else if (memcmp(h, "FORM", 4) == 0)
		size = h[7] | h[6] << 8 | h[5] << 16 | (uint32_t)h[4] << 24;
	else
		return (0);
	if (size >= UINT32_C(0x7ffffff0))
		return (0);
	return ((uint64_t)size + 8);
}

static int
check_length(const char *path, int fd, uint64_t size)
{
	uint8_t header[12];
	uint64_t promised;

	if (pread(fd, header, sizeof(header), 0) != sizeof(header))
		return (0);
	/* Some programs do not write the last byte, which is padding. */
	promised = promised_bytes(header);
	if (promised <= size + 1)
		return (0);
	return (complain("%s is truncated: it has %" PRIu64 " of %" PRIu64
	    " bytes; get a complete copy", path, size, promised));
}

static int
check_file(const char *path)
{
	struct stat st;
	int error, fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return (complain("cannot open %s: %s", path, strerror(errno)));
	if (fstat(fd, &st) != 0)
		error = complain("cannot look at %s: %s", path,
		    strerror(errno));
	else if (!S_ISREG(st.st_mode))
		error = complain("%s is not a file", path);
	else if (st.st_size == 0)
		error = complain("%s is empty", path);
	else
		error = check_length(path, fd, st.st_size);
	close(fd);
	return (error);
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

int
source_open(struct source *s, const char *path)
{
	const struct coding *coding;
	SF_INFO info = { .format = 0 };
	SNDFILE *file;

	memset(s, 0, sizeof(*s));
	if (check_file(path) != 0)
		return (-1);
	file = sf_open(path, SFM_READ, &info);
	if (file == NULL && sf_error(NULL) == SF_ERR_UNRECOGNISED_FORMAT)
		return (complain("%s is not an audio file: give a WAV, FLAC "
		    "or AIFF file", path));
	if (file == NULL)
		return (complain("cannot read %s: %s", path,
		    sf_strerror(NULL)));
	if (check_info(path, &info) != 0) {
		sf_close(file);
		return (-1);
	}
	coding = find_coding(info.format);
	s->sndfile = file;
	s->path = path;
	s->container = container_name(info.format);
	s->coding = coding->name;
	s->rounded = coding->subtype == SF_FORMAT_DOUBLE;
	s->frames = info.frames;
	s->format.sample = coding->sample;
	s->format.channels = info.channels;
	s->format.rate = info.samplerate;
	return (0);
}

void
source_close(struct source *s)
{

	if (s->sndfile != NULL)
		sf_close(s->sndfile);
	s->sndfile = NULL;
}

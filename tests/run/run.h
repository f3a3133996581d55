/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The player behind `make run`: a program of a user's host that plays files
 * through the virtio_snd driver, or records them, in the test kernel, on QEMU's
 * device, vhost-device-sound or the model, and says whether every sample
 * arrived.
 *
 *	options.c	what the user asked for
 *	source.c	the audio file
 *	header.c	the lengths in its header
 *	convert.c	its samples in the stream's format
 *	channels.c	... of fewer channels
 *	format.c	names and sizes of formats
 *	card.c		the device, the test kernel and the driver in it
 *	stream.c	a stream: choosing its format, playing, recording
 *	voices.c	all streams at once
 *	progress.c	how far it is
 *	output.c	the folder for results, and played.wav
 *	compare.c	is what arrived what was sent?
 *	mix.c		... is it the sum of what was sent?
 *	check.c		asks them, and keeps what arrived
 *	plot.c		played.png
 *	report.c	what is printed
 *	play.c		all of it in order
 *
 * Functions return 0, or -1 after one line on standard error that says what
 * is wrong and, where it is not plain, what to do.
 */

#ifndef _RUN_H_
#define	_RUN_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "channels.h"
#include "header.h"
#include "tk_virtio.h"

/* The queues of virtio-sound for playback and capture. */
#define	RUN_QUEUE_TX	2
#define	RUN_QUEUE_RX	3

/* Streams at once: what the model has each way, QEMU, vhost-device-sound. */
#define	RUN_STREAMS	8
#define	RUN_QEMU_STREAMS 5
#define	RUN_VHOST_STREAMS 1

/* Exit statuses. */
#define	RUN_OK		0
#define	RUN_FAILED	1
#define	RUN_USAGE	64
#define	RUN_SIGNAL	128	/* plus its number */

/* Prints "run: LINE" on standard error; returns -1. */
int	complain(const char *fmt, ...)
	    __attribute__((__format__(__printf__, 1, 2)));

/* The text of an errno of the test kernel, which are FreeBSD's. */
const char *kernel_strerror(int error);

/*
 * From now on SIGINT and its like ask the player to stop; a second one ends it
 * at once.  stop_signal() is the number of the one that came, 0 if none did.
 */
void	signals_catch(void);
int	stop_signal(void);

/*
 * Options
 */

enum model { MODEL_QEMU, MODEL_SIM, MODEL_VHOST };

struct options {
	enum model	 model;
	char *const	*files;		/* one a stream, in turn */
	int		 nfiles;
	int		 streams;	/* at once */
	bool		 capture;	/* record, not play */
	bool		 no_picture;	/* of what was played */
	const char	*out;		/* folder */
	const char	*qemu;		/* program; NULL: the usual one */
	uint32_t	 period_frames;	/* 0: 10 ms */
	uint32_t	 periods;	/* 0: as many as there is room for */
	int		 device_streams; /* -1: as many as are needed */
};

/* Fills *o; returns an exit status to leave with, or -1 to go on. */
int	options_parse(struct options *o, int argc, char **argv);

/*
 * Formats
 */

enum sample {
	SAMPLE_U8, SAMPLE_S8, SAMPLE_S16, SAMPLE_S24, SAMPLE_S32, SAMPLE_F32,
	SAMPLES
};

struct sample_type {
	const char	*name;
	uint32_t	 afmt;		/* sound(4)'s encoding */
	uint32_t	 bytes;
	uint8_t		 silence;	/* each byte of a silent sample */
};
extern const struct sample_type sample_types[SAMPLES];

struct format {
	enum sample	 sample;
	uint32_t	 channels;
	uint32_t	 rate;		/* frames a second */
};

size_t	format_frame(const struct format *);	/* bytes */
/* "S16, 2 channels, 48000 Hz" */
const char *format_text(const struct format *, char *buf, size_t len);

/*
 * The audio file
 */

struct source {
	void		*sndfile;
	int		 fd;
	int64_t		 off;		/* where libsndfile reads next */
	struct header	 header;
	const char	*path;
	const char	*container;	/* "FLAC" */
	const char	*coding;	/* "24 bit" */
	bool		 endless;	/* no length is told before the end */
	uint64_t	 frames;	/* after sound_read(), if endless */
	struct format	 format;	/* nearest to how it is stored */
	bool		 rounded;	/* ... which has more precision */
	enum position	 layout[CHANNELS_MAX];
};

/* The source must stay where it is until it is closed. */
int	source_open(struct source *, const char *path);
void	source_close(struct source *);

/*
 * Samples in memory
 */

struct sound {
	struct format	 format;
	uint8_t		*data;
	size_t		 len;		/* bytes */
};

/* Read all of a file in this format, once. */
int	sound_read(struct sound *, struct source *, const struct format *);
void	sound_free(struct sound *);

/*
 * What sound_read() converts, as text for the user ("44100 Hz to 48000 Hz"); an
 * empty string if nothing.
 */
const char *source_differences(const struct source *, const struct format *,
	    char *buf, size_t len);

/*
 * The folder for results
 */

struct output {
	char		*wav;		/* path of played.wav */
	char		*png;
	bool		 written;	/* played.wav is what it should be */
};

/*
 * Make the folder and an empty file of that name, "played", number n, -1 for
 * none; remove the old picture.
 */
int	output_open(struct output *, const char *dir, const char *name, int n);
/* Removes a played.wav that output_write() did not complete. */
void	output_close(struct output *);
/* Write played.wav, in the format that WAV has for such samples. */
int	output_write(struct output *, struct sound *);
/* Draw played.png from played.wav, and so on. */
int	output_plot(const struct output *, int n);

/*
 * The device with its driver
 */

struct card;

struct card_stats {
	struct tk_virtio_stats virtio;
	uint64_t	periods;	/* that the device took or gave */
	uint64_t	features;	/* negotiated */
	uint32_t	streams;	/* of the device */
};

/*
 * Boot the test kernel with the device and let the driver attach.  QEMU writes
 * the sound to the output's played.wav; vhost-device-sound's sound is written
 * there once the device has ended; the model keeps the sound.  `format' is the
 * format to be played, for which QEMU's file is set up.
 */
int	card_open(struct card **, const struct options *,
	    const struct output *, const struct format *);
/* Can QEMU's file for one format serve for the other? */
bool	card_suits(const struct options *, const struct format *one,
	    const struct format *other);
/* Seconds that a second of sound takes. */
double	card_pace(const struct options *, const struct format *);
/* Seconds from a period's completion until it was heard. */
double	card_latency(const struct options *, const struct format *);
const char *card_name(const struct card *);
void	card_stats(const struct card *, struct card_stats *);
/*
 * Detach the driver, shut the kernel down and end the device.  Fails if
 * anything leaked or the device had an error.
 */
int	card_close(struct card *);
/* Is anything wrong with the device?  If so, it has been printed. */
bool	card_failed(const struct card *);
/* The model's input of that number will hear this; the sound must stay. */
void	card_feed(struct card *, uint32_t channel, const struct sound *);
/*
 * Bytes at the end of each period that the device fails to play, because of a
 * defect in it; 0: none.
 */
size_t	card_drops(const struct card *, const struct format *);
/*
 * After card_close(): what the device played, byte for byte: the model's output
 * of that number, or QEMU's one file for all.
 */
int	card_played(struct card *, uint32_t channel, const struct format *,
	    struct sound *);
void	card_free(struct card *);

/*
 * Playing and recording
 */

struct stream {
	struct tk_dsp	*dsp;
	bool		 capture;
	uint32_t	 channel;	/* number of the card's, that way */
	struct format	 format;
	char		 name[32];	/* of the channel */
	uint32_t	 offered;	/* encodings of the hardware */
	uint32_t	 minspeed;
	uint32_t	 maxspeed;
	uint32_t	 period_frames;
	uint32_t	 periods;
	size_t		 done;		/* bytes written or read */
	size_t		 silence;	/* bytes of it still to be written */
	uint64_t	 xruns;
};

/* Open a free channel, set it to the best format for this one. */
int	stream_open(struct stream *, const struct format *want,
	    const struct options *);
/*
 * Follow the sound with silence, enough that nothing is lost if this program is
 * late when the stream ends.  At the end sound(4) plays only what is in its
 * buffer when it is told to.
 */
void	stream_pad(struct stream *);
/*
 * Write or read the next of a sound's bytes, a period at most, without waiting.
 * Returns how many, 0 if the channel is not ready for any; or -1.
 */
int64_t	stream_move(struct stream *, struct sound *);
bool	stream_moved_all(const struct stream *, const struct sound *);
/* Let a stream end after all its bytes were moved. */
int	stream_finish(struct stream *);
/* Stop at once, and forget the rest. */
void	stream_stop(struct stream *);
/* Seconds of the stream that the device has taken or given. */
double	stream_position(const struct stream *);
double	stream_seconds(const struct stream *, size_t bytes);
void	stream_close(struct stream *);

/* A file and its stream. */
struct voice {
	struct source	 source;
	struct stream	 stream;
	struct sound	 sent;		/* to the device, or into its input */
	struct sound	 got;		/* what arrived */
};

/*
 * Play or record all, or until a signal: then the rest is dropped.  Fails if
 * the device stops.
 */
int	voices_move(struct voice *, int n, const struct card *);

/* Let the device play what it has taken, for so many seconds. */
void	voices_wait(double seconds);

/*
 * After card_close(): take what arrived, compare it, report the result and
 * write the outputs.  With `proves' false nothing is compared, because the
 * sound did not come to its end; then there are no pictures either.
 */
int	check_all(struct card *, struct voice *, int n, struct output *,
	    int noutputs, bool proves, bool pictures);

/*
 * Progress and report
 */

struct progress {
	bool		 tty;
	int		 shown;		/* last step shown */
};

void	progress_start(struct progress *);
void	progress_show(struct progress *, double done, double total);
void	progress_end(struct progress *, double done, double total);

void	report_device(const struct card *);
void	report_voice(const struct voice *);
void	report_pace(double pace);
void	report_counts(const struct card_stats *, const struct voice *, int n,
	    double seconds);
void	report_files(const struct output *, int n, bool pictures);

#endif /* !_RUN_H_ */

/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* What the user asked for, and the signals that end the program early. */

#define	_GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

static volatile sig_atomic_t signal_seen;

enum {
	OPT_PERIOD_FRAMES = 256, OPT_PERIODS, OPT_STREAMS, OPT_DEVICE_STREAMS,
	OPT_CAPTURE, OPT_NO_PICTURE, OPT_QEMU
};

static const struct option long_options[] = {
	{ "help",	no_argument,		NULL, 'h' },
	{ "model",	required_argument,	NULL, 'm' },
	{ "out",	required_argument,	NULL, 'o' },
	{ "period-frames", required_argument,	NULL, OPT_PERIOD_FRAMES },
	{ "periods",	required_argument,	NULL, OPT_PERIODS },
	{ "streams",	required_argument,	NULL, OPT_STREAMS },
	{ "device-streams", required_argument,	NULL, OPT_DEVICE_STREAMS },
	{ "capture",	no_argument,		NULL, OPT_CAPTURE },
	{ "no-picture",	no_argument,		NULL, OPT_NO_PICTURE },
	{ "qemu",	required_argument,	NULL, OPT_QEMU },
	{ NULL, 0, NULL, 0 }
};

static const char usage_text[] =
    "usage: kpi-play [options] file ...\n"
    "Play audio files through the virtio_snd driver, all at once.\n"
    "  -m, --model NAME        qemu: QEMU's virtio-sound, in real time;\n"
    "                          vhost: vhost-device-sound, likewise;\n"
    "                          sim: our model, in virtual time (qemu)\n"
    "  -o, --out DIR           where played.wav and played.png go (out/run)\n"
    "      --streams N         play N at once, the files in turn (each once)\n"
    "      --capture           record the files from the model's inputs:\n"
    "                          recorded.wav and recorded.png\n"
    "      --no-picture        leave out played.png, which takes the longest\n"
    "      --period-frames N   frames between two interrupts (10 ms of them)\n"
    "      --periods N         periods in the buffer, at least 2\n"
    "      --device-streams N  streams of the device, half of them play\n"
    "      --qemu PROGRAM      (qemu-system-x86_64)\n";

int
complain(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("run: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return (-1);
}

static int
usage_error(void)
{

	fputs(usage_text, stderr);
	return (RUN_USAGE);
}

static bool
number(const char *what, long least, long most, long *value)
{
	char *end;

	errno = 0;
	*value = strtol(optarg, &end, 10);
	if (errno == 0 && end != optarg && *end == '\0' && *value >= least &&
	    *value <= most)
		return (true);
	complain("--%s takes a number from %ld to %ld, not %s", what, least,
	    most, optarg);
	return (false);
}

static bool
take_model(struct options *o)
{

	if (strcmp(optarg, "qemu") == 0)
		o->model = MODEL_QEMU;
	else if (strcmp(optarg, "sim") == 0)
		o->model = MODEL_SIM;
	else if (strcmp(optarg, "vhost") == 0)
		o->model = MODEL_VHOST;
	else {
		complain("the model is qemu, sim or vhost, not %s", optarg);
		return (false);
	}
	return (true);
}

static bool
take_option(struct options *o, int option)
{
	long n;

	switch (option) {
	case 'm':
		return (take_model(o));
	case 'o':
		o->out = optarg;
		return (true);
	case OPT_QEMU:
		o->qemu = optarg;
		return (true);
	case OPT_PERIOD_FRAMES:
		if (!number("period-frames", 1, 65536, &n))
			return (false);
		o->period_frames = n;
		return (true);
	case OPT_PERIODS:
		if (!number("periods", 2, 64, &n))
			return (false);
		o->periods = n;
		return (true);
	case OPT_STREAMS:
		if (!number("streams", 1, RUN_STREAMS, &n))
			return (false);
		o->streams = n;
		return (true);
	case OPT_DEVICE_STREAMS:
		if (!number("device-streams", 0, 2 * RUN_STREAMS, &n))
			return (false);
		o->device_streams = n;
		return (true);
	case OPT_CAPTURE:
		o->capture = true;
		return (true);
	case OPT_NO_PICTURE:
		o->no_picture = true;
		return (true);
	default:
		fputs(usage_text, stderr);
		return (false);
	}
}

static int
streams_at_once(enum model model)
{

	switch (model) {
	case MODEL_QEMU:
		return (RUN_QEMU_STREAMS);
	case MODEL_VHOST:
		return (RUN_VHOST_STREAMS);
	default:
		return (RUN_STREAMS);
	}
}

/* Says what cannot be. */
static bool
possible(const struct options *o)
{

	if (o->nfiles > o->streams) {
		complain("%d files for %d stream%s: give each one of its own",
		    o->nfiles, o->streams, o->streams == 1 ? "" : "s");
		return (false);
	}
	if (o->capture && o->model != MODEL_SIM) {
		complain("only the model has an input to record from: "
		    "record with MODEL=sim");
		return (false);
	}
	if (o->streams > streams_at_once(o->model)) {
		complain("%d streams at once are too many: QEMU's device has "
		    "%d, vhost-device-sound %d, MODEL=sim %d", o->streams,
		    RUN_QEMU_STREAMS, RUN_VHOST_STREAMS, RUN_STREAMS);
		return (false);
	}
	return (true);
}

int
options_parse(struct options *o, int argc, char **argv)
{
	int option;

	*o = (struct options){ .model = MODEL_QEMU, .out = "out/run",
	    .device_streams = -1 };
	while ((option = getopt_long(argc, argv, "hm:o:", long_options,
	    NULL)) != -1) {
		if (option == 'h') {
			fputs(usage_text, stdout);
			return (RUN_OK);
		}
		if (!take_option(o, option))
			return (RUN_USAGE);
	}
	if (optind == argc)
		return (usage_error());
	o->files = argv + optind;
	o->nfiles = argc - optind;
	if (o->streams == 0)
		o->streams = o->nfiles;
	return (possible(o) ? -1 : RUN_USAGE);
}

/* Signals.  The first asks the player to stop, the second ends it. */

static void
on_signal(int sig)
{

	if (signal_seen != 0)
		_exit(RUN_SIGNAL + sig);
	signal_seen = sig;
}

void
signals_catch(void)
{
	struct sigaction sa = { .sa_handler = on_signal,
	    .sa_flags = SA_RESTART };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

int
stop_signal(void)
{

	return (signal_seen);
}

/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Options of kpi-rtkit, and what it prints. */

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rtkit.h"
#include "tk.h"

#define	EXIT_USAGE	64
#define	DTB_MAX		(1 << 20)	/* bytes of a tree that is read */
#define	TEMPERATURES_MAX 2000
#define	PARKED		2882	/* 15 C: less is no temperature */

static const struct option long_options[] = {
	{ "crash",	no_argument,		NULL, 'c' },
	{ "dtb",	required_argument,	NULL, 'd' },
	{ "help",	no_argument,		NULL, 'h' },
	{ "log",	required_argument,	NULL, 'l' },
	{ "newer",	no_argument,		NULL, 'n' },
	{ "soc",	required_argument,	NULL, 's' },
	{ "temperatures", required_argument,	NULL, 't' },
	{ "write",	required_argument,	NULL, 'w' },
	{ NULL, 0, NULL, 0 }
};

static const char usage_text[] =
    "usage: kpi-rtkit [options]\n"
    "Boot the model of Apple's SMC by the drivers and show every message.\n"
    "  -s, --soc NAME   t8103, t8112, t6000 to t6002 or t6020 to t6022 (what\n"
    "                   the tree says, else t8103)\n"
    "  -d, --dtb FILE   a device tree of your own for it\n"
    "  -n, --newer      firmware as it is since late 2026\n"
    "  -t, --temperatures N\n"
    "                   so many; real machines have up to 375 (6)\n"
    "  -c, --crash      crash the coprocessor, and show its crash log\n"
    "  -w, --write FILE also write the messages to a log\n"
    "  -l, --log FILE   no model: show the messages of a log\n";

struct options {
	struct rtkit_machine machine;
	const char	*dtb;
	const char	*log;		/* to be shown, and no model */
	const char	*write;		/* a log to be written */
	bool		 crash;
	bool		 modelled;	/* an option is about the model */
};

/* The exchange, as it is printed. */
struct log {
	struct rtkit_decoder decoder;
	int64_t		start_ns;	/* of the first message; -1: none yet */
	uint64_t	messages;
	size_t		printed;	/* bytes of the kernel's messages */
	FILE		*written;	/* NULL: none is */
	bool		 unwritten;	/* a message could not be written */
};

static int
complain(const char *what, const char *why)
{
	fflush(stdout);
	fprintf(stderr, "run: %s: %s\n", what, why);
	return (EXIT_FAILURE);
}

/*
 * Is the line about a mailbox whose coprocessor the model does not have?  A
 * machine has many coprocessors, the model has one, so nothing is wrong.
 */
static bool
of_another_mailbox(const char *line, int len)
{
	static const char *const ends[] = {
		": cannot map the registers", " attach returned 6",
	};

	if (strncmp(line, "apple_mbox", 10) != 0 &&
	    strncmp(line, "device_attach: apple_mbox", 25) != 0)
		return (false);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		int end = strlen(ends[i]);

		if (len >= end && strncmp(line + len - end, ends[i],
		    end) == 0)
			return (true);
	}
	return (false);
}

/* What the kernel has printed meanwhile, crash logs for one. */
static void
print_kernel(struct log *log)
{
	const char *text = tk_msgbuf() + log->printed;

	for (int len; *text != '\0'; text += len + 1) {
		len = strcspn(text, "\n");
		if (text[len] == '\0')
			break;
		if (!of_another_mailbox(text, len))
			printf("%10s  %.*s\n", "", len, text);
		else if (strncmp(text, "apple_mbox", 10) == 0)
			printf("%10s  %.*s: of a coprocessor that is not "
			    "simulated\n", "", (int)strcspn(text, ":"), text);
		log->printed += len + 1;
	}
}

/* Add a message to the log that is written; false: that is not possible. */
static bool
write_message(FILE *f, const struct model_rtkit_event *e)
{
	char line[64];

	rtkit_log_format(e, line, sizeof(line));
	return (fprintf(f, "%s\n", line) > 0);
}

static void
print_message(void *arg, const struct model_rtkit_event *event)
{
	struct model_rtkit_event e = *event;
	struct log *log = arg;

	if (log->start_ns < 0)
		log->start_ns = e.time_ns;
	e.time_ns -= log->start_ns;
	log->messages++;
	print_kernel(log);
	if (log->written != NULL && !write_message(log->written, &e))
		log->unwritten = true;
	rtkit_show_message(&log->decoder, &e);
}

/* The unit that a description names, with a blank before it. */
static const char *
unit_of(const char *descr)
{
	static const struct {
		const char	*text;
		const char	*unit;
	} units[] = {
		{ "mAh", " mAh" }, { "mA", " mA" }, { "mV", " mV" },
		{ "mW", " mW" }, { "percent", " %" },
		{ "revolutions per minute", " rpm" }, { "minutes", " min" },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strstr(descr, units[i].text) != NULL)
			return (units[i].unit);
	return ("");
}

/*
 * All sensors are read into a table first, because reading one prints its
 * messages.
 */
struct sensors {
	char	(*lines)[128];
	int	count;
	bool	failed;
};

/* A description without its remarks: it may be "part; below 15 C: ...". */
static const char *
describe(const struct rtkit_sensor *s, char *buf, size_t len)
{
	const char *more = strchr(s->descr, ';');
	bool parked = s->error == 0 && s->kelvin && s->value < PARKED;

	if (more == NULL || strstr(more, "its part is off") == NULL)
		return (s->descr);
	snprintf(buf, len, "%.*s%s", (int)(more - s->descr), s->descr,
	    parked ? ": its part is off" : "");
	return (buf);
}

static void
add_sensor(void *arg, const struct rtkit_sensor *s)
{
	struct sensors *all = arg;
	char value[32], descr[64];
	void *lines;

	if (s->error != 0) {
		snprintf(value, sizeof(value), "error %d", s->error);
		all->failed = true;
	} else if (s->kelvin)
		snprintf(value, sizeof(value), "%.1f C",
		    s->value / 10.0 - 273.15);
	else
		snprintf(value, sizeof(value), "%d%s", s->value,
		    unit_of(s->descr));
	lines = realloc(all->lines, (all->count + 1) * sizeof(all->lines[0]));
	if (lines == NULL) {
		all->failed = true;
		return;
	}
	all->lines = lines;
	snprintf(all->lines[all->count++], sizeof(all->lines[0]),
	    "%-22s %12s  %s", s->name, value,
	    describe(s, descr, sizeof(descr)));
}

static bool
print_sensors(void)
{
	struct sensors all = { .lines = NULL };

	rtkit_sensors(add_sensor, &all);
	printf("\nsensors of %s:\n", rtkit_machine_smc());
	for (int i = 0; i < all.count; i++)
		printf("  %s\n", all.lines[i]);
	printf("  %d in all\n", all.count);
	free(all.lines);
	return (!all.failed);
}

static void
print_events(void)
{
	const char *event;

	printf("\nevents for devd:\n");
	for (size_t i = 0; (event = rtkit_devd_event(i)) != NULL; i++)
		printf("  %s\n", event);
}

/* The whole of a file; NULL: errno says why. */
static void *
read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	void *data = NULL;

	if (f == NULL)
		return (NULL);
	data = malloc(DTB_MAX);
	if (data != NULL)
		*len = fread(data, 1, DTB_MAX, f);
	if (data == NULL || ferror(f)) {
		free(data);
		data = NULL;
	}
	fclose(f);
	return (data);
}

/* An exit status to leave with, or -1. */
static int
check(const struct options *o, bool counted)
{
	char known[128] = "";
	const char *soc;

	if (!counted) {
		(void)complain("temperatures", "a number, at most 2000");
		return (EXIT_USAGE);
	}
	if (o->log != NULL && o->modelled) {
		(void)complain(o->log, "a log is shown without a model: give "
		    "LOG alone");
		return (EXIT_USAGE);
	}
	if (o->machine.soc == NULL || rtkit_soc_known(o->machine.soc))
		return (-1);
	for (size_t i = 0; (soc = rtkit_soc(i)) != NULL; i++)
		snprintf(known + strlen(known), sizeof(known) - strlen(known),
		    "%s%s", i == 0 ? "" : ", ", soc);
	fflush(stdout);
	fprintf(stderr, "run: %s: the SoC is one of %s\n", o->machine.soc,
	    known);
	return (EXIT_USAGE);
}

/* A number from text, at most TEMPERATURES_MAX; false: it is none. */
static bool
parse_count(const char *text, unsigned int *count)
{
	unsigned long value;
	char *end;

	value = strtoul(text, &end, 10);
	*count = value;
	return (text[0] >= '0' && text[0] <= '9' && *end == '\0' &&
	    value <= TEMPERATURES_MAX);
}

/* The same. */
static int
parse(struct options *o, int argc, char **argv)
{
	bool counted = true;
	int c;

	*o = (struct options){ .dtb = NULL };
	while ((c = getopt_long(argc, argv, "cd:hl:ns:t:w:", long_options,
	    NULL)) != -1) {
		o->modelled = o->modelled || c != 'l';
		switch (c) {
		case 'c':
			o->crash = true;
			break;
		case 'd':
			o->dtb = optarg;
			break;
		case 'h':
			fputs(usage_text, stdout);
			return (EXIT_SUCCESS);
		case 'l':
			o->log = optarg;
			break;
		case 'n':
			o->machine.newer = true;
			break;
		case 's':
			o->machine.soc = optarg;
			break;
		case 't':
			counted = parse_count(optarg,
			    &o->machine.temperatures);
			break;
		case 'w':
			o->write = optarg;
			break;
		default:
			fputs(usage_text, stderr);
			return (EXIT_USAGE);
		}
	}
	if (optind != argc) {
		fputs(usage_text, stderr);
		return (EXIT_USAGE);
	}
	return (check(o, counted));
}

/* What happens once the driver is attached; false: something did not. */
static bool
use(const struct options *o, struct log *log)
{
	bool good;

	print_kernel(log);
	rtkit_show_endpoints(&log->decoder);
	printf("\nbutton, lid and charger:\n");
	rtkit_machine_touch();
	print_events();
	printf("\nreading the sensors:\n");
	good = print_sensors();
	if (o->crash) {
		printf("\nthe coprocessor crashes:\n");
		rtkit_machine_crash();
		print_kernel(log);
	}
	printf("\ndetaching:\n");
	good = rtkit_machine_down() == 0 && good;
	print_kernel(log);
	return (good);
}

/* Begin the log that is to be written; false: it cannot be. */
static bool
begin_log(const struct options *o, struct log *log)
{
	if (o->write == NULL)
		return (true);
	log->written = fopen(o->write, "w");
	if (log->written == NULL) {
		(void)complain(o->write, strerror(errno));
		return (false);
	}
	fprintf(log->written, "# ms way endpoint message\n");
	return (true);
}

static bool
end_log(const struct options *o, struct log *log)
{
	printf("\n%" PRIu64 " messages\n", log->messages);
	if (log->written == NULL)
		return (true);
	if (fclose(log->written) != 0 || log->unwritten) {
		(void)complain(o->write, "not all messages could be written");
		return (false);
	}
	printf("log: %s\n", o->write);
	return (true);
}

/* Boot the machine, and attach the drivers; false: a line says why not. */
static bool
bring_up(struct options *o, struct log *log)
{
	const char *why;
	void *dtb = NULL;
	bool good;

	if (o->dtb != NULL && (dtb = read_file(o->dtb,
	    &o->machine.dtb_len)) == NULL) {
		(void)complain(o->dtb, strerror(errno));
		return (false);
	}
	o->machine.dtb = dtb;
	rtkit_decoder_init(&log->decoder);
	good = rtkit_machine_boot(&o->machine, &why);
	if (good) {
		printf("machine: %s, device tree %s\n\n", o->machine.soc,
		    o->dtb != NULL ? o->dtb : "of tests/models/dts");
		rtkit_show_head();
		good = rtkit_machine_up(&o->machine, print_message, log, &why);
	}
	free(dtb);
	if (!good)
		(void)complain(o->dtb != NULL ? o->dtb : o->machine.soc, why);
	return (good);
}

int
main(int argc, char **argv)
{
	struct log log = { .start_ns = -1 };
	struct options o;
	int status;
	bool good;

	if ((status = parse(&o, argc, argv)) != -1)
		return (status);
	if (o.log != NULL)
		return (rtkit_replay(o.log) ? EXIT_SUCCESS : EXIT_FAILURE);
	if (!begin_log(&o, &log))
		return (EXIT_FAILURE);
	good = bring_up(&o, &log) && use(&o, &log);
	good = end_log(&o, &log) && good;
	return (good ? EXIT_SUCCESS : EXIT_FAILURE);
}

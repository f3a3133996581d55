/*-
 * SPDX-License-Identifier: BSD-2-Clause
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
#define	SENSORS_MAX	64

static const struct option long_options[] = {
	{ "crash",	no_argument,		NULL, 'c' },
	{ "dtb",	required_argument,	NULL, 'd' },
	{ "help",	no_argument,		NULL, 'h' },
	{ "soc",	required_argument,	NULL, 's' },
	{ NULL, 0, NULL, 0 }
};

static const char usage_text[] =
    "usage: kpi-rtkit [options]\n"
    "Boot the model of Apple's SMC by the drivers and show every message.\n"
    "  -s, --soc NAME   t8103, t6000 or t8112 (t8103)\n"
    "  -d, --dtb FILE   a device tree of your own for it\n"
    "  -c, --crash      crash the coprocessor, and show its crash log\n";

struct options {
	const char	*soc;
	const char	*dtb;
	bool		 crash;
};

/* The exchange, as it is printed. */
struct log {
	struct rtkit_decoder decoder;
	int64_t		start_ns;	/* of the first message; -1: none yet */
	uint64_t	messages;
	size_t		printed;	/* bytes of the kernel's messages */
};

static int
complain(const char *what, const char *why)
{
	fflush(stdout);
	fprintf(stderr, "run: %s: %s\n", what, why);
	return (EXIT_FAILURE);
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
		printf("%10s  %.*s\n", "", len, text);
		log->printed += len + 1;
	}
}

static void
print_message(void *arg, const struct model_rtkit_event *e)
{
	struct rtkit_message m;
	struct log *log = arg;

	if (log->start_ns < 0)
		log->start_ns = e->time_ns;
	log->messages++;
	print_kernel(log);
	rtkit_decode(&log->decoder, e->from_ap, e->msg0, e->msg1, &m);
	printf("%10.3f  %s  %-8s  %-*s%s\n",
	    (double)(e->time_ns - log->start_ns) / 1e6,
	    e->from_ap ? "AP > IOP" : "AP < IOP", m.endpoint,
	    m.fields[0] != '\0' ? 16 : 0, m.name, m.fields);
}

static void
print_endpoints(const struct log *log)
{
	char buf[8];

	printf("\nendpoints:\n");
	for (int ep = 0; ep < MODEL_RTKIT_ENDPOINTS; ep++) {
		bool started = log->decoder.started[ep] || ep == 0;

		if (log->decoder.present[ep] || started)
			printf("  0x%02x  %-8s  %s\n", ep,
			    rtkit_endpoint(ep, buf, sizeof(buf)),
			    started ? "started" : "not started");
	}
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

/* A table of them, since asking for one shows its messages. */
struct sensors {
	char	lines[SENSORS_MAX][128];
	int	count;
	bool	failed;
};

static void
add_sensor(void *arg, const struct rtkit_sensor *s)
{
	struct sensors *all = arg;
	char value[32];

	if (s->error != 0) {
		snprintf(value, sizeof(value), "error %d", s->error);
		all->failed = true;
	} else if (s->kelvin)
		snprintf(value, sizeof(value), "%.1f C",
		    s->value / 10.0 - 273.15);
	else
		snprintf(value, sizeof(value), "%d%s", s->value,
		    unit_of(s->descr));
	if (all->count < SENSORS_MAX)
		snprintf(all->lines[all->count++], sizeof(all->lines[0]),
		    "%-22s %12s  %s", s->name, value, s->descr);
}

static bool
print_sensors(void)
{
	static struct sensors all;

	rtkit_sensors(add_sensor, &all);
	printf("\nsensors, below dev.apple_smc.0:\n");
	for (int i = 0; i < all.count; i++)
		printf("  %s\n", all.lines[i]);
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
parse(struct options *o, int argc, char **argv)
{
	int c;

	*o = (struct options){ .soc = "t8103" };
	while ((c = getopt_long(argc, argv, "cd:hs:", long_options,
	    NULL)) != -1) {
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
		case 's':
			o->soc = optarg;
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
	if (strcmp(o->soc, "t8103") != 0 && strcmp(o->soc, "t6000") != 0 &&
	    strcmp(o->soc, "t8112") != 0) {
		(void)complain(o->soc, "the SoC is t8103, t6000 or t8112");
		return (EXIT_USAGE);
	}
	return (-1);
}

/* What happens once the driver is attached; false: something did not. */
static bool
use(const struct options *o, struct log *log)
{
	bool good;

	print_kernel(log);
	print_endpoints(log);
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

int
main(int argc, char **argv)
{
	struct log log = { .start_ns = -1 };
	struct options o;
	void *dtb = NULL;
	const char *why;
	size_t len = 0;
	int status;
	bool good;

	if ((status = parse(&o, argc, argv)) != -1)
		return (status);
	if (o.dtb != NULL && (dtb = read_file(o.dtb, &len)) == NULL)
		return (complain(o.dtb, strerror(errno)));
	rtkit_decoder_init(&log.decoder);
	printf("machine: %s, device tree %s\n\n%10s  %-8s  %-8s  %-14s  %s\n",
	    o.soc, o.dtb != NULL ? o.dtb : "of tests/models/dts", "ms", "way",
	    "endpoint", "message", "fields");
	good = rtkit_machine_up(o.soc, dtb, len, print_message, &log, &why);
	free(dtb);
	if (!good)
		return (complain(o.dtb != NULL ? o.dtb : o.soc, why));
	good = use(&o, &log);
	printf("\n%" PRIu64 " messages\n", log.messages);
	return (good ? EXIT_SUCCESS : EXIT_FAILURE);
}

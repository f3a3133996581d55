/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The only program of a Linux guest, /init: it follows /plan, a line at a time,
 * then powers the machine off.
 *
 *	load FILE [PARAMETERS]	load the module
 *	symbols	write the kernel's functions to QEMU's debug console
 *	play CARD FRAMES COUNT WARM PERIODS	play periods of so many
 *		frames in a buffer of COUNT: WARM of them, then PERIODS
 *		between two marks
 *
 * On the console: `PLAYED underruns`, or one line about what failed.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/module.h>
#include <sound/asound.h>

#include "mark.h"

#define	WAIT_MS		10000		/* for the card */
#define	DEBUG_PORT	0xe9		/* QEMU's isa-debugcon */
#define	HZ		48000
#define	CHANNELS	2
#define	FRAMES_MAX	8192
#define	LINE		512		/* characters */

static void __attribute__((__noreturn__))
power_off(void)
{
	(void)reboot(RB_POWER_OFF);
	for (;;)
		(void)pause();
}

static void __attribute__((__noreturn__, __format__(__printf__, 1, 2)))
give_up(const char *fmt, ...)
{
	va_list ap;

	printf("init: ");
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	power_off();
}

static int
open_or_give_up(const char *path, int flags)
{
	int fd = open(path, flags);

	if (fd < 0)
		give_up("%s: %s", path, strerror(errno));
	return (fd);
}

/* file: a name in /modules; it is compressed if it ends in .xz. */
static void
load(const char *file, const char *parameters)
{
	char path[LINE];
	size_t len = strlen(file);
	int fd, flags = 0;

	(void)snprintf(path, sizeof(path), "/modules/%s", file);
	if (len > 3 && strcmp(file + len - 3, ".xz") == 0)
		flags = MODULE_INIT_COMPRESSED_FILE;
	fd = open_or_give_up(path, O_RDONLY);
	if (syscall(SYS_finit_module, fd, parameters, flags) != 0)
		give_up("load %s: %s", file, strerror(errno));
	(void)close(fd);
}

/* The lines of /proc/kallsyms that are functions. */
static void
symbols(void)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	char line[LINE], type;

	if (file == NULL || iopl(3) != 0)
		give_up("/proc/kallsyms: %s", strerror(errno));
	while (fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "%*s %c", &type) != 1 ||
		    strchr("tTwW", type) == NULL ||
		    strstr(line, " __pfx_") != NULL)
			continue;
		outsb(DEBUG_PORT, line, strlen(line));
	}
	(void)fclose(file);
}

static void
mask(struct snd_pcm_hw_params *hw, int which, unsigned value)
{
	struct snd_mask *m =
	    &hw->masks[which - SNDRV_PCM_HW_PARAM_FIRST_MASK];

	memset(m, 0, sizeof(*m));
	m->bits[value / 32] = 1u << value % 32;
}

static void
interval(struct snd_pcm_hw_params *hw, int which, unsigned value)
{
	struct snd_interval *i =
	    &hw->intervals[which - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL];

	*i = (struct snd_interval){ .min = value, .max = value, .integer = 1 };
}

/* All that a card can do. */
static void
any(struct snd_pcm_hw_params *hw)
{
	int i;

	memset(hw, 0, sizeof(*hw));
	memset(hw->masks, 0xff, sizeof(hw->masks));
	for (i = SNDRV_PCM_HW_PARAM_FIRST_INTERVAL;
	    i <= SNDRV_PCM_HW_PARAM_LAST_INTERVAL; i++)
		hw->intervals[i - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL].max = ~0u;
	hw->rmask = hw->info = ~0u;
}

static void
ask(int fd, unsigned long request, const char *name, void *arg)
{
	if (ioctl(fd, request, arg) != 0)
		give_up("%s: %s", name, strerror(errno));
}

#define	ASK(fd, request, arg)	ask((fd), (request), #request, (arg))

static void
set_hardware(int fd, unsigned frames, unsigned count)
{
	struct snd_pcm_hw_params hw;

	any(&hw);
	mask(&hw, SNDRV_PCM_HW_PARAM_ACCESS, SNDRV_PCM_ACCESS_RW_INTERLEAVED);
	mask(&hw, SNDRV_PCM_HW_PARAM_FORMAT, SNDRV_PCM_FORMAT_S16_LE);
	mask(&hw, SNDRV_PCM_HW_PARAM_SUBFORMAT, SNDRV_PCM_SUBFORMAT_STD);
	interval(&hw, SNDRV_PCM_HW_PARAM_CHANNELS, CHANNELS);
	interval(&hw, SNDRV_PCM_HW_PARAM_RATE, HZ);
	interval(&hw, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, frames);
	interval(&hw, SNDRV_PCM_HW_PARAM_PERIODS, count);
	ASK(fd, SNDRV_PCM_IOCTL_HW_PARAMS, &hw);
}

/* It starts when the buffer is full, and stops when it is empty. */
static void
set_software(int fd, unsigned frames, unsigned count)
{
	struct snd_pcm_sw_params sw = {
		.period_step = 1,
		.avail_min = frames,
		.start_threshold = frames * count,
		.stop_threshold = frames * count,
		.boundary = frames * count,
	};

	while (sw.boundary * 2 <= 0x3fffffff)
		sw.boundary *= 2;
	ASK(fd, SNDRV_PCM_IOCTL_SW_PARAMS, &sw);
}

/* A card is there some time after its driver. */
static int
open_card(unsigned card)
{
	char path[LINE];
	unsigned ms;

	(void)snprintf(path, sizeof(path), "/dev/snd/pcmC%uD0p", card);
	for (ms = 0; access(path, F_OK) != 0 && ms < WAIT_MS; ms += 10)
		(void)usleep(10000);
	return (open_or_give_up(path, O_RDWR));
}

/* Returns how often the buffer was empty. */
static unsigned
write_periods(int fd, unsigned frames, unsigned n)
{
	static int16_t data[FRAMES_MAX * CHANNELS];
	struct snd_xferi x = { .buf = data, .frames = frames };
	unsigned underruns = 0;

	while (n-- != 0) {
		if (ioctl(fd, SNDRV_PCM_IOCTL_WRITEI_FRAMES, &x) == 0)
			continue;
		if (errno != EPIPE)
			give_up("write: %s", strerror(errno));
		underruns++;
		ASK(fd, SNDRV_PCM_IOCTL_PREPARE, NULL);
	}
	return (underruns);
}

static void
play(unsigned card, unsigned frames, unsigned count, unsigned warm,
    unsigned periods)
{
	unsigned underruns;
	int fd = open_card(card);

	if (frames > FRAMES_MAX)
		give_up("%u frames are too many", frames);
	set_hardware(fd, frames, count);
	set_software(fd, frames, count);
	ASK(fd, SNDRV_PCM_IOCTL_PREPARE, NULL);
	underruns = write_periods(fd, frames, warm);
	MARK_BEGIN();
	underruns += write_periods(fd, frames, periods);
	MARK_END();
	ASK(fd, SNDRV_PCM_IOCTL_DROP, NULL);
	(void)close(fd);
	printf("PLAYED %u\n", underruns);
}

static void
follow(const char *line)
{
	char file[LINE], parameters[LINE] = "";
	unsigned n[5];

	if (sscanf(line, "load %511s %511[^\n]", file, parameters) >= 1) {
		load(file, parameters);
	} else if (strcmp(line, "symbols\n") == 0) {
		symbols();
	} else if (sscanf(line, "play %u %u %u %u %u", &n[0], &n[1], &n[2],
	    &n[3], &n[4]) == 5) {
		play(n[0], n[1], n[2], n[3], n[4]);
	} else {
		give_up("what is \"%s\" in /plan?", line);
	}
}

int
main(void)
{
	char line[LINE];
	FILE *plan;

	(void)mkdir("/proc", 0755);
	(void)mkdir("/dev", 0755);
	(void)mount("proc", "/proc", "proc", 0, "");
	(void)mount("dev", "/dev", "devtmpfs", 0, "");
	if (freopen("/dev/console", "w", stdout) == NULL)
		power_off();
	setvbuf(stdout, NULL, _IONBF, 0);
	plan = fopen("/plan", "r");
	if (plan == NULL)
		give_up("/plan: %s", strerror(errno));
	while (fgets(line, sizeof(line), plan) != NULL)
		follow(line);
	printf("init: end\n");
	power_off();
}

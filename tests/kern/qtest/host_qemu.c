/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The QEMU process: whether it is installed and new enough, its command line,
 * its start and its end.  It leaves no file behind: guest RAM, the boot ROM and
 * QEMU's output are in anonymous memory files that end with the two processes.
 */

#define	_GNU_SOURCE
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qtest_var.h"

#define	QEMU_PROGRAM	"qemu-system-x86_64"
#define	QEMU_MAJOR	8		/* first with virtio-sound */
#define	QEMU_MINOR	2
#define	QEMU_END_MS	5000		/* to end after SIGTERM */
#define	QEMU_ROM_SIZE	65536		/* what QEMU accepts as firmware */
#define	QEMU_MAX_ARGS	48

/* Is QEMU there, and is it fit? */

static int
report_no_qemu(struct tk_qtest *q, const char *program, int error)
{

	if (error == ENOENT)
		return (qtest_report(q, error, "QEMU is missing: there is no "
		    "%s; install Debian's qemu-system-x86, version %d.%d or "
		    "later", program, QEMU_MAJOR, QEMU_MINOR));
	return (qtest_report(q, error, "cannot run %s: %s", program,
	    strerror(error)));
}

static int
check_version(struct tk_qtest *q, const char *program)
{
	static const char banner[] = "QEMU emulator version ";
	char text[QTEST_LINE], *v;
	int error, major, minor;

	error = qtest_query(program, "-version", NULL, text, sizeof(text));
	if (error != 0)
		return (report_no_qemu(q, program, error));
	v = strstr(text, banner);
	if (v == NULL || sscanf(v + sizeof(banner) - 1, "%d.%d", &major,
	    &minor) != 2)
		return (qtest_report(q, ENODEV, "%s is not QEMU: it does not "
		    "tell a version", program));
	v += sizeof(banner) - 1;
	snprintf(q->qemu.version, sizeof(q->qemu.version), "%.*s",
	    (int)strcspn(v, " \n"), v);
	if (major > QEMU_MAJOR || (major == QEMU_MAJOR && minor >= QEMU_MINOR))
		return (0);
	return (qtest_report(q, ENODEV, "QEMU %s is too old, virtio-sound "
	    "came with %d.%d; on Debian 12: apt install -t bookworm-backports "
	    "qemu-system-x86", q->qemu.version, QEMU_MAJOR, QEMU_MINOR));
}

static int
check_device(struct tk_qtest *q, const char *program, const char *device)
{
	enum { SIZE = 256 * 1024 };
	char name[QTEST_LINE], *text;
	int error;

	snprintf(name, sizeof(name), "\"%s\"", device);
	text = malloc(SIZE);
	if (text == NULL)
		return (qtest_report(q, ENOMEM, "out of memory"));
	error = qtest_query(program, "-device", "help", text, SIZE);
	if (error != 0)
		error = report_no_qemu(q, program, error);
	else if (strstr(text, name) == NULL)
		error = qtest_report(q, ENODEV, "QEMU %s has no device "
		    "%s: it was built without; install Debian's "
		    "qemu-system-x86", q->qemu.version, device);
	free(text);
	return (error);
}

static const char *
qemu_program(const struct tk_qtest_config *c)
{

	return (c->qemu != NULL ? c->qemu : QEMU_PROGRAM);
}

int
qemu_check(struct tk_qtest *q, const struct tk_qtest_config *c)
{
	char name[QTEST_LINE];
	const char *device = "vhost-user-snd-pci";
	int error;

	if (c->device == TK_QTEST_PCI)
		device = c->pci;
	else if (c->arg != NULL)
		device = c->arg;
	else if (c->device == TK_QTEST_QEMU)
		device = "virtio-sound-pci";
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(device, ","),
	    device);
	error = check_version(q, qemu_program(c));
	if (error == 0)
		error = check_device(q, qemu_program(c), name);
	return (error);
}

/*
 * The command line
 */

struct args {
	char	*v[QEMU_MAX_ARGS];
	int	 n;
	bool	 failed;
};

__attribute__((__format__(__printf__, 2, 3)))
static void
arg(struct args *a, const char *fmt, ...)
{
	va_list ap;

	if (a->failed || a->n == QEMU_MAX_ARGS - 1) {
		a->failed = true;
		return;
	}
	va_start(ap, fmt);
	if (vasprintf(&a->v[a->n], fmt, ap) < 0) {
		a->v[a->n] = NULL;
		a->failed = true;
	} else
		a->n++;
	va_end(ap);
}

static void
args_free(struct args *a)
{
	int i;

	for (i = 0; i < a->n; i++)
		free(a->v[i]);
}

/* In an option's value a comma is written twice. */
static char *
quote(const char *path)
{
	char *quoted, *to;

	quoted = malloc(2 * strlen(path) + 1);
	if (quoted == NULL)
		return (NULL);
	for (to = quoted; *path != '\0'; path++) {
		if (*path == ',')
			*to++ = ',';
		*to++ = *path;
	}
	*to = '\0';
	return (quoted);
}

static void
audio_args(struct args *a, const struct tk_qtest_config *c)
{
	static const char *const format[] = {
		[TK_QTEST_WAV_U8] = "u8", [TK_QTEST_WAV_S8] = "s8",
		[TK_QTEST_WAV_S16] = "s16",
	};
	char *path;

	arg(a, "-audiodev");
	if (c->wav == NULL) {
		arg(a, "none,id=snd0");
		return;
	}
	path = quote(c->wav);
	if (path == NULL)
		a->failed = true;
	else if (c->wav_format == TK_QTEST_WAV_RAW)
		arg(a, "wav,id=snd0,path=%s,out.mixing-engine=off,"
		    "out.fixed-settings=off", path);
	else
		arg(a, "wav,id=snd0,path=%s,out.frequency=%u,out.channels=2,"
		    "out.format=%s", path,
		    c->wav_rate != 0 ? c->wav_rate : 48000,
		    format[c->wav_format]);
	free(path);
}

/*
 * Without ioeventfd QEMU handles a notification before it answers the write.
 * So the device's immediate effects are visible after the write.
 */
static void
device_args(struct args *a, const struct tk_qtest_config *c)
{

	if (c->arg != NULL) {
		arg(a, "-device");
		arg(a, "%s", c->arg);
		return;
	}
	audio_args(a, c);
	arg(a, "-device");
	arg(a, "virtio-sound-pci,audiodev=snd0,ioeventfd=off,vectors=%u,"
	    "streams=%u,jacks=%u,chmaps=%u,iommu_platform=%s",
	    c->vectors != 0 ? c->vectors : 5,
	    c->streams != 0 ? c->streams : 2, c->jacks, c->chmaps,
	    c->iommu_platform ? "on" : "off");
}

/* The device is another process, which receives notifications itself. */
static void
vhost_args(struct args *a, struct tk_qtest *q)
{

	arg(a, "-chardev");
	arg(a, "socket,id=vhost0,path=%s", vhost_socket(&q->vhost));
	arg(a, "-device");
	arg(a, "vhost-user-snd-pci,chardev=vhost0");
}

static void
pci_args(struct args *a, const struct tk_qtest_config *c)
{

	arg(a, "-device");
	arg(a, "%s", c->pci);
}

static void
monitor_args(struct args *a, int sock)
{

	arg(a, "-chardev");
	arg(a, "socket,id=qmp0,fd=%d", sock);
	arg(a, "-mon");
	arg(a, "chardev=qmp0,mode=control");
}

static void
machine_args(struct args *a, struct tk_qtest *q, size_t ram, int sock)
{

	arg(a, "-nodefaults");
	arg(a, "-no-user-config");
	arg(a, "-display");
	arg(a, "none");
	arg(a, "-object");
	arg(a, "memory-backend-file,id=ram0,mem-path=/dev/fd/%d,share=on,"
	    "size=%zu", q->qemu.ram_fd, ram);
	arg(a, "-machine");
	arg(a, "q35,memory-backend=ram0");
	arg(a, "-m");
	arg(a, "size=%zuB", ram);
	arg(a, "-accel");
	arg(a, "tcg");
	arg(a, "-bios");
	arg(a, "/dev/fd/%d", q->qemu.bios_fd);
	arg(a, "-chardev");
	arg(a, "socket,id=qtest0,fd=%d", sock);
	arg(a, "-qtest");
	arg(a, "chardev:qtest0");
	arg(a, "-qtest-log");
	arg(a, "none");
}

/*
 * Start and end
 */

/* The reset vector, 16 bytes below the ROM's end: cli; 1: hlt; jmp 1b. */
static int
make_bios(void)
{
	static const uint8_t code[] = { 0xfa, 0xf4, 0xeb, 0xfd };
	int fd;

	fd = memfd_create("bios", MFD_CLOEXEC);
	if (fd < 0)
		return (-1);
	if (ftruncate(fd, QEMU_ROM_SIZE) != 0 || pwrite(fd, code, sizeof(code),
	    QEMU_ROM_SIZE - 16) != sizeof(code)) {
		close(fd);
		return (-1);
	}
	return (fd);
}

static int
make_files(struct qemu *p, size_t ram)
{

	p->stderr_fd = memfd_create("stderr", MFD_CLOEXEC);
	p->bios_fd = make_bios();
	p->ram_fd = memfd_create("ram", MFD_CLOEXEC);
	if (p->stderr_fd < 0 || p->bios_fd < 0 || p->ram_fd < 0 ||
	    ftruncate(p->ram_fd, ram) != 0)
		return (errno);
	return (0);
}

static int
make_socket(int *ours, int *theirs)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return (errno);
	*ours = pair[0];
	*theirs = pair[1];
	return (0);
}

static int
run(struct tk_qtest *q, const struct tk_qtest_config *c, size_t ram, int sock,
    int monitor)
{
	struct args a = { .n = 0 };
	const int keep[] = { q->qemu.ram_fd, q->qemu.bios_fd, sock, monitor };
	struct spawn s = { .argv = a.v, .out = -1, .err = q->qemu.stderr_fd,
	    .keep = keep, .nkeep = monitor >= 0 ? 4 : 3 };
	int error;

	arg(&a, "%s", qemu_program(c));
	machine_args(&a, q, ram, sock);
	if (monitor >= 0)
		monitor_args(&a, monitor);
	if (c->device == TK_QTEST_QEMU)
		device_args(&a, c);
	else if (c->device == TK_QTEST_PCI)
		pci_args(&a, c);
	else
		vhost_args(&a, q);
	if (a.failed)
		error = qtest_report(q, ENOMEM, "out of memory");
	else {
		error = qtest_spawn(&s, &q->qemu.pid);
		if (error != 0)
			error = report_no_qemu(q, qemu_program(c), error);
	}
	args_free(&a);
	return (error);
}

/*
 * Start QEMU with this much RAM.  *sock becomes our end of the qtest
 * connection.  On an error the caller still calls qemu_stop().
 */
int
qemu_start(struct tk_qtest *q, const struct tk_qtest_config *c, size_t ram,
    int *sock)
{
	int error, monitor = -1, theirs = -1;

	error = make_files(&q->qemu, ram);
	if (error == 0)
		error = make_socket(sock, &theirs);
	if (error == 0 && c->monitor)
		error = make_socket(&q->monitor, &monitor);
	if (error != 0)
		error = qtest_report(q, error, "cannot make guest memory or a "
		    "socket: %s", strerror(error));
	else
		error = run(q, c, ram, theirs, monitor);
	qtest_close_fd(&theirs);
	qtest_close_fd(&monitor);
	if (error != 0)
		qtest_close_fd(sock);
	return (error);
}

/* SIGTERM ends QEMU in order: it completes its WAV file. */
void
qemu_stop(struct qemu *p)
{

	qtest_end(&p->pid, QEMU_END_MS);
	qtest_close_fd(&p->ram_fd);
	qtest_close_fd(&p->bios_fd);
	qtest_close_fd(&p->stderr_fd);
}

void
qemu_obituary(struct qemu *p, char *buf, size_t len)
{
	char said[160];
	int status;

	qtest_last_words(p->stderr_fd, said, sizeof(said));
	if (p->pid <= 0 || !qtest_reap(p->pid, 1000, &status)) {
		snprintf(buf, len, "it closed its connection");
		return;
	}
	p->pid = 0;
	if (WIFSIGNALED(status))
		snprintf(buf, len, "killed by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (said[0] != '\0')
		snprintf(buf, len, "%s", said);
	else
		snprintf(buf, len, "it exited with status %d",
		    WEXITSTATUS(status));
}

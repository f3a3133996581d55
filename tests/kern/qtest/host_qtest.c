/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The connection to QEMU: opening and closing all of it, errors, and the qtest
 * protocol (QEMU's docs/devel/testing/qtest): one line asks, one line answers
 * with OK, a value where there is one, or FAIL.  QEMU's clock runs by itself.
 */

#define	_GNU_SOURCE
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qtest_var.h"
#include "tk.h"
#include "tk_bus.h"
#include "wav.h"

#define	QTEST_RAM_SIZE	((size_t)64 << 20)	/* for the test kernel */
#define	QTEST_MIB	((size_t)1 << 20)
#define	QTEST_RAM_MAX	((size_t)1 << 31)	/* what q35 has below 4 GiB */
#define	QTEST_ANSWER_MS	10000

/*
 * Errors
 */

static void
report_stderr(const char *line)
{

	fprintf(stderr, "qtest: %s\n", line);
}

/*
 * Errno values are equal on all systems only up to ERANGE, and EAGAIN is not.
 * A caller on the kernel side uses FreeBSD's, so other values become EIO.
 */
static int
common_errno(int error)
{

	if (error > ERANGE || error == EAGAIN)
		return (EIO);
	return (error);
}

int
qtest_report(struct tk_qtest *q, int error, const char *fmt, ...)
{
	char line[2 * QTEST_LINE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	q->report(line);
	return (common_errno(error));
}

int
qtest_fail(struct tk_qtest *q, int error, const char *fmt, ...)
{
	char line[2 * QTEST_LINE];
	va_list ap;
	int none;

	none = 0;
	error = common_errno(error);
	if (!__atomic_compare_exchange_n(&q->error, &none, error, false,
	    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return (none);
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	q->report(line);
	return (error);
}

int
tk_qtest_error(struct tk_qtest *q)
{

	return (__atomic_load_n(&q->error, __ATOMIC_ACQUIRE));
}

/*
 * QEMU is gone.  Called with sock_lock held, which also guards its process id.
 */
static void
qtest_lost(struct tk_qtest *q)
{
	char why[QTEST_LINE];

	if (tk_qtest_error(q) != 0)
		return;
	qemu_obituary(&q->qemu, why, sizeof(why));
	qtest_fail(q, EPIPE, "QEMU is gone: %s", why);
}

/* Send one line and read one.  Called with sock_lock held. */

static bool
send_line(struct tk_qtest *q, const char *line, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = send(q->sock, line, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (false);
		line += n;
		len -= n;
	}
	return (true);
}

/* Wait for more input.  False: none comes. */
static bool
fill_input(struct tk_qtest *q)
{
	struct pollfd p = { .fd = q->sock, .events = POLLIN };
	ssize_t n;
	int ready;

	do
		ready = poll(&p, 1, QTEST_ANSWER_MS);
	while (ready < 0 && errno == EINTR);
	if (ready == 0) {
		qtest_fail(q, EIO, "QEMU did not answer for %d s",
		    QTEST_ANSWER_MS / 1000);
		return (false);
	}
	do
		n = recv(q->sock, q->in + q->in_len, sizeof(q->in) - q->in_len,
		    0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return (false);
	q->in_len += n;
	return (true);
}

/* Take the next line, without its end. */
static bool
receive_line(struct tk_qtest *q, char *line)
{
	char *end;
	size_t len;

	while ((end = memchr(q->in, '\n', q->in_len)) == NULL) {
		if (q->in_len == sizeof(q->in)) {
			qtest_fail(q, EIO, "QEMU's answer is too long");
			return (false);
		}
		if (!fill_input(q))
			return (false);
	}
	len = end - q->in;
	memcpy(line, q->in, len);
	line[len] = '\0';
	q->in_len -= len + 1;
	memmove(q->in, end + 1, q->in_len);
	return (true);
}

/*
 * "IRQ raise N" and "IRQ lower N" are not answers.  They come before the answer
 * to what caused them, or at any time.
 */
static bool
take_irq(struct tk_qtest *q, const char *line)
{
	unsigned int n;
	char what[8];

	if (strncmp(line, "IRQ ", 4) != 0)
		return (false);
	if (sscanf(line, "IRQ %7s %u", what, &n) == 2 && n < QPCI_LINES) {
		if (strcmp(what, "raise") == 0)
			__atomic_or_fetch(&q->host.lines, 1u << n,
			    __ATOMIC_ACQ_REL);
		else
			__atomic_and_fetch(&q->host.lines, ~(1u << n),
			    __ATOMIC_ACQ_REL);
	}
	return (true);
}

static bool
receive_answer(struct tk_qtest *q, char *line)
{

	do {
		if (!receive_line(q, line))
			return (false);
	} while (take_irq(q, line));
	return (true);
}

/*
 * Ask, and return the value of the answer: all ones after an error, 0 if the
 * answer has no value.
 */
__attribute__((__format__(__printf__, 2, 3)))
static uint64_t
ask(struct tk_qtest *q, const char *fmt, ...)
{
	char line[QTEST_LINE + 1];
	uint64_t value;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	value = UINT64_MAX;
	pthread_mutex_lock(&q->sock_lock);
	if (tk_qtest_error(q) == 0) {
		__atomic_fetch_add(&q->requests, 1, __ATOMIC_RELAXED);
		if (!send_line(q, line, len) || !receive_answer(q, line))
			qtest_lost(q);
		else if (strncmp(line, "OK", 2) != 0)
			qtest_fail(q, EIO, "QEMU refuses a request: %s",
			    line);
		else
			value = strtoull(line + 2, NULL, 16);
	}
	pthread_mutex_unlock(&q->sock_lock);
	qpci_host_show(q);
	return (value);
}

/* While the lock is held nobody waits for an answer, so all lines are IRQs. */
void
qtest_listen(struct tk_qtest *q, int ms)
{
	struct pollfd p = { .fd = q->sock, .events = POLLIN };
	char line[QTEST_LINE + 1];

	if (poll(&p, 1, ms) <= 0)
		return;
	pthread_mutex_lock(&q->sock_lock);
	while (tk_qtest_error(q) == 0 &&
	    (memchr(q->in, '\n', q->in_len) != NULL || poll(&p, 1, 0) > 0)) {
		if (!receive_line(q, line))
			qtest_lost(q);
		else if (!take_irq(q, line))
			qtest_fail(q, EIO, "QEMU answers without being asked: "
			    "%s", line);
	}
	pthread_mutex_unlock(&q->sock_lock);
	qpci_host_show(q);
}

bool
qtest_alive(struct tk_qtest *q)
{
	struct pollfd p = { .fd = q->sock };

	if (tk_qtest_error(q) == 0 && poll(&p, 1, 0) > 0 &&
	    (p.revents & (POLLHUP | POLLERR)) != 0) {
		pthread_mutex_lock(&q->sock_lock);
		qtest_lost(q);
		pthread_mutex_unlock(&q->sock_lock);
	}
	return (tk_qtest_error(q) == 0);
}

/*
 * Memory and ports
 */

static char
width_letter(int width)
{

	switch (width) {
	case 1:
		return ('b');
	case 2:
		return ('w');
	case 4:
		return ('l');
	default:
		return ('q');
	}
}

uint64_t
qtest_read(struct tk_qtest *q, uint64_t addr, int width)
{

	__atomic_fetch_add(&q->mmio_reads, 1, __ATOMIC_RELAXED);
	return (ask(q, "read%c 0x%" PRIx64 "\n", width_letter(width), addr));
}

void
qtest_write(struct tk_qtest *q, uint64_t addr, int width, uint64_t value)
{

	__atomic_fetch_add(&q->mmio_writes, 1, __ATOMIC_RELAXED);
	ask(q, "write%c 0x%" PRIx64 " 0x%" PRIx64 "\n", width_letter(width),
	    addr, value);
}

void
qtest_intercept(struct tk_qtest *q)
{

	ask(q, "irq_intercept_in /machine/q35/ioapic\n");
}

uint32_t
qtest_in(struct tk_qtest *q, uint16_t port, int width)
{

	return (ask(q, "in%c 0x%x\n", width_letter(width), port));
}

void
qtest_out(struct tk_qtest *q, uint16_t port, int width, uint32_t value)
{

	ask(q, "out%c 0x%x 0x%x\n", width_letter(width), port, value);
}

/*
 * Opening and closing
 */

static int
map_ram(struct tk_qtest *q)
{
	void *p;

	p = mmap(NULL, q->ram_size, PROT_READ | PROT_WRITE, MAP_SHARED,
	    q->qemu.ram_fd, 0);
	if (p == MAP_FAILED)
		return (qtest_report(q, errno, "cannot map guest memory: %s",
		    strerror(errno)));
	q->ram = p;
	return (0);
}

/* Do QEMU's devices see the memory that we map? */
static int
check_ram(struct tk_qtest *q)
{
	const uint64_t pattern = UINT64_C(0x6b65726e2d717465);
	uint64_t seen;

	memcpy(q->ram + QTEST_RAM_PADDR, &pattern, sizeof(pattern));
	seen = ask(q, "readq 0x%" PRIx64 "\n", QTEST_RAM_PADDR);
	memset(q->ram + QTEST_RAM_PADDR, 0, sizeof(pattern));
	if (tk_qtest_error(q) == 0 && seen != pattern)
		qtest_fail(q, EIO, "QEMU does not share its guest memory");
	return (tk_qtest_error(q));
}

/*
 * If QEMU cannot write its file, it goes on without a voice.  If it can, the
 * file is new by now.
 */
static int
check_wav(struct tk_qtest *q, const char *wav)
{
	struct stat st;

	if (wav == NULL || (stat(wav, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size <= WAV_HEADER))
		return (0);
	return (qtest_report(q, EACCES, "QEMU cannot write %s", wav));
}

static bool
has_vhost(const struct tk_qtest_config *c)
{

	return (c->device == TK_QTEST_VHOST_NULL ||
	    c->device == TK_QTEST_VHOST_ALSA);
}

static int
open_all(struct tk_qtest *q, const struct tk_qtest_config *c)
{
	int error;

	error = qemu_check(q, c);
	if (error == 0 && has_vhost(c))
		error = vhost_check(q, c);
	if (error == 0 && has_vhost(c))
		error = vhost_start(q, c);
	if (error == 0)
		error = qemu_start(q, c, q->ram_size, &q->sock);
	if (error == 0)
		error = map_ram(q);
	if (error == 0)
		error = check_ram(q);
	if (error == 0 && c->device == TK_QTEST_QEMU)
		error = check_wav(q, c->wav);
	if (error == 0)
		error = c->device == TK_QTEST_PCI ? qpci_host_init(q) :
		    vpci_init(q, c->virtio_type);
	return (error);
}

int
tk_qtest_open(const struct tk_qtest_config *c, struct tk_qtest **qp)
{
	struct tk_qtest *q;
	size_t arena;
	int error;

	q = calloc(1, sizeof(*q));
	if (q == NULL)
		return (ENOMEM);
	q->report = c->report != NULL ? c->report : report_stderr;
	q->sock = q->monitor = -1;
	q->qemu.ram_fd = q->qemu.bios_fd = q->qemu.stderr_fd = -1;
	q->vhost.stderr_fd = -1;
	pthread_mutex_init(&q->sock_lock, NULL);
	arena = c->ram_size != 0 ? c->ram_size : QTEST_RAM_SIZE;
	arena = (arena + QTEST_MIB - 1) / QTEST_MIB * QTEST_MIB;
	q->ram_size = QTEST_RAM_PADDR + arena;
	if (arena > QTEST_RAM_MAX - QTEST_RAM_PADDR)
		error = qtest_report(q, EINVAL, "%zu MiB of guest RAM do not "
		    "fit below 4 GiB", arena / QTEST_MIB);
	else
		error = open_all(q, c);
	if (error != 0) {
		tk_qtest_close(q);
		q = NULL;
	}
	*qp = q;
	return (error);
}

int
tk_qtest_close(struct tk_qtest *q)
{
	int error, late;

	if (q == NULL)
		return (0);
	vpci_fini(q);
	qpci_host_fini(q);
	qtest_alive(q);
	error = tk_qtest_error(q);
	qtest_close_fd(&q->sock);
	qtest_close_fd(&q->monitor);
	if (q->ram != NULL)
		munmap(q->ram, q->ram_size);
	qemu_stop(&q->qemu);
	late = vhost_stop(q);
	if (error == 0)
		error = late;
	pthread_mutex_destroy(&q->sock_lock);
	free(q);
	return (error);
}

struct tk_qtest_ram
tk_qtest_ram(struct tk_qtest *q)
{

	return ((struct tk_qtest_ram){
		.base = q->ram + QTEST_RAM_PADDR,
		.paddr = QTEST_RAM_PADDR,
		.size = q->ram_size - QTEST_RAM_PADDR
	});
}

void
tk_qtest_boot(struct tk_qtest *q)
{
	struct tk_qtest_ram ram = tk_qtest_ram(q);
	const struct tk_boot_args args = {
		.mode = TK_THREADED, .ram_fd = -1,
		.ram_base = ram.base, .ram_size = ram.size,
	};

	tk_ram_config(ram.paddr, 0);
	tk_boot(&args);
}

const char *
tk_qtest_version(struct tk_qtest *q)
{

	return (q->qemu.version);
}

int
tk_qtest_pid(struct tk_qtest *q)
{
	int pid;

	pthread_mutex_lock(&q->sock_lock);
	pid = q->qemu.pid;
	pthread_mutex_unlock(&q->sock_lock);
	return (pid);
}

int
tk_qtest_vhost_pid(struct tk_qtest *q)
{

	return (q->vhost.pid);
}

struct tk_qtest_stats
tk_qtest_stats(struct tk_qtest *q)
{
	struct msix *m;

	m = &q->vpci.msix;
	return ((struct tk_qtest_stats){
		.requests = __atomic_load_n(&q->requests, __ATOMIC_RELAXED),
		.mmio_reads = __atomic_load_n(&q->mmio_reads,
		    __ATOMIC_RELAXED),
		.mmio_writes = __atomic_load_n(&q->mmio_writes,
		    __ATOMIC_RELAXED),
		.kicks = __atomic_load_n(&q->kicks, __ATOMIC_RELAXED),
		.messages = __atomic_load_n(&m->messages, __ATOMIC_RELAXED),
		.watches = __atomic_load_n(&m->watches, __ATOMIC_RELAXED)
	});
}

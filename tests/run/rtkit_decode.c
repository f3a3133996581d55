/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * RTKit's messages, and the SMC's, in words.  Written from the protocol, not
 * from the drivers or the model, because it must show their mistakes.
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rtkit.h"

#define	EP_MGMT		0x00
#define	EP_CRASHLOG	0x01
#define	EP_SYSLOG	0x02
#define	EP_IOREPORT	0x04
#define	EP_OSLOG	0x08
#define	EP_SMC		0x20

static const struct {
	uint8_t		 ep;
	const char	*name;
} endpoint_names[] = {
	{ EP_MGMT, "mgmt" }, { EP_CRASHLOG, "crashlog" },
	{ EP_SYSLOG, "syslog" }, { 0x03, "debug" },
	{ EP_IOREPORT, "ioreport" }, { EP_OSLOG, "oslog" },
	{ 0x0a, "tracekit" }, { EP_SMC, "smc" },
};

static const struct {
	uint32_t	 state;
	const char	*name;
} power_names[] = {
	{ 0x000, "off" }, { 0x001, "sleep" }, { 0x010, "quiesced" },
	{ 0x020, "on" }, { 0x201, "idle" }, { 0x202, "off" },
	{ 0x220, "init" },
};

/* Bits hi to lo. */
static uint64_t
bits(uint64_t msg, int hi, int lo)
{
	return ((msg >> lo) & ((UINT64_C(2) << (hi - lo)) - 1));
}

static void
name(struct rtkit_message *m, const char *text)
{
	snprintf(m->name, sizeof(m->name), "%s", text);
}

/* Adds to the fields. */
static void
field(struct rtkit_message *m, const char *fmt, ...)
{
	size_t len = strlen(m->fields);
	va_list ap;

	if (len > 0 && len < sizeof(m->fields) - 1) {
		m->fields[len++] = ' ';
		m->fields[len] = '\0';
	}
	va_start(ap, fmt);
	vsnprintf(m->fields + len, sizeof(m->fields) - len, fmt, ap);
	va_end(ap);
}

const char *
rtkit_endpoint(uint8_t ep, char *buf, size_t len)
{
	for (size_t i = 0;
	    i < sizeof(endpoint_names) / sizeof(endpoint_names[0]); i++)
		if (endpoint_names[i].ep == ep)
			return (endpoint_names[i].name);
	snprintf(buf, len, "0x%02x", ep);
	return (buf);
}

void
rtkit_decoder_init(struct rtkit_decoder *d)
{
	memset(d, 0, sizeof(*d));
}

/*
 * Endpoint 0: management
 */
static void
power(struct rtkit_message *m, uint64_t msg)
{
	uint32_t state = bits(msg, 15, 0);

	for (size_t i = 0; i < sizeof(power_names) / sizeof(power_names[0]);
	    i++)
		if (power_names[i].state == state) {
			field(m, "state=%s", power_names[i].name);
			return;
		}
	field(m, "state=%#x", state);
}

static void
epmap(struct rtkit_decoder *d, bool from_ap, uint64_t msg,
    struct rtkit_message *m)
{
	unsigned int base = bits(msg, 34, 32);
	uint32_t map = bits(msg, 31, 0);
	bool last = bits(msg, 51, 51);

	name(m, from_ap ? "EPMAP reply" : "EPMAP");
	field(m, "endpoints=%#x..%#x", base * 32, base * 32 + 31);
	if (from_ap) {
		field(m, last ? "done" : "more");
		return;
	}
	field(m, "map=%08" PRIx32, map);
	if (last)
		field(m, "last");
	for (int i = 0; i < 32; i++)
		if ((map >> i & 1) != 0)
			d->present[base * 32 + i] = true;
}

static void
start(struct rtkit_decoder *d, uint64_t msg, struct rtkit_message *m)
{
	uint8_t ep = bits(msg, 39, 32);
	bool go = bits(msg, 1, 1);
	char buf[8];

	name(m, go ? "START" : "STOP");
	field(m, "endpoint=%s", rtkit_endpoint(ep, buf, sizeof(buf)));
	d->started[ep] = go;
}

static void
mgmt(struct rtkit_decoder *d, bool from_ap, uint64_t msg,
    struct rtkit_message *m)
{
	unsigned int type = bits(msg, 59, 52);

	switch (type) {
	case 0x1:
		name(m, "HELLO");
		field(m, "versions=%u..%u", (unsigned int)bits(msg, 15, 0),
		    (unsigned int)bits(msg, 31, 16));
		/* All starts over. */
		rtkit_decoder_init(d);
		break;
	case 0x2:
		name(m, "HELLO reply");
		field(m, "version=%u", (unsigned int)bits(msg, 15, 0));
		break;
	case 0x3:
	case 0x4:
		name(m, type == 0x3 ? "PING" : "PONG");
		break;
	case 0x5:
		start(d, msg, m);
		break;
	case 0x6:
		name(m, "set IOP power");
		power(m, msg);
		break;
	case 0x7:
		name(m, "IOP power is");
		power(m, msg);
		break;
	case 0x8:
		epmap(d, from_ap, msg, m);
		break;
	case 0xb:
		name(m, from_ap ? "set AP power" : "AP power is");
		power(m, msg);
		break;
	default:
		field(m, "type=%#x", type);
		break;
	}
}

/*
 * System endpoints
 */
static void
buffer(bool from_ap, uint64_t size, uint64_t addr, struct rtkit_message *m)
{
	if (from_ap) {
		name(m, "buffer");
		field(m, "at=%#" PRIx64 " size=%#" PRIx64, addr, size);
	} else if (addr == 0) {
		name(m, "wants a buffer");
		field(m, "size=%#" PRIx64, size);
	} else {
		name(m, "has a buffer");
		field(m, "at=%#" PRIx64 " size=%#" PRIx64, addr, size);
	}
}

static void
system_endpoint(struct rtkit_decoder *d, uint8_t ep, bool from_ap, uint64_t msg,
    struct rtkit_message *m)
{
	unsigned int type = bits(msg, 59, 52);

	if (ep == EP_CRASHLOG && type == 1 && !from_ap && d->crashlog_known) {
		name(m, "CRASHED");
		return;
	}
	if (type == 1) {
		buffer(from_ap, bits(msg, 51, 44) * 4096, bits(msg, 43, 0), m);
		if (ep == EP_CRASHLOG)
			d->crashlog_known = true;
	} else if (ep == EP_SYSLOG && type == 8) {
		name(m, "init");
		field(m, "entries=%u text=%u bytes",
		    (unsigned int)bits(msg, 15, 0),
		    (unsigned int)bits(msg, 39, 24));
	} else if (ep == EP_SYSLOG && type == 5) {
		name(m, from_ap ? "log taken" : "log");
		field(m, "entry=%u", (unsigned int)bits(msg, 7, 0));
	} else if (ep == EP_IOREPORT && (type == 8 || type == 0xc)) {
		name(m, from_ap ? "echo" : "mark");
		field(m, "type=%#x", type);
	} else
		field(m, "type=%#x", type);
}

static void
oslog(bool from_ap, uint64_t msg, struct rtkit_message *m)
{
	unsigned int type = bits(msg, 63, 56);

	if (type == 1 && bits(msg, 55, 0) != 0)
		buffer(from_ap, bits(msg, 55, 36), bits(msg, 35, 0) << 12, m);
	else if (type == 1)
		name(m, "init");
	else if (type == 3)
		name(m, "init taken");
	else
		field(m, "type=%#x", type);
}

/*
 * Endpoint 0x20: the SMC
 */
#define	SMC_READ	0x10
#define	SMC_WRITE	0x11
#define	SMC_BY_INDEX	0x12
#define	SMC_INFO	0x13
#define	SMC_INIT	0x17
#define	SMC_EVENT	0x18
#define	SMC_RW		0x20

static const char *
smc_command(unsigned int command)
{
	switch (command) {
	case SMC_READ:		return ("READ");
	case SMC_WRITE:		return ("WRITE");
	case SMC_BY_INDEX:	return ("KEY BY INDEX");
	case SMC_INFO:		return ("KEY INFO");
	case SMC_RW:		return ("WRITE+READ");
	default:		return ("?");
	}
}

static const char *
smc_result(unsigned int result)
{
	switch (result) {
	case 0x00:	return ("ok");
	case 0x80:	return ("collision");
	case 0x82:	return ("bad command");
	case 0x83:	return ("bad parameter");
	case 0x84:	return ("not found");
	case 0x85:	return ("not readable");
	case 0x86:	return ("not writable");
	case 0x87:	return ("size mismatch");
	case 0x89:	return ("bad argument");
	case 0xb7:	return ("timeout");
	case 0xb8:	return ("no such index");
	default:	return (NULL);
	}
}

/* "key=TB0T"; the first character is the highest byte. */
static void
smc_key(struct rtkit_message *m, uint32_t key)
{
	char text[5];

	for (int i = 0; i < 4; i++) {
		text[i] = key >> (24 - 8 * i);
		if (text[i] < ' ' || text[i] > '~')
			text[i] = '?';
	}
	text[4] = '\0';
	field(m, "key=%s", text);
}

static uint32_t
swap(uint32_t value)
{
	return (__builtin_bswap32(value));
}

static void
smc_from_ap(struct rtkit_decoder *d, uint64_t msg, struct rtkit_message *m)
{
	unsigned int command = bits(msg, 7, 0), id = bits(msg, 15, 12);
	unsigned int size = bits(msg, 23, 16);

	if (command == SMC_INIT) {
		name(m, "INITIALIZE");
		d->smc_starting = true;
		return;
	}
	name(m, smc_command(command));
	field(m, "id=%u", id);
	if (command == SMC_BY_INDEX)
		field(m, "index=%u", (unsigned int)bits(msg, 63, 32));
	else
		smc_key(m, bits(msg, 63, 32));
	if (command == SMC_RW)
		field(m, "written=%u", (unsigned int)bits(msg, 31, 24));
	if (size != 0)
		field(m, "size=%u", size);
	d->smc_commands[id] = msg;
}

static void
smc_event(uint64_t msg, struct rtkit_message *m)
{
	unsigned int kind = bits(msg, 63, 48), sub = bits(msg, 47, 40);
	unsigned int data = bits(msg, 39, 32);

	name(m, "notification");
	if (kind == 0x7201)
		field(m, "button=%#x %s", sub, data ? "pressed" : "released");
	else if (kind == 0x7203)
		field(m, "lid=%s", sub == 0 ? "open" : "closed");
	else if (kind == 0x7101)
		field(m, "charger");
	else if (kind == 0x7102)
		field(m, "battery critical");
	else
		field(m, "event=%#x subtype=%#x data=%#x", kind, sub, data);
}

static void
smc_answer(struct rtkit_decoder *d, uint64_t msg, struct rtkit_message *m)
{
	unsigned int result = bits(msg, 7, 0), id = bits(msg, 15, 12);
	unsigned int length = bits(msg, 31, 16);
	uint64_t command = d->smc_commands[id];
	uint32_t value = bits(msg, 63, 32);

	name(m, "answer");
	field(m, "id=%u", id);
	if (smc_result(result) != NULL)
		field(m, "%s", smc_result(result));
	else
		field(m, "result=%#x", result);
	if (result != 0)
		return;
	switch (bits(command, 7, 0)) {
	case SMC_BY_INDEX:
		smc_key(m, swap(value));
		break;
	case SMC_READ:
	case SMC_RW:
		smc_key(m, bits(command, 63, 32));
		field(m, "length=%u", length);
		if (length <= 4)
			field(m, "value=%08" PRIx32, value);
		else
			field(m, "value in SRAM");
		break;
	case SMC_WRITE:
		smc_key(m, bits(command, 63, 32));
		field(m, "length=%u", length);
		break;
	case SMC_INFO:
		smc_key(m, bits(command, 63, 32));
		field(m, "info in SRAM");
		break;
	default:
		smc_key(m, bits(command, 63, 32));
		break;
	}
}

static void
smc_from_iop(struct rtkit_decoder *d, uint64_t msg, struct rtkit_message *m)
{
	if (d->smc_starting) {
		name(m, "shared memory");
		field(m, "at=%#" PRIx64, msg);
		d->smc_starting = false;
	} else if (bits(msg, 7, 0) == SMC_EVENT)
		smc_event(msg, m);
	else
		smc_answer(d, msg, m);
}

void
rtkit_decode(struct rtkit_decoder *d, bool from_ap, uint64_t msg0,
    uint32_t msg1, struct rtkit_message *m)
{
	uint8_t ep = msg1;
	char buf[8];

	memset(m, 0, sizeof(*m));
	snprintf(m->endpoint, sizeof(m->endpoint), "%s",
	    rtkit_endpoint(ep, buf, sizeof(buf)));
	name(m, "?");
	switch (ep) {
	case EP_MGMT:
		mgmt(d, from_ap, msg0, m);
		break;
	case EP_CRASHLOG:
	case EP_SYSLOG:
	case EP_IOREPORT:
		system_endpoint(d, ep, from_ap, msg0, m);
		break;
	case EP_OSLOG:
		oslog(from_ap, msg0, m);
		break;
	case EP_SMC:
		if (from_ap)
			smc_from_ap(d, msg0, m);
		else
			smc_from_iop(d, msg0, m);
		break;
	default:
		break;
	}
	/* A message that is not known is shown as numbers. */
	if (strcmp(m->name, "?") == 0)
		field(m, "message=%016" PRIx64, msg0);
}

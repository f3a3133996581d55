/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Control elements of the virtio-sound model (VIRTIO 1.3, section 5.14.6.10).
 * The answer is BAD_MSG to a request that the element's access bits do not
 * allow, and to a value that the element cannot have.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/endian.h>

#include "tk.h"
#include "tk_host.h"
#include "model_virtio_snd_var.h"
#include "model_virtio_snd_wire.h"

#define	MSND_HAS_TLV	(MODEL_SND_CTL_TLV_READ | MODEL_SND_CTL_TLV_WRITE | \
			 MODEL_SND_CTL_TLV_COMMAND)

/*
 * Values
 */

/* Bytes of a value, and the largest number of values, by type. */
static const struct {
	uint32_t	size;
	uint32_t	count;
} msnd_elem_types[] = {
	[MODEL_SND_CTL_BOOLEAN] = { 4, 128 },
	[MODEL_SND_CTL_INTEGER] = { 4, 128 },
	[MODEL_SND_CTL_INTEGER64] = { 8, 64 },
	[MODEL_SND_CTL_ENUMERATED] = { 4, 128 },
	[MODEL_SND_CTL_BYTES] = { 1, 512 },
	[MODEL_SND_CTL_IEC958] = { 1, 512 },	/* taken as bytes */
};

static int64_t
msnd_elem_get(const struct msnd_ctl *c, const char *value, uint32_t i)
{

	value += i * msnd_elem_types[c->cfg->type].size;
	switch (msnd_elem_types[c->cfg->type].size) {
	case 1:
		return ((uint8_t)*value);
	case 4:
		return ((int32_t)le32dec(value));
	default:
		return ((int64_t)le64dec(value));
	}
}

static void
msnd_elem_put(struct msnd_ctl *c, uint32_t i, int64_t v)
{
	char *value;

	value = c->value + i * msnd_elem_types[c->cfg->type].size;
	switch (msnd_elem_types[c->cfg->type].size) {
	case 1:
		*value = (char)v;
		break;
	case 4:
		le32enc(value, (uint32_t)v);
		break;
	default:
		le64enc(value, (uint64_t)v);
		break;
	}
}

static bool
msnd_elem_value_ok(const struct model_snd_ctl_config *cc, int64_t v)
{

	switch (cc->type) {
	case MODEL_SND_CTL_BOOLEAN:
		return (v == 0 || v == 1);
	case MODEL_SND_CTL_INTEGER:
	case MODEL_SND_CTL_INTEGER64:
		return (v >= cc->min && v <= cc->max &&
		    (cc->step == 0 || (v - cc->min) % cc->step == 0));
	case MODEL_SND_CTL_ENUMERATED:
		return (v >= 0 && v < cc->nitems);
	default:
		return (true);
	}
}

/*
 * Making and freeing
 */

static bool
msnd_elem_config_ok(const struct model_snd_ctl_config *cc)
{
	uint32_t i;

	if (cc->type >= nitems(msnd_elem_types) || cc->count == 0 ||
	    cc->count > msnd_elem_types[cc->type].count ||
	    cc->name == NULL || cc->name[0] == '\0' ||
	    strlen(cc->name) >= MSND_CTL_NAME_SIZE ||
	    cc->tlv_bytes > MSND_TLV_HDR + MSND_TLV_MAX ||
	    !msnd_elem_value_ok(cc, cc->value) ||
	    (cc->type == MODEL_SND_CTL_ENUMERATED) != (cc->nitems != 0))
		return (false);
	for (i = 0; i < cc->nitems; i++) {
		if (strlen(cc->items[i]) >= MSND_CTL_ITEM_SIZE)
			return (false);
	}
	return (true);
}

void
msnd_elem_new(struct model_snd *m, uint32_t id)
{
	const struct model_snd_ctl_config *cc;
	struct msnd_ctl *c;
	uint32_t i;

	cc = &m->cfg.ctl[id];
	if (!msnd_elem_config_ok(cc))
		panic("virtio-sound model: control %u out of range", id);
	c = &m->ctls[id];
	c->cfg = cc;
	for (i = 0; i < cc->count; i++)
		msnd_elem_put(c, i, cc->value);
	if ((cc->access & MSND_HAS_TLV) == 0)
		return;
	c->tlv = msnd_alloc(MSND_TLV_HDR + MSND_TLV_MAX);
	c->told = msnd_alloc(MSND_TLV_HDR + MSND_TLV_MAX);
	c->tlv_len = cc->tlv_bytes;
	for (i = 0; i < cc->tlv_bytes / sizeof(cc->tlv[0]); i++)
		le32enc(c->tlv + i * sizeof(cc->tlv[0]), cc->tlv[i]);
}

void
msnd_elem_free(struct msnd_ctl *c)
{

	tkh_free(c->tlv);
	tkh_free(c->told);
}

/*
 * Requests
 */

void
msnd_elem_info(struct model_snd *m, uint32_t id, void *record)
{
	const struct model_snd_ctl_config *cc;
	char *p, *value;

	cc = &m->cfg.ctl[id];
	p = record;
	le32enc(p, cc->hda_fn_nid);
	le32enc(p + 4, cc->role);
	le32enc(p + 8, cc->type);
	le32enc(p + 12, cc->access);
	le32enc(p + 16, cc->count);
	le32enc(p + 20, cc->index);
	memcpy(p + MSND_CTL_INFO_NAME, cc->name, strlen(cc->name));
	value = p + (m->cfg.ctl_packed ? MSND_CTL_INFO_VALUE_PACKED :
	    MSND_CTL_INFO_VALUE);
	switch (cc->type) {
	case MODEL_SND_CTL_INTEGER:
		le32enc(value, (uint32_t)cc->min);
		le32enc(value + 4, (uint32_t)cc->max);
		le32enc(value + 8, (uint32_t)cc->step);
		break;
	case MODEL_SND_CTL_INTEGER64:
		le64enc(value, (uint64_t)cc->min);
		le64enc(value + 8, (uint64_t)cc->max);
		le64enc(value + 16, (uint64_t)cc->step);
		break;
	case MODEL_SND_CTL_ENUMERATED:
		le32enc(value, cc->nitems);
		break;
	}
	msnd_fault_ctl_info(m, record);
}

/* Write behind the header; returns how many bytes there was room for. */
static size_t
msnd_elem_reply(struct msnd_msg *msg, size_t off, const void *buf, size_t len)
{

	return (vring_dev_write(&msg->chain, sizeof(struct msnd_hdr) + off,
	    buf, len));
}

static bool
msnd_elem_room(const struct msnd_msg *msg, size_t len)
{

	return (msg->chain.wlen >= sizeof(struct msnd_hdr) + len);
}

static uint32_t
msnd_elem_items(struct model_snd *m, struct msnd_ctl *c,
    struct msnd_msg *msg, size_t *extra)
{
	const struct model_snd_ctl_config *cc;
	char item[MSND_CTL_ITEM_SIZE];
	uint32_t i;
	bool endless;

	cc = c->cfg;
	if (cc->type != MODEL_SND_CTL_ENUMERATED ||
	    !msnd_elem_room(msg, cc->nitems * sizeof(item)))
		return (MSND_S_BAD_MSG);
	endless = msnd_faulty(m, MSND_F_ITEM_NAME);
	for (i = 0; i < cc->nitems; i++) {
		memset(item, 0, sizeof(item));
		memcpy(item, cc->items[i], strlen(cc->items[i]));
		if (endless)
			memset(item, 'x', sizeof(item));
		*extra += msnd_elem_reply(msg, *extra, item, sizeof(item));
	}
	c->stats.enum_reads++;
	return (MSND_S_OK);
}

static uint32_t
msnd_elem_read(struct model_snd *m, struct msnd_ctl *c,
    struct msnd_msg *msg, size_t *extra)
{
	char value[MSND_CTL_VALUE_SIZE];

	if (!msnd_elem_room(msg, sizeof(value)))
		return (MSND_S_BAD_MSG);
	memcpy(value, c->value, sizeof(value));
	if (msnd_faulty(m, MSND_F_CTL_VALUE))
		memset(value, 0xff, sizeof(value));
	*extra = msnd_elem_reply(msg, 0, value, sizeof(value));
	c->stats.reads++;
	return (MSND_S_OK);
}

static uint32_t
msnd_elem_write(struct model_snd *m __unused, struct msnd_ctl *c,
    struct msnd_msg *msg, size_t *extra __unused)
{
	char value[MSND_CTL_VALUE_SIZE];
	uint32_t i;

	if (msg->chain.rlen != sizeof(struct msnd_ctl_hdr) + sizeof(value))
		return (MSND_S_BAD_MSG);
	vring_dev_read(&msg->chain, sizeof(struct msnd_ctl_hdr), value,
	    sizeof(value));
	for (i = 0; i < c->cfg->count; i++) {
		if (!msnd_elem_value_ok(c->cfg, msnd_elem_get(c, value, i)))
			return (MSND_S_BAD_MSG);
	}
	memcpy(c->value, value, sizeof(value));
	c->stats.writes++;
	return (MSND_S_OK);
}

/* Write as much of the TLV as there is room for. */
static uint32_t
msnd_elem_tlv_read(struct model_snd *m, struct msnd_ctl *c,
    struct msnd_msg *msg, size_t *extra)
{
	char length[4];

	if (!msnd_elem_room(msg, MSND_TLV_HDR))
		return (MSND_S_BAD_MSG);
	*extra = msnd_elem_reply(msg, 0, c->tlv, c->tlv_len);
	if (msnd_faulty(m, MSND_F_TLV_LENGTH)) {
		le32enc(length, UINT32_MAX - 3);
		(void)msnd_elem_reply(msg, 4, length, sizeof(length));
	}
	c->stats.tlv_reads++;
	return (MSND_S_OK);
}

/* Take the TLV of a request. */
static uint32_t
msnd_elem_told(struct msnd_ctl *c, struct msnd_msg *msg)
{
	char hdr[MSND_TLV_HDR];
	size_t len;

	if (vring_dev_read(&msg->chain, sizeof(struct msnd_ctl_hdr), hdr,
	    sizeof(hdr)) != sizeof(hdr))
		return (MSND_S_BAD_MSG);
	len = le32dec(hdr + 4);
	if (len % 4 != 0 || len > MSND_TLV_MAX || msg->chain.rlen !=
	    sizeof(struct msnd_ctl_hdr) + MSND_TLV_HDR + len)
		return (MSND_S_BAD_MSG);
	c->told_len = vring_dev_read(&msg->chain, sizeof(struct msnd_ctl_hdr),
	    c->told, MSND_TLV_HDR + len);
	return (MSND_S_OK);
}

static uint32_t
msnd_elem_tlv_write(struct model_snd *m __unused, struct msnd_ctl *c,
    struct msnd_msg *msg, size_t *extra __unused)
{
	uint32_t status;

	status = msnd_elem_told(c, msg);
	if (status == MSND_S_OK) {
		memcpy(c->tlv, c->told, c->told_len);
		c->tlv_len = c->told_len;
		c->stats.tlv_writes++;
	}
	return (status);
}

static uint32_t
msnd_elem_tlv_command(struct model_snd *m __unused, struct msnd_ctl *c,
    struct msnd_msg *msg, size_t *extra __unused)
{
	uint32_t status;

	status = msnd_elem_told(c, msg);
	if (status == MSND_S_OK)
		c->stats.tlv_commands++;
	return (status);
}

typedef uint32_t msnd_elem_t(struct model_snd *, struct msnd_ctl *,
    struct msnd_msg *, size_t *);

/* What access a request needs and its size, from MSND_R_CTL_ENUM_ITEMS on. */
static const struct {
	uint32_t	access;
	bool		exact;		/* the header alone */
	msnd_elem_t	*run;
} msnd_elem_requests[] = {
	{ 0, true, msnd_elem_items },
	{ MODEL_SND_CTL_READ, true, msnd_elem_read },
	{ MODEL_SND_CTL_WRITE, false, msnd_elem_write },
	{ MODEL_SND_CTL_TLV_READ, true, msnd_elem_tlv_read },
	{ MODEL_SND_CTL_TLV_WRITE, false, msnd_elem_tlv_write },
	{ MODEL_SND_CTL_TLV_COMMAND, false, msnd_elem_tlv_command },
};

uint32_t
msnd_elem_request(struct model_snd *m, struct msnd_msg *msg, uint32_t code,
    size_t *extra)
{
	struct msnd_ctl_hdr hdr;
	uint32_t access, id;
	int i;

	i = code - MSND_R_CTL_ENUM_ITEMS;
	if (vring_dev_read(&msg->chain, 0, &hdr, sizeof(hdr)) != sizeof(hdr) ||
	    (msnd_elem_requests[i].exact && msg->chain.rlen != sizeof(hdr)))
		return (MSND_S_BAD_MSG);
	id = le32toh(hdr.control_id);
	access = msnd_elem_requests[i].access;
	if (id >= m->cfg.nctls || (m->cfg.ctl[id].access & access) != access)
		return (MSND_S_BAD_MSG);
	return (msnd_elem_requests[i].run(m, &m->ctls[id], msg, extra));
}

/*
 * For tests
 */

struct model_snd_ctl_stats
model_snd_ctl_stats(struct model_snd *m, uint32_t ctl)
{
	struct model_snd_ctl_stats stats;

	tk_devlock_enter(m->lock);
	stats = m->ctls[ctl].stats;
	tk_devlock_leave(m->lock);
	return (stats);
}

int64_t
model_snd_ctl_get(struct model_snd *m, uint32_t ctl, uint32_t i)
{
	struct msnd_ctl *c;
	int64_t v;

	c = &m->ctls[ctl];
	tk_devlock_enter(m->lock);
	v = msnd_elem_get(c, c->value, i);
	tk_devlock_leave(m->lock);
	return (v);
}

bool
model_snd_ctl_set(struct model_snd *m, uint32_t ctl, uint32_t i, int64_t value)
{

	tk_devlock_enter(m->lock);
	msnd_elem_put(&m->ctls[ctl], i, value);
	tk_devlock_leave(m->lock);
	return (model_snd_ctl_event(m, ctl, 1));
}

size_t
model_snd_ctl_tlv(struct model_snd *m, uint32_t ctl, void *buf, size_t len)
{
	struct msnd_ctl *c;
	size_t n;

	c = &m->ctls[ctl];
	tk_devlock_enter(m->lock);
	n = MIN(len, c->told_len);
	memcpy(buf, c->told, n);
	tk_devlock_leave(m->lock);
	return (n);
}

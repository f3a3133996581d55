/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The SMC model: its endpoint, which answers commands and sends events.
 *
 * The SMC does one command at a time, until its answer is due.  Values of up to
 * 4 bytes are in the answer.  Longer values, and all values that are written,
 * are in the shared area.  The length in an answer is that of the key's value,
 * after a WRITE too.  It is 0 in an answer without a value.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/endian.h>

#include "model_smc_var.h"

static bool
smc_faulty(struct model_smc *s, enum rk_fault fault)
{

	return (rk_app_faulty(s->rtkit, fault));
}

/*
 * Events
 */

static uint64_t
smc_event_word(uint32_t event)
{

	return ((uint64_t)event << 32 | SMC_CMD_EVENT);
}

bool
smc_event(struct model_smc *s, uint32_t event)
{
	const struct smc_entry *ntap = smc_find_name(s, "NTAP");

	if (!s->started || ntap == NULL || ntap->k.value[0] != 1 ||
	    !rk_is_on(s->rtkit))
		return (false);
	s->stats.events++;
	rk_app_emit(s->rtkit, RK_S_SMC_EVENT, MODEL_SMC_EP,
	    smc_event_word(event), 0);
	return (true);
}

/* Events without a cause, next to an answer. */
static void
smc_stray(struct model_smc *s)
{
	struct model_rtkit *m = s->rtkit;
	const struct smc_entry *ntap = smc_find_name(s, "NTAP");
	bool alarm, between, garbage, unasked, storm, on;
	int i;

	on = ntap != NULL && ntap->k.value[0] == 1;
	mh_lock_enter(m->lock);
	between = rk_faulty(m, RK_F_SMC_BETWEEN);
	garbage = rk_faulty(m, RK_F_SMC_EVENT);
	unasked = !on && rk_faulty(m, RK_F_SMC_UNASKED);
	storm = rk_faulty(m, RK_F_SMC_STORM);
	alarm = on && rk_faulty(m, RK_F_SMC_ALARM);
	if (between || unasked)
		rk_post(m, smc_event_word(SMC_EV_LID << 16 | 0x100),
		    MODEL_SMC_EP, 0);
	if (alarm)
		rk_post(m, smc_event_word(SMC_EV_BATTERY << 16),
		    MODEL_SMC_EP, 0);
	if (garbage)
		rk_post(m, smc_event_word((uint32_t)rk_random(m)),
		    MODEL_SMC_EP, 0);
	for (i = 0; storm && i < MODEL_RTKIT_STORM; i++)
		rk_post(m, smc_event_word(SMC_EV_BUTTON << 16 | 0x100 |
		    (i % 2 == 0)), MODEL_SMC_EP, 0);
	mh_lock_leave(m->lock);
}

/*
 * Answers
 */

/*
 * The length that an answer states.  After a WRITE that is the written length.
 */
static uint64_t
smc_length(struct model_smc *s, const struct smc_command *c, uint8_t result,
    size_t len)
{

	if (result != MODEL_SMC_OK || c->cmd == SMC_CMD_INFO ||
	    c->cmd == SMC_CMD_INDEX)
		return (0);
	if (c->cmd != SMC_CMD_WRITE)
		return (len);
	if (smc_faulty(s, RK_F_SMC_WRITE_NONE))
		return (0);
	return (c->size + (smc_faulty(s, RK_F_SMC_WRITE_LONGER) ? 1 : 0));
}

/* data has len bytes. */
static void
smc_answer(struct model_smc *s, const struct smc_command *c, uint8_t result,
    const uint8_t *data, size_t len)
{
	uint8_t value[4] = { 0 };
	uint64_t length, id = c->id;

	if (result != MODEL_SMC_OK) {
		s->stats.failed++;
		len = 0;
	}
	memcpy(s->answer, data, len);
	if (len != 0 && smc_faulty(s, RK_F_SMC_VALUE))
		for (size_t i = 0; i < len; i++)
			s->answer[i] = (uint8_t)rk_app_random(s->rtkit);
	if (len > 4 || c->cmd == SMC_CMD_INFO)
		(void)model_rtkit_sram_write(s->rtkit, s->cfg.shmem, s->answer,
		    len);
	else
		memcpy(value, s->answer, len);
	length = smc_length(s, c, result, len);
	if (smc_faulty(s, RK_F_SMC_LONGER))
		length += 8;
	if (smc_faulty(s, RK_F_SMC_SHORTER))
		length = 0;
	if (smc_faulty(s, RK_F_SMC_LENGTH_HUGE))
		length = 0xffff;
	if (smc_faulty(s, RK_F_SMC_RESULT))
		result = 0x5a;
	if (smc_faulty(s, RK_F_SMC_ID))
		id = (id + 7) & 0xf;
	smc_stray(s);
	if (smc_faulty(s, RK_F_SMC_OTHER_FIRST))
		rk_app_emit(s->rtkit, RK_S_SMC_REPLY, MODEL_SMC_EP,
		    ((id + 3) & 0xf) << 12, s->cfg.latency_ns);
	s->busy_until = mh_now() + s->rtkit->cfg.latency_ns +
	    s->cfg.latency_ns;
	rk_app_emit(s->rtkit, RK_S_SMC_REPLY, MODEL_SMC_EP,
	    (uint64_t)le32dec(value) << 32 | length << 16 | id << 12 | result,
	    s->cfg.latency_ns);
}

static void
smc_refuse(struct model_smc *s, const struct smc_command *c, uint8_t result)
{

	smc_answer(s, c, result, s->answer, 0);
}

/*
 * Commands
 */

static void
smc_read(struct model_smc *s, const struct smc_command *c, struct smc_entry *e)
{
	uint8_t value[MODEL_SMC_VALUE_MAX];

	if ((e->k.flags & MODEL_SMC_READ) == 0) {
		smc_refuse(s, c, MODEL_SMC_NOT_READABLE);
		return;
	}
	if (c->size < e->k.size) {
		smc_refuse(s, c, MODEL_SMC_SIZE_MISMATCH);
		return;
	}
	smc_refresh(s, &e->k);
	memcpy(value, e->k.value, sizeof(value));
	if (c->key == MODEL_SMC_KEY('#', 'K', 'E', 'Y')) {
		if (smc_faulty(s, RK_F_SMC_COUNT_HUGE))
			be32enc(value, UINT32_MAX);
		if (smc_faulty(s, RK_F_SMC_COUNT_NONE))
			be32enc(value, 0);
	}
	e->k.reads++;
	if (c->key == MODEL_SMC_KEY('B', 'C', 'F', '0'))
		s->watched = true;
	smc_answer(s, c, MODEL_SMC_OK, value, e->k.size);
}

static void
smc_write(struct model_smc *s, const struct smc_command *c,
    struct smc_entry *e)
{
	uint8_t value[MODEL_SMC_VALUE_MAX] = { 0 }, result;
	uint8_t old[MODEL_SMC_VALUE_MAX];

	memcpy(old, e->k.value, sizeof(old));
	if ((e->k.flags & MODEL_SMC_WRITE) == 0 ||
	    smc_faulty(s, RK_F_SMC_WRITE_REFUSED))
		result = MODEL_SMC_NOT_WRITABLE;
	else if (c->size != e->k.size)
		result = MODEL_SMC_SIZE_MISMATCH;
	else if (!model_rtkit_sram_read(s->rtkit, s->cfg.shmem, value,
	    c->size))
		result = MODEL_SMC_ERROR;
	else
		result = smc_written(s, &e->k, value);
	if (result == MODEL_SMC_OK) {
		e->k.writes++;
		if (smc_faulty(s, RK_F_SMC_WRITE_UNDONE))
			memcpy(e->k.value, old, sizeof(old));
	}
	smc_refuse(s, c, result);
}

/* Only pins support this command. */
static void
smc_rw(struct model_smc *s, const struct smc_command *c, struct smc_entry *e)
{
	uint8_t value[4], result;
	uint32_t out = 0;
	unsigned int pin;

	if (!smc_is_pin(c->key, &pin))
		result = MODEL_SMC_BAD_COMMAND;
	else if (c->size != 4 || c->wsize != 4)
		result = MODEL_SMC_SIZE_MISMATCH;
	else if (!model_rtkit_sram_read(s->rtkit, s->cfg.shmem, value, 4))
		result = MODEL_SMC_ERROR;
	else
		result = smc_pin_read(s, pin, le32dec(value), &out);
	if (result == MODEL_SMC_OK)
		e->k.reads++;
	le32enc(value, out);
	smc_answer(s, c, result, value, 4);
}

static void
smc_info(struct model_smc *s, const struct smc_command *c, struct smc_entry *e)
{
	uint8_t info[6];

	info[0] = e->k.size;
	memcpy(info + 1, e->k.type, 4);
	info[5] = e->k.flags;
	if (smc_faulty(s, RK_F_SMC_INFO_SIZE))
		info[0] = UINT8_MAX;
	if (smc_faulty(s, RK_F_SMC_INFO_TYPE))
		memcpy(info + 1, "\0\033\377%", 4);
	if (smc_faulty(s, RK_F_SMC_INFO_FLAGS))
		info[5] = UINT8_MAX;
	smc_answer(s, c, MODEL_SMC_OK, info, sizeof(info));
}

static void
smc_index(struct model_smc *s, const struct smc_command *c)
{
	uint8_t value[4];

	if (c->key >= s->nkeys) {
		smc_refuse(s, c, MODEL_SMC_INDEX_RANGE);
		return;
	}
	be32enc(value, s->keys[c->key].k.key);
	if (smc_faulty(s, RK_F_SMC_KEY))
		le32enc(value, (uint32_t)rk_app_random(s->rtkit));
	smc_answer(s, c, MODEL_SMC_OK, value, 4);
}

static void
smc_of_key(struct model_smc *s, const struct smc_command *c)
{
	struct smc_entry *e;

	e = smc_find(s, c->key);
	if (e == NULL || ((c->cmd == SMC_CMD_READ || c->cmd == SMC_CMD_WRITE) &&
	    smc_faulty(s, RK_F_SMC_KEY_GONE))) {
		smc_refuse(s, c, MODEL_SMC_NOT_FOUND);
		return;
	}
	if (e->fail != 0) {
		smc_refuse(s, c, e->fail);
		return;
	}
	switch (c->cmd) {
	case SMC_CMD_READ:
		smc_read(s, c, e);
		break;
	case SMC_CMD_WRITE:
		smc_write(s, c, e);
		break;
	case SMC_CMD_RW:
		smc_rw(s, c, e);
		break;
	default:
		smc_info(s, c, e);
		break;
	}
}

/* The bare address of the shared area is the answer. */
static void
smc_init(struct model_smc *s, uint64_t msg)
{
	struct model_rtkit *m = s->rtkit;
	uint64_t addr = m->cfg.sram_base + s->cfg.shmem;

	if (s->ready || msg != SMC_CMD_INIT)
		rk_app_break(m, RK_R_SMC_INIT, MODEL_SMC_EP, msg);
	if (smc_faulty(s, RK_F_SMC_ADDR_NONE))
		addr = 0;
	if (smc_faulty(s, RK_F_SMC_ADDR_OUTSIDE))
		addr = m->cfg.sram_base + m->cfg.sram_size;
	if (smc_faulty(s, RK_F_SMC_ADDR_END))
		addr = m->cfg.sram_base + m->cfg.sram_size - 4;
	if (smc_faulty(s, RK_F_SMC_ADDR_ODD))
		addr++;
	s->ready = true;
	s->last_id = 0;
	s->stats.inits++;
	(void)model_rtkit_sram_announce(m, s->cfg.shmem, SMC_SHMEM);
	rk_app_emit(m, RK_S_SMC_INIT, MODEL_SMC_EP, addr, s->cfg.latency_ns);
}

/* Is this a well-formed command? */
static bool
smc_formed(const struct smc_command *c, uint64_t msg)
{

	if ((msg & 0xf00) != 0 || (c->cmd != SMC_CMD_RW && c->wsize != 0))
		return (false);
	return (c->cmd == SMC_CMD_READ || c->cmd == SMC_CMD_WRITE ||
	    c->cmd == SMC_CMD_INDEX || c->cmd == SMC_CMD_INFO ||
	    c->cmd == SMC_CMD_RW);
}

static void
smc_command(struct model_smc *s, uint64_t msg)
{
	const struct smc_command c = {
		.cmd = (uint8_t)msg, .id = (uint8_t)(msg >> 12 & 0xf),
		.size = (uint8_t)(msg >> 16), .wsize = (uint8_t)(msg >> 24),
		.key = (uint32_t)(msg >> 32),
	};
	struct model_rtkit *m = s->rtkit;

	s->stats.commands++;
	if (!s->ready)
		rk_app_break(m, RK_R_SMC_INIT, MODEL_SMC_EP, msg);
	if (c.id == s->last_id)
		rk_app_break(m, RK_R_SMC_ID, MODEL_SMC_EP, msg);
	if (mh_now() < s->busy_until)
		rk_app_break(m, RK_R_SMC_OVERLAP, MODEL_SMC_EP, msg);
	s->last_id = c.id;
	if (!smc_formed(&c, msg)) {
		rk_app_break(m, RK_R_SMC_COMMAND, MODEL_SMC_EP, msg);
		smc_refuse(s, &c, MODEL_SMC_BAD_COMMAND);
	} else if (!s->ready)
		smc_refuse(s, &c, MODEL_SMC_ERROR);
	else if (c.cmd == SMC_CMD_INDEX)
		smc_index(s, &c);
	else
		smc_of_key(s, &c);
}

/*
 * The endpoint
 */

static void
smc_message(void *arg, struct model_rtkit *m, uint8_t ep, uint64_t msg)
{
	struct model_smc *s = arg;

	mh_lock_enter(s->lock);
	if ((uint8_t)msg == SMC_CMD_INIT)
		smc_init(s, msg);
	else
		smc_command(s, msg);
	mh_lock_leave(s->lock);
}

static void
smc_started(void *arg, struct model_rtkit *m, uint8_t ep)
{
	struct model_smc *s = arg;

	mh_lock_enter(s->lock);
	s->started = true;
	mh_lock_leave(s->lock);
}

/* Everything starts over, notifications too. */
static void
smc_reset(void *arg, struct model_rtkit *m, uint8_t ep)
{
	struct model_smc *s = arg;
	struct smc_entry *ntap;
	bool rested;

	mh_lock_enter(m->lock);
	rested = m->rested;
	mh_lock_leave(m->lock);
	mh_lock_enter(s->lock);
	ntap = smc_find_name(s, "NTAP");
	if (rested && s->started && ntap != NULL && ntap->k.value[0] != 0)
		rk_app_break(m, RK_R_SMC_NOTIFIES, ep, 0);
	if (ntap != NULL)
		ntap->k.value[0] = 0;
	s->started = s->ready = s->watched = false;
	s->busy_until = 0;
	mh_lock_leave(s->lock);
}

struct model_smc *
model_smc_new(struct model_rtkit *m, const struct model_smc_config *cfg)
{
	struct model_rtkit_app app = {
		.message = smc_message, .started = smc_started,
		.reset = smc_reset,
	};
	struct model_smc *s;

	s = mh_alloc(sizeof(*s));
	if (cfg != NULL)
		s->cfg = *cfg;
	s->rtkit = m;
	s->lock = mh_lock_new("smc");
	smc_keys_init(s);
	app.arg = s;
	model_rtkit_app(m, MODEL_SMC_EP, &app);
	return (s);
}

void
model_smc_free(struct model_smc *s)
{

	mh_lock_free(s->lock);
	mh_free(s);
}

bool
model_smc_notifies(struct model_smc *s)
{
	const struct smc_entry *ntap;
	bool on;

	mh_lock_enter(s->lock);
	ntap = smc_find_name(s, "NTAP");
	on = s->started && ntap != NULL && ntap->k.value[0] == 1;
	mh_lock_leave(s->lock);
	return (on);
}

struct model_smc_stats
model_smc_stats(struct model_smc *s)
{
	struct model_smc_stats stats;

	mh_lock_enter(s->lock);
	stats = s->stats;
	mh_lock_leave(s->lock);
	return (stats);
}

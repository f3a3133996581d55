/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The machine around the SMC model: keys that are more than a value, and events
 * from outside by buttons, lid, charger, battery and power.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/endian.h>

#include "model_smc_var.h"

#define	KEY_CLKM	MODEL_SMC_KEY('C', 'L', 'K', 'M')
#define	KEY_MBSE	MODEL_SMC_KEY('M', 'B', 'S', 'E')
#define	KEY_NTAP	MODEL_SMC_KEY('N', 'T', 'A', 'P')

void
smc_refresh(struct model_smc *s, struct model_smc_key *k)
{
	uint64_t now = (uint64_t)mh_now();

	if (k->key == KEY_CLKM && !s->clock_stopped)
		smc_put_int(k, s->clock + now / 1000000000 * SMC_CLOCK_HZ +
		    now % 1000000000 * SMC_CLOCK_HZ / 1000000000);
}

static uint8_t
smc_mbse(struct model_smc *s, uint32_t word)
{
	static const struct {
		char			word[5];
		bool			ends;
		enum model_smc_power	power;
	} words[] = {
		{ "rest", false, MODEL_SMC_RUNNING },
		{ "phra", true, MODEL_SMC_RESTARTED },
		{ "offw", false, MODEL_SMC_RUNNING },
		{ "off1", true, MODEL_SMC_POWERED_OFF },
		{ "slpw", false, MODEL_SMC_RUNNING },
		{ "susp", true, MODEL_SMC_SUSPENDED },
		{ "panb", true, MODEL_SMC_PANICKED },
		{ "pane", true, MODEL_SMC_RUNNING },
	};
	unsigned int i;

	for (i = 0; i < nitems(words); i++)
		if (be32dec(words[i].word) == word)
			break;
	if (i == nitems(words))
		return (MODEL_SMC_BAD_ARGUMENT);
	/* The kernel does not run on, but that of the tests does. */
	if (s->power == MODEL_SMC_POWERED_OFF)
		return (MODEL_SMC_OK);
	if (words[i].ends)
		s->power = words[i].power;
	if (s->power == MODEL_SMC_POWERED_OFF && s->flag != NULL &&
	    !s->flag(s->flag_arg))
		s->power = MODEL_SMC_RESTARTED;
	if (s->nmbse < SMC_MBSE)
		s->mbse[s->nmbse++] = word;
	return (MODEL_SMC_OK);
}

/* Is the key the mode of a fan? */
static bool
smc_is_fan_mode(const struct model_smc_key *k)
{

	return (k->name[0] == 'F' && (strcmp(k->name + 2, "Md") == 0 ||
	    strcmp(k->name + 2, "md") == 0));
}

/*
 * The firmware lets go of its fans some time after it is told to.  When it
 * takes them again, it runs all of them.
 */
static uint8_t
smc_fan_written(struct model_smc *s, const struct model_smc_key *k,
    const uint8_t *value)
{

	if (s->cfg.fans != MODEL_SMC_FANS_HELD)
		return (MODEL_SMC_OK);
	if (strcmp(k->name, "Ftst") != 0)
		return (s->fans_free == 0 || mh_now() < s->fans_free ?
		    MODEL_SMC_BAD_COMMAND : MODEL_SMC_OK);
	if (value[0] == 0) {
		s->fans_free = 0;
		smc_set_int(s, "F0Md", SMC_FAN_SYSTEM);
		smc_set_int(s, "F1Md", SMC_FAN_SYSTEM);
	} else if (s->fans_free == 0)
		s->fans_free = mh_now() + SMC_FAN_HOLD_NS;
	return (MODEL_SMC_OK);
}

/* What the SMC says about the battery when its charge is controlled. */
static void
smc_charge_written(struct model_smc *s, const struct model_smc_key *k,
    const uint8_t *value)
{
	static const struct {
		const char	*name;
		const char	*reason;	/* the key that says so */
		unsigned int	 bit;
	} keys[] = {
		{ "CH0C", "CHNC", 14 }, { "CHTE", "CHNC", 14 },
		{ "CH0I", "CH0R", 0 }, { "CHIB", "CH0R", 0 },
		{ "CHIE", "CH0R", 0 },
	};
	struct smc_entry *e;
	uint64_t bits;

	for (unsigned int i = 0; i < nitems(keys); i++) {
		if (strcmp(k->name, keys[i].name) != 0 ||
		    (e = smc_find_name(s, keys[i].reason)) == NULL)
			continue;
		bits = smc_get_int(&e->k) & ~(1ull << keys[i].bit);
		smc_put_int(&e->k, bits |
		    (uint64_t)(value[0] != 0) << keys[i].bit);
	}
}

uint8_t
smc_written(struct model_smc *s, struct model_smc_key *k, const uint8_t *value)
{
	unsigned int pin;
	uint8_t result = MODEL_SMC_OK;

	if (smc_is_pin(k->key, &pin))
		result = smc_pin_write(s, pin, le32dec(value));
	else if (k->key == KEY_MBSE)
		result = smc_mbse(s, le32dec(value));
	else if (smc_is_fan_mode(k) || strcmp(k->name, "Ftst") == 0)
		result = smc_fan_written(s, k, value);
	else if (k->key == KEY_NTAP && value[0] > 1)
		result = MODEL_SMC_BAD_ARGUMENT;
	if (result == MODEL_SMC_OK) {
		memcpy(k->value, value, k->size);
		smc_charge_written(s, k, value);
	}
	return (result);
}

/*
 * Events from outside
 */

/* Release the lock.  An event may be waiting to be sent, so kick the agent. */
void
smc_leave(struct model_smc *s)
{

	mh_lock_leave(s->lock);
	mh_agent_kick(s->rtkit->agent);
}

static bool
smc_send(struct model_smc *s, uint32_t type, uint8_t subtype, uint8_t data)
{

	return (smc_event(s, type << 16 | (uint32_t)subtype << 8 | data));
}

bool
model_smc_button(struct model_smc *s, enum model_smc_button button,
    bool pressed)
{
	bool sent;

	mh_lock_enter(s->lock);
	if (button == MODEL_SMC_BUTTON_POWER)
		smc_set_int(s, "bHLD", pressed);
	sent = smc_send(s, SMC_EV_BUTTON, (uint8_t)button, pressed);
	smc_leave(s);
	return (sent);
}

bool
model_smc_lid(struct model_smc *s, bool closed)
{
	bool sent;

	mh_lock_enter(s->lock);
	smc_set_int(s, "MSLD", closed);
	sent = smc_send(s, SMC_EV_LID, closed, 0);
	smc_leave(s);
	return (sent);
}

bool
model_smc_charger(struct model_smc *s, bool connected)
{
	bool sent;

	mh_lock_enter(s->lock);
	smc_set_int(s, "CHIS", connected ? 3 : 0);
	smc_set_int(s, "ACDI", connected);
	smc_set_int(s, "CHCE", connected);
	sent = smc_send(s, SMC_EV_CHARGER, 1, connected);
	smc_leave(s);
	return (sent);
}

bool
model_smc_battery_critical(struct model_smc *s)
{

	(void)model_smc_set_int(s, "BCF0", 1);
	return (model_smc_battery_alarm(s));
}

bool
model_smc_battery_alarm(struct model_smc *s)
{
	bool sent;

	mh_lock_enter(s->lock);
	sent = s->watched && smc_event(s, SMC_EV_BATTERY << 16);
	smc_leave(s);
	return (sent);
}

bool
model_smc_event(struct model_smc *s, uint32_t event)
{
	bool sent;

	mh_lock_enter(s->lock);
	sent = smc_event(s, event);
	smc_leave(s);
	return (sent);
}

void
model_smc_clock_stop(struct model_smc *s, uint64_t count)
{

	mh_lock_enter(s->lock);
	s->clock_stopped = true;
	smc_set_int(s, "CLKM", count);
	mh_lock_leave(s->lock);
}

enum model_smc_power
model_smc_power(struct model_smc *s)
{
	enum model_smc_power power;

	mh_lock_enter(s->lock);
	power = s->power;
	mh_lock_leave(s->lock);
	return (power);
}

void
model_smc_boot_loader(struct model_smc *s, bool (*flag)(void *), void *arg)
{

	mh_lock_enter(s->lock);
	s->flag = flag;
	s->flag_arg = arg;
	mh_lock_leave(s->lock);
}

uint32_t
model_smc_mbse(struct model_smc *s, unsigned int number)
{
	uint32_t word;

	mh_lock_enter(s->lock);
	word = number < s->nmbse ? s->mbse[number] : 0;
	mh_lock_leave(s->lock);
	return (word);
}

/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The pins of the SMC model.  The AP writes a word to a pin's key, or writes a
 * word and gets a word as the answer.  The command is in bits 31:24, its
 * argument below.
 */
#include <sys/param.h>
#include <sys/systm.h>

#include "model_smc_var.h"

/* Commands. */
#define	PIN_OUTPUT	1
#define	PIN_INPUT	2
#define	PIN_MODE	3
#define	PIN_IRQ_ENABLE	4
#define	PIN_IRQ_ACK	5
#define	PIN_IRQ_MODE	6

#define	PIN_MODE_INPUT	0
#define	PIN_MODE_OUTPUT	1

static int
smc_hex(uint32_t c)
{

	if (c >= '0' && c <= '9')
		return ((int)(c - '0'));
	if (c >= 'a' && c <= 'f')
		return ((int)(c - 'a') + 10);
	return (-1);
}

bool
smc_is_pin(uint32_t key, unsigned int *pin)
{
	int high = smc_hex(key >> 8 & 0xff), low = smc_hex(key & 0xff);
	bool low_bank = key >> 16 == ('g' << 8 | 'p');

	if ((key >> 16 != ('g' << 8 | 'P') && !low_bank) || high < 0 ||
	    low < 0 || high << 4 >= MODEL_SMC_PINS)
		return (false);
	*pin = (unsigned int)(high << 4 | low) +
	    (low_bank ? MODEL_SMC_LOW_PIN : 0);
	return (true);
}

uint8_t
smc_pin_write(struct model_smc *s, unsigned int pin, uint32_t word)
{
	struct model_smc_pin *p = &s->pins[pin];
	uint32_t arg = word & 0xffffff;

	switch (word >> 24) {
	case PIN_OUTPUT:
		p->output = true;
		p->mode = PIN_MODE_OUTPUT;
		p->level = (arg & 1) != 0;
		break;
	case PIN_INPUT:
		p->output = false;
		p->mode = PIN_MODE_INPUT;
		break;
	case PIN_MODE:
		p->mode = (uint8_t)arg;
		p->output = arg == PIN_MODE_OUTPUT;
		break;
	case PIN_IRQ_ENABLE:
		p->irq_enabled = (arg & 1) != 0;
		break;
	case PIN_IRQ_ACK:
		p->irq_pending = false;
		p->acks++;
		break;
	case PIN_IRQ_MODE:
		p->irq_mode = (uint8_t)arg;
		break;
	default:
		return (MODEL_SMC_BAD_ARGUMENT);
	}
	return (MODEL_SMC_OK);
}

uint8_t
smc_pin_read(struct model_smc *s, unsigned int pin, uint32_t word,
    uint32_t *value)
{
	const struct model_smc_pin *p = &s->pins[pin];

	switch (word >> 24) {
	case PIN_OUTPUT:
	case PIN_INPUT:
		*value = p->level;
		break;
	case PIN_MODE:
		*value = p->mode;
		break;
	case PIN_IRQ_ENABLE:
		*value = p->irq_enabled;
		break;
	case PIN_IRQ_MODE:
		*value = p->irq_mode;
		break;
	default:
		return (MODEL_SMC_BAD_ARGUMENT);
	}
	return (MODEL_SMC_OK);
}

/*
 * For tests
 */

static bool
smc_has_pin(struct model_smc *s, unsigned int pin)
{
	char name[5];

	snprintf(name, sizeof(name), "g%c%02x",
	    pin < MODEL_SMC_LOW_PIN ? 'P' : 'p', pin % MODEL_SMC_LOW_PIN);
	return (pin < nitems(s->pins) && smc_find_name(s, name) != NULL);
}

bool
model_smc_pin(struct model_smc *s, unsigned int pin, struct model_smc_pin *p)
{
	bool there;

	mh_lock_enter(s->lock);
	there = smc_has_pin(s, pin);
	if (there)
		*p = s->pins[pin];
	mh_lock_leave(s->lock);
	return (there);
}

/* After an interrupt no other is sent until it is acknowledged. */
bool
model_smc_pin_drive(struct model_smc *s, unsigned int pin, bool level)
{
	struct model_smc_pin *p;
	bool sent = false;

	mh_lock_enter(s->lock);
	if (smc_has_pin(s, pin) && !s->pins[pin].output) {
		p = &s->pins[pin];
		if (p->level != level && p->irq_enabled && !p->irq_pending) {
			p->irq_pending = true;
			p->irqs++;
			sent = smc_event(s, SMC_EV_PIN << 16 | pin << 8);
		}
		p->level = level;
	}
	smc_leave(s);
	return (sent);
}

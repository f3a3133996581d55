/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The SMC model: the table of keys, sorted, and their values.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/endian.h>

#include "model_smc_var.h"

#define	R	(MODEL_SMC_READ | MODEL_SMC_LE)
#define	RW	(MODEL_SMC_READ | MODEL_SMC_WRITE | MODEL_SMC_LE)
#define	BE	MODEL_SMC_READ
#define	FN	(MODEL_SMC_READ | MODEL_SMC_WRITE | MODEL_SMC_FUNCTION | \
		    MODEL_SMC_LE)

static const struct {
	const char	*name;
	const char	*type;
	uint8_t		 size;
	uint8_t		 flags;
	int64_t		 value;		/* millionths for flt and ioft */
	bool		 laptop;	/* not in a desktop */
} smc_defaults[] = {
	{ "#KEY", "ui32", 4, BE, 0 },
	{ "AC-i", "ui16", 2, R, 3250, true },
	{ "AC-n", "ui16", 2, R, 20000, true },
	{ "ACDI", "ui16", 2, R, 1, true },
	{ "ACPW", "ui32", 4, R, 65000, true },
	{ "B0AC", "si16", 2, R, -1250, true },
	{ "B0AP", "si32", 4, R, -15400, true },
	{ "B0AT", "ui16", 2, R, 3035, true },
	{ "B0AV", "ui16", 2, R, 12345, true },
	{ "B0CT", "ui16", 2, R, 77, true },
	{ "B0DC", "ui16", 2, R, 4382, true },
	{ "B0FC", "ui16", 2, R, 4200, true },
	{ "B0RM", "ui16", 2, BE, 3100, true },
	{ "B0TE", "ui16", 2, R, 0xffff, true },
	{ "B0TF", "ui16", 2, R, 42, true },
	{ "BBAD", "flag", 1, R, 0, true },
	{ "BCF0", "ui32", 4, R, 0, true },
	{ "BITV", "ui16", 2, R, 9000, true },
	{ "BSFC", "flag", 1, R, 0, true },
	{ "BUIC", "ui8 ", 1, R, 74, true },
	{ "CH0R", "ui32", 4, R, 0, true },
	{ "CHCC", "flag", 1, R, 1, true },
	{ "CHCE", "flag", 1, R, 1, true },
	{ "CHIS", "ui32", 4, R, 3, true },
	{ "CHNC", "ui64", 8, R, 0, true },
	{ "CHSC", "flag", 1, R, 1, true },
	{ "CHWA", "flag", 1, RW, 0, true },
	{ "CLKM", "hex_", 6, R, 0 },
	{ "F0Ac", "flt ", 4, R, 1330500000 },
	{ "F0Md", "ui8 ", 1, RW, 0 },
	{ "F0Mn", "flt ", 4, R, 1200000000 },
	{ "F0Mx", "flt ", 4, R, 5400000000 },
	{ "F0Tg", "flt ", 4, RW, 1330000000 },
	{ "ID0R", "flt ", 4, R, 1500000 },
	{ "MBSE", "hex_", 4, RW, 0 },
	{ "MSLD", "ui8 ", 1, R, 0, true },
	{ "NTAP", "flag", 1, RW, 0 },
	{ "PDTR", "flt ", 4, R, 30250000 },
	{ "PHPC", "flt ", 4, R, 4500000 },
	{ "PMVR", "ioft", 8, R, 2750000 },
	{ "PSTR", "flt ", 4, R, 12125000 },
	{ "SBAV", "flt ", 4, R, 12345000, true },
	{ "TB0T", "flt ", 4, R, 30250000, true },
	{ "TCHP", "flt ", 4, R, 35500000, true },
	{ "TH0x", "ioft", 8, R, 33250000 },
	{ "TW0P", "flt ", 4, R, 41750000 },
	{ "Ts0P", "flt ", 4, R, 29000000, true },
	{ "Ts1P", "flt ", 4, R, 28500000, true },
	{ "VD0R", "flt ", 4, R, 20125000 },
	{ "bHLD", "ui32", 4, R, 0 },
	{ "gP00", "ui32", 4, FN, 0 },
	{ "gP07", "ui32", 4, FN, 0 },
	{ "gP0a", "ui32", 4, FN, 0 },
	{ "gP0d", "ui32", 4, FN, 0 },
	{ "gP13", "ui32", 4, FN, 0 },
};

static uint32_t
smc_key_of(const char *name)
{

	return (be32dec(name));
}

/* The index of a key, or where it would be inserted. */
static unsigned int
smc_place(const struct model_smc *s, uint32_t key)
{
	unsigned int lo = 0, hi = s->nkeys, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (s->keys[mid].k.key < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	return (lo);
}

struct smc_entry *
smc_find(struct model_smc *s, uint32_t key)
{
	unsigned int i = smc_place(s, key);

	if (i == s->nkeys || s->keys[i].k.key != key)
		return (NULL);
	return (&s->keys[i]);
}

struct smc_entry *
smc_find_name(struct model_smc *s, const char *name)
{

	return (smc_find(s, smc_key_of(name)));
}

static void
smc_count(struct model_smc *s)
{

	smc_set_int(s, "#KEY", s->nkeys);
}

static struct smc_entry *
smc_insert(struct model_smc *s, const char *name, const char *type,
    uint8_t size, uint8_t flags)
{
	struct smc_entry *e;
	unsigned int i;

	i = smc_place(s, smc_key_of(name));
	e = &s->keys[i];
	memmove(e + 1, e, (s->nkeys - i) * sizeof(*e));
	s->nkeys++;
	*e = (struct smc_entry){ .k = {
		.key = smc_key_of(name), .size = size, .flags = flags,
	} };
	strlcpy(e->k.name, name, sizeof(e->k.name));
	strlcpy(e->k.type, type, sizeof(e->k.type));
	return (e);
}

/*
 * Values
 */

/* Most significant byte first without MODEL_SMC_LE. */
void
smc_put_int(struct model_smc_key *k, uint64_t value)
{
	unsigned int i, at;

	for (i = 0; i < MIN(k->size, 8); i++) {
		at = (k->flags & MODEL_SMC_LE) != 0 ? i : k->size - 1u - i;
		k->value[at] = (uint8_t)(value >> 8 * i);
	}
}

uint64_t
smc_get_int(const struct model_smc_key *k)
{
	uint64_t value = 0;
	unsigned int i, at;

	for (i = 0; i < MIN(k->size, 8); i++) {
		at = (k->flags & MODEL_SMC_LE) != 0 ? i : k->size - 1u - i;
		value |= (uint64_t)k->value[at] << 8 * i;
	}
	return (value);
}

void
smc_set_int(struct model_smc *s, const char *name, uint64_t value)
{
	struct smc_entry *e = smc_find_name(s, name);

	if (e != NULL)
		smc_put_int(&e->k, value);
}

/* Convert millionths to an IEEE 754 single, truncated, by integers alone. */
static uint32_t
smc_float(int64_t micro)
{
	uint64_t num = micro < 0 ? -(uint64_t)micro : (uint64_t)micro;
	uint32_t sign = micro < 0 ? 1u << 31 : 0;
	int shift = 0;

	if (num == 0)
		return (0);
	for (; num / 1000000 < 1u << 23; num <<= 1)
		shift++;
	for (num /= 1000000; num >= 1u << 24; num >>= 1)
		shift--;
	return (sign | (uint32_t)(127 + 23 - shift) << 23 |
	    ((uint32_t)num & ((1u << 23) - 1)));
}

static bool
smc_put_micro(struct model_smc_key *k, int64_t micro)
{

	if (strcmp(k->type, "flt ") == 0)
		smc_put_int(k, smc_float(micro));
	else if (strcmp(k->type, "ioft") == 0)
		smc_put_int(k, (uint64_t)(micro / 1000000 * 65536 +
		    micro % 1000000 * 65536 / 1000000));
	else
		return (false);
	return (true);
}

/* Change a key whose size or byte order is different in newer firmware. */
static void
smc_change(struct model_smc *s, const char *name, const char *type,
    uint8_t size, uint8_t flags)
{
	struct smc_entry *e = smc_find_name(s, name);
	uint64_t value = 0;

	if (e == NULL)
		e = smc_insert(s, name, type, size, flags);
	else
		value = smc_get_int(&e->k);
	strlcpy(e->k.type, type, sizeof(e->k.type));
	memset(e->k.value, 0, sizeof(e->k.value));
	e->k.size = size;
	e->k.flags = flags;
	smc_put_int(&e->k, value);
}

static void
smc_renew(struct model_smc *s)
{

	if (s->cfg.desktop)
		return;
	smc_change(s, "B0RM", "ui16", 2, R);
	smc_change(s, "BCF0", "ui8 ", 1, R);
	smc_change(s, "CHLS", "ui16", 2, RW);
	smc_change(s, "CH0B", "hex_", 0, RW);
	smc_change(s, "CH0C", "hex_", 0, RW);
	smc_change(s, "CHTE", "ui32", 0, RW);
}

/* Is the key a temperature?  Some keys that begin with T are not. */
static bool
smc_is_temperature(const struct model_smc_key *k)
{

	return (k->name[0] == 'T' && (strcmp(k->type, "flt ") == 0 ||
	    strcmp(k->type, "ioft") == 0));
}

/* Add temperatures until there are as many as configured. */
static void
smc_heat(struct model_smc *s)
{
	static const char letters[] = "DaefgmpstvzRVX";
	static const char *const others[] = { "TVDi", "TVMi", "TVVi" };
	struct smc_entry *e;
	unsigned int i, have = 0;
	char name[16];
	bool fixed, parked;

	for (i = 0; i < s->nkeys; i++)
		have += smc_is_temperature(&s->keys[i].k);
	for (i = 0; have < s->cfg.temperatures; i++, have++) {
		KASSERT(i / 200 < nitems(letters) - 1, ("that many"));
		snprintf(name, sizeof(name), "T%c%02x", letters[i / 200],
		    i % 200);
		fixed = i % 40 == 7;
		parked = i % 10 == 3;
		e = smc_insert(s, name, fixed ? "ioft" : "flt ", fixed ? 8 : 4,
		    R);
		(void)smc_put_micro(&e->k, parked && !fixed ?
		    (int64_t)(i / 10 % 25) * 1000000 - 16000000 :
		    30000000 + (int64_t)i * 50000);
	}
	for (i = 0; s->cfg.temperatures != 0 && i < nitems(others); i++)
		(void)smc_insert(s, others[i], "si32", 4, R);
}

/* The battery's own words. */
static void
smc_name_battery(struct model_smc *s)
{
	static const struct {
		const char	*name;
		const char	*text;
	} words[] = {
		{ "BMDN", "bq40z651" }, { "BMDT", "340317" },
		{ "BMSN", "F8Y1234567890ABCD" },
	};
	struct smc_entry *e;

	for (unsigned int i = 0; i < nitems(words); i++) {
		e = smc_insert(s, words[i].name, "ch8*",
		    (uint8_t)strlen(words[i].text) + 1, R);
		strlcpy((char *)e->k.value, words[i].text,
		    sizeof(e->k.value));
	}
}

static void
smc_drop(struct model_smc *s, const char *name)
{
	struct smc_entry *e = smc_find_name(s, name);

	s->nkeys--;
	memmove(e, e + 1, (size_t)(&s->keys[s->nkeys] - e) * sizeof(*e));
}

/*
 * Two fans.  The firmware holds them, or has a mode with another name and type.
 */
static void
smc_add_fans(struct model_smc *s)
{
	static const char *const keys[] = { "F1Ac", "F1Mn", "F1Mx", "F1Tg" };
	static const int64_t rpm[] = { 0, 1100, 5900, 1100 };
	struct smc_entry *e;

	if (s->cfg.fans == MODEL_SMC_FANS_PLAIN)
		return;
	for (unsigned int i = 0; i < nitems(keys); i++) {
		e = smc_insert(s, keys[i], "flt ", 4, i == 3 ? RW : R);
		(void)smc_put_micro(&e->k, rpm[i] * 1000000);
	}
	if (s->cfg.fans == MODEL_SMC_FANS_HELD) {
		(void)smc_insert(s, "F1Md", "ui8 ", 1, RW);
		(void)smc_insert(s, "Ftst", "ui8 ", 1, RW);
		smc_set_int(s, "F0Md", SMC_FAN_SYSTEM);
		smc_set_int(s, "F1Md", SMC_FAN_SYSTEM);
	} else {
		smc_drop(s, "F0Md");
		(void)smc_insert(s, "F0md", "flt ", 4, RW);
		(void)smc_insert(s, "F1md", "flt ", 4, RW);
	}
}

/* What controls the charge. */
static void
smc_add_charge(struct model_smc *s)
{
	static const struct {
		enum model_smc_charge charge;
		const char	*name;
		const char	*type;
		uint8_t		 size;
	} keys[] = {
		{ MODEL_SMC_CHARGE_13, "CH0B", "hex_", 1 },
		{ MODEL_SMC_CHARGE_13, "CH0C", "hex_", 1 },
		{ MODEL_SMC_CHARGE_13, "CH0I", "ui8 ", 1 },
		{ MODEL_SMC_CHARGE_26, "CHIE", "hex_", 1 },
		{ MODEL_SMC_CHARGE_26, "CHLS", "ui16", 2 },
		{ MODEL_SMC_CHARGE_26, "CHTE", "ui32", 4 },
		{ MODEL_SMC_CHARGE_27, "CHIB", "ui8 ", 1 },
		{ MODEL_SMC_CHARGE_27, "bfD0", "ui32", 4 },
		{ MODEL_SMC_CHARGE_27, "bfE0", "ui32", 4 },
		{ MODEL_SMC_CHARGE_27, "bfF0", "ui8 ", 1 },
	};

	if (s->cfg.desktop || s->cfg.charge == MODEL_SMC_CHARGE_LIMIT)
		return;
	for (unsigned int i = 0; i < nitems(keys); i++)
		if (keys[i].charge == s->cfg.charge)
			(void)smc_insert(s, keys[i].name, keys[i].type,
			    keys[i].size, RW);
	if (s->cfg.charge != MODEL_SMC_CHARGE_13)
		smc_drop(s, "CHWA");
}

void
smc_keys_init(struct model_smc *s)
{
	struct smc_entry *e;
	unsigned int i;

	for (i = 0; i < nitems(smc_defaults); i++) {
		if (s->cfg.desktop && smc_defaults[i].laptop)
			continue;
		e = smc_insert(s, smc_defaults[i].name, smc_defaults[i].type,
		    smc_defaults[i].size, smc_defaults[i].flags);
		if (!smc_put_micro(&e->k, smc_defaults[i].value))
			smc_put_int(&e->k, (uint64_t)smc_defaults[i].value);
	}
	if (!s->cfg.desktop)
		smc_name_battery(s);
	smc_add_fans(s);
	smc_add_charge(s);
	if (s->cfg.newer)
		smc_renew(s);
	smc_heat(s);
	smc_count(s);
}

/*
 * For tests
 */

unsigned int
model_smc_key_count(struct model_smc *s)
{
	unsigned int n;

	mh_lock_enter(s->lock);
	n = s->nkeys;
	mh_lock_leave(s->lock);
	return (n);
}

bool
model_smc_key_at(struct model_smc *s, unsigned int i, struct model_smc_key *k)
{
	bool there;

	mh_lock_enter(s->lock);
	there = i < s->nkeys;
	if (there) {
		smc_refresh(s, &s->keys[i].k);
		*k = s->keys[i].k;
	}
	mh_lock_leave(s->lock);
	return (there);
}

bool
model_smc_key(struct model_smc *s, const char *name, struct model_smc_key *k)
{
	struct smc_entry *e;

	mh_lock_enter(s->lock);
	e = smc_find_name(s, name);
	if (e != NULL) {
		smc_refresh(s, &e->k);
		*k = e->k;
	}
	mh_lock_leave(s->lock);
	return (e != NULL);
}

bool
model_smc_add(struct model_smc *s, const char *name, const char *type,
    uint8_t size, uint8_t flags, const void *value)
{
	bool room;

	mh_lock_enter(s->lock);
	room = s->nkeys < SMC_KEYS && size <= MODEL_SMC_VALUE_MAX &&
	    smc_find_name(s, name) == NULL;
	if (room) {
		memcpy(smc_insert(s, name, type, size, flags)->k.value, value,
		    size);
		smc_count(s);
	}
	mh_lock_leave(s->lock);
	return (room);
}

bool
model_smc_remove(struct model_smc *s, const char *name)
{
	struct smc_entry *e;

	mh_lock_enter(s->lock);
	e = smc_find_name(s, name);
	if (e != NULL) {
		smc_drop(s, name);
		smc_count(s);
	}
	mh_lock_leave(s->lock);
	return (e != NULL);
}

bool
model_smc_set(struct model_smc *s, const char *name, const void *value,
    size_t len)
{
	struct smc_entry *e;
	bool set;

	mh_lock_enter(s->lock);
	e = smc_find_name(s, name);
	set = e != NULL && len == e->k.size;
	if (set)
		memcpy(e->k.value, value, len);
	mh_lock_leave(s->lock);
	return (set);
}

/* CLKM continues to count from this value. */
static void
smc_set_clock(struct model_smc *s, struct model_smc_key *k, uint64_t value)
{

	s->clock = 0;
	smc_refresh(s, k);
	s->clock = value - smc_get_int(k);
}

bool
model_smc_set_int(struct model_smc *s, const char *name, int64_t value)
{
	struct smc_entry *e;

	mh_lock_enter(s->lock);
	e = smc_find_name(s, name);
	if (e != NULL) {
		smc_put_int(&e->k, (uint64_t)value);
		if (strcmp(name, "CLKM") == 0)
			smc_set_clock(s, &e->k, (uint64_t)value);
	}
	mh_lock_leave(s->lock);
	return (e != NULL);
}

bool
model_smc_set_micro(struct model_smc *s, const char *name, int64_t micro)
{
	struct smc_entry *e;
	bool set;

	mh_lock_enter(s->lock);
	e = smc_find_name(s, name);
	set = e != NULL && smc_put_micro(&e->k, micro);
	mh_lock_leave(s->lock);
	return (set);
}

uint64_t
model_smc_get_int(struct model_smc *s, const char *name)
{
	struct smc_entry *e;
	uint64_t value = 0;

	mh_lock_enter(s->lock);
	e = smc_find_name(s, name);
	if (e != NULL) {
		smc_refresh(s, &e->k);
		value = smc_get_int(&e->k);
	}
	mh_lock_leave(s->lock);
	return (value);
}

void
model_smc_fail(struct model_smc *s, const char *name, uint8_t result)
{
	struct smc_entry *e;

	mh_lock_enter(s->lock);
	e = smc_find_name(s, name);
	if (e != NULL)
		e->fail = result;
	mh_lock_leave(s->lock);
}

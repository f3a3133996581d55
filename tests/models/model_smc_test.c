/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The model of the SMC as an AP sees it: messages on its endpoint, and the
 * shared area in SRAM.  Also the machines and device trees around it.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/endian.h>
#include <sys/time.h>

#include "model_ap.h"
#include "model_apple.h"
#include "tk.h"
#include "tk_ofw.h"
#include "tk_test.h"

#define	READ	0x10
#define	WRITE	0x11
#define	INDEX	0x12
#define	INFO	0x13
#define	INIT	0x17
#define	RW	0x20
#define	EP	MODEL_SMC_EP
#define	KEY(s)	be32dec(s)

struct rig {
	struct ap	 ap;
	struct model_smc *smc;
	unsigned int	 id;		/* of the last command */
	uint64_t	 reply;
};

static void
rig_make(struct rig *r, const struct model_smc_config *smc)
{
	struct model_rtkit_config cfg;

	memset(r, 0, sizeof(*r));
	model_rtkit_config_t8103_smc(&cfg);
	ap_up(&r->ap, MODEL_ASC_V4, &cfg, true);
	r->smc = model_smc_new(r->ap.m, smc);
}

static void
rig_up(struct rig *r, const struct model_smc_config *smc)
{

	rig_make(r, smc);
	TK_CHECK(ap_boot(&r->ap));
	ap_send(&r->ap, 0, AP_START(EP));
	ap_send(&r->ap, EP, INIT);
	ap_expect(&r->ap, EP, AP_SRAM + (smc != NULL ? smc->shmem : 0));
}

static void
rig_down(struct rig *r)
{
	struct model_smc *smc = r->smc;

	ap_down(&r->ap);
	model_smc_free(smc);
}

static void
command(struct rig *r, unsigned int cmd, uint32_t key, unsigned int size,
    unsigned int wsize)
{

	r->id = (r->id + 1) & 0xf;
	ap_send(&r->ap, EP, (uint64_t)key << 32 | wsize << 24 | size << 16 |
	    r->id << 12 | cmd);
}

/* Wait for the answer and check its id.  Returns the result. */
static int
answer(struct rig *r)
{
	uint32_t ep = 0;

	TK_CHECK(ap_recv(&r->ap, 500, &ep, &r->reply));
	TK_EQ(ep, EP);
	TK_EQ(r->reply >> 12 & 0xf, r->id);
	return ((uint8_t)r->reply);
}

static int
ask(struct rig *r, unsigned int cmd, const char *key, unsigned int size,
    unsigned int wsize)
{

	command(r, cmd, KEY(key), size, wsize);
	return (answer(r));
}

static uint32_t
value(const struct rig *r)
{

	return ((uint32_t)(r->reply >> 32));
}

static unsigned int
length(const struct rig *r)
{

	return (r->reply >> 16 & 0xffff);
}

static uint32_t
shared(struct rig *r, unsigned int off)
{

	return (bus_space_read_4(&memmap_bus, r->ap.sram, off));
}

static void
share(struct rig *r, uint32_t word)
{

	bus_space_write_4(&memmap_bus, r->ap.sram, 0, word);
}

static uint32_t
read_4(struct rig *r, const char *key)
{

	TK_EQ(ask(r, READ, key, 4, 0), 0);
	TK_EQ(length(r), 4);
	return (value(r));
}

static void
write_1(struct rig *r, const char *key, uint8_t val)
{

	bus_space_write_1(&memmap_bus, r->ap.sram, 0, val);
	TK_EQ(ask(r, WRITE, key, 1, 0), 0);
}

/*
 * Keys
 */

TK_CASE(smc_says_where_its_shared_area_is)
{
	const struct model_smc_config cfg = { .shmem = 0x2000 };
	struct rig r;

	rig_up(&r, &cfg);
	TK_EQ(model_smc_stats(r.smc).inits, 1);
	TK_EQ(ap_wrong(&r.ap), 0);
	ap_send(&r.ap, EP, INIT);
	ap_expect(&r.ap, EP, AP_SRAM + 0x2000);
	TK_EQ(ap_broke(&r.ap, "smc-init"), 1);
	rig_down(&r);
}

/* Other answers without a value have length 0. */
TK_CASE(smc_says_in_the_answer_how_much_was_written)
{
	struct rig r;

	rig_up(&r, NULL);
	share(&r, 0x44fa0000);
	TK_EQ(ask(&r, WRITE, "F0Tg", 4, 0), 0);
	TK_EQ(length(&r), 4);
	TK_EQ(value(&r), 0);
	TK_EQ(ask(&r, WRITE, "F0Tg", 2, 0), 0x87);
	TK_EQ(length(&r), 0);
	model_rtkit_fault(r.ap.m, "smc-write-length-none", 1);
	TK_EQ(ask(&r, WRITE, "F0Tg", 4, 0), 0);
	TK_EQ(length(&r), 0);
	model_rtkit_fault(r.ap.m, "smc-write-length-longer", 1);
	TK_EQ(ask(&r, WRITE, "F0Tg", 4, 0), 0);
	TK_EQ(length(&r), 5);
	TK_EQ(ap_wrong(&r.ap), 0);
	rig_down(&r);
}

TK_CASE(smc_of_newer_firmware_has_other_sizes)
{
	static const struct model_smc_config newer = { .newer = true };
	struct model_smc_key key;
	struct rig r;

	rig_up(&r, NULL);
	TK_CHECK(model_smc_key(r.smc, "BCF0", &key) && key.size == 4);
	TK_EQ(ask(&r, READ, "B0RM", 2, 0), 0);
	TK_EQ(value(&r), 3100 >> 8 | (3100 & 0xff) << 8);
	rig_down(&r);

	rig_up(&r, &newer);
	TK_CHECK(model_smc_key(r.smc, "BCF0", &key) && key.size == 1);
	TK_EQ(ask(&r, READ, "BCF0", 1, 0), 0);
	TK_EQ(ask(&r, READ, "B0RM", 2, 0), 0);
	TK_EQ(value(&r), 3100);
	TK_CHECK(model_smc_key(r.smc, "CHTE", &key) && key.size == 0);
	TK_EQ(ask(&r, READ, "CHTE", 4, 0), 0);
	TK_EQ(length(&r), 0);
	rig_down(&r);
}

/* What is written shows in the reasons for what the battery does. */
TK_CASE(smc_has_the_keys_of_charge_of_its_firmware)
{
	static const struct {
		struct model_smc_config cfg;
		const char	*inhibit;
		const char	*discharge;
		bool		 chwa;
		bool		 chls;
	} firmware[] = {
		{ { .charge = MODEL_SMC_CHARGE_LIMIT }, "", "", true, false },
		{ { .charge = MODEL_SMC_CHARGE_13 }, "CH0C", "CH0I", true,
		    false },
		{ { .charge = MODEL_SMC_CHARGE_26 }, "CHTE", "CHIE", false,
		    true },
		{ { .charge = MODEL_SMC_CHARGE_27, .newer = true }, "", "CHIB",
		    false, true },
	};
	struct model_smc_key key;
	struct rig r;

	for (size_t i = 0; i < nitems(firmware); i++) {
		rig_up(&r, &firmware[i].cfg);
		TK_EQ(model_smc_key(r.smc, "CHWA", &key), firmware[i].chwa);
		TK_EQ(model_smc_key(r.smc, "CHLS", &key), firmware[i].chls);
		TK_EQ(model_smc_get_int(r.smc, "CHNC"), 0);
		share(&r, 1);
		if (firmware[i].inhibit[0] != '\0') {
			TK_CHECK(model_smc_key(r.smc, firmware[i].inhibit,
			    &key));
			TK_EQ(ask(&r, WRITE, firmware[i].inhibit, key.size, 0),
			    0);
			TK_EQ(model_smc_get_int(r.smc, "CHNC"), 1 << 14);
		}
		if (firmware[i].discharge[0] != '\0') {
			write_1(&r, firmware[i].discharge, 1);
			TK_EQ(model_smc_get_int(r.smc, "CH0R"), 1);
			write_1(&r, firmware[i].discharge, 0);
			TK_EQ(model_smc_get_int(r.smc, "CH0R"), 0);
		}
		rig_down(&r);
	}
}

TK_CASE(smc_refuses_and_undoes_what_is_written)
{
	struct model_smc_key key;
	struct rig r;

	rig_up(&r, NULL);
	share(&r, 1);
	model_rtkit_fault(r.ap.m, "smc-write-refused", 1);
	TK_EQ(ask(&r, WRITE, "CHWA", 1, 0), 0x86);
	TK_EQ(ask(&r, READ, "CHWA", 1, 0), 0);
	TK_EQ(value(&r), 0);
	model_rtkit_fault(r.ap.m, "smc-write-undone", 1);
	write_1(&r, "CHWA", 1);
	TK_CHECK(model_smc_key(r.smc, "CHWA", &key));
	TK_EQ(key.writes, 1);
	TK_EQ(ask(&r, READ, "CHWA", 1, 0), 0);
	TK_EQ(value(&r), 0);
	model_rtkit_fault(r.ap.m, "smc-key-gone", 2);
	TK_EQ(ask(&r, READ, "CHWA", 1, 0), 0x84);
	TK_EQ(ask(&r, WRITE, "CHWA", 1, 0), 0x84);
	write_1(&r, "CHWA", 1);
	TK_EQ(model_smc_get_int(r.smc, "CHWA"), 1);
	rig_down(&r);
}

/*
 * Keys are sorted.  Some temperatures are in fixed point, some are of parts
 * that are off, and three further keys are no temperatures.
 */
TK_CASE(smc_has_as_many_temperatures_as_real_ones)
{
	static const struct model_smc_config many = { .temperatures = 375 };
	struct model_smc_key key;
	struct rig r;
	unsigned int fixed = 0, other = 0, parked = 0, all = 0;
	uint32_t last = 0;

	rig_up(&r, &many);
	for (unsigned int i = 0; model_smc_key_at(r.smc, i, &key); i++) {
		TK_CHECK(key.key > last);
		last = key.key;
		if (key.name[0] != 'T')
			continue;
		other += strcmp(key.type, "si32") == 0;
		fixed += strcmp(key.type, "ioft") == 0;
		parked += key.size == 4 && (key.value[3] & 0x80) != 0;
		all++;
	}
	TK_EQ(all - other, 375);
	TK_EQ(other, 3);
	TK_CHECK(fixed >= 9);
	TK_CHECK(parked >= 9);
	rig_down(&r);
}

TK_CASE(smc_tells_of_an_empty_battery_once_that_was_asked)
{
	struct rig r;

	rig_up(&r, NULL);
	write_1(&r, "NTAP", 1);
	TK_CHECK(!model_smc_battery_critical(r.smc));
	TK_EQ(ask(&r, READ, "BCF0", 4, 0), 0);
	TK_CHECK(model_smc_battery_critical(r.smc));
	TK_EQ(model_smc_get_int(r.smc, "BCF0"), 1);
	ap_expect(&r.ap, EP, 0x7102000000000018);
	rig_down(&r);
}

TK_CASE(smc_reads_values_of_any_length)
{
	struct rig r;

	rig_up(&r, NULL);
	TK_EQ(ask(&r, READ, "BUIC", 1, 0), 0);
	TK_EQ(length(&r), 1);
	TK_EQ(value(&r), 74);
	TK_EQ(ask(&r, READ, "B0AV", 2, 0), 0);
	TK_EQ(value(&r), 12345);
	TK_EQ(ask(&r, READ, "B0AC", 2, 0), 0);
	TK_EQ((int16_t)value(&r), -1250);
	/* Most significant byte first. */
	TK_EQ(ask(&r, READ, "B0RM", 2, 0), 0);
	TK_EQ(value(&r), bswap16(3100));
	TK_EQ(read_4(&r, "#KEY"), bswap32(model_smc_key_count(r.smc)));
	/* 48.16, in the shared area. */
	TK_EQ(ask(&r, READ, "TH0x", 8, 0), 0);
	TK_EQ(length(&r), 8);
	TK_EQ(shared(&r, 0), 33 << 16 | 0x4000);
	TK_EQ(shared(&r, 4), 0);
	/* More room than is needed. */
	TK_EQ(ask(&r, READ, "BUIC", 200, 0), 0);
	TK_EQ(length(&r), 1);
	TK_EQ(ap_wrong(&r.ap), 0);
	rig_down(&r);
}

TK_CASE(smc_has_floating_point_values)
{
	struct rig r;

	rig_up(&r, NULL);
	TK_EQ(read_4(&r, "TB0T"), 0x41f20000);		/* 30.25 */
	TK_EQ(read_4(&r, "PDTR"), 0x41f20000);
	TK_EQ(read_4(&r, "F0Ac"), 0x44a65000);		/* 1330.5 */
	TK_CHECK(model_smc_set_micro(r.smc, "TB0T", -12500000));
	TK_EQ(read_4(&r, "TB0T"), 0xc1480000);		/* -12.5 */
	TK_CHECK(model_smc_set_micro(r.smc, "TB0T", 0));
	TK_EQ(read_4(&r, "TB0T"), 0);
	TK_CHECK(model_smc_set_micro(r.smc, "TB0T", 15625));
	TK_EQ(read_4(&r, "TB0T"), 0x3c800000);		/* 2^-6 */
	TK_CHECK(model_smc_set_micro(r.smc, "TB0T", 16777216000000));
	TK_EQ(read_4(&r, "TB0T"), 0x4b800000);		/* 2^24 */
	TK_CHECK(model_smc_set(r.smc, "TB0T", "\0\0\200\177", 4));
	TK_EQ(read_4(&r, "TB0T"), 0x7f800000);		/* infinite */
	TK_CHECK(!model_smc_set(r.smc, "TB0T", "\0\0", 2));
	TK_CHECK(!model_smc_set_micro(r.smc, "BUIC", 1000000));
	rig_down(&r);
}

TK_CASE(smc_writes_what_can_be_written)
{
	struct model_smc_key k;
	struct rig r;

	rig_up(&r, NULL);
	share(&r, 0x44fa0000);
	TK_EQ(ask(&r, WRITE, "F0Tg", 4, 0), 0);
	TK_EQ(read_4(&r, "F0Tg"), 0x44fa0000);
	TK_CHECK(model_smc_key(r.smc, "F0Tg", &k));
	TK_EQ(k.writes, 1);
	TK_EQ(k.reads, 1);
	TK_EQ(le32dec(k.value), 0x44fa0000);
	TK_EQ(ask(&r, WRITE, "F0Ac", 4, 0), MODEL_SMC_NOT_WRITABLE);
	TK_EQ(ask(&r, WRITE, "F0Tg", 2, 0), MODEL_SMC_SIZE_MISMATCH);
	TK_EQ(ask(&r, READ, "F0Tg", 2, 0), MODEL_SMC_SIZE_MISMATCH);
	TK_EQ(ask(&r, READ, "none", 4, 0), MODEL_SMC_NOT_FOUND);
	TK_EQ(model_smc_stats(r.smc).failed, 4);
	TK_EQ(ap_wrong(&r.ap), 0);
	model_smc_fail(r.smc, "F0Ac", MODEL_SMC_NOT_READABLE);
	TK_EQ(ask(&r, READ, "F0Ac", 4, 0), MODEL_SMC_NOT_READABLE);
	model_smc_fail(r.smc, "F0Ac", 0);
	TK_EQ(ask(&r, READ, "F0Ac", 4, 0), 0);
	rig_down(&r);
}

TK_CASE(smc_lists_its_keys_in_order)
{
	struct model_smc_key k;
	struct rig r;
	uint32_t last = 0, key;
	unsigned int i, n;

	rig_make(&r, NULL);
	TK_CHECK(model_smc_add(r.smc, "zzzz", "ch8*", 5, MODEL_SMC_READ,
	    "hello"));
	TK_CHECK(!model_smc_add(r.smc, "zzzz", "ch8*", 5, MODEL_SMC_READ,
	    "hello"));
	TK_CHECK(model_smc_remove(r.smc, "BUIC"));
	TK_CHECK(!model_smc_remove(r.smc, "BUIC"));
	TK_CHECK(ap_boot(&r.ap));
	ap_send(&r.ap, 0, AP_START(EP));
	ap_send(&r.ap, EP, INIT);
	ap_expect(&r.ap, EP, AP_SRAM);
	n = model_smc_key_count(r.smc);
	TK_CHECK(n > 40);
	for (i = 0; i < n; i++) {
		command(&r, INDEX, i, 0, 0);
		TK_EQ(answer(&r), 0);
		key = bswap32(value(&r));
		TK_CHECK(key > last);
		TK_CHECK(model_smc_key_at(r.smc, i, &k));
		TK_EQ(k.key, key);
		last = key;
	}
	TK_EQ(last, KEY("zzzz"));
	command(&r, INDEX, n, 0, 0);
	TK_EQ(answer(&r), MODEL_SMC_INDEX_RANGE);
	TK_EQ(ask(&r, READ, "zzzz", 5, 0), 0);
	TK_EQ(shared(&r, 0), le32dec("hell"));
	TK_EQ(ask(&r, READ, "BUIC", 1, 0), MODEL_SMC_NOT_FOUND);
	TK_EQ(ap_wrong(&r.ap), 0);
	rig_down(&r);
}

TK_CASE(smc_describes_its_keys)
{
	struct rig r;

	rig_up(&r, NULL);
	TK_EQ(ask(&r, INFO, "F0Tg", 0, 0), 0);
	TK_EQ(length(&r), 0);
	TK_EQ(shared(&r, 0), 4 | 'f' << 8 | 'l' << 16 | 't' << 24);
	TK_EQ(shared(&r, 4) & 0xffff, ' ' | (MODEL_SMC_READ |
	    MODEL_SMC_WRITE | MODEL_SMC_LE) << 8);
	TK_EQ(ask(&r, INFO, "none", 0, 0), MODEL_SMC_NOT_FOUND);
	rig_down(&r);
}

TK_CASE(smc_of_a_desktop_has_no_battery)
{
	const struct model_smc_config cfg = { .desktop = true };
	struct rig r;

	rig_up(&r, &cfg);
	TK_EQ(ask(&r, READ, "BUIC", 1, 0), MODEL_SMC_NOT_FOUND);
	TK_EQ(ask(&r, READ, "MSLD", 1, 0), MODEL_SMC_NOT_FOUND);
	TK_EQ(ask(&r, READ, "F0Ac", 4, 0), 0);
	rig_down(&r);
}

TK_CASE(smc_has_a_clock_that_runs)
{
	struct rig r;
	uint32_t before;

	rig_up(&r, NULL);
	TK_CHECK(model_smc_set_int(r.smc, "CLKM", 0x10000));
	TK_EQ(ask(&r, READ, "CLKM", 6, 0), 0);
	before = shared(&r, 0);
	TK_CHECK(before >= 0x10000 && before < 0x10000 + 3277);
	pause_sbt("test", 2 * SBT_1S, 0, 0);
	TK_EQ(ask(&r, READ, "CLKM", 6, 0), 0);
	TK_CHECK(shared(&r, 0) - before >= 65536 &&
	    shared(&r, 0) - before < 65536 + 3277);
	rig_down(&r);
}

/*
 * What the SMC expects of the AP
 */

TK_CASE(smc_wants_to_be_initialized_first)
{
	struct rig r;

	rig_make(&r, NULL);
	TK_CHECK(ap_boot(&r.ap));
	ap_send(&r.ap, 0, AP_START(EP));
	TK_EQ(ask(&r, READ, "F0Ac", 4, 0), MODEL_SMC_ERROR);
	TK_EQ(ap_broke(&r.ap, "smc-init"), 1);
	TK_EQ(ap_wrong(&r.ap), 1);
	rig_down(&r);
}

TK_CASE(smc_wants_one_command_at_a_time_with_an_id_of_its_own)
{
	struct rig r;

	rig_up(&r, NULL);
	command(&r, READ, KEY("F0Ac"), 4, 0);
	command(&r, READ, KEY("F0Mn"), 4, 0);
	r.id--;
	TK_EQ(answer(&r), 0);
	r.id++;
	TK_EQ(answer(&r), 0);
	TK_EQ(ap_broke(&r.ap, "smc-overlap"), 1);
	r.id--;
	TK_EQ(ask(&r, READ, "F0Ac", 4, 0), 0);
	TK_EQ(ap_broke(&r.ap, "smc-id"), 1);
	TK_EQ(ap_wrong(&r.ap), 2);
	rig_down(&r);
}

TK_CASE(smc_refuses_malformed_commands)
{
	struct rig r;

	rig_up(&r, NULL);
	TK_EQ(ask(&r, 0x55, "F0Ac", 4, 0), MODEL_SMC_BAD_COMMAND);
	/* The length of WRITE is not in 31:24. */
	TK_EQ(ask(&r, WRITE, "F0Tg", 0, 4), MODEL_SMC_BAD_COMMAND);
	ap_send(&r.ap, EP, (uint64_t)KEY("F0Ac") << 32 | 4 << 16 | 9 << 12 |
	    0x100 | READ);
	r.id = 9;
	TK_EQ(answer(&r), MODEL_SMC_BAD_COMMAND);
	TK_EQ(ap_broke(&r.ap, "smc-command"), 3);
	TK_EQ(ask(&r, RW, "F0Tg", 4, 4), MODEL_SMC_BAD_COMMAND);
	TK_EQ(ap_wrong(&r.ap), 3);
	rig_down(&r);
}

TK_CASE(smc_wants_notifications_off_before_it_rests)
{
	struct rig r;

	rig_up(&r, NULL);
	write_1(&r, "NTAP", 1);
	ap_rest(&r.ap, MODEL_RTKIT_POWER_QUIESCED, MODEL_RTKIT_POWER_QUIESCED);
	ap_silence(&r.ap, 1);
	TK_EQ(ap_broke(&r.ap, "smc-notifies"), 1);
	TK_CHECK(!model_smc_notifies(r.smc));

	TK_CHECK(ap_boot(&r.ap));
	ap_send(&r.ap, 0, AP_START(EP));
	ap_send(&r.ap, EP, INIT);
	ap_expect(&r.ap, EP, AP_SRAM);
	r.id = 0;
	write_1(&r, "NTAP", 1);
	write_1(&r, "NTAP", 0);
	ap_rest(&r.ap, MODEL_RTKIT_POWER_QUIESCED, MODEL_RTKIT_POWER_QUIESCED);
	ap_silence(&r.ap, 1);
	TK_EQ(ap_wrong(&r.ap), 1);
	rig_down(&r);
}

/*
 * The machine
 */

static uint64_t
event(uint32_t word)
{

	return ((uint64_t)word << 32 | 0x18);
}

TK_CASE(smc_tells_what_happens_when_asked_to)
{
	struct rig r;

	rig_up(&r, NULL);
	TK_CHECK(!model_smc_button(r.smc, MODEL_SMC_BUTTON_POWER, true));
	ap_silence(&r.ap, 10);
	write_1(&r, "NTAP", 1);
	TK_CHECK(model_smc_notifies(r.smc));
	TK_CHECK(model_smc_button(r.smc, MODEL_SMC_BUTTON_POWER, true));
	ap_expect(&r.ap, EP, event(0x72010101));
	TK_EQ(model_smc_get_int(r.smc, "bHLD"), 1);
	TK_CHECK(model_smc_button(r.smc, MODEL_SMC_BUTTON_POWER, false));
	ap_expect(&r.ap, EP, event(0x72010100));
	TK_CHECK(model_smc_button(r.smc, MODEL_SMC_BUTTON_HELD, true));
	ap_expect(&r.ap, EP, event(0x7201fe01));
	TK_CHECK(model_smc_lid(r.smc, true));
	ap_expect(&r.ap, EP, event(0x72030100));
	TK_EQ(ask(&r, READ, "MSLD", 1, 0), 0);
	TK_EQ(value(&r), 1);
	TK_CHECK(model_smc_charger(r.smc, false));
	ap_expect(&r.ap, EP, event(0x71010100));
	TK_EQ(read_4(&r, "CHIS"), 0);
	TK_EQ(read_4(&r, "BCF0"), 0);
	TK_CHECK(model_smc_battery_critical(r.smc));
	ap_expect(&r.ap, EP, event(0x71020000));
	TK_EQ(model_smc_stats(r.smc).events, 6);
	write_1(&r, "NTAP", 0);
	TK_CHECK(!model_smc_lid(r.smc, false));
	ap_silence(&r.ap, 10);
	TK_EQ(ap_wrong(&r.ap), 0);
	write_1(&r, "NTAP", 1);
	model_rtkit_crash(r.ap.m);
	TK_CHECK(!model_smc_lid(r.smc, true));
	rig_down(&r);
}

TK_CASE(smc_restarts_and_powers_off)
{
	struct rig r;

	rig_up(&r, NULL);
	share(&r, KEY("rest"));
	TK_EQ(ask(&r, WRITE, "MBSE", 4, 0), 0);
	TK_EQ(model_smc_power(r.smc), MODEL_SMC_RUNNING);
	share(&r, KEY("phra"));
	TK_EQ(ask(&r, WRITE, "MBSE", 4, 0), 0);
	TK_EQ(model_smc_power(r.smc), MODEL_SMC_RESTARTED);
	TK_EQ(model_smc_mbse(r.smc, 0), KEY("rest"));
	TK_EQ(model_smc_mbse(r.smc, 1), KEY("phra"));
	TK_EQ(model_smc_mbse(r.smc, 2), 0);
	share(&r, KEY("off1"));
	TK_EQ(ask(&r, WRITE, "MBSE", 4, 0), 0);
	TK_EQ(model_smc_power(r.smc), MODEL_SMC_POWERED_OFF);
	/* The characters in the wrong order. */
	share(&r, bswap32(KEY("off1")));
	TK_EQ(ask(&r, WRITE, "MBSE", 4, 0), MODEL_SMC_BAD_ARGUMENT);
	rig_down(&r);
}

static bool
flag(void *arg)
{

	return (*(bool *)arg);
}

TK_CASE(smc_restarts_instead_if_the_boot_loader_is_not_told)
{
	bool stays_off = false;
	struct rig r;

	rig_up(&r, NULL);
	model_smc_boot_loader(r.smc, flag, &stays_off);
	share(&r, KEY("off1"));
	TK_EQ(ask(&r, WRITE, "MBSE", 4, 0), 0);
	TK_EQ(model_smc_power(r.smc), MODEL_SMC_RESTARTED);
	stays_off = true;
	TK_EQ(ask(&r, WRITE, "MBSE", 4, 0), 0);
	TK_EQ(model_smc_power(r.smc), MODEL_SMC_POWERED_OFF);
	rig_down(&r);
}

static int
pin_write(struct rig *r, const char *key, uint32_t word)
{

	share(r, word);
	return (ask(r, WRITE, key, 4, 0));
}

static uint32_t
pin_read(struct rig *r, const char *key, uint32_t word)
{

	share(r, word);
	TK_EQ(ask(r, RW, key, 4, 4), 0);
	return (value(r));
}

TK_CASE(smc_drives_and_reads_pins)
{
	struct model_smc_pin p;
	struct rig r;

	rig_up(&r, NULL);
	TK_EQ(pin_read(&r, "gP0a", 3u << 24), 0);
	TK_CHECK(!model_smc_pin_drive(r.smc, 10, true));
	TK_EQ(pin_read(&r, "gP0a", 2u << 24), 1);
	TK_EQ(pin_write(&r, "gP0a", 1u << 24), 0);
	TK_CHECK(model_smc_pin(r.smc, 10, &p));
	TK_CHECK(p.output && !p.level);
	TK_EQ(pin_write(&r, "gP0a", 1u << 24 | 1), 0);
	TK_CHECK(model_smc_pin(r.smc, 10, &p));
	TK_CHECK(p.output && p.level);
	TK_EQ(pin_read(&r, "gP0a", 3u << 24), 1);
	TK_EQ(pin_write(&r, "gP0a", 0x77u << 24), MODEL_SMC_BAD_ARGUMENT);
	TK_EQ(ask(&r, WRITE, "gP1f", 4, 0), MODEL_SMC_NOT_FOUND);
	TK_CHECK(!model_smc_pin(r.smc, 31, &p));
	TK_EQ(ap_wrong(&r.ap), 0);
	rig_down(&r);
}

TK_CASE(smc_pins_interrupt_once_until_acknowledged)
{
	struct model_smc_pin p;
	struct rig r;

	rig_up(&r, NULL);
	write_1(&r, "NTAP", 1);
	TK_CHECK(!model_smc_pin_drive(r.smc, 7, true));
	TK_EQ(pin_write(&r, "gP07", 4u << 24 | 1), 0);
	TK_CHECK(model_smc_pin_drive(r.smc, 7, false));
	ap_expect(&r.ap, EP, event(0x72020700));
	TK_CHECK(!model_smc_pin_drive(r.smc, 7, true));
	TK_EQ(pin_write(&r, "gP07", 5u << 24 | 1), 0);
	TK_CHECK(model_smc_pin_drive(r.smc, 7, false));
	ap_expect(&r.ap, EP, event(0x72020700));
	TK_CHECK(model_smc_pin(r.smc, 7, &p));
	TK_EQ(p.irqs, 2);
	TK_EQ(p.acks, 1);
	rig_down(&r);
}

/*
 * Faults
 */

/* Send what a driver would send, and ignore the results. */
static void
exchange_smc(struct rig *r)
{
	static const struct {
		uint8_t		cmd, size, wsize;
		const char	*key;
	} commands[] = {
		{ READ, 4, 0, "#KEY" }, { INFO, 0, 0, "TB0T" },
		{ READ, 4, 0, "TB0T" }, { READ, 8, 0, "TH0x" },
		{ WRITE, 1, 0, "NTAP" }, { RW, 4, 4, "gP07" },
	};
	unsigned int i;

	ap_send(&r->ap, 0, AP_START(EP));
	ap_send(&r->ap, EP, INIT);
	ap_serve_all(&r->ap, 1);
	command(r, INDEX, 3, 0, 0);
	ap_serve_all(&r->ap, 1);
	for (i = 0; i < nitems(commands); i++) {
		bus_space_write_4(&memmap_bus, r->ap.sram, 0, 1);
		command(r, commands[i].cmd, KEY(commands[i].key),
		    commands[i].size, commands[i].wsize);
		ap_serve_all(&r->ap, 1);
	}
	(void)model_smc_button(r->smc, MODEL_SMC_BUTTON_POWER, true);
	ap_serve_all(&r->ap, 1);
}

static void
exchange(struct rig *r)
{

	if (ap_boot(&r->ap)) {
		ap_send(&r->ap, 0, AP_TYPE(3));
		model_rtkit_send(r->ap.m, EP, 1);
		exchange_smc(r);
	}
	model_rtkit_crash(r->ap.m);
	ap_serve_all(&r->ap, 1);
}

static void
exchange_with(struct rig *r, bool own, const struct model_rtkit_fault *f,
    uint64_t seed)
{
	struct model_rtkit_config cfg;
	int i;

	memset(r, 0, sizeof(*r));
	model_rtkit_config_t8103_smc(&cfg);
	for (i = 0; i < MODEL_RTKIT_BUFFERS; i++)
		cfg.buffers[i].own = own;
	ap_up(&r->ap, MODEL_ASC_V4, &cfg, true);
	r->smc = model_smc_new(r->ap.m, NULL);
	if (f != NULL)
		model_rtkit_fault(r->ap.m, f->name, 1);
	else
		model_rtkit_misbehave(r->ap.m, seed);
	exchange(r);
}

TK_CASE(smc_and_rtkit_show_every_fault)
{
	const struct model_rtkit_fault *f;
	struct rig r;

	for (f = model_rtkit_faults; f->name != NULL; f++) {
		exchange_with(&r, false, f, 0);
		if (model_rtkit_faulted(r.ap.m, f->name) != 1)
			tk_test_fail(__FILE__, __LINE__, "%s did not happen",
			    f->name);
		rig_down(&r);
	}
}

TK_CASE(smc_and_rtkit_come_to_an_end_whatever_the_seed)
{
	struct rig r;
	uint64_t seed;

	for (seed = 0; seed < 300; seed++) {
		exchange_with(&r, seed % 2 == 0, NULL, seed);
		rig_down(&r);
	}
}

TK_CASE_THREADED(smc_and_rtkit_misbehave_with_all_threads_at_once)
{
	struct rig r;
	uint64_t seed;

	for (seed = 0; seed < 5; seed++) {
		exchange_with(&r, seed % 2 == 0, NULL, seed);
		rig_down(&r);
	}
}

/*
 * Machines
 */

static void
machine(const char *tree)
{
	struct model_apple a;

	model_apple_up(&a, tree, NULL, NULL);
	TK_CHECK(tk_ofw_device(a.node) != NULL);
	TK_CHECK(tk_ofw_device(a.mbox) != NULL);
	TK_CHECK(a.smc != NULL);
	TK_EQ(model_rtkit_state(a.rtkit).phase, MODEL_RTKIT_ASLEEP);
	TK_CHECK(model_apple_settle(&a, 10));
	TK_EQ(model_apple_down(&a), 0);

	/* The newest machine has only the SMC, no test coprocessor. */
	if (strcmp(tree, "t6020") == 0)
		return;
	model_apple_up_test(&a, tree, NULL);
	TK_CHECK(tk_ofw_device(a.node) != NULL);
	TK_CHECK(tk_ofw_device(a.mbox) != NULL);
	TK_CHECK(a.smc == NULL);
	TK_EQ(model_rtkit_state(a.rtkit).phase, MODEL_RTKIT_STOPPED);
	TK_EQ(model_apple_down(&a), 0);
}

TK_CASE(apple_machines_are_made_and_taken_down)
{

	machine("t8103");
	machine("t8112");
	machine("t6000");
	machine("t6020");
}

TK_CASE(apple_machine_with_broken_trees_has_its_smc_too)
{
	struct model_apple a;

	model_apple_up(&a, "broken-smc", NULL, NULL);
	TK_CHECK(tk_ofw_device("/soc/smc-without-mboxes@23e400000") != NULL);
	TK_CHECK(tk_ofw_device(a.mbox) != NULL);
	TK_EQ(model_apple_down(&a), 0);
}

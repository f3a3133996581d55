/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The faults of the virtio-sound model, by name.  A fault that one place can
 * describe is here.  For the others, the code where the fault happens asks
 * msnd_faulty().
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/endian.h>

#include "tk.h"
#include "model_virtio_snd_var.h"
#include "model_virtio_snd_wire.h"

#define	MSND_STORM_NS	(100 * 1000)	/* between two batches of events */

const struct model_snd_fault model_snd_faults[] = {
	[MSND_F_STREAMS_HUGE] = { "streams-huge", MODEL_SND_FAULT_CONFIG,
	    "counts 4,294,967,295 streams, describes as many as are asked" },
	[MSND_F_STREAMS_NONE] = { "streams-none", MODEL_SND_FAULT_CONFIG,
	    "counts no stream" },
	[MSND_F_JACKS_HUGE] = { "jacks-huge", MODEL_SND_FAULT_CONFIG,
	    "counts 4,294,967,295 jacks" },
	[MSND_F_CHMAPS_HUGE] = { "chmaps-huge", MODEL_SND_FAULT_CONFIG,
	    "counts 4,294,967,295 channel maps" },
	[MSND_F_CTLS_HUGE] = { "ctls-huge", MODEL_SND_FAULT_CONFIG,
	    "counts 4,294,967,295 control elements" },

	[MSND_F_PCM_CHANNELS_NONE] = { "pcm-channels-none",
	    MODEL_SND_FAULT_INFO, "a stream of 0 to 0 channels" },
	[MSND_F_PCM_CHANNELS_CROSSED] = { "pcm-channels-crossed",
	    MODEL_SND_FAULT_INFO, "a stream of 2 to 1 channels" },
	[MSND_F_PCM_CHANNELS_HUGE] = { "pcm-channels-huge",
	    MODEL_SND_FAULT_INFO, "a stream of up to 255 channels" },
	[MSND_F_PCM_CHANNELS_SHRINK] = { "pcm-channels-shrink",
	    MODEL_SND_FAULT_CTL,
	    "PREPARE makes its channels the most of the stream, for ever" },
	[MSND_F_PCM_DIRECTION] = { "pcm-direction-unknown",
	    MODEL_SND_FAULT_INFO, "a stream of direction 2" },
	[MSND_F_PCM_FORMATS_UNKNOWN] = { "pcm-formats-unknown",
	    MODEL_SND_FAULT_INFO, "formats that nobody defined, alone" },
	[MSND_F_PCM_FORMATS_NONE] = { "pcm-formats-none",
	    MODEL_SND_FAULT_INFO, "no format" },
	[MSND_F_PCM_RATES_UNKNOWN] = { "pcm-rates-unknown",
	    MODEL_SND_FAULT_INFO, "rates that nobody defined, alone" },
	[MSND_F_PCM_RATES_NONE] = { "pcm-rates-none",
	    MODEL_SND_FAULT_INFO, "no rate" },
	[MSND_F_PCM_FEATURES] = { "pcm-features-unknown",
	    MODEL_SND_FAULT_INFO, "all feature bits of a stream" },
	[MSND_F_JACK_NOT_SUPP] = { "jack-not-supp",
	    MODEL_SND_FAULT_INFO, "JACK_INFO is not supported" },
	[MSND_F_JACK_MOVES] = { "jack-moves", MODEL_SND_FAULT_INFO,
	    "a jack changes, with an event, as JACK_INFO is answered" },
	[MSND_F_CHMAP_NOT_SUPP] = { "chmap-not-supp",
	    MODEL_SND_FAULT_INFO, "CHMAP_INFO is not supported" },
	[MSND_F_CTL_NOT_SUPP] = { "ctl-not-supp",
	    MODEL_SND_FAULT_INFO, "CTL_INFO is not supported" },
	[MSND_F_CHMAP_CHANNELS] = { "chmap-channels-huge",
	    MODEL_SND_FAULT_INFO, "a map of 255 channels" },
	[MSND_F_CHMAP_POSITION] = { "chmap-position-unknown",
	    MODEL_SND_FAULT_INFO, "a map with positions 200" },
	[MSND_F_CHMAP_DIRECTION] = { "chmap-direction-unknown",
	    MODEL_SND_FAULT_INFO, "a map of direction 7" },
	[MSND_F_CTL_TYPE] = { "ctl-type-unknown",
	    MODEL_SND_FAULT_INFO, "a control of type 77" },
	[MSND_F_CTL_ROLE] = { "ctl-role-unknown",
	    MODEL_SND_FAULT_INFO, "a control of role 4,294,967,295" },
	[MSND_F_CTL_COUNT_HUGE] = { "ctl-count-huge",
	    MODEL_SND_FAULT_INFO, "a control of 4,294,967,295 values" },
	[MSND_F_CTL_COUNT_NONE] = { "ctl-count-none",
	    MODEL_SND_FAULT_INFO, "a control of no values" },
	[MSND_F_CTL_NAME] = { "ctl-name-endless",
	    MODEL_SND_FAULT_INFO, "a control's name without its end" },
	[MSND_F_CTL_ITEMS] = { "ctl-items-huge", MODEL_SND_FAULT_INFO,
	    "4,294,967,295 items, or a range from there to 0" },
	[MSND_F_ITEM_NAME] = { "item-name-endless",
	    MODEL_SND_FAULT_CTL, "items' names without their ends" },
	[MSND_F_CTL_VALUE] = { "ctl-value-garbage",
	    MODEL_SND_FAULT_CTL, "READ gives bytes of 0xff" },
	[MSND_F_TLV_LENGTH] = { "tlv-length-huge",
	    MODEL_SND_FAULT_CTL, "a TLV of 4,294,967,292 bytes" },

	[MSND_F_ANSWER_EMPTY] = { "answer-empty", MODEL_SND_FAULT_CTL,
	    "done, but nothing written, used length 0" },
	[MSND_F_ANSWER_SHORT] = { "answer-short", MODEL_SND_FAULT_CTL,
	    "done and written, used length 2" },
	[MSND_F_ANSWER_HEADER] = { "answer-header-only", MODEL_SND_FAULT_CTL,
	    "OK, but of the records nothing is written" },
	[MSND_F_ANSWER_LATE] = { "answer-late", MODEL_SND_FAULT_CTL,
	    "takes effect after MODEL_SND_LATE_NS, others wait for it" },
	[MSND_F_ANSWER_NEVER] = { "answer-never", MODEL_SND_FAULT_CTL,
	    "neither done nor answered" },
	[MSND_F_ANSWER_GARBAGE] = { "answer-garbage", MODEL_SND_FAULT_CTL,
	    "not done, the answer is bytes of 0xff" },
	[MSND_F_ANSWER_HUGE] = { "answer-used-huge", MODEL_SND_FAULT_CTL,
	    "used length 4,294,967,295" },
	[MSND_F_ANSWER_TWICE] = { "answer-twice", MODEL_SND_FAULT_CTL,
	    "completed twice" },
	[MSND_F_ANSWER_ID] = { "answer-id-range", MODEL_SND_FAULT_CTL,
	    "an entry with an id beyond the ring before it" },
	[MSND_F_STATUS_UNKNOWN] = { "status-unknown", MODEL_SND_FAULT_CTL,
	    "done, with status 0x1234" },
	[MSND_F_STATUS_UNDONE] = { "status-ok-undone", MODEL_SND_FAULT_CTL,
	    "not done, with status OK" },
	[MSND_F_STATUS_DONE] = { "status-error-done", MODEL_SND_FAULT_CTL,
	    "done, with status IO_ERR" },
	[MSND_F_RELEASE_KEEPS] = { "release-keeps", MODEL_SND_FAULT_CTL,
	    "RELEASE is answered, its messages stay until reset" },

	[MSND_F_LEN_HUGE] = { "used-len-huge", MODEL_SND_FAULT_DATA,
	    "used length 4,294,967,295" },
	[MSND_F_LEN_BEYOND] = { "used-len-beyond", MODEL_SND_FAULT_DATA,
	    "used length a byte above what is writable" },
	[MSND_F_LEN_SHORT] = { "used-len-short", MODEL_SND_FAULT_DATA,
	    "used length 7" },
	[MSND_F_LEN_NONE] = { "used-len-none", MODEL_SND_FAULT_DATA,
	    "used length 0" },
	[MSND_F_LEN_HALF] = { "used-len-half", MODEL_SND_FAULT_DATA,
	    "used length half of what is writable" },
	[MSND_F_USED_TWICE] = { "used-twice", MODEL_SND_FAULT_DATA,
	    "completed twice" },
	[MSND_F_USED_ORDER] = { "used-order", MODEL_SND_FAULT_DATA,
	    "completed behind the next one" },
	[MSND_F_USED_ID] = { "used-id-range", MODEL_SND_FAULT_DATA,
	    "an entry with an id beyond the ring before it" },
	[MSND_F_USED_INDEX] = { "used-index-jump", MODEL_SND_FAULT_DATA,
	    "the used index jumps by more than the ring has" },
	[MSND_F_DATA_ERROR] = { "data-status-error", MODEL_SND_FAULT_DATA,
	    "played or captured, with status IO_ERR" },
	[MSND_F_DATA_UNKNOWN] = { "data-status-unknown", MODEL_SND_FAULT_DATA,
	    "played or captured, with status 0xdeadbeef" },
	[MSND_F_DATA_LATENCY] = { "data-latency-huge", MODEL_SND_FAULT_DATA,
	    "latency of 4,294,967,295 bytes" },
	[MSND_F_DATA_NEVER] = { "data-never", MODEL_SND_FAULT_DATA,
	    "played or captured, and never completed" },
	[MSND_F_DATA_INSTANT] = { "data-instant", MODEL_SND_FAULT_DATA,
	    "OK as it comes, neither played nor written" },

	[MSND_F_EVENT_CODE] = { "event-code-unknown", MODEL_SND_FAULT_EVENT,
	    "code 0xbeef" },
	[MSND_F_EVENT_JACK] = { "event-jack-range", MODEL_SND_FAULT_EVENT,
	    "of jack 4,294,967,295" },
	[MSND_F_EVENT_STREAM] = { "event-stream-range", MODEL_SND_FAULT_EVENT,
	    "of stream 4,294,967,295" },
	[MSND_F_EVENT_CTL] = { "event-ctl-range", MODEL_SND_FAULT_EVENT,
	    "of control 65,535, all bits of its mask" },
	[MSND_F_EVENT_SHORT] = { "event-short", MODEL_SND_FAULT_EVENT,
	    "used length 4" },
	[MSND_F_EVENT_HUGE] = { "event-used-huge", MODEL_SND_FAULT_EVENT,
	    "used length 4,294,967,295" },
	[MSND_F_EVENT_STORM] = { "event-storm", MODEL_SND_FAULT_EVENT,
	    "as many as there are buffers, every 0.1 ms" },

	[MSND_F_FEATURES] = { "features-refused", MODEL_SND_FAULT_LIFE,
	    "does not keep FEATURES_OK" },
	[MSND_F_RESET_CTL] = { "needs-reset-request", MODEL_SND_FAULT_LIFE,
	    "NEEDS_RESET at a request" },
	[MSND_F_RESET_DATA] = { "needs-reset-data", MODEL_SND_FAULT_LIFE,
	    "NEEDS_RESET at a completion of tx or rx" },
	[MSND_F_UNPLUG_CTL] = { "unplug-request", MODEL_SND_FAULT_LIFE,
	    "is pulled out at a request" },
	[MSND_F_UNPLUG_DATA] = { "unplug-data", MODEL_SND_FAULT_LIFE,
	    "is pulled out at a completion of tx or rx" },
	[MSND_F_INTR_LOST] = { "intr-lost", MODEL_SND_FAULT_LIFE,
	    "an interrupt is not raised" },
	[MSND_F_EVENT_KICK] = { "event-kick-hangs", MODEL_SND_FAULT_LIFE,
	    "answers nothing once it is notified of its first event buffers" },
	[MSND_F_INTR_SPURIOUS] = { "intr-spurious", MODEL_SND_FAULT_LIFE,
	    "interrupts of all queues for nothing" },
	[MSND_NFAULTS] = { NULL, 0, NULL }
};
_Static_assert(nitems(model_snd_faults) == MSND_NFAULTS + 1, "faults");

bool
msnd_faulty(struct model_snd *m, enum msnd_fault f)
{

	if (m->faults[f].count == 0)
		return (false);
	if (m->faults[f].count != MODEL_SND_ALWAYS)
		m->faults[f].count--;
	m->faults[f].hits++;
	return (true);
}

/*
 * Configuration and information
 */

void
msnd_fault_config(struct model_snd *m, size_t off, size_t len,
    struct msnd_config *config)
{
	static const struct {
		enum msnd_fault fault;
		size_t		field;
		uint32_t	count;
	} counts[] = {
		{ MSND_F_STREAMS_HUGE, offsetof(struct msnd_config, streams),
		    UINT32_MAX },
		{ MSND_F_STREAMS_NONE, offsetof(struct msnd_config, streams),
		    0 },
		{ MSND_F_JACKS_HUGE, offsetof(struct msnd_config, jacks),
		    UINT32_MAX },
		{ MSND_F_CHMAPS_HUGE, offsetof(struct msnd_config, chmaps),
		    UINT32_MAX },
		{ MSND_F_CTLS_HUGE, offsetof(struct msnd_config, controls),
		    UINT32_MAX },
	};
	u_int i;

	for (i = 0; i < nitems(counts); i++) {
		if (off < counts[i].field + sizeof(uint32_t) &&
		    counts[i].field < off + len &&
		    msnd_faulty(m, counts[i].fault))
			memcpy((char *)config + counts[i].field,
			    &counts[i].count, sizeof(counts[i].count));
	}
}

void
msnd_fault_pcm_info(struct model_snd *m, struct msnd_pcm_info *info)
{

	if (msnd_faulty(m, MSND_F_PCM_CHANNELS_NONE))
		info->channels_min = info->channels_max = 0;
	if (msnd_faulty(m, MSND_F_PCM_CHANNELS_CROSSED)) {
		info->channels_min = 2;
		info->channels_max = 1;
	}
	if (msnd_faulty(m, MSND_F_PCM_CHANNELS_HUGE))
		info->channels_max = UINT8_MAX;
	if (msnd_faulty(m, MSND_F_PCM_DIRECTION))
		info->direction = 2;
	if (msnd_faulty(m, MSND_F_PCM_FORMATS_UNKNOWN))
		info->formats = htole64(~0ull << MSND_FMT_MAX);
	if (msnd_faulty(m, MSND_F_PCM_FORMATS_NONE))
		info->formats = 0;
	if (msnd_faulty(m, MSND_F_PCM_RATES_UNKNOWN))
		info->rates = htole64(~0ull << MSND_RATE_MAX);
	if (msnd_faulty(m, MSND_F_PCM_RATES_NONE))
		info->rates = 0;
	if (msnd_faulty(m, MSND_F_PCM_FEATURES))
		info->features = UINT32_MAX;
}

void
msnd_fault_chmap_info(struct model_snd *m, struct msnd_chmap_info *info)
{

	if (msnd_faulty(m, MSND_F_CHMAP_CHANNELS))
		info->channels = UINT8_MAX;
	if (msnd_faulty(m, MSND_F_CHMAP_POSITION))
		memset(info->positions, 200, sizeof(info->positions));
	if (msnd_faulty(m, MSND_F_CHMAP_DIRECTION))
		info->direction = 7;
}

void
msnd_fault_ctl_info(struct model_snd *m, char *record)
{

	if (msnd_faulty(m, MSND_F_CTL_ROLE))
		le32enc(record + 4, UINT32_MAX);
	if (msnd_faulty(m, MSND_F_CTL_TYPE))
		le32enc(record + 8, 77);
	if (msnd_faulty(m, MSND_F_CTL_COUNT_HUGE))
		le32enc(record + 16, UINT32_MAX);
	if (msnd_faulty(m, MSND_F_CTL_COUNT_NONE))
		le32enc(record + 16, 0);
	if (msnd_faulty(m, MSND_F_CTL_NAME))
		memset(record + MSND_CTL_INFO_NAME, 'x', MSND_CTL_NAME_SIZE);
	if (msnd_faulty(m, MSND_F_CTL_ITEMS)) {
		memset(record + MSND_CTL_INFO_VALUE_PACKED, 0,
		    MSND_CTL_INFO_SIZE - MSND_CTL_INFO_VALUE_PACKED);
		le32enc(record + (m->cfg.ctl_packed ?
		    MSND_CTL_INFO_VALUE_PACKED : MSND_CTL_INFO_VALUE),
		    UINT32_MAX);
	}
}

/*
 * Data
 */

/* Does the device fail here, instead of completing this message? */
bool
msnd_fault_end(struct model_snd *m, struct msnd_msg *msg)
{
	bool ctl;

	ctl = msg->vq == MODEL_SND_VQ_CTL;
	if (m->unplugging || m->broken)
		;	/* it has failed already */
	else if (msnd_faulty(m, ctl ? MSND_F_UNPLUG_CTL : MSND_F_UNPLUG_DATA))
		m->unplugging = true;
	else if (msnd_faulty(m, ctl ? MSND_F_RESET_CTL : MSND_F_RESET_DATA))
		msnd_break(m);
	else
		return (false);
	STAILQ_INSERT_TAIL(&m->lost, msg, link);
	return (true);
}

/* The used length of an I/O message, whose correct value is len. */
static uint32_t
msnd_fault_len(struct model_snd *m, const struct msnd_msg *msg, uint32_t len)
{

	if (msnd_faulty(m, MSND_F_LEN_HUGE))
		return (UINT32_MAX);
	if (msnd_faulty(m, MSND_F_LEN_BEYOND))
		return (msg->chain.wlen + 1);
	if (msnd_faulty(m, MSND_F_LEN_SHORT))
		return (7);
	if (msnd_faulty(m, MSND_F_LEN_NONE))
		return (0);
	if (msnd_faulty(m, MSND_F_LEN_HALF))
		return (msg->chain.wlen / 2);
	return (len);
}

void
msnd_fault_status(struct model_snd *m, uint32_t *status, uint32_t *latency)
{

	if (msnd_faulty(m, MSND_F_DATA_ERROR))
		*status = MSND_S_IO_ERR;
	if (msnd_faulty(m, MSND_F_DATA_UNKNOWN))
		*status = 0xdeadbeef;
	if (msnd_faulty(m, MSND_F_DATA_LATENCY))
		*latency = UINT32_MAX;
}

void
msnd_fault_delayed(struct model_snd *m)
{
	struct msnd_msg *msg;

	msg = m->delayed;
	m->delayed = NULL;
	if (msg != NULL)
		msnd_return(m, msg, msg->len);
}

void
msnd_fault_return(struct model_snd *m, struct msnd_msg *msg, uint32_t len)
{
	struct vring_dev *vr;

	vr = &m->ring[msg->vq];
	len = msnd_fault_len(m, msg, len);
	if (msnd_faulty(m, MSND_F_DATA_NEVER)) {
		STAILQ_INSERT_TAIL(&m->lost, msg, link);
		return;
	}
	if (m->delayed == NULL && msnd_faulty(m, MSND_F_USED_ORDER)) {
		msg->len = len;
		m->delayed = msg;
		return;
	}
	if (msnd_faulty(m, MSND_F_USED_ID))
		vring_dev_push(vr, vr->size + 5, len);
	if (msnd_faulty(m, MSND_F_USED_INDEX))
		vr->used_next += vr->size + 1;
	if (msnd_faulty(m, MSND_F_USED_TWICE))
		vring_dev_push(vr, msg->chain.head, len);
	msnd_return(m, msg, len);
	msnd_fault_delayed(m);
}

/*
 * Events
 */

static const struct {
	enum msnd_fault fault;
	uint32_t	code;
	uint32_t	data;
	uint32_t	len;
} msnd_fault_event[] = {
	{ MSND_F_EVENT_CODE, 0xbeef, 0, 8 },
	{ MSND_F_EVENT_JACK, MSND_EVT_JACK_CONNECTED, UINT32_MAX, 8 },
	{ MSND_F_EVENT_STREAM, MSND_EVT_PCM_XRUN, UINT32_MAX, 8 },
	{ MSND_F_EVENT_CTL, MSND_EVT_CTL_NOTIFY, UINT32_MAX, 8 },
	{ MSND_F_EVENT_SHORT, MSND_EVT_JACK_CONNECTED, 0, 4 },
	{ MSND_F_EVENT_HUGE, MSND_EVT_JACK_CONNECTED, 0, UINT32_MAX },
	{ MSND_F_EVENT_STORM, MSND_EVT_PCM_XRUN, 0, 8 },
};

static bool
msnd_fault_event_wanted(struct model_snd *m)
{
	u_int i;

	for (i = 0; i < nitems(msnd_fault_event); i++) {
		if (m->faults[msnd_fault_event[i].fault].count != 0) {
			msnd_event_look(m);
			return (!STAILQ_EMPTY(&m->events));
		}
	}
	return (false);
}

int64_t
msnd_fault_deadline(struct model_snd *m)
{

	return (msnd_fault_event_wanted(m) ? m->storm_next : MSND_NEVER);
}

void
msnd_fault_events(struct model_snd *m, int64_t now)
{
	u_int i;

	if (now < m->storm_next)
		return;
	while (msnd_fault_event_wanted(m)) {
		m->storm_next = now + MSND_STORM_NS;
		for (i = 0; i < nitems(msnd_fault_event); i++) {
			if (!STAILQ_EMPTY(&m->events) &&
			    msnd_faulty(m, msnd_fault_event[i].fault))
				msnd_event_send(m, msnd_fault_event[i].code,
				    msnd_fault_event[i].data,
				    msnd_fault_event[i].len);
		}
	}
}

/*
 * For tests
 */

static enum msnd_fault
msnd_fault_find(const char *name)
{
	int i;

	for (i = 0; i < MSND_NFAULTS; i++) {
		if (strcmp(model_snd_faults[i].name, name) == 0)
			return (i);
	}
	panic("virtio-sound model: no fault is called %s", name);
}

void
model_snd_fault(struct model_snd *m, const char *name, uint32_t count)
{
	enum msnd_fault f;

	f = msnd_fault_find(name);
	tk_devlock_enter(m->lock);
	m->faults[f].count = count;
	tk_devlock_leave(m->lock);
	tk_agent_kick(m->agent);
}

uint64_t
model_snd_faulted(struct model_snd *m, const char *name)
{
	enum msnd_fault f;
	uint64_t hits;

	f = msnd_fault_find(name);
	tk_devlock_enter(m->lock);
	hits = m->faults[f].hits;
	tk_devlock_leave(m->lock);
	return (hits);
}

/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The virtio sound device on the wire: VIRTIO 1.2, 5.14 "Sound Device".
 *
 * All fields are little-endian, no structure has implicit padding, and PCM
 * samples are little-endian and interleaved.
 */
#ifndef _VIRTIO_SND_REG_H_
#define	_VIRTIO_SND_REG_H_

/* Virtqueues, 5.14.2. */
enum {
	VTSND_VQ_CONTROL,
	VTSND_VQ_EVENT,
	VTSND_VQ_TX,
	VTSND_VQ_RX,
	VTSND_NVQS,
};

/* Features of the device, 5.14.3. */
#define	VTSND_F_CTLS		(1u << 0)	/* control elements; 1.3 */

/* Device configuration layout, 5.14.4: offsets of 4-byte fields. */
#define	VTSND_CONFIG_JACKS	0	/* jacks the device has */
#define	VTSND_CONFIG_STREAMS	4	/* PCM streams it has */
#define	VTSND_CONFIG_CHMAPS	8	/* channel maps it has */
#define	VTSND_CONFIG_CONTROLS	12	/* control elements; VTSND_F_CTLS */
#define	VTSND_CONFIG_SIZE	16	/* bytes of all, with VTSND_F_CTLS */

/* Requests on the control queue, 5.14.6. */
#define	VTSND_R_JACK_INFO	0x0001	/* query_info -> jack_info[] */
#define	VTSND_R_JACK_REMAP	0x0002	/* jack_remap */
#define	VTSND_R_PCM_INFO	0x0100	/* query_info -> pcm_info[] */
#define	VTSND_R_PCM_SET_PARAMS	0x0101	/* pcm_set_params */
#define	VTSND_R_PCM_PREPARE	0x0102	/* pcm_hdr */
#define	VTSND_R_PCM_RELEASE	0x0103	/* pcm_hdr */
#define	VTSND_R_PCM_START	0x0104	/* pcm_hdr */
#define	VTSND_R_PCM_STOP	0x0105	/* pcm_hdr */
#define	VTSND_R_CHMAP_INFO	0x0200	/* query_info -> chmap_info[] */
#define	VTSND_R_CTL_INFO	0x0300	/* query_info -> ctl_info[] */
#define	VTSND_R_CTL_ENUM_ITEMS	0x0301	/* ctl_hdr -> ctl_enum_item[] */
#define	VTSND_R_CTL_READ	0x0302	/* ctl_hdr -> ctl_value */
#define	VTSND_R_CTL_WRITE	0x0303	/* ctl_hdr, ctl_value */
#define	VTSND_R_CTL_TLV_READ	0x0304	/* ctl_hdr -> ctl_tlv */
#define	VTSND_R_CTL_TLV_WRITE	0x0305	/* ctl_hdr, ctl_tlv */
#define	VTSND_R_CTL_TLV_COMMAND	0x0306	/* ctl_hdr, ctl_tlv */

/* Events, 5.14.6: what happened, and to which stream or jack. */
#define	VTSND_EVT_JACK_CONNECTED	0x1000
#define	VTSND_EVT_JACK_DISCONNECTED	0x1001
#define	VTSND_EVT_PCM_PERIOD_ELAPSED	0x1100
#define	VTSND_EVT_PCM_XRUN		0x1101
#define	VTSND_EVT_CTL_NOTIFY		0x1200	/* of a ctl_event */

/* Devices put this on the event queue. */
struct vtsnd_wire_event {
	uint32_t	code;		/* VTSND_EVT_* */
	uint32_t	data;		/* number of the stream or jack */
};
_Static_assert(sizeof(struct vtsnd_wire_event) == 8, "event");

/* What a stream may do, bits of pcm_info.features, 5.14.6.6.2. */
#define	VTSND_PCM_F_SHMEM_HOST	(1u << 0)	/* samples in its memory */
#define	VTSND_PCM_F_SHMEM_GUEST	(1u << 1)	/* ... or in the guest's */
#define	VTSND_PCM_F_MSG_POLLING	(1u << 2)	/* look for messages itself */
#define	VTSND_PCM_F_EVT_SHMEM_PERIODS (1u << 3)	/* tell of periods there */
#define	VTSND_PCM_F_EVT_XRUNS	(1u << 4)	/* tell of xruns */

/* Status codes: the first field of every response, 5.14.6. */
#define	VTSND_S_OK		0x8000
#define	VTSND_S_BAD_MSG		0x8001	/* malformed, or a bad parameter */
#define	VTSND_S_NOT_SUPP	0x8002	/* operation or parameter unknown */
#define	VTSND_S_IO_ERR		0x8003

/* pcm_info.direction, 5.14.6.6.2. */
#define	VTSND_D_OUTPUT		0
#define	VTSND_D_INPUT		1

/* What a request starts with, and the whole of a plain response. */
struct vtsnd_wire_hdr {
	uint32_t	code;
};
_Static_assert(sizeof(struct vtsnd_wire_hdr) == 4, "hdr");

/* Ask about count items from start_id on, size bytes of response each. */
struct vtsnd_wire_query_info {
	uint32_t	code;
	uint32_t	start_id;
	uint32_t	count;
	uint32_t	size;
};
_Static_assert(sizeof(struct vtsnd_wire_query_info) == 16, "query_info");

/* A jack, 5.14.6.4.1.  The registers are those of HDA's pin widgets. */
struct vtsnd_wire_jack_info {
	uint32_t	hda_fn_nid;	/* function group */
	uint32_t	features;	/* VTSND_JACK_F_* */
	uint32_t	hda_reg_defconf; /* VTSND_JACK_* below, among others */
	uint32_t	hda_reg_caps;
	uint8_t		connected;
	uint8_t		padding[7];
};
_Static_assert(sizeof(struct vtsnd_wire_jack_info) == 24, "jack_info");

#define	VTSND_JACK_F_REMAP	(1u << 0)	/* takes JACK_REMAP */

/* Of hda_reg_defconf: which jacks belong together, and in what order. */
#define	VTSND_JACK_SEQUENCE_SHIFT	0
#define	VTSND_JACK_ASSOCIATION_SHIFT	4
#define	VTSND_JACK_MASK			0xf	/* of either */

/* Change these two, 5.14.6.4.2. */
struct vtsnd_wire_jack_remap {
	uint32_t	code;
	uint32_t	jack_id;
	uint32_t	association;
	uint32_t	sequence;
};
_Static_assert(sizeof(struct vtsnd_wire_jack_remap) == 16, "jack_remap");

/* PREPARE, RELEASE, START and STOP of a stream. */
struct vtsnd_wire_pcm_hdr {
	uint32_t	code;
	uint32_t	stream_id;
};
_Static_assert(sizeof(struct vtsnd_wire_pcm_hdr) == 8, "pcm_hdr");

/* What a stream can do, 5.14.6.6.2. */
struct vtsnd_wire_pcm_info {
	uint32_t	hda_fn_nid;	/* function group */
	uint32_t	features;	/* VTSND_PCM_F_* */
	uint64_t	formats;	/* a bit for each format */
	uint64_t	rates;		/* a bit for each rate */
	uint8_t		direction;	/* VTSND_D_* */
	uint8_t		channels_min;
	uint8_t		channels_max;
	uint8_t		padding[5];
};
_Static_assert(sizeof(struct vtsnd_wire_pcm_info) == 32, "pcm_info");

/* Where the channels of a frame are, 5.14.6.9. */
#define	VTSND_CHMAP_MAX		18	/* most channels */
struct vtsnd_wire_chmap_info {
	uint32_t	hda_fn_nid;	/* function group: of its streams ... */
	uint8_t		direction;	/* ... of this direction */
	uint8_t		channels;
	uint8_t		positions[VTSND_CHMAP_MAX];	/* VTSND_CHMAP_* */
};
_Static_assert(sizeof(struct vtsnd_wire_chmap_info) == 24, "chmap_info");

/* Positions, 5.14.6.9.1; those that sound(4) can name, and what is none. */
#define	VTSND_CHMAP_NONE	0	/* undefined */
#define	VTSND_CHMAP_NA		1	/* silent */
#define	VTSND_CHMAP_MONO	2
#define	VTSND_CHMAP_FL		3	/* front left */
#define	VTSND_CHMAP_FR		4	/* front right */
#define	VTSND_CHMAP_RL		5	/* rear left */
#define	VTSND_CHMAP_RR		6	/* rear right */
#define	VTSND_CHMAP_FC		7	/* front centre */
#define	VTSND_CHMAP_LFE		8	/* low frequency */
#define	VTSND_CHMAP_SL		9	/* side left */
#define	VTSND_CHMAP_SR		10	/* side right */
#define	VTSND_CHMAP_RC		11	/* rear centre */
#define	VTSND_CHMAP_FLC		12	/* front left of centre */
#define	VTSND_CHMAP_FRC		13	/* front right of centre */
#define	VTSND_CHMAP_TC		21	/* top centre */
#define	VTSND_CHMAP_TFL		22	/* top front left */
#define	VTSND_CHMAP_TFR		23	/* top front right */
#define	VTSND_CHMAP_TFC		24	/* top front centre */
#define	VTSND_CHMAP_TRL		25	/* top rear left */
#define	VTSND_CHMAP_TRR		26	/* top rear right */
#define	VTSND_CHMAP_TRC		27	/* top rear centre */

/*
 * A control element, 5.14.6.10; VIRTIO 1.3.  By the specification the range
 * follows the name, and the record has 92 bytes.  Linux, and devices made for
 * it, have VTSND_CTL_PADDING bytes between the two.
 */
#define	VTSND_CTL_NAME		44	/* bytes of a name, with its NUL */
#define	VTSND_CTL_ITEM		64	/* bytes of an item's, likewise */
#define	VTSND_CTL_VALUE		512	/* bytes of a value of any type */
#define	VTSND_CTL_PADDING	4
struct vtsnd_wire_ctl_info {
	uint32_t	hda_fn_nid;
	uint32_t	role;		/* below */
	uint32_t	type;		/* VTSND_CTL_* */
	uint32_t	access;		/* VTSND_CTL_ACCESS_* */
	uint32_t	count;		/* of values */
	uint32_t	index;		/* among those of its name */
	uint8_t		name[VTSND_CTL_NAME];
	uint8_t		range[VTSND_CTL_PADDING + 24];
};
_Static_assert(sizeof(struct vtsnd_wire_ctl_info) == 96, "ctl_info");

/* The range of a control element, by its type. */
struct vtsnd_wire_ctl_integer {
	uint32_t	min;
	uint32_t	max;
	uint32_t	step;		/* 0: any value */
};
_Static_assert(sizeof(struct vtsnd_wire_ctl_integer) == 12, "ctl_integer");

struct vtsnd_wire_ctl_integer64 {
	uint64_t	min;
	uint64_t	max;
	uint64_t	step;
};
_Static_assert(sizeof(struct vtsnd_wire_ctl_integer64) == 24,
    "ctl_integer64");

struct vtsnd_wire_ctl_enumerated {
	uint32_t	items;
};
_Static_assert(sizeof(struct vtsnd_wire_ctl_enumerated) == 4,
    "ctl_enumerated");

/* role: VTSND_D_* in bit 0, and above it one of these; all 0: undefined. */
#define	VTSND_CTL_ROLE_VOLUME	1
#define	VTSND_CTL_ROLE_MUTE	2
#define	VTSND_CTL_ROLE_GAIN	3

/* Types, and the most values that each may have. */
#define	VTSND_CTL_BOOLEAN	0
#define	VTSND_CTL_INTEGER	1	/* le32 min, max, step */
#define	VTSND_CTL_INTEGER64	2	/* le64 min, max, step */
#define	VTSND_CTL_ENUMERATED	3	/* le32 items */
#define	VTSND_CTL_BYTES		4
#define	VTSND_CTL_IEC958	5
#define	VTSND_CTL_MAX_INTEGER	128
#define	VTSND_CTL_MAX_INTEGER64	64
#define	VTSND_CTL_MAX_BYTES	512
#define	VTSND_CTL_MAX_IEC958	1
#define	VTSND_CTL_IEC958_STATUS	24	/* bytes of status, at the start */

#define	VTSND_CTL_ACCESS_READ	(1u << 0)
#define	VTSND_CTL_ACCESS_WRITE	(1u << 1)
#define	VTSND_CTL_ACCESS_VOLATILE (1u << 2)	/* changes without event */
#define	VTSND_CTL_ACCESS_INACTIVE (1u << 3)	/* does nothing now */
#define	VTSND_CTL_ACCESS_TLV_READ (1u << 4)
#define	VTSND_CTL_ACCESS_TLV_WRITE (1u << 5)
#define	VTSND_CTL_ACCESS_TLV_COMMAND (1u << 6)

/* What every request about one element starts with. */
struct vtsnd_wire_ctl_hdr {
	uint32_t	code;
	uint32_t	control_id;
};
_Static_assert(sizeof(struct vtsnd_wire_ctl_hdr) == 8, "ctl_hdr");

/* Metadata: this, then length bytes of le32.  Types are ALSA's. */
struct vtsnd_wire_ctl_tlv {
	uint32_t	type;
	uint32_t	length;
};
_Static_assert(sizeof(struct vtsnd_wire_ctl_tlv) == 8, "ctl_tlv");

#define	VTSND_TLV_DB_SCALE	1	/* min, step in the low 16 bits */
#define	VTSND_TLV_DB_LINEAR	2	/* min, max; all in 0.01 dB */
#define	VTSND_TLV_DB_MINMAX	4	/* min, max */
#define	VTSND_TLV_DB_MINMAX_MUTE 5	/* min, max */

/* What an event tells of control_id, in the place of an event's data. */
struct vtsnd_wire_ctl_event {
	uint32_t	code;
	uint16_t	control_id;
	uint16_t	mask;		/* VTSND_CTL_EVT_* */
};
_Static_assert(sizeof(struct vtsnd_wire_ctl_event) == 8, "ctl_event");

#define	VTSND_CTL_EVT_VALUE	(1u << 0)	/* its value has changed */
#define	VTSND_CTL_EVT_INFO	(1u << 1)	/* what it is has changed */
#define	VTSND_CTL_EVT_TLV	(1u << 2)	/* its metadata has changed */

/* What a stream shall do, 5.14.6.6.3. */
struct vtsnd_wire_pcm_set_params {
	uint32_t	code;
	uint32_t	stream_id;
	uint32_t	buffer_bytes;	/* a multiple of period_bytes */
	uint32_t	period_bytes;
	uint32_t	features;
	uint8_t		channels;
	uint8_t		format;		/* number of a format */
	uint8_t		rate;		/* number of a rate */
	uint8_t		padding;
};
_Static_assert(sizeof(struct vtsnd_wire_pcm_set_params) == 24, "set_params");

/* A message on the tx or rx queue: this, samples, then the status, 5.14.6.8. */
struct vtsnd_wire_xfer {
	uint32_t	stream_id;
};
_Static_assert(sizeof(struct vtsnd_wire_xfer) == 4, "xfer");

struct vtsnd_wire_status {
	uint32_t	status;		/* VTSND_S_* */
	uint32_t	latency_bytes;	/* not yet played or recorded */
};
_Static_assert(sizeof(struct vtsnd_wire_status) == 8, "status");

#endif /* !_VIRTIO_SND_REG_H_ */

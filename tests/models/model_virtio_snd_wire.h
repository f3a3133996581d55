/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The wire format of a virtio-sound device (VIRTIO 1.2, section 5.14; rates 14
 * and 15 from 1.4), for the model and its test.  It is written independently of
 * the driver's header, so that a mistake in either one shows.  All fields are
 * little-endian.
 */

#ifndef _MODEL_VIRTIO_SND_WIRE_H_
#define	_MODEL_VIRTIO_SND_WIRE_H_

/* Requests. */
#define	MSND_R_JACK_INFO	0x0001
#define	MSND_R_JACK_REMAP	0x0002
#define	MSND_R_PCM_INFO		0x0100
#define	MSND_R_PCM_SET_PARAMS	0x0101
#define	MSND_R_PCM_PREPARE	0x0102
#define	MSND_R_PCM_RELEASE	0x0103
#define	MSND_R_PCM_START	0x0104
#define	MSND_R_PCM_STOP		0x0105
#define	MSND_R_CHMAP_INFO	0x0200
#define	MSND_R_CTL_INFO		0x0300
#define	MSND_R_CTL_ENUM_ITEMS	0x0301
#define	MSND_R_CTL_READ		0x0302
#define	MSND_R_CTL_WRITE	0x0303
#define	MSND_R_CTL_TLV_READ	0x0304
#define	MSND_R_CTL_TLV_WRITE	0x0305
#define	MSND_R_CTL_TLV_COMMAND	0x0306

/* Events. */
#define	MSND_EVT_JACK_CONNECTED	0x1000
#define	MSND_EVT_JACK_DISCONNECTED 0x1001
#define	MSND_EVT_PCM_PERIOD_ELAPSED 0x1100
#define	MSND_EVT_PCM_XRUN	0x1101
#define	MSND_EVT_CTL_NOTIFY	0x1200

/* Answers. */
#define	MSND_S_OK		0x8000
#define	MSND_S_BAD_MSG		0x8001
#define	MSND_S_NOT_SUPP		0x8002
#define	MSND_S_IO_ERR		0x8003

/* Stream features. */
#define	MSND_PCM_F_SHMEM_HOST	(1u << 0)
#define	MSND_PCM_F_SHMEM_GUEST	(1u << 1)
#define	MSND_PCM_F_SHMEM	(MSND_PCM_F_SHMEM_HOST | MSND_PCM_F_SHMEM_GUEST)
#define	MSND_PCM_F_MSG_POLLING	(1u << 2)
#define	MSND_PCM_F_EVT_PERIODS	(1u << 3)
#define	MSND_PCM_F_EVT_XRUNS	(1u << 4)
#define	MSND_PCM_F_ALL		0x1fu

/* The formats and rates that the code names; the others are in tables. */
#define	MSND_FMT_IMA_ADPCM	0
#define	MSND_FMT_S8		3
#define	MSND_FMT_U8		4
#define	MSND_FMT_S16		5
#define	MSND_FMT_U16		6
#define	MSND_FMT_S24_3		11
#define	MSND_FMT_S32		17
#define	MSND_FMT_U32		18
#define	MSND_FMT_FLOAT		19
#define	MSND_FMT_MAX		25	/* codes are below */
#define	MSND_RATE_8000		1
#define	MSND_RATE_44100		6
#define	MSND_RATE_48000		7
#define	MSND_RATE_MAX		16	/* codes are below */

struct msnd_config {			/* device configuration space */
	uint32_t	jacks;
	uint32_t	streams;
	uint32_t	chmaps;
	uint32_t	controls;	/* with F_CTLS only */
};
_Static_assert(sizeof(struct msnd_config) == 16, "config");

struct msnd_hdr {
	uint32_t	code;
};
_Static_assert(sizeof(struct msnd_hdr) == 4, "hdr");

struct msnd_query_info {
	uint32_t	code;
	uint32_t	start_id;
	uint32_t	count;
	uint32_t	size;		/* of a record, to the driver */
};
_Static_assert(sizeof(struct msnd_query_info) == 16, "query_info");

#define	MSND_JACK_F_REMAP	(1u << 0)

struct msnd_jack_info {
	uint32_t	hda_fn_nid;
	uint32_t	features;
	uint32_t	hda_reg_defconf;
	uint32_t	hda_reg_caps;
	uint8_t		connected;
	uint8_t		padding[7];
};
_Static_assert(sizeof(struct msnd_jack_info) == 24, "jack_info");

struct msnd_jack_remap {
	uint32_t	code;
	uint32_t	jack_id;
	uint32_t	association;
	uint32_t	sequence;
};
_Static_assert(sizeof(struct msnd_jack_remap) == 16, "jack_remap");

struct msnd_pcm_info {
	uint32_t	hda_fn_nid;
	uint32_t	features;
	uint64_t	formats;
	uint64_t	rates;
	uint8_t		direction;	/* 0 output, 1 input */
	uint8_t		channels_min;
	uint8_t		channels_max;
	uint8_t		padding[5];
};
_Static_assert(sizeof(struct msnd_pcm_info) == 32, "pcm_info");

struct msnd_chmap_info {
	uint32_t	hda_fn_nid;
	uint8_t		direction;
	uint8_t		channels;
	uint8_t		positions[18];
};
_Static_assert(sizeof(struct msnd_chmap_info) == 24, "chmap_info");

struct msnd_pcm_hdr {
	uint32_t	code;
	uint32_t	stream_id;
};
_Static_assert(sizeof(struct msnd_pcm_hdr) == 8, "pcm_hdr");

struct msnd_pcm_set_params {
	uint32_t	code;
	uint32_t	stream_id;
	uint32_t	buffer_bytes;
	uint32_t	period_bytes;
	uint32_t	features;
	uint8_t		channels;
	uint8_t		format;
	uint8_t		rate;
	uint8_t		padding;
};
_Static_assert(sizeof(struct msnd_pcm_set_params) == 24, "pcm_set_params");

struct msnd_pcm_xfer {			/* head of a tx or rx message */
	uint32_t	stream_id;
};
_Static_assert(sizeof(struct msnd_pcm_xfer) == 4, "pcm_xfer");

struct msnd_pcm_status {		/* tail of a tx or rx message */
	uint32_t	status;
	uint32_t	latency_bytes;
};
_Static_assert(sizeof(struct msnd_pcm_status) == 8, "pcm_status");

/*
 * A control element's record is written field by field.  After the name the
 * specification has no padding (92 bytes), but Linux's struct has (96).
 */
#define	MSND_CTL_INFO_NAME	24	/* offsets */
#define	MSND_CTL_INFO_VALUE	72
#define	MSND_CTL_INFO_VALUE_PACKED 68
#define	MSND_CTL_INFO_SIZE	96
#define	MSND_CTL_NAME_SIZE	44
#define	MSND_CTL_ITEM_SIZE	64
#define	MSND_CTL_VALUE_SIZE	512
#define	MSND_TLV_HDR		8	/* type, length */
#define	MSND_TLV_MAX		65536	/* of what follows */

struct msnd_ctl_hdr {
	uint32_t	code;
	uint32_t	control_id;
};
_Static_assert(sizeof(struct msnd_ctl_hdr) == 8, "ctl_hdr");

struct msnd_event {
	uint32_t	code;
	uint32_t	data;
};
_Static_assert(sizeof(struct msnd_event) == 8, "event");

#endif /* _MODEL_VIRTIO_SND_WIRE_H_ */

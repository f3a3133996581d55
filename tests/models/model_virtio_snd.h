/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A virtio-sound device (VIRTIO 1.3, section 5.14), for drivers under test: a
 * struct tk_virtio_ops over guest RAM, with playback, capture, jacks, channel
 * maps, control elements and events.  Streams in shared memory are left out.
 *
 * It is strict where the specification says MUST, and counts what it refused.
 * So a test of a driver ends with model_snd_stats().illegal == 0.
 *
 * How sound moves.  A running stream has a sample clock.  The device reads
 * ahead of it into a backend, as sound servers do: a message is completed as
 * soon as all of it was read, played or not, and STOP throws away what was read
 * and not played.  Bytes are "played" once the clock has passed them.
 * - With tick_ns the device looks at its streams every tick_ns; at the first
 *   tick after START it reads up to burst_frames and the clock starts; later it
 *   keeps up to backend_frames ahead of the clock.
 * - With tick_ns 0 nothing is read ahead and each message is completed at the
 *   moment its last frame was played.
 *
 * Capture follows the same clock.  A running input stream takes its samples
 * from a source that the test gives.  A message is completed when it is full.
 * Samples that are due while there is no message wait in the backend, at most
 * backend_frames of them (with tick_ns 0: none).  Beyond that the oldest are
 * lost, which is an overrun, and the source continues after them.
 *
 * Only a kernel thread that holds no lock may call these functions.  Both sides
 * of the gate may include this header.
 */

#ifndef _MODEL_VIRTIO_SND_H_
#define	_MODEL_VIRTIO_SND_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tk_virtio.h"

#define	MODEL_SND_MAX_STREAMS	16
#define	MODEL_SND_MAX_JACKS	8
#define	MODEL_SND_MAX_CHMAPS	18
#define	MODEL_SND_MAX_POSITIONS	18
#define	MODEL_SND_MAX_CTLS	32

/* Device feature: control elements. */
#define	MODEL_SND_F_CTLS	(1ull << 0)

enum {
	MODEL_SND_VQ_CTL,
	MODEL_SND_VQ_EVENT,
	MODEL_SND_VQ_TX,
	MODEL_SND_VQ_RX,
	MODEL_SND_NVQ
};

struct model_snd_stream_config {
	bool		input;
	uint8_t		channels_min;
	uint8_t		channels_max;
	uint32_t	hda_fn_nid;
	/*
	 * Offered features.  Bit 2, if chosen: the tx or rx queue is polled,
	 * each tick_ns or each ms.  Bit 3: an event for each message completed.
	 * Bit 4: XRUN events.  Bits 0 and 1 are never accepted.
	 */
	uint32_t	features;
	uint64_t	formats;	/* bit n: format code n */
	uint64_t	rates;		/* bit n: rate code n */
};

struct model_snd_jack_config {
	uint32_t	hda_fn_nid;
	uint32_t	hda_reg_defconf;
	uint32_t	hda_reg_caps;
	uint32_t	features;	/* bit 0: JACK_REMAP */
	bool		connected;	/* initially */
};

struct model_snd_chmap_config {
	uint32_t	hda_fn_nid;
	bool		input;
	uint8_t		channels;
	uint8_t		positions[MODEL_SND_MAX_POSITIONS];
};

/* Types of control elements, and their access bits. */
enum {
	MODEL_SND_CTL_BOOLEAN,
	MODEL_SND_CTL_INTEGER,
	MODEL_SND_CTL_INTEGER64,
	MODEL_SND_CTL_ENUMERATED,
	MODEL_SND_CTL_BYTES,
	MODEL_SND_CTL_IEC958
};
#define	MODEL_SND_CTL_READ	(1u << 0)
#define	MODEL_SND_CTL_WRITE	(1u << 1)
#define	MODEL_SND_CTL_VOLATILE	(1u << 2)
#define	MODEL_SND_CTL_INACTIVE	(1u << 3)
#define	MODEL_SND_CTL_TLV_READ	(1u << 4)
#define	MODEL_SND_CTL_TLV_WRITE	(1u << 5)
#define	MODEL_SND_CTL_TLV_COMMAND (1u << 6)

/* A control element.  Strings and arrays are not copied, so they must stay. */
struct model_snd_ctl_config {
	uint32_t	hda_fn_nid;
	uint32_t	role;
	uint32_t	type;
	uint32_t	access;
	uint32_t	count;		/* of values */
	uint32_t	index;		/* among elements of the same name */
	const char	*name;		/* up to 43 characters */
	int64_t		min;		/* INTEGER, INTEGER64 */
	int64_t		max;
	int64_t		step;		/* 0: any value between */
	const char *const *items;	/* ENUMERATED: at most 63 chars each */
	uint32_t	nitems;
	const uint32_t	*tlv;		/* to TLV_READ: type, length, ... */
	size_t		tlv_bytes;
	int64_t		value;		/* of each of its values, initially */
};

struct model_snd_config {
	/* Virtio feature bits offered.  ACCESS_PLATFORM must be accepted. */
	uint64_t	features;
	uint16_t	queue_size;	/* of each queue, a power of 2 */
	bool		intr_shared;	/* one vector for all queues */

	uint32_t	nstreams;
	uint32_t	njacks;
	uint32_t	nchmaps;
	struct model_snd_stream_config stream[MODEL_SND_MAX_STREAMS];
	struct model_snd_jack_config jack[MODEL_SND_MAX_JACKS];
	struct model_snd_chmap_config chmap[MODEL_SND_MAX_CHMAPS];
	bool		no_info;	/* JACK_INFO, CHMAP_INFO: NOT_SUPP */
	uint32_t	no_jack;	/* likewise for this jack; 0: none */
	uint32_t	nctls;		/* with MODEL_SND_F_CTLS */
	struct model_snd_ctl_config ctl[MODEL_SND_MAX_CTLS];
	/* CTL_INFO records of 92 bytes without padding, instead of 96. */
	bool		ctl_packed;
	bool		keep_events;	/* wait for a buffer and are not lost */
	/*
	 * The status of an rx message follows the captured bytes, as in QEMU,
	 * instead of standing at the end of the message.
	 */
	bool		rx_status_follows;

	int64_t		tick_ns;	/* 0: complete when exactly played */
	int64_t		tick_late_ns;	/* by how much a tick may be late */
	uint32_t	burst_frames;
	uint32_t	backend_frames;
	uint32_t	speed;		/* sample clocks run this much faster */
	bool		latency;	/* report the bytes not played yet */
	/*
	 * The device has no clock, like vhost-device-sound with its null
	 * backend.  Messages to be played are returned as they come, in each
	 * state that takes messages, and count as played.  Messages to be
	 * recorded are never returned, not even at RELEASE.
	 */
	bool		no_clock;
	/* A stream's state outlives a reset, as in vhost-device-sound 0.3.0. */
	bool		keeps_state;
	int64_t		ctl_delay_ns;	/* before each request takes effect */
};

/*
 * Behave as QEMU 10.0.2: one output, one input, S8 to FLOAT, rates 0 to 13, one
 * or two channels, queues of 64, ticks of 10 ms, 1,024 frames at once after
 * START, then 512 frames ahead, and a latency of 0 always.
 */
void	model_snd_config_qemu(struct model_snd_config *);
/*
 * The same, but each message completes exactly when played, and the latency is
 * reported.
 */
void	model_snd_config_exact(struct model_snd_config *);

struct model_snd;

/*
 * A device that is ready to be attached:
 *	tk_virtio_attach(bus, &model_snd_ops, m, 25, &error)
 * Panics if the configuration is out of range.  To be freed once detached.
 */
struct model_snd *model_snd_new(const struct model_snd_config *);
void	model_snd_free(struct model_snd *);
extern const struct tk_virtio_ops model_snd_ops;

enum model_snd_state {
	MODEL_SND_IDLE,			/* no parameters yet */
	MODEL_SND_PARAMS_SET,
	MODEL_SND_PREPARED,
	MODEL_SND_RUNNING,
	MODEL_SND_STOPPED,
	MODEL_SND_RELEASED		/* parameters kept */
};

struct model_snd_params {
	uint32_t	buffer_bytes;
	uint32_t	period_bytes;
	uint32_t	features;
	uint8_t		channels;
	uint8_t		format;		/* code */
	uint8_t		rate;		/* code */
	uint32_t	hz;
	uint32_t	frame_bytes;
};

struct model_snd_stream_stats {
	enum model_snd_state state;
	struct model_snd_params params;	/* of the last accepted SET_PARAMS */
	uint64_t	periods;	/* messages played or filled */
	uint64_t	flushed;	/* messages returned by RELEASE */
	uint64_t	pending;	/* messages held now */
	uint64_t	odd_sized;	/* messages not of period_bytes */
	uint64_t	played;		/* bytes, since model_snd_new() */
	uint64_t	discarded;	/* bytes read and thrown away by STOP */
	uint64_t	dry_ticks;	/* ticks with nothing to play */
	uint64_t	underruns;	/* gaps: dry, then data again */
	uint64_t	captured;	/* bytes put into messages */
	uint64_t	lost;		/* bytes that found no message */
	uint64_t	overruns;	/* how often bytes began to be lost */
};

struct model_snd_stats {
	uint64_t	requests;	/* control requests answered */
	uint64_t	illegal;	/* refused for a broken rule */
	uint64_t	unsupported;	/* requests answered NOT_SUPP */
	uint64_t	events_sent;
	uint64_t	events_lost;	/* for lack of a buffer */
	uint64_t	event_buffers;	/* held, or found on the queue */
};

struct model_snd_stats model_snd_stats(struct model_snd *);
struct model_snd_stream_stats model_snd_stream_stats(struct model_snd *,
	    uint32_t stream);

/*
 * Copy bytes that were played, from byte off on.  Returns the number of bytes
 * copied.
 */
size_t	model_snd_played(struct model_snd *, uint32_t stream, uint64_t off,
	    void *buf, size_t len);

/*
 * Give played bytes to a function, in order and in pieces as they come, and
 * keep no copy: model_snd_played() does not return them any more.  All bytes
 * that were played before are given before this returns.  NULL: keep played
 * bytes again.  The function runs like a model_snd_source_t.
 */
typedef void model_snd_sink_t(void *arg, uint32_t stream, const void *buf,
	    size_t len);
void	model_snd_play_to(struct model_snd *, uint32_t stream,
	    model_snd_sink_t *, void *arg);

/*
 * Answer the next count requests of a code with status, and do nothing else for
 * them.
 */
void	model_snd_fail(struct model_snd *, uint32_t code, uint32_t status,
	    uint32_t count);
/*
 * Complete the next count messages of a stream with IO_ERR, without playing
 * them.
 */
void	model_snd_fail_io(struct model_snd *, uint32_t stream, uint32_t count);
/*
 * Keep the messages that arrive on the control, tx or rx queue and answer none,
 * until hold is false.  Sound that was read continues to play.
 */
void	model_snd_hold(struct model_snd *, int vq, bool hold);
/*
 * Capture.  A stream takes its source from byte 0 on at the first START.  STOP
 * and RELEASE keep the position.  Without a source the stream records silence.
 */

/*
 * Fill len bytes from byte off of the source on.  Returns how many bytes there
 * were; the rest becomes silence.  Runs on the device's own thread with its
 * lock held: it must not call the model, and must not sleep for long.
 */
typedef size_t model_snd_source_t(void *arg, uint32_t stream, uint64_t off,
	    void *buf, size_t len);
void	model_snd_capture_from(struct model_snd *, uint32_t stream,
	    model_snd_source_t *, void *arg);
/*
 * Capture these bytes, which must stay in memory.  After them comes silence, or
 * the same bytes again.
 */
void	model_snd_capture_buffer(struct model_snd *, uint32_t stream,
	    const void *buf, size_t len, bool again);
/*
 * Capture model_snd_pattern().  It differs by stream, and no period repeats
 * another one.
 */
void	model_snd_capture_pattern(struct model_snd *, uint32_t stream);
uint8_t	model_snd_pattern(uint32_t stream, uint64_t off);

/*
 * Events
 */

/*
 * Send an event.  Returns false if the driver gave no buffer for it.  The event
 * is then lost or, with keep_events, sent once there is a buffer.
 */
bool	model_snd_event(struct model_snd *, uint32_t code, uint32_t data);
/* Plug in or out: JACK_INFO changes, and the device sends the event. */
bool	model_snd_jack(struct model_snd *, uint32_t jack, bool connected);
/*
 * Send an event of a control element.  mask: bit 0 value, bit 1 info, bit 2
 * TLV.
 */
bool	model_snd_ctl_event(struct model_snd *, uint16_t ctl, uint16_t mask);

struct model_snd_jack_state {
	bool		connected;
	uint32_t	hda_reg_defconf;
	uint32_t	remaps;		/* accepted */
	uint32_t	association;	/* of the last JACK_REMAP */
	uint32_t	sequence;
};
struct model_snd_jack_state model_snd_jack_state(struct model_snd *,
	    uint32_t jack);

/*
 * Control elements
 */

struct model_snd_ctl_stats {
	uint64_t	reads;
	uint64_t	writes;
	uint64_t	enum_reads;
	uint64_t	tlv_reads;
	uint64_t	tlv_writes;
	uint64_t	tlv_commands;
};
struct model_snd_ctl_stats model_snd_ctl_stats(struct model_snd *,
	    uint32_t ctl);

/* Value i of an element, as the driver last wrote it; for BYTES, byte i. */
int64_t	model_snd_ctl_get(struct model_snd *, uint32_t ctl, uint32_t i);
/* Change a value as the user of the device does, and send the event. */
bool	model_snd_ctl_set(struct model_snd *, uint32_t ctl, uint32_t i,
	    int64_t value);
/*
 * Copy the TLV that was last written or commanded.  Returns the number of bytes
 * copied.
 */
size_t	model_snd_ctl_tlv(struct model_snd *, uint32_t ctl, void *buf,
	    size_t len);

/*
 * Unplug and reset
 */

/*
 * Pull the device out.  Registers then read as all ones, writes do nothing, and
 * no interrupt comes.  When this returns, the device does not access guest RAM
 * any more.  The bus does not notice by itself: the test calls
 * tk_virtio_detach().
 */
void	model_snd_unplug(struct model_snd *);
/*
 * Fail: set the status NEEDS_RESET and raise a configuration interrupt.  The
 * device answers nothing until the driver resets it, and works after that.
 */
void	model_snd_needs_reset(struct model_snd *);

/*
 * Misbehaviour, by name
 */

enum model_snd_fault_kind {
	MODEL_SND_FAULT_CONFIG,		/* in the configuration space */
	MODEL_SND_FAULT_INFO,		/* in the *_INFO answers */
	MODEL_SND_FAULT_CTL,		/* at the next control request */
	MODEL_SND_FAULT_DATA,		/* at the next tx or rx completion */
	MODEL_SND_FAULT_EVENT,		/* unasked, when there is a buffer */
	MODEL_SND_FAULT_LIFE		/* of interrupts and the device */
};

struct model_snd_fault {
	const char	*name;
	enum model_snd_fault_kind kind;
	const char	*text;		/* what the device does */
};

/* All of them; ends with a NULL name. */
extern const struct model_snd_fault model_snd_faults[];

#define	MODEL_SND_ALWAYS	UINT32_MAX	/* a count */
/* How long "answer-late" takes. */
#define	MODEL_SND_LATE_NS	(3ll * 1000 * 1000 * 1000)

/*
 * Misbehave in this way the next count times; 0 ends it.  May be called at any
 * time after model_snd_new(), also before attach.  Panics if there is no such
 * fault.
 */
void	model_snd_fault(struct model_snd *, const char *name, uint32_t count);
/* How often the fault happened since model_snd_new(). */
uint64_t model_snd_faulted(struct model_snd *, const char *name);

#endif /* _MODEL_VIRTIO_SND_H_ */

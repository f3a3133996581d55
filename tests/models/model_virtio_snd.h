/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * A virtio-sound device (VIRTIO 1.2, section 5.14), for drivers under test:
 * a struct tk_virtio_ops over guest RAM.  Playback is complete; input streams
 * answer requests and hold their buffers, but capture nothing.  Control
 * elements, shared-memory streams and message polling are left out.
 *
 * It is strict where the specification says MUST, and counts what it refused,
 * so a test of a driver ends with model_snd_stats().illegal == 0.
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
 * Every call is for a kernel thread that holds no lock; both sides of the gate
 * may include this header.
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
	uint32_t	features;	/* 0, or bit 4: XRUN events */
	uint64_t	formats;	/* bit n: format code n */
	uint64_t	rates;		/* bit n: rate code n */
};

struct model_snd_jack_config {
	uint32_t	hda_fn_nid;
	uint32_t	hda_reg_defconf;
	uint32_t	hda_reg_caps;
	bool		connected;
};

struct model_snd_chmap_config {
	uint32_t	hda_fn_nid;
	bool		input;
	uint8_t		channels;
	uint8_t		positions[MODEL_SND_MAX_POSITIONS];
};

struct model_snd_config {
	uint64_t	features;	/* virtio feature bits offered */
	uint16_t	queue_size;	/* of each queue, a power of 2 */
	bool		intr_shared;	/* one vector for all queues */

	uint32_t	nstreams;
	uint32_t	njacks;
	uint32_t	nchmaps;
	struct model_snd_stream_config stream[MODEL_SND_MAX_STREAMS];
	struct model_snd_jack_config jack[MODEL_SND_MAX_JACKS];
	struct model_snd_chmap_config chmap[MODEL_SND_MAX_CHMAPS];
	bool		no_info;	/* JACK_INFO, CHMAP_INFO: NOT_SUPP */

	int64_t		tick_ns;	/* 0: complete when exactly played */
	uint32_t	burst_frames;
	uint32_t	backend_frames;
	uint32_t	speed;		/* sample clocks run this much faster */
	bool		latency;	/* report what is not played yet */
	int64_t		ctl_delay_ns;	/* before each request takes effect */
};

/*
 * As QEMU 10.0.2 behaves: one output, one input, S8 to FLOAT, rates 0 to 13,
 * one or two channels, queues of 64, ticks of 10 ms, 1,024 frames at once after
 * START, 512 ahead after that, latency always 0.
 */
void	model_snd_config_qemu(struct model_snd_config *);
/* The same, each message completed exactly when played, latency told. */
void	model_snd_config_exact(struct model_snd_config *);

struct model_snd;

/*
 * A device that is ready to be attached:
 *	tk_virtio_attach(bus, &model_snd_ops, m, 25, &error)
 * Panics on a configuration out of range.  Free it when it is detached.
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
	struct model_snd_params params;	/* of the last SET_PARAMS accepted */
	uint64_t	periods;	/* messages read and completed */
	uint64_t	flushed;	/* messages returned by RELEASE */
	uint64_t	pending;	/* messages held now */
	uint64_t	odd_sized;	/* messages not of period_bytes */
	uint64_t	played;		/* bytes, since model_snd_new() */
	uint64_t	discarded;	/* bytes read and thrown away by STOP */
	uint64_t	dry_ticks;	/* ticks with nothing to play */
	uint64_t	underruns;	/* gaps: dry, then data again */
};

struct model_snd_stats {
	uint64_t	requests;	/* control requests answered */
	uint64_t	illegal;	/* refused for a broken rule */
	uint64_t	unsupported;	/* requests answered NOT_SUPP */
	uint64_t	events_sent;
	uint64_t	events_lost;	/* no buffer in the event queue */
	uint64_t	event_buffers;	/* held now */
};

struct model_snd_stats model_snd_stats(struct model_snd *);
struct model_snd_stream_stats model_snd_stream_stats(struct model_snd *,
	    uint32_t stream);

/* Copy what was played from byte off on; returns the bytes copied. */
size_t	model_snd_played(struct model_snd *, uint32_t stream, uint64_t off,
	    void *buf, size_t len);

/* Answer the next count requests of a code with status, doing nothing else. */
void	model_snd_fail(struct model_snd *, uint32_t code, uint32_t status,
	    uint32_t count);
/* Complete the next count messages of a stream with IO_ERR, unplayed. */
void	model_snd_fail_io(struct model_snd *, uint32_t stream, uint32_t count);
/*
 * Keep what arrives on the control or tx queue and answer nothing, until told
 * to go on.  Sound that was read goes on playing.
 */
void	model_snd_hold(struct model_snd *, int vq, bool hold);
/* Send an event; returns false when the driver gave no buffer for it. */
bool	model_snd_event(struct model_snd *, uint32_t code, uint32_t data);

#endif /* _MODEL_VIRTIO_SND_H_ */

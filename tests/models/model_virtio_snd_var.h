/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The insides of the virtio-sound model.  _ctl.c answers control requests, but
 * those about control elements are in _elem.c.  _pcm.c moves sound, but capture
 * is in _rx.c.  _event.c sends events, _fault.c has the faults, and
 * model_virtio_snd.c is the device around them.
 *
 * Two threads meet here: the device's agent, which does all the work, and the
 * kernel thread that calls an operation.  The model's lock guards everything
 * that changes.  Functions named msnd_*() in the other files are called with it
 * held.
 */

#ifndef _MODEL_VIRTIO_SND_VAR_H_
#define	_MODEL_VIRTIO_SND_VAR_H_

#include <sys/queue.h>

#include "model_virtio_snd.h"
#include "vring_dev.h"

#define	MSND_NEVER	INT64_MAX	/* a deadline */
#define	MSND_NFAIL	8		/* codes that model_snd_fail() keeps */
#define	MSND_NKEPT	64		/* events that wait for a buffer */

/* In the order of model_snd_faults[]. */
enum msnd_fault {
	MSND_F_STREAMS_HUGE,
	MSND_F_STREAMS_NONE,
	MSND_F_JACKS_HUGE,
	MSND_F_CHMAPS_HUGE,
	MSND_F_CTLS_HUGE,
	MSND_F_PCM_CHANNELS_NONE,
	MSND_F_PCM_CHANNELS_CROSSED,
	MSND_F_PCM_CHANNELS_HUGE,
	MSND_F_PCM_CHANNELS_SHRINK,
	MSND_F_PCM_DIRECTION,
	MSND_F_PCM_FORMATS_UNKNOWN,
	MSND_F_PCM_FORMATS_NONE,
	MSND_F_PCM_RATES_UNKNOWN,
	MSND_F_PCM_RATES_NONE,
	MSND_F_PCM_FEATURES,
	MSND_F_JACK_NOT_SUPP,
	MSND_F_JACK_MOVES,
	MSND_F_CHMAP_NOT_SUPP,
	MSND_F_CTL_NOT_SUPP,
	MSND_F_CHMAP_CHANNELS,
	MSND_F_CHMAP_POSITION,
	MSND_F_CHMAP_DIRECTION,
	MSND_F_CTL_TYPE,
	MSND_F_CTL_ROLE,
	MSND_F_CTL_COUNT_HUGE,
	MSND_F_CTL_COUNT_NONE,
	MSND_F_CTL_NAME,
	MSND_F_CTL_ITEMS,
	MSND_F_ITEM_NAME,
	MSND_F_CTL_VALUE,
	MSND_F_TLV_LENGTH,
	MSND_F_ANSWER_EMPTY,
	MSND_F_ANSWER_SHORT,
	MSND_F_ANSWER_HEADER,
	MSND_F_ANSWER_LATE,
	MSND_F_ANSWER_NEVER,
	MSND_F_ANSWER_GARBAGE,
	MSND_F_ANSWER_HUGE,
	MSND_F_ANSWER_TWICE,
	MSND_F_ANSWER_ID,
	MSND_F_STATUS_UNKNOWN,
	MSND_F_STATUS_UNDONE,
	MSND_F_STATUS_DONE,
	MSND_F_RELEASE_KEEPS,
	MSND_F_LEN_HUGE,
	MSND_F_LEN_BEYOND,
	MSND_F_LEN_SHORT,
	MSND_F_LEN_NONE,
	MSND_F_LEN_HALF,
	MSND_F_USED_TWICE,
	MSND_F_USED_ORDER,
	MSND_F_USED_ID,
	MSND_F_USED_INDEX,
	MSND_F_DATA_ERROR,
	MSND_F_DATA_UNKNOWN,
	MSND_F_DATA_LATENCY,
	MSND_F_DATA_NEVER,
	MSND_F_DATA_INSTANT,
	MSND_F_EVENT_CODE,
	MSND_F_EVENT_JACK,
	MSND_F_EVENT_STREAM,
	MSND_F_EVENT_CTL,
	MSND_F_EVENT_SHORT,
	MSND_F_EVENT_HUGE,
	MSND_F_EVENT_STORM,
	MSND_F_FEATURES,
	MSND_F_RESET_CTL,
	MSND_F_RESET_DATA,
	MSND_F_UNPLUG_CTL,
	MSND_F_UNPLUG_DATA,
	MSND_F_INTR_LOST,
	MSND_F_EVENT_KICK,
	MSND_F_INTR_SPURIOUS,
	MSND_NFAULTS
};

/* A chain that the device holds. */
struct msnd_msg {
	STAILQ_ENTRY(msnd_msg) link;
	struct vring_dev_chain chain;
	int		vq;
	size_t		done;		/* payload bytes read or written */
	uint32_t	status;		/* if held back: its answer */
	uint32_t	latency;
	uint32_t	len;		/* if delayed: its used length */
	bool		late;		/* has been made to wait already */
};
STAILQ_HEAD(msnd_list, msnd_msg);

struct msnd_stream {
	const struct model_snd_stream_config *cfg;
	uint32_t	id;
	enum model_snd_state state;
	struct model_snd_params params;
	struct msnd_list msgs;		/* not yet read or filled to the end */

	/* The sample clock of a running stream. */
	int64_t		clock_ns;	/* where it was advanced to */
	uint64_t	frac;		/* part of a frame, in 1/10^9 */
	int64_t		next_tick;
	bool		started;	/* START, and no tick since */
	bool		fed;		/* something was read since START */
	bool		dry;		/* had nothing to play last time */
	uint64_t	ahead;		/* bytes read but not played yet */

	/*
	 * Everything that was read and not thrown away.  The last `ahead' bytes
	 * are not played yet.
	 */
	char		*rec;
	size_t		rec_len;
	size_t		rec_size;
	/* A sink got the first `sunk' bytes of it instead. */
	model_snd_sink_t *sink;
	void		*sink_arg;
	uint64_t	sunk;

	/* Capture. */
	model_snd_source_t *source;	/* NULL: silence */
	void		*source_arg;
	const char	*source_buf;	/* model_snd_capture_buffer()'s */
	size_t		source_len;
	bool		source_again;
	uint64_t	source_off;	/* of the next byte */
	uint64_t	backlog;	/* bytes due that found no message */

	uint8_t		channels_shown;	/* fault: as the most; 0: as in cfg */
	uint32_t	fail_io;
	struct model_snd_stream_stats stats;
};

struct msnd_ctl {
	const struct model_snd_ctl_config *cfg;
	char		value[512];	/* as on the wire */
	char		*tlv;		/* answer to TLV_READ */
	size_t		tlv_len;
	char		*told;		/* the driver's last TLV */
	size_t		told_len;
	struct model_snd_ctl_stats stats;
};

struct model_snd {
	struct model_snd_config cfg;
	struct tk_devlock *lock;
	struct tk_agent	*agent;

	struct _device	*bus;		/* NULL: not attached */
	uint8_t		status;
	uint64_t	features;	/* accepted */
	struct vring_dev ring[MODEL_SND_NVQ];
	uint32_t	kicked;		/* bit n: queue n was notified */
	bool		broken;		/* until reset */
	bool		config_intr;	/* wanted, not raised yet */
	bool		gone;		/* unplugged */
	bool		unplugging;	/* unplug at the end of this round */
	bool		intr_on;	/* setup_intr to reset or teardown */
	bool		raising;	/* the agent is inside an upcall */

	struct msnd_msg	*pool;
	struct msnd_list free;
	struct msnd_list ctl;		/* requests, oldest first */
	int64_t		ctl_due;	/* when the oldest takes effect */
	struct msnd_list events;	/* buffers for events */
	struct msnd_list held[MODEL_SND_NVQ]; /* answered but held back */
	bool		hold[MODEL_SND_NVQ];

	struct {
		uint32_t count;		/* how often it is still to happen */
		uint64_t hits;
	} faults[MSND_NFAULTS];
	struct msnd_list lost;		/* messages never given back */
	struct msnd_msg	*delayed;	/* given back after the next one */
	int64_t		storm_next;	/* when to send faulty events again */

	struct {
		uint32_t code;
		uint32_t status;
		uint32_t count;
	} fail[MSND_NFAIL];

	struct {			/* events that wait for a buffer */
		uint32_t code;
		uint32_t data;
	} kept[MSND_NKEPT];
	u_int		nkept;

	struct msnd_stream stream[MODEL_SND_MAX_STREAMS];
	struct model_snd_jack_state jack[MODEL_SND_MAX_JACKS];
	uint32_t	jack_moved;	/* 1 + the jack that has; or 0 */
	struct msnd_ctl	ctls[MODEL_SND_MAX_CTLS];
	struct model_snd_stats stats;
};

/*
 * model_virtio_snd.c
 */

/*
 * Give a chain back, with len bytes of it written, and its message to the pool.
 */
void	msnd_return(struct model_snd *, struct msnd_msg *, uint32_t len);
/* Stop working until the driver resets the device. */
void	msnd_break(struct model_snd *);
/*
 * Memory of the device, not of the kernel: the test kernel neither counts it
 * nor lets its allocation fail.
 */
void	*msnd_alloc(size_t size);

/*
 * model_virtio_snd_ctl.c
 */

/* Answer the requests that are due. */
void	msnd_ctl_run(struct model_snd *, int64_t now);
/* When the next request is due. */
int64_t	msnd_ctl_deadline(struct model_snd *);

/*
 * model_virtio_snd_pcm.c
 */

/*
 * Bits that a sample of a format code takes, and the frames per second of a
 * rate code.
 */
uint32_t msnd_format_bits(uint8_t format);
uint32_t msnd_rate_hz(uint8_t rate);

/* Take a message that came on the tx or the rx queue. */
void	msnd_tx(struct model_snd *, struct msnd_msg *);
void	msnd_rx(struct model_snd *, struct msnd_msg *);
/* Give back the answers of a queue that were held. */
void	msnd_unhold(struct model_snd *, int vq);
/* Give the played bytes to the sink and forget them. */
void	msnd_sink(struct msnd_stream *);
/*
 * Has a prepared or running stream of this queue asked for its messages to be
 * polled?
 */
bool	msnd_polled(struct model_snd *, int vq);
/* Bytes of sound in a message, or the room for them. */
size_t	msnd_payload(const struct msnd_msg *);
/* Give back the oldest message of a stream. */
void	msnd_finish(struct model_snd *, struct msnd_stream *,
	    uint32_t status, uint64_t latency);

/* Let the stream's time pass up to now, which is kernel time. */
void	msnd_advance(struct model_snd *, struct msnd_stream *, int64_t now);
int64_t	msnd_stream_deadline(struct model_snd *, struct msnd_stream *);

/* Do to a stream's sound what the request of this name does. */
void	msnd_start(struct model_snd *, struct msnd_stream *, int64_t now);
void	msnd_stop(struct msnd_stream *);
void	msnd_release(struct model_snd *, struct msnd_stream *);

/*
 * model_virtio_snd_elem.c
 */

void	msnd_elem_new(struct model_snd *, uint32_t id);
void	msnd_elem_free(struct msnd_ctl *);
/*
 * Answer any request about control elements but CTL_INFO.  *extra is the number
 * of bytes written after the header.  Returns the status.
 */
uint32_t msnd_elem_request(struct model_snd *, struct msnd_msg *,
	    uint32_t code, size_t *extra);
/* Fill a record of CTL_INFO. */
void	msnd_elem_info(struct model_snd *, uint32_t id, void *record);

/*
 * model_virtio_snd_event.c
 */

/* A buffer came on the event queue. */
void	msnd_event_buffer(struct model_snd *, struct msnd_msg *);
void	msnd_event_look(struct model_snd *);
/* Write an event into the oldest buffer.  There must be one. */
void	msnd_event_send(struct model_snd *, uint32_t code, uint32_t data,
	    uint32_t len);
/* Send an event, with the lock held; see model_snd_event(). */
bool	msnd_event(struct model_snd *, uint32_t code, uint32_t data);

/*
 * model_virtio_snd_fault.c
 */

struct msnd_config;
struct msnd_pcm_info;
struct msnd_chmap_info;

/* Is the fault to happen now?  If so, counts it. */
bool	msnd_faulty(struct model_snd *, enum msnd_fault);
/*
 * Falsify a correct answer.  For the configuration: the bytes that are read of
 * it.
 */
void	msnd_fault_config(struct model_snd *, size_t off, size_t len,
	    struct msnd_config *);
void	msnd_fault_pcm_info(struct model_snd *, struct msnd_pcm_info *);
void	msnd_fault_chmap_info(struct model_snd *, struct msnd_chmap_info *);
void	msnd_fault_ctl_info(struct model_snd *, char *record);
void	msnd_fault_status(struct model_snd *, uint32_t *status,
	    uint32_t *latency);
/*
 * Does the device fail here, instead of completing this request or message?  If
 * so, it has taken the message.
 */
bool	msnd_fault_end(struct model_snd *, struct msnd_msg *);
/* Give an I/O message back as msnd_return() does, or as a fault wants it. */
void	msnd_fault_return(struct model_snd *, struct msnd_msg *, uint32_t len);
/* Give back the message that was delayed. */
void	msnd_fault_delayed(struct model_snd *);
/* Send the events of faults that are due; and when the next ones are due. */
void	msnd_fault_events(struct model_snd *, int64_t now);
int64_t	msnd_fault_deadline(struct model_snd *);

/*
 * model_virtio_snd_rx.c
 */

/* Capture what the clock made due. */
void	msnd_capture(struct model_snd *, struct msnd_stream *, uint64_t due);

#endif /* _MODEL_VIRTIO_SND_VAR_H_ */

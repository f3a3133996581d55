/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The insides of the virtio-sound model: _ctl.c answers control requests,
 * of which _elem.c has those about control elements; _pcm.c moves sound, of
 * which _rx.c has capture; _event.c sends events; model_virtio_snd.c is the
 * device around them.
 *
 * Two threads meet here: the device's agent, which does all the work, and
 * whichever kernel thread calls an operation.  ms_lock guards everything that
 * changes; functions named msnd_*() in the other files want it held.
 */

#ifndef _MODEL_VIRTIO_SND_VAR_H_
#define	_MODEL_VIRTIO_SND_VAR_H_

#include <sys/queue.h>

#include "model_virtio_snd.h"
#include "vring_dev.h"

#define	MSND_NEVER	INT64_MAX	/* a deadline */
#define	MSND_NFAIL	8		/* codes that model_snd_fail() keeps */
#define	MSND_NKEPT	64		/* events that wait for a buffer */

/* A chain that the device holds. */
struct msnd_msg {
	STAILQ_ENTRY(msnd_msg) link;
	struct vring_dev_chain chain;
	int		vq;
	size_t		done;		/* payload bytes read or written */
	uint32_t	status;		/* when held back: its answer */
	uint32_t	latency;
};
STAILQ_HEAD(msnd_list, msnd_msg);

struct msnd_stream {
	const struct model_snd_stream_config *cfg;
	uint32_t	id;
	enum model_snd_state state;
	struct model_snd_params params;
	struct msnd_list msgs;		/* not read or filled to the end */

	/* The sample clock of a running stream. */
	int64_t		clock_ns;	/* where it was advanced to */
	uint64_t	frac;		/* part of a frame, in 1/10^9 */
	int64_t		next_tick;
	bool		started;	/* START, and no tick since */
	bool		fed;		/* something was read since START */
	bool		dry;		/* nothing to play at the last look */
	uint64_t	ahead;		/* bytes read and not played */

	/* Everything read and not thrown away; the last `ahead' not played. */
	char		*rec;
	size_t		rec_len;
	size_t		rec_size;

	/* Capture. */
	model_snd_source_t *source;	/* NULL: silence */
	void		*source_arg;
	const char	*source_buf;	/* model_snd_capture_buffer()'s */
	size_t		source_len;
	bool		source_again;
	uint64_t	source_off;	/* of the next byte */
	uint64_t	backlog;	/* bytes due that found no message */

	uint32_t	fail_io;
	struct model_snd_stream_stats stats;
};

struct msnd_ctl {
	const struct model_snd_ctl_config *cfg;
	char		value[512];	/* as on the wire */
	char		*tlv;		/* answer to TLV_READ */
	size_t		tlv_len;
	char		*told;		/* last TLV of the driver */
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
	bool		broken;		/* NEEDS_RESET */
	bool		config_intr;	/* and not told yet */
	bool		gone;		/* unplugged */
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
	struct msnd_ctl	ctls[MODEL_SND_MAX_CTLS];
	struct model_snd_stats stats;
};

/*
 * model_virtio_snd.c
 */

/* Give a chain back, len bytes of it written, and its message to the pool. */
void	msnd_return(struct model_snd *, struct msnd_msg *, uint32_t len);
/* Memory of the device, not of the kernel: no ledger, no fault injection. */
void	*msnd_alloc(size_t size);

/*
 * model_virtio_snd_ctl.c
 */

/* Answer the requests whose time has come. */
void	msnd_ctl_run(struct model_snd *, int64_t now);
/* When the next one's comes. */
int64_t	msnd_ctl_deadline(struct model_snd *);

/*
 * model_virtio_snd_pcm.c
 */

/* Bits that a sample of a format code takes, and frames a second of a rate. */
uint32_t msnd_format_bits(uint8_t format);
uint32_t msnd_rate_hz(uint8_t rate);

/* A message came on the tx or the rx queue. */
void	msnd_tx(struct model_snd *, struct msnd_msg *);
void	msnd_rx(struct model_snd *, struct msnd_msg *);
/* Answer what was held back of a queue. */
void	msnd_unhold(struct model_snd *, int vq);
/* Does a prepared stream have its messages polled for on this queue? */
bool	msnd_polled(struct model_snd *, int vq);
/* Bytes of sound that a message has, or has room for. */
size_t	msnd_payload(const struct msnd_msg *);
/* Give back the oldest message of a stream. */
void	msnd_finish(struct model_snd *, struct msnd_stream *,
	    uint32_t status, uint64_t latency);

/* Let time pass for a stream; now is kernel time. */
void	msnd_advance(struct model_snd *, struct msnd_stream *, int64_t now);
int64_t	msnd_stream_deadline(struct model_snd *, struct msnd_stream *);

/* What the requests of these names do to a stream's sound. */
void	msnd_start(struct model_snd *, struct msnd_stream *, int64_t now);
void	msnd_stop(struct msnd_stream *);
void	msnd_release(struct model_snd *, struct msnd_stream *);

/*
 * model_virtio_snd_elem.c
 */

void	msnd_elem_new(struct model_snd *, uint32_t id);
void	msnd_elem_free(struct msnd_ctl *);
/*
 * Answer a request about control elements but CTL_INFO; *extra is the bytes
 * written behind the header.  Returns the status.
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
/* Send an event, with ms_lock held; see model_snd_event(). */
bool	msnd_event(struct model_snd *, uint32_t code, uint32_t data);

/*
 * model_virtio_snd_rx.c
 */

/* Capture what the clock made due. */
void	msnd_capture(struct model_snd *, struct msnd_stream *, uint64_t due);

#endif /* _MODEL_VIRTIO_SND_VAR_H_ */

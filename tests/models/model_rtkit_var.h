/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The insides of the RTKit model.  model_rtkit.c makes and frees the model, and
 * has its agent and its queue of messages.  _mgmt.c is endpoint 0, _sys.c the
 * other system endpoints, _mem.c SRAM and buffers, _crash.c the crash log,
 * _fault.c the faults.
 *
 * Two threads meet here: the IOP's agent, which does all the work, and the
 * thread that accesses registers or calls the model.  The lock guards
 * everything that changes.  The caller of a function named rk_*() holds it,
 * unless the function's comment says that it takes the lock.
 */
#ifndef _MODEL_RTKIT_VAR_H_
#define	_MODEL_RTKIT_VAR_H_

#include "model_host.h"
#include "model_rtkit.h"

#define	RK_QUEUE	1024	/* messages that wait to be sent */
#define	RK_INBOX	64	/* messages taken while it hangs */
#define	RK_OWED		64	/* answers expected from the AP at once */
#define	RK_AREAS	16	/* of SRAM that the AP was told of */
#define	RK_SRAM		(128 << 10)	/* bytes of SRAM that are there */
#define	RK_SRAM_BUFFERS	0x8000	/* where its own buffers begin */
#define	RK_SCRATCH	4096	/* bytes of a crash log, at most */
#define	RK_PAGE		4096
#define	RK_NEVER	(-1)	/* a deadline */
#define	RK_MS		1000000ll

/* Word 0. */
#define	RK_TYPE(type)	((uint64_t)(type) << 52)
#define	RK_TYPE_OF(msg)	((uint8_t)((msg) >> 52))
#define	RK_HELLO	1
#define	RK_HELLO_REPLY	2
#define	RK_PING		3
#define	RK_PONG		4
#define	RK_START	5
#define	RK_IOP_POWER	6
#define	RK_IOP_POWER_ACK 7
#define	RK_EPMAP	8
#define	RK_AP_POWER	0xb
#define	RK_EPMAP_LAST	(1ull << 51)
#define	RK_EPMAP_MORE	1
#define	RK_BUFFER	1
#define	RK_BUFFER_SIZE	44
#define	RK_BUFFER_ADDR	((1ull << 44) - 1)
#define	RK_SYSLOG_LOG	5
#define	RK_SYSLOG_INIT	8
#define	RK_SYSLOG_HEAD	0x20	/* bytes of an entry before its text */
#define	RK_MARK_8	8
#define	RK_MARK_C	0xc
#define	RK_OSLOG(type)	((uint64_t)(type) << 56)
#define	RK_OSLOG_BUFFER	1
#define	RK_OSLOG_ACK	3
#define	RK_OSLOG_SIZE	36
#define	RK_OSLOG_ADDR	((1ull << 36) - 1)

/* Messages that the IOP sends, in the order of model_rtkit_faults[]. */
enum rk_step {
	RK_S_HELLO,
	RK_S_EPMAP,
	RK_S_CRASHLOG,
	RK_S_SYSLOG,
	RK_S_IOREPORT,
	RK_S_OSLOG,
	RK_S_SYSLOG_INIT,
	RK_S_SYSLOG_LOG,
	RK_S_MARK,
	RK_S_IOP_ACK,
	RK_S_AP_ACK,
	RK_S_PONG,
	RK_S_APP,
	RK_S_SMC_INIT,
	RK_S_SMC_REPLY,
	RK_S_SMC_EVENT,
	RK_STEPS
};

/* The ways in which each of these messages goes wrong. */
enum rk_way {
	RK_W_SILENT,
	RK_W_LATE,
	RK_W_TWICE,
	RK_W_GARBAGE,
	RK_W_WORD1,
	RK_W_CRASH,
	RK_WAYS
};

/* Faults: first RK_WAYS times RK_STEPS, then these. */
enum rk_fault {
	RK_F_VERSION_LOW = RK_WAYS * RK_STEPS,
	RK_F_VERSION_HIGH,
	RK_F_VERSION_CROSSED,
	RK_F_HELLO_AGAIN,
	RK_F_EPMAP_EMPTY,
	RK_F_EPMAP_ALL,
	RK_F_EPMAP_REPEAT,
	RK_F_EPMAP_ENDLESS,
	RK_F_EPMAP_BACKWARDS,
	RK_F_EPMAP_EARLY,
	RK_F_EPMAP_AGAIN,
	RK_F_IOP_ACK_WRONG,
	RK_F_IOP_ACK_GARBAGE,
	RK_F_IOP_ACK_STRAY,
	RK_F_AP_ACK_WRONG,
	RK_F_AP_ACK_STRAY,

	RK_F_BUFFER_NONE,
	RK_F_BUFFER_HUGE,
	RK_F_BUFFER_OUTSIDE,
	RK_F_BUFFER_STRADDLE,
	RK_F_BUFFER_OVERFLOW,
	RK_F_BUFFER_RAM,
	RK_F_BUFFER_AGAIN,
	RK_F_BUFFER_OTHER,
	RK_F_BUFFER_ENDLESS,

	RK_F_LOG_FIRST,
	RK_F_LOG_INDEX,
	RK_F_LOG_INDEX_HUGE,
	RK_F_LOG_TEXT,
	RK_F_LOG_CONTROL,
	RK_F_INIT_NO_TEXT,
	RK_F_INIT_HUGE_TEXT,
	RK_F_INIT_NO_ENTRIES,
	RK_F_INIT_HUGE_ENTRIES,
	RK_F_INIT_TWICE,
	RK_F_INIT_OTHER,
	RK_F_SYSLOG_TYPE,
	RK_F_IOREPORT_TYPE,
	RK_F_OSLOG_TYPE,

	RK_F_CRASH_MUTE,
	RK_F_CRASH_TWICE,
	RK_F_CRASH_MAGIC,
	RK_F_CRASH_SIZE_NONE,
	RK_F_CRASH_SIZE_SHORT,
	RK_F_CRASH_SIZE_HUGE,
	RK_F_CRASH_SECTION_NONE,
	RK_F_CRASH_SECTION_SHORT,
	RK_F_CRASH_SECTION_LONG,
	RK_F_CRASH_SECTION_HUGE,
	RK_F_CRASH_HEADER,
	RK_F_CRASH_NO_END,
	RK_F_CRASH_TAG,
	RK_F_CRASH_VERSION_SHORT,
	RK_F_CRASH_VERSION_ENDLESS,
	RK_F_CRASH_TEXT_SHORT,
	RK_F_CRASH_TEXT_ENDLESS,
	RK_F_CRASH_TIME_SHORT,
	RK_F_CRASH_MBOX_SHORT,
	RK_F_CRASH_MBOX_INDEX,
	RK_F_CRASH_REGS_SHORT,
	RK_F_CRASH_STACK_ENDLESS,
	RK_F_CRASH_ASYNC_SHORT,
	RK_F_CRASH_ONES,
	RK_F_CRASH_GARBAGE,
	RK_F_CRASH_LENGTHS,

	RK_F_STRAY_TYPE,
	RK_F_STRAY_EP_255,
	RK_F_STRAY_EP_OTHER,
	RK_F_STRAY_EP_UNSTARTED,
	RK_F_STRAY_ALL,
	RK_F_STORM_MGMT,
	RK_F_STORM_SYSLOG,
	RK_F_STORM_APP,

	RK_F_SMC_ADDR_NONE,
	RK_F_SMC_ADDR_OUTSIDE,
	RK_F_SMC_ADDR_END,
	RK_F_SMC_ADDR_ODD,
	RK_F_SMC_ID,
	RK_F_SMC_OTHER_FIRST,
	RK_F_SMC_RESULT,
	RK_F_SMC_LONGER,
	RK_F_SMC_SHORTER,
	RK_F_SMC_LENGTH_HUGE,
	RK_F_SMC_WRITE_NONE,
	RK_F_SMC_WRITE_LONGER,
	RK_F_SMC_WRITE_REFUSED,
	RK_F_SMC_WRITE_UNDONE,
	RK_F_SMC_KEY_GONE,
	RK_F_SMC_VALUE,
	RK_F_SMC_COUNT_HUGE,
	RK_F_SMC_COUNT_NONE,
	RK_F_SMC_INFO_SIZE,
	RK_F_SMC_INFO_TYPE,
	RK_F_SMC_INFO_FLAGS,
	RK_F_SMC_KEY,
	RK_F_SMC_BETWEEN,
	RK_F_SMC_EVENT,
	RK_F_SMC_UNASKED,
	RK_F_SMC_STORM,
	RK_F_SMC_ALARM,
	RK_NFAULTS
};

/* Of model_rtkit_rules[], in its order. */
enum rk_rule {
	RK_R_WORD1,
	RK_R_ASLEEP,
	RK_R_CRASHED,
	RK_R_HELLO,
	RK_R_EPMAP,
	RK_R_START,
	RK_R_START_MISSING,
	RK_R_NOT_STARTED,
	RK_R_EARLY,
	RK_R_MGMT,
	RK_R_POWER,
	RK_R_POWER_ORDER,
	RK_R_BUFFER,
	RK_R_BUFFER_ADDR,
	RK_R_BUFFER_GUARD,
	RK_R_ECHO,
	RK_R_OSLOG,
	RK_R_CRASHLOG,
	RK_R_MISSING,
	RK_R_SRAM,
	RK_R_SMC_INIT,
	RK_R_SMC_COMMAND,
	RK_R_SMC_ID,
	RK_R_SMC_OVERLAP,
	RK_R_SMC_NOTIFIES,
	RK_RULES
};

struct rk_message {
	int64_t		due;
	uint64_t	msg0;
	uint32_t	msg1;
};

/* Memory that the IOP asks for. */
struct rk_buffer {
	bool		asked;		/* and not answered yet */
	bool		given;
	bool		again;		/* a fault: asked for it again */
	uint64_t	request;	/* word 0 */
	uint64_t	addr;
	size_t		size;
};

/* An answer that the AP owes: exactly this word, or one of a kind. */
struct rk_owed {
	uint8_t		ep;
	bool		late;		/* counted already */
	uint64_t	msg;
	int64_t		deadline;
};

struct rk_area {
	uint64_t	off;
	size_t		len;
	bool		writable;
};

struct model_rtkit {
	struct model_rtkit_config cfg;
	struct model_asc *asc;
	struct mh_lock	*lock;
	struct mh_agent	*agent;
	void		(*trace)(void *, const struct model_rtkit_event *);
	void		*trace_arg;

	struct model_rtkit_state state;
	bool		 start;		/* the run bit was set */
	bool		 reset;		/* applications must be told of it */
	bool		 rested;	/* the AP put it to sleep or off */
	bool		 hang, stall;
	int64_t		 crashed_ns;
	int64_t		 boot_ns;	/* deadline of HELLO's reply, STARTs */
	unsigned int	 page;		/* of EPMAP, that it waits for */
	uint64_t	 page_reply;
	uint32_t	 map[8];	/* as sent */
	bool		 started[MODEL_RTKIT_ENDPOINTS];
	uint64_t	 received[MODEL_RTKIT_ENDPOINTS];
	struct model_rtkit_app apps[MODEL_RTKIT_ENDPOINTS];

	struct rk_buffer buffers[MODEL_RTKIT_BUFFERS];
	struct rk_owed	 owed[RK_OWED];
	unsigned int	 nowed;
	unsigned int	 log_next;	/* entry of syslog */
	bool		 log_ready;

	struct rk_message queue[RK_QUEUE];	/* by due, from head to tail */
	unsigned int	 head, tail;
	struct rk_message now;		/* being put into the mailbox */
	bool		 has_now;
	bool		 blocked;	/* the mailbox was full */
	struct rk_message inbox[RK_INBOX];
	unsigned int	 ninbox;

	bool		(*allows)(void *, uint64_t, size_t);	/* or NULL */
	void		*allows_arg;
	struct mh_regs	*sram_regs;
	uint8_t		*sram;
	uint64_t	 sram_next;	/* for the next buffer of its own */
	struct rk_area	 areas[RK_AREAS];
	unsigned int	 nareas;
	uint8_t		 scratch[RK_SCRATCH];

	uint64_t	 random;
	bool		 chaos;
	struct {
		uint32_t count;
		uint64_t hits;
	}		 faults[RK_NFAULTS];
	struct model_rtkit_stats stats;
	uint64_t	 broken[RK_RULES];
	char		 first[96];
};

/* model_rtkit.c */
void	rk_emit(struct model_rtkit *, enum rk_step, uint8_t ep, uint64_t msg,
	    int64_t delay);
/* Send without the faults of a step. */
void	rk_post(struct model_rtkit *, uint64_t msg0, uint32_t msg1,
	    int64_t delay);
/* As rk_emit(), for applications: takes the lock. */
void	rk_app_emit(struct model_rtkit *, enum rk_step, uint8_t ep,
	    uint64_t msg, int64_t delay);
/* Takes the lock. */
bool	rk_is_on(struct model_rtkit *);
void	rk_forget(struct model_rtkit *);
void	rk_break(struct model_rtkit *, enum rk_rule, uint8_t ep, uint64_t msg);
/* Takes the lock. */
void	rk_app_break(struct model_rtkit *, enum rk_rule, uint8_t ep,
	    uint64_t msg);
void	rk_owe(struct model_rtkit *, uint8_t ep, uint64_t msg);
/* True if the AP owed this.  It does not any more. */
bool	rk_paid(struct model_rtkit *, uint8_t ep, uint64_t msg);

/* model_rtkit_mgmt.c */
void	rk_boot(struct model_rtkit *);
void	rk_mgmt(struct model_rtkit *, uint64_t msg);
/* Say that the IOP is on, if nothing is missing any more. */
void	rk_ready(struct model_rtkit *);

/* model_rtkit_sys.c */
void	rk_sys_started(struct model_rtkit *, uint8_t ep);
void	rk_sys(struct model_rtkit *, uint8_t ep, uint64_t msg);
bool	rk_log(struct model_rtkit *, const char *task, const char *text);

/* model_rtkit_mem.c */
bool	rk_sram_add(struct model_rtkit *);
void	rk_sram_remove(struct model_rtkit *);
uint64_t rk_sram_alloc(struct model_rtkit *, size_t len);
bool	rk_area_add(struct model_rtkit *, uint64_t off, size_t len,
	    bool writable);
/* Does what stands before it let the IOP reach memory of the AP? */
bool	rk_may_reach(struct model_rtkit *, uint64_t addr, size_t len);
void	rk_buffer_write(struct model_rtkit *, enum model_rtkit_buffer,
	    size_t off, const void *, size_t len);

/* model_rtkit_crash.c */
void	rk_crash(struct model_rtkit *);

/* model_rtkit_fault.c */
bool	rk_faulty(struct model_rtkit *, unsigned int fault);
/* Takes the lock. */
bool	rk_app_faulty(struct model_rtkit *, unsigned int fault);
uint64_t rk_random(struct model_rtkit *);
/* Takes the lock. */
uint64_t rk_app_random(struct model_rtkit *);
void	rk_stray(struct model_rtkit *);
/* Change a message at random; false if it is to be lost. */
bool	rk_chaos(struct model_rtkit *, uint64_t *msg0, uint32_t *msg1,
	    int64_t *delay);

#endif /* !_MODEL_RTKIT_VAR_H_ */

/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* taskqueue(9). */

#ifndef _SYS_TASKQUEUE_H_
#define	_SYS_TASKQUEUE_H_

#include <sys/queue.h>
#include <sys/_task.h>

struct taskqueue;
struct proc;
struct thread;

enum taskqueue_callback_type {
	TASKQUEUE_CALLBACK_TYPE_INIT,
	TASKQUEUE_CALLBACK_TYPE_SHUTDOWN,
};
#define	TASKQUEUE_CALLBACK_TYPE_MIN	TASKQUEUE_CALLBACK_TYPE_INIT
#define	TASKQUEUE_CALLBACK_TYPE_MAX	TASKQUEUE_CALLBACK_TYPE_SHUTDOWN
#define	TASKQUEUE_NUM_CALLBACKS		TASKQUEUE_CALLBACK_TYPE_MAX + 1
#define	TASKQUEUE_NAMELEN		32

#define	TASKQUEUE_FAIL_IF_PENDING	(1 << 0)
#define	TASKQUEUE_FAIL_IF_CANCELING	(1 << 1)

typedef void (*taskqueue_callback_fn)(void *context);
typedef void (*taskqueue_enqueue_fn)(void *context);

struct taskqueue *taskqueue_create(const char *name, int mflags,
	    taskqueue_enqueue_fn enqueue, void *context);
struct taskqueue *taskqueue_create_fast(const char *name, int mflags,
	    taskqueue_enqueue_fn enqueue, void *context);
int	taskqueue_start_threads(struct taskqueue **tqp, int count, int pri,
	    const char *name, ...) __printflike(4, 5);
int	taskqueue_start_threads_in_proc(struct taskqueue **tqp, int count,
	    int pri, struct proc *p, const char *name, ...) __printflike(5, 6);
int	taskqueue_enqueue(struct taskqueue *queue, struct task *task);
int	taskqueue_enqueue_flags(struct taskqueue *queue, struct task *task,
	    int flags);
int	taskqueue_enqueue_timeout(struct taskqueue *queue,
	    struct timeout_task *timeout_task, int ticks);
int	taskqueue_enqueue_timeout_sbt(struct taskqueue *queue,
	    struct timeout_task *timeout_task, sbintime_t sbt, sbintime_t pr,
	    int flags);
int	taskqueue_poll_is_busy(struct taskqueue *queue, struct task *task);
int	taskqueue_cancel(struct taskqueue *queue, struct task *task,
	    u_int *pendp);
int	taskqueue_cancel_timeout(struct taskqueue *queue,
	    struct timeout_task *timeout_task, u_int *pendp);
void	taskqueue_drain(struct taskqueue *queue, struct task *task);
void	taskqueue_drain_timeout(struct taskqueue *queue,
	    struct timeout_task *timeout_task);
void	taskqueue_drain_all(struct taskqueue *queue);
void	taskqueue_quiesce(struct taskqueue *queue);
void	taskqueue_free(struct taskqueue *queue);
void	taskqueue_run(struct taskqueue *queue);
void	taskqueue_block(struct taskqueue *queue);
void	taskqueue_unblock(struct taskqueue *queue);
int	taskqueue_member(struct taskqueue *queue, struct thread *td);
void	taskqueue_set_callback(struct taskqueue *queue,
	    enum taskqueue_callback_type cb_type,
	    taskqueue_callback_fn callback, void *context);

void	taskqueue_thread_loop(void *arg);
void	taskqueue_thread_enqueue(void *context);

#define	TASK_INITIALIZER(priority, func, context)			\
	{ .ta_priority = (priority),					\
	  .ta_func = (func),						\
	  .ta_context = (context) }

#define	TASK_INIT_FLAGS(task, priority, func, context, flags) do {	\
	(task)->ta_pending = 0;						\
	(task)->ta_priority = (priority);				\
	(task)->ta_flags = (flags);					\
	(task)->ta_func = (func);					\
	(task)->ta_context = (context);					\
} while (0)
#define	TASK_INIT(t, p, f, c)	TASK_INIT_FLAGS(t, p, f, c, 0)

void	_timeout_task_init(struct taskqueue *queue,
	    struct timeout_task *timeout_task, int priority, task_fn_t func,
	    void *context);
#define	TIMEOUT_TASK_INIT(queue, timeout_task, priority, func, context)	do { \
	_Static_assert((priority) >= 0 && (priority) <= 255,		\
	    "struct task priority is 8 bit in size");			\
	_timeout_task_init(queue, timeout_task, priority, func, context); \
} while (0)

#define	TASKQUEUE_DECLARE(name)						\
	extern struct taskqueue *taskqueue_##name

#define	TK_TASKQUEUE_DEFINE(create, name, enqueue, context, init)	\
struct taskqueue *taskqueue_##name;					\
									\
static void								\
taskqueue_define_##name(void *arg)					\
{									\
	taskqueue_##name = create(#name, M_WAITOK, (enqueue), (context));\
	init;								\
}									\
									\
static void								\
taskqueue_undefine_##name(void *arg)					\
{									\
	taskqueue_free(taskqueue_##name);				\
	taskqueue_##name = NULL;					\
}									\
									\
SYSINIT(taskqueue_##name, SI_SUB_TASKQ, SI_ORDER_SECOND,		\
	taskqueue_define_##name, NULL);					\
SYSUNINIT(taskqueue_##name, SI_SUB_TASKQ, SI_ORDER_SECOND,		\
	taskqueue_undefine_##name, NULL);				\
									\
struct __hack

#define	TASKQUEUE_DEFINE(name, enqueue, context, init)			\
	TK_TASKQUEUE_DEFINE(taskqueue_create, name, enqueue, context, init)
#define	TASKQUEUE_DEFINE_THREAD(name)					\
TASKQUEUE_DEFINE(name, taskqueue_thread_enqueue, &taskqueue_##name,	\
	taskqueue_start_threads(&taskqueue_##name, 1, PWAIT,		\
	"%s taskq", #name))
#define	TASKQUEUE_FAST_DEFINE(name, enqueue, context, init)		\
	TK_TASKQUEUE_DEFINE(taskqueue_create_fast, name, enqueue, context, init)
#define	TASKQUEUE_FAST_DEFINE_THREAD(name)				\
TASKQUEUE_FAST_DEFINE(name, taskqueue_thread_enqueue,			\
	&taskqueue_##name, taskqueue_start_threads(&taskqueue_##name,	\
	1, PWAIT, "%s taskq", #name))

TASKQUEUE_DECLARE(swi_giant);
TASKQUEUE_DECLARE(swi);
TASKQUEUE_DECLARE(thread);
TASKQUEUE_DECLARE(fast);
TASKQUEUE_DECLARE(bus);

#endif /* !_SYS_TASKQUEUE_H_ */

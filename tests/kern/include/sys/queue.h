/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Intrusive lists: queue(3).  Removed elements have their links trashed, so
 * that following one faults.
 */

#ifndef _SYS_QUEUE_H_
#define	_SYS_QUEUE_H_

#include <sys/cdefs.h>

#define	QUEUE_TYPEOF(type)	struct type
#define	TRASHIT(x)		do { (x) = (void *)-1; } while (0)

/*
 * Singly linked list
 */
#define	SLIST_HEAD(name, type)						\
struct name {								\
	struct type *slh_first;						\
}
#define	SLIST_HEAD_INITIALIZER(head)	{ NULL }
#define	SLIST_ENTRY(type)						\
struct {								\
	struct type *sle_next;						\
}
#define	SLIST_FIRST(head)	((head)->slh_first)
#define	SLIST_NEXT(elm, field)	((elm)->field.sle_next)
#define	SLIST_EMPTY(head)	(SLIST_FIRST((head)) == NULL)
#define	SLIST_INIT(head)	do { SLIST_FIRST((head)) = NULL; } while (0)
#define	SLIST_FOREACH(var, head, field)					\
	for ((var) = SLIST_FIRST((head)); (var) != NULL;		\
	    (var) = SLIST_NEXT((var), field))
#define	SLIST_FOREACH_SAFE(var, head, field, tvar)			\
	for ((var) = SLIST_FIRST((head));				\
	    (var) != NULL && ((tvar) = SLIST_NEXT((var), field), 1);	\
	    (var) = (tvar))
#define	SLIST_INSERT_HEAD(head, elm, field) do {			\
	SLIST_NEXT((elm), field) = SLIST_FIRST((head));			\
	SLIST_FIRST((head)) = (elm);					\
} while (0)
#define	SLIST_INSERT_AFTER(slistelm, elm, field) do {			\
	SLIST_NEXT((elm), field) = SLIST_NEXT((slistelm), field);	\
	SLIST_NEXT((slistelm), field) = (elm);				\
} while (0)
#define	SLIST_REMOVE_HEAD(head, field) do {				\
	__typeof(SLIST_FIRST((head))) tk_elm_ = SLIST_FIRST((head));	\
	SLIST_FIRST((head)) = SLIST_NEXT(tk_elm_, field);		\
	TRASHIT(tk_elm_->field.sle_next);				\
} while (0)
#define	SLIST_REMOVE_AFTER(elm, field) do {				\
	__typeof(elm) tk_elm_ = SLIST_NEXT((elm), field);		\
	SLIST_NEXT((elm), field) = SLIST_NEXT(tk_elm_, field);		\
	TRASHIT(tk_elm_->field.sle_next);				\
} while (0)
#define	SLIST_REMOVE(head, elm, type, field) do {			\
	struct type **tk_pp_ = &SLIST_FIRST((head));			\
	while (*tk_pp_ != (elm))					\
		tk_pp_ = &SLIST_NEXT(*tk_pp_, field);			\
	*tk_pp_ = SLIST_NEXT((elm), field);				\
	TRASHIT((elm)->field.sle_next);					\
} while (0)
#define	SLIST_SWAP(head1, head2, type) do {				\
	struct type *tk_first_ = SLIST_FIRST((head1));			\
	SLIST_FIRST((head1)) = SLIST_FIRST((head2));			\
	SLIST_FIRST((head2)) = tk_first_;				\
} while (0)

/*
 * Singly linked tail queue
 */
#define	STAILQ_HEAD(name, type)						\
struct name {								\
	struct type *stqh_first;					\
	struct type **stqh_last;					\
}
#define	STAILQ_HEAD_INITIALIZER(head)	{ NULL, &(head).stqh_first }
#define	STAILQ_ENTRY(type)						\
struct {								\
	struct type *stqe_next;						\
}
#define	STAILQ_FIRST(head)	((head)->stqh_first)
#define	STAILQ_NEXT(elm, field)	((elm)->field.stqe_next)
#define	STAILQ_EMPTY(head)	(STAILQ_FIRST((head)) == NULL)
#define	STAILQ_LAST(head, type, field)					\
	(STAILQ_EMPTY((head)) ? NULL :					\
	    __containerof((head)->stqh_last, QUEUE_TYPEOF(type),	\
	    field.stqe_next))
#define	STAILQ_INIT(head) do {						\
	STAILQ_FIRST((head)) = NULL;					\
	(head)->stqh_last = &STAILQ_FIRST((head));			\
} while (0)
#define	STAILQ_FOREACH(var, head, field)				\
	for ((var) = STAILQ_FIRST((head)); (var) != NULL;		\
	    (var) = STAILQ_NEXT((var), field))
#define	STAILQ_FOREACH_SAFE(var, head, field, tvar)			\
	for ((var) = STAILQ_FIRST((head));				\
	    (var) != NULL && ((tvar) = STAILQ_NEXT((var), field), 1);	\
	    (var) = (tvar))
#define	STAILQ_INSERT_HEAD(head, elm, field) do {			\
	if ((STAILQ_NEXT((elm), field) = STAILQ_FIRST((head))) == NULL)	\
		(head)->stqh_last = &STAILQ_NEXT((elm), field);		\
	STAILQ_FIRST((head)) = (elm);					\
} while (0)
#define	STAILQ_INSERT_TAIL(head, elm, field) do {			\
	STAILQ_NEXT((elm), field) = NULL;				\
	*(head)->stqh_last = (elm);					\
	(head)->stqh_last = &STAILQ_NEXT((elm), field);			\
} while (0)
#define	STAILQ_INSERT_AFTER(head, tqelm, elm, field) do {		\
	if ((STAILQ_NEXT((elm), field) =				\
	    STAILQ_NEXT((tqelm), field)) == NULL)			\
		(head)->stqh_last = &STAILQ_NEXT((elm), field);		\
	STAILQ_NEXT((tqelm), field) = (elm);				\
} while (0)
#define	STAILQ_REMOVE_HEAD(head, field) do {				\
	__typeof(STAILQ_FIRST((head))) tk_elm_ = STAILQ_FIRST((head));	\
	if ((STAILQ_FIRST((head)) = STAILQ_NEXT(tk_elm_, field)) == NULL)\
		(head)->stqh_last = &STAILQ_FIRST((head));		\
	TRASHIT(tk_elm_->field.stqe_next);				\
} while (0)
#define	STAILQ_REMOVE_AFTER(head, elm, field) do {			\
	__typeof(elm) tk_elm_ = STAILQ_NEXT((elm), field);		\
	if ((STAILQ_NEXT((elm), field) =				\
	    STAILQ_NEXT(tk_elm_, field)) == NULL)			\
		(head)->stqh_last = &STAILQ_NEXT((elm), field);		\
	TRASHIT(tk_elm_->field.stqe_next);				\
} while (0)
#define	STAILQ_REMOVE(head, elm, type, field) do {			\
	struct type **tk_pp_ = &STAILQ_FIRST((head));			\
	while (*tk_pp_ != (elm))					\
		tk_pp_ = &STAILQ_NEXT(*tk_pp_, field);			\
	if ((*tk_pp_ = STAILQ_NEXT((elm), field)) == NULL)		\
		(head)->stqh_last = tk_pp_;				\
	TRASHIT((elm)->field.stqe_next);				\
} while (0)
#define	STAILQ_CONCAT(head1, head2) do {				\
	if (!STAILQ_EMPTY((head2))) {					\
		*(head1)->stqh_last = (head2)->stqh_first;		\
		(head1)->stqh_last = (head2)->stqh_last;		\
		STAILQ_INIT((head2));					\
	}								\
} while (0)
#define	STAILQ_SWAP(head1, head2, type) do {				\
	struct type *tk_first_ = STAILQ_FIRST((head1));			\
	struct type **tk_last_ = (head1)->stqh_last;			\
	STAILQ_FIRST((head1)) = STAILQ_FIRST((head2));			\
	(head1)->stqh_last = (head2)->stqh_last;			\
	STAILQ_FIRST((head2)) = tk_first_;				\
	(head2)->stqh_last = tk_last_;					\
	if (STAILQ_EMPTY((head1)))					\
		(head1)->stqh_last = &STAILQ_FIRST((head1));		\
	if (STAILQ_EMPTY((head2)))					\
		(head2)->stqh_last = &STAILQ_FIRST((head2));		\
} while (0)

/*
 * List
 */
#define	LIST_HEAD(name, type)						\
struct name {								\
	struct type *lh_first;						\
}
#define	LIST_HEAD_INITIALIZER(head)	{ NULL }
#define	LIST_ENTRY(type)						\
struct {								\
	struct type *le_next;						\
	struct type **le_prev;						\
}
#define	LIST_FIRST(head)	((head)->lh_first)
#define	LIST_NEXT(elm, field)	((elm)->field.le_next)
#define	LIST_EMPTY(head)	((head)->lh_first == NULL)
#define	LIST_PREV(elm, head, type, field)				\
	((elm)->field.le_prev == &LIST_FIRST((head)) ? NULL :		\
	    __containerof((elm)->field.le_prev, QUEUE_TYPEOF(type),	\
	    field.le_next))
#define	LIST_INIT(head)		do { LIST_FIRST((head)) = NULL; } while (0)
#define	LIST_FOREACH(var, head, field)					\
	for ((var) = LIST_FIRST((head)); (var) != NULL;			\
	    (var) = LIST_NEXT((var), field))
#define	LIST_FOREACH_SAFE(var, head, field, tvar)			\
	for ((var) = LIST_FIRST((head));				\
	    (var) != NULL && ((tvar) = LIST_NEXT((var), field), 1);	\
	    (var) = (tvar))
#define	LIST_INSERT_HEAD(head, elm, field) do {				\
	if ((LIST_NEXT((elm), field) = LIST_FIRST((head))) != NULL)	\
		LIST_FIRST((head))->field.le_prev =			\
		    &LIST_NEXT((elm), field);				\
	LIST_FIRST((head)) = (elm);					\
	(elm)->field.le_prev = &LIST_FIRST((head));			\
} while (0)
#define	LIST_INSERT_AFTER(listelm, elm, field) do {			\
	if ((LIST_NEXT((elm), field) =					\
	    LIST_NEXT((listelm), field)) != NULL)			\
		LIST_NEXT((listelm), field)->field.le_prev =		\
		    &LIST_NEXT((elm), field);				\
	LIST_NEXT((listelm), field) = (elm);				\
	(elm)->field.le_prev = &LIST_NEXT((listelm), field);		\
} while (0)
#define	LIST_INSERT_BEFORE(listelm, elm, field) do {			\
	(elm)->field.le_prev = (listelm)->field.le_prev;		\
	LIST_NEXT((elm), field) = (listelm);				\
	*(listelm)->field.le_prev = (elm);				\
	(listelm)->field.le_prev = &LIST_NEXT((elm), field);		\
} while (0)
#define	LIST_REMOVE(elm, field) do {					\
	if (LIST_NEXT((elm), field) != NULL)				\
		LIST_NEXT((elm), field)->field.le_prev =		\
		    (elm)->field.le_prev;				\
	*(elm)->field.le_prev = LIST_NEXT((elm), field);		\
	TRASHIT((elm)->field.le_next);					\
	TRASHIT((elm)->field.le_prev);					\
} while (0)
#define	LIST_REPLACE(elm, elm2, field) do {				\
	if ((LIST_NEXT((elm2), field) = LIST_NEXT((elm), field)) != NULL)\
		LIST_NEXT((elm2), field)->field.le_prev =		\
		    &(elm2)->field.le_next;				\
	(elm2)->field.le_prev = (elm)->field.le_prev;			\
	*(elm2)->field.le_prev = (elm2);				\
	TRASHIT((elm)->field.le_next);					\
	TRASHIT((elm)->field.le_prev);					\
} while (0)
#define	LIST_SWAP(head1, head2, type, field) do {			\
	struct type *tk_first_ = LIST_FIRST((head1));			\
	LIST_FIRST((head1)) = LIST_FIRST((head2));			\
	LIST_FIRST((head2)) = tk_first_;				\
	if (LIST_FIRST((head1)) != NULL)				\
		LIST_FIRST((head1))->field.le_prev = &LIST_FIRST((head1));\
	if (LIST_FIRST((head2)) != NULL)				\
		LIST_FIRST((head2))->field.le_prev = &LIST_FIRST((head2));\
} while (0)

/*
 * Tail queue
 */
#define	TAILQ_HEAD(name, type)						\
struct name {								\
	struct type *tqh_first;						\
	struct type **tqh_last;						\
}
#define	TAILQ_HEAD_INITIALIZER(head)	{ NULL, &(head).tqh_first }
#define	TAILQ_ENTRY(type)						\
struct {								\
	struct type *tqe_next;						\
	struct type **tqe_prev;						\
}
#define	TAILQ_FIRST(head)	((head)->tqh_first)
#define	TAILQ_NEXT(elm, field)	((elm)->field.tqe_next)
#define	TAILQ_EMPTY(head)	((head)->tqh_first == NULL)
/* Head and entry look alike, so that the last link leads to either. */
#define	TAILQ_LAST(head, headname)					\
	(*(((struct headname *)((head)->tqh_last))->tqh_last))
#define	TAILQ_PREV(elm, headname, field)				\
	(*(((struct headname *)((elm)->field.tqe_prev))->tqh_last))
#define	TAILQ_INIT(head) do {						\
	TAILQ_FIRST((head)) = NULL;					\
	(head)->tqh_last = &TAILQ_FIRST((head));			\
} while (0)
#define	TAILQ_FOREACH(var, head, field)					\
	for ((var) = TAILQ_FIRST((head)); (var) != NULL;		\
	    (var) = TAILQ_NEXT((var), field))
#define	TAILQ_FOREACH_SAFE(var, head, field, tvar)			\
	for ((var) = TAILQ_FIRST((head));				\
	    (var) != NULL && ((tvar) = TAILQ_NEXT((var), field), 1);	\
	    (var) = (tvar))
#define	TAILQ_FOREACH_REVERSE(var, head, headname, field)		\
	for ((var) = TAILQ_LAST((head), headname); (var) != NULL;	\
	    (var) = TAILQ_PREV((var), headname, field))
#define	TAILQ_FOREACH_REVERSE_SAFE(var, head, headname, field, tvar)	\
	for ((var) = TAILQ_LAST((head), headname);			\
	    (var) != NULL && ((tvar) = TAILQ_PREV((var), headname, field), 1);\
	    (var) = (tvar))
#define	TAILQ_INSERT_HEAD(head, elm, field) do {			\
	if ((TAILQ_NEXT((elm), field) = TAILQ_FIRST((head))) != NULL)	\
		TAILQ_FIRST((head))->field.tqe_prev =			\
		    &TAILQ_NEXT((elm), field);				\
	else								\
		(head)->tqh_last = &TAILQ_NEXT((elm), field);		\
	TAILQ_FIRST((head)) = (elm);					\
	(elm)->field.tqe_prev = &TAILQ_FIRST((head));			\
} while (0)
#define	TAILQ_INSERT_TAIL(head, elm, field) do {			\
	TAILQ_NEXT((elm), field) = NULL;				\
	(elm)->field.tqe_prev = (head)->tqh_last;			\
	*(head)->tqh_last = (elm);					\
	(head)->tqh_last = &TAILQ_NEXT((elm), field);			\
} while (0)
#define	TAILQ_INSERT_AFTER(head, listelm, elm, field) do {		\
	if ((TAILQ_NEXT((elm), field) =					\
	    TAILQ_NEXT((listelm), field)) != NULL)			\
		TAILQ_NEXT((elm), field)->field.tqe_prev =		\
		    &TAILQ_NEXT((elm), field);				\
	else								\
		(head)->tqh_last = &TAILQ_NEXT((elm), field);		\
	TAILQ_NEXT((listelm), field) = (elm);				\
	(elm)->field.tqe_prev = &TAILQ_NEXT((listelm), field);		\
} while (0)
#define	TAILQ_INSERT_BEFORE(listelm, elm, field) do {			\
	(elm)->field.tqe_prev = (listelm)->field.tqe_prev;		\
	TAILQ_NEXT((elm), field) = (listelm);				\
	*(listelm)->field.tqe_prev = (elm);				\
	(listelm)->field.tqe_prev = &TAILQ_NEXT((elm), field);		\
} while (0)
#define	TAILQ_REMOVE(head, elm, field) do {				\
	if (TAILQ_NEXT((elm), field) != NULL)				\
		TAILQ_NEXT((elm), field)->field.tqe_prev =		\
		    (elm)->field.tqe_prev;				\
	else								\
		(head)->tqh_last = (elm)->field.tqe_prev;		\
	*(elm)->field.tqe_prev = TAILQ_NEXT((elm), field);		\
	TRASHIT((elm)->field.tqe_next);					\
	TRASHIT((elm)->field.tqe_prev);					\
} while (0)
#define	TAILQ_REPLACE(head, elm, elm2, field) do {			\
	TAILQ_INSERT_AFTER(head, elm, elm2, field);			\
	TAILQ_REMOVE(head, elm, field);					\
} while (0)
#define	TAILQ_CONCAT(head1, head2, field) do {				\
	if (!TAILQ_EMPTY(head2)) {					\
		*(head1)->tqh_last = (head2)->tqh_first;		\
		(head2)->tqh_first->field.tqe_prev = (head1)->tqh_last;	\
		(head1)->tqh_last = (head2)->tqh_last;			\
		TAILQ_INIT((head2));					\
	}								\
} while (0)
#define	TAILQ_SWAP(head1, head2, type, field) do {			\
	struct type *tk_first_ = (head1)->tqh_first;			\
	struct type **tk_last_ = (head1)->tqh_last;			\
	(head1)->tqh_first = (head2)->tqh_first;			\
	(head1)->tqh_last = (head2)->tqh_last;				\
	(head2)->tqh_first = tk_first_;					\
	(head2)->tqh_last = tk_last_;					\
	if ((head1)->tqh_first != NULL)					\
		(head1)->tqh_first->field.tqe_prev = &(head1)->tqh_first;\
	else								\
		(head1)->tqh_last = &(head1)->tqh_first;		\
	if ((head2)->tqh_first != NULL)					\
		(head2)->tqh_first->field.tqe_prev = &(head2)->tqh_first;\
	else								\
		(head2)->tqh_last = &(head2)->tqh_first;		\
} while (0)

#endif /* !_SYS_QUEUE_H_ */

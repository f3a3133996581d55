/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * EVENTHANDLER(9).  A list is made with its first handler and stays until
 * shutdown.  A handler that is then still on a list is a leak.
 */

#include "tk_var.h"

#include <sys/eventhandler.h>

/* What EVENTHANDLER_DECLARE() makes, with any function in it. */
struct generic_entry {
	struct eventhandler_entry ee;
	void		*func;
	struct tk_where	 where;
};

static MALLOC_DEFINE(M_EVENTHANDLER, "eventhandler", "Event handler records");

static TAILQ_HEAD(, eventhandler_list) lists = TAILQ_HEAD_INITIALIZER(lists);
static struct mtx lists_mtx;
MTX_SYSINIT(eventhandler, &lists_mtx, "eventhandler", MTX_DEF);

/* With lists_mtx held. */
static struct eventhandler_list *
find(const char *name)
{
	struct eventhandler_list *list;

	TAILQ_FOREACH(list, &lists, el_link) {
		if (tk_streq(list->el_name, name))
			return (list);
	}
	return (NULL);
}

static struct eventhandler_list *
find_or_create(const char *name)
{
	struct eventhandler_list *list, *new;

	new = malloc(sizeof(*new), M_EVENTHANDLER, M_WAITOK | M_ZERO);
	new->el_name = strdup(name, M_EVENTHANDLER);
	mtx_lock(&lists_mtx);
	if ((list = find(name)) == NULL) {
		list = new;
		new = NULL;
		TAILQ_INIT(&list->el_entries);
		mtx_init(&list->el_lock, list->el_name, "eventhandler list",
		    MTX_DEF);
		TAILQ_INSERT_TAIL(&lists, list, el_link);
	}
	mtx_unlock(&lists_mtx);
	if (new != NULL) {
		free(new->el_name, M_EVENTHANDLER);
		free(new, M_EVENTHANDLER);
	}
	return (list);
}

/* The list, locked; or NULL. */
struct eventhandler_list *
eventhandler_find_list(const char *name)
{
	struct eventhandler_list *list;

	mtx_lock(&lists_mtx);
	list = find(name);
	mtx_unlock(&lists_mtx);
	if (list != NULL)
		EHL_LOCK(list);
	return (list);
}

eventhandler_tag
eventhandler_register(struct eventhandler_list *list, const char *name,
    void *func, void *arg, int priority)
{
	struct eventhandler_entry *ep;
	struct generic_entry *new;

	if (list == NULL)
		list = find_or_create(name);
	new = malloc(sizeof(*new), M_EVENTHANDLER, M_WAITOK | M_ZERO);
	new->func = func;
	new->ee.ee_arg = arg;
	new->ee.ee_priority = priority;
	tk_where(&new->where);
	EHL_LOCK(list);
	TAILQ_FOREACH(ep, &list->el_entries, ee_link) {
		if (ep->ee_priority != EHE_DEAD_PRIORITY &&
		    ep->ee_priority > priority)
			break;
	}
	if (ep != NULL)
		TAILQ_INSERT_BEFORE(ep, &new->ee, ee_link);
	else
		TAILQ_INSERT_TAIL(&list->el_entries, &new->ee, ee_link);
	EHL_UNLOCK(list);
	return (&new->ee);
}

/*
 * Entered with the list's lock, left without it.  Waits until no thread runs
 * the list's handlers.
 */
void
eventhandler_deregister(struct eventhandler_list *list, eventhandler_tag tag)
{
	EHL_LOCK_ASSERT(list, MA_OWNED);
	if (list->el_runcount == 0) {
		TAILQ_REMOVE(&list->el_entries, tag, ee_link);
		EHL_UNLOCK(list);
		free(tag, M_EVENTHANDLER);
		return;
	}
	/* The last thread that walks the list removes the handler. */
	tag->ee_priority = EHE_DEAD_PRIORITY;
	while (list->el_runcount > 0)
		mtx_sleep(list, &list->el_lock, 0, "evhrm", 0);
	EHL_UNLOCK(list);
}

void
eventhandler_prune_list(struct eventhandler_list *list)
{
	struct eventhandler_entry *ep, *tmp;
	bool pruned = false;

	TAILQ_FOREACH_SAFE(ep, &list->el_entries, ee_link, tmp) {
		if (ep->ee_priority == EHE_DEAD_PRIORITY) {
			TAILQ_REMOVE(&list->el_entries, ep, ee_link);
			free(ep, M_EVENTHANDLER);
			pruned = true;
		}
	}
	if (pruned)
		wakeup(list);
}

static int
eventhandler_report(bool print)
{
	struct eventhandler_list *list;
	struct eventhandler_entry *ep;
	int n = 0;

	TAILQ_FOREACH(list, &lists, el_link) {
		TAILQ_FOREACH(ep, &list->el_entries, ee_link) {
			n++;
			if (print)
				tk_leak(&((struct generic_entry *)ep)->where,
				    "event handler of \"%s\" not deregistered",
				    list->el_name);
		}
	}
	return (n);
}

static void
eventhandler_boot(void)
{
	tk_ledger("eventhandler", eventhandler_report);
}
TK_INIT_PRIO(eventhandler_boot, 0);

/* The lists are the kernel's; the ledger counts only handlers. */
static void
eventhandler_shutdown(void)
{
	struct eventhandler_list *list, *tmp;

	TAILQ_FOREACH_SAFE(list, &lists, el_link, tmp) {
		if (!TAILQ_EMPTY(&list->el_entries))
			continue;
		TAILQ_REMOVE(&lists, list, el_link);
		mtx_destroy(&list->el_lock);
		free(list->el_name, M_EVENTHANDLER);
		free(list, M_EVENTHANDLER);
	}
}
TK_FINI_PRIO(eventhandler_shutdown, 5);

/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Interrupts: lines, filters, threaded handlers, teardown, storms. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/interrupt.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/rman.h>
#include <sys/smp.h>
#include <machine/atomic.h>
#include <machine/bus.h>
#include <machine/cpu.h>
#include <machine/resource.h>

#include "bus/bus_testdev.h"
#include "tk.h"
#include "tk_bus.h"
#include "tk_test.h"
#include "tk_test_thread.h"

/* What handlers do, and how often they ran. */
static int filter_answer;
static int filters;
static u_int handlers;
static bool filter_acks, handler_acks;
static enum tk_context filter_context, handler_context;

static int
test_filter(void *arg)
{
	filters++;
	filter_context = tk_context();
	if (filter_acks)
		tk_irq_lower(testdev_model.line);
	return (filter_answer);
}

static void
test_handler(void *arg)
{
	/* A case that waits reads the count while the handler runs. */
	atomic_add_rel_int(&handlers, 1);
	handler_context = tk_context();
	if (handler_acks)
		tk_irq_lower(testdev_model.line);
}

static struct testdev_softc *
setup(enum tk_irq_trigger trigger, driver_filter_t *filter,
    driver_intr_t *handler)
{
	struct testdev_softc *sc;
	device_t dev;

	testdev_setup(trigger);
	filters = handlers = 0;
	filter_acks = handler_acks = false;
	filter_answer = FILTER_HANDLED;
	dev = testdev_add();
	TK_EQ(tk_device_attach(dev), 0);
	sc = device_get_softc(dev);
	if (filter != NULL || handler != NULL)
		TK_EQ(bus_setup_intr(dev, sc->irq,
		    INTR_TYPE_AV | INTR_MPSAFE, filter, handler, sc,
		    &sc->cookie), 0);
	return (sc);
}

/* Lets interrupt threads and agents finish their work. */
static void
settle(void)
{
	pause("settle", hz);
}

static void
done(struct testdev_softc *sc)
{
	TK_EQ(tk_device_delete(sc->dev), 0);
}

/*
 * Edges
 */

TK_CASE(a_filter_runs_at_once_in_interrupt_context)
{
	struct testdev_softc *sc = setup(TK_IRQ_EDGE, test_filter, NULL);

	tk_irq_raise(testdev_model.line);
	TK_EQ(filters, 1);
	TK_EQ(filter_context, TK_CTX_FILTER);
	TK_EQ(tk_context(), TK_CTX_THREAD);
	tk_irq_raise(testdev_model.line);
	TK_EQ(filters, 2);
	done(sc);
}

TK_CASE(a_handler_without_filter_runs_in_its_thread)
{
	struct testdev_softc *sc = setup(TK_IRQ_EDGE, NULL, test_handler);

	tk_irq_raise(testdev_model.line);
	settle();
	TK_EQ(handlers, 1);
	TK_EQ(handler_context, TK_CTX_ITHREAD);
	done(sc);
}

TK_CASE(a_filter_decides_whether_the_thread_runs)
{
	struct testdev_softc *sc = setup(TK_IRQ_EDGE, test_filter,
	    test_handler);
	struct tk_irq_stats stats;

	tk_irq_raise(testdev_model.line);
	filter_answer = FILTER_STRAY;
	tk_irq_raise(testdev_model.line);
	settle();
	TK_EQ(handlers, 0);
	filter_answer = FILTER_SCHEDULE_THREAD;
	tk_irq_raise(testdev_model.line);
	settle();
	TK_EQ(filters, 3);
	TK_EQ(handlers, 1);
	tk_irq_stats(testdev_model.line, &stats);
	TK_EQ(stats.raised, 3);
	TK_EQ(stats.delivered, 3);
	TK_EQ(stats.stray, 1);
	TK_EQ(stats.threaded, 1);
	done(sc);
}

static void
edge_again(void *arg)
{
	/* While the thread runs, the line is masked. */
	if (handlers++ == 0) {
		tk_irq_raise(testdev_model.line);
		tk_irq_raise(testdev_model.line);
		TK_EQ(handlers, 1);
	}
}

TK_CASE(edges_during_the_handler_are_remembered_once)
{
	struct testdev_softc *sc = setup(TK_IRQ_EDGE, NULL, edge_again);

	tk_irq_raise(testdev_model.line);
	settle();
	TK_EQ(handlers, 2);
	done(sc);
}

TK_CASE(an_edge_before_the_handler_is_set_up_is_delivered_then)
{
	struct testdev_softc *sc = setup(TK_IRQ_EDGE, NULL, NULL);

	tk_irq_raise(testdev_model.line);
	settle();
	TK_EQ(bus_setup_intr(sc->dev, sc->irq, INTR_TYPE_AV | INTR_MPSAFE,
	    test_filter, NULL, sc, &sc->cookie), 0);
	TK_EQ(filters, 1);
	done(sc);
}

/*
 * Levels
 */

TK_CASE(a_level_interrupts_until_it_is_lowered)
{
	struct testdev_softc *sc = setup(TK_IRQ_LEVEL, NULL, test_handler);

	handler_acks = true;
	tk_irq_raise(testdev_model.line);
	settle();
	TK_EQ(handlers, 1);
	TK_CHECK(!tk_irq_is_up(testdev_model.line));
	done(sc);
}

static void
third_time_lucky(void *arg)
{
	if (++handlers == 3)
		tk_irq_lower(testdev_model.line);
}

TK_CASE(a_handler_that_leaves_the_level_up_runs_again)
{
	struct testdev_softc *sc = setup(TK_IRQ_LEVEL, NULL,
	    third_time_lucky);

	tk_irq_raise(testdev_model.line);
	settle();
	TK_EQ(handlers, 3);
	done(sc);
}

static int
third_filter_lucky(void *arg)
{
	if (++filters == 3)
		tk_irq_lower(testdev_model.line);
	return (FILTER_HANDLED);
}

TK_CASE(a_filter_that_leaves_the_level_up_runs_again)
{
	struct testdev_softc *sc = setup(TK_IRQ_LEVEL, third_filter_lucky,
	    NULL);

	tk_irq_raise(testdev_model.line);
	settle();
	TK_EQ(filters, 3);
	done(sc);
}

static void
ack_at_doorbell(struct testdev_model *m, uint64_t value)
{
	tk_irq_lower(m->line);
}

static int
doorbell_filter(void *arg)
{
	struct testdev_softc *sc = arg;

	filters++;
	bus_write_4(sc->mem, 0, 1);
	return (FILTER_HANDLED);
}

TK_CASE(a_filter_may_acknowledge_through_registers)
{
	struct testdev_softc *sc = setup(TK_IRQ_LEVEL, doorbell_filter, NULL);

	testdev_model.doorbell = ack_at_doorbell;
	for (int i = 0; i < 5; i++)
		tk_irq_raise(testdev_model.line);
	settle();
	TK_EQ(filters, 5);
	done(sc);
}

static struct mtx spin;

static void
raise_at_doorbell(struct testdev_model *m, uint64_t value)
{
	tk_irq_raise(m->line);
}

static int
spin_filter(void *arg)
{
	mtx_lock_spin(&spin);
	filters++;
	mtx_unlock_spin(&spin);
	return (FILTER_HANDLED);
}

TK_CASE(an_interrupt_waits_until_spin_mutexes_are_released)
{
	struct testdev_softc *sc = setup(TK_IRQ_EDGE, spin_filter, NULL);

	mtx_init(&spin, "test spin", NULL, MTX_SPIN);
	testdev_model.doorbell = raise_at_doorbell;
	mtx_lock_spin(&spin);
	bus_write_4(sc->mem, 0, 1);
	TK_EQ(filters, 0);
	mtx_unlock_spin(&spin);
	TK_EQ(filters, 1);
	done(sc);
	mtx_destroy(&spin);
}

static void
agent_raises(void *arg)
{
	for (int i = 0; i < 10; i++) {
		tk_irq_raise(testdev_model.line);
		do
			tk_agent_wait(tk_now_ns() + 100000);
		while (tk_irq_is_up(testdev_model.line));
	}
}

TK_CASE(an_agent_may_raise_interrupts)
{
	struct testdev_softc *sc = setup(TK_IRQ_LEVEL, test_filter,
	    test_handler);
	struct tk_agent *agent;

	filter_answer = FILTER_SCHEDULE_THREAD;
	handler_acks = true;
	tk_agent_create(&agent, "device", agent_raises, NULL);
	settle();
	tk_agent_stop(agent);
	TK_EQ(handlers, 10);
	done(sc);
}

TK_CASE_THREADED(interrupts_from_a_thread_of_the_host_are_all_handled)
{
	struct testdev_softc *sc = setup(TK_IRQ_LEVEL, test_filter,
	    test_handler);
	struct tk_agent *agent;

	filter_answer = FILTER_SCHEDULE_THREAD;
	handler_acks = true;
	tk_agent_create(&agent, "device", agent_raises, NULL);
	while (atomic_load_acq_int(&handlers) < 10)
		pause("wait", 1);
	tk_agent_stop(agent);
	TK_EQ(handlers, 10);
	done(sc);
}

/*
 * Sharing, suspending, describing
 */

static int others;

static void
other_handler(void *arg)
{
	others++;
}

TK_CASE(handlers_that_share_a_line_all_run)
{
	struct testdev_softc *sc = setup(TK_IRQ_EDGE, NULL, test_handler);
	void *second;

	others = 0;
	TK_EQ(bus_setup_intr(sc->dev, sc->irq, INTR_TYPE_AV | INTR_MPSAFE,
	    NULL, other_handler, sc, &second), 0);
	tk_irq_raise(testdev_model.line);
	settle();
	TK_EQ(handlers, 1);
	TK_EQ(others, 1);
	TK_EQ(bus_teardown_intr(sc->dev, sc->irq, second), 0);
	settle();
	handlers = 0;
	tk_irq_raise(testdev_model.line);
	settle();
	TK_EQ(handlers, 1);
	TK_EQ(others, 1);
	TK_EQ(bus_setup_intr(sc->dev, sc->irq,
	    INTR_TYPE_AV | INTR_MPSAFE | INTR_EXCL, NULL, other_handler, sc,
	    &second), EINVAL);
	done(sc);
}

TK_CASE(a_suspended_handler_does_not_run_until_it_is_resumed)
{
	struct testdev_softc *sc = setup(TK_IRQ_LEVEL, NULL, test_handler);

	handler_acks = true;
	TK_EQ(bus_suspend_intr(sc->dev, sc->irq), 0);
	tk_irq_raise(testdev_model.line);
	settle();
	TK_EQ(handlers, 0);
	TK_EQ(bus_resume_intr(sc->dev, sc->irq), 0);
	settle();
	TK_EQ(handlers, 1);
	done(sc);
}

/* Not every interrupt controller can. */
TK_CASE(suspending_a_handler_can_be_made_to_fail)
{
	struct testdev_softc *sc = setup(TK_IRQ_LEVEL, NULL, test_handler);

	tk_fault_set("bus_suspend_intr", 1);
	TK_EQ(bus_suspend_intr(sc->dev, sc->irq), ENXIO);
	TK_EQ(bus_suspend_intr(sc->dev, sc->irq), 0);
	tk_fault_set("bus_resume_intr", 1);
	TK_EQ(bus_resume_intr(sc->dev, sc->irq), ENXIO);
	TK_EQ(bus_resume_intr(sc->dev, sc->irq), 0);
	done(sc);
}

TK_CASE(a_handler_can_be_described)
{
	struct testdev_softc *sc = setup(TK_IRQ_EDGE, NULL, test_handler);

	TK_EQ(bus_describe_intr(sc->dev, sc->irq, sc->cookie, "q%d", 3), 0);
	TK_EQ(bus_bind_intr(sc->dev, sc->irq, 0), 0);
	done(sc);
}

/*
 * Teardown
 */

static bool handler_ended;

static void
slow_handler(void *arg)
{
	handlers++;
	for (int i = 0; i < 50; i++)
		tk_preempt();
	DELAY(100);
	handler_ended = true;
}

TK_CASE(teardown_waits_for_a_running_handler)
{
	struct testdev_softc *sc;

	for (int i = 0; i < 20; i++) {
		sc = setup(TK_IRQ_EDGE, NULL, slow_handler);
		handler_ended = false;
		tk_irq_raise(testdev_model.line);
		for (int j = 0; j < i; j++)
			tk_preempt();
		TK_EQ(bus_teardown_intr(sc->dev, sc->irq, sc->cookie), 0);
		sc->cookie = NULL;
		TK_EQ(handler_ended, handlers != 0);
		done(sc);
		tk_irq_remove(testdev_model.line);
		tk_mmio_remove(testdev_model.mmio);
	}
}

static int
slow_filter(void *arg __unused)
{
	filters++;
	for (int i = 0; i < 100; i++)
		cpu_spinwait();
	handler_ended = true;
	return (FILTER_HANDLED);
}

static void
raise_line(void *arg __unused)
{
	tk_irq_raise(testdev_model.line);
}

/* Tears down while the filter runs on another CPU.  Has it ended? */
static bool
tear_down_in_filter(driver_intr_t *handler)
{
	struct testdev_softc *sc = setup(TK_IRQ_EDGE, slow_filter, handler);
	struct test_thread t;
	bool ended;

	handler_ended = false;
	test_thread_start(&t, raise_line, NULL);
	while (filters == 0)
		cpu_spinwait();
	TK_EQ(bus_teardown_intr(sc->dev, sc->irq, sc->cookie), 0);
	sc->cookie = NULL;
	ended = handler_ended;
	cpus_fence_seq_cst();
	TK_CHECK(handler_ended);
	test_thread_join(&t);
	done(sc);
	return (ended);
}

TK_CASE(teardown_waits_for_a_running_filter)
{
	TK_CHECK(tear_down_in_filter(NULL));
}

/* FreeBSD leaves the removal to the thread, which does not wait for filters. */
TK_CASE(teardown_of_an_event_with_a_thread_leaves_a_filter_running)
{
	TK_CHECK(!tear_down_in_filter(test_handler));
}

/* The thread that removes a handler runs the others, as for an interrupt. */
TK_CASE(teardown_runs_handlers_that_share_the_line)
{
	struct testdev_softc *sc = setup(TK_IRQ_EDGE, NULL, test_handler);
	void *second;

	TK_EQ(bus_setup_intr(sc->dev, sc->irq, INTR_TYPE_AV | INTR_MPSAFE,
	    NULL, other_handler, sc, &second), 0);
	others = 0;
	TK_EQ(bus_teardown_intr(sc->dev, sc->irq, second), 0);
	settle();
	TK_EQ(handlers, 1);
	TK_EQ(others, 0);
	done(sc);
}

TK_CASE(no_interrupt_comes_after_teardown)
{
	struct testdev_softc *sc = setup(TK_IRQ_LEVEL, test_filter,
	    test_handler);

	TK_EQ(bus_teardown_intr(sc->dev, sc->irq, sc->cookie), 0);
	sc->cookie = NULL;
	tk_irq_raise(testdev_model.line);
	settle();
	TK_EQ(filters, 0);
	TK_EQ(handlers, 0);
	done(sc);
}

TK_CASE(any_failing_call_of_setup_leaves_nothing)
{
	static const char *const calls[] = {
		"bus_setup_intr", "intr_event_add_handler", "kthread_add"
	};
	struct testdev_softc *sc = setup(TK_IRQ_EDGE, NULL, NULL);
	void *cookie;

	for (size_t i = 0; i < nitems(calls); i++) {
		tk_fault_set(calls[i], 1);
		if (bus_setup_intr(sc->dev, sc->irq, INTR_MPSAFE, NULL,
		    test_handler, sc, &cookie) == 0)
			TK_EQ(bus_teardown_intr(sc->dev, sc->irq, cookie), 0);
		tk_fault_clear();
	}
	TK_EQ(bus_setup_intr(sc->dev, sc->irq, INTR_MPSAFE, NULL, NULL, sc,
	    &cookie), EINVAL);
	done(sc);
}

/*
 * Events and software interrupts
 */

TK_CASE(a_bus_may_have_events_of_its_own)
{
	struct intr_event *ie;
	void *cookie;

	handlers = filters = 0;
	handler_acks = filter_acks = false;
	TK_EQ(intr_event_create(&ie, &ie, 0, 0, NULL, NULL, NULL, NULL,
	    "vector%d", 1), 0);
	TK_EQ(intr_event_handle(ie, NULL), EINVAL);
	TK_EQ(intr_event_add_handler(ie, "v", test_filter, test_handler,
	    NULL, 0, INTR_MPSAFE, &cookie), 0);
	TK_CHECK(intr_handler_source(cookie) == &ie);
	filter_answer = FILTER_SCHEDULE_THREAD;
	TK_EQ(intr_event_handle(ie, NULL), 0);
	settle();
	TK_EQ(handlers, 1);
	TK_EQ(intr_event_destroy(ie), EBUSY);
	TK_EQ(intr_event_remove_handler(cookie), 0);
	TK_EQ(intr_event_destroy(ie), 0);
}

TK_CASE(a_software_interrupt_runs_when_scheduled)
{
	void *cookie;

	handlers = 0;
	handler_acks = false;
	TK_EQ(swi_add(NULL, "soft", test_handler, NULL, SWI_CLOCK,
	    INTR_MPSAFE, &cookie), 0);
	settle();
	TK_EQ(handlers, 0);
	swi_sched(cookie, 0);
	settle();
	TK_EQ(handlers, 1);
	TK_EQ(swi_remove(cookie), 0);
}

TK_CASE(software_interrupts_may_share_a_thread)
{
	struct intr_event *ie = NULL;
	void *first, *second;

	handlers = others = 0;
	handler_acks = false;
	TK_EQ(swi_add(&ie, "first", test_handler, NULL, SWI_TQ, INTR_MPSAFE,
	    &first), 0);
	TK_EQ(swi_add(&ie, "second", other_handler, NULL, SWI_TQ,
	    INTR_MPSAFE, &second), 0);
	swi_sched(second, 0);
	settle();
	TK_EQ(handlers, 0);
	TK_EQ(others, 1);
	TK_EQ(swi_remove(first), 0);
	TK_EQ(swi_remove(second), 0);
	TK_EQ(intr_event_destroy(ie), 0);
}

/*
 * Rules
 */

TK_CASE_STOPS(setup_without_mpsafe_is_caught, "tk: intr-mpsafe: testdev0")
{
	struct testdev_softc *sc = setup(TK_IRQ_EDGE, NULL, NULL);

	bus_setup_intr(sc->dev, sc->irq, INTR_TYPE_AV, NULL, test_handler,
	    sc, &sc->cookie);
}

TK_CASE_STOPS(a_level_that_no_handler_lowers_is_a_storm,
    "tk: interrupt storm: line testdev stays up after 1000")
{
	setup(TK_IRQ_LEVEL, NULL, test_handler);
	tk_irq_raise(testdev_model.line);
	settle();
}

TK_CASE_STOPS(a_level_that_no_filter_lowers_is_a_storm,
    "tk: interrupt storm: ")
{
	setup(TK_IRQ_LEVEL, test_filter, NULL);
	tk_irq_raise(testdev_model.line);
	settle();
}

TK_CASE_STOPS(a_level_that_everyone_calls_stray_is_a_storm,
    "tk: interrupt storm: ")
{
	setup(TK_IRQ_LEVEL, test_filter, NULL);
	filter_answer = FILTER_STRAY;
	tk_irq_raise(testdev_model.line);
	settle();
}

static void
pausing_handler(void *arg)
{
	handlers++;
	pause("masked", 1);
}

/* The machine goes on meanwhile. */
TK_CASE(a_level_that_its_thread_masks_for_ticks_is_no_storm)
{
	struct testdev_softc *sc = setup(TK_IRQ_LEVEL, NULL, NULL);

	TK_EQ(bus_setup_intr(sc->dev, sc->irq, INTR_TYPE_AV | INTR_MPSAFE |
	    INTR_EXCL | INTR_SLEEPABLE, NULL, pausing_handler, sc,
	    &sc->cookie), 0);
	tk_irq_raise(testdev_model.line);
	while (handlers <= 2 * TK_IRQ_STORM)
		settle();
	tk_irq_lower(testdev_model.line);
	done(sc);
}

TK_CASE_STOPS(a_filter_that_answers_nonsense_is_caught,
    "tk: intr-flags: filter of testdev0 returned 0x3")
{
	setup(TK_IRQ_EDGE, test_filter, NULL);
	filter_answer = FILTER_STRAY | FILTER_HANDLED;
	tk_irq_raise(testdev_model.line);
}

TK_CASE_STOPS(handled_together_with_thread_is_caught,
    "tk: intr-flags: filter of testdev0 returned 0x6")
{
	setup(TK_IRQ_EDGE, test_filter, test_handler);
	filter_answer = FILTER_HANDLED | FILTER_SCHEDULE_THREAD;
	tk_irq_raise(testdev_model.line);
}

TK_CASE_STOPS(asking_for_a_thread_that_is_not_there_is_caught,
    "has no threaded handler")
{
	setup(TK_IRQ_EDGE, test_filter, NULL);
	filter_answer = FILTER_SCHEDULE_THREAD;
	tk_irq_raise(testdev_model.line);
}

static int
sleeping_filter(void *arg)
{
	pause("no", 1);
	return (FILTER_HANDLED);
}

TK_CASE_DEBUG_STOPS(a_filter_that_sleeps_is_caught, "tk: ")
{
	setup(TK_IRQ_EDGE, sleeping_filter, NULL);
	tk_irq_raise(testdev_model.line);
}

static void
sleeping_handler(void *arg)
{
	pause("no", 1);
}

TK_CASE_DEBUG_STOPS(a_handler_that_sleeps_is_caught, "tk: ")
{
	setup(TK_IRQ_EDGE, NULL, sleeping_handler);
	tk_irq_raise(testdev_model.line);
	settle();
}

static struct mtx kept;

static int
locking_filter(void *arg)
{
	mtx_lock(&kept);
	mtx_unlock(&kept);
	return (FILTER_HANDLED);
}

TK_CASE_DEBUG_STOPS(a_default_mutex_in_a_filter_is_caught, "kept")
{
	mtx_init(&kept, "kept", NULL, MTX_DEF);
	setup(TK_IRQ_EDGE, locking_filter, NULL);
	tk_irq_raise(testdev_model.line);
}

static void
keeping_handler(void *arg)
{
	mtx_lock(&kept);
}

TK_CASE_DEBUG_STOPS(a_handler_that_keeps_a_lock_is_caught, "kept")
{
	mtx_init(&kept, "kept", NULL, MTX_DEF);
	setup(TK_IRQ_EDGE, NULL, keeping_handler);
	tk_irq_raise(testdev_model.line);
	settle();
}

TK_CASE_STOPS(teardown_twice_is_caught,
    "tk: intr-teardown: intr_event_remove_handler: handler testdev0 was")
{
	struct testdev_softc *sc = setup(TK_IRQ_EDGE, NULL, test_handler);

	TK_EQ(bus_teardown_intr(sc->dev, sc->irq, sc->cookie), 0);
	bus_teardown_intr(sc->dev, sc->irq, sc->cookie);
}

static void
suicidal_handler(void *arg)
{
	struct testdev_softc *sc = arg;

	bus_teardown_intr(sc->dev, sc->irq, sc->cookie);
}

TK_CASE_STOPS(teardown_from_the_handler_is_caught,
    "called from the handler itself (testdev0)")
{
	setup(TK_IRQ_EDGE, NULL, suicidal_handler);
	tk_irq_raise(testdev_model.line);
	settle();
}

TK_CASE_DEBUG_STOPS(teardown_with_a_mutex_held_is_caught, "kept")
{
	struct testdev_softc *sc = setup(TK_IRQ_EDGE, NULL, test_handler);

	mtx_init(&kept, "kept", NULL, MTX_DEF);
	mtx_lock(&kept);
	bus_teardown_intr(sc->dev, sc->irq, sc->cookie);
}

TK_CASE_STOPS(an_interrupt_released_with_its_handler_is_caught,
    "tk: resource: interrupt of testdev0 released with a handler set up")
{
	struct testdev_softc *sc = setup(TK_IRQ_EDGE, NULL, test_handler);

	bus_release_resource(sc->dev, sc->irq);
}

TK_CASE_STOPS(a_line_that_goes_with_its_handler_is_caught,
    "tk: resource: line testdev goes while a handler is set up")
{
	setup(TK_IRQ_EDGE, NULL, test_handler);
	tk_irq_remove(testdev_model.line);
}

TK_CASE_UNBOOTED(a_handler_left_at_shutdown_is_a_leak)
{
	tk_boot(NULL);
	setup(TK_IRQ_EDGE, NULL, test_handler);
	/* The handler, and its event. */
	TK_EQ(tk_ledger_count("interrupt"), 2);
	TK_CHECK(tk_shutdown() > 0);
}

// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`kpi::virtio`] and [`kpi::virtio_ctl`].

use core::ffi::{CStr, c_int, c_void};
use core::mem::ManuallyDrop;
use core::sync::atomic::{AtomicU32, Ordering};

use kpi::arc::Arc;
use kpi::boxed::Box;
use kpi::dev::Device;
use kpi::errno::{E2BIG, EBUSY, EINVAL, ENXIO, EOPNOTSUPP, EPROTO, ETIMEDOUT, Result, status};
use kpi::mtx::Mtx;
use kpi::taskq::{Task, TaskHandler, TaskQueue};
use kpi::time::{Sbt, uptime};
use kpi::virtio::{
    ConfigHandler, F_EVENT_IDX, F_INDIRECT_DESC, F_VERSION_1, QueueHandler, QueueSpec, QueueUser,
    Queues, Virtio,
};
use kpi::virtio_ctl::{ControlQueue, SEGMENTS};

use crate::bindings::{
    self, KT_ECHO, KT_HOLD, KT_LONG, KT_NOTHING, KT_QUIET, KT_SHORT, kt_answer, kt_virtio_driver,
};
use crate::check::{Fault, attached, detached, eq, err, ms, ok, panicked, pause_ms};

/// The longest request and the longest response.
const REQUEST: usize = 32;
const RESPONSE: usize = 48;

/// The state of the driver of these tests.
struct Card {
    /// `None`: the device was reset.
    queues: Option<Queues>,
    control: Arc<ControlQueue>,
    features: u64,
}

impl Card {
    fn attach(dev: Device, mut virtio: Virtio) -> Result<Box<Self>> {
        let features = virtio.negotiate(F_VERSION_1 | F_INDIRECT_DESC | F_EVENT_IDX)?;
        eq(virtio.config_1(2), 3);
        eq(virtio.config_2(2), 0x0403);
        eq(virtio.config_4(0), 0x0403_0201);
        let control = Arc::new(ControlQueue::new(dev, REQUEST, RESPONSE)?)?;
        let spec = QueueSpec::new(c"control", SEGMENTS).handler(&control);
        let mut queues = virtio.setup_queues([spec])?;
        control.bind(queues.take(0)?)?;
        queues.driver_ok();
        Box::new(Self {
            queues: Some(queues),
            control,
            features,
        })
    }
}

impl Card {
    fn queues(&mut self) -> &mut Queues {
        match &mut self.queues {
            Some(queues) => queues,
            None => panic!("no queues any more"),
        }
    }
}

unsafe extern "C" fn attach(
    dev: *mut c_void,
    virtio: *mut c_void,
    state: *mut *mut c_void,
) -> c_int {
    let dev = attached(dev);
    // SAFETY: the glue gives the device's struct, which lives as long; its config
    // space has four bytes.
    let virtio = unsafe { Virtio::from_raw(dev, virtio.cast(), 4) };
    let result = virtio
        .and_then(|virtio| Card::attach(dev, virtio))
        .map(|card| {
            // SAFETY: `state` is there to be written.
            unsafe { state.write(Box::into_raw(card).cast()) }
        });
    if result.is_err() {
        eq(detached(), 0);
    }
    status(result)
}

unsafe extern "C" fn detach(state: *mut c_void) -> c_int {
    // SAFETY: attach made it, and it is detached once.
    drop(unsafe { Box::<Card>::from_raw(state.cast()) });
    detached()
}

const DRIVER: &kt_virtio_driver = &kt_virtio_driver {
    attach: Some(attach),
    detach: Some(detach),
};

/// Attaches a device that answers like `how`. Returns the error if that fails.
fn try_attach(bus: &CStr, how: kt_answer) -> Result<*mut Card> {
    let mut state = core::ptr::null_mut();
    // SAFETY: the driver is static; the state is what attach() leaves.
    let error = unsafe { bindings::kt_virtio_attach(DRIVER, bus.as_ptr(), how, &mut state) };
    kpi::errno::check(error).map(|()| state.cast())
}

/// Runs `test` on a device that answers like `how`, then detaches it.
fn on_bus(bus: &CStr, how: kt_answer, test: impl FnOnce(&mut Card)) {
    let card = ok(try_attach(bus, how));
    // SAFETY: the device is attached, and nobody else has its state.
    test(unsafe { &mut *card });
    // SAFETY: the device is attached.
    unsafe { bindings::kt_virtio_detach() }
}

fn on_device(how: kt_answer, test: impl FnOnce(&mut Card)) {
    on_bus(c"virtio_pci", how, test);
}

fn answer(how: kt_answer) {
    // SAFETY: the device is attached.
    unsafe { bindings::kt_virtio_answer(how) }
}

/// Lets the device answer the request that it held.
fn release() {
    // SAFETY: the device is attached.
    unsafe { bindings::kt_virtio_release() }
    pause_ms(5);
}

/// Lets the device report that its configuration changed.
fn config_change() {
    // SAFETY: the device is attached.
    unsafe { bindings::kt_virtio_config_change() };
    pause_ms(5);
}

fn requests() -> i32 {
    // SAFETY: the device is attached.
    unsafe { bindings::kt_virtio_requests() }
}

/// Sends `request` and expects it back.
#[track_caller]
fn echo(control: &ControlQueue, request: &[u8]) {
    let mut response = [0xee; RESPONSE];
    let len = ok(control.request(&[request], &mut response, ms(100)));
    eq(len, request.len());
    eq(&response[..len], request);
    check!(response[len..].iter().all(|&byte| byte == 0xee));
}

/// Sends a request in a task, and keeps the result.
struct Asker {
    control: Arc<ControlQueue>,
    byte: u8,
    timeout: Sbt,
    outcome: Mtx<Option<Result<u8>>>,
}

impl Asker {
    fn new(card: &Card, byte: u8, timeout: Sbt) -> Arc<Self> {
        ok(Arc::new(Self {
            control: card.control.clone(),
            byte,
            timeout,
            outcome: ok(Mtx::new(c"kt asker", None)),
        }))
    }

    /// Has a thread send the request 7, which the device then holds. The task is dropped
    /// before the queue.
    fn held(card: &Card, timeout: Sbt) -> (TaskQueue, Arc<Self>, Task<Self>) {
        let queue = ok(TaskQueue::new(c"kt", 1));
        let asker = Self::new(card, 7, timeout);
        let task = ok(Task::new(&queue, asker.clone()));
        task.enqueue();
        while requests() == 0 {
            pause_ms(1);
        }
        (queue, asker, task)
    }

    fn outcome(&self) -> Option<Result<u8>> {
        *self.outcome.lock()
    }

    /// Waits for the result.
    fn wait(&self) -> Result<u8> {
        let mut outcome = self.outcome.lock();
        loop {
            match *outcome {
                Some(result) => return result,
                None => ok(outcome.sleep(c"kt", Sbt::FOREVER)),
            }
        }
    }
}

impl TaskHandler for Asker {
    fn run(&self) {
        let mut response = [0; 4];
        let request = [self.byte; 4];
        let result = self
            .control
            .request(&[&request], &mut response, self.timeout);
        *self.outcome.lock() = Some(result.map(|_| response[3]));
        self.outcome.wakeup();
    }
}

/// Counts changes of the configuration, or runs of a task.
struct Changes(AtomicU32);

impl TaskHandler for Changes {
    fn run(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl ConfigHandler for Changes {
    fn changed(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A handler that does nothing.
struct Nobody;

impl QueueUser for Nobody {}

impl QueueHandler for Nobody {
    fn intr(&self) {}
}

cases! {
    fn control_request_is_answered() {
        for bus in [c"virtio_pci", c"virtio_mmio"] {
            on_bus(bus, KT_ECHO, |card| {
                eq(card.features, F_VERSION_1 | F_INDIRECT_DESC | F_EVENT_IDX);
                for n in 1..20 {
                    echo(&card.control, &[n; 7]);
                }
                eq(requests(), 19);
            });
        }
    }

    fn control_request_is_sent_in_one_piece() {
        on_device(KT_ECHO, |card| {
            let mut response = [0; 8];
            let parts: [&[u8]; 4] = [&[1, 2], &[], &[3], &[4, 5, 6, 7, 8]];
            let len = card.control.request(&parts, &mut response, ms(100));
            eq(len, Ok(8));
            eq(response, [1, 2, 3, 4, 5, 6, 7, 8]);
        });
    }

    fn control_request_may_be_as_long_as_the_buffers() {
        on_device(KT_ECHO, |card| {
            echo(&card.control, &[7; REQUEST]);
            let mut response = [0; RESPONSE + 1];
            let mut ask = |request: &[u8], room: usize| {
                card.control.request(&[request], &mut response[..room], ms(100))
            };
            eq(ask(&[7; REQUEST + 1], 4), Err(E2BIG));
            eq(ask(&[7; 4], RESPONSE + 1), Err(E2BIG));
            eq(ask(&[], 4), Err(EINVAL));
            eq(ask(&[7; 4], 0), Err(EINVAL));
            eq(requests(), 1);
        });
    }

    fn control_answer_may_be_short() {
        on_device(KT_SHORT, |card| {
            let mut response = [0xee; 4];
            let len = card.control.request(&[&[7; 4]], &mut response, ms(100));
            eq(len, Ok(1));
            eq(response, [7, 0xee, 0xee, 0xee]);
        });
    }

    fn control_answer_is_cut_to_the_room_there_is() {
        on_device(KT_ECHO, |card| {
            let mut response = [0; 2];
            let len = card.control.request(&[&[1, 2, 3, 4]], &mut response, ms(100));
            eq(len, Ok(2));
            eq(response, [1, 2]);
        });
    }

    fn control_answer_that_claims_too_much_is_refused() {
        on_device(KT_LONG, |card| {
            let mut response = [0xee; 4];
            let result = card.control.request(&[&[7; 4]], &mut response, ms(100));
            eq(result, Err(EPROTO));
            eq(response, [0xee; 4]);
            answer(KT_ECHO);
            echo(&card.control, &[8; 4]);
        });
    }

    fn control_answer_that_was_not_written_reads_as_zeroes() {
        on_device(KT_ECHO, |card| {
            echo(&card.control, &[7; 4]);
            answer(KT_NOTHING);
            let mut response = [0xee; 4];
            let len = card.control.request(&[&[8; 4]], &mut response, ms(100));
            eq(len, Ok(4));
            eq(response, [0; 4]);
        });
    }

    fn control_request_without_an_answer_times_out_and_is_lost() {
        on_device(KT_HOLD, |card| {
            let before = uptime();
            let result = card.control.request(&[&[7; 4]], &mut [0; 4], ms(50));
            eq(result, Err(ETIMEDOUT));
            check!(uptime() - before >= ms(50));
            answer(KT_ECHO);
            let result = card.control.request(&[&[8; 4]], &mut [0; 4], ms(50));
            eq(result, Err(ENXIO));
            eq(requests(), 1);
        });
    }

    fn control_queue_works_again_after_a_late_answer() {
        on_device(KT_HOLD, |card| {
            let result = card.control.request(&[&[7; 4]], &mut [0; 4], ms(50));
            eq(result, Err(ETIMEDOUT));
            answer(KT_ECHO);
            release();
            echo(&card.control, &[8; 4]);
        });
    }

    fn control_answer_is_found_without_an_interrupt() {
        on_device(KT_QUIET, |card| {
            echo(&card.control, &[7; 4]);
            // The answer was there all the time, but the driver looks for it
            // only at the end.
            answer(KT_ECHO);
            echo(&card.control, &[8; 4]);
        });
    }

    fn control_requests_wait_for_each_other() {
        many_requests_at_once();
    }

    threaded true fn control_requests_wait_for_each_other_with_real_threads() {
        many_requests_at_once();
    }

    fn control_wait_for_another_request_is_no_part_of_the_timeout() {
        on_device(KT_HOLD, |card| {
            let queue = ok(TaskQueue::new(c"kt", 2));
            let askers = [7, 8].map(|byte| Asker::new(card, byte, ms(50)));
            let tasks = [0, 1].map(|n| ok(Task::new(&queue, askers[n].clone())));
            tasks[0].enqueue();
            while requests() == 0 {
                pause_ms(1);
            }
            tasks[1].enqueue();
            // Each gets its answer in time, the second after 80 ms altogether.
            for (n, asker) in askers.iter().enumerate() {
                pause_ms(35);
                eq(requests(), n as i32 + 1);
                eq(asker.outcome(), None);
                release();
                eq(asker.wait(), Ok(7 + n as u8));
            }
            answer(KT_ECHO);
            echo(&card.control, &[9; 4]);
        });
    }

    fn control_wait_for_another_request_ends_when_that_is_lost() {
        on_device(KT_HOLD, |card| {
            let (_queue, asker, _task) = Asker::held(card, ms(50));
            let result = card.control.request(&[&[8; 4]], &mut [0; 4], ms(500));
            eq(result, Err(ENXIO));
            eq(asker.wait(), Err(ETIMEDOUT));
            eq(requests(), 1);
        });
    }

    fn control_request_polls_after_a_panic() {
        on_device(KT_HOLD, |card| {
            panicked(true);
            let result = card.control.request(&[&[7; 4]], &mut [0; 4], ms(50));
            panicked(false);
            eq(result, Err(ETIMEDOUT));
        });
    }

    fn control_request_waits_for_no_other_after_a_panic() {
        on_device(KT_HOLD, |card| {
            let (_queue, asker, _task) = Asker::held(card, ms(50));
            panicked(true);
            let result = card.control.request(&[&[8; 4]], &mut [0; 4], ms(500));
            panicked(false);
            eq(result, Err(ENXIO));
            eq(asker.wait(), Err(ETIMEDOUT));
        });
    }

    fn control_answer_that_comes_late_enqueues_the_task_that_watches() {
        on_device(KT_HOLD, |card| {
            let queue = ok(TaskQueue::new(c"kt", 1));
            let late = ok(Arc::new(Changes(AtomicU32::new(0))));
            let runs = || {
                pause_ms(5);
                late.0.load(Ordering::Relaxed)
            };
            let task = ok(Arc::new(ok(Task::new(&queue, late.clone()))));
            let watch = ok(ControlQueue::watch_late(&card.control, &task));
            // One answer may have come before.
            eq(runs(), 1);
            eq(ControlQueue::watch_late(&card.control, &task).err(), Some(EBUSY));
            let lose = || {
                let result = card.control.request(&[&[7; 4]], &mut [0; 4], ms(50));
                eq(result, Err(ETIMEDOUT));
            };
            lose();
            eq(runs(), 1);
            release();
            eq(runs(), 2);
            answer(KT_ECHO);
            echo(&card.control, &[8; 4]);
            eq(runs(), 2);
            answer(KT_HOLD);
            lose();
            drop(watch);
            release();
            eq(runs(), 2);
            drop(ok(ControlQueue::watch_late(&card.control, &task)));
            eq(runs(), 3);
        });
    }

    fn control_watch_that_is_forgotten_keeps_its_task() {
        on_device(KT_HOLD, |card| {
            let queue = ok(TaskQueue::new(c"kt", 1));
            let late = ok(Arc::new(Changes(AtomicU32::new(0))));
            let task = ok(Arc::new(ok(Task::new(&queue, late.clone()))));
            let watch = ManuallyDrop::new(ok(ControlQueue::watch_late(&card.control, &task)));
            drop(task);
            let result = card.control.request(&[&[7; 4]], &mut [0; 4], ms(50));
            eq(result, Err(ETIMEDOUT));
            release();
            eq(late.0.load(Ordering::Relaxed), 2);
            drop(ManuallyDrop::into_inner(watch));
        });
    }

    fn control_cancel_fails_requests_that_wait() {
        on_device(KT_HOLD, |card| {
            let queue = ok(TaskQueue::new(c"kt", 2));
            let askers = [1, 2].map(|byte| Asker::new(card, byte, Sbt::FOREVER));
            let tasks = [0, 1].map(|n| ok(Task::new(&queue, askers[n].clone())));
            for task in &tasks {
                task.enqueue();
            }
            while requests() == 0 {
                pause_ms(1);
            }
            pause_ms(5);
            card.control.cancel();
            for asker in &askers {
                eq(asker.wait(), Err(ENXIO));
            }
            let result = card.control.request(&[&[8; 4]], &mut [0; 4], ms(50));
            eq(result, Err(ENXIO));
        });
    }

    fn control_request_fails_when_the_device_goes() {
        on_device(KT_HOLD, |card| {
            let (_queue, asker, _task) = Asker::held(card, Sbt::FOREVER);
            card.queues = None;
            eq(asker.wait(), Err(ENXIO));
            let result = card.control.request(&[&[8; 4]], &mut [0; 4], ms(50));
            eq(result, Err(ENXIO));
        });
    }

    fn control_queue_works_again_after_a_restart() {
        for bus in [c"virtio_pci", c"virtio_mmio"] {
            on_bus(bus, KT_ECHO, |card| {
                for n in 1..5 {
                    echo(&card.control, &[n; 7]);
                    card.queues().stop();
                    let result = card.control.request(&[&[8; 4]], &mut [0; 4], ms(50));
                    eq(result, Err(ENXIO));
                    eq(card.queues().restart(), Ok(()));
                }
                echo(&card.control, &[9; 7]);
                eq(requests(), 5);
            });
        }
    }

    fn control_request_from_before_a_restart_fails_without_an_answer() {
        on_device(KT_HOLD, |card| {
            let queue = ok(TaskQueue::new(c"kt", 2));
            let askers = [1, 2].map(|byte| Asker::new(card, byte, Sbt::FOREVER));
            let tasks = [0, 1].map(|n| ok(Task::new(&queue, askers[n].clone())));
            tasks[0].enqueue();
            while requests() == 0 {
                pause_ms(1);
            }
            card.queues().stop();
            answer(KT_ECHO);
            eq(card.queues().restart(), Ok(()));
            tasks[1].enqueue();
            eq(askers[0].wait(), Err(ENXIO));
            eq(askers[1].wait(), Ok(2));
        });
    }

    fn lost_request_is_forgotten_by_a_restart() {
        on_device(KT_HOLD, |card| {
            let result = card.control.request(&[&[7; 4]], &mut [0; 4], ms(50));
            eq(result, Err(ETIMEDOUT));
            answer(KT_ECHO);
            card.queues().stop();
            eq(card.queues().restart(), Ok(()));
            echo(&card.control, &[8; 4]);
        });
    }

    fn restart_may_fail_and_be_tried_again() {
        on_device(KT_ECHO, |card| {
            card.queues().stop();
            for call in [c"virtio_reinit", c"virtio_finalize_features"] {
                let fault = Fault::new(call, 1);
                check!(card.queues().restart().is_err());
                drop(fault);
                let result = card.control.request(&[&[8; 4]], &mut [0; 4], ms(50));
                eq(result, Err(ENXIO));
            }
            eq(card.queues().restart(), Ok(()));
            echo(&card.control, &[8; 4]);
        });
    }

    fn restart_is_refused_to_a_device_with_fewer_features() {
        on_device(KT_ECHO, |card| {
            card.queues().stop();
            // SAFETY: the device is attached.
            unsafe { bindings::kt_virtio_offer(F_VERSION_1) };
            eq(err(card.queues().restart()), EOPNOTSUPP);
        });
    }

    fn config_watch_hears_of_changes_while_it_is_kept() {
        on_device(KT_ECHO, |card| {
            let changes = ok(Arc::new(Changes(AtomicU32::new(0))));
            config_change();
            let watch = ok(card.queues().watch_config(&changes));
            // One change came before.
            eq(changes.0.load(Ordering::Relaxed), 1);
            config_change();
            eq(changes.0.load(Ordering::Relaxed), 2);
            drop(watch);
            config_change();
            eq(changes.0.load(Ordering::Relaxed), 2);
        });
    }

    fn control_request_polls_while_the_kernel_is_cold() {
        on_device(KT_ECHO, |card| {
            // SAFETY: of no consequence but for what asks.
            unsafe { bindings::kt_set_cold(true) };
            // No interrupt would wake the driver.
            answer(KT_QUIET);
            let before = uptime();
            echo(&card.control, &[7; 4]);
            check!(uptime() - before < ms(10));
            answer(KT_HOLD);
            let result = card.control.request(&[&[8; 4]], &mut [0; 4], ms(5));
            eq(result, Err(ETIMEDOUT));
            // SAFETY: as above.
            unsafe { bindings::kt_set_cold(false) };
        });
    }

    fn control_queue_takes_its_own_virtqueue_only() {
        unsafe extern "C" fn attach(
            dev: *mut c_void,
            virtio: *mut c_void,
            _state: *mut *mut c_void,
        ) -> c_int {
            let dev = attached(dev);
            // SAFETY: the glue gives the device's struct.
            let mut virtio = ok(unsafe { Virtio::from_raw(dev, virtio.cast(), 4) });
            ok(virtio.negotiate(F_VERSION_1));
            for (request, response) in [(0, RESPONSE), (REQUEST, 0)] {
                eq(ControlQueue::new(dev, request, response).err(), Some(EINVAL));
            }
            let control = ok(Arc::new(ok(ControlQueue::new(dev, REQUEST, RESPONSE))));
            let nobody = ok(Arc::new(Nobody));
            let spec = QueueSpec::new(c"control", SEGMENTS).handler(&nobody);
            let mut queues = ok(virtio.setup_queues([spec]));
            eq(err(queues.take(7)), EINVAL);
            let mut queue = ok(queues.take(0));
            eq(err(queues.take(0)), EBUSY);
            check!(queue.size() >= queue.nfree());
            eq(control.bind(queue), Err(EINVAL));
            queues.driver_ok();
            let result = control.request(&[&[7; 4]], &mut [0; 4], ms(50));
            eq(result, Err(ENXIO));
            drop((queues, control));
            eq(detached(), 0);
            EBUSY.as_raw()
        }

        eq(attach_in_vain(attach), EBUSY.as_raw());
    }

    fn virtio_device_without_queues_is_refused() {
        unsafe extern "C" fn attach(
            dev: *mut c_void,
            virtio: *mut c_void,
            _state: *mut *mut c_void,
        ) -> c_int {
            let dev = attached(dev);
            // SAFETY: the glue gives the device's struct.
            let mut virtio = ok(unsafe { Virtio::from_raw(dev, virtio.cast(), 4) });
            ok(virtio.negotiate(F_VERSION_1));
            let error = status(virtio.setup_queues([]).map(|_| ()));
            eq(detached(), 0);
            error
        }

        eq(attach_in_vain(attach), EINVAL.as_raw());
    }

    fn config_space_can_be_read_while_there_are_queues() {
        on_device(KT_ECHO, |card| {
            eq(card.queues().virtio().config_2(2), 0x0403);
        });
    }

    stops "a virtio device that is null"
    fn virtio_device_that_is_null_stops() {
        crate::dev_test::on_device(|dev| {
            // SAFETY: none is used: this does not return.
            let _ = unsafe { Virtio::from_raw(dev, core::ptr::null_mut(), 4) };
        });
    }

    fn attach_that_fails_at_any_step_leaves_nothing() {
        for (call, count) in [
            (c"virtio_finalize_features", 1),
            (c"virtio_alloc_virtqueues", 1),
            (c"virtio_setup_intr", 1),
            (c"bus_dma_tag_create", 2),
            (c"bus_dmamem_alloc", 2),
        ] {
            for nth in 1..=count {
                let fault = Fault::new(call, nth);
                check!(try_attach(c"virtio_pci", KT_ECHO).is_err());
                drop(fault);
            }
        }
        on_device(KT_ECHO, |card| echo(&card.control, &[7; 4]));
    }
}

/// Calls `attach`, which must fail, as a driver's attach. Returns its error.
fn attach_in_vain(
    attach: unsafe extern "C" fn(*mut c_void, *mut c_void, *mut *mut c_void) -> c_int,
) -> c_int {
    let driver = kt_virtio_driver {
        attach: Some(attach),
        detach: None,
    };
    let mut state = core::ptr::null_mut();
    let bus = c"virtio_mmio".as_ptr();
    // SAFETY: nothing of the driver is used when its attach has failed.
    unsafe { bindings::kt_virtio_attach(&driver, bus, KT_ECHO, &mut state) }
}

fn many_requests_at_once() {
    on_device(KT_ECHO, |card| {
        let queue = ok(TaskQueue::new(c"kt", 4));
        let askers = [1, 2, 3, 4].map(|byte| Asker::new(card, byte, ms(5000)));
        let tasks = [0, 1, 2, 3].map(|n| ok(Task::new(&queue, askers[n].clone())));
        for task in &tasks {
            task.enqueue();
        }
        for asker in &askers {
            eq(asker.wait(), Ok(asker.byte));
        }
        eq(requests(), 4);
    });
}

// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! What safe code of a driver can do wrong with the crate. None of it may break
//! memory, even in a kernel without assertions. Each case is code without
//! `unsafe`, except for the glue that a C entry point is.

use core::ffi::{CStr, c_int, c_void};
use core::mem::ManuallyDrop;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use kpi::arc::Arc;
use kpi::boxed::Box;
use kpi::bus::Resource;
use kpi::callout::Callout;
use kpi::cstring::CString;
use kpi::dev::Device;
use kpi::dma::{Direction, DmaBuf, DmaMap, DmaParams, DmaTag, SharedBuf};
use kpi::errno::{EBUSY, EINVAL, ENXIO, Result};
use kpi::intr::{Filter, Filtered, Irq};
use kpi::mem::{Flags, MallocType};
use kpi::mtx::{Mtx, Spin};
use kpi::sx::Sx;
use kpi::sysctl::{Access, ArrayKind, Sysctl, SysctlArray, SysctlInt};
use kpi::taskq::{Task, TaskHandler, TaskQueue};
use kpi::time::Sbt;
use kpi::vec::Vec;
use kpi::virtio::{
    ConfigHandler, ConfigWatch, F_EVENT_IDX, F_INDIRECT_DESC, F_VERSION_1, QueueHandler, QueueSpec,
    QueueUser, Queues, SgList, Stopped, VirtQueue, Virtio,
};
use kpi::virtio_ctl::ControlQueue;

use crate::bindings::{self, KT_ECHO, kt_virtio_driver};
use crate::check::{attached, detached, eq, err, ms, ok, pause_ms, some, was_printed};
use crate::dev_test::on_device;

/// Has a virtqueue, and counts the chains that it drains, and its interrupts.
struct Owner {
    queue: Mtx<Option<VirtQueue>>,
    drained: AtomicU32,
    interrupts: AtomicU32,
}

impl QueueHandler for Owner {
    fn intr(&self) {
        self.interrupts.fetch_add(1, Ordering::Relaxed);
    }
}

impl QueueUser for Owner {
    fn stopped(&self, proof: &Stopped) {
        if let Some(queue) = self.queue.lock().as_mut() {
            for _ in queue.drain(proof) {
                self.drained.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// A driver of a virtio device with one queue, which `owner` has.
struct Card {
    dev: Device,
    sysctl: Option<Arc<Sysctl>>,
    queues: Option<Queues>,
    owner: Arc<Owner>,
}

impl Card {
    fn attach(dev: Device, mut virtio: Virtio) -> Result<Box<Self>> {
        virtio.negotiate(F_VERSION_1 | F_INDIRECT_DESC | F_EVENT_IDX)?;
        let owner = Arc::new(Owner {
            queue: Mtx::new(c"owner", None)?,
            drained: AtomicU32::new(0),
            interrupts: AtomicU32::new(0),
        })?;
        let spec = QueueSpec::new(c"control", 2).handler(&owner);
        let mut queues = virtio.setup_queues([spec])?;
        *owner.queue.lock() = Some(queues.take(0)?);
        queues.driver_ok();
        Box::new(Self {
            dev,
            sysctl: Some(Arc::new(Sysctl::new(dev)?)?),
            queues: Some(queues),
            owner,
        })
    }

    fn queues(&mut self) -> &mut Queues {
        some(self.queues.as_mut())
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
    let virtio = ok(unsafe { Virtio::from_raw(dev, virtio.cast(), 4) });
    let card = ok(Card::attach(dev, virtio));
    // SAFETY: `state` is there to be written.
    unsafe { state.write(Box::into_raw(card).cast()) }
    0
}

unsafe extern "C" fn detach(state: *mut c_void) -> c_int {
    // SAFETY: attach made it, and no detach has succeeded yet.
    let card = unsafe { &mut *state.cast::<Card>() };
    (card.queues, card.sysctl) = (None, None);
    let error = detached();
    if error == 0 {
        // SAFETY: as above; it is not used again.
        drop(unsafe { Box::<Card>::from_raw(state.cast()) });
    }
    error
}

/// Runs `test` on an attached device, then detaches it.
fn with_card(test: impl FnOnce(&mut Card)) {
    with_card_on(c"virtio_pci", test);
}

/// The same, on a bus of that name.
fn with_card_on(bus: &CStr, test: impl FnOnce(&mut Card)) {
    let driver = kt_virtio_driver {
        attach: Some(attach),
        detach: Some(detach),
    };
    let mut state = core::ptr::null_mut();
    // SAFETY: the driver lives until the detach below.
    let error = unsafe { bindings::kt_virtio_attach(&driver, bus.as_ptr(), KT_ECHO, &mut state) };
    eq(error, 0);
    // SAFETY: the state is what `attach` left, and nobody else has it.
    test(unsafe { &mut *state.cast::<Card>() });
    // SAFETY: the device is attached.
    unsafe { bindings::kt_virtio_detach() }
}

/// Lets the device report that its configuration changed.
fn config_change() {
    // SAFETY: the device is attached.
    unsafe { bindings::kt_virtio_config_change() }
}

/// Has a number that tells it from a value of another type.
struct Tagged<const TAG: u32> {
    tag: u32,
    calls: AtomicU32,
}

impl<const TAG: u32> Tagged<TAG> {
    fn new() -> Arc<Self> {
        ok(Arc::new(Self {
            tag: TAG,
            calls: AtomicU32::new(0),
        }))
    }
}

impl<const TAG: u32> ConfigHandler for Tagged<TAG> {
    fn changed(&self) {
        eq(self.tag, TAG);
        self.calls.fetch_add(1, Ordering::Relaxed);
    }
}

/// A watch whose handler takes long.
struct SlowToHear {
    begun: AtomicBool,
    ended: AtomicBool,
}

impl ConfigHandler for SlowToHear {
    fn changed(&self) {
        self.begun.store(true, Ordering::Relaxed);
        // An interrupt's thread may not sleep.
        kpi::time::delay(5000);
        self.ended.store(true, Ordering::Relaxed);
    }
}

/// Reports that the configuration changed.
struct Changer;

impl TaskHandler for Changer {
    fn run(&self) {
        config_change();
    }
}

/// Uses its queue until it is told to end.
struct User {
    owner: Arc<Owner>,
    uses: AtomicU64,
    end: AtomicBool,
}

impl User {
    /// Waits until it uses the queue again, however busy the host is.
    fn wait_for_use(&self) {
        let before = self.uses.load(Ordering::Relaxed);
        while self.uses.load(Ordering::Relaxed) == before {
            pause_ms(1);
        }
    }
}

impl TaskHandler for User {
    fn run(&self) {
        while !self.end.load(Ordering::Relaxed) {
            if let Some(queue) = self.owner.queue.lock().as_mut() {
                check!(queue.dequeue().is_none());
                let _ = queue.enable_intr();
                queue.notify();
                check!(queue.nfree() <= queue.size());
                queue.disable_intr();
            }
            // Virtual time passes while this waits.
            if self.uses.fetch_add(1, Ordering::Relaxed) % 64 == 63 {
                pause_ms(1);
            }
        }
    }
}

struct Number;

impl SysctlInt for Number {
    fn get(&self, which: u32) -> Result<c_int> {
        Ok(which as c_int)
    }
}

impl SysctlArray for Number {
    fn get(&self, _which: u32, room: &mut [u8]) -> Result<usize> {
        Ok(room.len())
    }
}

/// Number of nodes in a group. A short list is searched in no time, so two
/// threads that add nodes are often at the same place.
const NODES: u32 = 32;

/// Adds groups of nodes.
struct Adder {
    sysctl: Arc<Sysctl>,
    id: u32,
    groups: u32,
    done: Mtx<bool>,
}

impl Adder {
    fn add_group(&self, group: u32, number: &Arc<Number>) {
        let name = ok(CString::format(format_args!("g{}_{group}", self.id)));
        let group = ok(self.sysctl.node(None, &name, c"a group"));
        for n in 0..NODES {
            let name = ok(CString::format(format_args!("n{n}")));
            let (parent, access) = (Some(&group), Access::Read);
            ok(self
                .sysctl
                .int_of(parent, &name, c"a number", c"I", access, number, n));
        }
    }
}

impl TaskHandler for Adder {
    fn run(&self) {
        let number = ok(Arc::new(Number));
        for group in 0..self.groups {
            self.add_group(group, &number);
        }
        *self.done.lock() = true;
        self.done.wakeup();
    }
}

/// Calls a function in a filter.
struct InFilter<F>(F);

impl<F: Fn() + Send + Sync + 'static> Filter for InFilter<F> {
    fn filter(&self) -> Filtered {
        (self.0)();
        Filtered::Handled
    }
}

/// Calls `what` in a filter. If the kernel does not stop there, the case fails.
fn in_filter(what: impl Fn() + Send + Sync + 'static) {
    on_device(|dev| {
        let handler = ok(Arc::new(InFilter(what)));
        let _irq = ok(Irq::with_filter(dev, 0, handler));
        // SAFETY: the device is attached.
        unsafe { bindings::kt_dev_raise() };
        pause_ms(5);
    });
}

/// Drops a value in a filter.
fn drop_in_filter<T: Send + 'static>(value: T) {
    let held = ok(Spin::new(c"kt held", Some(value)));
    in_filter(move || {
        let value = held.lock().take();
        drop(value);
    });
}

/// A handler that takes some time.
struct Slow {
    begun: AtomicBool,
    runs: AtomicU32,
}

impl Slow {
    fn new() -> Arc<Self> {
        ok(Arc::new(Slow {
            begun: AtomicBool::new(false),
            runs: AtomicU32::new(0),
        }))
    }
}

impl TaskHandler for Slow {
    fn run(&self) {
        self.begun.store(true, Ordering::Relaxed);
        pause_ms(3);
        self.runs.fetch_add(1, Ordering::Relaxed);
    }
}

/// Drains the task of another value.
struct Drainer {
    task: Arc<Task<Slow>>,
    ended: Mtx<bool>,
}

impl TaskHandler for Drainer {
    fn run(&self) {
        self.task.drain();
        *self.ended.lock() = true;
        self.ended.wakeup();
    }
}

/// Takes the queue, notifies the device, and gives the queue back.
struct Notifier {
    owner: Arc<Owner>,
    begun: AtomicBool,
    done: AtomicBool,
}

impl TaskHandler for Notifier {
    fn run(&self) {
        let mut queue = some(self.owner.queue.lock().take());
        self.begun.store(true, Ordering::Relaxed);
        queue.notify();
        self.done.store(true, Ordering::Relaxed);
        // The detach drains it.
        *self.owner.queue.lock() = Some(queue);
    }
}

/// Enqueues a chain of one segment, and returns its memory.
///
/// # Safety
/// The memory stays until the device is reset.
unsafe fn enqueue_one(card: &Card, owner: &Owner) -> SharedBuf {
    let tag = ok(DmaTag::new(card.dev, &DmaParams::one_segment(64)));
    let buf = ok(DmaBuf::new(&tag, Flags::WaitOk)).to_device(Direction::ToDevice);
    let mut sg = ok(SgList::new(2, Flags::WaitOk));
    ok(sg.append(buf.paddr(), buf.len()));
    let cookie = NonNull::<c_void>::dangling();
    let mut queue = owner.queue.lock();
    // SAFETY: the list has one segment; the rest is the caller's promise.
    ok(unsafe { some(queue.as_mut()).enqueue(cookie, &mut sg, 1, 0) });
    buf
}

fn wait_for(flag: &Mtx<bool>) {
    let mut flag = flag.lock();
    while !*flag {
        ok(flag.sleep(c"kt", Sbt::FOREVER));
    }
}

cases! {
    stops "mutex is taken twice"
    fn mtx_taken_twice_gives_no_second_reference() {
        let mtx = ok(Mtx::new(c"kt", ok(Vec::<u64>::with_capacity_in(
            4, MallocType::devbuf(), Flags::WaitOk))));
        let first = mtx.lock();
        *mtx.lock() = Vec::new();
        drop(first);
    }

    stops "mutex is taken twice"
    fn spin_mutex_taken_twice_gives_no_second_reference() {
        let spin = ok(Spin::new(c"kt", 1));
        let first = spin.lock();
        *spin.lock() += 1;
        drop(first);
    }

    stops "mutex is taken twice"
    fn forgotten_guard_keeps_its_mutex() {
        let mtx = ok(Mtx::new(c"kt", 1));
        core::mem::forget(mtx.lock());
        drop(mtx.lock());
    }

    stops "in a filter"
    fn filter_takes_no_default_mutex() {
        let mtx = ok(Mtx::new(c"kt", 0));
        in_filter(move || *mtx.lock() += 1);
    }

    stops "where no thread may sleep"
    fn filter_takes_no_sx_lock() {
        let sx = ok(Sx::new(c"kt", 0));
        in_filter(move || *sx.xlock() += 1);
    }

    stops "where no thread may sleep"
    fn filter_shares_no_sx_lock() {
        let sx = ok(Sx::new(c"kt", 0));
        in_filter(move || eq(*sx.slock(), 0));
    }

    stops "where no thread may sleep"
    fn sx_lock_is_not_taken_with_a_spin_mutex_held() {
        let (sx, spin) = (ok(Sx::new(c"kt sx", 0)), ok(Spin::new(c"kt", 0)));
        let _guard = spin.lock();
        *sx.xlock() += 1;
    }

    stops "a lock is taken twice"
    fn sx_lock_taken_twice_gives_no_second_reference() {
        let sx = ok(Sx::new(c"kt", 1));
        let first = sx.xlock();
        *sx.xlock() += 1;
        drop(first);
    }

    stops "a lock is taken twice"
    fn forgotten_guard_keeps_its_sx_lock() {
        let sx = ok(Sx::new(c"kt", 1));
        core::mem::forget(sx.xlock());
        drop(sx.slock());
    }

    stops "in a filter"
    fn filter_cannot_allocate() {
        in_filter(|| {
            let _ = Box::new_in(1u64, MallocType::devbuf(), Flags::NoWait);
        });
    }

    stops "in a filter"
    fn filter_cannot_free() {
        drop_in_filter(ok(Box::new(1)));
    }

    stops "in a filter"
    fn filter_cannot_drop_the_last_owner() {
        drop_in_filter(ok(Arc::new(1)));
    }

    stops "in a filter"
    fn filter_cannot_drop_a_task() {
        let queue = ok(TaskQueue::new(c"kt", 1));
        drop_in_filter(ok(Task::new(&queue, Slow::new())));
    }

    stops "in a filter"
    fn filter_cannot_enqueue_a_task() {
        let queue = ok(TaskQueue::new(c"kt", 1));
        let task = ok(Task::new(&queue, Slow::new()));
        in_filter(move || task.enqueue());
    }

    stops "in a filter"
    fn filter_cannot_drop_memory_of_a_device() {
        on_device(|dev| {
            let tag = ok(DmaTag::new(dev, &DmaParams::one_segment(64)));
            let held = ok(Spin::new(c"kt held", Some(ok(DmaBuf::new(&tag, Flags::WaitOk)))));
            let handler = ok(Arc::new(InFilter(move || drop(held.lock().take()))));
            let _irq = ok(Irq::with_filter(dev, 0, handler));
            // SAFETY: the device is attached.
            unsafe { bindings::kt_dev_raise() };
            pause_ms(5);
        });
    }

    stops "with a spin mutex held"
    fn sleep_with_a_spin_mutex_held_stops() {
        let (mtx, spin) = (ok(Mtx::new(c"kt", ())), ok(Spin::new(c"kt spin", ())));
        let mut guard = mtx.lock();
        let _spin = spin.lock();
        let _ = guard.sleep(c"kt", ms(1));
    }

    fn drain_takes_back_each_chain_once() {
        with_card(|card| {
            let owner = card.owner.clone();
            // SAFETY: the buffer stays until the reset.
            let buf = unsafe { enqueue_one(card, &owner) };
            for _ in 0..2 {
                card.queues().stop();
                eq(owner.drained.load(Ordering::Relaxed), 1);
                ok(card.queues().restart());
            }
            drop(buf);
        });
    }

    fn stop_waits_for_a_call_that_is_under_way() {
        with_card(|card| {
            let owner = card.owner.clone();
            // SAFETY: the buffer stays until the reset.
            let buf = unsafe { enqueue_one(card, &owner) };
            // SAFETY: the device is attached.
            unsafe { bindings::kt_virtio_slow_notify(10_000) }
            let thread = ok(TaskQueue::new(c"kt", 1));
            let (begun, done) = (AtomicBool::new(false), AtomicBool::new(false));
            let notifier = ok(Arc::new(Notifier { owner, begun, done }));
            let task = ok(Task::new(&thread, notifier.clone()));
            task.enqueue();
            pause_ms(2);
            check!(notifier.begun.load(Ordering::Relaxed));
            check!(!notifier.done.load(Ordering::Relaxed));
            card.queues().stop();
            check!(notifier.done.load(Ordering::Relaxed));
            drop(task);
            drop(buf);
        });
    }

    fn queue_of_an_earlier_attach_is_not_drained() {
        let mut kept = None;
        with_card(|card| kept = card.owner.queue.lock().take());
        with_card(|card| {
            *card.owner.queue.lock() = kept.take();
            card.queues().stop();
            eq(card.owner.drained.load(Ordering::Relaxed), 0);
        });
    }

    fn config_is_watched_once() {
        with_card(|card| {
            let (a, b) = (Tagged::<0xaaaa>::new(), Tagged::<0xbbbb>::new());
            let watch: ConfigWatch = ok(card.queues().watch_config(&a));
            eq(err(card.queues().watch_config(&b)), EBUSY);
            config_change();
            pause_ms(5);
            eq(a.calls.load(Ordering::Relaxed), 1);
            drop(watch);
            let watch = ok(card.queues().watch_config(&b));
            config_change();
            pause_ms(5);
            eq(b.calls.load(Ordering::Relaxed), 1);
            eq(a.calls.load(Ordering::Relaxed), 1);
            drop(watch);
        });
    }

    fn dropping_a_watch_waits_for_its_handler() {
        with_card(|card| {
            let queue = ok(TaskQueue::new(c"kt", 1));
            let task = ok(Task::new(&queue, ok(Arc::new(Changer))));
            let slow = ok(Arc::new(SlowToHear {
                begun: AtomicBool::new(false),
                ended: AtomicBool::new(false),
            }));
            let watch = ok(card.queues().watch_config(&slow));
            task.enqueue();
            while !slow.begun.load(Ordering::Relaxed) {
                pause_ms(1);
            }
            check!(!slow.ended.load(Ordering::Relaxed));
            drop(watch);
            check!(slow.ended.load(Ordering::Relaxed));
        });
    }

    // Its interrupts are off, as after another thread has taken its last chain
    // and the bus's filter, without a lock, has turned them off. The handler turns
    // them on. common/kpi_virtio_test.c has the rest.
    fn queue_that_is_idle_is_handled_too() {
        with_card_on(c"virtio_mmio", |card| {
            // SAFETY: the device is attached.
            unsafe { bindings::kt_virtio_interrupt() }
            pause_ms(10);
            eq(card.owner.interrupts.load(Ordering::Relaxed), 1);
        });
    }

    fn queue_is_dead_while_the_device_is_stopped() {
        with_card(|card| {
            let owner = card.owner.clone();
            card.queues().stop();
            let mut queue = owner.queue.lock();
            let queue = some(queue.as_mut());
            check!(queue.size() > 0);
            eq(queue.nfree(), 0);
            check!(queue.dequeue().is_none());
            check!(!queue.enable_intr());
            queue.notify();
            queue.disable_intr();
        });
    }

    fn queue_is_dead_after_the_end_of_its_device() {
        with_card(|card| {
            let owner = card.owner.clone();
            card.queues = None;
            let mut queue = owner.queue.lock();
            let queue = some(queue.as_mut());
            eq(queue.nfree(), 0);
            check!(queue.dequeue().is_none());
            queue.notify();
        });
    }

    fn device_that_runs_is_not_restarted() {
        with_card(|card| {
            eq(card.queues().restart(), Err(EBUSY));
            card.queues().stop();
            ok(card.queues().restart());
        });
    }

    fn queue_is_not_used_while_the_device_is_restarted() {
        use_while_restarted(30);
    }

    threaded true fn queue_is_not_used_while_the_device_is_restarted_in_real_threads() {
        use_while_restarted(2000);
    }

    fn control_queue_within_another_handler_gets_no_queue() {
        /// A struct that begins with a control queue, so that both have one
        /// address.
        #[repr(C)]
        struct Outer {
            control: ControlQueue,
            other: u32,
        }
        impl QueueUser for Outer {}
        impl QueueHandler for Outer {
            fn intr(&self) {}
        }
        unsafe extern "C" fn attach(
            dev: *mut c_void,
            virtio: *mut c_void,
            _state: *mut *mut c_void,
        ) -> c_int {
            let dev = attached(dev);
            // SAFETY: the glue gives the device's struct.
            let mut virtio = ok(unsafe { Virtio::from_raw(dev, virtio.cast(), 4) });
            ok(virtio.negotiate(F_VERSION_1));
            let control = ok(ControlQueue::new(dev, 8, 8));
            let outer = ok(Arc::new(Outer { control, other: 1 }));
            let spec = QueueSpec::new(c"control", 2).handler(&outer);
            let mut queues = ok(virtio.setup_queues([spec]));
            eq(outer.control.bind(ok(queues.take(0))), Err(EINVAL));
            eq(outer.other, 1);
            drop((queues, outer));
            eq(detached(), 0);
            ENXIO.as_raw()
        }
        let driver = kt_virtio_driver { attach: Some(attach), detach: None };
        let mut state = core::ptr::null_mut();
        let bus = c"virtio_pci".as_ptr();
        // SAFETY: nothing of the driver is used when its attach has failed.
        let error = unsafe { bindings::kt_virtio_attach(&driver, bus, KT_ECHO, &mut state) };
        eq(error, ENXIO.as_raw());
    }

    fn device_is_not_detached_while_a_watch_is_forgotten() {
        with_card(|card| {
            let watched = Tagged::<0xaaaa>::new();
            // Not forgotten for good, because nothing may be left at the end of
            // the case.
            let watch = ManuallyDrop::new(ok(card.queues().watch_config(&watched)));
            // SAFETY: the device is attached.
            eq(unsafe { bindings::kt_virtio_try_detach() }, EBUSY.as_raw());
            drop(ManuallyDrop::into_inner(watch));
        });
    }

    fn device_is_not_detached_while_its_queues_are_forgotten() {
        with_card(|card| {
            let queues = ManuallyDrop::new(some(card.queues.take()));
            // SAFETY: the device is attached.
            eq(unsafe { bindings::kt_virtio_try_detach() }, EBUSY.as_raw());
            drop(ManuallyDrop::into_inner(queues));
        });
    }

    fn device_does_not_end_while_a_part_of_it_is_forgotten() {
        on_device(|dev| {
            let count = ok(Arc::new(InFilter(|| ())));
            forget_for_a_while(dev, ok(Irq::with_filter(dev, 0, count)));
            forget_for_a_while(dev, ok(Resource::new(dev, 0)));
            forget_for_a_while(dev, ok(Sysctl::new(dev)));
            forget_for_a_while(dev, crate::cdev_test::of_device(dev));
            forget_for_a_while(dev, ok(dev.hold()));
        });
    }

    fn device_that_is_gone_has_no_parts() {
        let mut kept = None;
        on_device(|dev| kept = Some(dev));
        let gone = some(kept);
        // A new device gets the record of the old one.
        on_device(|dev| {
            for dev in [gone, gone] {
                let count = ok(Arc::new(InFilter(|| ())));
                eq(err(Irq::with_filter(dev, 0, count)), ENXIO);
                eq(err(Resource::new(dev, 0)), ENXIO);
                eq(err(Sysctl::new(dev)), ENXIO);
                eq(err(DmaTag::new(dev, &DmaParams::one_segment(64))), ENXIO);
                eq(dev.unit(), -1);
                check!(dev.with(|_| ()).is_none());
                kpi::device_println!(dev, "who is it");
                ok(dev.end());
            }
            eq(dev.unit(), 0);
            ok(Resource::new(dev, 0));
        });
        check!(was_printed("a device that is gone: who is it\n"));
    }

    stops "the driver has kept a part of its device"
    fn attach_that_fails_with_a_part_forgotten_stops() {
        on_device(|dev| {
            core::mem::forget(ok(Resource::new(dev, 0)));
            dev.abandon();
        });
    }

    stops "kpi: a module is unloaded, and 1 of its callouts"
    fn callout_that_is_forgotten_stops_the_unload() {
        let ticker = ok(Arc::new(ok(Mtx::new(c"ticker", 0_u32))));
        core::mem::forget(ok(Callout::new(&ticker, Sbt::ZERO, |_| None)));
    }

    stops "kpi: a module is unloaded, and 1 of its callouts, task queues"
    fn task_that_is_forgotten_stops_the_unload() {
        let queue = ok(TaskQueue::new(c"forgotten", 1));
        core::mem::forget(ok(Task::new(&queue, ok(Arc::new(DoesNothing)))));
    }

    stops "kpi: a module is unloaded, and 1 of its callouts, task queues"
    fn task_that_its_handler_owns_stops_the_unload() {
        let queue = ok(TaskQueue::new(c"owned", 1));
        let owner = ok(Arc::new(OwnTask(ok(Mtx::new(c"owner", None)))));
        let task = ok(Task::new(&queue, owner.clone()));
        *owner.0.lock() = Some(task);
    }

    stops "no field of 4 bytes at 4 of 4"
    fn config_space_ends_where_the_driver_says() {
        with_card(|card| {
            card.queues().virtio().config_4(4);
        });
    }

    fn nodes_are_added_by_two_threads() {
        add_nodes(8);
    }

    threaded true fn nodes_are_added_by_two_real_threads() {
        add_nodes(128);
    }

    fn array_of_more_than_there_can_be_is_refused() {
        with_card(|card| {
            let number = ok(Arc::new(Number));
            let sysctl = some(card.sysctl.clone());
            for size in [65537, usize::MAX] {
                let added = sysctl.array_of(
                    None, c"array", c"", ArrayKind::U8, size, Access::Read, &number, 0,
                );
                eq(added, Err(EINVAL));
            }
        });
    }

    fn task_is_drained_by_two_threads() {
        drain_twice();
    }

    threaded true fn task_is_drained_by_two_real_threads() {
        drain_twice();
    }

    fn dma_tag_that_makes_no_sense_is_refused() {
        on_device(|dev| {
            let good = DmaParams::one_segment(64);
            ok(DmaTag::new(dev, &good));
            for bad in [
                DmaParams { align: 3, ..good },
                DmaParams { boundary: 24, ..good },
                DmaParams { max_segment_size: 0, ..good },
                DmaParams { max_size: 0, ..good },
                DmaParams { max_segments: 0, ..good },
            ] {
                check!(DmaTag::new(dev, &bad).is_err());
            }
        });
    }

    fn dma_tag_is_used_by_two_threads() {
        on_device(|dev| {
            let tag = ok(DmaTag::new(dev, &DmaParams::one_segment(64)));
            let queue = ok(TaskQueue::new(c"kt", 2));
            let user = ok(Arc::new(TagUser(tag, AtomicU32::new(0))));
            let first = ok(Task::new(&queue, user.clone()));
            let second = ok(Task::new(&queue, user.clone()));
            first.enqueue();
            second.enqueue();
            while user.1.load(Ordering::Relaxed) != 2 {
                pause_ms(1);
            }
        });
    }
}

/// Uses a tag in every way that there is, and counts how often.
struct TagUser(DmaTag, AtomicU32);

impl TaskHandler for TagUser {
    fn run(&self) {
        for _ in 0..20 {
            let buf = ok(DmaBuf::new(&self.0, Flags::WaitOk));
            let mut map = ok(DmaMap::new(&self.0));
            let mut memory = Vec::new();
            // One segment, wherever a page ends in the memory.
            ok(memory.resize(1, 0, Flags::WaitOk));
            ok(map.load(memory, Direction::Both));
            let segment = some(map.segments().next());
            check!(segment.len == 1 && segment.paddr != buf.paddr());
        }
        self.1.fetch_add(1, Ordering::Relaxed);
    }
}

struct DoesNothing;

impl TaskHandler for DoesNothing {
    fn run(&self) {}
}

/// Owns the task that it is the handler of.
struct OwnTask(Mtx<Option<Task<OwnTask>>>);

impl TaskHandler for OwnTask {
    fn run(&self) {}
}

/// Checks that `part`, forgotten or not, keeps the device until it is dropped.
fn forget_for_a_while<T>(dev: Device, part: T) {
    let part = ManuallyDrop::new(part);
    eq(dev.end(), Err(EBUSY));
    drop(ManuallyDrop::into_inner(part));
    ok(dev.hold());
}

fn use_while_restarted(rounds: u32) {
    with_card(|card| {
        let queue = ok(TaskQueue::new(c"kt", 1));
        let user = ok(Arc::new(User {
            owner: card.owner.clone(),
            uses: AtomicU64::new(0),
            end: AtomicBool::new(false),
        }));
        let task = ok(Task::new(&queue, user.clone()));
        task.enqueue();
        user.wait_for_use();
        for _ in 0..rounds {
            card.queues().stop();
            ok(card.queues().restart());
        }
        user.wait_for_use();
        user.end.store(true, Ordering::Relaxed);
        drop(task);
    });
}

/// Each value behind a node is freed with the node. The test kernel reports a
/// value that is lost, and ThreadSanitizer one that might have been.
fn add_nodes(groups: u32) {
    with_card(|card| {
        let queue = ok(TaskQueue::new(c"kt", 2));
        let sysctl = some(card.sysctl.take());
        let adders = [1, 2].map(|id| {
            ok(Arc::new(Adder {
                sysctl: sysctl.clone(),
                id,
                groups,
                done: ok(Mtx::new(c"kt done", false)),
            }))
        });
        let tasks = [0, 1].map(|n| ok(Task::new(&queue, adders[n].clone())));
        for task in &tasks {
            task.enqueue();
        }
        for adder in &adders {
            wait_for(&adder.done);
        }
    });
}

fn drain_twice() {
    let slow = Slow::new();
    let (mine, others) = (ok(TaskQueue::new(c"kt", 1)), ok(TaskQueue::new(c"kt2", 2)));
    let task = ok(Arc::new(ok(Task::new(&mine, slow.clone()))));
    task.enqueue();
    // A drain cancels what has not begun.
    while !slow.begun.load(Ordering::Relaxed) {
        pause_ms(1);
    }
    let drainers = [(); 2].map(|()| {
        ok(Arc::new(Drainer {
            task: task.clone(),
            ended: ok(Mtx::new(c"kt ended", false)),
        }))
    });
    let tasks = [0, 1].map(|n| ok(Task::new(&others, drainers[n].clone())));
    for task in &tasks {
        task.enqueue();
    }
    for drainer in &drainers {
        wait_for(&drainer.ended);
    }
    eq(slow.runs.load(Ordering::Relaxed), 1);
}

# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Which functions of the two kernels belong to which layer.

A function that belongs to none (locks, allocation, copies, clocks) is a helper.
It counts for the layer that calls it (calls.py).  So every layer that a driver
may call, and every layer that calls helpers itself, is named here.
"""

import re


class Layers:
    """The layers of a kernel.

    rows: names of layers and patterns that match the beginning of functions'
    names; the first that matches is the one.  modules: the layer of all
    functions of a module.  entry: functions at which interrupts and exceptions
    arrive.  switch: functions that change the thread.
    """

    def __init__(self, rows, modules, entry, switch):
        self.rows = [(layer, re.compile(pattern)) for layer, pattern in rows]
        self.modules = modules
        self.entry = re.compile(entry)
        self.switch = re.compile(switch)

    def of(self, name, module):
        """The layer, or "" for a helper's function."""
        if module:
            return self.modules.get(module, "")
        for layer, pattern in self.rows:
            if pattern.match(name):
                return layer
        return ""


LINUX = Layers([
    ("ring", r"_*(virtqueue_|vring_|vp_|virtio_)|vm_notify|detach_buf_split"),
    ("timer", r"(asm_)?sysvec_apic_timer"),
    ("interrupt",
     r"(asm_)?common_interrupt|asm_sysvec_|sysvec_|irq_(enter|exit|entries)"
     r"|irqentry_|handle_(edge|irq)|__handle_irq|__common_interrupt"
     r"|restore_regs_and_return|error_(entry|return)|_*do_softirq"
     r"|handle_softirqs|ret_from_intr|sync_regs|fixup_bad_iret"),
    ("worker",
     r"worker_thread|process_one_work|process_scheduled_works|kthread$"
     r"|ret_from_fork|_*queue_work|queue_delayed|insert_work|kick_pool|pwq_"
     r"|wq_worker_|worker_(enter|leave)_idle|set_work"),
    ("idle",
     r"do_idle|cpu_startup_entry|default_(enter_)?idle|cpuidle|arch_cpu_idle"
     r"|pv_native_safe_halt|tick_nohz_|tick_irq|acpi_(idle|safe)|menu_"
     r"|haltpoll|intel_idle|rest_init|call_cpuidle"),
    ("scheduler",
     r"schedule(_|$)|__schedule|preempt_schedule|try_to_wake_up|_*wake_up"
     r"|autoremove_wake|default_wake|ttwu_|__switch_to|finish_task_switch"
     r"|finish_wait|prepare_to_wait|switch_mm|enqueue_task|dequeue_"
     r"|pick_next|update_rq_clock|sched_|psi_|context_switch|__enter_lazy"
     r"|resched_|(add|remove)_wait"),
    ("syscall",
     r"entry_SYSCALL|do_syscall|syscall_|_*x64_sys|ksys_|vfs_|do_vfs"
     r"|_*fdget|fput|entry_SYSRETQ|security_file|rw_verify|exit_to_user"
     r"|fpregs_|__rseq|task_work|arch_exit|fire_user|blkcg_maybe"),
], {
    "virtio_snd": "driver", "snd_pcm": "sound", "snd": "sound",
    "snd_timer": "sound", "soundcore": "sound", "virtio_pci": "ring",
    "virtio_ring": "ring", "virtio": "ring",
}, r"asm_(common_interrupt|sysvec_|exc_)|irq_entries_start|spurious_entries",
    r"__switch_to_asm$")

FREEBSD = Layers([
    # Names in Rust begin with _R; there is no other Rust in the kernel.
    ("driver", r"vtsnd_|kpi_|_R"),
    ("ring", r"virtqueue_|vtpci_|vq_ring_|virtio_|VIRTIO_"),
    ("sound",
     r"chn_|sndbuf_|dsp_|feed_|feeder_|pcm_|mixer_|snd_|channel_|CHANNEL_"
     r"|vchan_|sound_"),
    ("timer",
     r"Xtimerint|lapic_handle_timer|timercb|handleevents|hardclock|statclock"
     r"|lapic_(et|timer)|cpu_new_callout|callout_process|softclock"),
    ("interrupt",
     r"X.*isr|lapic_|intr_|ithread_|swi_|msix?_|apic_|ioapic_|fork_exit"
     r"|fork_tramp|doreti|Xspurious"),
    ("idle",
     r"sched_(ule_)?idletd|cpu_idle|acpi_cpu|cpu_activeclock|cpu_mwait"
     r"|sched_runnable"),
    ("scheduler",
     # The labels within cpu_switch() are symbols, too.
     r"do_(kthread|segs)|done_(load_dr|store_dr|tss)|ld_(regs|fsbase)|rsb_seq"
     r"|mi_switch|sched_|cpu_switch|sleepq_|_sleep|msleep|_?cv_|setrunnable"
     r"|wakeup|runq_|tdq_|cpu_throw|choosethread|pmap_activate|thread_lock"
     r"|setrunq|turnstile|sw1|ctx_"),
    ("syscall",
     r"X?fast_syscall|amd64_syscall|sys_|kern_write|dofilewrite|devfs_|_?fget"
     r"|foffset|ast|userret|fdrop|vn_|svc_"),
], {}, r"Xapic_isr|Xtimerint|X[a-z_0-9]*int$|alltraps|Xpage|Xnmi",
    r"cpu_switch$")

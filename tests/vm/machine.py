# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""A FreeBSD machine in QEMU: its disks, its command line, its run.

arm64 boots the kernel by itself (-kernel); amd64 boots FreeBSD's EFI loader
from a FAT disk that also holds the kernel, by OVMF.  The root is a UFS1 disk
with nothing but our init and what it runs or loads: Linux' makefs(8) writes a UFS2 that FreeBSD does not
mount.
"""

import ctypes
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time

from qmp import Qmp

# What init may ask the host to do to the machine.
WISH = re.compile(rb"^QMP (\w+)\r?$", re.M)
# Seconds that a kernel has to reboot after a panic.
AFTER_PANIC = 20

FIRMWARE = [
    "/usr/share/OVMF/OVMF_CODE_4M.fd",
    "/usr/share/OVMF/OVMF_CODE.fd",
    "/usr/local/share/edk2-qemu/QEMU_UEFI_CODE-x86_64.fd",
]

# The machine options that the device tree describes, too.
VIRT = "virt,gic-version=3"
PARTS = ["-smp", os.environ.get("SMP", "1"), "-m", "1G", "-display", "none",
         "-nodefaults"]


def tunables(root):
    """Names and values for the kernel; $TUNABLES adds some."""
    return [
        ("vfs.root.mountfrom", root),
        # With -no-reboot a panic ends QEMU; DDB, if built in, would wait.
        ("kern.panic_reboot_wait_time", "0"),
        ("debug.debugger_on_panic", "0"),
    ] + [tuple(t.split("=", 1))
         for t in os.environ.get("TUNABLES", "").split() if "=" in t]


class Problem(Exception):
    """An error, in one line for the user."""


def tool(name, package):
    """The program's path.  A Problem names the package if it is missing."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
    found = shutil.which(name, path=path)
    if not found:
        raise Problem(f"{name} is missing; install {package}")
    return found


def firmware():
    """OVMF's code, and the file to copy for OVMF's variables."""
    for code in [os.environ.get("OVMF", "")] + FIRMWARE:
        variables = code.replace("CODE", "VARS")
        if code and os.path.exists(code) and os.path.exists(variables):
            return code, variables
    raise Problem("OVMF is missing; install ovmf, or set "
                  "OVMF=/path/to/OVMF_CODE.fd")


def kernel_arch(path):
    """arm64 or amd64, by the first bytes of a kernel; else a Problem."""
    try:
        with open(path, "rb") as f:
            head = f.read(64)
    except OSError as error:
        raise Problem(f"KERNEL={path}: {error.strerror}") from None
    if head[56:60] == b"ARM\x64":
        return "arm64"
    machine = int.from_bytes(head[18:20], "little")
    if head[:4] == b"\x7fELF" and machine == 62:
        return "amd64"
    if head[:4] == b"\x7fELF" and machine == 183:
        raise Problem(f"KERNEL={path}: for arm64, QEMU wants kernel.bin, "
                      "which FreeBSD builds with WITH_KERNEL_BIN=yes")
    raise Problem(f"KERNEL={path}: neither a kernel.bin for arm64 nor a "
                  "kernel for amd64")


def command_output(args, folder=None):
    """What a command prints that runs in folder; a Problem if it fails."""
    done = subprocess.run(args, stdout=subprocess.PIPE, cwd=folder,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        text = done.stdout.decode(errors="replace").strip()
        raise Problem(f"{os.path.basename(args[0])} failed: {text}")
    return done.stdout.decode(errors="replace")


def die_with_parent():
    """In the child: have Linux kill it if this program is killed."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


class Machine:
    """A machine of one kind with one kernel.  run() boots it."""

    def __init__(self, arch, kernel, loader, init, folder,
                 device="virtio-sound-pci"):
        """folder: for images, none of which is kept."""
        self.arch = arch
        self.kernel = kernel
        self.loader = loader
        self.init = init
        self.folder = folder
        self.tunables = []      # of the next run: names and values
        self.parts = []         # of the next run: QEMU's arguments
        self.programs = []      # of the next run: paths, for /sbin
        self.environment = {}   # QEMU's, besides ours
        self.cpu = "cortex-a57" if arch == "arm64" else "max"
        self.accel = os.environ.get("ACCEL", "tcg,thread=multi")
        self.makefs = tool("makefs", "makefs")
        if arch == "arm64":
            self.qemu = tool("qemu-system-aarch64", "qemu-system-arm")
            self.dtc = tool("dtc", "device-tree-compiler")
            self.fdtoverlay = tool("fdtoverlay", "device-tree-compiler")
        else:
            self.qemu = tool("qemu-system-x86_64", "qemu-system-x86")
            self.firmware = firmware()
            for name in "mformat", "mmd", "mcopy":
                tool(name, "mtools")
        if device not in command_output([self.qemu, "-device", "help"]):
            raise Problem(f"{self.qemu} has no {device}: QEMU 8.2 is the "
                          "first with virtio-sound-pci, 9.0 the first with "
                          "vhost-user-snd-pci")

    def has_backend(self, name):
        """True if QEMU knows this -audiodev."""
        return name in command_output(
            [self.qemu, "-audiodev", "help"]).split()

    def settings(self, root):
        """All names and values for the kernel."""
        return tunables(root) + self.tunables

    def path(self, name):
        return os.path.join(self.folder, name)

    def root_image(self, plan, modules):
        """The disk with init, its plan (a list of lines), and modules."""
        root = self.path("root")
        shutil.rmtree(root, ignore_errors=True)
        for name in "sbin", "dev", "etc", "boot/modules":
            os.makedirs(os.path.join(root, name))
        shutil.copy(self.init, os.path.join(root, "sbin/init"))
        os.chmod(os.path.join(root, "sbin/init"), 0o555)
        with open(os.path.join(root, "etc/vmtest"), "w",
                  encoding="ascii") as f:
            f.writelines(line + "\n" for line in plan)
        for module in modules:
            shutil.copy(module, os.path.join(root, "boot/modules"))
        for program in self.programs:
            shutil.copy(program, os.path.join(root, "sbin"))
        image = self.path("root.img")
        command_output([self.makefs, "-t", "ffs", "-o", "version=1",
                        "-s", "32m", image, root])
        return image

    def boot_image(self, root_device):
        """amd64's FAT disk: loader, its commands, kernel.

        Loaders differ in their language: simp and Forth read loader.rc, Lua
        runs loader.lua.
        """
        image = self.path("boot.img")
        commands = self.path("loader.rc")
        lua = self.path("loader.lua")
        settings = [("console", "comconsole"), ("boot_serial", "YES")] + \
            self.settings(root_device)
        lines = [f"set {k}={v}" for k, v in settings]
        lines += ["load /boot/kernel/kernel", "boot"]
        with open(commands, "w", encoding="ascii") as f:
            f.writelines(line + "\n" for line in lines)
        with open(lua, "w", encoding="ascii") as f:
            f.writelines(f'loader.perform("{line}")\n' for line in lines)
        size = os.path.getsize(self.kernel) + (36 << 20)
        with open(image, "wb") as f:
            f.truncate(size)
        command_output(["mformat", "-i", image, "-F", "::"])
        command_output(["mmd", "-i", image, "::/EFI", "::/EFI/BOOT",
                        "::/boot", "::/boot/kernel", "::/boot/lua"])
        for source, target in [(self.loader, "EFI/BOOT/BOOTX64.EFI"),
                               (commands, "boot/loader.rc"),
                               (lua, "boot/lua/loader.lua"),
                               (self.kernel, "boot/kernel/kernel")]:
            command_output(["mcopy", "-i", image, source, "::/" + target])
        return image

    def disk(self, name, image, more=""):
        return ["-drive", f"if=none,id={name},format=raw,file={image}",
                "-device", f"virtio-blk-pci,drive={name},"
                f"disable-legacy=on{more}"]

    def device_tree(self, overlay):
        """arm64: QEMU's own tree, with an overlay's source on it."""
        base, more, tree = (self.path(name) for name in
                            ("base.dtb", "more.dtbo", "tree.dtb"))
        command_output([self.qemu, "-M", VIRT + ",dumpdtb=" + base] + PARTS +
                       ["-cpu", self.cpu])
        command_output([self.dtc, "-q", "-I", "dts", "-O", "dtb", "-o", more,
                        overlay])
        command_output([self.fdtoverlay, "-i", base, "-o", tree, more])
        return tree

    def common_arguments(self):
        """The arguments that do not depend on the kind of machine."""
        return ["-accel", self.accel] + PARTS + self.parts + [
            "-monitor", "none", "-serial", "stdio", "-no-reboot",
            "-qmp", f"unix:{self.path('qmp')},server=on,wait=off"]

    def machine_arguments(self, root):
        """All arguments but those for sound."""
        common = self.common_arguments()
        if self.arch == "arm64":
            return (["-M", VIRT, "-cpu", self.cpu] + common +
                    ["-kernel", self.kernel, "-append", "FreeBSD:" +
                     " ".join(f"{k}={v}" for k, v in
                              self.settings("ufs:/dev/vtbd0"))] +
                    self.disk("root", root))
        code, variables = self.firmware
        shutil.copy(variables, self.path("vars.fd"))
        pflash = "if=pflash,format=raw,"
        return (["-M", "q35", "-global",
                 # The root port handles its slots, as on arm64.
                 "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
                 "-cpu", self.cpu] + common +
                ["-drive", f"{pflash}readonly=on,file={code}",
                 "-drive", f"{pflash}file={self.path('vars.fd')}"] +
                self.disk("boot", self.boot_image("ufs:/dev/vtbd1"),
                          ",bootindex=0") +
                self.disk("root", root))

    def run(self, plan, modules, more, limit, wishes=None):
        """Boots, and waits until QEMU ends; more: further arguments.

        wishes: QMP commands, with their arguments, that init may ask for by
        name; it gets an empty line when one is done.

        Returns the console's text, and whether QEMU ended by itself within
        limit seconds.
        """
        args = [self.qemu] + self.machine_arguments(
            self.root_image(plan, modules)) + more
        with subprocess.Popen(args, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT,
                              env={**os.environ, **self.environment},
                              preexec_fn=die_with_parent) as qemu:
            try:
                return self.watch(qemu, limit, wishes or {})
            finally:
                end(qemu)

    def grant(self, qemu, wish):
        """Do what init asked for.  Returns the line about it for the
        console."""
        command, arguments = wish
        monitor = Qmp(self.path("qmp"))
        wrong = monitor.ask(command, **arguments)
        monitor.close()
        qemu.stdin.write(b"\n")
        qemu.stdin.flush()
        return f"vmtest: {command}: {wrong}\n" if wrong else ""

    def watch(self, qemu, limit, wishes):
        text = b""
        looked = 0              # at so much of it
        deadline = time.monotonic() + limit
        panicked = False
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return text.decode(errors="replace"), False
            ready = select.select([qemu.stdout], [], [], left)[0]
            if not ready:
                continue
            chunk = os.read(qemu.stdout.fileno(), 65536)
            if not chunk:
                break
            text += chunk
            lines = text.rfind(b"\n") + 1
            for name in WISH.findall(text[looked:lines]):
                text += self.grant(qemu, wishes[name.decode()]).encode()
            looked = lines
            if not panicked and b"\npanic: " in text:
                panicked = True
                deadline = min(deadline, time.monotonic() + AFTER_PANIC)
        qemu.wait()
        if qemu.returncode:
            text += f"\nQEMU ended with status {qemu.returncode}\n".encode()
        return text.decode(errors="replace"), True


def end(qemu):
    """Ends QEMU in order if possible, so that its WAV file is complete."""
    if qemu.poll() is None:
        qemu.terminate()
        try:
            qemu.wait(5)
        except subprocess.TimeoutExpired:
            qemu.kill()
            qemu.wait()

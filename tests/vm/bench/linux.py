# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""A Linux machine in QEMU, of the parts of FreeBSD's (machine.py).

Its kernel and modules are those of a package of Debian's, unpacked.  Its root
is an archive in memory with our init (linux_init.c), the modules that it needs,
and its plan.
"""

import glob
import gzip
import io
import lzma
import os
import re
import subprocess
import tarfile
import tempfile

from machine import Machine, Problem, command_output, tool

# The package that depends on the distribution's newest kernel.
LATEST = "linux-image-amd64"
# What is unpacked of a kernel's package.
WANTED = re.compile(r"/boot/vmlinuz-|/kernel/(sound|drivers/virtio)/")
DEPENDS = re.compile(rb"\0depends=([^\0]*)\0")
# Without the addresses of its functions changed at random, and without the
# detours against attacks on real processors.
COMMAND_LINE = "console=ttyS0 nokaslr mitigations=off quiet panic=-1"
DIRECTORY, FILE = 0o040755, 0o100755


def newest():
    """The package of the newest kernel that apt knows, and its version."""
    versions = re.findall(rf"^ *{LATEST} \| +(\S+) \|",
                          command_output(["apt-cache", "madison", LATEST]),
                          re.M)
    if not versions:
        raise Problem(f"apt knows no {LATEST}; type apt-get update, or name a "
                      "package by LINUX=")
    about = command_output(["apt-cache", "show", f"{LATEST}={versions[0]}"])
    match = re.search(r"^Depends:.*?(linux-image-\S+)", about, re.M)
    if not match:
        raise Problem(f"{LATEST} {versions[0]} depends on no kernel")
    return f"{match[1]}={versions[0]}"


def unpack(package, folder):
    """Unpack what is wanted of a package's file."""
    done = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        raise Problem(done.stderr.decode(errors="replace").strip())
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tar:
        tar.extractall(folder, [m for m in tar if m.isfile() and
                                WANTED.search(m.name)])


def fetch(package, folder):
    """Returns the folder with the kernel of a package ("": the newest), below
    folder.  It is downloaded by apt unless it is there."""
    tool("apt-get", "apt; the kernel beside ours is Debian's")
    package = package or newest()
    path = os.path.join(folder, package)
    if os.path.isdir(path):
        return path
    print(f"downloading {package}", flush=True)
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as new:
        command_output(["apt-get", "-qq", "download", package], new)
        unpack(only(new, "*.deb"), os.path.join(new, "files"))
        os.rename(os.path.join(new, "files"), path)
    return path


def module_name(path):
    """What the kernel calls the module of a file."""
    return re.sub(r"\.ko(\.xz)?$", "", os.path.basename(path)).replace("-", "_")


def depends(path):
    """The names of the modules that a module needs."""
    opened = lzma.open if path.endswith(".xz") else open
    with opened(path, "rb") as f:
        match = DEPENDS.search(f.read())
    names = match[1].decode() if match else ""
    return [name.replace("-", "_") for name in names.split(",") if name]


def load_order(files, wanted):
    """The files of a module and of all that it needs, in the order in which
    they are loaded."""
    paths = {module_name(path): path for path in files}
    order = []

    def add(name):
        if name not in paths:
            raise Problem(f"the kernel's package has no module {name}")
        for other in depends(paths[name]):
            add(other)
        if paths[name] not in order:
            order.append(paths[name])

    add(wanted)
    return order


def newc(entries):
    """An archive as cpio(1) -H newc makes it, of paths, modes and contents."""
    parts = []
    for number, (path, mode, data) in enumerate(
            entries + [("TRAILER!!!", 0, b"")]):
        name = path.encode() + b"\0"
        fields = [number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0]
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + name
        parts += [head, bytes(-len(head) % 4), data, bytes(-len(data) % 4)]
    return b"".join(parts)


def only(folder, pattern):
    """The one file of this pattern."""
    found = glob.glob(os.path.join(glob.escape(folder), pattern))
    if len(found) != 1:
        raise Problem(f"{folder}: {len(found)} files are {pattern}, not one")
    return found[0]


class Linux(Machine):
    """The machine.  run() boots it; its plan is linux_init.c's."""

    def __init__(self, package, init, folder):
        """package: the folder where the kernel's package was unpacked."""
        super().__init__("amd64", only(package, "boot/vmlinuz-*"), "", init,
                         folder)
        self.version = os.path.basename(self.kernel).split("-", 1)[1]
        self.modules = glob.glob(os.path.join(
            glob.escape(package), "**/*.ko*"), recursive=True)

    def driver(self, name, parameters):
        """The files of a module and of those that it needs, and the lines of a
        plan that load them."""
        files = load_order(self.modules, name)
        lines = ["load " + os.path.basename(path) for path in files]
        return files, lines[:-1] + [f"{lines[-1]} {parameters}"]

    def root_image(self, plan, modules):
        entries = [("modules", DIRECTORY, b"")]
        files = [("init", self.init)] + [
            ("modules/" + os.path.basename(path), path) for path in modules]
        for path, source in files:
            with open(source, "rb") as f:
                entries.append((path, FILE, f.read()))
        text = "".join(line + "\n" for line in plan)
        entries.append(("plan", FILE, text.encode()))
        image = self.path("initrd")
        with gzip.open(image, "wb", 1) as f:
            f.write(newc(entries))
        return image

    def machine_arguments(self, root):
        return ["-M", "q35", "-cpu", self.cpu, "-kernel", self.kernel,
                "-initrd", root, "-append", COMMAND_LINE] + \
            self.common_arguments()

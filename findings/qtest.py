# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""A virtio device of QEMU's microvm, driven by its qtest protocol.  The machine's
processor halts at once, so that nothing else touches the device."""

import atexit
import struct
import subprocess
import tempfile
import time

MMIO, RINGS, DATA = 0xfeb00000, 0x100000, 0x200000
SIZE = 64           # of a queue, if the device allows that many
STATUS, READY, NOTIFY = 0x70, 0x44, 0x50
# Requests of virtio-sound, and the format and rate used here.
JACK_INFO, PCM_INFO = 1, 0x100
SET_PARAMS, PREPARE, RELEASE, START, STOP = range(0x101, 0x106)
U8, S16, FLOAT, R48000 = 4, 5, 19, 7
CONTROL, EVENT, TX, RX = range(4)


class Device:
    def __init__(self, *options, queues=4, machine="microvm"):
        with tempfile.NamedTemporaryFile() as rom:
            rom.write(b"\xf4\xeb\xfd\x90" * 16384)       # hlt, and again
            rom.flush()
            self.qemu = subprocess.Popen(
                ["qemu-system-x86_64", "-nodefaults", "-display", "none", "-m",
                 "64M", "-M", machine, "-accel", "tcg", "-qtest", "stdio",
                 "-bios", rom.name, "-global",
                 "virtio-mmio.force-legacy=false", *options],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True)
            atexit.register(self.qemu.kill)
            self.command("endianness")
        # The first device has the last window.
        self.base = next(b for b in range(MMIO + 23 * 512, MMIO - 512, -512)
                         if self.read32(b + 8))
        self.queues = queues
        self.start()

    def start(self, features=0):
        """Reset the device, and make it ready."""
        self.posted, self.next = [0] * self.queues, DATA
        self.sizes = []
        self.write(RINGS, bytes(0x3000 * self.queues))
        # Acknowledge, driver, VIRTIO_F_VERSION_1 and `features`, features OK.
        features |= 1 << 32
        for register, value in ((STATUS, 0), (STATUS, 3),
                                (0x24, 0), (0x20, features & 0xffffffff),
                                (0x24, 1), (0x20, features >> 32),
                                (STATUS, 11)):
            self.register(register, value)
        for queue in range(self.queues):
            ring = RINGS + queue * 0x3000
            self.register(0x30, queue)
            self.sizes.append(min(SIZE, self.read32(self.base + 0x34)))
            for register, value in ((0x38, self.sizes[queue]), (0x80, ring),
                                    (0x90, ring + 0x1000),
                                    (0xa0, ring + 0x2000), (READY, 1)):
                self.register(register, value)
        self.register(STATUS, 15)

    def command(self, line):
        self.qemu.stdin.write(line + "\n")
        self.qemu.stdin.flush()
        answer = self.qemu.stdout.readline().split()
        if not answer or answer[0] != "OK":
            raise SystemExit(f"QEMU does not answer: {line[:40]}: {answer}")
        return answer[1:]

    def read32(self, address):
        return int(self.command(f"readl {address:#x}")[0], 0)

    def register(self, offset, value):
        self.command(f"writel {self.base + offset:#x} {value:#x}")

    def read(self, address, length):
        return bytes.fromhex(self.command(f"read {address:#x} {length}")[0][2:])

    def write(self, address, data):
        self.command(f"write {address:#x} {len(data)} 0x{data.hex()}")

    def post(self, queue, out, room):
        """Give the device `out` and `room` bytes to answer in; their address.
        Without `out` the message has no descriptor for it."""
        ring, size = RINGS + queue * 0x3000, self.sizes[queue]
        slot = self.posted[queue] % (size // 2)
        at, self.next = self.next, self.next + len(out) + room
        self.write(at, out + bytes(room))
        self.write(ring + slot * 32, struct.pack(
            "<QIHHQIHH", at, len(out), 1, 2 * slot + 1,
            at + len(out), room, 2, 0))
        self.write(ring + 0x1004 + self.posted[queue] % size * 2,
                   struct.pack("<H", 2 * slot + (not out)))
        self.posted[queue] += 1
        self.write(ring + 0x1002, struct.pack("<H", self.posted[queue]))
        self.register(NOTIFY, queue)
        return at + len(out)

    def used(self, queue):
        """How many messages the device has returned."""
        return struct.unpack("<H", self.read(
            RINGS + queue * 0x3000 + 0x2002, 2))[0]

    def wait(self, queue, count, seconds=20):
        """Wait until the device has returned `count`; what it has returned."""
        end = time.monotonic() + seconds
        while self.used(queue) < count and time.monotonic() < end:
            time.sleep(0.01)
        return self.used(queue)

    def control(self, *words, payload=4):
        """Send a request of 32-bit words: the status, the rest of the answer."""
        at = self.post(CONTROL, struct.pack(f"<{len(words)}I", *words), payload)
        self.wait(CONTROL, self.posted[CONTROL])
        answer = self.read(at, payload)
        return struct.unpack("<I", answer[:4])[0], answer[4:]

    def set_params(self, stream, channels, form, period=4096, periods=4):
        return self.control(SET_PARAMS, stream, period * periods, period, 0,
                            channels | form << 8 | R48000 << 16)[0]

    def close(self):
        self.qemu.terminate()
        self.qemu.communicate()


def play(form, samples, wav="s16"):
    """Play stereo `samples` again and again; the first that QEMU wrote."""
    device = Device(
        "-audiodev", "wav,id=a,path=played.wav,out.frequency=48000,"
        f"out.format={wav}", "-device", "virtio-sound-device,audiodev=a")
    device.set_params(0, 2, form)
    device.control(PREPARE, 0)
    message = struct.pack("<I", 0) + samples * (4096 // len(samples))
    for _ in range(4):
        device.post(TX, message, 8)
    device.control(START, 0)
    if device.wait(TX, 4) != 4:
        raise SystemExit("QEMU does not play")
    device.control(STOP, 0)
    device.control(RELEASE, 0)
    device.close()
    # QEMU 11.1 leaves the sizes in the file at 0, so wave does not read it.
    with open("played.wav", "rb") as f:
        header, data = f.read(44), f.read(16)
    if header[34] == 16:
        return struct.unpack("<4h", data[:8])
    return tuple(data[:4])

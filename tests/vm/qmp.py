# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""QEMU's monitor: the part of QMP that is needed to change a machine while it
runs."""

import json
import socket


class Qmp:
    """A connection to the socket at path."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(path)
        self.file = self.socket.makefile("rw", encoding="utf-8")
        self.file.readline()            # the greeting
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        """Run the command.  Returns None or QEMU's error."""
        json.dump({"execute": command, "arguments": arguments}, self.file)
        self.file.write("\n")
        self.file.flush()
        while line := self.file.readline():
            answer = json.loads(line)
            if "error" in answer:
                return answer["error"]["desc"]
            if "return" in answer:
                return None
        return "QEMU has gone"

    def close(self):
        """Ends the connection."""
        self.file.close()
        self.socket.close()

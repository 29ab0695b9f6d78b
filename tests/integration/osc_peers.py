# SPDX-License-Identifier: GPL-3.0-or-later
"""The other ends of OSC: oscdump and Pure Data as receivers, a stand-in for the analyser, packets by hand."""

import pathlib
import re
import shutil
import signal
import socket
import struct

import rig

PD_PATCH = """#N canvas 0 0 400 300 12;
#X obj 10 10 netreceive -u -b {port};
#X obj 10 40 oscparse;
#X obj 10 70 print osc;
#X connect 0 0 1 0;
#X connect 1 0 2 0;
"""


def free_udp_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def is_bound(port, protocol):
    """Whether anybody holds that local port."""
    for table in (protocol, protocol + "6"):
        for line in pathlib.Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            if int(line.split()[1].rsplit(":", 1)[1], 16) == port:
                return True
    return False


def oscdump(test, protocol="udp", port=None):
    """(the child, its URL); its messages are read by `messages`."""
    port = port or (free_udp_port() if protocol == "udp" else rig.free_port())
    child = test.start(["oscdump", "-L", f"osc.{protocol}://:{port}"])
    rig.wait_until(lambda: is_bound(port, protocol), "oscdump to listen")
    return child, f"osc.{protocol}://127.0.0.1:{port}"


def messages(child, start="/"):
    """[(address, [arguments])] that oscdump has printed whole, as text."""
    found = []
    for line in child.out.splitlines(keepends=True):
        match = re.match(r"\S+ (/\S*) ?(\S*) ?(.*)\n", line)
        if match and match.group(1).startswith(start):
            found.append((match.group(1), [a.strip('"') for a in match.group(3).split()]))
    return found


def packets(s):
    """What a socket that does not block holds."""
    found = []
    while True:
        try:
            found.append(s.recv(65536))
        except BlockingIOError:
            return found


def pd(test):
    """(the child, its URL), or None if Pure Data is not installed; read by `pd_messages`."""
    if not shutil.which("pd"):
        return None
    port = free_udp_port()
    patch = test.folder / f"receive-{port}.pd"
    patch.write_text(PD_PATCH.format(port=port))
    child = test.start(["pd", "-nogui", "-noaudio", "-nomidi", "-noprefs", "-stderr", "-open", patch],
                       env={"HOME": str(test.folder)})
    rig.wait_until(lambda: is_bound(port, "udp"), "Pure Data to listen")
    return child, f"osc.udp://127.0.0.1:{port}"


def pd_messages(child, start="/"):
    """As messages. Pure Data takes the address apart at its slashes: an event's has three words, any other ends where
    the numbers begin."""
    found = []
    for line in child.err.splitlines(keepends=True):
        match = re.match(r"osc: (?:list )?(.*)\n", line)
        if match:
            words = match.group(1).split()
            size = next((i for i, w in enumerate(words) if re.match(r"-?[\d.]", w)), len(words))
            size = 3 if words[1:2] == ["event"] else size
            address = "/" + "/".join(words[:size])
            if address.startswith(start):
                found.append((address, words[size:]))
    return found


class Flood:
    """phicast-flood in place of the analyser."""

    def __init__(self, test, *options):
        self.child = test.start([rig.BIN / "phicast-flood", "-n", test.name, *options])
        self.child.line("^ready")

    def push(self):
        self.child.process.send_signal(signal.SIGUSR1)

    def pause(self):
        """Its heart, or lets it beat again."""
        self.child.process.send_signal(signal.SIGUSR2)

    def commands(self):
        """[(kind, value)] as they have arrived."""
        return [(int(k), float(v)) for k, v in re.findall(r"^command (\d+) (\S+)$", self.child.out, re.MULTILINE)]


def padded(data):
    return data + b"\0" * (4 - len(data) % 4)


def message(address, types="", *values):
    """An OSC message; the types are not checked against anything."""
    out = padded(address.encode()) + padded(b"," + types.encode())
    for kind, value in zip((t for t in types if t in "ifdhs"), values):
        out += padded(value.encode()) if kind == "s" else struct.pack(
            ">" + {"i": "i", "f": "f", "d": "d", "h": "q"}[kind], value)
    return out


def bundle(*elements):
    return b"#bundle\0" + struct.pack(">II", 0, 1) + b"".join(struct.pack(">I", len(e)) + e for e in elements)

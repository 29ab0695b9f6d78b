# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for nsmd, the New Session Manager's server, over real UDP. It holds each message that a client sends to the
published API (https://new-session-manager.jackaudio.org/api/, version 1.1): its types, its order, whether it was announced,
and that it comes from the socket of the announcement."""

import os
import socket
import struct

import osc_peers
import rig

GENERAL, BAD_PROJECT = -1, -9  # the API's codes that ours have a use for

# What a client may send, and the capability that it must have announced. nsmd takes labels, which the API leaves out.
TYPES = {
    "/nsm/server/announce": ("sssiii", None),
    "/reply": ("ss", None),
    "/error": ("sis", None),
    "/nsm/client/is_dirty": ("", ":dirty:"),
    "/nsm/client/is_clean": ("", ":dirty:"),
    "/nsm/client/label": ("s", None),
}


def read_string(data, at):
    end = data.index(b"\0", at)
    padded = end + 4 - (end - at) % 4
    assert data[end:padded] == b"\0" * (padded - end), data
    return data[at:end].decode(), padded


def read_message(data):
    """(address, types, values) of a packet that is one whole message and nothing more."""
    assert len(data) % 4 == 0, data
    address, at = read_string(data, 0)
    types, at = read_string(data, at)
    assert address.startswith("/") and types.startswith(","), data
    values = []
    for kind in types[1:]:
        if kind == "s":
            value, at = read_string(data, at)
        else:
            assert kind == "i", data
            (value,), at = struct.unpack_from(">i", data, at), at + 4
        values.append(value)
    assert at == len(data), data
    return address, types[1:], values


class Client:
    """One that was started, as its manager knows it."""

    def __init__(self, manager, executable, number, options, env):
        self.manager = manager
        self.executable = executable
        self.number = number
        self.address = self.announced = self.pending = self.label = None
        self.dirty = False
        self.answers = []  # (code or 0, text)
        self.child = manager.test.start([executable, *options], env={"NSM_URL": manager.url, **manager.path, **(env or {})})

    @property
    def id(self):
        return f"{self.announced[0]}.{self.number}"

    @property
    def path(self):
        """Of its file."""
        return self.manager.folder / self.id

    def take(self, address, types, values):
        wanted, capability = TYPES[address]
        assert types == wanted, (address, types)
        assert capability is None or capability in self.announced[1], (address, self.announced)
        if address in ("/reply", "/error"):
            assert self.pending and values[0] == self.pending, (values, self.pending)
            assert values[-1] and (address == "/reply" or values[1] < 0), values
            self.answers.append((values[1] if address == "/error" else 0, values[-1]))
            self.pending = None
        elif address.endswith("label"):
            self.label = values[0]
        else:
            dirty = address.endswith("is_dirty")
            assert dirty != self.dirty, "news that are none"
            self.dirty = dirty

    def ask(self, address, *values):
        """The answer: (0, text), or (code, text) of an error."""
        assert self.pending is None
        count = len(self.answers)
        self.pending = address
        self.manager.send(self.address, address, *values)
        return self.wait(lambda: self.answers[count:], f"{self.executable} to answer {address}")[0]

    def wait(self, condition, what):
        def look():
            self.manager.read()
            return condition()

        return rig.wait_until(look, f"{what}\n{self.child.err}")

    def open(self, path=None, number=None):
        """Of another file: a switch."""
        self.number = number or self.number
        return self.ask("/nsm/client/open", str(path or self.path), self.manager.folder.name, self.id)

    def save(self):
        return self.ask("/nsm/client/save")


class Manager:
    """The server, with a session in a folder of its own."""

    def __init__(self, test, session="song", host="127.0.0.1"):
        self.test = test
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        test.addCleanup(self.socket.close)
        self.socket.bind((host, 0))
        self.socket.setblocking(False)
        self.url = f"osc.udp://{host}:{self.socket.getsockname()[1]}/"
        self.path = {"PATH": f"{rig.BIN}:{os.environ['PATH']}"}
        self.folder = test.folder / "nsm" / session
        self.folder.mkdir(parents=True, exist_ok=True)
        self.clients = []
        self.refusal = None  # (code, text) for who announces next

    def send(self, to, address, *values):
        types = "".join("s" if isinstance(value, str) else "i" for value in values)
        self.socket.sendto(osc_peers.message(address, types, *values), to)

    def read(self):
        """Takes what has come."""
        while True:
            try:
                data, sender = self.socket.recvfrom(65536)
            except BlockingIOError:
                return
            address, types, values = read_message(data)
            assert address in TYPES, address
            if address == "/nsm/server/announce":
                self.take_announcement(sender, types, values)
            else:
                (client,) = [c for c in self.clients if c.address == sender]
                client.take(address, types, values)

    def take_announcement(self, sender, types, values):
        name, capabilities, executable, major, minor, pid = values
        assert types == "sssiii" and name and (major, minor) == (1, 1), values
        assert all(part in ("", "switch", "dirty") for part in capabilities.split(":")), capabilities
        (client,) = [c for c in self.clients if c.child.pid == pid]
        assert client.announced is None and executable == client.executable, values
        if self.refusal:
            self.send(sender, "/error", "/nsm/server/announce", *self.refusal)
            return
        client.announced, client.address = (name, capabilities), sender
        self.send(sender, "/reply", "/nsm/server/announce", "hello", "Stand-in", ":server-control:broadcast:optional-gui:")

    def start(self, executable, number, *options, env=None):
        client = Client(self, executable, number, options, env)
        self.clients.append(client)
        return client

    def add(self, executable, number="nABCD", *options, env=None, file=None):
        """Starts one, which is asked to open its file at once: the client, once it has announced itself."""
        client = self.start(executable, number, *options, env=env)
        client.wait(lambda: client.announced or not client.child.alive(), "an announcement")
        assert client.announced, client.child.err
        if file is not None:
            client.path.write_text(file)
        return client

    def close(self, *clients):
        """Ends them as nsmd does."""
        for client in clients:
            client.child.process.terminate()
        for client in clients:
            self.test.assertEqual(client.child.wait(30), 0, client.child.err)
            self.read()
            self.clients.remove(client)

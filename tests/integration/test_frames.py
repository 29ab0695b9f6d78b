# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames stay whole: two hundred clients with tiny receive buffers that stall, ping and close at random, each byte they
get read as RFC 6455 says, each message as itself and in its order."""

import collections
import contextlib
import heapq
import os
import pathlib
import random
import re
import selectors
import struct
import time
import zlib

import osc_peers
import rig
from test_protocol import CLOSE, FIN, PING, PONG, TEXT, Peer, frame

CLIENTS = 200
MESSAGES = int(os.environ.get("PHICAST_FRAMES", "60000"))
SEED = int(os.environ.get("PHICAST_SEED", "1"))
RSV1 = 0x40
TOO_SLOW = 1013
TAIL = b"\0\0\xff\xff"
PATHS = ("/ws/metrics?rate=120", "/ws/metrics", "/ws/events", "/ws/latency?rate=60")
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate\r\n"


class Listener(Peer):
    """What one client is sent, checked byte by byte."""

    def __init__(self, chance, number, port):
        self.deflates = number % 2 == 0
        self.path = PATHS[number // 2 % len(PATHS)]
        super().__init__(port, self.path, DEFLATE if self.deflates else "", receive_buffer=2304)
        self.chance = chance
        self.inflater = zlib.decompressobj(-15)
        self.pings = collections.deque()
        self.last = -1.0
        self.closes = self.closed = False
        self.pongs = self.messages = 0
        if b" 101 " not in self.head or self.deflates != (b"permessage-deflate" in self.head):
            raise AssertionError(self.head)

    def take(self, data):
        """Everything that is whole by now."""
        self.data += data
        at = 0
        while len(self.data) - at >= 2:
            first, length = self.data[at], self.data[at + 1]
            start = at + 2
            if length == 126:
                if len(self.data) - at < 4:
                    break
                length, start = struct.unpack_from(">H", self.data, start)[0], start + 2
                assert length > 125, "a length in too many bytes"
            assert length < 65536, f"{self.path}: a length of {length}"
            if len(self.data) < start + length:
                break
            self.take_frame(first, self.data[start:start + length])
            at = start + length
        self.data = self.data[at:]

    def take_frame(self, first, payload):
        assert not self.closed, f"{self.path}: a frame after the close frame"
        opcode = first & 15
        assert first & FIN and first & 0x30 == 0 and (first & RSV1 == 0 or (self.deflates and opcode == TEXT)), hex(first)
        if opcode == TEXT:
            self.take_text(self.inflater.decompress(payload + TAIL) if first & RSV1 else payload)
        elif opcode == PING:
            self.reply(frame(PONG, payload))
        elif opcode == PONG:
            while self.pings.popleft() != payload:  # of two that come at once, the first may go unanswered
                pass
            self.pongs += 1
        else:
            code = struct.unpack(">H", payload[:2])[0] if payload else None
            assert opcode == CLOSE and (self.closes or (self.path == "/ws/events" and code == TOO_SLOW)), (hex(first), payload)
            self.closes = self.closed = True

    def take_text(self, text):
        assert text[:1] == b"{" and text[-1:] == b"}", (self.path, text[:80], text[-80:])
        if self.path == "/ws/events":
            found = re.search(rb'"duration_ms":(\d+)', text)
            number = float(found[1]) if found else self.last
            due = self.last + (2 if self.last % 8 in (2, 4) else 1)  # 3 and 5 are other events
            assert not found or self.last < 0 or number == due, f"event {number} after {self.last}"
        else:
            number = float(re.search(rb'"timestamp":([\d.]+)', text)[1])
            assert number >= self.last, f"{self.path}: {number} after {self.last}"
        self.last = number
        self.messages += 1

    def reply(self, data):
        if not self.closes:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the end that this means is still to be read
                self.send(data)

    def act(self):
        """What clients do. Returns for how long it does nothing more, s."""
        draw = self.chance.random()
        if draw < 0.01:
            return self.chance.uniform(0.01, 0.4)
        if draw < 0.04:
            self.pings.append(self.chance.randbytes(self.chance.randrange(126)))
            self.reply(frame(PING, self.pings[-1]))
        elif draw < 0.042:
            self.reply(frame(TEXT, b"nobody listens"))
        elif draw < 0.0425 and not self.closes:
            self.reply(frame(CLOSE, self.chance.choice((b"", struct.pack(">H", 1000)))))
            self.closes = True
        return 0


class Frames(rig.RigTest):
    def has_ring(self, broadcaster):
        for file in pathlib.Path(f"/proc/{broadcaster.child.process.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # a client that has gone meanwhile
                if os.readlink(file) == "anon_inode:[io_uring]":
                    return True
        return False

    def test_no_frame_is_torn(self):
        broadcaster = self.listen()
        print("with io_uring" if self.has_ring(broadcaster) else "without io_uring: this kernel or build has none")

    def test_no_frame_is_torn_without_io_uring(self):
        preload = rig.BIN.parent / "lib/phicast-no-uring.so"
        if not preload.exists():
            self.skipTest("built without liburing: the other test is this one")
        self.assertFalse(self.has_ring(self.listen(env={"LD_PRELOAD": str(preload)})))

    def listen(self, env=None):
        """To a broadcaster with that environment; it is returned."""
        flood = osc_peers.Flood(self, "-c", "32", "--lively", "--rate", "300", "--count", "10000000")
        broadcaster = self.broadcaster("--osc", "none", env=env)
        rig.wait_ready(broadcaster)
        flood.push()
        chance = random.Random(SEED)
        ready, asleep = selectors.DefaultSelector(), []
        listeners = [None] * CLIENTS
        counts = collections.Counter()

        def add(number):
            listeners[number] = Listener(chance, number, broadcaster.port)
            listeners[number].socket.setblocking(False)
            ready.register(listeners[number].socket, selectors.EVENT_READ, number)

        def remove(number):
            listener = listeners[number]
            ready.unregister(listener.socket)
            listener.socket.close()
            counts.update(messages=listener.messages, pongs=listener.pongs, ends=1, cut=not listener.closed)
            # Who closes while it does not read, or lags with events, may be cut off in the midst of a frame.
            self.assertTrue(listener.closes or listener.path == "/ws/events", f"{listener.path}: an end that nobody wanted")
            if listener.closed:
                self.assertEqual(listener.data, b"")

        def read(number):
            listener = listeners[number]
            try:
                data = listener.socket.recv(chance.randrange(1, 4096))
            except ConnectionResetError:
                data = b""
            if not data:
                remove(number)
                add(number)
                return
            listener.take(data)
            seconds = listener.act()
            if seconds > 0:
                ready.unregister(listener.socket)
                heapq.heappush(asleep, (time.monotonic() + seconds, number))

        for number in range(CLIENTS):
            add(number)
        end = time.monotonic() + rig.PATIENCE + MESSAGES / 500
        while counts["messages"] + sum(listener.messages for listener in listeners) < MESSAGES:
            self.assertLess(time.monotonic(), end, counts)
            while asleep and asleep[0][0] <= time.monotonic():
                number = heapq.heappop(asleep)[1]
                ready.register(listeners[number].socket, selectors.EVENT_READ, number)
            for key, _ in ready.select(0.01):
                read(key.data)
        for listener in listeners:
            counts.update(messages=listener.messages, pongs=listener.pongs)
            listener.socket.close()
        print(dict(counts))
        self.assertGreater(counts["pongs"], MESSAGES / 500)
        self.assertGreater(counts["ends"], 3)
        return broadcaster


if __name__ == "__main__":
    rig.main()

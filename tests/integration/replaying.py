# SPDX-License-Identifier: GPL-3.0-or-later
"""A broadcaster that plays a recording, and streams that miss nothing of it."""

import contextlib
import gzip
import json
import socket
import struct

import recordings
import rig

JSON = {"Content-Type": "application/json"}


def messages(texts):
    return [recordings.timeless(json.loads(each)) for each in texts]


class Stream:
    """A WebSocket that takes all that comes and answers no ping, so that nobody takes it for one that does not keep up."""

    def __init__(self, listener, stream):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.settimeout(rig.PATIENCE)
        self.socket.connect(("127.0.0.1", listener.port))
        self.socket.sendall(f"GET /ws/{stream} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode())
        self.file = self.socket.makefile("rb")
        if b" 101 " not in self.file.readline():
            raise AssertionError("no stream")
        while self.file.readline().strip():
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def frame(self):
        """Of the WebSocket's: (its first byte, its body)."""
        kind, size = self.file.read(2)
        if size == 126:
            size, = struct.unpack(">H", self.file.read(2))
        return kind, self.file.read(size)

    def next(self):
        """The next message, without its time."""
        while True:
            kind, body = self.frame()
            if kind == 0x81:
                return messages([body])[0]

    def until(self, last):
        """All up to that one."""
        got = [self.next()]
        while got[-1] != last:
            got.append(self.next())
        return got


class Replaying(rig.RigTest):
    def record(self, seconds, name="show.jsonl", **options):
        """A recording in the test's folder; {stream: its messages without their times}."""
        path = self.folder / name
        opener = gzip.open if name.endswith(".gz") else open
        said = recordings.write(path, recordings.Maker(**options).records(seconds), opener)
        return path, {stream: list(map(recordings.timeless, those)) for stream, those in said.items()}

    def replay(self, path, *options):
        return self.broadcaster("--osc", "none", "--replay", str(path), *options)

    def post(self, listener, body, path="/api/replay"):
        code, _, answer = listener.get(path, "POST", json.dumps(body).encode(), JSON)
        return code, json.loads(answer)

    def state(self, listener):
        return listener.json("/api/status")["replay"]

    def follow(self, listener, stream, count, begin=lambda: None):
        """The next so many messages; begin() is called once the stream is open."""
        with Stream(listener, stream) as ws:
            begin()
            return [ws.next() for _ in range(count)]

    def paused(self, path, *options):
        """A replay that stands at its start, for streams to be opened before anything comes."""
        listener = self.replay(path, *options)
        self.assertEqual(self.post(listener, {"paused": True, "position": 0.5})[0], 202)  # it may still show its first frame
        rig.wait_until(lambda: listener.json("/api/metrics")["frame"] > recordings.FIRST_FRAME, "a later frame")
        self.assertEqual(self.post(listener, {"position": 0})[0], 202)
        rig.wait_until(lambda: listener.json("/api/metrics")["frame"] == recordings.FIRST_FRAME, "its first frame")
        return listener

    def all_of(self, listener, said, **wish):
        """{stream: all of it}, begun anew as wished; before that, what was there when the stream was opened."""
        with contextlib.ExitStack() as stack:
            streams = {name: stack.enter_context(Stream(listener, name)) for name in said}
            self.assertEqual(self.post(listener, {"paused": False, "position": 0, **wish})[0], 202)
            return {name: stream.until(said[name][-1]) for name, stream in streams.items()}

    def assert_all(self, got, said):
        """In order, none missing and none twice."""
        for stream in said:
            first = len(got[stream]) - len(said[stream])
            self.assertGreaterEqual(first, 0, stream)
            self.assertEqual(got[stream][first:], said[stream], stream)

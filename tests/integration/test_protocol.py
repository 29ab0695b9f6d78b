# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP/1.1 and RFC 6455 from raw sockets: whatever comes, a correct answer or a clean close, and nobody else notices."""

import base64
import os
import random
import re
import socket
import struct
import time
import unittest

import rig

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
FIN = 0x80
RANDOM_STREAMS = int(os.environ.get("PHICAST_RANDOM_STREAMS", "100000"))


def frame(opcode, payload=b"", fin=True, rsv=0, masked=True, length=None):
    """One frame as a client sends it; length: what its head says, if not the truth."""
    n = len(payload) if length is None else length
    head = bytes([(FIN if fin else 0) | rsv | opcode])
    mask = 0x80 if masked else 0
    head += (bytes([mask | n]) if n < 126 else
             bytes([mask | 126]) + struct.pack(">H", n) if n < 65536 else bytes([mask | 127]) + struct.pack(">Q", n))
    if not masked:
        return head + payload
    key = b"\x37\xfa\x21\x3d"
    return head + key + bytes(b ^ key[i % 4] for i, b in enumerate(payload))


class Peer:
    """A WebSocket that is open, and what comes through it."""

    def __init__(self, port, path="/ws/metrics", extra="", pieces=0, receive_buffer=0):
        self.socket = socket.socket()
        self.socket.settimeout(rig.PATIENCE)
        if receive_buffer:  # the size counts only before the connection is made
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))
        key = base64.b64encode(b"0123456789abcdef").decode()
        request = (f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{extra}\r\n").encode()
        if pieces:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in range(0, len(request), pieces):
                self.socket.sendall(request[i:i + pieces])
        else:
            self.socket.sendall(request)
        self.data = b""
        while b"\r\n\r\n" not in self.data:
            got = self.socket.recv(65536)
            if not got:
                break
            self.data += got
        self.head, _, self.data = self.data.partition(b"\r\n\r\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def read(self, count):
        while len(self.data) < count:
            got = self.socket.recv(65536)
            if not got:
                raise EOFError
            self.data += got
        out, self.data = self.data[:count], self.data[count:]
        return out

    def frame(self):
        """(first byte, payload)"""
        first, length = self.read(2)
        if length == 126:
            length = struct.unpack(">H", self.read(2))[0]
        elif length == 127:
            length = struct.unpack(">Q", self.read(8))[0]
        return first, self.read(length)

    def next(self, opcode, seconds=rig.PATIENCE):
        """The payload of the next frame of that kind."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            first, payload = self.frame()
            if first & 15 == opcode:
                return payload
        raise AssertionError(f"no frame of kind {opcode} in {seconds} s")

    def is_silent(self, seconds=0.15):
        """Whether nothing comes for so long, which is several beats."""
        self.socket.settimeout(seconds)
        try:
            return not self.data and not self.socket.recv(1)
        except ConnectionResetError:
            return True
        except TimeoutError:
            return True

    def ending(self):
        """The code of the close frame, or None for an end without; fails if there is no end."""
        try:
            payload = self.next(CLOSE)
        except (EOFError, ConnectionResetError):
            return None
        return struct.unpack(">H", payload[:2])[0] if payload else 1005


class Protocol(rig.RigTest):
    def setUp(self):
        super().setUp()
        self.broadcaster_ = self.broadcaster("--osc", "none")
        self.port = self.broadcaster_.port

    def peer(self, *args, **more):
        peer = Peer(self.port, *args, **more)
        self.addCleanup(peer.socket.close)
        self.assertIn(b" 101 ", peer.head)
        return peer

    def stays_open(self, *frames, **more):
        peer = self.peer(**more)
        for data in frames:
            peer.send(data)
        peer.send(frame(PING, b"still there?"))
        self.assertEqual(peer.next(PONG), b"still there?")
        peer.next(TEXT)

    def ends(self, codes, *frames, **more):
        peer = self.peer(**more)
        for data in frames:
            try:
                peer.send(data)
            except (BrokenPipeError, ConnectionResetError):
                break
        code = peer.ending()
        self.assertIn(code, codes, frames)
        if code is not None:
            self.assertTrue(peer.is_silent(), "something followed the close frame")

    def test_what_clients_may_say(self):
        self.stays_open(frame(TEXT, b"hello"), frame(BINARY, b"\xff\xfe"), frame(TEXT), frame(PONG, b"unasked"))
        self.stays_open(frame(TEXT, "κόσμε 𝄞".encode()))
        self.stays_open(frame(TEXT, b"x" * 4096), frame(BINARY, b"x" * 4096))

    def test_fragments(self):
        self.stays_open(frame(TEXT, b"one ", fin=False), frame(0, b"two ", fin=False), frame(0, b"three"))
        euro = "€".encode()
        self.stays_open(frame(TEXT, euro[:1], fin=False), frame(0, euro[1:2], fin=False), frame(0, euro[2:]))
        self.stays_open(frame(TEXT, b"", fin=False), frame(0, b""))

    def test_control_frames_between_fragments(self):
        peer = self.peer()
        peer.send(frame(TEXT, b"one", fin=False) + frame(PING, b"between"))
        self.assertEqual(peer.next(PONG), b"between")
        peer.send(frame(0, b"two"))
        peer.send(frame(PING, b"after"))
        self.assertEqual(peer.next(PONG), b"after")

    def test_bad_control_frames(self):
        self.ends((1002, None), frame(PING, b"x" * 126))
        self.ends((1002, None), frame(CLOSE, b"x" * 200))
        self.ends((1002,), frame(PING, b"x", fin=False))
        self.ends((1002,), frame(CLOSE, b"", fin=False))

    def test_bad_continuations(self):
        self.ends((1002,), frame(0, b"of nothing"))
        self.ends((1002,), frame(TEXT, b"one", fin=False), frame(TEXT, b"another"))

    def test_reserved_bits_and_opcodes(self):
        for rsv in (0x40, 0x20, 0x10, 0x70):
            self.ends((1002,), frame(TEXT, b"x", rsv=rsv))
        for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
            self.ends((1002,), frame(opcode, b"x"))
        for rsv in (0x20, 0x10, 0x60):  # only RSV1 has a meaning
            self.ends((1002,), frame(TEXT, b"x", rsv=rsv), extra="Sec-WebSocket-Extensions: permessage-deflate\r\n")

    def test_unmasked(self):
        """libwebsockets 4.1.6 takes them as they are; nobody listens to what they say."""
        peer = self.peer()
        peer.send(frame(TEXT, b"not masked", masked=False))
        try:
            peer.next(TEXT)
            peer.send(frame(PING, b"?"))
            self.assertEqual(peer.next(PONG), b"?")
        except (EOFError, ConnectionResetError):
            pass

    def test_bad_utf8(self):
        for bad in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"abc\x80", b"\xe2\x82"):
            self.ends((1007,), frame(TEXT, bad))
        self.ends((1007,), frame(TEXT, b"\xe2", fin=False), frame(0, b"\x28"))
        self.stays_open(frame(TEXT, b"\xff\xff", rsv=0x40),  # compressed: nobody looks inside
                        extra="Sec-WebSocket-Extensions: permessage-deflate\r\n")

    def test_too_large(self):
        self.ends((1009,), frame(TEXT, b"x" * 4097))
        self.ends((1009,), frame(BINARY, b"x" * 100000))
        self.ends((1009,), frame(BINARY, b"x" * 3000, fin=False), frame(0, b"x" * 3000))
        self.ends((1009,), frame(BINARY, b"x" * 300, length=1 << 40))  # said, not sent
        self.ends((1009,), frame(TEXT, b"x" * 5000, rsv=0x40), extra="Sec-WebSocket-Extensions: permessage-deflate\r\n")
        self.ends((1002, None), frame(BINARY, b"x", length=(1 << 64) - 1))

    def test_close_codes(self):
        for code in (1000, 1001, 1003, 3000, 4999):
            self.ends((code,), frame(CLOSE, struct.pack(">H", code) + b"bye"))
        self.ends((1005, 1000), frame(CLOSE))
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999):
            self.ends((1002, None), frame(CLOSE, struct.pack(">H", code)))

    def test_half_open(self):
        peer = self.peer()
        peer.socket.shutdown(socket.SHUT_WR)
        with self.assertRaises((EOFError, ConnectionResetError)):
            while True:
                peer.frame()

    def test_byte_at_a_time(self):
        peer = Peer(self.port, pieces=1)
        with peer:
            self.assertIn(b" 101 ", peer.head)
            for byte in frame(PING, b"slowly"):
                peer.send(bytes([byte]))
            self.assertEqual(peer.next(PONG), b"slowly")

    def http(self, request):
        """All that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=rig.PATIENCE) as s:
            out = b""
            try:
                s.sendall(request)
                s.shutdown(socket.SHUT_WR)
                while got := s.recv(65536):
                    out += got
            except OSError:  # it hung up in the middle
                pass
            return out

    def test_handshakes_that_are_none(self):
        base = "GET /ws/metrics HTTP/1.1\r\nHost: localhost\r\n"
        whole = ("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                 "Sec-WebSocket-Version: 13\r\n")
        for line in whole.split("\r\n")[:-1]:
            if not line.startswith(("Connection", "Sec-WebSocket-Version")):
                self.assertNotIn(b" 101 ", self.http(f"{base}{whole.replace(line + chr(13) + chr(10), '')}\r\n".encode()))
        self.assertNotIn(b" 101 ", self.http(f"{base.replace('GET', 'POST')}{whole}\r\n".encode()))
        self.assertNotIn(b" 101 ", self.http(f"{base}{whole.replace('websocket', 'h2c')}\r\n".encode()))

    def test_smuggling(self):
        """Requests that two readers might cut differently: never more answers than requests, and none hidden in a
        body is answered."""
        hidden = b"GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n"
        post = b"POST /api/phi HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        shapes = (
            post + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % len(hidden) + hidden,
            post + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n" + hidden,
            post + b"Content-Length: %d\r\n\r\n" % len(hidden) + hidden,
            post + b"Content-Length: +5\r\n\r\n" + hidden,
            post + b"Content-Length: 0x10\r\n\r\n" + hidden,
            post + b"Content-Length: -1\r\n\r\n" + hidden,
            post + b"Transfer-Encoding: xchunked\r\n\r\n" + hidden,
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(hidden) + hidden,
        )
        for request in shapes:
            answers = self.http(request)
            self.assertLessEqual(len(re.findall(rb"^HTTP/1\.", answers, re.M)), 2, (request, answers))
            if request.startswith(b"POST"):
                self.assertNotIn(b'"version"', answers, request)
        self.assertEqual(self.broadcaster_.get("/healthz")[0], 200)

    def test_odd_heads(self):
        for request in (b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 100, b"GET /\x00 HTTP/1.1\r\n\r\n",
                        b"GET " + b"/" * 100000 + b" HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"y" * 100000 + b"\r\n\r\n",
                        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20000 + b"\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"CONNECT localhost:22 HTTP/1.1\r\n\r\n"):
            answer = self.http(request)
            self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1."), (request[:60], answer[:60]))
        self.assertEqual(self.broadcaster_.get("/healthz")[0], 200)

    def random_input(self, source):
        kind = source.randrange(4)
        if kind == 0:
            return source.randbytes(source.randrange(1, 64))
        data = frame(source.choice((0, TEXT, BINARY, PING, PONG, source.randrange(16))),
                     source.randbytes(source.randrange(40)), fin=source.random() < 0.8,
                     rsv=source.choice((0, 0, 0, 0x40, 0x10)), masked=source.random() < 0.9)
        if kind == 1:
            at = source.randrange(len(data))
            return data[:at] + bytes([source.randrange(256)]) + data[at + 1:]
        return data

    def test_random_streams(self):
        """Each input goes to a connection that is open; a new one is opened whenever the server has closed it."""
        seed = int(os.environ.get("PHICAST_SEED", time.time_ns() % 1000000))
        source = random.Random(seed)
        offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
        peers = [None] * 64
        opened = 0
        for i in range(RANDOM_STREAMS):
            if i % 5000 == 0:
                self.assertEqual(self.broadcaster_.get("/healthz")[0], 200, f"seed {seed}, input {i}")
            slot = source.randrange(len(peers))
            if i % 8 == 7:  # as HTTP
                with socket.create_connection(("127.0.0.1", self.port), timeout=rig.PATIENCE) as s:
                    s.sendall(source.choice((b"", b"GET ", b"POST /api/phi HTTP/1.1\r\n")) + self.random_input(source))
                continue
            if peers[slot] is None:
                peers[slot] = Peer(self.port, f"/ws/{source.choice(('metrics', 'latency', 'events'))}",
                                   offer if source.random() < 0.5 else "")
                peers[slot].socket.setblocking(False)
                opened += 1
            try:
                peers[slot].socket.send(self.random_input(source))
                if i % 4 == 0 and not peers[slot].socket.recv(65536):
                    raise ConnectionResetError
            except BlockingIOError:
                pass
            except OSError:
                peers[slot].socket.close()
                peers[slot] = None
        for peer in peers:
            if peer:
                peer.socket.close()
        self.assertGreater(opened, len(peers), f"seed {seed}: nothing was ever refused")
        self.stays_open()
        rig.wait_until(lambda: self.broadcaster_.json("/api/status")["streams"]["events"]["clients"] == 0, "the end of all")
        self.broadcaster_.child.process.terminate()
        self.assertEqual(self.broadcaster_.child.wait(), 0, self.broadcaster_.child.err[-2000:])


if __name__ == "__main__":
    unittest.main(verbosity=2)

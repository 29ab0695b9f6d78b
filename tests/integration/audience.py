# SPDX-License-Identifier: GPL-3.0-or-later
"""Many viewers in one thread, and what each of them got when: audience.py OUT PORT COUNT:PATH...

Plain sockets that come back whenever they are dropped. The first line printed is "all are in", once each has had its handshake.
SIGTERM ends it; OUT then holds a pickled Report."""

import array
import collections
import heapq
import os
import pickle
import random
import select
import signal
import socket
import struct
import sys
import time

TEXT, CLOSE, PING = 0x81, 0x88, 0x89
RECEIVED = 1 << 16


class Viewer:
    """What one got: times (s, time.monotonic()) and numbers of messages in Report.messages."""

    def __init__(self, path):
        self.path = path
        self.times = array.array("d")
        self.numbers = array.array("L")
        self.connected = []  # (s, how many messages it had then, s that the handshake had taken)
        self.closed = []     # (s, close code or None)

    def gaps(self, begin, end):
        """The longest time without a message within these."""
        inside = [begin, *(t for t in self.times if begin <= t <= end), end]
        return max(b - a for a, b in zip(inside, inside[1:]))


class Report:
    def __init__(self):
        self.messages = []
        self.viewers = []

    def texts(self, viewer, first=0, last=None):
        return [self.messages[n] for n in viewer.numbers[first:last]]

    def sessions(self, viewer):
        """The texts of each of its connections."""
        starts = [count for _, count, _ in viewer.connected]
        return [self.texts(viewer, a, b) for a, b in zip(starts, [*starts[1:], None])]


class Connection:
    def __init__(self, viewer):
        self.viewer = viewer
        self.socket = None
        self.buffer = b""
        self.open = False
        self.begun = 0.0


class Audience:
    def __init__(self, port, groups):
        self.port = port
        self.report = Report()
        self.known = collections.defaultdict(lambda: len(self.known))
        self.epoll = select.epoll()
        self.connections = {}
        self.due = []
        self.waiting = 0
        self.ending = False
        for count, path in groups:
            for _ in range(count):
                viewer = Viewer(path)
                self.report.viewers.append(viewer)
                self.dial(Connection(viewer))
                self.waiting += 1

    def dial(self, connection):
        connection.socket = socket.socket()
        connection.socket.setblocking(False)
        connection.socket.connect_ex(("127.0.0.1", self.port))
        connection.buffer, connection.open = b"", False
        connection.begun = time.monotonic()
        self.connections[connection.socket.fileno()] = connection
        self.epoll.register(connection.socket, select.EPOLLOUT)

    def shake_hands(self, connection):
        self.epoll.modify(connection.socket, select.EPOLLIN)
        connection.socket.send(
            f"GET {connection.viewer.path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode())

    def drop(self, connection, code=None):
        now = time.monotonic()
        if connection.open:
            connection.viewer.closed.append((now, code))
        del self.connections[connection.socket.fileno()]
        connection.socket.close()
        heapq.heappush(self.due, (now + random.uniform(0.05, 0.25), id(connection), connection))

    def take_head(self, connection):
        """Whether the handshake is through."""
        head, end, rest = connection.buffer.partition(b"\r\n\r\n")
        if not end:
            return False
        if not head.startswith(b"HTTP/1.1 101"):
            self.drop(connection)
            return False
        connection.buffer, connection.open = rest, True
        viewer = connection.viewer
        now = time.monotonic()
        if not viewer.connected:
            self.waiting -= 1
            if self.waiting == 0:
                print("all are in", flush=True)
        viewer.connected.append((now, len(viewer.times), now - connection.begun))
        return True

    def take_frames(self, connection):
        buffer, at, now, viewer = connection.buffer, 0, time.monotonic(), connection.viewer
        while len(buffer) >= at + 2:
            kind, size = buffer[at], buffer[at + 1]
            start = at + 2
            if size == 126:
                start += 2
                size = struct.unpack_from(">H", buffer, at + 2)[0] if len(buffer) >= start else RECEIVED
            if len(buffer) < start + size:
                break
            body = buffer[start:start + size]
            at = start + size
            if kind == TEXT:
                viewer.times.append(now)
                viewer.numbers.append(self.known[body])
            elif kind == PING:
                connection.socket.send(bytes([0x8a, 0x80 | size]) + bytes(4) + body)
            else:
                self.drop(connection, struct.unpack(">H", body[:2])[0] if kind == CLOSE and size >= 2 else None)
                return
        connection.buffer = buffer[at:]

    def take(self, connection):
        try:
            received = connection.socket.recv(RECEIVED)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        if not received:
            self.drop(connection)
            return
        connection.buffer += received
        if connection.open or self.take_head(connection):
            self.take_frames(connection)

    def run(self):
        while not self.ending:
            for fd, what in self.epoll.poll(0.05):
                connection = self.connections[fd]
                if what & select.EPOLLOUT and not what & (select.EPOLLERR | select.EPOLLHUP):
                    self.shake_hands(connection)
                else:
                    self.take(connection)
            while self.due and self.due[0][0] <= time.monotonic():
                self.dial(heapq.heappop(self.due)[2])
        self.report.messages = [body.decode() for body in self.known]
        return self.report


def main(out, port, *groups):
    audience = Audience(int(port), [(int(count), path) for count, _, path in (group.partition(":") for group in groups)])
    signal.signal(signal.SIGTERM, lambda *_: setattr(audience, "ending", True))
    report = audience.run()
    with open(out + ".new", "wb") as file:
        pickle.dump(report, file)
    os.rename(out + ".new", out)


if __name__ == "__main__":
    import audience as here  # so that what is pickled is found there
    here.main(*sys.argv[1:])

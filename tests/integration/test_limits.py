# SPDX-License-Identifier: GPL-3.0-or-later
"""What the broadcaster does when there are too many, too fast or too slow; and that the others do not notice."""

import asyncio
import contextlib
import http.client
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import time
import unittest
import urllib.request

import osc_peers
import rig
from test_protocol import Peer

# Installed, or where scripts/setup --tests puts it.
PROMTOOL = shutil.which("promtool") or shutil.which(rig.ROOT / "build/tools/usr/bin/promtool")


def connect_from(address, port):
    s = socket.socket()
    s.bind((address, 0))
    s.settimeout(rig.PATIENCE)
    s.connect(("127.0.0.1", port))
    return s


class Limits(rig.RigTest):
    def peers(self, port, count, path="/ws/metrics"):
        made = [Peer(port, path) for _ in range(count)]
        for peer in made:
            self.addCleanup(peer.socket.close)
        return made

    def resident(self, broadcaster):
        status = pathlib.Path(f"/proc/{broadcaster.child.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def descriptors(self, broadcaster):
        return len(list(pathlib.Path(f"/proc/{broadcaster.child.pid}/fd").iterdir()))

    async def test_max_clients(self):
        broadcaster = self.broadcaster("--osc", "none", "--max-clients", "20")
        peers = self.peers(broadcaster.port, 19)
        self.assertTrue(all(b" 101 " in p.head for p in peers))
        async with broadcaster.ws("metrics") as watching:
            for _ in range(100):
                with Peer(broadcaster.port) as late:
                    self.assertIn(b" 503 ", late.head)
                    self.assertIn(b"Retry-After:", late.head)
                await asyncio.wait_for(watching.recv(), rig.PATIENCE)
            self.assertEqual(broadcaster.get("/healthz")[0], 200)
        peers[0].socket.close()
        rig.wait_until(lambda: b" 101 " in self.peers(broadcaster.port, 1)[0].head, "a place that came free")

    def test_per_address(self):
        broadcaster = self.broadcaster("--osc", "none", "--max-per-address", "3")
        self.peers(broadcaster.port, 3)
        with Peer(broadcaster.port) as fourth:
            self.assertIn(b" 503 ", fourth.head)
        other = connect_from("127.0.0.2", broadcaster.port)
        other.sendall(b"GET /ws/metrics HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
        self.assertIn(b" 101 ", other.recv(4096))
        other.close()

    def few_descriptors(self, count):
        """(broadcaster, how many clients it says there is room for) with that limit of open files."""
        child = self.start(["prlimit", f"--nofile={count}:{count}", rig.BIN / "phicast-broadcaster", "-n", self.name, "-p", "0",
                            "--osc", "none", "--verbose"])
        port = int(child.line(r"^listening on http://\S+:(\d+)").group(1))
        return child, port, int(child.line(r"room for (\d+) clients only", "err").group(1))

    def crowd(self, port, count):
        """So many connections that say nothing, as far as they are let in."""
        made = []
        for _ in range(count):
            with contextlib.suppress(OSError):
                made.append(socket.create_connection(("127.0.0.1", port), timeout=2))
                self.addCleanup(made[-1].close)
        return made

    def cpu(self, child):
        """Seconds of it, so far."""
        fields = pathlib.Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def answers(self, port):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as response:
            return response.status == 200
        return False

    def test_descriptors_never_run_out(self):
        """More connections than descriptors: those that got in go on."""
        child, port, room = self.few_descriptors(400)
        self.assertGreater(room, 200)
        peers = self.peers(port, room)
        self.assertTrue(all(b" 101 " in p.head for p in peers))
        crowd = self.crowd(port, 600)
        for peer in peers:
            peer.data = b""
            peer.next(1)
        for s in crowd:
            s.close()
        rig.wait_until(lambda: self.answers(port), "an answer after the crowd")
        self.assertNotIn("errno 24", child.err)

    def test_forty_descriptors(self):
        """A crowd is no work, an analyser is found while it stands there, and descriptors that came free serve again."""
        child, port, room = self.few_descriptors(40)
        self.assertGreaterEqual(room, 8)
        peers = self.peers(port, room)
        self.assertTrue(all(b" 101 " in p.head for p in peers))
        crowd = self.crowd(port, 300)
        self.assertGreater(len(crowd), room)
        for _ in range(2):
            flood = osc_peers.Flood(self)
            child.line(rf"found: pid {flood.child.pid}", "err")
            before = self.cpu(child)
            for peer in peers:
                peer.data = b""
                peer.next(1)
            time.sleep(2)
            self.assertLess(self.cpu(child) - before, 1)  # of all of two cores' work
            flood.child.kill()
        for s in crowd:
            s.close()
        rig.wait_until(lambda: self.answers(port), "an answer after the crowd")
        peers[0].socket.close()
        rig.wait_until(lambda: b" 101 " in self.peers(port, 1)[0].head, "a place that came free")

    def test_the_limit_falls_under_it(self):
        """Nobody can be taken up any more: those who wait at the door are no work, and let in when it goes again."""
        broadcaster = self.broadcaster("--osc", "none")
        child, port = broadcaster.child, broadcaster.port
        peers = self.peers(port, 5)
        old = resource.prlimit(child.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(child.pid, resource.RLIMIT_NOFILE, (len(os.listdir(f"/proc/{child.pid}/fd")) // 2, old[1]))
        waiting = self.crowd(port, 50)
        self.assertEqual(len(waiting), 50)
        child.line("new connections have to wait: Too many open files", "err")
        before = self.cpu(child)
        for peer in peers:
            peer.data = b""
            peer.next(1)
        time.sleep(2)
        self.assertLess(self.cpu(child) - before, 1)
        self.assertLess(child.err.count("have to wait"), 10)
        resource.prlimit(child.pid, resource.RLIMIT_NOFILE, old)
        waiting[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        waiting[0].settimeout(rig.PATIENCE)
        self.assertIn(b" 200 ", waiting[0].recv(4096))

    def test_slow_handshakes_end(self):
        broadcaster = self.broadcaster("--osc", "none")
        silent = socket.create_connection(("127.0.0.1", broadcaster.port))
        slow = socket.create_connection(("127.0.0.1", broadcaster.port))
        for s in (silent, slow):
            self.addCleanup(s.close)
        silent.settimeout(rig.PATIENCE)
        ended = False
        for byte in b"GET /ws/metrics HTTP/1.1\r\nX-" + b"y" * 200:
            try:
                slow.sendall(bytes([byte]))
                slow.settimeout(0.3)
                ended = not slow.recv(100)
            except socket.timeout:
                continue
            except OSError:
                ended = True
            if ended:
                break
        self.assertTrue(ended)
        self.assertEqual(silent.recv(1), b"")

    def test_posts(self):
        osc_peers.Flood(self)
        broadcaster = self.broadcaster("--osc", "none")
        rig.wait_ready(broadcaster)
        connection = http.client.HTTPConnection("127.0.0.1", broadcaster.port, timeout=rig.PATIENCE)
        begin = time.monotonic()
        codes = []
        while 429 not in codes:
            connection.request("POST", "/api/phi", '{"depth": 0.5}', {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
            codes.append(response.status)
            self.assertLess(len(codes), 100000)
        self.assertEqual(response.headers["Retry-After"], "1")
        connection.close()
        self.assertEqual(set(codes), {202, 429})
        # A hundred at once, and twenty a second.
        self.assertTrue(100 <= codes.count(202) <= 20 * (time.monotonic() - begin) + 101, codes.count(202))
        rig.wait_until(lambda: broadcaster.get("/api/phi", "POST", b'{"depth": 1}', {"Content-Type": "application/json"})[0]
                       == 202, "more to be let in")

    def test_heads_that_are_too_large(self):
        broadcaster = self.broadcaster("--osc", "none")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", broadcaster.port), timeout=rig.PATIENCE) as s:
            s.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: " + b"x" * 17000 + b"\r\n\r\n")
            self.assertIn(b" 431 ", s.recv(4096))
        self.assertEqual(broadcaster.get("/healthz")[0], 200)

    async def test_a_stopped_reader_harms_nobody(self):
        osc_peers.Flood(self, "-c", "64")
        broadcaster = self.broadcaster("--osc", "none")
        rig.wait_ready(broadcaster)
        stuck = self.peers(broadcaster.port, 10)
        await self.take(broadcaster, "metrics", 400)  # long enough to fill what the kernel holds for them
        newest = broadcaster.json("/api/metrics")["frame"]
        for peer in stuck:  # what the kernel held comes first, then the newest
            deadline = time.monotonic() + rig.PATIENCE
            frame = 0
            while frame < newest and time.monotonic() < deadline:
                frame = int(peer.next(1).split(b",", 1)[0].split(b":")[1])
            self.assertGreaterEqual(frame, newest)

    def test_comings_and_goings_leave_nothing(self):
        broadcaster = self.broadcaster("--osc", "none")

        def round_(count):
            for _ in range(count):
                Peer(broadcaster.port, "/ws/metrics?rate=50").socket.close()
            rig.wait_until(lambda: broadcaster.json("/api/status")["streams"]["metrics"]["clients"] == 0, "their end")
            return self.resident(broadcaster), self.descriptors(broadcaster)

        before = round_(500)
        after = round_(3000)
        maps = pathlib.Path(f"/proc/{broadcaster.child.pid}/maps").read_text()
        if "libasan" not in maps:  # it keeps what is freed for a while
            self.assertLess(after[0] - before[0], 300)
        self.assertLessEqual(after[1], before[1] + 1)

    def test_prometheus(self):
        osc_peers.Flood(self)
        broadcaster = self.broadcaster()
        rig.wait_ready(broadcaster)
        code, kind, text = broadcaster.get("/metrics")
        self.assertEqual((code, kind), (200, "text/plain"))
        self.assertIn('phicast_clients{stream="metrics"} 0\n', text)

    @unittest.skipUnless(PROMTOOL, "promtool is not installed and could not be fetched")
    def test_promtool(self):
        osc_peers.Flood(self)
        broadcaster = self.broadcaster()
        rig.wait_ready(broadcaster)
        text = broadcaster.get("/metrics")[2]
        checked = subprocess.run([PROMTOOL, "check", "metrics"], input=text, text=True, capture_output=True, check=False)
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))

    def test_readiness_and_watchdog(self):
        path = str(self.folder / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(path)
            s.settimeout(rig.PATIENCE)
            child = self.start([rig.BIN / "phicast-broadcaster", "-n", self.name, "-p", "0", "--osc", "none"],
                               env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"})
            self.assertEqual(s.recv(100), b"READY=1")
            self.assertEqual([s.recv(100) for _ in range(5)], [b"WATCHDOG=1"] * 5)
            child.process.send_signal(signal.SIGTERM)
            while (said := s.recv(100)) == b"WATCHDOG=1":
                pass
            self.assertEqual(said, b"STOPPING=1")


if __name__ == "__main__":
    unittest.main(verbosity=2)

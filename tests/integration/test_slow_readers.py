# SPDX-License-Identifier: GPL-3.0-or-later
"""A client that stops reading for a while: what it finds when it wakes up, and that it is still there."""

import asyncio
import json
import ssl
import subprocess
import threading
import time
import unittest

import websockets

import osc_peers
import rig
from test_protocol import PING, PONG, TEXT, Peer, frame

SLEEP = 15   # s
AWAKE = 3    # s before that: the first ping comes after two
SECOND = 30  # messages


class Reader(Peer):
    """Answers pings, or does not."""

    def __init__(self, port, path, receive_buffer, answers):
        super().__init__(port, path, receive_buffer=receive_buffer)
        self.answers = answers

    def message(self):
        while True:
            first, payload = self.frame()
            if first & 15 == PING and self.answers:
                self.send(frame(PONG, payload))
            if first & 15 == TEXT:
                return json.loads(payload)

    def read_for(self, seconds):
        end = time.monotonic() + seconds
        count = 0
        while time.monotonic() < end:
            self.message()
            count += 1
        return count

    def old_messages(self):
        """How many that are older than a second come before one that is new."""
        count = 0
        end = time.monotonic() + rig.PATIENCE
        while time.monotonic() < end:
            if time.time() - self.message()["timestamp"] < 1:
                return count
            count += 1
        raise AssertionError(f"nothing new in {rig.PATIENCE} s")


class SlowReaders(rig.RigTest):
    def serve(self, channels):
        osc_peers.Flood(self, "-c", str(channels), "--lively")
        broadcaster = self.broadcaster("--osc", "none")
        rig.wait_ready(broadcaster)
        return broadcaster

    def sleepers(self, port, kinds):
        """{kind: old messages} of readers that read, sleep at the same time, and wake."""
        found, errors = {}, []

        def one(kind):
            path, receive_buffer, answers = kind
            try:
                with Reader(port, path, receive_buffer, answers) as reader:
                    reader.read_for(AWAKE)
                    time.sleep(SLEEP)
                    found[kind] = reader.old_messages()
                    reader.read_for(1)
            except Exception as error:  # for the thread that waits
                errors.append((kind, error))

        threads = [threading.Thread(target=one, args=(kind,)) for kind in kinds]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])
        return found

    def test_they_find_less_than_a_second(self):
        kinds = [(path, size, True) for path in ("/ws/metrics", "/ws/metrics?rate=10", "/ws/latency")
                 for size in (0, 4096, 4 << 20)]
        kinds += [("/ws/metrics", 4096, False)]  # one that never answers: what its socket holds, and next to nothing of ours
        for channels in (1, 64):
            found = self.sleepers(self.serve(channels).port, kinds)
            print(f"{channels} channels: {found}")
            for kind, count in found.items():
                self.assertLess(count, SECOND if kind[0] == "/ws/metrics" else 10, kind)
            self.clear_children()

    def clear_children(self):
        for child in self.children:
            child.stop()

    async def blocked(self, url, **options):
        """How many old messages Python's websockets finds when its program has slept."""
        async with websockets.connect(url, **options) as ws:
            for _ in range(AWAKE * SECOND):
                await ws.recv()
            time.sleep(SLEEP)  # as a program does that computes where it should read
            old = 0
            while time.time() - json.loads(await asyncio.wait_for(ws.recv(), rig.PATIENCE))["timestamp"] > 1:
                old += 1
        print(f"websockets, {url.partition(':')[0]}: {old} old messages")
        self.assertLess(old, SECOND)

    async def test_a_library_that_is_blocked(self):
        await self.blocked(f"ws://127.0.0.1:{self.serve(8).port}/ws/metrics")

    async def test_a_library_that_is_blocked_behind_tls(self):
        cert, key = self.folder / "cert.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], check=True,
                       stderr=subprocess.DEVNULL, timeout=rig.PATIENCE)
        osc_peers.Flood(self, "-c", "8", "--lively")
        child = self.start([rig.BIN / "phicast-broadcaster", "-n", self.name, "-p", "0", "--osc", "none", "--tls-cert", cert,
                            "--tls-key", key])
        port = child.line(r"^listening on https://\S+:(\d+)").group(1)
        await self.blocked(f"wss://localhost:{port}/ws/metrics", ssl=ssl.create_default_context(cafile=cert))

    async def test_the_others_go_on(self):
        broadcaster = self.serve(8)
        sleeping = [Reader(broadcaster.port, "/ws/metrics", 0, True) for _ in range(5)]
        for reader in sleeping:
            reader.read_for(AWAKE)
        before = broadcaster.json("/api/status")["streams"]["metrics"]["sent"]
        async with broadcaster.ws("metrics") as ws:
            for _ in range(5 * SECOND):
                await asyncio.wait_for(ws.recv(), rig.PATIENCE)
        sent = broadcaster.json("/api/status")["streams"]["metrics"]["sent"] - before
        self.assertLess(sent, (5 + 5 + 1) * SECOND)  # this one's five seconds, one for each sleeper, and one
        for reader in sleeping:
            reader.socket.close()

    def test_the_dead_are_dropped_the_sleeping_are_not(self):
        broadcaster = self.serve(1)
        begin = time.monotonic()
        paths = ("/ws/metrics", "/ws/latency", "/ws/events")
        peers = [Reader(broadcaster.port, path, 0, True) for path in paths]
        for peer in peers[:2]:
            peer.read_for(AWAKE)

        def clients():
            return sum(stream["clients"] for stream in broadcaster.json("/api/status")["streams"].values())

        while True:
            seen = clients()
            if time.monotonic() - begin > 25:
                break
            self.assertEqual(seen, 3)
            time.sleep(0.5)
        rig.wait_until(lambda: clients() == 0, "the end of those who answer no ping")
        self.assertGreater(time.monotonic() - begin, 28)
        for peer in peers:
            peer.socket.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)

# SPDX-License-Identifier: GPL-3.0-or-later
"""The latencies that the graph and the streams tell: sums, what calibration adds, what is passed on to others."""

import asyncio
import json
import re
import statistics
import time
import unittest

import rig

EARLY = 0.002  # s: as far as the system's clock may be from what Phicast takes it for


class Told(rig.RigTest):
    def begin(self, *options, **server):
        self.server = self.jackd(patient=True, **server)
        self.child = self.analyser(self.server, "-c", "1", *options)
        self.listener = self.broadcaster("--osc", "none")
        rig.wait_ready(self.listener)

    async def told(self):
        """Messages of the latency stream, their sums checked."""
        messages = [json.loads(text) for text in await self.take(self.listener, "latency", 20)]
        for message in messages:
            parts = message["hardware_latency_ms"] + message["software_latency_ms"]
            self.assertAlmostEqual(message["total_latency_ms"], parts, delta=1e-3)
        return messages

    async def check_never_ahead(self):
        """Whatever the period, sound has been at the input before a message tells of it, and is as old as is told."""
        async with self.listener.ws("metrics") as ws:
            for _ in range(60):
                message = json.loads(await asyncio.wait_for(ws.recv(), rig.PATIENCE))
                self.assertLess(message["timestamp"], time.time() + EARLY)
        told = await self.told()
        self.assertGreater(statistics.median(message["total_latency_ms"] for message in told), 0)
        return told


class Latency(Told):
    def hardware(self, samples, buffer):
        message = self.listener.json("/api/latency")
        return (abs(message["hardware_latency_ms"] - samples / 48) < 0.001
                and abs(message["buffer_latency_ms"] - buffer / 48) < 0.001)

    async def check_program(self, period, *options):
        """JACK dates the end of a long period later than now, but a program has handed it over."""
        self.begin(*options, period=period)
        self.player(self.server, rig.RECORDINGS[:1], "--loop", "--connect", f"{self.name}:in_1")
        rig.wait_until(lambda: self.listener.json("/api/metrics")["active_channels"] == 1, "sound")
        for message in await self.check_never_ahead():
            self.assertEqual(message["hardware_latency_ms"], 0)
            self.assertGreaterEqual(message["compensation_ms"], 0)

    async def test_program_2048(self):
        await self.check_program(2048)

    async def test_program_4096(self):
        await self.check_program(4096)

    async def test_program_1024_short_window(self):
        await self.check_program(1024, "--window", "512", "--hop", "128")

    async def test_card_4096(self):
        self.begin("--connect", "system:capture_1", period=4096)
        rig.wait_until(lambda: self.hardware(4096, 4096), "a hardware latency of a period")
        for message in await self.check_never_ahead():
            self.assertGreaterEqual(message["compensation_ms"], 0)

    async def test_calibrated(self):
        """Half of what calibration found of a loop passes on the way in."""
        path = self.folder / "state/phicast/calibrations.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps([{"rate": 48000, "period": 256, "device": "card", "round_trip": 4800, "extra": 4800,
                                     "confidence": 1}]))
        self.begin()
        self.player(self.server, rig.RECORDINGS[:1], "--loop", "--connect", f"{self.name}:in_1", name="card")
        rig.wait_until(lambda: self.listener.json("/api/latency")["calibrated"], "what was kept to be used")
        for message in await self.told():
            self.assertTrue(message["calibrated"])
            self.assertAlmostEqual(message["hardware_latency_ms"], 50, places=3)
            self.assertGreaterEqual(message["compensation_ms"], 0)
        # Not in each: where the patient server's clock stands still, JACK's prediction lies ahead.
        rig.wait_until(lambda: self.listener.json("/api/latency")["compensation_ms"] > 50, "it to be counted in")

    async def test_no_compensation(self):
        self.begin("--no-compensation")
        for message in await self.told():
            self.assertEqual(message["compensation_ms"], 0)

    def reported(self, port):
        """{"playback": ..., "capture": ...} in samples, as the graph says."""
        text = self.server.run("jack_lsp", "-l", port).stdout
        return {kind: int(largest) for kind, largest in re.findall(r"(\w+) latency = \[ \d+ (\d+) \]", text)}

    def test_latency_passed_on(self):
        self.begin()
        ours = (f"{self.name}:in_1", f"{self.name}:out_1")
        self.assertEqual(self.reported(ours[1]), {"playback": 0, "capture": 0})
        self.assertTrue(self.hardware(0, 256))
        self.server.connect("system:capture_1", ours[0])
        self.server.connect(ours[1], "system:playback_1")
        for period in (256, 1024, 64):
            self.server.run("jack_bufsize", period)
            rig.wait_until(lambda p=period: self.hardware(p, p), f"a hardware latency of {period} samples")
            capture, playback = self.reported("system:capture_1"), self.reported("system:playback_1")
            self.assertEqual(capture["capture"], period)
            for port in ours:
                self.assertEqual(self.reported(port), {"playback": playback["playback"], "capture": period})
        self.server.run("jack_disconnect", "system:capture_1", ours[0])
        rig.wait_until(lambda: self.hardware(0, 64), "no hardware latency")
        self.assertEqual(self.reported(ours[1])["capture"], 0)


@unittest.skipUnless(rig.LIBJACK, "PipeWire is not installed")
class OnPipeWire(Told):
    async def test_long_quantum(self):
        """1024 samples, and a window of half of that."""
        server = rig.PipeWire(self)
        server.analyser("-c", "1", "--window", "512", "--hop", "128").line(r"stream starts at JACK frame \d+", "err")
        self.listener = self.broadcaster("--osc", "none")
        rig.wait_ready(self.listener)
        server.quantum(1024)
        rig.wait_until(lambda: self.listener.json("/api/status")["analyser"]["period"] == 1024, "the quantum")
        await self.check_never_ahead()


if __name__ == "__main__":
    rig.main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""The latencies that the graph and the streams tell: sums, what calibration adds, what is passed on to others."""

import json
import re

import rig


class Latency(rig.RigTest):
    def begin(self, *options):
        self.server = self.jackd(patient=True)
        self.child = self.analyser(self.server, "-c", "1", *options)
        self.listener = self.broadcaster("--osc", "none")
        rig.wait_ready(self.listener)

    async def told(self):
        """Messages of the latency stream, their sums checked."""
        messages = [json.loads(text) for text in await self.take(self.listener, "latency", 20)]
        for message in messages:
            parts = message["hardware_latency_ms"] + message["software_latency_ms"]
            self.assertAlmostEqual(message["total_latency_ms"], parts, delta=2e-6 * message["total_latency_ms"])
        return messages

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
            self.assertGreaterEqual(message["compensation_ms"], 50)

    async def test_no_compensation(self):
        self.begin("--no-compensation")
        for message in await self.told():
            self.assertEqual(message["compensation_ms"], 0)

    def reported(self, port):
        """{"playback": ..., "capture": ...} in samples, as the graph says."""
        text = self.server.run("jack_lsp", "-l", port).stdout
        return {kind: int(largest) for kind, largest in re.findall(r"(\w+) latency = \[ \d+ (\d+) \]", text)}

    def hardware(self, samples, buffer):
        message = self.listener.json("/api/latency")
        return (abs(message["hardware_latency_ms"] - samples / 48) < 0.001
                and abs(message["buffer_latency_ms"] - buffer / 48) < 0.001)

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


if __name__ == "__main__":
    rig.main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""The period changes while sound runs: JACK's buffer size, PipeWire's quantum."""

import shutil
import unittest

import rig


class Periods(rig.RigTest):
    def follow(self, broadcaster, change, periods):
        """Changes the period again and again; frames go on counting upwards, and sound goes on being measured."""
        rig.wait_ready(broadcaster)
        last = -1
        for period in periods:
            change(period)
            rig.wait_until(lambda p=period: broadcaster.json("/api/status")["analyser"]["period"] == p, f"period {period}")
            frame = broadcaster.json("/api/metrics")["frame"]
            self.assertGreaterEqual(frame, last)
            rig.wait_until(lambda f=frame: broadcaster.json("/api/metrics")["frame"] > f + 20, "frames to follow")
            rig.wait_until(lambda: broadcaster.json("/api/metrics")["active_channels"] >= 1, "sound to be measured")
            last = broadcaster.json("/api/metrics")["frame"]
        status = broadcaster.json("/api/status")["analyser"]
        self.assertEqual(status["nonfinite_samples"], 0)

    def test_buffer_size_of_jack(self):
        server = self.jackd(period=256, realtime=True)
        broadcaster = self.broadcaster()
        analyser = self.analyser(server, "-c", "4")
        self.player(server, rig.RECORDINGS[1:2], "--loop", "--connect", f"{self.name}:in_*")
        self.follow(broadcaster, lambda period: server.run("jack_bufsize", period), (64, 1024, 128, 4096, 512, 256))
        self.assertEqual(analyser.stop(), 0)

    @unittest.skipUnless(rig.LIBJACK and shutil.which("pw-metadata"), "PipeWire is not installed")
    def test_quantum_of_pipewire(self):
        server = rig.PipeWire(self)
        broadcaster = self.broadcaster()
        server.analyser("-c", "4").line(r"stream starts at JACK frame \d+", "err")
        server.player("--connect", f"{self.name}:in_*")
        self.follow(broadcaster, server.quantum, (256, 64, 2048, 128, 1024))


if __name__ == "__main__":
    rig.main()

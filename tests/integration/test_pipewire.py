# SPDX-License-Identifier: GPL-3.0-or-later
"""The same programs in a PipeWire server, through its libjack."""

import os
import re
import shutil
import signal
import subprocess
import unittest

import rig

@unittest.skipUnless(rig.LIBJACK and shutil.which("pipewire"), "PipeWire is not installed")
class PipeWire(rig.RigTest):
    def setUp(self):
        super().setUp()
        self.server = rig.PipeWire(self)

    def measured(self, broadcaster):
        return broadcaster.ready() and broadcaster.json("/api/metrics")["active_channels"] >= 2

    def test_sound_is_measured(self):
        broadcaster = self.broadcaster()
        analyser = self.server.analyser()
        analyser.line(r"stream starts at JACK frame \d+", "err")
        self.server.player("--connect", f"{self.name}:in_*")
        rig.wait_until(lambda: self.measured(broadcaster), "sound to be measured")
        frame = broadcaster.json("/api/metrics")["frame"]
        rig.wait_until(lambda: broadcaster.json("/api/metrics")["frame"] > frame + 100, "frames to follow")
        self.assertEqual(analyser.stop(), 0, analyser.err)

    def test_connect_and_restart_of_the_server(self):
        broadcaster = self.broadcaster()
        player = self.server.player()
        analyser = self.server.analyser("--connect", "source:out_*")
        rig.wait_until(lambda: self.measured(broadcaster), "sound to be measured")
        for _ in range(3):
            self.server.child.kill()
            player.stop()
            rig.wait_until(lambda: not broadcaster.ready(), "the loss to be seen")
            self.server.start()
            player = self.server.player()
            rig.wait_until(lambda: self.measured(broadcaster), "sound to be measured again")
            self.assertTrue(analyser.alive())

    def test_inputs_are_patched(self):
        broadcaster = self.broadcaster("--osc", "none")
        self.server.analyser("-c", "2")
        self.server.player()

        def feeds():
            return {port["name"]: port["feeds"] for port in broadcaster.json("/api/sources")["sources"]}.get("source:out_1")
        rig.wait_until(lambda: feeds() == [], "the source to be listed")
        for connected, channels in (("true", [1]), ("false", [])):
            wish = f'{{"source": "source:out_1", "channel": 1, "connected": {connected}}}'.encode()
            self.assertEqual(broadcaster.get("/api/patch", "POST", wish, {"Content-Type": "application/json"})[0], 202)
            rig.wait_until(lambda: feeds() == channels, f"it to feed {channels}")

    def test_midi_leaves(self):
        """All values for whoever comes, and then what changes."""
        analyser = self.server.analyser("-c", "2", "--midi-out")
        analyser.line(r"stream starts at JACK frame \d+", "err")
        monitor = self.start([rig.BIN / "phicast-midi-monitor", "-n", "hear", "--from", f"{self.name}:midi_out"],
                             env=self.server.env)
        rig.wait_until(lambda: {f"bf:{number:02x}" for number in range(20, 29)} <= set(re.findall(r" (bf:..):", monitor.out)),
                       "nine values")
        self.server.player("--connect", f"{self.name}:in_*")
        rig.wait_until(lambda: len(monitor.out.splitlines()) > 200 and re.search(r" 9f:42:", monitor.out), "changes and onsets")
        self.assertEqual(analyser.stop(), 0, analyser.err)
        monitor.stop()
        self.assertEqual(len(re.findall(" 9f:", monitor.out)), len(re.findall(" 8f:", monitor.out)))

    def test_run_finds_it(self):
        log = self.folder / "run.log"
        environment = {**os.environ, **self.server.env}
        for variable in ("LD_LIBRARY_PATH", "JACK_DEFAULT_SERVER"):
            environment.pop(variable, None)
        with open(log, "wb") as out, subprocess.Popen(
                [rig.ROOT / "scripts/run", "--demo", "--port", str(rig.free_port()), "-n", self.name],
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=environment) as run:
            try:
                rig.wait_until(lambda: run.poll() is not None or re.search(r"http://", log.read_text()), "the URL", 300)
                rig.wait_until(lambda: f"{self.name}:in_1" in self.server.ports(), "the analyser's ports in PipeWire")
                self.assertNotIn("JACK server of our own", log.read_text())
            finally:
                run.send_signal(signal.SIGTERM)
                self.assertEqual(run.wait(rig.PATIENCE), 128 + signal.SIGTERM, log.read_text())


if __name__ == "__main__":
    unittest.main(verbosity=2)

# SPDX-License-Identifier: GPL-3.0-or-later
"""The same programs in a PipeWire server, through its libjack."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import unittest

import rig

LIBJACK = next(iter(sorted(pathlib.Path("/usr/lib").glob("*/pipewire-0.3/jack"))), None)


@unittest.skipUnless(LIBJACK and shutil.which("pipewire"), "PipeWire is not installed")
class PipeWire(rig.RigTest):
    def setUp(self):
        super().setUp()
        runtime = self.folder / "runtime"
        runtime.mkdir(mode=0o700)
        self.socket = runtime / "pipewire-0"
        self.env = {"XDG_RUNTIME_DIR": str(runtime), "LD_LIBRARY_PATH": str(LIBJACK), "DBUS_SESSION_BUS_ADDRESS": ""}
        self.start_server()

    def start_server(self):
        self.server = self.start(["pipewire"], env={**self.env, "LD_LIBRARY_PATH": ""})
        rig.wait_until(lambda: self.ports() is not None, "PipeWire to start")

    def ports(self):
        result = subprocess.run(["jack_lsp"], env={**os.environ, **self.env}, capture_output=True, text=True,
                                timeout=rig.PATIENCE, check=False)
        return result.stdout.split() if result.returncode == 0 else None

    def start_analyser(self, *options):
        return self.start([rig.BIN / "phicast-jack", "-n", self.name, *options], env=self.env)

    def start_player(self, *options):
        return self.start([rig.BIN / "phicast-play", "-n", "source", "--loop", *options, *rig.RECORDINGS[:2]],
                          env=self.env)

    def measured(self, broadcaster):
        return broadcaster.ready() and broadcaster.json("/api/metrics")["active_channels"] >= 2

    def test_sound_is_measured(self):
        broadcaster = self.broadcaster()
        analyser = self.start_analyser()
        analyser.line(r"stream starts at JACK frame \d+", "err")
        self.start_player("--connect", f"{self.name}:in_*")
        rig.wait_until(lambda: self.measured(broadcaster), "sound to be measured")
        frame = broadcaster.json("/api/metrics")["frame"]
        rig.wait_until(lambda: broadcaster.json("/api/metrics")["frame"] > frame + 100, "frames to follow")
        self.assertEqual(analyser.stop(), 0, analyser.err)

    def test_connect_and_restart_of_the_server(self):
        broadcaster = self.broadcaster()
        player = self.start_player()
        analyser = self.start_analyser("--connect", "source:out_*")
        rig.wait_until(lambda: self.measured(broadcaster), "sound to be measured")
        for _ in range(3):
            self.server.kill()
            player.stop()
            rig.wait_until(lambda: not broadcaster.ready(), "the loss to be seen")
            self.start_server()
            player = self.start_player()
            rig.wait_until(lambda: self.measured(broadcaster), "sound to be measured again", 10)
            self.assertTrue(analyser.alive())

    def test_run_finds_it(self):
        log = self.folder / "run.log"
        environment = {**os.environ, **self.env}
        for variable in ("LD_LIBRARY_PATH", "JACK_DEFAULT_SERVER"):
            environment.pop(variable, None)
        with open(log, "wb") as out, subprocess.Popen(
                [rig.ROOT / "scripts/run", "--demo", "--port", str(rig.free_port()), "-n", self.name],
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=environment) as run:
            try:
                rig.wait_until(lambda: run.poll() is not None or re.search(r"http://", log.read_text()), "the URL", 300)
                rig.wait_until(lambda: f"{self.name}:in_1" in self.ports(), "the analyser's ports in PipeWire")
                self.assertNotIn("JACK server of our own", log.read_text())
            finally:
                run.send_signal(signal.SIGTERM)
                self.assertEqual(run.wait(rig.PATIENCE), 0, log.read_text())


if __name__ == "__main__":
    unittest.main(verbosity=2)

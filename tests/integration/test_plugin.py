# SPDX-License-Identifier: GPL-3.0-or-later
"""phicast.so inside the JACK server."""

import os

import rig

LIB = rig.BIN.parent / "lib"


class Plugin(rig.RigTest):
    def setUp(self):
        super().setUp()
        os.environ["JACK_INTERNAL_DIR"] = str(LIB)  # where jackd looks for jack_load's plug-ins
        self.addCleanup(os.environ.pop, "JACK_INTERNAL_DIR")
        self.server = self.jackd(realtime=True)

    def load(self, options):
        return self.server.run("jack_load", "-i", options, self.name, "phicast")

    def load_well(self, options):
        self.load(options)
        self.assertIn(f"{self.name}:in_1", self.ports(), self.server.child.err)

    def unload(self):
        return self.server.run("jack_unload", self.name)

    def ports(self):
        return [port for port in self.server.ports() if port.startswith(f"{self.name}:")]

    def test_sound_is_measured_and_passed_through(self):
        broadcaster = self.broadcaster()
        self.player(self.server, rig.RECORDINGS[:2], "--loop", name="source")
        self.load_well("-c 4 --connect 'source:out_*'")
        rig.wait_until(lambda: broadcaster.ready() and broadcaster.json("/api/metrics")["active_channels"] >= 2,
                       "sound to be measured")
        metrics = broadcaster.json("/api/metrics")
        self.assertEqual(len(metrics["channel_metrics"]), 4)
        rig.wait_until(lambda: broadcaster.json("/api/metrics")["frame"] > metrics["frame"] + 100, "frames to follow")
        self.assertEqual(broadcaster.json("/api/status")["analyser"]["channels"], 4)

    def test_inputs_are_patched(self):
        broadcaster = self.broadcaster("--osc", "none")
        self.player(self.server, rig.RECORDINGS[:1], "--loop", name="source")
        self.load_well("-c 2")

        def feeds():
            return {port["name"]: port["feeds"] for port in broadcaster.json("/api/sources")["sources"]}.get("source:out_1")
        rig.wait_until(lambda: feeds() == [], "the source to be listed")
        wish = b'{"source": "source:out_1", "channel": 1, "connected": true}'
        self.assertEqual(broadcaster.get("/api/patch", "POST", wish, {"Content-Type": "application/json"})[0], 202)
        rig.wait_until(lambda: feeds() == [1], "it to feed the second input")
        self.assertIn(f"{self.name}:in_2", self.server.ports()["source:out_1"])
        self.unload()
        self.assertEqual(self.ports(), [])

    def test_control_voltages(self):
        self.load_well("-c 2 --cv --cv-add levels,bands --bands 3")
        voltages = ["ici", "criticality", "coherence", "centroid", "phi", "onset", "level_1", "level_2", "band_1",
                    "band_2", "band_3"]
        self.assertEqual({port for port in self.ports() if ":cv_" in port}, {f"{self.name}:cv_{v}" for v in voltages})
        out = self.folder / "phi.wav"
        capture = self.start([rig.BIN / "phicast-capture", "-s", self.server.name, "-f", "4800", out,
                              f"{self.name}:cv_phi", f"{self.name}:cv_ici"])
        self.assertEqual(capture.wait(), 0)
        self.assertEqual(set(rig.read_wav(out)[:, 0]), {0x3F800000})
        self.assertEqual(set(rig.read_wav(out)[:, 1]), {0})
        self.unload()
        self.assertEqual(self.ports(), [])

    def test_midi_leaves(self):
        self.load_well("-c 2 --midi-out --midi-out-cc level/*/rms=110")
        monitor = self.start([rig.BIN / "phicast-midi-monitor", "-s", self.server.name, "--from", f"{self.name}:midi_out"])
        rig.wait_until(lambda: all(f" bf:{number:02x}:" in monitor.out for number in (*range(20, 29), 110, 111)), "all values")
        self.unload()
        self.assertEqual(self.ports(), [])

    def test_unloading_leaves_nothing_and_loading_again_works(self):
        broadcaster = self.broadcaster()
        for _ in range(5):
            self.load_well("-c 2 --connect 'system:capture_*'")
            rig.wait_until(broadcaster.ready, "the analyser to be found")
            rig.wait_until(lambda: "system:capture_1" in self.server.ports()[f"{self.name}:in_1"], "the connection")
            self.unload()
            self.assertEqual(self.ports(), [])
            self.assertFalse(os.path.exists(f"/dev/shm/phicast.{self.name}.telemetry"))
            rig.wait_until(lambda: not broadcaster.ready(), "the loss to be seen")
            self.assertTrue(self.server.child.alive())

    def test_unloading_while_connections_are_being_made(self):
        for _ in range(10):
            self.load_well("-c 2 --connect 'system:capture_*'")
            self.unload()
            self.assertEqual(self.ports(), [])
        self.assertTrue(self.server.child.alive())

    def test_bad_options_are_refused_in_words(self):
        for options, words in (("-c 65", "--channels 65"), ("--hop 100", "--hop 100"), ("--no-such", "--no-such"),
                               ("-n a/b", '--name "a/b": give 1 to 60 letters'), ("--help", "as a plug-in")):
            self.assertIn("could not load", self.load(options).stdout + self.load(options).stderr)
            self.assertIn(words, self.server.child.err + self.server.child.out)
        self.assertTrue(self.server.child.alive())
        self.assertEqual(self.ports(), [])

    def test_name_of_a_running_analyser_is_refused(self):
        other = self.jackd()
        self.analyser(other, "-c", "1")
        self.assertIn("could not load", self.load("-c 1").stdout + self.load("-c 1").stderr)
        self.assertIn("is already running", self.server.child.err)

    def test_client_name_that_is_no_segment_name(self):
        self.server.run("jack_load", "-i", "-c 1", "my plug-in", "phicast")
        self.assertIn('--name "my plug-in": give 1 to 60 letters', self.server.child.err)
        self.server.run("jack_load", "-i", f"-c 1 -n {self.name}", "my plug-in", "phicast")
        self.assertIn("my plug-in:in_1", self.server.ports(), self.server.child.err)
        self.assertTrue(os.path.exists(f"/dev/shm/phicast.{self.name}.telemetry"))
        self.server.run("jack_unload", "my plug-in")


if __name__ == "__main__":
    rig.main()

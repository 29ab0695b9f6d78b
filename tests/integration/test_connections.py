# SPDX-License-Identifier: GPL-3.0-or-later
"""The analyser's ports, and who gets connected to them."""

import json
import unittest

import rig


class Connections(rig.RigTest):
    def inputs(self, server):
        """{input's number: its sources}, without the empty ones"""
        return {int(port.rsplit("_", 1)[1]): sources for port, sources in server.ports().items()
                if port.startswith(f"{self.name}:in_") and sources}

    def reaches(self, server, want):
        rig.wait_until(lambda: self.inputs(server) == want, f"{want}, not {self.inputs(server)}")

    def test_ports(self):
        server = self.jackd()
        self.analyser(server, "-c", "64")
        names = {port for port in server.ports() if port.startswith(self.name)}
        want = {f"{self.name}:{way}_{c}" for way in ("in", "out") for c in range(1, 65)}
        self.assertEqual({n for n in names if ":in_" in n or ":out_" in n}, want)

    def test_no_connections_unasked(self):
        server = self.jackd()
        self.analyser(server, "-c", "2")
        self.assertEqual(self.inputs(server), {})

    def test_connect(self):
        server = self.jackd()
        self.analyser(server, "-c", "4", "--connect", "system:capture_*")
        self.reaches(server, {1: {"system:capture_1"}, 2: {"system:capture_2"}})

    def test_connect_to_what_appears_later(self):
        server = self.jackd()
        self.analyser(server, "-c", "4", "--connect", "later:out_*")
        self.assertEqual(self.inputs(server), {})
        player = self.player(server, [rig.RECORDINGS[0]], "--loop", name="later")
        self.reaches(server, {1: {"later:out_1"}, 2: {"later:out_2"}})
        player.stop()
        self.reaches(server, {})
        self.player(server, [rig.RECORDINGS[1]], "--loop", name="later")
        self.reaches(server, {1: {"later:out_1"}, 2: {"later:out_2"}})

    def test_several_patterns(self):
        server = self.jackd()
        self.player(server, [rig.RECORDINGS[0]], "--loop", name="one").line("first sample")
        self.player(server, [rig.RECORDINGS[1]], "--loop", name="two").line("first sample")
        self.analyser(server, "--connect", "two:out_*", "--connect", "one:out_2")
        self.reaches(server, {1: {"two:out_1"}, 2: {"two:out_2"}, 3: {"one:out_2"}})

    def test_pattern_that_matches_itself_makes_no_loop(self):
        server = self.jackd()
        self.analyser(server, "-c", "2", "--connect", "*")
        self.reaches(server, {1: {"system:capture_1"}, 2: {"system:capture_2"}})

    def test_follow(self):
        server = self.jackd()
        player = self.player(server, [rig.RECORDINGS[0]], "--loop", name="music")
        player.line("first sample")
        self.analyser(server, "-c", "4", "--follow", "system:playback_*")
        self.assertEqual(self.inputs(server), {})
        server.connect("music:out_1", "system:playback_1")
        server.connect("music:out_2", "system:playback_2")
        self.reaches(server, {1: {"music:out_1"}, 2: {"music:out_2"}})
        self.assertEqual(server.run("jack_disconnect", "music:out_2", "system:playback_2").returncode, 0)
        self.reaches(server, {1: {"music:out_1"}})

    def test_follow_measures_sound(self):
        server = self.jackd(patient=True)
        broadcaster = self.broadcaster()
        self.player(server, [rig.RECORDINGS[1]], "--loop", "--connect", "system:playback_*").line("first sample")
        self.analyser(server, "-c", "4", "--follow", "system:playback_*")
        rig.wait_until(lambda: broadcaster.json("/api/metrics")["active_channels"] == 2, "two active channels")

    def test_port_metadata(self):
        server = self.jackd()
        self.analyser(server, "-c", "12")
        def said():
            return server.run("jack_property", "-l").stdout
        text = rig.wait_until(lambda: said().count("order") >= 12 and said(), "the ports' order in the metadata")
        self.assertIn("http://jackaudio.org/metadata/order", text)
        self.assertIn("http://jackaudio.org/metadata/pretty-name", text)
        self.assertIn("XMLSchema#int", text)

    def test_clean_end(self):
        server = self.jackd()
        for stop in (2, 15):
            analyser = self.analyser(server)
            analyser.process.send_signal(stop)
            self.assertEqual(analyser.wait(), 0, analyser.err)
            self.assertEqual([p for p in server.ports() if p.startswith(self.name)], [])
        broadcaster = self.broadcaster()
        json.loads(broadcaster.get("/healthz")[2])
        broadcaster.child.process.send_signal(15)
        self.assertEqual(broadcaster.child.wait(), 0, broadcaster.child.err)


if __name__ == "__main__":
    unittest.main(verbosity=2)

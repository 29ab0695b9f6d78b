# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages in Debian's Chromium, on real sound: runs tests/browser/*.test.mjs.

Pictures of what the browser showed are kept in build/.../browser. PHICAST_PICTURES=docs/pictures makes those of the
documentation anew.
"""

import os
import pathlib
import unittest

import numpy

import edges
import osc_peers
import recordings
import rig

BROWSER = rig.ROOT / "tests/browser"
RATE = 48000
NODE_TIMEOUT = 1000  # s


def chord(seconds=8, channels=64):
    """A tone per channel, an eighth of an octave apart, each with a swell of its own; loops without a click."""
    t = numpy.arange(RATE * seconds) / RATE
    tones = []
    for i in range(channels):
        hz = round(55 * 2 ** (i / 8) * seconds) / seconds
        swell = 0.6 + 0.4 * numpy.sin(2 * numpy.pi * (i % 5 + 1) / seconds * t)
        tones.append(0.3 * swell * numpy.sin(2 * numpy.pi * hz * t + 0.4 * i))
    return numpy.stack(tones, 1).astype(numpy.float32)


def tones(seconds=1):
    """1 kHz at half of full scale; 100 Hz at a twentieth; one sample at full scale; silence."""
    t = numpy.arange(RATE * seconds) / RATE
    click = numpy.where(numpy.arange(t.size) == t.size // 2, 1.0, 0.0)
    wanted = [0.5 * numpy.sin(2 * numpy.pi * 1000 * t), 0.05 * numpy.sin(2 * numpy.pi * 100 * t), click, 0 * t]
    return numpy.stack(wanted, 1).astype(numpy.float32)


class Browsing(rig.RigTest):
    def node(self, *names, **environment):
        """Runs those tests; their figures are shown when they succeed."""
        child = self.start(
            ["node", "--test", "--test-reporter=spec", "--test-concurrency=1", *[BROWSER / f"{n}.test.mjs" for n in names]],
            env={"PHICAST_ARTEFACTS": str(rig.BIN.parent / "browser"), **environment})
        self.assertEqual(child.wait(NODE_TIMEOUT), 0)
        print(child.out)

    def sound(self, channels, files, rate, breathes=True):
        server = self.jackd(rate=rate, patient=True)
        self.analyser(server, "-c", str(channels), *(["--breathing"] if breathes else []), "--ici-threshold", "0.625",
                      "--criticality-threshold", "2.5")
        self.player(server, files, "--loop", "--connect", f"{self.name}:in_*")
        return server


class Dashboard(Browsing):
    def pictures(self):
        folder = os.environ.get("PHICAST_PICTURES")
        return {"PHICAST_PICTURES": str(pathlib.Path(folder).resolve())} if folder else {}

    def test_four_recordings(self):
        self.sound(4, rig.RECORDINGS, 44100)
        broadcaster = self.broadcaster("--osc", "none")
        rig.wait_until(lambda: broadcaster.json("/api/metrics")["active_channels"] > 0, "sound")
        self.node("dashboard", "visual", PHICAST_URL=broadcaster.url, **self.pictures())

    def test_recovery(self):
        self.sound(4, rig.RECORDINGS, 44100)
        self.node("recovery", PHICAST_BROADCASTER=str(rig.BIN / "phicast-broadcaster"), PHICAST_NAME=self.name)

    def test_token(self):
        self.sound(4, rig.RECORDINGS, 44100)
        self.node("token", PHICAST_BROADCASTER=str(rig.BIN / "phicast-broadcaster"), PHICAST_NAME=self.name,
                  PHICAST_TOKEN_FILE=str(self.folder / "token"))

    def test_viewer(self):
        """With the tokens that the tests in the browser know."""
        osc_peers.Flood(self)
        options = []
        for option, token in (("--token-file", "it+steers"), ("--viewer-token-file", "it-looks")):
            path = self.folder / option[2:]
            path.touch(0o600)
            path.write_text(token)
            options += [option, path]
        place = self.folder / "recordings"
        place.mkdir()
        broadcaster = self.broadcaster("--osc", "osc.udp://127.0.0.1:9", "--record", place, "--bind", "0.0.0.0", *options)
        self.node("viewer", PHICAST_PORT=str(broadcaster.port))

    def test_stage(self):
        osc_peers.Flood(self)
        broadcaster = self.broadcaster("--osc", "none")
        rig.wait_ready(broadcaster)
        self.node("stage", PHICAST_URL=broadcaster.url)

    def test_calibrate(self):
        server = self.sound(4, rig.RECORDINGS, 44100)
        server.connect(f"{self.name}:calibration_out", f"{self.name}:calibration_in")
        broadcaster = self.broadcaster("--osc", "none")
        self.node("calibrate", PHICAST_URL=broadcaster.url)

    def test_targets(self):
        osc_peers.Flood(self)
        broadcaster = self.broadcaster("--osc", "none")
        rig.wait_ready(broadcaster)
        self.node("targets", PHICAST_URL=broadcaster.url)

    def test_edges(self):
        osc_peers.Flood(self)
        away = f"ws://127.0.0.1:{edges.free_port()}/away/{{stream}}"
        broadcaster = self.broadcaster("--osc", "none", "--publish", edges.StandIn(self).url(path="here"), "--publish", away)
        rig.wait_ready(broadcaster)
        self.node("edges", PHICAST_URL=broadcaster.url)

    def test_patch(self):
        server = self.jackd(rate=RATE, patient=True)
        self.analyser(server, "-c", "2")
        player = rig.unique_name()
        self.player(server, [rig.write_wav(self.folder / "tones.wav", tones(), RATE)], "--loop", name=player)
        broadcaster = self.broadcaster("--osc", "none")
        source = f"{player}:out_1"
        rig.wait_until(lambda: source in (port["name"] for port in broadcaster.json("/api/sources")["sources"]), "the player's port")
        self.node("patch", PHICAST_URL=broadcaster.url, PHICAST_SOURCE=source)

    def test_recorder(self):
        self.sound(4, rig.RECORDINGS, 44100)
        place = self.folder / "recordings"
        place.mkdir()
        broadcaster = self.broadcaster("--osc", "none", "--record", place)
        rig.wait_ready(broadcaster)
        self.node("recorder", PHICAST_URL=broadcaster.url, PHICAST_RECORDINGS=str(place))

    def test_meters(self):
        self.sound(4, [rig.write_wav(self.folder / "tones.wav", tones(), RATE)], RATE, breathes=False)
        broadcaster = self.broadcaster("--osc", "none")
        rig.wait_until(lambda: broadcaster.json("/api/metrics")["active_channels"] > 1, "sound")
        self.node("meters", PHICAST_URL=broadcaster.url)

    def test_layout(self):
        broadcaster = self.broadcaster("--osc", "none")
        self.node("layout", PHICAST_URL=broadcaster.url, **self.pictures())

    def test_replay(self):
        path = self.folder / "show.jsonl"
        recordings.write(path, recordings.Maker(channels=4).records(600))
        broadcaster = self.broadcaster("--osc", "none", "--replay", str(path))
        self.node("replay", PHICAST_URL=broadcaster.url)

    def test_sixty_four_channels(self):
        self.sound(64, [rig.write_wav(self.folder / "chord.wav", chord(), RATE)], RATE)
        broadcaster = self.broadcaster("--osc", "none")
        rig.wait_until(lambda: broadcaster.json("/api/metrics")["active_channels"] == 64, "64 channels")
        self.node("load", PHICAST_URL=broadcaster.url, PHICAST_BROADCASTER_PID=str(broadcaster.child.pid), **self.pictures())


if __name__ == "__main__":
    unittest.main(verbosity=2)

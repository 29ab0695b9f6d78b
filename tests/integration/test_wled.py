# SPDX-License-Identifier: GPL-3.0-or-later
"""WLED's audio sync (--wled), read by a parser of our own made from its public format (WLED 0.14, version 2)."""

import dataclasses
import math
import socket
import struct
import unittest

import numpy

import osc_peers
import rig

COLUMNS_HZ = (43, 86, 129, 216, 301, 430, 560, 818, 1120, 1421, 1895, 2412, 3015, 3704, 4479, 7106, 9259)  # edges


@dataclasses.dataclass
class Sync:
    header: bytes
    pressure: bytes
    raw: float
    smooth: float
    peak: int
    counter: int
    columns: bytes
    crossings: int
    magnitude: float
    hertz: float

    @classmethod
    def of(cls, packet):
        if len(packet) != 44:
            raise ValueError(f"{len(packet)} bytes")
        sync = cls(*struct.unpack("<6s2sffBB16sHff", packet))
        numbers = (sync.raw, sync.smooth, sync.magnitude, sync.hertz)
        if sync.header != b"00002\0" or not all(map(math.isfinite, numbers)):
            raise ValueError(packet.hex())
        if not (0 <= sync.raw <= 255 and 0 <= sync.smooth <= 255 and sync.peak <= 1 and 1 <= sync.hertz <= 11025
                and 0 <= sync.magnitude <= 4096):
            raise ValueError(repr(sync))
        return sync


class Wled(rig.RigTest):
    def device(self, family=socket.AF_INET):
        s = socket.socket(family, socket.SOCK_DGRAM)
        s.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        s.settimeout(rig.PATIENCE)
        self.addCleanup(s.close)
        return s

    def begin(self, *devices):
        self.server = self.jackd(patient=True)
        self.analyser(self.server, "-c", "2", "--bands", "16")
        words = []
        for s in devices:
            host, port = s.getsockname()[:2]
            words += ["--wled", f"[{host}]:{port}" if ":" in host else f"{host}:{port}"]
        self.listener = self.broadcaster("--osc", "none", *words)

    def play(self, samples, *options):
        path = rig.write_wav(self.folder / "sound.wav", samples.astype(numpy.float32)[:, None])
        return self.player(self.server, [path], "--connect", f"{self.name}:in_1", *options)

    def until(self, s, what, condition):
        """The first packet for which it holds; every one on the way is well-formed, and none is missing."""
        last = None

        def look():
            nonlocal last
            sync = Sync.of(s.recv(65536))
            if last is not None:
                self.assertEqual(sync.counter, (last + 1) % 256)
            last = sync.counter
            return sync if condition(sync) else None

        return rig.wait_until(look, what)

    def test_a_tone(self):
        v4, v6 = self.device(), self.device(socket.AF_INET6)
        self.begin(v4, v6)
        t = numpy.arange(48000) / 48000
        self.play(0.25 * math.sqrt(2) * numpy.sin(2 * numpy.pi * 1000 * t), "--loop")
        wanted = 255 * math.sqrt(0.25 / 0.5)
        column = next(i for i, low in enumerate(COLUMNS_HZ) if COLUMNS_HZ[i + 1] > 1000)
        for s in (v4, v6):
            sync = self.until(s, "the tone", lambda sync: abs(sync.smooth - wanted) < 2 and abs(sync.raw - wanted) < 2)
            self.assertEqual(sync.pressure[0], int(sync.raw))
            self.assertAlmostEqual(sync.hertz, 1000, delta=0.1)
            self.assertAlmostEqual(sync.magnitude, 4096 * 0.25 * math.sqrt(2), delta=5)
            self.assertEqual(max(range(16), key=lambda i: sync.columns[i]), column)
            self.assertGreater(sync.columns[column], 180)
            self.assertLess(sync.columns[0], 20)
            self.assertAlmostEqual(sync.crossings, 46, delta=1)
        devices = self.listener.json("/api/status")["wled"]
        self.assertEqual([d["address"].rsplit(":", 1)[0] for d in devices], ["127.0.0.1", "[::1]"])
        self.assertTrue(all(d["sent"] > 0 and d["dropped"] == 0 for d in devices), devices)

    def test_onsets(self):
        s = self.device()
        self.begin(s)
        t = numpy.arange(24000) / 48000
        hit = 0.5 * numpy.sin(2 * numpy.pi * 100 * t) * numpy.exp(-15 * t)
        self.play(numpy.concatenate([numpy.zeros(48000), *(4 * [hit]), numpy.zeros(48000)]))
        peaks = 0
        while peaks < 4:
            self.until(s, "a hit", lambda sync: sync.peak)
            peaks += 1

    def test_silence_without_an_analyser(self):
        """Nothing is sent: a device then does what it does alone."""
        s = self.device()
        flood = osc_peers.Flood(self, "-c", "2")
        host, port = s.getsockname()
        listener = self.broadcaster("--osc", "none", "--wled", f"{host}:{port}")
        Sync.of(s.recv(65536))
        flood.child.stop()
        rig.wait_until(lambda: not listener.ready(), "the analyser to be missed")
        s.setblocking(False)
        osc_peers.packets(s)
        for _ in range(3):  # each takes the loop around
            listener.json("/api/status")
        self.assertEqual(osc_peers.packets(s), [])

    def test_a_device_that_is_off(self):
        s = self.device()
        port = s.getsockname()[1]
        osc_peers.Flood(self, "-c", "2")
        listener = self.broadcaster("--osc", "none", "--wled", f"127.0.0.1:{port}")
        Sync.of(s.recv(65536))
        s.close()
        rig.wait_until(lambda: listener.json("/api/status")["wled"][0]["sent"] > 100, "packets into the void")
        again = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(again.close)
        again.bind(("127.0.0.1", port))
        again.settimeout(rig.PATIENCE)
        Sync.of(again.recv(65536))

    def test_bad_addresses(self):
        for text in ("", "wled", "239.0.0.1:", "239.0.0.1:0", "239.0.0.1:65536", "239.0.0.1:80x", "[::1", "[::1]80",
                     "1.2.3", "1.2.3.4.5", "::g", "osc.udp://127.0.0.1:1"):
            result = self.run_program("phicast-broadcaster", "-p", "0", "--wled", text)
            self.assertEqual(result.returncode, 2, text)
            self.assertIn("--wled", result.stderr)
            self.assertEqual(result.stderr.count("\n"), 1, result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)

# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured on request, from the sound to those who ask: streams, OSC, HTTP; and that nobody else notices."""

import asyncio
import json
import math
import subprocess
import unittest

import numpy

import osc_peers
import rig

CONTRACT = ["frame", "timestamp", "ici", "criticality", "phase_coherence", "spectral_centroid", "phi_depth", "phi_phase",
            "phi_breathing_active", "active_channels", "channel_metrics"]
RATE = 48000
RMS = (0.5 / math.sqrt(2), 0.05 / math.sqrt(2))
HITS = 5  # a second apart


class Requested(rig.RigTest):
    def begin(self, *options, broadcaster=("--osc", "none")):
        self.server = self.jackd(patient=True)
        self.analyser(self.server, "-c", "2", *options)
        self.listener = self.broadcaster(*broadcaster)
        rig.wait_ready(self.listener)

    def play_tones(self):
        """1031.25 Hz in channel 1, 6000 Hz and softer in channel 2: whole periods in a hop."""
        t = numpy.arange(RATE) / RATE
        sound = numpy.array([0.5 * numpy.sin(2 * numpy.pi * 1031.25 * t), 0.05 * numpy.sin(2 * numpy.pi * 6000 * t)])
        path = rig.write_wav(self.folder / "tones.wav", sound.T.astype(numpy.float32))
        return self.player(self.server, [path], "--loop", "--connect", f"{self.name}:in_*")

    def play_hits(self):
        """The player, whose hits begin after each second."""
        t = numpy.arange(RATE // 2) / RATE
        hit = 0.5 * numpy.sin(2 * numpy.pi * 700 * t) * numpy.exp(-10 * t)
        sound = numpy.zeros((HITS + 1) * RATE)
        for i in range(HITS):
            sound[(i + 1) * RATE:][:len(hit)] += hit
        path = rig.write_wav(self.folder / "hits.wav", sound.astype(numpy.float32)[:, None])
        return self.player(self.server, [path], "--connect", f"{self.name}:in_1")

    async def until(self, ws, what, condition):
        """The first message for which the condition holds."""
        async def look():
            while True:
                message = json.loads(await ws.recv())
                if condition(message):
                    return message

        try:
            return await asyncio.wait_for(look(), rig.PATIENCE)
        except asyncio.TimeoutError:
            raise AssertionError(f"waited {rig.PATIENCE} s in vain: {what}") from None

    def asked(self):
        return json.loads(subprocess.run([rig.BIN / "phicast-dump", "--json", "-n", self.name], capture_output=True,
                                         check=True, timeout=rig.PATIENCE).stdout)["telemetry"]["metrics"]

    def is_measured(self):
        return any(key in self.asked() for key in ("levels", "bands", "onset_strength"))

    async def test_keys(self):
        """In their order, behind the contract's; and those who ask for nothing get what they always did."""
        self.begin()
        self.play_tones()
        for add, keys in (("levels", ["levels"]), ("bands", ["bands"]), ("onsets", ["onset_strength"]),
                          ("onsets,levels", ["levels", "onset_strength"]),
                          ("levels,bands,onsets", ["levels", "bands", "onset_strength"])):
            async with self.listener.ws("metrics") as plain, self.listener.ws(f"metrics?add={add}") as more:
                self.assertEqual(list(json.loads(await plain.recv())), CONTRACT)
                message = json.loads(await more.recv())
                self.assertEqual(list(message), CONTRACT + keys)
                if "levels" in keys:
                    self.assertEqual([list(level) for level in message["levels"]],
                                     2 * [["channel", "rms", "peak", "clipped"]])
                if "bands" in keys:
                    self.assertEqual(len(message["bands"]), 8)

    async def test_levels_and_bands(self):
        self.begin("--bands", "4", "--bands-per-channel")
        self.play_tones()

        def rings(message):
            return all(abs(level["rms"] / rms - 1) < 0.001 for level, rms in zip(message["levels"], RMS))

        async with self.listener.ws("metrics?add=levels,bands") as ws:
            message = await self.until(ws, "the tones' levels", rings)
            for level, rms in zip(message["levels"], RMS):
                self.assertAlmostEqual(20 * math.log10(level["peak"] / rms), 20 * math.log10(math.sqrt(2)), delta=0.2)
                self.assertEqual(level["clipped"], 0)
            message = await self.until(ws, "the tones' bands", lambda m: abs(m["bands"][2] / RMS[0] - 1) < 0.01)
            self.assertAlmostEqual(message["bands"][3] / RMS[1], 1, delta=0.05)
            self.assertAlmostEqual(message["channel_bands"][0][2], message["bands"][2], delta=0.001)
            self.assertLess(message["channel_bands"][1][2], 0.001)

    async def test_nothing_is_measured_for_nobody(self):
        self.begin()
        self.play_tones()
        self.assertFalse(self.is_measured())
        async with self.listener.ws("metrics?add=bands") as ws:
            await self.until(ws, "bands", lambda message: max(message["bands"]) > 0)
            self.assertIn("bands", self.asked())
            self.assertNotIn("levels", self.asked())
        rig.wait_until(lambda: not self.is_measured(), "the measuring to end when its listener has gone")

    async def test_a_killed_broadcaster_asks_for_nothing(self):
        self.begin()
        self.play_tones()
        async with self.listener.ws("metrics?add=levels") as ws:
            await self.until(ws, "levels", lambda message: message["levels"][0]["rms"] > 0)
            self.listener.child.kill()
        rig.wait_until(lambda: not self.is_measured(), "the measuring to end with the broadcaster")

    async def test_forced(self):
        self.begin("--add", "levels,onsets")
        rig.wait_until(lambda: "levels" in self.asked(), "the levels")
        self.assertIn("onset_strength", self.asked())
        self.assertNotIn("bands", self.asked())

    async def test_onsets(self):
        """Each told once, and to nobody who has not asked; they push no other event out of sight."""
        self.begin()
        async with self.listener.ws("events") as plain, self.listener.ws("events?add=onsets") as more, \
                self.listener.ws("metrics?add=onsets") as metrics:
            player = self.play_hits()
            others = []
            onsets = []
            while len(onsets) < HITS:
                event = json.loads(await asyncio.wait_for(more.recv(), rig.PATIENCE))
                (onsets if event["type"] == "onset" else others).append(event)
            for event in onsets:
                self.assertEqual(list(event), ["type", "timestamp", "strength", "band"])
                self.assertEqual(event["band"], 3)
                self.assertTrue(0.2 < event["strength"] <= 1, event)
            times = [event["timestamp"] for event in onsets]  # how far apart, the patient server's waits decide
            self.assertEqual(times, sorted(set(times)))
            await self.until(metrics, "the strength", lambda message: message["onset_strength"] > 0.2)
            self.assertEqual(player.wait(), 0)
            seen = [json.loads(await asyncio.wait_for(plain.recv(), rig.PATIENCE)) for _ in others]
            self.assertEqual(seen, others)
            self.assertNotIn("onset", [event["type"] for event in seen])
            self.assertTrue(others)
            async with self.listener.ws("events?replay=1") as last, \
                    self.listener.ws(f"events?replay={HITS}&add=onsets") as all_of_them:
                self.assertNotEqual(json.loads(await asyncio.wait_for(last.recv(), rig.PATIENCE))["type"], "onset")
                replayed = [json.loads(await asyncio.wait_for(all_of_them.recv(), rig.PATIENCE)) for _ in range(HITS)]
                self.assertIn("onset", [event["type"] for event in replayed])

    async def test_refusals(self):
        self.begin()
        for stream in ("metrics?add=", "metrics?add=loudness", "metrics?add=levels,", "metrics?add=levels%20bands",
                       "latency?add=levels", "events?add=levels", "events?add=onsets,bands"):
            self.assertEqual(await self.listener.refusal(stream), 400, stream)
        for path in ("/api/metrics?add=loudness", "/metrics?add=x"):
            self.assertEqual(self.listener.get(path)[0], 400)

    def status_measuring_levels(self):
        """The analyser writes its account a few times a second: it may come after the first frame with levels."""
        status = self.listener.json("/api/status")
        return status if status["analyser"]["measures"] == ["levels"] else None

    def test_http(self):
        self.begin()
        self.play_tones()

        def rms():
            message = self.listener.json("/api/metrics?add=levels")
            self.assertEqual(list(message), CONTRACT + ["levels"])
            return abs(message["levels"][0]["rms"] / RMS[0] - 1) < 0.001

        rig.wait_until(rms, "the level over HTTP")
        status = rig.wait_until(self.status_measuring_levels, "the analyser's own account to tell of it")
        self.assertEqual([round(f) for f in status["analyser"]["band_edges_hz"]],
                         [40, 85, 179, 378, 800, 1692, 3578, 7566, 16000])
        self.assertEqual(list(status["requested"]), ["levels"])
        self.assertAlmostEqual(status["requested"]["levels"][1]["rms"] / RMS[1], 1, delta=0.001)
        page = self.listener.get("/metrics")[2]
        self.assertIn('phicast_level_rms{channel="0"}', page)
        self.assertIn('phicast_level_clipped_total{channel="1"} 0', page)
        self.assertNotIn("phicast_band", page)
        rig.wait_until(lambda: 'phicast_band{band="7"}' in self.listener.get("/metrics?add=bands,onsets")[2], "the bands")
        self.assertIn("\nphicast_onset_strength ", self.listener.get("/metrics")[2])
        self.assertEqual(list(self.listener.json("/api/metrics")), CONTRACT)

    def test_osc(self):
        dump, url = osc_peers.oscdump(self)
        floats, floats_url = osc_peers.oscdump(self)
        plain, plain_url = osc_peers.oscdump(self)
        self.begin(broadcaster=("--osc", url + "?add=levels,bands,onsets", "--osc", floats_url + "?map=touchdesigner",
                                "--osc", plain_url + "?metrics=1"))
        player = self.play_tones()
        for child in (dump, floats):
            rig.wait_until(lambda c=child: any(abs(float(a[0]) / RMS[0] - 1) < 0.001
                                               for _, a in osc_peers.messages(c, "/phicast/level/1/rms")), "the level")
            addresses = {address for address, _ in osc_peers.messages(child)}
            self.assertLessEqual({"/phicast/level/2/peak", "/phicast/level/1/clipped", "/phicast/band/1",
                                  "/phicast/band/8", "/phicast/onset_strength"}, addresses)
            self.assertFalse({"/phicast/band/9", "/phicast/level/3/rms", "/phicast/channel/1/band/1"} & addresses)
        player.stop()
        self.play_hits()

        def onsets():
            return [arguments for address, arguments in osc_peers.messages(dump) if address == "/phicast/onset"]

        rig.wait_until(lambda: len(onsets()) >= HITS, "the onsets")
        strength, band = onsets()[-1]
        self.assertTrue(0.2 < float(strength) <= 1)
        self.assertEqual(float(band), 4)  # counted from 1
        for child in (floats, plain):
            self.assertNotIn("/phicast/onset", {address for address, _ in osc_peers.messages(child)})
        self.assertFalse([a for a, _ in osc_peers.messages(plain) if "level" in a or "band" in a or "onset" in a])


if __name__ == "__main__":
    unittest.main(verbosity=2)

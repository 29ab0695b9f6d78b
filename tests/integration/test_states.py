# SPDX-License-Identifier: GPL-3.0-or-later
"""One scene, the same events: from phicast-render, and from the analyser in a JACK server at 64 and at 1024 frames
per period, through the events stream."""

import asyncio
import contextlib
import json
import math
import unittest

import numpy

import rig

RATE = 48000
CHANNELS = 3

# From silence to a drone, a drum loop in phase, unrelated noises, and silence: every state, each for seconds.
EXPECTED = [
    ("state_change", "idle", "coherent", "signal_onset"),
    ("state_change", "coherent", "critical", "criticality_threshold"),
    ("critical_event",),
    ("state_change", "critical", "turbulent", "ici_threshold"),
    ("state_change", "turbulent", "ambient", "criticality_threshold"),
    ("state_change", "ambient", "idle", "signal_lost"),
]


def scene(lead=0):
    random = numpy.random.default_rng(11)
    time = numpy.arange(4 * RATE) / RATE
    drone = sum(0.1 * numpy.cos(2 * math.pi * hz * time + i) for i, hz in enumerate((110, 220, 331, 445)))
    drums = 0.15 * numpy.exp(-(time % 0.25) / 0.06) * random.standard_normal(len(time))
    noise = 0.03 * random.standard_normal((len(time), CHANNELS))

    def alike(x):
        return numpy.repeat(x[:, None], CHANNELS, axis=1)

    def silence(count):
        return numpy.zeros((count, CHANNELS))

    parts = [silence(lead + RATE), alike(drone), alike(drums), noise, silence(3 * RATE)]
    return numpy.concatenate(parts).astype(numpy.float32)


def shape(event):
    return tuple(event[key] for key in ("type", "from_state", "to_state", "trigger") if key in event)


class Scene(rig.RigTest):
    """Plays it, and listens."""

    SERVER = {"patient": True}

    def check(self, events, start):
        """The events are the expected ones, and their numbers fit together; start: the scene's, on their clock."""
        self.assertEqual([shape(event) for event in events], EXPECTED, json.dumps(events, indent=1))
        onset, critical, peak, turbulent, ambient, idle = events
        for event in (onset, critical, turbulent, ambient, idle):
            self.assertTrue(0.5 <= event["confidence"] <= 1, event)
        # Sound and silence are far from the gate; criticality and the smoothed ICI creep over their thresholds.
        self.assertGreater(min(onset["confidence"], idle["confidence"]), 0.95)
        self.assertLess(max(e["confidence"] for e in (critical, turbulent, ambient)), 0.75)
        self.assertEqual(peak["timestamp"], critical["timestamp"])
        length = 1000 * (turbulent["timestamp"] - critical["timestamp"])
        self.assertAlmostEqual(peak["duration_ms"], length, delta=0.01)
        self.assertTrue(4 < peak["criticality"] < 12, peak)
        self.assertGreater(peak["peak_ici"], 0.9999)
        for event, earliest, latest in ((onset, 1.1, 1.4), (critical, 5.1, 7), (turbulent, 9.1, 9.3),
                                        (ambient, 9.5, 11.5), (idle, 13.7, 13.85)):
            self.assertTrue(earliest <= event["timestamp"] - start <= latest, (event, start))

    def render(self, lead):
        wav = rig.write_wav(self.folder / f"scene-{lead}.wav", scene(lead))
        path = self.folder / "events.json"
        result = self.run_program("phicast-render", "--events", path, wav)
        self.assertEqual(result.returncode, 0, result.stderr)
        return [json.loads(line) for line in path.read_text().splitlines()]

    async def listen(self, broadcaster, until, events):
        async with broadcaster.ws("events") as ws:
            while until():
                with contextlib.suppress(asyncio.TimeoutError):
                    events.append(json.loads(await asyncio.wait_for(ws.recv(), 0.2)))

    async def play_live(self, period):
        """(events, samples from the analyser's first to the scene's first, gaps, xruns)"""
        server = self.jackd(period=period, **self.SERVER)
        analyser = self.analyser(server, "-c", str(CHANNELS))
        broadcaster = self.broadcaster()
        began = int(analyser.line(r"stream starts at JACK frame (\d+)", "err").group(1))
        rig.wait_ready(broadcaster)
        wav = rig.write_wav(self.folder / f"live-{period}.wav", scene())
        events = []
        player = self.player(server, [wav], "--connect", f"{self.name}:in_*")
        await self.listen(broadcaster, player.alive, events)
        played = int(player.line(r"^first sample at JACK frame (\d+)").group(1))
        status = broadcaster.json("/api/status")["analyser"]
        for child in (analyser, broadcaster.child, server.child):
            child.stop()
        # A broadcaster that finds its analyser says so; that is no news of the sound.
        events = [event for event in events if event.get("trigger") != "analyser_found"]
        return events, (played - began) % 2**32, status["gaps"], status["xruns"]


class States(Scene):
    async def check_live(self, period):
        live, lead, gaps, _ = await self.play_live(period)
        self.assertEqual(gaps, 0)
        rendered = self.render(lead)
        self.check(rendered, lead / RATE)
        self.assertEqual([shape(event) for event in live], EXPECTED, json.dumps(live, indent=1))
        for a, b in zip(live, rendered, strict=True):
            self.assertAlmostEqual(a.get("confidence", 0), b.get("confidence", 0), delta=2e-3)
            for key in ("criticality", "duration_ms", "peak_ici"):
                self.assertAlmostEqual(a.get(key, 0), b.get(key, 0), delta=1e-4 * max(1, b.get(key, 0)))
        print(f"period {period}: {len(live)} events alike; criticality {live[2]['criticality']:.3f} for "
              f"{live[2]['duration_ms']:.1f} ms")

    def test_rendered(self):
        for lead in (0, 100, 313):
            self.check(self.render(lead), lead / RATE)

    def test_thresholds(self):
        """With thresholds out of reach the scene is ambient all along."""
        wav = rig.write_wav(self.folder / "scene.wav", scene())
        path = self.folder / "events.json"
        result = self.run_program("phicast-render", "--ici-threshold", "1", "--criticality-threshold", "100",
                                  "--events", path, wav)
        self.assertEqual(result.returncode, 0, result.stderr)
        events = [shape(json.loads(line)) for line in path.read_text().splitlines()]
        self.assertEqual(events[-1][2:], ("idle", "signal_lost"))
        self.assertNotIn("critical_event", [event[0] for event in events])
        self.assertFalse({"turbulent", "critical"} & {state for event in events for state in event[1:3]})

    def test_adaptations(self):
        """With auto-phi on, its moves come between the others: one chain, at most two a second."""
        wav = rig.write_wav(self.folder / "scene.wav", scene())
        path = self.folder / "events.json"
        result = self.run_program("phicast-render", "--breathing", "--auto-phi", "--events", path, wav)
        self.assertEqual(result.returncode, 0, result.stderr)
        events = [json.loads(line) for line in path.read_text().splitlines()]
        self.assertEqual([e["timestamp"] for e in events if e["type"] != "critical_event"],
                         sorted(e["timestamp"] for e in events if e["type"] != "critical_event"))
        moves = [event for event in events if event["type"] == "phi_adaptation"]
        self.assertGreater(len(moves), 10)
        for before, after in zip(moves, moves[1:]):
            self.assertEqual(after["old_depth"], before["new_depth"])
            self.assertGreaterEqual(after["timestamp"] - before["timestamp"], 0.4999)
        self.assertEqual({move["reason"] for move in moves} - {"criticality_optimization", "coherence_tracking"}, set())
        self.assertTrue(all(1 <= move["timestamp"] <= 13.1 for move in moves), "only while there is sound")

    async def test_live_64(self):
        await self.check_live(64)

    async def test_live_1024(self):
        await self.check_live(1024)


if __name__ == "__main__":
    unittest.main(verbosity=2)

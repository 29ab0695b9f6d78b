# SPDX-License-Identifier: GPL-3.0-or-later
"""The same sound gives the same numbers: phicast-render on the file, and the analyser in a JACK server at
64, 256 and 1024 frames per period."""

import asyncio
import contextlib
import json
import math
import unittest

import numpy

import rig

SECONDS = 8
TOLERANCE = 1e-4
RATIOS = ("ici", "criticality", "phase_coherence", "spectral_centroid", "phi_depth")


def close(a, b):
    return math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=1e-7)


def close_angle(a, b):
    # Zero is an angle like any other: what counts there is a millionth of a radian, not a ten-thousandth of nothing.
    difference = (a - b + math.pi) % (2 * math.pi) - math.pi
    return abs(difference) <= max(TOLERANCE * max(abs(a), abs(b)), 1e-6)


def differences(live, rendered):
    """What differs by more than the tolerance, in words."""
    found = [f"{key}: {live[key]} live, {rendered[key]} rendered" for key in RATIOS
             if not close(live[key], rendered[key])]
    if live["active_channels"] != rendered["active_channels"]:
        found.append("active_channels")
    for a, b in zip(live["channel_metrics"], rendered["channel_metrics"], strict=True):
        if (a["active"] != b["active"] or not close(a["frequency"], b["frequency"])
                or not close(a["amplitude"], b["amplitude"]) or not close_angle(a["phase"], b["phase"])):
            found.append(f"{a} live, {b} rendered")
    return found


class SameNumbers(rig.RigTest):
    async def listen(self, broadcaster, until, messages):
        async with broadcaster.ws("metrics") as ws:
            while until():
                with contextlib.suppress(asyncio.TimeoutError):
                    message = json.loads(await asyncio.wait_for(ws.recv(), 0.5))
                    messages[message["frame"]] = message

    def render(self, mix, lead):
        """{frame: message} of the mix after so many samples of silence, and some after it."""
        samples = rig.read_wav(mix)
        channels = samples.shape[1]
        silence = numpy.zeros((lead, channels), numpy.uint32)
        tail = numpy.zeros((96000, channels), numpy.uint32)
        padded = rig.write_wav(self.folder / f"padded-{lead}.wav", numpy.concatenate([silence, samples, tail]))
        result = self.run_program("phicast-render", padded)
        self.assertEqual(result.returncode, 0, result.stderr)
        return {message["frame"]: message for message in map(json.loads, result.stdout.splitlines())}

    async def play_live(self, mix, period):
        """(messages by frame, samples from the analyser's first to the mix's first, gaps)"""
        server = self.jackd(period=period, patient=True)
        analyser = self.analyser(server, "-c", "8", "--verbose")  # every start of the stream is named
        broadcaster = self.broadcaster()
        began = int(analyser.line(r"stream starts at JACK frame (\d+)", "err").group(1))
        rig.wait_ready(broadcaster)
        messages = {}
        player = self.player(server, [mix], "--connect", f"{self.name}:in_*")
        await self.listen(broadcaster, player.alive, messages)
        played = int(player.line(r"^first sample at JACK frame (\d+)").group(1))
        gaps = (broadcaster.json("/api/status")["analyser"] or {}).get("gaps", 0)
        starts = analyser.err.count("stream starts at")
        for child in (analyser, broadcaster.child, server.child):
            child.stop()
        return messages, (played - began) % 2**32, gaps + starts - 1

    async def check(self, period):
        mix = rig.recorded_mix(self.folder, SECONDS)
        live, lead, gaps = await self.play_live(mix, period)
        self.assertEqual(gaps, 0)
        rendered = self.render(mix, lead)
        compared = [frame for frame in live if frame in rendered]
        sounding = [frame for frame in compared if live[frame]["active_channels"] >= 4]
        wrong = {frame: differences(live[frame], rendered[frame]) for frame in compared}
        wrong = {frame: text for frame, text in wrong.items() if text}
        self.assertEqual(len(wrong), 0, f"{len(wrong)} of {len(compared)} frames differ, first: "
                         + str(min(wrong.items(), default=None)))
        self.assertGreater(len(sounding), 10 * SECONDS)
        print(f"period {period}: {len(compared)} frames compared, {len(sounding)} with four or more channels sounding")

    async def test_period_64(self):
        await self.check(64)

    async def test_period_256(self):
        await self.check(256)

    async def test_period_1024(self):
        await self.check(1024)


if __name__ == "__main__":
    unittest.main(verbosity=2)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Breathing in a real server: gains by the formula, the input's bits when it is off, and hands by MIDI."""

import asyncio
import json
import math
import time
import unittest

import numpy

import rig

CHANNELS = 4
RATE = 48000
PHI = (1 + math.sqrt(5)) / 2
GOLDEN_ANGLE = 2 * math.pi * (1 - 1 / PHI)


class Breathing(rig.RigTest):
    def play_and_capture(self, server, samples, *options):
        """What leaves the analyser while the samples go in, cut to them; uint32 as they are."""
        self.analyser(server, "-c", str(CHANNELS), *options)
        wav = rig.write_wav(self.folder / "in.wav", samples)
        out = self.folder / "out.wav"
        capture = self.start([rig.BIN / "phicast-capture", "-s", server.name, "-f", str(len(samples) + 4 * RATE), out,
                              *(f"{self.name}:out_{c + 1}" for c in range(CHANNELS))])
        began = int(capture.line(r"^first sample at JACK frame (\d+)").group(1))
        player = self.player(server, [wav], "--connect", f"{self.name}:in_*", "--lead", "1234")
        played = int(player.line(r"^first sample at JACK frame (\d+)").group(1))
        return capture, player, played - began, out

    def finished(self, capture, player, at, out, length):
        self.assertEqual(player.wait(), 0)
        self.assertEqual(capture.wait(), 0)
        got = rig.read_wav(out)
        self.assertTrue(0 <= at <= len(got) - length, f"played at {at} of {len(got)}")
        return got[at:at + length]

    def check_gain(self, period, depth, rate, seconds):
        server = self.jackd(period=period, patient=True)
        at = numpy.arange(seconds * RATE) / RATE
        tone = numpy.sin(2 * math.pi * 1000 * at + 0.3)
        samples = numpy.repeat(tone[:, None], CHANNELS, axis=1).astype(numpy.float32)
        running = self.play_and_capture(server, samples, "--breathing", "--phi-depth", str(depth), "--phi-rate",
                                        str(rate))
        got = self.finished(*running, len(samples)).view(numpy.float32)
        # Where theta was when the tone began is not known from outside: found from channel 1, held against the others.
        loud = numpy.abs(tone) > 0.5
        turn = 2 * math.pi * rate * at
        gains = got / numpy.where(loud, tone, 1)[:, None]
        sines = 1 - 2 * (1 - gains[:, 0]) / depth
        fit = numpy.linalg.lstsq(numpy.stack([numpy.sin(turn), numpy.cos(turn)], axis=1)[loud], sines[loud], rcond=None)
        theta = math.atan2(fit[0][1], fit[0][0])
        worst = 0
        for channel in range(CHANNELS):
            wanted = 1 - depth / 2 * (1 - numpy.sin(turn + theta + channel * GOLDEN_ANGLE))
            worst = max(worst, numpy.abs(got[:, channel] - wanted * tone).max())
        print(f"period {period}, {rate} Hz: gain within {worst:.1e}")
        self.assertLess(worst, 1e-4)

    def test_gain_at_64(self):
        self.check_gain(64, 0.618, 1 / PHI, 5)

    def test_gain_at_1024_and_10_hz(self):
        self.check_gain(1024, 0.618, 10, 3)

    def midi(self, server, *messages):
        result = server.run(rig.BIN / "phicast-midi", "-s", server.name, "--to", f"{self.name}:midi_in", *messages)
        self.assertEqual(result.returncode, 0, result.stderr)

    def metrics(self, broadcaster):
        return broadcaster.json("/api/metrics")

    def test_off_again_is_bit_for_bit(self):
        """On and off by MIDI while any bits, NaNs among them, go through."""
        server = self.jackd(period=256, patient=True)
        broadcaster = self.broadcaster()
        bits = numpy.random.default_rng(4).integers(0, 2**32, size=(12 * RATE, CHANNELS), dtype=numpy.uint32)
        bits[::3] = bits[::3] & 0x807FFFFF | 0x7F800001
        running = self.play_and_capture(server, bits)
        rig.wait_ready(broadcaster)
        self.midi(server, "b0:40:7f")
        rig.wait_until(lambda: self.metrics(broadcaster)["phi_breathing_active"], "breathing to begin")
        frame = self.metrics(broadcaster)["frame"]
        rig.wait_until(lambda: self.metrics(broadcaster)["frame"] > frame + 1.1 * RATE / 512, "a second of it")
        self.midi(server, "b3:40:00")
        rig.wait_until(lambda: not self.metrics(broadcaster)["phi_breathing_active"], "breathing to end")
        self.assertTrue(running[1].alive(), "the sound was over too soon")
        got = self.finished(*running, len(bits))
        differing = numpy.flatnonzero((got != bits).any(axis=1))
        self.assertGreater(len(differing), RATE // 2)
        self.assertLess(differing[-1], len(bits) - RATE // 10)
        after = got[differing[-1] + 1:]
        numpy.testing.assert_array_equal(after, bits[differing[-1] + 1:])
        print(f"breathing for {(differing[-1] - differing[0]) / RATE:.2f} s, then {len(after)} samples bit for bit")

    async def test_midi_moves_the_stream(self):
        server = self.jackd(period=256, patient=True)
        broadcaster = self.broadcaster()
        self.analyser(server, "-c", "1")
        rig.wait_ready(broadcaster)
        async with broadcaster.ws("metrics") as ws:

            async def until(condition, what):
                deadline = time.monotonic() + rig.PATIENCE
                message = None
                while not message or not condition(message):
                    self.assertLess(time.monotonic(), deadline, f"{what}: {message}")
                    message = json.loads(await asyncio.wait_for(ws.recv(), rig.PATIENCE))

            async def send(*messages):
                await asyncio.to_thread(self.midi, server, *messages)

            await until(lambda m: abs(m["phi_depth"] - 0.618034) < 1e-6 and not m["phi_breathing_active"], "at first")
            await send("b0:01:7f")
            await until(lambda m: m["phi_depth"] == 1, "depth by CC 1")
            await send("bf:01:00", "b0:02:20")
            await until(lambda m: m["phi_depth"] == 0 and abs(m["phi_phase"] - math.pi / 2) < 1e-5, "phase by CC 2")
            await send("90:01:7f", "b0:04:7f", "b0:01", "c0:01", "b0:05:00")
            await send("b0:03:7f", "b0:40:7f")
            await until(lambda m: m["phi_breathing_active"], "breathing by CC 64")
            self.assertEqual(self.metrics(broadcaster)["phi_depth"], 0)
            await self.check_rate(ws, 10)
            await send("b0:40:3f")
            await until(lambda m: not m["phi_breathing_active"], "breathing off by CC 64")

    async def check_rate(self, ws, rate):
        """theta turns as fast as the rate says, by the samples' own clock."""

        async def second_later(message):
            """The first message of a second of sound later, however long that takes."""
            frame = message["frame"]
            while message["frame"] < frame + RATE / 512:
                message = json.loads(await asyncio.wait_for(ws.recv(), rig.PATIENCE))
            return message

        now = json.loads(await asyncio.wait_for(ws.recv(), rig.PATIENCE))
        first = await second_later(now)  # the rate glides to what it is told
        last = await second_later(first)
        turned = 2 * math.pi * rate * (last["frame"] - first["frame"]) * 512 / RATE
        off = (last["phi_phase"] - first["phi_phase"] - turned + math.pi) % (2 * math.pi) - math.pi
        self.assertLess(abs(off), 0.001)

    def test_other_controllers_by_option(self):
        server = self.jackd(period=256, patient=True)
        broadcaster = self.broadcaster()
        self.analyser(server, "-c", "1", "--midi-depth", "20", "--midi-breathing", "21")
        rig.wait_ready(broadcaster)
        self.midi(server, "b0:40:7f", "b0:01:00", "b0:14:7f")
        rig.wait_until(lambda: self.metrics(broadcaster)["phi_depth"] == 1, "depth by CC 20")
        self.assertFalse(self.metrics(broadcaster)["phi_breathing_active"])
        self.midi(server, "b0:15:7f")
        rig.wait_until(lambda: self.metrics(broadcaster)["phi_breathing_active"], "breathing by CC 21")


if __name__ == "__main__":
    unittest.main(verbosity=2)

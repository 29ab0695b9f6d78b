# SPDX-License-Identifier: GPL-3.0-or-later
"""Control voltages in a real server: their ports, what these say of themselves, and what they carry."""

import asyncio
import contextlib
import json
import re

import numpy

import rig

RATE = 48000
WINDOW = 2048
HOP = 512
CHANNELS = 4
BANDS = 8
SECONDS = 6
TOLERANCE = 2e-6  # messages have seven digits
FIXED = ("ici", "criticality", "coherence", "centroid", "phi", "onset")


def unit(value, high):
    return min(value / high, 1)


def octaves(frequency):
    return min(max(numpy.log(frequency / 20) / numpy.log(1000), 0), 1) if frequency > 0 else 0


def voltages(message):
    """What the ports carry, by their names, when they have come to a message's frame."""
    return {"ici": message["ici"], "criticality": unit(message["criticality"], 4),
            "coherence": message["phase_coherence"], "centroid": octaves(message["spectral_centroid"]),
            **{f"level_{n}": unit(level["rms"], 0.5) for n, level in enumerate(message["levels"], 1)},
            **{f"band_{n}": unit(band, 0.3) for n, band in enumerate(message["bands"], 1)}}


class ControlVoltages(rig.RigTest):
    def begin(self, *options, **server):
        self.server = self.jackd(patient=True, **server)
        return self.analyser(self.server, *options)

    def names(self):
        return [port.split(":cv_")[1] for port in self.server.ports() if port.startswith(f"{self.name}:cv_")]

    def test_ports_are_there_if_asked_for(self):
        analyser = self.begin("-c", "2")
        self.assertEqual(self.names(), [])
        analyser.stop()
        analyser = self.analyser(self.server, "-c", "2", "--cv")
        self.assertEqual(sorted(self.names()), sorted(FIXED))
        analyser.stop()
        self.analyser(self.server, "-c", "64", "--cv", "--cv-add", "bands,levels", "--bands", "32")
        self.assertEqual(set(self.names()), {*FIXED, *(f"level_{n}" for n in range(1, 65)),
                                             *(f"band_{n}" for n in range(1, 33))})
        types = self.server.run("jack_lsp", "-t", "-p", f"{self.name}:cv_").stdout
        self.assertEqual(types.count("32 bit float mono audio"), len(FIXED) + 96)
        self.assertEqual(types.count("output"), len(FIXED) + 96)

    def test_wrong_options_are_refused(self):
        for options, words in ((("--cv", "--cv-add", "onsets"), "cv_onset comes with --cv anyway"),
                               (("--cv-add", "levels"), "give that as well")):
            done = self.run_program("phicast-jack", *options)
            self.assertEqual(done.returncode, 2)
            self.assertIn(words, done.stderr)

    def test_metadata(self):
        self.begin("-c", "1", "--cv", "--cv-add", "bands", "--bands", "2")

        def said():
            """[the properties of a port that says it is CV]"""
            text = self.server.run("jack_property", "-l").stdout
            subjects = re.split(r"^\d+\n", text, flags=re.MULTILINE)
            return [subject for subject in subjects if "value: CV type: text/plain" in subject
                    and "signal-type" in subject and "maximum" in subject]

        found = rig.wait_until(lambda: said() if len(said()) == len(FIXED) + 2 else None, "all properties")
        for words in ("http://lv2plug.in/ns/lv2core#minimum", "http://lv2plug.in/ns/lv2core#maximum",
                      "http://jackaudio.org/metadata/port-group", "http://jackaudio.org/metadata/order"):
            self.assertEqual(sum(words in subject for subject in found), len(found))
        names = {re.search(r"pretty-name\s+value: (.*) type", subject).group(1) for subject in found}
        self.assertEqual(names, {"ICI", "Criticality", "Phase coherence", "Spectral centroid", "Breathing", "Onset",
                                 "Band 1", "Band 2"})

    def latency(self, port):
        text = self.server.run("jack_lsp", "-l", f"{self.name}:{port}").stdout
        return {kind: (int(least), int(most)) for kind, least, most in
                re.findall(r"(\w+) latency = \[ (\d+) (\d+) \]", text)}

    def check_latency(self, channels, lag, period):
        analyser = self.begin("-c", str(channels), "--cv", "--cv-add", "levels,bands", period=period)
        metric, level = WINDOW // 2 + HOP + lag, HOP // 2 + HOP + lag
        self.assertEqual(self.latency("cv_ici")["capture"], (metric, metric))
        self.server.connect("system:capture_1", f"{self.name}:in_1")
        rig.wait_until(lambda: self.latency("cv_phi")["capture"] == (period, period), "latency of the input")
        for port, wanted in (("cv_ici", (metric, metric + period)), ("cv_band_1", (metric, metric + period)),
                             ("cv_level_1", (level + period, level + period)), ("cv_level_2", (level, level)),
                             ("cv_onset", (round(0.2 * WINDOW + HOP / 2) + lag,
                                           round(0.2 * WINDOW + HOP / 2) + lag + period))):
            rig.wait_until(lambda p=port, w=wanted: self.latency(p)["capture"] == w,
                           f"{wanted} of {port}, not {self.latency(port)}")
        # Where a voltage goes is no matter of the sound's.
        self.server.connect(f"{self.name}:cv_ici", "system:playback_1")
        rig.wait_until(lambda: self.latency("cv_ici")["playback"][1] > 0, "playback latency of the voltage")
        self.assertEqual(self.latency("in_1")["playback"], (0, 0))
        analyser.stop()

    def test_latency(self):
        self.check_latency(2, 0, 256)
        self.check_latency(9, HOP, 128)

    def test_what_they_show_is_measured(self):
        self.begin("-c", "1", "--cv", "--cv-add", "levels")
        broadcaster = self.broadcaster()
        rig.wait_until(lambda: (broadcaster.json("/api/status")["analyser"] or {}).get("measures") == ["levels", "onsets"],
                       "the analyser to say so")

    async def listen(self, broadcaster, until, messages):
        async with broadcaster.ws("metrics?add=levels,bands&rate=60") as ws:
            while until():
                with contextlib.suppress(asyncio.TimeoutError):
                    message = json.loads(await asyncio.wait_for(ws.recv(), 0.5))
                    messages[message["frame"]] = message

    async def check_values(self, period, *options):
        """Plays recordings; compares what the ports carry with what the messages say, and the gain with the sound."""
        analyser = self.begin("-c", str(CHANNELS), "--cv", "--cv-add", "levels,bands", "--verbose", *options,
                              period=period)
        broadcaster = self.broadcaster()
        start = int(analyser.line(r"stream starts at JACK frame (\d+)", "err").group(1))
        rig.wait_ready(broadcaster)
        mix = rig.recorded_mix(self.folder, SECONDS)
        names = [*FIXED, *(f"level_{n + 1}" for n in range(CHANNELS)), *(f"band_{n + 1}" for n in range(BANDS))]
        source = rig.unique_name("play")
        player = self.player(self.server, [mix], "--connect", f"{self.name}:in_*", "--lead", str(2 * RATE), name=source)
        rig.wait_until(lambda: f"{source}:out_1" in self.server.ports(), "the player's ports")
        out = self.folder / "cv.wav"
        capture = self.start([rig.BIN / "phicast-capture", "-s", self.server.name, "-f", str((SECONDS + 2) * RATE), out,
                              *(f"{self.name}:cv_{name}" for name in names), f"{source}:out_1", f"{self.name}:out_1"])
        began = int(capture.line(r"^first sample at JACK frame (\d+)").group(1))
        messages = {}
        await self.listen(broadcaster, capture.alive, messages)
        self.assertEqual(capture.wait(), 0)
        self.assertEqual(len(re.findall(r"stream starts", analyser.err)), 1, analyser.err)
        got = rig.read_wav(out).view(numpy.float32)
        self.check_messages(messages, got, names, began - start)
        self.check_sound(got, names)
        self.check_triggers(got[:, names.index("onset")], began - start)
        player.stop()

    def check_messages(self, messages, got, names, at):
        compared, worst, moved = 0, 0, {name: set() for name in names}
        for frame, message in messages.items():
            reached = WINDOW + (frame + 1) * HOP - at
            if 0 <= reached < len(got):
                compared += 1
                for name, value in voltages(message).items():
                    worst = max(worst, abs(got[reached, names.index(name)] - value))
                    moved[name].add(value)
        print(f"{compared} messages, voltages within {worst:.1e}")
        self.assertLess(worst, TOLERANCE)
        self.assertGreater(compared, 100)
        for name in ("ici", "criticality", "coherence", "centroid", "level_1", "band_1"):
            self.assertGreater(len(moved[name]), 50, name)
        for name in set(names) - {"phi", "onset"}:
            self.assertLessEqual(numpy.abs(numpy.diff(got[:, names.index(name)])).max(), 1 / HOP + 1e-6, name)
        self.assertTrue(((got[:, :len(names)] >= 0) & (got[:, :len(names)] <= 1)).all())

    def check_sound(self, got, names):
        gain, sound, breathed = got[:, names.index("phi")], got[:, len(names)], got[:, len(names) + 1]
        self.assertGreater(numpy.abs(sound).max(), 0.1)
        self.assertLess(numpy.abs(gain * sound - breathed).max(), 1e-6)
        self.gains = gain

    def check_triggers(self, trigger, at):
        self.assertEqual(set(trigger), {0, 1})
        steps = numpy.diff(trigger)
        rises, falls = numpy.flatnonzero(steps == 1) + 1, numpy.flatnonzero(steps == -1) + 1
        falls = falls[falls > rises[0]]
        rises = rises[:len(falls)]
        self.assertGreater(len(rises), 5)
        self.assertEqual(set(falls - rises), {RATE // 100})
        self.assertEqual(set((rises + at - WINDOW) % HOP), {0})

    async def test_values_while_it_breathes(self):
        await self.check_values(256, "--breathing", "--phi-rate", "2", "--phi-depth", "0.9")
        self.assertLess(self.gains.min(), 0.2)
        self.assertGreater(self.gains.max(), 0.95)

    async def test_values_at_a_long_period_while_it_does_not(self):
        await self.check_values(1024)
        self.assertEqual(set(self.gains), {1})


if __name__ == "__main__":
    rig.main()

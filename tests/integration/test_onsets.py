# SPDX-License-Identifier: GPL-3.0-or-later
"""Onsets, beside aubioonset on the same sounds, and where there are none."""

import json
import os
import shutil
import subprocess
import unittest

import numpy

import onset_scenes
import rig
import steady_sounds

METHODS = ("default", "hfc", "complex", "energy", "specflux", "specdiff", "kl", "mkl", "phase")
SECONDS = float(os.environ.get("PHICAST_STEADY", 20))  # of each steady sound; 60 for what the documentation tells


def later(times):
    """Without what a detector reports of the start."""
    return [time for time in times if time > onset_scenes.FIRST - 0.1]


def mean(values):
    return sum(values) / len(values)


class Onsets(rig.RigTest):
    def render(self, sound, *options):
        """The onsets of a sound file, as events."""
        events = self.folder / "events.jsonl"
        subprocess.run([rig.BIN / "phicast-render", "--add", "onsets", "--events", events, *options, sound],
                       stdout=subprocess.DEVNULL, timeout=rig.PATIENCE, check=True)
        return [event for event in map(json.loads, events.read_text().splitlines()) if event["type"] == "onset"]

    def aubio(self, sound, method):
        result = subprocess.run(["aubioonset", "-O", method, "-i", sound], capture_output=True, text=True,
                                timeout=rig.PATIENCE, check=True)
        return [float(line.split()[0]) for line in result.stdout.splitlines() if line.strip()]

    def judge(self, book):
        """Of each scene: its F-measure, whether it is clear, and aubio's F-measure by method."""
        ours, clear, errors = [], [], []
        theirs = {method: [] for method in METHODS}
        path = self.folder / "scene.wav"
        for name, ratio, is_clear, samples, times in onset_scenes.scenes(book):
            onset_scenes.write(path, samples)
            found = later([event["timestamp"] for event in self.render(path)])
            ours.append(onset_scenes.f_measure(times, found))
            clear.append(is_clear)
            errors += [b - a for a, b in onset_scenes.matches(times, found)]
            for method in METHODS:
                theirs[method].append(onset_scenes.f_measure(times, later(self.aubio(path, method))))
            best = max(theirs[method][-1] for method in METHODS)
            print(f"{book}: {name}, {ratio}: F {ours[-1]:.3f}, aubio's best for it {best:.3f}")
        best = max(METHODS, key=lambda method: mean(theirs[method]))
        self.clear = [f for f, is_clear in zip(ours, clear) if is_clear]
        print(f"{book}: mean F {mean(ours):.3f} of {len(ours)} scenes, aubio's best method ({best}) {mean(theirs[best]):.3f}; "
              f"clear ones {mean(self.clear):.3f}, least {min(self.clear):.3f}; "
              f"mean error {1000 * mean(errors):.1f} ms")
        self.assertGreaterEqual(len(ours), 20)
        self.assertGreater(mean(ours), mean(theirs[best]))
        self.assertLess(abs(mean(errors)), 0.005)

    def test_scenes_it_was_tuned_with(self):
        self.judge("tuned")
        self.assertGreaterEqual(min(self.clear), 0.95)

    def test_scenes_it_has_not_seen(self):
        self.judge("held out")
        self.assertGreaterEqual(mean(self.clear), 0.95)

    def test_nothing_begins(self):
        path = self.folder / "steady.wav"
        for name, channels in steady_sounds.steady_sounds(SECONDS):
            rig.write_wav(path, numpy.array(channels, numpy.float32).T)
            for breathing in ((), ("--breathing",), ("--breathing", "--phi-depth", "1")):
                with self.subTest(sound=name, breathing=breathing):
                    found = [event["timestamp"] for event in self.render(path, *breathing)]
                    self.assertEqual([time for time in found if time > 0.1], [])

    def test_one_hit_is_told_once_with_its_strength_and_band(self):
        t = numpy.arange(48000) / 48000
        for frequency, band in ((60, 0), (700, 3), (9000, 7)):
            strengths = []
            for amplitude in (0.03, 0.3):
                sound = numpy.zeros((3 * 48000, 1), numpy.float32)
                sound[48000:96000, 0] = amplitude * numpy.sin(2 * numpy.pi * frequency * t) * numpy.exp(-8 * t)
                [event] = self.render(rig.write_wav(self.folder / "hit.wav", sound))
                self.assertAlmostEqual(event["timestamp"], 1, delta=0.025)
                self.assertEqual(event["band"], band)
                strengths.append(event["strength"])
            self.assertLess(0, strengths[0])
            self.assertLess(strengths[0], strengths[1])
            self.assertLessEqual(strengths[1], 1)

    def test_threshold(self):
        path = self.folder / "scene.wav"
        for name, ratio, is_clear, samples, times in onset_scenes.scenes():
            if (name, ratio) == ("kit", "over 10 dB"):
                onset_scenes.write(path, samples)
        counts = [len(self.render(path, "--onset-threshold", x)) for x in ("0.001", "0.035", "1", "2")]
        self.assertEqual(counts, sorted(counts, reverse=True))
        self.assertGreater(counts[0], counts[2])
        self.assertEqual(counts[3], 0)


if __name__ == "__main__":
    if not shutil.which("aubioonset"):
        raise SystemExit("aubioonset is missing; scripts/setup --tests installs it")
    unittest.main(verbosity=2)

# SPDX-License-Identifier: GPL-3.0-or-later
"""phicast-render --audio-out: the sound as phicast-jack would let it out, in a file, whatever kind of file that is."""

import json
import os
import re
import struct
import subprocess
import time
import unittest
import wave

import numpy

import rig

EXACT = ("wav", "aiff", "aif", "au", "caf", "w64", "rf64")
FULL_24 = 1 << 23


def shape(path):
    """(rate, channels, samples per channel) of a float WAV"""
    raw = path.read_bytes()
    return struct.unpack_from("<I", raw, raw.index(b"fmt ") + 12)[0], *rig.read_wav(path).shape[::-1]


def floats(path):
    return rig.read_wav(path).view(numpy.float32)


def write_integers(path, samples, width, rate=48000):
    """A WAV of integers of so many bytes; samples: int32 of shape (frames, channels)."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i4").view(numpy.uint8).reshape(-1, 4)[:, :width].tobytes())
    return path


class AudioOut(rig.RigTest):
    def setUp(self):
        super().setUp()
        self.random = numpy.random.default_rng(5)

    def render(self, *args, **options):
        """(exit code, lines of metrics, standard error)"""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        result = subprocess.run([rig.BIN / "phicast-render", *map(str, args)], timeout=rig.PATIENCE, check=False, **options)
        return result.returncode, (result.stdout or b"").splitlines(), (result.stderr or b"").decode()

    def out(self, source, name, *options, warning=None):
        """Renders into a file of that name."""
        path = self.folder / name
        code, lines, text = self.render("--audio-out", path, *options, source)
        self.assertEqual(code, 0, text)
        self.assertGreater(len(lines), 10)
        if warning:
            self.assertRegex(text, warning)
        else:
            self.assertEqual(text, "")
        return path

    def wav(self, source):
        """The same as a float WAV."""
        return self.out(source, f"{source.name}.back.wav")

    def glides(self, name="glides.wav", channels=2, rate=48000):
        """Two seconds of tones that rise, which lossy encoders keep."""
        t = numpy.arange(2 * rate)[:, None] / rate
        start = 400 + 300 * numpy.arange(channels)
        samples = 0.2 * numpy.sin(2 * numpy.pi * start * t * (1 + 0.1 * t))
        return rig.write_wav(self.folder / name, samples.astype(numpy.float32), rate)

    def refused(self, code, *parts, args, **options):
        result = self.render(*args, **options)
        self.assertEqual((result[0], result[1]), (code, []), result[2])
        self.assertEqual(len(result[2].splitlines()), 1, result[2])
        for part in parts:
            self.assertIn(str(part), result[2])

    def extensions(self):
        """Those that there are, as a message has them."""
        text = self.render("--audio-out", "take.xyz", "take.wav")[2]
        return re.findall(r"\.(\w+)[,;]", text[:text.index("this one")])

    # --- the bits

    def test_floats_stay_as_they_are(self):
        bits = self.random.integers(0, 1 << 32, (20000, 3), numpy.uint32)  # no numbers, denormals and all
        source = rig.write_wav(self.folder / "bits.wav", bits)
        for extension in EXACT:
            path = self.folder / f"out.{extension}"
            self.assertEqual(self.render("--audio-out", path, source)[0], 0)
            back = self.folder / "back.wav"
            self.assertEqual(self.render("--audio-out", back, path)[0], 0)
            numpy.testing.assert_array_equal(rig.read_wav(back), bits, extension)

    def test_integers_stay_as_they_are(self):
        for width in (2, 3):
            full = 1 << (8 * width - 1)
            samples = self.random.integers(-full, full, (20000, 2), numpy.int32)
            samples[:4, 0] = (-full, full - 1, 0, -1)
            source = write_integers(self.folder / f"{width}.wav", samples, width)
            for extension in (*EXACT, "flac"):
                back = self.wav(self.out(source, f"{width}.out.{extension}"))
                numpy.testing.assert_array_equal(floats(back), (samples / full).astype(numpy.float32))

    def test_recordings_stay_as_they_are(self):
        for recording in rig.RECORDINGS:
            flac = self.out(recording, "copy.flac")
            numpy.testing.assert_array_equal(rig.read_wav(self.wav(recording)), rig.read_wav(self.wav(flac)))
            self.assertEqual(self.render(flac), self.render(recording))

    def test_the_same_bytes_each_time(self):
        source = self.glides()
        kinds = [extension for extension in (*EXACT, "flac") if extension != "rf64"]  # where libsndfile notes the time
        first = [self.out(source, f"a.{extension}") for extension in kinds]
        begun = int(time.time())
        rig.wait_until(lambda: time.time() >= begun + 1, "another second")
        for path in first:
            self.assertEqual(path.read_bytes(), self.out(source, f"b{path.suffix}").read_bytes())

    # --- breathing

    def test_breathing(self):
        rate, depth, turns = 44100, 0.75, 2.5
        source = rig.write_wav(self.folder / "one.wav", numpy.ones((3 * rate, 5), numpy.float32), rate)
        found = floats(self.out(source, "breathing.wav", "--breathing", "--phi-depth", depth, "--phi-rate", turns))
        golden = 2 * numpy.pi * (1 - 2 / (1 + 5 ** 0.5))
        theta = 2 * numpy.pi * turns * numpy.arange(3 * rate) / rate
        for i in range(5):
            expected = 1 - depth / 2 * (1 - numpy.sin(theta + i * golden))
            self.assertLess(numpy.abs(found[:, i] - expected).max(), 1e-5)
        flac = floats(self.wav(self.out(source, "breathing.flac", "--breathing", "--phi-depth", depth, "--phi-rate", turns)))
        self.assertLessEqual(numpy.abs(flac - found).max(), 1 / FULL_24)

    def test_the_metrics_are_those_of_what_is_written(self):
        breathing = self.folder / "breathing.wav"
        _, lines, _ = self.render("--audio-out", breathing, "--auto-phi", "--breathing", self.glides(channels=4))
        self.assertNotEqual(breathing.read_bytes(), (self.folder / "glides.wav").read_bytes())
        for one, other in zip(map(json.loads, lines), map(json.loads, self.render(breathing)[1]), strict=True):
            same = [{key: value for key, value in line.items() if not key.startswith("phi_")} for line in (one, other)]
            self.assertEqual(*same)

    # --- kinds of files

    def test_every_kind(self):
        sources = [self.glides(f"{channels}-{rate}.wav", channels, rate) for channels, rate in ((1, 48000), (2, 24000))]
        found = self.extensions()
        self.assertLessEqual({*EXACT, "flac"}, set(found))
        for source in sources:
            for extension in found:
                with self.subTest(source.name, extension=extension):
                    back = self.wav(self.out(source, f"out.{extension.upper()}"))
                    self.assertEqual(shape(back), shape(source))
                    one, other = (floats(path).astype(float).ravel() for path in (source, back))
                    self.assertGreater(numpy.dot(one, other) / (numpy.linalg.norm(one) * numpy.linalg.norm(other)), 0.97)

    def test_sixty_four_channels(self):
        samples = self.random.uniform(-1, 1, (9000, 64)).astype(numpy.float32)
        source = rig.write_wav(self.folder / "wide.wav", samples)
        for extension in EXACT:
            numpy.testing.assert_array_equal(floats(self.wav(self.out(source, f"out.{extension}"))), samples)
        target = self.folder / "wide.flac"
        self.refused(1, "--audio-out", target, "64 channels", "8 at most", ".wav", args=("--audio-out", target, source))
        self.assertFalse(target.exists())

    def test_rates(self):
        source = self.glides(rate=44100)
        for extension, parts in (("opus", ("44100", "48000")), ("mp3", ())):
            path = self.folder / f"out.{extension}"
            if extension not in self.extensions():
                continue
            if parts:
                path.write_bytes(b"keep")
                self.refused(1, path, *parts, args=("--audio-out", path, source))
                self.assertEqual(path.read_bytes(), b"keep")
            else:
                self.assertEqual(shape(self.wav(self.out(source, path.name))), shape(source))

    def test_longer_than_a_wav_can_be(self):
        frames, head = 17 << 20, (self.folder / "head.wav")  # of 64 bytes here, of 256 there
        with wave.open(str(head), "wb") as file:
            file.setparams((64, 1, 48000, 0, "NONE", ""))
        raw = bytearray(head.read_bytes())
        raw[4:8], raw[40:44] = struct.pack("<I", 36 + 64 * frames), struct.pack("<I", 64 * frames)
        head.write_bytes(raw)
        os.truncate(head, len(raw) + 64 * frames)  # no disk is taken for what is not written
        for extension in ("wav", "aif"):
            target = self.folder / f"long.{extension}"
            self.refused(1, target, "4 GiB", ".rf64", ".w64", ".caf", args=("--audio-out", target, head))
            self.assertFalse(target.exists())

    def test_beyond_full_scale(self):
        samples = numpy.full((9000, 2), 0.5, numpy.float32)
        samples[1000:1005, 0] = (1.5, -1.5, 1e30, numpy.inf, numpy.nan)
        source = rig.write_wav(self.folder / "loud.wav", samples)
        flac = self.folder / "loud.flac"
        code, _, text = self.render("--audio-out", flac, source)
        self.assertEqual(code, 0)
        self.assertIn("loud.flac: 4 samples beyond full scale", text)
        top = (FULL_24 - 1) / FULL_24
        found = floats(self.wav(flac))
        numpy.testing.assert_array_equal(found[1000:1005, 0], numpy.float32((top, -1, top, top, 0)))
        self.assertTrue((numpy.delete(found, range(1000, 1005), 0) == 0.5).all())
        code, _, text = self.render("--audio-out", self.folder / "loud.out.wav", source)
        self.assertEqual(code, 0)
        self.assertNotIn("full scale", text)
        numpy.testing.assert_array_equal(rig.read_wav(self.folder / "loud.out.wav"), rig.read_wav(source))

    # --- where it comes from

    def test_standard_input(self):
        source = self.glides()
        expected = self.out(source, "expected.wav").read_bytes()
        path = self.folder / "out.wav"
        with source.open("rb") as file:
            self.assertEqual(self.render("--audio-out", path, "-", stdin=file)[0], 0)
        self.assertEqual(path.read_bytes(), expected)
        path.unlink()
        with subprocess.Popen(["cat", source], stdout=subprocess.PIPE) as cat:
            self.assertEqual(self.render("--audio-out", path, "-", stdin=cat.stdout)[0], 0)
        self.assertEqual(path.read_bytes(), expected)

    def test_as_far_as_the_sound_is_sound(self):
        source = self.glides()
        raw = source.read_bytes()
        source.write_bytes(raw[:len(raw) // 2])
        path = self.folder / "half.wav"
        code, _, text = self.render("--audio-out", path, source)
        self.assertEqual(code, 1)
        self.assertIn("cut short", text)
        self.assertIn(rig.read_wav(path).tobytes(), raw)
        self.assertAlmostEqual(shape(path)[2], 48000, delta=20)

    # --- what does not go

    def test_names_that_say_nothing(self):
        source = self.glides()
        for name in ("take", "take.xyz", "take.", "wav"):
            self.refused(2, "--audio-out", name, ".wav", ".flac", args=("--audio-out", name, source), cwd=self.folder)
            self.assertFalse((self.folder / name).exists())
        self.refused(2, "--audio-out -", "standard output", args=("--audio-out", "-", source))

    def test_the_file_that_is_measured(self):
        source = self.glides()
        raw = source.read_bytes()
        soft, hard = self.folder / "soft.wav", self.folder / "hard.wav"
        soft.symlink_to(source)
        hard.hardlink_to(source)
        for path in (source, soft, hard):
            self.refused(1, path, "that is to be measured", args=("--audio-out", path, source))
            self.refused(1, source, "that is to be measured", args=("--audio-out", source, path))
            self.refused(1, path, "that is to be measured", args=("--events", path, source))
            with source.open("rb") as file:
                self.refused(1, path, "that is to be measured", args=("--audio-out", path, "-"), stdin=file)
        self.assertEqual(source.read_bytes(), raw)

    def test_the_file_of_other_lines(self):
        source, one = self.glides(), self.folder / "one.wav"
        self.refused(2, "--events", one, args=("--audio-out", one, "--events", one, source))
        self.assertFalse(one.exists())
        one.write_bytes(b"keep")
        other = self.folder / "other.wav"
        other.hardlink_to(one)
        self.refused(1, "--events", other, args=("--audio-out", other, "--events", one, source))
        with one.open("ab") as file:
            code, _, text = self.render("--audio-out", one, source, stdout=file)
        self.assertEqual(code, 1)
        self.assertIn("standard output", text)
        self.assertEqual(one.read_bytes(), b"keep")
        events = self.folder / "events"
        events.write_bytes(b"old\n" * 10000)
        self.out(source, "one.wav", "--events", events)
        self.assertNotIn(b"old", events.read_bytes())

    def test_what_cannot_be_written(self):
        source = self.glides()
        for path, part in ((self.folder / "no" / "such.wav", "No such"), (self.folder / "folder.wav", "directory"),
                           (self.folder / "pipe.wav", "pipe.wav")):
            if path.name == "folder.wav":
                path.mkdir()
            if path.name == "pipe.wav":
                os.mkfifo(path)
            self.refused(1, "--audio-out", path, part, args=("--audio-out", path, source))

    def test_a_full_disk(self):
        source = self.glides()
        for extension in self.extensions():
            path = self.folder / f"full.{extension}"
            path.symlink_to("/dev/full")
            code, _, text = self.render("--audio-out", path, source)
            self.assertEqual(code, 1)
            self.assertEqual(len(text.splitlines()), 1, text)
            self.assertIn(f"{path}: No space left on device; what was written is not all", text)


if __name__ == "__main__":
    unittest.main(verbosity=2)

# SPDX-License-Identifier: GPL-3.0-or-later
"""phicast-render as people use it: files and pipes, good ones and damaged ones, and where its lines go."""

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
import threading
import unittest

import numpy

import rig

SECONDS = 3


class Render(rig.RigTest):
    def setUp(self):
        super().setUp()
        self.take = rig.recorded_mix(self.folder, SECONDS)
        self.program = str(rig.BIN / "phicast-render")

    def render(self, *args, **options):
        """(exit code, lines of metrics, standard error)"""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        result = subprocess.run([self.program, *map(str, args)], timeout=rig.PATIENCE, check=False, **options)
        return result.returncode, (result.stdout or b"").splitlines(), (result.stderr or b"").decode()

    def one_line(self, text, *parts):
        self.assertEqual(len(text.splitlines()), 1, text)
        for part in parts:
            self.assertIn(part, text)

    def test_cut_short(self):
        bytes_ = self.take.read_bytes()
        short = self.folder / "short.wav"
        short.write_bytes(bytes_[:len(bytes_) // 2])
        code, lines, text = self.render(short)
        self.assertEqual(code, 1)
        self.one_line(text, "short.wav", "cut short")
        stopped = float(re.search(r"stopped at (\d+\.\d+) s", text).group(1))
        self.assertAlmostEqual(stopped, SECONDS / 2, delta=0.01)
        self.assertAlmostEqual(json.loads(lines[-1])["timestamp"], stopped, delta=0.1)

    def test_recorder_that_crashed(self):
        whole = self.render(self.take)
        bytes_ = bytearray(self.take.read_bytes())
        at = bytes_.index(b"data") + 4
        bytes_[at:at + 4] = bytes(4)
        crashed = self.folder / "crashed.wav"
        crashed.write_bytes(bytes_)
        code, lines, text = self.render(crashed)
        self.assertEqual((code, lines), (0, whole[1]))
        self.one_line(text, "crashed.wav", "warning")

    def test_csv(self):
        """The same numbers as in JSON, column by column."""
        def flat(message):
            for key, value in message.items():
                if key == "channel_metrics":
                    yield from ((f"channel_{c['channel'] + 1}_{k}", v) for c in value for k, v in c.items() if k != "channel")
                elif key == "levels":
                    yield from ((f"level_{c['channel'] + 1}_{k}", v) for c in value for k, v in c.items() if k != "channel")
                elif key == "bands":
                    yield from ((f"band_{b + 1}", v) for b, v in enumerate(value))
                elif key == "channel_bands":
                    yield from ((f"channel_{c + 1}_band_{b + 1}", v) for c, bands in enumerate(value)
                                for b, v in enumerate(bands))
                else:
                    yield key, value

        for options in ((), ("--add", "levels,bands,onsets", "--bands", "5"), ("--add", "bands", "--bands-per-channel")):
            code, lines, text = self.render(*options, self.take)
            csv_code, rows, csv_text = self.render("--csv", *options, self.take)
            self.assertEqual((code, text, csv_code, csv_text), (0, "", 0, ""))
            self.assertEqual(len(rows), len(lines) + 1)
            names = rows[0].decode().split(",")
            self.assertEqual(len(names), len(set(names)))
            for line, row in zip(lines, rows[1:]):
                wanted = dict(flat(json.loads(line)))
                self.assertEqual(list(wanted), names)
                for name, value in zip(names, row.decode().split(",")):
                    self.assertEqual(float(value), float(wanted[name]), name)

    def test_csv_to_a_full_disk(self):
        with open("/dev/full", "wb") as full:
            code, _, text = self.render("--csv", self.take, stdout=full)
        self.assertEqual(code, 1)
        self.one_line(text, "standard output", "No space left")

    def test_no_samples(self):
        path = rig.write_wav(self.folder / "none.wav", numpy.zeros((0, 2), numpy.float32))
        code, lines, text = self.render(path)
        self.assertEqual((code, lines), (1, []))
        self.one_line(text, "none.wav", "no samples")

    def test_shorter_than_a_window(self):
        path = rig.write_wav(self.folder / "brief.wav", numpy.zeros((1000, 2), numpy.float32))
        code, lines, text = self.render(path)
        self.assertEqual((code, lines), (0, []))
        self.one_line(text, "brief.wav", "1000 samples", "--window")
        code, lines, text = self.render("--window", 512, path)
        self.assertEqual((code, text), (0, ""))
        self.assertEqual(len(lines), 1)

    def test_samples_that_are_no_numbers(self):
        samples = numpy.full((9000, 1), 0.1, numpy.float32)
        samples[4000:4007] = numpy.nan
        samples[5000] = numpy.inf
        code, lines, text = self.render(rig.write_wav(self.folder / "nan.wav", samples))
        self.assertEqual(code, 0)
        self.one_line(text, "nan.wav", " 8 samples")
        for line in lines:
            json.loads(line, parse_constant=self.fail)

    def test_what_is_no_file(self):
        for path, part in ((self.folder, "folder"), ("/dev/zero", "device"), ("-", "device"), ("/no/such", "No such")):
            code, lines, text = self.render(path)
            self.assertEqual((code, lines), (1, []))
            self.one_line(text, part)

    def test_standard_input(self):
        expected = self.render(self.take)
        self.assertEqual((expected[0], expected[2]), (0, ""))
        for path in ("-", "/dev/stdin"):
            with self.take.open("rb") as file:
                self.assertEqual(self.render(path, stdin=file), expected)
            with subprocess.Popen(["cat", self.take], stdout=subprocess.PIPE) as cat:
                self.assertEqual(self.render(path, stdin=cat.stdout), expected)
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)
        writer = threading.Thread(target=fifo.write_bytes, args=(self.take.read_bytes(),))
        writer.start()
        self.assertEqual(self.render(fifo), expected)
        writer.join()
        half = self.take.read_bytes()[:500000]
        with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cat:
            feeder = threading.Thread(target=lambda: (cat.stdin.write(half), cat.stdin.close()))
            feeder.start()
            code, _, text = self.render("-", stdin=cat.stdout)
            feeder.join()
        self.assertEqual(code, 1)
        self.one_line(text, "standard input: stopped at")

    def test_no_room_to_put_it_by(self):
        with subprocess.Popen(["cat", self.take], stdout=subprocess.PIPE) as cat:
            code, _, text = self.render("-", stdin=cat.stdout, env={**os.environ, "TMPDIR": "/no/such/folder"})
            self.assertEqual(code, 1)
            self.one_line(text, "/no/such/folder", "TMPDIR")
            cat.stdout.close()

    def test_the_same_bytes_each_time(self):
        events = self.folder / "events"
        runs = set()
        with contextlib.ExitStack() as stack:
            for k in range(8):
                if k == 4:  # what is fastest now is not what was fastest before
                    for _ in range(os.cpu_count()):
                        busy = stack.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
                        stack.callback(busy.kill)
                code, lines, text = self.render("--events", events, "--auto-phi", self.take)
                self.assertEqual((code, text), (0, ""))
                runs.add((tuple(lines), events.read_bytes()))
        self.assertEqual(len(runs), 1)
        lines, _ = runs.pop()
        self.assertGreater(len(lines), 200)

    def test_output_that_does_not_take_it(self):
        with open("/dev/full", "wb") as full:
            code, _, text = self.render(self.take, stdout=full)
        self.assertEqual(code, 1)
        self.one_line(text, "standard output", "No space left")
        code, _, text = self.render("--events", "/dev/full", "--auto-phi", self.take)
        self.assertEqual(code, 1)
        self.one_line(text, "/dev/full", "No space left")
        reader, writer = os.pipe()
        os.close(reader)
        code, _, text = self.render(self.take, stdout=writer)
        os.close(writer)
        self.assertEqual(code, 1)
        self.one_line(text, "standard output", "closed by its reader")

    def test_started_with_standard_files_closed(self):
        events = self.folder / "events"
        self.assertEqual(self.render("--events", events, self.take)[0], 0)
        expected = events.read_bytes()
        for closed, code in (("<&-", 0), (">&-", 1), ("2>&-", 0), ("<&- >&- 2>&-", 1), ("<&- 2>&-", 0)):
            result = subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", self.program, "--events", events, self.take],
                                    capture_output=True, timeout=rig.PATIENCE, check=False)
            self.assertEqual(result.returncode, code, closed)
            if code == 0:
                self.assertEqual(events.read_bytes(), expected, closed)
            else:  # the events' file was not taken for standard output
                self.assertNotIn(b"spectral_centroid", events.read_bytes(), closed)

    def watched(self, *args):
        """What a terminal shows until the first progress comes, the lines being read slowly, and then all of it."""
        ours, theirs = pty.openpty()
        with subprocess.Popen([self.program, *map(str, args)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=theirs) as child:
            os.close(theirs)
            os.set_blocking(ours, False)
            shown = b""

            def told():
                nonlocal shown
                os.read(child.stdout.fileno(), 4096)
                try:
                    shown += os.read(ours, 65536)
                except BlockingIOError:
                    return False
                except OSError:  # it has ended
                    return True
                return b"\r" in shown

            rig.wait_until(told, "progress")
            child.stdout.read()
            try:
                shown += os.read(ours, 65536)
            except (BlockingIOError, OSError):
                pass
            self.assertEqual(child.wait(), 0)
        os.close(ours)
        return shown.decode()

    def test_progress(self):
        source = rig.write_wav(self.folder / "long.wav", numpy.zeros((100 * 48000, 8), numpy.float32))
        shown = self.watched(source)
        self.assertRegex(shown, r"^ *\d+ % of 100 s\r")
        self.assertRegex(shown, r"\r +\r$")  # wiped away
        self.assertEqual(self.render(source)[2], "")  # no terminal, nobody to tell


if __name__ == "__main__":
    unittest.main(verbosity=2)

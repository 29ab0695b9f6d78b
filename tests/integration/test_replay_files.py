# SPDX-License-Identifier: GPL-3.0-or-later
"""--replay of files that are no recordings, or damaged ones: a message that names the line and the cure, and nothing else
is affected."""

import gzip
import re
import unittest

import recordings
import replaying
import rig


class Damaged(replaying.Replaying):
    def refused(self, content, words, name="bad"):
        path = self.folder / name
        path.write_bytes(content)
        result = self.run_program("phicast-broadcaster", "-n", self.name, "-p", "0", "--osc", "none", "--replay", path)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertEqual(result.stdout, "")
        last = result.stderr.splitlines()[-1]
        self.assertIn(name, last)
        self.assertIn(words, last)
        self.assertRegex(last, "give|longer")

    def test_at_the_start(self):
        head = (recordings.text(recordings.HEAD) + "\n").encode()
        good = recordings.line(*next(recordings.Maker().records(1))).encode() + b"\n"
        self.refused(b"", "is empty")
        self.refused(head, "holds no message")
        self.refused(rig.write_wav(self.folder / "x.wav", rig.numpy.zeros((9, 1), rig.numpy.float32)).read_bytes(), "line 1: ")
        self.refused(b"frame,ici\n1,0.5\n", "line 1: ")
        self.refused(b'{"colour":"red"}\n' * 9, "holds no message")
        self.refused(head.replace(b'"version":1', b'"version":2') + good, "version 2")
        self.refused(head + good.replace(b'"ici":', b'"icy":'), "line 2: ici")
        self.refused(b"x" * 1_000_000 + b"\n" + good, "line 1: longer than 262144 bytes")
        self.refused(head + b"\0" * 10_000_000, "line 2: longer than")
        self.refused(gzip.compress(head + good)[:15], "is empty")  # cut short before there is a line
        self.refused(b"\x1f\x8b" + bytes(range(256)), "compressed data are damaged")
        self.refused(gzip.compress(bytes(500_000_000)), "line 1: longer than", "bomb.gz")
        with open(self.folder / "sparse", "wb") as sparse:  # claims ten gigabytes, and has nothing
            sparse.truncate(10_000_000_000)
        result = self.run_program("phicast-broadcaster", "-p", "0", "--replay", self.folder / "sparse")
        self.assertEqual(result.returncode, 1)
        self.assertIn("line 1: longer than", result.stderr)

    def test_no_file(self):
        for path, words in ((self.folder / "none", "No such file"), (self.folder, "is a folder")):
            result = self.run_program("phicast-broadcaster", "-p", "0", "--replay", path)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(words, result.stderr)
        for option in ("--loop", "--speed=2", "--from=1", "--original-time"):
            result = self.run_program("phicast-broadcaster", "-p", "0", option)
            self.assertEqual(result.returncode, 2)
            self.assertIn("give --replay FILE as well", result.stderr)

    def in_the_midst(self, damage, troubles, words, opener=None):
        """What is good before and after it comes, in order."""
        records = list(recordings.Maker().records(2))
        lines = [recordings.text(recordings.HEAD), *(recordings.line(*record) for record in records)]
        said = [recordings.timeless(message) for _, stream, message in records if stream == "metrics"]
        first = "".join(each + "\n" for each in lines[:40]).encode()
        rest = "".join(each + "\n" for each in lines[40:]).encode()
        path = self.folder / "show"
        path.write_bytes(first + damage + rest if opener is None else opener(first, damage, rest))
        listener = self.paused(path)
        self.assert_all(self.all_of(listener, {"metrics": said}, speed=4), {"metrics": said})
        rig.wait_until(lambda: self.state(listener)["ended"], "the end")
        state = self.state(listener)
        self.assertEqual(listener.json("/api/metrics")["frame"], said[-1]["frame"])
        self.assertIn(words, state["trouble"])
        self.assertGreaterEqual(state["troubles"], troubles)
        if words:
            listener.child.line(re.escape(words), "err")
        listener.child.stop()

    def test_in_the_midst(self):
        self.in_the_midst(b'{"t":1764512346.5,"stream":"metrics","mess\n', 1, "line 41: not valid JSON")
        self.in_the_midst(b"\xff\xfe\0\0garbage\n[]\n\n", 1, "line 42: no JSON object")
        self.in_the_midst(b"[]\n" * 3, 3, "line 43: no JSON object")  # the last is told of as well
        self.in_the_midst(b"x" * 3_000_000 + b"\n", 1, "line 41: longer than")
        self.in_the_midst(b'{"t":1e9,"stream":"latency","message":{}}\n', 1, "line 41: timestamp is missing")
        self.in_the_midst(b'{"t":9e10,"stream":"mystery","message":null}\n\r\n', 0, "")
        self.in_the_midst(b"", 0, "", lambda first, _, rest: gzip.compress(first) + gzip.compress(rest))

    def test_cut_short(self):
        """What is whole counts."""
        for cut in (lambda data: data[:-100], lambda data: gzip.compress(data)[:-12]):
            records = list(recordings.Maker().records(2))
            data = "".join(recordings.line(*record) + "\n" for record in records).encode()
            path = self.folder / "show"
            path.write_bytes(cut(data))
            listener = self.replay(path, "--speed", "8")
            rig.wait_until(lambda: self.state(listener)["ended"], "the end")
            self.assertGreater(self.state(listener)["position"], 1.8)
            self.assertEqual(self.state(listener)["troubles"], 0)
            listener.child.stop()

    def test_damaged_compressed(self):
        """It is played up to there."""
        records = list(recordings.Maker().records(20))
        data = bytearray(gzip.compress("".join(recordings.line(*record) + "\n" for record in records).encode()))
        for i in range(len(data) // 2, len(data) // 2 + 64):
            data[i] ^= 0x55
        path = self.folder / "show.gz"
        path.write_bytes(data)
        listener = self.replay(path, "--speed", "50")
        rig.wait_until(lambda: self.state(listener)["ended"], "the end")
        self.assertGreater(self.state(listener)["position"], 5)
        self.assertGreaterEqual(self.state(listener)["troubles"], 1)
        listener.child.line("the compressed data are damaged", "err")
        self.assertEqual(listener.get("/healthz")[0], 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)

# SPDX-License-Identifier: GPL-3.0-or-later
"""--export: recordings for other programs."""

import gzip
import json
import subprocess
import sys
import unittest

import recordings
import rig

CLIENTS = rig.ROOT / "docs/clients"
sys.path.insert(0, str(CLIENTS / "python"))
import phicast_recording as reader


class Export(rig.RigTest):
    def mcap_of(self, path, said=""):
        """([a row a message], [how many, in how many chunks]) as the format's own library reads the export."""
        with open(self.folder / "show.mcap", "wb") as file:
            made = subprocess.run([rig.BIN / "phicast-broadcaster", "--replay", path, "--export", "mcap"], stdout=file,
                                  stderr=subprocess.PIPE, text=True, check=True, timeout=rig.PATIENCE)
        self.assertRegex(made.stderr, f"^{said}$")
        read = subprocess.run(["node", rig.ROOT / "tests/integration/mcap.mjs", self.folder / "show.mcap"], capture_output=True,
                              text=True, check=True, timeout=rig.PATIENCE)
        return [json.loads(line) for line in read.stdout.splitlines()], read.stderr.split()

    def test_export_passes_over(self):
        """What is of no use, cut short or not known."""
        path = self.folder / "show.jsonl"
        recordings.write(path, recordings.Maker().records(2))
        whole, _ = self.mcap_of(path)
        lines = path.read_text().splitlines(keepends=True)
        lines[4:4] = ["{}\n", "\n", '{"t":1,"stream":"weather","message":{}}\n', "rubbish\n", "x" * 400000 + "\n"]
        path.write_text("".join(lines) + lines[-1][:-5])
        said = ".*line 8: not valid JSON .*; it is passed over\n.*line 9: longer than 262144 bytes; it is passed over .*\n"
        self.assertEqual(self.mcap_of(path, said)[0], whole)

    def test_export_refuses(self):
        empty = self.folder / "empty.jsonl"
        empty.touch()
        foreign = self.folder / "song.wav"
        foreign.write_bytes(b"RIFF\0\0\0\0WAVE" + bytes(1000))
        show = self.folder / "show.jsonl"
        recordings.write(show, recordings.Maker().records(2))
        for options, said, code in ((["--replay", empty, "--export", "mcap"], "is empty; give what --record wrote", 1),
                                    (["--replay", foreign, "--export", "mcap"], "line 1: .*give what --record wrote", 1),
                                    (["--replay", self.folder / "none", "--export", "mcap"], "No such file.*; give a recording", 1),
                                    (["--replay", self.folder, "--export", "mcap"], "Is a directory", 1),
                                    (["--replay", show, "--export", "wav"], "--export wav: is no format", 2),
                                    (["--replay", show, "--export", "mcap", "--loop"], "leave --loop away", 2),
                                    (["--export", "mcap"], "give --replay FILE as well", 2)):
            result = self.run_program("phicast-broadcaster", *options)
            self.assertRegex(result.stderr, said)
            self.assertEqual((result.returncode, result.stdout, result.stderr.count("\n")), (code, "", 1), options)
        with open("/dev/full", "wb") as full:
            result = subprocess.run([rig.BIN / "phicast-broadcaster", "--replay", show, "--export", "mcap"], stdout=full,
                                    stderr=subprocess.PIPE, text=True, timeout=rig.PATIENCE, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("No space left on device; what was written is not all", result.stderr)

    def test_for_foxglove(self):
        """The MCAP file made of it, read by the format's own library, with more than one chunk in it."""
        path = self.folder / "show.jsonl.gz"
        recordings.write(path, recordings.Maker(channels=8).records(60), gzip.open)
        rows, about = self.mcap_of(path)
        written = list(reader.messages(path))
        self.assertEqual(about, [str(len(written)), "2"])
        for stream in ("metrics", "latency", "events"):
            wanted = [(str(round(t * 1e9)), message) for t, name, message in written if name == stream]
            got = [(row["ns"], row["message"]) for row in rows if row["topic"] == f"/phicast/{stream}"]
            self.assertTrue(got == wanted, stream)
        self.assertIn("ici", rows[0]["properties"] + rows[1]["properties"])


if __name__ == "__main__":
    unittest.main(verbosity=2)

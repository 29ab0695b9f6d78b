# SPDX-License-Identifier: GPL-3.0-or-later
"""phicast-dump: what it prints of real programs, living and killed, and of damaged, foreign and missing segments."""

import json
import os
import pathlib
import pwd
import re
import subprocess
import unittest

import osc_peers
import rig

NOBODY = pwd.getpwnam("nobody")


class Dump(rig.RigTest):
    def path(self, kind):
        return pathlib.Path(f"/dev/shm/phicast.{self.name}.{kind}")

    def dump(self, *options):
        return self.run_program("phicast-dump", "-n", self.name, *options)

    def json(self, *options, code=0):
        result = self.dump("--json", *options)
        self.assertEqual(result.returncode, code, result.stderr)
        return json.loads(result.stdout)

    def refused(self, *words):
        """What is told of damage, in one line; the rest of the output."""
        result = self.dump("--json")
        self.assertEqual(result.returncode, 1, result.stdout)
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), 1, lines)
        for word in words:
            self.assertIn(word, lines[0])
        return json.loads(result.stdout)

    def patch(self, kind, at, data):
        with open(self.path(kind), "r+b") as file:
            file.seek(at)
            file.write(data)

    def wish(self, broadcaster):
        return broadcaster.get("/api/phi", "POST", b'{"depth": 0.25}', {"Content-Type": "application/json"})[0]

    # --- the real programs ---

    def parts(self):
        """As the analyser's own account has them, which it writes a few times a second, and as the newest frame does."""
        telemetry = self.json()["telemetry"]
        return [(telemetry[key] or {}).get("parts") for key in ("status", "metrics")]

    def test_live(self):
        server = self.jackd()
        analyser = self.analyser(server, "-c", "2", "--breathing", "--add", "levels,onsets", "--label", '2="Köln" \\')
        rig.wait_until(lambda: self.parts() == ["levels,onsets"] * 2, "all snapshots")
        only = self.json()
        self.assertIsNone(only["control"])
        self.assertEqual(only["telemetry"]["status"]["sample_rate"], 48000)
        broadcaster = self.broadcaster("--osc", f"osc.udp://127.0.0.1:{osc_peers.free_udp_port()}?add=bands")
        rig.wait_ready(broadcaster)
        self.assertEqual(self.wish(broadcaster), 202)
        rig.wait_until(lambda: self.parts() == ["levels,bands,onsets"] * 2, "the bands")
        rig.wait_until(lambda: self.json()["telemetry"]["metrics"]["phi_depth"] == 0.25, "the depth to arrive")
        first, second = self.json(), self.json()
        self.assertEqual(first["name"], self.name)
        telemetry, control = second["telemetry"], second["control"]
        self.assertEqual((telemetry["path"], control["path"]), (str(self.path("telemetry")), str(self.path("control"))))
        self.assertEqual((telemetry["writer_pid"], control["writer_pid"]), (analyser.pid, broadcaster.child.pid))
        self.assertEqual((telemetry["writer_alive"], control["writer_alive"]), (True, True))
        self.assertEqual((telemetry["size"], telemetry["owner_uid"]), (self.path("telemetry").stat().st_size, os.getuid()))
        rig.wait_until(lambda: self.json()["telemetry"]["metrics"]["frame"] > first["telemetry"]["metrics"]["frame"],
                       "frames to go on")
        self.assertEqual(len(telemetry["metrics"]["channel"]), 2)
        self.assertTrue(telemetry["metrics"]["phi_breathing_active"])
        self.assertEqual(telemetry["metrics"]["state"], "idle")
        self.assertEqual(control["wanted"], "bands")
        self.assertEqual(telemetry["names"], [{"channel": 1, "name": '"Köln" \\'}])
        self.assertEqual(telemetry["latency"].keys(),
                         {"hardware_ms", "buffer_ms", "jitter_ms", "calibrated", "compensated"})
        self.assertAlmostEqual(telemetry["latency"]["buffer_ms"], 256 / 48, places=4)
        self.assertEqual(control["cursor"]["writer"], telemetry["start_time_us"])
        self.assertEqual(list(control["cursor"]), ["writer", "ws_next", "osc_next", "state"])
        self.assertEqual(control["commands"][-1], {"number": control["commands_written"] - 1, "kind": "depth", "value": 0.25})
        lines = self.dump().stdout
        self.assertRegex(lines, rf"(?m)^  writer_pid +{analyser.pid}$")
        self.assertRegex(lines, r"(?m)^      channel 1  frequency 0  amplitude 0  phase 0  active no$")
        self.assertIn('\n    channel 1  name "Köln" \\\n', lines)
        self.killed(analyser, broadcaster)

    def killed(self, analyser, broadcaster):
        """What they leave behind."""
        analyser.kill()
        broadcaster.child.kill()
        left = self.json()
        self.assertEqual((left["telemetry"]["writer_alive"], left["control"]["writer_alive"]), (False, False))
        self.assertGreater(left["telemetry"]["metrics"]["age_ms"], 0)
        self.assertIn("frame", left["telemetry"]["metrics"])

    def test_events(self):
        flood = osc_peers.Flood(self, "--count", "500", "--rate", "20000")
        flood.push()
        rig.wait_until(lambda: self.json()["telemetry"]["events_written"] == 500, "500 events")
        events = self.json("--last", "1023")["telemetry"]["events"]
        self.assertEqual([event["number"] for event in events], list(range(500)))
        self.assertEqual({event["kind"] for event in events}, {"state_change", "critical_event", "phi_adaptation"})
        self.assertEqual(self.json("--last", "3")["telemetry"]["events"], events[-3:])
        self.assertEqual(self.json("--last", "0")["telemetry"]["events"], [])
        for _ in range(4):
            written = self.json("--last", "0")["telemetry"]["events_written"]
            flood.push()
            rig.wait_until(lambda: self.json("--last", "0")["telemetry"]["events_written"] == written + 500, "500 more")
        numbers = [event["number"] for event in self.json("--last", "1023")["telemetry"]["events"]]
        self.assertEqual(numbers, list(range(2500 - 1023, 2500)))

    # --- what cannot be shown ---

    def test_wrong_command_lines(self):
        for options in (("--last", "1024"), ("--nonsense",), ("operand",), ("-n", "a/b")):
            result = self.run_program("phicast-dump", *options)
            self.assertEqual((result.returncode, result.stdout), (2, ""), options)
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)

    def test_nothing_is_there(self):
        result = self.dump()
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertEqual(result.stderr, "phicast-dump: error: nothing of that name is in shared memory; "
                                        f"start phicast-jack -n {self.name}\n")

    def test_a_full_disk(self):
        self.left_behind()
        with open("/dev/full", "w", encoding="ascii") as full:
            result = subprocess.run([rig.BIN / "phicast-dump", "-n", self.name], stdout=full, stderr=subprocess.PIPE,
                                    text=True, timeout=rig.PATIENCE, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, "^phicast-dump: error: writing to standard output: No space left on device\n$")

    def left_behind(self):
        """Both segments, their writers killed: the good bytes of each."""
        broadcaster = self.broadcaster("--osc", "none")
        flood = osc_peers.Flood(self, "--count", "5")
        flood.push()
        rig.wait_until(lambda: self.json()["telemetry"]["events_written"] == 5, "events")
        rig.wait_until(lambda: self.wish(broadcaster) == 202, "a command to be taken")
        flood.child.kill()
        broadcaster.child.kill()
        return {kind: self.path(kind).read_bytes() for kind in ("telemetry", "control")}

    def test_damage(self):
        good = self.left_behind()
        whole = self.json()
        head = {"control": 256, "telemetry": 128}  # of the ring: 64 bytes, and 1024 messages of 64
        for kind, data in good.items():
            other = "telemetry" if kind == "control" else "control"
            # what was done, where, with which bytes; what is said of it
            for what, at, bytes_, words in (("magic", 0, b"\1", "start its writer again, or remove the file"),
                                            ("version", 8, b"\xff", "use the phicast-dump that was installed with its writer"),
                                            ("unfinished", 0, bytes(8), "try again")):
                with self.subTest(kind=kind, what=what):
                    self.patch(kind, at, bytes_)
                    left = self.refused(str(self.path(kind)), words)
                    self.assertIsNone(left[kind])
                    self.assertEqual(left[other], whole[other] | self.ages(left[other]))
                    self.path(kind).write_bytes(data)
            for size in (0, 20, 100, len(data) - 1):
                with self.subTest(kind=kind, size=size):
                    os.truncate(self.path(kind), size)
                    self.refused(str(self.path(kind)))
                    self.path(kind).write_bytes(data)
            with self.subTest(kind=kind, what="the ring's messages"):
                self.patch(kind, head[kind] + 64 + 8, b"\xff" * 4)  # the kind of the first
                self.refused(str(self.path(kind)), "1 of its ")
                self.path(kind).write_bytes(data)
            with self.subTest(kind=kind, what="the ring's head"):
                self.patch(kind, head[kind], b"\xff" * 8)
                self.refused(str(self.path(kind)), "of its ")
                self.path(kind).write_bytes(data)
        with self.subTest("a snapshot out of range"):
            self.patch("telemetry", rig.METRICS_AT + 32, b"\xff" * 4)  # ICI, which becomes NaN
            left = self.refused(str(self.path("telemetry")), "its metrics", "start phicast-jack again")
            self.assertIsNone(left["telemetry"]["metrics"])
            self.assertEqual(left["telemetry"]["events"], whole["telemetry"]["events"])
            self.path("telemetry").write_bytes(good["telemetry"])
        with self.subTest("a snapshot left half-written"):
            self.patch("telemetry", 96, b"\1")
            self.refused(str(self.path("telemetry")), "its metrics")

    def ages(self, segment):
        """What differs from one look at a dead segment to the next."""
        again = {key: value for key, value in segment.items() if re.search("age_ms", key)}
        if "metrics" in segment:
            again["metrics"] = segment["metrics"]
        return again

    def test_what_is_no_file(self):
        for make in (lambda path: path.mkdir(), os.mkfifo, lambda path: path.symlink_to("/dev/zero")):
            make(self.path("telemetry"))
            self.addCleanup(lambda path=self.path("telemetry"): path.is_dir() and path.rmdir())
            self.refused(str(self.path("telemetry")))
            if self.path("telemetry").is_dir():
                self.path("telemetry").rmdir()
            else:
                self.path("telemetry").unlink()

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_of_another_user(self):
        self.left_behind()
        os.chown(self.path("telemetry"), NOBODY.pw_uid, NOBODY.pw_gid)
        left = self.refused("belongs to user nobody; run phicast-dump as that user")
        self.assertIsNone(left["telemetry"])
        self.assertIsNotNone(left["control"])


if __name__ == "__main__":
    rig.main()

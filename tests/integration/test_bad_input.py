# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong is said in one line that names the thing, with the right exit code."""

import fcntl
import json
import os
import pathlib
import re
import socket
import struct
import time
import unittest

import rig

PROGRAMS = ("phicast-jack", "phicast-broadcaster", "phicast-render")
F_OFD_SETLK = 37


class BadInput(rig.RigTest):
    def refused(self, code, pattern, program, *args, env=None):
        result = self.run_program(program, *args, env=env)
        said = f"{program} {' '.join(map(str, args))}: exit {result.returncode}\n{result.stderr}"
        self.assertEqual(result.returncode, code, said)
        self.assertRegex(result.stderr, pattern, said)
        self.assertEqual(result.stdout, "")
        self.assertLessEqual(len(result.stderr.splitlines()), 2, said)
        return result.stderr

    def test_help_and_version(self):
        for program in PROGRAMS:
            for option, pattern in (("--help", rf"(?s)usage.*{program}.*--help"), ("-h", "usage"),
                                    ("--version", r"\d+\.\d+\.\d+"), ("-V", r"\d+\.\d+\.\d+")):
                result = self.run_program(program, option)
                self.assertEqual((result.returncode, result.stderr), (0, ""), f"{program} {option}")
                self.assertRegex(result.stdout, f"(?i){pattern}", f"{program} {option}")

    def test_usage_errors(self):
        for program in PROGRAMS:
            self.refused(2, "--no-such-option", program, "--no-such-option")
        for option, value in (("--channels", "0"), ("--channels", "65"), ("-c", "eight"), ("--hop", "100"),
                              ("--hop", "4096"), ("--window", "128"), ("--window", "3000"), ("--gate-db", "loud"),
                              ("--tau-smooth-ms", "-1"), ("--tau-criticality-ms", "nan")):
            self.refused(2, option.lstrip("-") if len(option) > 2 else "channels", "phicast-jack", option, value)
        self.refused(2, "extra", "phicast-jack", "extra")
        for program in PROGRAMS:  # what others wrote neither begins a line nor moves a terminal
            text = self.refused(2, "no.such", program, "--no\nsuch\x1b[2J")
            self.assertRegex(text, r"^[ -~]+\n$")
        self.refused(2, "hop", "phicast-render", "--hop", "100", rig.RECORDINGS[0])
        self.refused(2, "file", "phicast-render")
        for port in ("-1", "65536", "web"):
            self.refused(2, "port", "phicast-broadcaster", "-p", port)

    def test_no_jack_server(self):
        self.refused(1, r"(?i)jack.*server|server.*jack", "phicast-jack", "-n", self.name, "-s", f"{self.name}-server")

    def test_client_name_taken(self):
        server = self.jackd()
        player = self.player(server, [rig.RECORDINGS[0]], "--loop", name=self.name)
        player.line("first sample")
        self.refused(1, self.name, "phicast-jack", "-n", self.name, "-s", server.name)

    def test_second_analyser_of_a_name(self):
        first = self.analyser(self.jackd())
        other = self.jackd()
        text = self.refused(1, self.name, "phicast-jack", "-n", self.name, "-s", other.name)
        self.assertIn(str(first.pid), text)
        self.assertTrue(first.alive())

    def test_segment_name_of_no_use(self):
        config = self.folder / "config.json"
        for program in ("phicast-jack", "phicast-broadcaster"):
            for name in ("../../etc/x", "a/b", "", "a b", "ca\u00e9", "x" * 61):
                self.refused(2, r'--name ".*": give 1 to 60 letters, digits and "-_\."', program, "-n", name)
                config.write_text(json.dumps({"name": name}))
                self.refused(2, r'--name ".*": give 1 to 60 letters, digits and "-_\."', program, "--config", config)
        self.refused(1, "x{60}|JACK server", "phicast-jack", "-n", "x" * 60, "-s", self.name)  # the longest

    def test_port_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.refused(1, str(port), "phicast-broadcaster", "-n", self.name, "-p", port)

    def test_unreadable_files(self):
        self.refused(1, "not-there.wav", "phicast-render", self.folder / "not-there.wav")
        self.refused(1, str(self.folder), "phicast-render", self.folder)
        rubbish = self.folder / "rubbish.wav"
        rubbish.write_bytes(os.urandom(5000))
        self.refused(1, "rubbish.wav", "phicast-render", rubbish)
        empty = self.folder / "empty.wav"
        empty.write_bytes(b"")
        self.refused(1, "empty.wav", "phicast-render", empty)


class BadSegment(rig.RigTest):
    def setUp(self):
        super().setUp()
        self.path = pathlib.Path(f"/dev/shm/phicast.{self.name}.telemetry")
        self.source = rig.unique_name()
        self.addCleanup(self.drop_lock)
        self.held = None

    def drop_lock(self):
        if self.held:
            self.held.close()
            self.held = None

    def segment_bytes(self):
        """A real segment, as an analyser made it."""
        analyser = self.analyser(self.jackd(patient=True))
        rig.wait_until(lambda: self.path.exists() and any(self.path.read_bytes()[rig.METRICS_AT:][:128]), "a first frame")
        data = bytearray(self.path.read_bytes())
        analyser.stop()
        rig.wait_until(lambda: not self.path.exists(), "the segment to be removed")
        return data

    def put(self, data):
        """Puts it there as a living writer would: locked."""
        self.drop_lock()
        self.path.unlink(missing_ok=True)
        self.held = open(self.path, "w+b", buffering=0)
        self.path.chmod(0o600)
        fcntl.fcntl(self.held, F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
        data = bytearray(data)
        if len(data) > 72:
            struct.pack_into("<Q", data, 64, time.monotonic_ns() // 1000)  # its heart beats
        self.held.write(data)

    def is_read(self, broadcaster):
        """Whether what was put is being read, its heart beating meanwhile."""
        os.pwrite(self.held.fileno(), struct.pack("<Q", time.monotonic_ns() // 1000), 64)
        return broadcaster.json("/api/metrics")["channel_metrics"]

    def not_ready(self, broadcaster, pattern):
        def said():
            code, _, text = broadcaster.get("/readyz")
            return code == 503 and re.search(pattern, text)
        rig.wait_until(said, f"/readyz to say 503 with {pattern}, not {broadcaster.get('/readyz')}")
        self.assertEqual(broadcaster.json("/api/metrics")["channel_metrics"], [])
        self.assertEqual(broadcaster.get("/healthz")[0], 200)
        self.assertTrue(broadcaster.child.alive())

    def test_all_kinds(self):
        data = self.segment_bytes()
        broadcaster = self.broadcaster()
        other_abi = bytearray(data)
        struct.pack_into("<I", other_abi, 8, struct.unpack_from("<I", data, 8)[0] + 1)
        foreign = b"\x01" * 8 + data[8:]
        wrong_size = bytearray(data)
        struct.pack_into("<Q", wrong_size, 16, len(data) * 2)
        for what, pattern in ((other_abi, "version"), (data[:4096], "truncated"), (data[:10], "truncated"),
                              (b"", "truncated|ready"), (foreign, "not a phicast segment"),
                              (wrong_size, "truncated|size|corrupt")):
            self.put(what)
            self.not_ready(broadcaster, pattern)

    def test_cut_short_while_mapped(self):
        data = self.segment_bytes()
        broadcaster = self.broadcaster()
        for size in (4096, 64, 0):
            self.put(data)
            rig.wait_until(lambda: self.is_read(broadcaster), "the segment to be read")
            os.truncate(self.path, size)
            self.not_ready(broadcaster, "truncated|ready|lost|gone|corrupt")

    def test_absurd_values(self):
        data = self.segment_bytes()
        broadcaster = self.broadcaster()
        self.put(data)
        rig.wait_until(lambda: self.is_read(broadcaster), "the segment to be read")
        with open(self.path, "r+b", buffering=0) as segment:
            segment.seek(rig.METRICS_AT)  # all values absurd
            segment.write(b"\xff" * rig.METRICS_SIZE)
        code, _, text = broadcaster.get("/api/metrics")
        self.assertEqual(code, 200)
        message = json.loads(text, parse_constant=lambda c: self.fail(f"{c} in {text}"))
        self.assertLessEqual(message["active_channels"], 64)
        self.assertTrue(broadcaster.child.alive())

    def test_analyser_replaces_what_a_dead_one_left(self):
        server = self.jackd()
        first = self.analyser(server)
        first.kill()
        self.assertTrue(self.path.exists())
        os.truncate(self.path, 100)
        broadcaster = self.broadcaster()
        self.not_ready(broadcaster, "truncated|analyser|not running")
        rig.wait_until(lambda: f"{self.name}:in_1" not in server.ports(), "jackd to drop the dead client")
        self.analyser(server)
        rig.wait_ready(broadcaster)


if __name__ == "__main__":
    unittest.main(verbosity=2)

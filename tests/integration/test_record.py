# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings (--record, POST /api/record): what is in the files is what clients got, whatever becomes of the disk, the
broadcaster or the one who records, and the streams go on."""

import asyncio
import gzip
import importlib.util
import json
import os
import pathlib
import signal
import subprocess
import unittest

import osc_peers
import rig

CLIENTS = rig.ROOT / "docs/clients"
JSON = {"Content-Type": "application/json"}


def load_reader():
    spec = importlib.util.spec_from_file_location("phicast_recording", CLIENTS / "python/phicast_recording.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reader = load_reader()


def text_of(path):
    """All that can be read of a recording; nothing before it has begun."""
    if not path.exists():
        return b""
    data = path.read_bytes()
    if not data.startswith(b"\x1f\x8b"):
        return data
    text = b""
    with gzip.open(path) as file:
        try:
            while piece := file.read1(65536):
                text += piece
        except EOFError:
            pass
    return text


def lines_of(path):
    """The lines, and whether the last is whole."""
    *whole, rest = text_of(path).split(b"\n")
    return whole, rest == b""


def messages_of(path, stream):
    """As bytes, just as they stand in the file."""
    start = b'"stream":"%s","message":' % stream.encode()
    return [line.split(start, 1)[1][:-1] for line in lines_of(path)[0] if start in line]


def is_within(few, many):
    """Whether many has all of few, in order."""
    rest = iter(many)
    return all(one in rest for one in few)


class Record(rig.RigTest):
    def setUp(self):
        super().setUp()
        self.place = self.folder / "recordings"
        self.place.mkdir()

    def files(self, place=None):
        return sorted(path for path in (place or self.place).iterdir())

    def begin(self, path, *options, flood=("-c", "2", "--lively"), env=None):
        self.flood = osc_peers.Flood(self, *flood) if flood is not None else None
        self.server = self.broadcaster("--osc", "none", "--record", path, *options, env=env)
        rig.wait_ready(self.server)

    def status(self):
        return self.server.json("/api/status")["record"]

    def turn(self, on, code=202):
        got, _, text = self.server.get("/api/record", "POST", json.dumps({"on": on}).encode(), JSON)
        self.assertEqual(got, code, text)
        return json.loads(text)

    async def collect(self, stream, got, enough):
        async with self.server.ws(stream) as ws:
            while not enough(got):
                got.append((await asyncio.wait_for(ws.recv(), rig.PATIENCE)).encode())

    async def streams_go_on(self, count=40):
        got = []
        await self.collect("metrics", got, lambda got: len(got) >= count)
        frames = [json.loads(message)["frame"] for message in got]
        self.assertEqual(frames, sorted(frames))
        self.assertGreater(frames[-1], frames[0])

    async def as_clients_get_it(self, name):
        self.begin(self.place / name, flood=("-c", "3", "--lively", "--count", "40", "--rate", "1000"))
        metrics, latency, events = [], [], []
        listening = asyncio.gather(self.collect("metrics", metrics, lambda got: len(got) >= 60),
                                   self.collect("latency", latency, lambda got: len(got) >= 20),
                                   self.collect("events", events, lambda got: len(got) >= 40))

        async def push():
            while self.server.json("/api/status")["streams"]["events"]["clients"] == 0:
                await asyncio.sleep(0.01)
            self.flood.push()

        await asyncio.gather(listening, push())
        status = self.status()
        self.assertTrue(status["on"])
        self.assertEqual((status["file"], status["dropped"], status["error"]), (str(self.place / name), 0, None))
        self.assertEqual(self.server.child.stop(), 0)
        path = self.place / name
        head, *lines = lines_of(path)[0]
        self.assertTrue(lines_of(path)[1])
        head = json.loads(head)
        self.assertEqual((head["phicast"], head["version"], head["name"], head["rates"], head["add"]),
                         ("recording", 1, self.name, {"metrics": 30, "latency": 10}, []))
        self.assertEqual((head["ranges"]["ici"], head["ranges"]["criticality"]), ([0, 1], [0, None]))
        times = [json.loads(line)["t"] for line in lines]
        self.assertEqual(times, sorted(times))
        self.assertLess(abs(times[0] - head["started"]), rig.PATIENCE)
        for stream, got in (("metrics", metrics), ("latency", latency), ("events", events)):
            self.assertTrue(is_within(got, messages_of(path, stream)), stream)
        recorded = messages_of(path, "events")
        self.assertEqual(recorded[-40:], events)
        self.assertIn(b'"trigger":"analyser_found"', recorded[0])
        for line in lines:  # the clock of both is the same
            row = json.loads(line)
            self.assertLess(abs(row["t"] - row["message"]["timestamp"]), rig.PATIENCE)
        return path

    async def test_as_clients_get_it(self):
        await self.as_clients_get_it("show.jsonl")

    async def test_packed(self):
        path = await self.as_clients_get_it("show.jsonl.gz")
        subprocess.run(["gzip", "-t", path], check=True, timeout=rig.PATIENCE)

    async def test_real_sound_every_frame(self):
        server = self.jackd(patient=True)
        self.analyser(server, "-c", "8")
        self.begin(self.place / "show.jsonl.gz", "--record-all-frames", "--record-add", "levels,bands,onsets", flood=None)
        self.player(server, rig.RECORDINGS[:1], "--loop", "--connect", f"{self.name}:in_1", "--connect", f"{self.name}:in_2")
        path = self.place / "show.jsonl.gz"

        def run_of_frames():
            """The most frames in a row."""
            frames = [json.loads(m)["frame"] for m in messages_of(path, "metrics")]
            self.assertEqual(frames, sorted(set(frames)))
            most = run = 0
            for before, after in zip(frames, frames[1:]):
                run = run + 1 if after == before + 1 else 0
                most = max(most, run)
            return most

        rig.wait_until(lambda: run_of_frames() >= 20, "twenty frames in a row")
        rig.wait_until(lambda: any(b'"onset"' in m for m in messages_of(path, "events")), "an onset")
        metrics = json.loads(messages_of(path, "metrics")[-1])
        self.assertEqual((len(metrics["channel_metrics"]), len(metrics["levels"]), len(metrics["bands"])), (8, 8, 8))
        head = json.loads(lines_of(path)[0][0])
        self.assertEqual((head["rates"]["metrics"], head["add"]), ("all", ["levels", "bands", "onsets"]))
        self.assertEqual(self.server.json("/api/status")["analyser"]["measures"], ["levels", "bands", "onsets"])
        self.turn(False)
        rig.wait_until(lambda: self.server.json("/api/status")["analyser"]["measures"] == [], "nothing to be measured")

    async def test_killed(self):
        """All but the last second is there."""
        for name in ("show.jsonl", "show.jsonl.gz"):
            self.begin(self.place / name)
            got = []
            await self.collect("metrics", got, lambda got: len(got) >= 90)
            self.server.child.kill()
            self.flood.child.stop()
            last = json.loads(got[-1])["timestamp"]
            due = [message for message in got if json.loads(message)["timestamp"] < last - 1]
            self.assertGreater(len(due), 30)
            self.assertTrue(is_within(due, messages_of(self.place / name, "metrics")))
            for argv in (["/usr/bin/python3", "-B", CLIENTS / "python/phicast_recording.py"],
                         ["node", CLIENTS / "node/phicast_recording.mjs"]):
                result = subprocess.run([*argv, self.place / name], capture_output=True, text=True, check=True,
                                        timeout=rig.PATIENCE)
                self.assertRegex(result.stdout, rf'["\']metrics["\']: ?{len(messages_of(self.place / name, "metrics"))}\b')

    def test_again_and_again(self):
        """Nothing is written over, and a number makes another name."""
        (self.place / "show.jsonl").write_text("mine\n")
        for _ in range(2):
            self.begin(self.place / "show.jsonl")
            rig.wait_until(lambda: self.status()["bytes"] > 0, "the recording")
            self.assertEqual(self.server.child.stop(), 0)
            self.flood.child.stop()
        self.assertEqual([path.name for path in self.files()], ["show-2.jsonl", "show-3.jsonl", "show.jsonl"])
        self.assertEqual((self.place / "show.jsonl").read_text(), "mine\n")

    def test_on_and_off(self):
        self.begin(self.place)
        self.assertEqual(self.status(), {"on": False, "file": None, "seconds": 0, "bytes": 0, "dropped": 0, "error": None})
        self.assertEqual(self.files(), [])
        self.turn(False)
        for count in (1, 2):
            self.assertEqual(self.turn(True), {"accepted": ["on"]})
            self.turn(True)
            rig.wait_until(lambda: self.status()["on"] and self.status()["bytes"] > 0, "the recording")
            self.assertEqual(self.server.json("/api/status")["streams"]["metrics"]["clients"], 1)  # the recorder
            self.assertIn("\nphicast_recording 1\n", self.server.get("/metrics")[2])
            self.turn(False)
            self.assertIn("\nphicast_recording 0\n", self.server.get("/metrics")[2])
            self.assertEqual(self.server.json("/api/status")["streams"]["metrics"]["clients"], 0)
            self.server.child.line(rf"(?s)(recorded [\d.]+ s.*){{{count}}}", "err")
            status = self.status()
            self.assertEqual((status["on"], status["error"]), (False, None))
            self.assertGreater(status["seconds"], 0)
            self.assertEqual(len(self.files()), count)
            path = pathlib.Path(status["file"])
            self.assertRegex(path.name, rf"^{self.name}-\d{{8}}-\d{{6}}(-2)?\.jsonl\.gz$")
            self.assertEqual(path.stat().st_size, status["bytes"])
            subprocess.run(["gzip", "-t", path], check=True, timeout=rig.PATIENCE)

    def test_nowhere_to_record_to(self):
        self.server = self.broadcaster("--osc", "none")
        self.assertIsNone(self.status())
        self.assertIn("--record", self.turn(True, 409)["detail"])

    def test_http_names_no_files(self):
        self.begin(self.place)
        for body in ({"on": True, "file": "/etc/passwd"}, {"file": "x"}, {"on": "show"}, {}, [True]):
            code, _, text = self.server.get("/api/record", "POST", json.dumps(body).encode(), JSON)
            self.assertEqual(code, 400, text)
        self.assertEqual(self.server.get("/api/record")[0], 405)
        self.assertEqual(self.server.get("/api/record", "POST", b'{"on":true}')[0], 415)
        self.assertEqual((self.status()["on"], self.files()), (False, []))

    def test_refusals(self):
        os.mkfifo(self.folder / "fifo")
        for options, code, words in ((["--record", self.folder / "none/show.gz"], 1, "No such file"),  # it may come yet
                                     (["--record", f"{self.folder}/none/"], 1, "no such folder"),
                                     (["--record", self.folder / "fifo"], 2, "neither a file nor a folder"),
                                     (["--record", "/dev/null"], 2, "neither a file nor a folder"),
                                     (["--record", self.folder / "show.gz", "--record-rotate", "1d"], 2, "--record-rotate 1d"),
                                     (["--record-rotate", "1h"], 2, "give --record PATH"),
                                     (["--record-add", "levels"], 2, "give --record PATH"),
                                     (["--record-all-frames"], 2, "give --record PATH")):
            result = self.run_program("phicast-broadcaster", "-n", self.name, "-p", "0", "--osc", "none", *options)
            self.assertEqual(result.returncode, code, f"{options} {result.stderr}")
            self.assertIn(words, result.stderr)
            self.assertEqual(result.stderr.count("\n"), 1, result.stderr)

    async def test_rotation(self):
        self.begin(self.place / "show.jsonl.gz", "--record-rotate", "1K", flood=("-c", "64", "--lively"))
        got = []
        await self.collect("metrics", got, lambda got: len(got) >= 20 and len(self.files()) >= 4)
        self.assertEqual(self.server.child.stop(), 0)
        parts = sorted(self.files(), key=lambda path: json.loads(lines_of(path)[0][0])["started"])
        self.assertNotIn(self.place / "show.jsonl.gz", parts)
        for path in parts:
            subprocess.run(["gzip", "-t", path], check=True, timeout=rig.PATIENCE)
        self.assertTrue(is_within(got, [m for path in parts for m in messages_of(path, "metrics")]))
        whole = self.folder / "whole.gz"  # and put together they are one again
        whole.write_bytes(b"".join(path.read_bytes() for path in parts))
        rows = list(reader.messages(whole))
        self.assertEqual(len(rows), sum(len(lines_of(path)[0]) - 1 for path in parts))
        times = [t for t, _, _ in rows]
        self.assertEqual(times, sorted(times))

    async def test_full_disk(self):
        small = self.folder / "small"
        small.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", small], capture_output=True, text=True,
                                 check=False, timeout=rig.PATIENCE)
        if mounted.returncode != 0:
            self.skipTest(f"no file system of our own here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", small], check=False, timeout=rig.PATIENCE)
        self.begin(small / "show.jsonl", flood=("-c", "64", "--lively"))
        self.server.child.line(r"error: the recording has ended: .*show\.jsonl: No space left on device", "err")
        status = self.status()
        self.assertFalse(status["on"])
        self.assertIn("No space left on device", status["error"])
        await self.streams_go_on()
        lines, whole = lines_of(small / "show.jsonl")
        self.assertTrue(whole)
        self.assertGreater(len(lines), 10)
        for line in lines:
            json.loads(line)
        os.truncate(small / "show.jsonl", 0)
        self.turn(True)
        rig.wait_until(lambda: self.status()["on"] and self.status()["error"] is None and self.status()["bytes"] > 0,
                       "another recording, once there is room")

    async def test_a_disk_that_stands_still(self):
        """As a slow stick or a network's file system does: the loop goes on, and nothing is lost."""
        told = pathlib.Path(f"/dev/shm/phicast.{self.name}.stall")
        self.begin(self.place / "show.jsonl", flood=("-c", "8", "--lively"),
                   env={"LD_PRELOAD": str(rig.BIN.parent / "lib/phicast-stall.so"), "PHICAST_STALL": str(told),
                        "ASAN_OPTIONS": "verify_asan_link_order=0"})
        new = told.with_suffix(".new")
        for _ in range(2):
            new.write_text("disk")
            new.rename(told)
            rig.wait_until(told.with_suffix(".stall.begun").exists, "the disk to stand still")
            before = self.status()["bytes"]
            got = []
            await self.collect("metrics", got, lambda got: len(got) >= 60)
            self.assertEqual(self.status()["bytes"], before)
            told.unlink()
            told.with_suffix(".stall.begun").unlink()
            rig.wait_until(lambda: got[-1] in messages_of(self.place / "show.jsonl", "metrics"), "what was missing")
            self.assertTrue(is_within(got, messages_of(self.place / "show.jsonl", "metrics")))
            self.assertEqual(self.status()["dropped"], 0)
        new.write_text("disk")
        new.rename(told)
        rig.wait_until(told.with_suffix(".stall.begun").exists, "the disk to stand still")
        self.turn(False)
        self.assertIn("still being written", self.turn(True, 409)["detail"])
        self.assertEqual(self.server.child.stop(), 0)
        self.assertIn("the disk does not take the rest of the recording", self.server.child.err)

    @unittest.skipUnless(os.geteuid() == 0, "only root has something to give up")
    async def test_a_folder_of_another_user(self):
        """That is only known once root's privileges are gone."""
        self.folder.chmod(0o711)
        self.place.chmod(0o755)
        self.server = self.broadcaster("--osc", "none", "--user", "nobody", "--record", self.place / "show.jsonl")
        self.server.child.line(r"error: the recording has ended: .*show\.jsonl: Permission denied", "err")
        self.assertIn("Permission denied", self.status()["error"])
        self.place.chmod(0o777)
        self.turn(True)
        rig.wait_until(lambda: self.status()["bytes"] > 0, "the recording, once it may")

    def test_no_analyser(self):
        """Its absence is recorded as clients see it, and when it comes."""
        self.server = self.broadcaster("--osc", "none", "--record", self.place / "show.jsonl")
        path = self.place / "show.jsonl"
        rig.wait_until(lambda: path.exists() and len(messages_of(path, "metrics")) >= 2, "idle messages")
        self.assertEqual(json.loads(messages_of(path, "metrics")[0])["channel_metrics"], [])
        flood = osc_peers.Flood(self)
        rig.wait_until(lambda: len(messages_of(path, "events")) == 1, "it to be found")
        flood.child.process.send_signal(signal.SIGKILL)
        rig.wait_until(lambda: len(messages_of(path, "events")) == 2, "it to be lost")

    def test_what_render_prints(self):
        """Both readers take it as it stands."""
        sound = rig.recorded_mix(self.folder, 2)
        result = self.run_program("phicast-render", sound, "--events", self.folder / "events.jsonl")
        self.assertEqual(result.returncode, 0, result.stderr)
        both = self.folder / "both.jsonl"
        both.write_text(result.stdout + (self.folder / "events.jsonl").read_text())
        rows = list(reader.messages(both))
        metrics = [message for _, stream, message in rows if stream == "metrics"]
        self.assertEqual(metrics, [json.loads(line) for line in result.stdout.splitlines()])
        self.assertEqual(len(rows) - len(metrics), len((self.folder / "events.jsonl").read_text().splitlines()))
        node = subprocess.run(["node", CLIENTS / "node/phicast_recording.mjs", both], capture_output=True, text=True, check=True,
                              timeout=rig.PATIENCE)
        self.assertIn(f'"metrics":{len(metrics)}', node.stdout)

    @unittest.skipUnless(importlib.util.find_spec("pandas"), "pandas is not installed")
    def test_table(self):
        self.begin(self.place / "show.jsonl")
        rig.wait_until(lambda: len(messages_of(self.place / "show.jsonl", "metrics")) >= 10, "a recording")
        self.server.child.stop()
        table = reader.table(self.place / "show.jsonl")
        self.assertEqual(len(table), len(messages_of(self.place / "show.jsonl", "metrics")))
        self.assertTrue(table["ici"].between(0, 1).all())


if __name__ == "__main__":
    unittest.main(verbosity=2)

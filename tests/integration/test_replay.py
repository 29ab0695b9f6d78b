# SPDX-License-Identifier: GPL-3.0-or-later
"""--replay: a recording in place of an analyser, message by message, and what is made of files that are none."""

import contextlib
import gzip
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import time
import unittest

import osc_peers
import recordings
import rig

JSON = {"Content-Type": "application/json"}


def messages(texts):
    return [recordings.timeless(json.loads(each)) for each in texts]


class Stream:
    """A WebSocket that takes all that comes and answers no ping, so that nobody takes it for one that does not keep up."""

    def __init__(self, listener, stream):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.settimeout(rig.PATIENCE)
        self.socket.connect(("127.0.0.1", listener.port))
        self.socket.sendall(f"GET /ws/{stream} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode())
        self.file = self.socket.makefile("rb")
        if b" 101 " not in self.file.readline():
            raise AssertionError("no stream")
        while self.file.readline().strip():
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def next(self):
        """The next message, without its time."""
        while True:
            kind, size = self.file.read(2)
            if size == 126:
                size, = struct.unpack(">H", self.file.read(2))
            body = self.file.read(size)
            if kind == 0x81:
                return messages([body])[0]

    def until(self, last):
        """All up to that one."""
        got = [self.next()]
        while got[-1] != last:
            got.append(self.next())
        return got


class Replaying(rig.RigTest):
    def record(self, seconds, name="show.jsonl", **options):
        """A recording in the test's folder; {stream: its messages without their times}."""
        path = self.folder / name
        opener = gzip.open if name.endswith(".gz") else open
        said = recordings.write(path, recordings.Maker(**options).records(seconds), opener)
        return path, {stream: list(map(recordings.timeless, those)) for stream, those in said.items()}

    def replay(self, path, *options):
        return self.broadcaster("--osc", "none", "--replay", str(path), *options)

    def post(self, listener, body, path="/api/replay"):
        code, _, answer = listener.get(path, "POST", json.dumps(body).encode(), JSON)
        return code, json.loads(answer)

    def state(self, listener):
        return listener.json("/api/status")["replay"]

    def follow(self, listener, stream, count, begin=lambda: None):
        """The next so many messages; begin() is called once the stream is open."""
        with Stream(listener, stream) as ws:
            begin()
            return [ws.next() for _ in range(count)]

    def paused(self, path, *options):
        """A replay that stands at its start, for streams to be opened before anything comes."""
        listener = self.replay(path, *options)
        self.assertEqual(self.post(listener, {"paused": True, "position": 0})[0], 202)
        rig.wait_until(lambda: listener.json("/api/metrics")["frame"] == recordings.FIRST_FRAME, "its first frame")
        return listener

    def all_of(self, listener, said, **wish):
        """{stream: all of it}, begun anew as wished; before that, what was there when the stream was opened."""
        with contextlib.ExitStack() as stack:
            streams = {name: stack.enter_context(Stream(listener, name)) for name in said}
            self.assertEqual(self.post(listener, {"paused": False, "position": 0, **wish})[0], 202)
            return {name: stream.until(said[name][-1]) for name, stream in streams.items()}

    def assert_all(self, got, said):
        """In order, none missing and none twice."""
        for stream in said:
            first = len(got[stream]) - len(said[stream])
            self.assertGreaterEqual(first, 0, stream)
            self.assertEqual(got[stream][first:], said[stream], stream)


class Play(Replaying):
    def test_every_message_once(self):
        """With clients that take what comes."""
        path, said = self.record(4)
        for speed in (1, 8):
            listener = self.paused(path)
            self.assert_all(self.all_of(listener, said, speed=speed), said)
            listener.child.stop()

    def test_speed(self):
        """Never faster than asked for."""
        path, said = self.record(20)
        for speed in (0.25, 8):
            listener = self.paused(path)
            begun = None

            def begin():
                nonlocal begun
                begun = time.monotonic()
                self.post(listener, {"paused": False, "position": 0, "speed": speed})

            count = int(30 * speed * 2)
            got = self.follow(listener, "metrics", count, begin)
            taken = time.monotonic() - begun
            self.assertGreater(taken, said["metrics"].index(got[-1]) / 30 / speed - 0.001)
            listener.child.stop()

    def test_hour(self):
        """The places of an hour, in compressed data as well; and its memory is that of a minute."""
        path, said = self.record(3600, "hour.jsonl.gz", channels=1)
        listener = self.replay(path, "--from", "3590")
        rig.wait_until(lambda: self.state(listener)["duration"], "its length")
        self.assertAlmostEqual(self.state(listener)["duration"], 3600 - 1 / 30, places=3)
        first = (self.follow(listener, "metrics", 2))[1]
        self.assertGreaterEqual(said["metrics"].index(first), 30 * 3590)
        self.post(listener, {"position": 1800, "paused": True})
        rig.wait_until(lambda: listener.json("/api/metrics")["frame"] == said["metrics"][1800 * 30]["frame"], "the middle")

        def memory():
            return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{listener.child.pid}/status").read_text()).group(1))

        before = memory()
        self.post(listener, {"position": 0, "paused": False, "speed": 100})
        rig.wait_until(lambda: self.state(listener)["ended"], "its end")
        self.assertLess(memory() - before, 1024)  # KiB

    def test_loop(self):
        path, said = self.record(1)
        listener = self.paused(path, "--loop")
        once = said["metrics"]
        got = self.follow(listener, "metrics", 100, lambda: self.post(listener, {"paused": False, "position": 0}))
        self.assertEqual(got[2:], (once * 4)[1:99])  # got[0] and got[1]: the first, at rest, and again
        self.assertTrue(self.state(listener)["loop"])

    def test_steering(self):
        path, said = self.record(60)
        listener = self.paused(path)
        self.assertEqual(self.post(listener, {"position": 30, "speed": 2}), (202, {"accepted": ["position", "speed"]}))
        rig.wait_until(lambda: listener.json("/api/metrics")["frame"] == said["metrics"][900]["frame"], "frame 900")
        state = self.state(listener)
        self.assertEqual((state["position"], state["speed"], state["paused"], state["ended"]), (30, 2, True, False))
        self.assertIn("paused", listener.json("/api/status")["source"]["detail"])
        self.post(listener, {"paused": False, "position": 59.5})
        rig.wait_until(lambda: self.state(listener)["ended"], "the end")
        self.assertEqual(listener.json("/api/metrics")["frame"], said["metrics"][-1]["frame"])  # it stands
        self.post(listener, {"paused": False})
        rig.wait_until(lambda: not self.state(listener)["ended"], "it to begin again")
        for body in ({}, {"position": -1}, {"speed": 0}, {"speed": "1"}, {"paused": 1}, {"volume": 1}, [1]):
            code, answer = self.post(listener, body)
            self.assertEqual(code, 400, body)
            self.assertEqual(list(answer), ["detail"])

    def test_what_it_says_of_itself(self):
        path, _ = self.record(60)
        listener = self.replay(path, "--speed", "0.5")
        status = listener.json("/api/status")
        self.assertEqual((status["source"]["state"], status["source"]["name"]), ("replay", "stage"))
        self.assertEqual((status["replay"]["file"], status["replay"]["speed"]), (str(path), 0.5))
        self.assertEqual(listener.get("/readyz")[0], 200)
        self.assertIn('phicast_source_state{state="replay"} 1\n', listener.get("/metrics")[2])
        self.assertFalse(os.path.exists(f"/dev/shm/phicast.{self.name}.control"))

    def test_nobody_to_be_steered(self):
        path, _ = self.record(60)
        port = rig.free_port()
        listener = self.replay(path, "--osc-listen", str(port))
        for where, body in (("/api/phi", {"depth": 0.5}), ("/api/calibrate", {})):
            code, answer = self.post(listener, body, where)
            self.assertEqual(code, 409, where)
            self.assertIn("replay", answer["detail"])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b"/phicast/set/depth\0\0,f\0\0\x3f\0\0\0", ("127.0.0.1", port))
        listener.child.line("OSC packet refused: .*this is a replay", "err")
        flood = osc_peers.Flood(self)
        live = self.broadcaster("--osc", "none")
        rig.wait_ready(live)
        self.assertEqual(self.post(live, {"paused": True})[0], 409)
        self.assertEqual(live.json("/api/status").get("replay"), None)
        flood.child.stop()

    def test_times(self):
        """Those of now, as old as the recorded ones were; or the recorded ones."""
        path, _ = self.record(60)
        before = time.time()
        fresh = self.replay(path)
        self.assertLess(before - 0.04, fresh.json("/api/metrics")["timestamp"])
        self.assertLess(fresh.json("/api/metrics")["timestamp"], time.time() - 0.02)
        original = self.replay(path, "--original-time")
        self.assertAlmostEqual(original.json("/api/metrics")["timestamp"], recordings.STARTED, delta=60)

    def test_events_reach_osc(self):
        """Once each, in order."""
        path, said = self.record(6)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            s.settimeout(rig.PATIENCE)
            url = f"osc.udp://127.0.0.1:{s.getsockname()[1]}"
            self.broadcaster("--osc", url, "--replay", str(path), "--speed", "8")
            got = []
            while len(got) < len(said["events"]):
                packet = s.recv(65536)
                if packet.startswith(b"/phicast/event/critical_event"):
                    got.append(struct.unpack(">3f", packet[-12:]))
        for floats, event in zip(got, said["events"]):
            self.assertEqual([f"{value:.7g}" for value in floats],
                             [f"{event[key]:.7g}" for key in ("criticality", "duration_ms", "peak_ici")])

    def test_parts(self):
        """What was added when it was recorded is there for those who ask."""
        maker = recordings.Maker(channels=2)
        records = []
        for t, stream, message in maker.records(2):
            if stream == "metrics":
                message.update(levels=[{"channel": i, "rms": maker.number(1), "peak": maker.number(1), "clipped": 7} for i in (0, 1)],
                               bands=[maker.number(1) for _ in range(8)], onset_strength=maker.number(1))
            records.append((t, stream, message))
        said = list(map(recordings.timeless, recordings.write(self.folder / "parts.jsonl", records)["metrics"]))
        listener = self.paused(self.folder / "parts.jsonl", "--loop")
        self.post(listener, {"paused": False})
        got = self.follow(listener, "metrics?add=levels,bands,onsets", 30)
        start = said.index(got[0])
        self.assertEqual(got, (said + said)[start:start + 30])
        plain = self.follow(listener, "metrics", 1)
        self.assertNotIn("levels", plain[0])


class Pipes(Replaying):
    def piped(self, feeder):
        """A replay of what the feeder, a process, prints."""
        out = self.folder / "out"
        with open(out, "wb") as to, open(self.folder / "err", "wb") as err:
            child = subprocess.Popen([rig.BIN / "phicast-broadcaster", "-n", self.name, "-p", "0", "--osc", "none", "--replay", "-"],
                                     stdin=feeder, stdout=to, stderr=err, env={**os.environ, **self.own_env({})})
        self.addCleanup(child.wait, rig.PATIENCE)
        self.addCleanup(child.terminate)
        rig.wait_until(lambda: "listening" in out.read_text() or child.poll() is not None, "it to listen")
        listener = rig.Broadcaster.__new__(rig.Broadcaster)
        listener.child = child
        listener.url = re.search(r"http://127\.0\.0\.1:\d+", out.read_text()).group(0)
        listener.port = int(listener.url.rsplit(":", 1)[1])
        return listener

    def test_render(self):
        """A sound file alone makes a rehearsal."""
        printed = self.run_program("phicast-render", rig.RECORDINGS[0]).stdout.splitlines()
        render = subprocess.Popen([rig.BIN / "phicast-render", rig.RECORDINGS[0]], stdout=subprocess.PIPE)
        self.addCleanup(render.wait, rig.PATIENCE)
        listener = self.piped(render.stdout)
        render.stdout.close()
        got = self.follow(listener, "metrics", 60)
        said = messages(printed)
        start = said.index(got[0])
        self.assertEqual(got, said[start:start + 60])
        rig.wait_until(lambda: self.state(listener)["ended"], "its end")
        self.assertEqual(messages([listener.get("/api/metrics")[2]])[0], said[-1])
        self.assertEqual(self.post(listener, {"position": 0})[0], 409)

    def test_a_feeder_that_stalls(self):
        """Nobody waits for it but the replay, which goes on when more comes."""
        records = [recordings.line(*record) for record in recordings.Maker().records(3)]
        lines = [recordings.text(recordings.HEAD), *records]
        read, write = os.pipe()
        os.write(write, "".join(each + "\n" for each in lines[:20]).encode() + lines[20][:30].encode())
        with os.fdopen(read) as end:
            listener = self.piped(end)
        last = [json.loads(each) for each in lines[1:20] if '"metrics"' in each][-1]["message"]["frame"]
        rig.wait_until(lambda: listener.json("/api/metrics")["frame"] == last, "all that has come")
        self.assertFalse(self.state(listener)["ended"])
        os.write(write, lines[20][30:].encode() + b"\n" + "".join(each + "\n" for each in lines[21:]).encode())
        os.close(write)
        rig.wait_until(lambda: self.state(listener)["ended"], "the rest")
        self.assertEqual(self.state(listener)["troubles"], 0)

    def test_one_that_never_ends(self):
        """SIGTERM ends it all the same."""
        read, write = os.pipe()
        self.addCleanup(os.close, write)
        os.write(write, (recordings.line(*next(recordings.Maker().records(1))) + "\n").encode())
        with os.fdopen(read) as end:
            listener = self.piped(end)
        listener.child.terminate()
        self.assertEqual(listener.child.wait(rig.PATIENCE), 0)

    def test_what_a_pipe_cannot(self):
        for option in ("--loop", "--from=10"):
            result = subprocess.run([rig.BIN / "phicast-broadcaster", "-p", "0", "--replay", "-", option], input="x", text=True,
                                    capture_output=True, timeout=rig.PATIENCE, env={**os.environ, **self.own_env({})}, check=False)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn("save it to a file first", result.stderr)


class Damaged(Replaying):
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
        self.assertEqual(listener.get("/healthz")[0], 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)

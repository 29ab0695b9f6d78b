# SPDX-License-Identifier: GPL-3.0-or-later
"""--replay: a recording in place of an analyser, message by message."""

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
import replaying
import rig

class Play(replaying.Replaying):
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


class Pipes(replaying.Replaying):
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
        said = replaying.messages(printed)
        start = said.index(got[0])
        self.assertEqual(got, said[start:start + 60])
        rig.wait_until(lambda: self.state(listener)["ended"], "its end")
        self.assertEqual(replaying.messages([listener.get("/api/metrics")[2]])[0], said[-1])
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


if __name__ == "__main__":
    unittest.main(verbosity=2)

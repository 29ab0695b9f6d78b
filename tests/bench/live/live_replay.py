# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a replay keeps its time, its messages and its memory. PHICAST_REPLAY_S=3600 makes it an hour."""

import gc
import gzip
import json
import os
import pathlib
import re
import threading
import time

import numpy

import live
import rig

import recordings
import replaying

SECONDS = int(os.environ.get("PHICAST_REPLAY_S", "60"))


class Stream(replaying.Stream):
    """It answers pings, for whoever is silent for a minute is taken to be gone."""

    def frame(self):
        kind, body = super().frame()
        if kind == 0x89:
            self.socket.sendall(bytes([0x8a, 0x80 | len(body), 0, 0, 0, 0]) + body)
        return kind, body


class Follower(threading.Thread):
    """Takes a stream up to its last message; got: [(arrival, message)]."""

    def __init__(self, listener, stream, last):
        super().__init__(daemon=True)
        self.stream = Stream(listener, stream)
        self.last = last
        self.got = []

    def run(self):
        with self.stream:
            while not self.got or self.got[-1][1] != self.last:
                message = self.stream.next()
                self.got.append((time.monotonic(), message))


class Replay(live.LiveTest, replaying.Replaying):
    def judge(self, stream, got, said, due):
        """The first message is there at rest already, and comes again with the others."""
        messages = [message for _, message in got]
        begin = len(messages) - 1 - messages[::-1].index(said[0])
        self.figure(f"{stream} of {len(said)} in order, missing or twice", abs(len(messages) - begin - len(said)), "", None, 0)
        if messages[begin:] != said:
            live.missed.append(stream)
            return
        late = numpy.array([at for at, _ in got[begin:]]) - due
        self.figure(f"{stream}, off the schedule, p99", 1e3 * numpy.percentile(abs(late - numpy.median(late)), 99), "ms", None, 5)

    def test_at_speed_1(self):
        path, said = self.record(SECONDS, "long.jsonl.gz", channels=8)
        due = {stream: [] for stream in said}
        with gzip.open(path, "rt") as lines:
            for record in map(json.loads, lines):
                if "stream" in record:
                    due[record["stream"]].append(record["t"])
        listener = self.paused(path)

        def memory():
            return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{listener.child.pid}/status").read_text()).group(1))

        followers = {stream: Follower(listener, stream, said[stream][-1]) for stream in said}
        gc.collect()
        gc.freeze()
        gc.disable()  # a second of it, with an hour's messages at hand, looks like a client that does not read
        for follower in followers.values():
            follower.start()
        self.assertEqual(self.post(listener, {"paused": False, "position": 0})[0], 202)
        rig.wait_until(lambda: len(followers["metrics"].got) > 30, "it to run")
        before = memory()
        for follower in followers.values():
            follower.join(SECONDS + rig.PATIENCE)
        for stream, follower in followers.items():
            self.judge(stream, follower.got, said[stream], numpy.array(due[stream]))
        self.figure("memory grown by", memory() - before, "KiB", None, 1024)


if __name__ == "__main__":
    live.main()

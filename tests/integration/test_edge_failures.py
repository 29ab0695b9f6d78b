# SPDX-License-Identifier: GPL-3.0-or-later
"""Edges whose worker, instance, publisher, analyser or Redis is taken away: nobody is silent for good, no message comes twice,
and events are complete and in order.

PHICAST_EDGE_VIEWERS (120) says how many watch, PHICAST_EDGE_OUTAGE (3) how many seconds outages last."""

import json
import os
import signal
import socket
import subprocess
import time
import unittest

import edge_rig
import rig
import test_events

VIEWERS = int(os.environ.get("PHICAST_EDGE_VIEWERS", "120"))
OUTAGE = float(os.environ.get("PHICAST_EDGE_OUTAGE", "3"))
STATE, EVENTS = "/ws/metrics", "/ws/events?replay=256"


class Deaf:
    """Viewers that stop reading at once, and do not answer."""

    def __init__(self, test, edge, count):
        self.edge = edge
        self.sockets = [socket.socket() for _ in range(count)]
        for each in self.sockets:
            test.addCleanup(each.close)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            each.connect(("127.0.0.1", edge.port))
            each.sendall(b"GET /ws/metrics HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
        self.ports = {each.getsockname()[1] for each in self.sockets}
        test.assertTrue(self.held())

    def held(self):
        """How many the edge has not given up. At this end nothing shows of that until all is read that came before."""
        said = subprocess.run(["ss", "-tnH", "state", "established", f"sport = :{self.edge.port}"], capture_output=True, text=True, check=True).stdout
        return len(self.ports & {int(line.rsplit(":", 1)[1]) for line in said.splitlines()})


class Failing(edge_rig.Edging):
    def begin(self, *options, instances=2):
        self.edge = edge_rig.Edge(self, *options, instances=instances).start()
        self.source = self.flood("--count", "900", "--rate", "10")
        self.station = self.publisher(self.edge)
        third = max(1, VIEWERS // 3)
        self.crowd = edge_rig.Crowd(self, self.edge.port, (2 * third, STATE), (third, EVENTS))
        self.source.push()
        self.marks = []
        self.settle("the start")

    def settle(self, what):
        """All is well again, for a second: each channel's messages are answered."""
        begin = time.monotonic()
        self.published(self.station)
        before = {(line["url"], line["channel"]): line["acknowledged"] for line in self.lines(self.station)}

        def moving():
            return all(line["acknowledged"] > before[line["url"], line["channel"]] + 15
                       for line in self.lines(self.station) if line["channel"] == "metrics")
        rig.wait_until(moving, f"messages after {what}")
        self.marks.append((what, begin, time.monotonic()))

    def episode(self, what, do):
        """Does it; what happens from then until all is well again is that episode's."""
        begin = time.monotonic()
        do()
        self.settle(what)
        self.marks[-1] = (what, begin, self.marks[-1][2])

    def kill_worker(self):
        worker = self.edge.worker(1)
        os.kill(worker, signal.SIGKILL)
        rig.wait_until(lambda: self.edge.worker(1) not in (None, worker), "another worker")

    def kill_instance(self):
        """Both of its processes, as systemd does when one has died; then it is started anew."""
        worker = self.edge.worker(1)
        self.edge.nginx[1].kill()
        os.kill(worker, signal.SIGKILL)
        self.edge.start(1)

    def reload(self):
        worker = self.edge.worker(1)
        self.edge.nginx[1].process.send_signal(signal.SIGHUP)
        rig.wait_until(lambda: self.edge.worker(1) not in (None, worker), "another worker")

    def stall(self):
        """The publisher is stopped, so that nothing is published for a while."""
        os.kill(self.station.child.pid, signal.SIGSTOP)
        time.sleep(OUTAGE)  # its length is what is tested
        os.kill(self.station.child.pid, signal.SIGCONT)

    def kill_broadcaster(self):
        self.station.child.kill()
        self.station = self.publisher(self.edge)

    def account(self):
        """What all viewers got."""
        self.ended = time.monotonic()
        self.report = self.crowd.report()
        self.assertGreaterEqual(len(self.report.viewers), VIEWERS - 3)
        for what, begin, end in self.marks:
            gaps = sorted(viewer.gaps(begin, end) for viewer in self.report.viewers if viewer.path == STATE)
            gone = sum(any(begin <= t <= end for t, _ in viewer.closed) for viewer in self.report.viewers)
            print(f"  {what}: longest gap {gaps[-1]:.2f} s, median {gaps[len(gaps) // 2]:.2f} s; {gone} of {len(self.report.viewers)} reconnected", flush=True)
        for viewer in self.report.viewers:
            if viewer.path == STATE:
                self.assertGreater(viewer.times[-1], self.marks[-1][2] - 1, f"silent for good; {viewer.connected}, {viewer.closed}")
                self.in_order(viewer)

    def in_order(self, viewer):
        """State: never older than what was there before. (The broadcaster repeats a frame where no newer one has come in time.)"""
        for texts in self.report.sessions(viewer):
            stamps = [json.loads(text)["timestamp"] for text in texts]
            self.assertEqual(stamps, sorted(stamps))

    def numbers(self, texts):
        """The events' numbers: those of the analyser."""
        return [number_of(text) for text in texts if not test_events.is_own(text)]

    def complete(self, starts):
        """Each viewer's events, those that a replay brings again left out, are all of them in order; so are those of each
        connection by itself. starts: how often the analyser began anew."""
        for viewer in self.report.viewers:
            if viewer.path != EVENTS:
                continue
            seen = list(dict.fromkeys(self.report.texts(viewer)))
            self.assertEqual(len([n for n in self.numbers(seen) if n == 0]), starts)
            self.runs(self.numbers(seen), viewer)
            for texts in self.report.sessions(viewer):
                self.assertEqual(len(texts), len(set(texts)), "an event came twice on one connection")
                self.runs(self.numbers(texts), viewer)

    def runs(self, numbers, viewer):
        for a, b in zip(numbers, numbers[1:]):
            self.assertIn(b, (a + 1, 0), f"{numbers}; {viewer.connected}, {viewer.closed}")


def number_of(text):
    """Of an event of phicast-flood below 1000."""
    data = json.loads(text)
    kind = data["type"]
    return round(data["criticality"] if kind == "critical_event" else 1000 * data["old_depth" if kind == "phi_adaptation" else "confidence"])


@edge_rig.needed
class Failures(Failing):
    def test_all_that_can_go(self):
        self.begin()
        deaf = Deaf(self, self.edge, 1)
        self.episode("a reload", self.reload)
        self.episode("a worker killed", self.kill_worker)
        self.episode("an instance killed", self.kill_instance)
        self.episode(f"a publisher that stood still for {OUTAGE:.0f} s", self.stall)
        self.episode("a broadcaster killed", self.kill_broadcaster)
        rig.wait_until(lambda: not deaf.held(), "who does not read to be dropped")
        self.settle("the end")
        self.account()
        self.complete(1)

    def test_an_analyser_killed(self):
        self.begin(instances=1)

        def kill_analyser():
            self.source.child.kill()
            self.source = self.flood("--count", "900", "--rate", "10")
            self.source.push()
        self.episode("an analyser killed", kill_analyser)
        self.account()
        self.complete(2)
        self.assertTrue(all(viewer.closed == [] for viewer in self.report.viewers))

    def test_who_does_not_read_holds_nobody_up(self):
        """A hundred of them, gone within three pings; the others' gap beside that of a time without."""
        self.begin(instances=1)
        deaf = Deaf(self, self.edge, 100)
        self.episode("a hundred that do not read", lambda: rig.wait_until(lambda: not deaf.held(), "them to be dropped"))
        self.settle("the end")
        self.account()
        self.assertTrue(all(viewer.closed == [] for viewer in self.report.viewers))
        self.complete(1)


@edge_rig.needed
@unittest.skipUnless(edge_rig.REDIS, "redis-server is not installed")
class Redis(Failing):
    """All edges fed through one Redis."""

    def redis(self):
        self.server = self.start([edge_rig.REDIS, "--port", self.redis_port, "--bind", "127.0.0.1", "--save", "", "--dir", self.folder])
        rig.wait_until(lambda: self.server.alive() and rig.is_open(self.redis_port), "Redis")

    def test_redis_gone(self):
        self.redis_port = rig.free_port()
        self.redis()
        self.begin("--redis", f"redis://127.0.0.1:{self.redis_port}")
        self.assertEqual(len(self.edge.urls), 1)

        def lose():
            self.server.kill()
            time.sleep(OUTAGE)  # its length is what is tested
            self.redis()
        self.episode(f"Redis gone for {OUTAGE:.0f} s", lose)
        self.settle("the end")
        self.account()


if __name__ == "__main__":
    unittest.main(verbosity=2)

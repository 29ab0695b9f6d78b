# SPDX-License-Identifier: GPL-3.0-or-later
"""The realtime thread in a real server meets no page for the first time, whatever is switched on for the first time."""

import json
import os
import pathlib
import resource
import unittest

import rig

LIB = rig.BIN.parent / "lib"
STACK_PAGES = 65536 // resource.getpagesize()  # touched by the thread itself, before its first callback


def may_lock():
    """Whether JACK and Phicast may lock their memory: what is not locked, JACK's port buffers for one, costs faults."""
    return os.geteuid() == 0 or resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY


def threads(pid):
    return {int(task.name) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()}


def fields(pid, thread):
    """/proc/PID/task/THREAD/stat from its third field on."""
    return pathlib.Path(f"/proc/{pid}/task/{thread}/stat").read_text().rsplit(")", 1)[1].split()


def is_realtime(pid, thread):
    return fields(pid, thread)[38] == "1"


def faults(pid, thread):
    minor, major = (int(fields(pid, thread)[i]) for i in (7, 9))
    return minor + major


@unittest.skipUnless(may_lock() and rig.realtime_permitted(), "needs a memlock limit and a realtime priority")
class PageFaults(rig.RigTest):
    def begin(self):
        self.server = self.jackd(realtime=True, sync=True)
        self.listener = self.broadcaster("--osc", "none")

    def status(self):
        return self.listener.json("/api/status")["analyser"]

    def metrics(self):
        return self.listener.json("/api/metrics")

    def go_on(self):
        """A hundred frames more."""
        frame = self.metrics()["frame"]
        rig.wait_until(lambda: self.metrics()["frame"] > frame + 100, "frames to follow")

    def post(self, path, **wish):
        status = self.listener.get(path, "POST", json.dumps(wish).encode(), {"Content-Type": "application/json"})[0]
        self.assertEqual(status, 202)

    def switch_all_on(self):
        """Everything that can happen to a callback, each for the first time."""
        player = self.player(self.server, rig.RECORDINGS[:2], "--loop", "--connect", f"{self.name}:in_*")
        rig.wait_until(lambda: self.metrics()["active_channels"] >= 2, "sound to be measured")
        self.post("/api/phi", breathing=True)
        rig.wait_until(lambda: self.metrics()["phi_breathing_active"], "breathing")
        for wish in ({"depth": 0.9}, {"phase": 2}, {"rate": 3}, {"auto": True}):
            self.post("/api/phi", **wish)
            self.go_on()
        midi = self.server.run(rig.BIN / "phicast-midi", "-s", self.server.name, "--to", f"{self.name}:midi_in",
                               "b0:01:7f", "b0:03:40")
        self.assertEqual(midi.returncode, 0, midi.stderr)
        self.server.connect(f"{self.name}:calibration_out", f"{self.name}:calibration_in")
        self.post("/api/calibrate")
        rig.wait_until(lambda: self.status()["calibration"]["state"] not in ("none", "running"), "the calibration")
        for period in (1024, 64, 256):
            self.server.run("jack_bufsize", period)
            rig.wait_until(lambda p=period: self.status()["period"] == p, "the period")
            self.go_on()
        player.stop()
        rig.wait_until(lambda: self.metrics()["active_channels"] == 0, "silence")
        self.go_on()

    def check(self, pid, thread):
        before = faults(pid, thread)
        self.switch_all_on()
        after = faults(pid, thread)
        print(f"page faults of the realtime thread: {before} at its start, {after - before} since", flush=True)
        self.assertLessEqual(before, STACK_PAGES + 4)
        self.assertEqual(after, before)

    def test_program(self):
        self.begin()
        analyser = self.analyser(self.server, "-c", "8")
        rig.wait_ready(self.listener)
        realtime = [thread for thread in threads(analyser.pid) if is_realtime(analyser.pid, thread)]
        self.assertEqual(len(realtime), 1)
        self.check(analyser.pid, realtime[0])

    def test_plugin(self):
        os.environ["JACK_INTERNAL_DIR"] = str(LIB)  # where jackd looks for jack_load's plug-ins
        self.addCleanup(os.environ.pop, "JACK_INTERNAL_DIR")
        self.begin()
        server = self.server.child
        before = threads(server.pid)
        self.server.run("jack_load", "-i", "-c 8", self.name, "phicast")
        rig.wait_ready(self.listener)
        realtime = [thread for thread in threads(server.pid) - before if is_realtime(server.pid, thread)]
        self.assertEqual(len(realtime), 1, server.err)
        self.check(server.pid, realtime[0])


if __name__ == "__main__":
    rig.main()

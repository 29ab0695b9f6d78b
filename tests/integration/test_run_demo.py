# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/run --demo from the command to Ctrl-C."""

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import unittest
import urllib.request

import rig


class Demo(rig.RigTest):
    def run_demo(self, *options, **popen):
        """Starts it as a shell would: in a group of its own, which is what Ctrl-C is sent to."""
        self.seen = {}
        self.log = open(self.folder / "run.log", "w+b")
        self.addCleanup(self.log.close)
        environment = {k: v for k, v in os.environ.items() if k not in ("JACK_DEFAULT_SERVER", "XDG_RUNTIME_DIR")}
        self.process = subprocess.Popen(
            [rig.ROOT / "scripts/run", "--demo", "-n", self.name, *options], stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True, cwd=self.folder, env=environment, **popen)
        self.addCleanup(self.end)

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(rig.PATIENCE)

    def said(self):
        return (self.folder / "run.log").read_text(errors="replace")

    def members(self):
        """{pid: name} of what scripts/run leads or started and is still there."""
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                text = stat.read_text()
                state, parent, _, session = text.rpartition(")")[2].split()[:4]
                if state != "Z" and self.process.pid in (int(parent), int(session)):
                    self.seen[int(stat.parent.name)] = text[text.index("(") + 1:text.rindex(")")]
        return {pid: name for pid, name in self.seen.items() if pathlib.Path(f"/proc/{pid}").exists()}

    def url(self):
        def look():
            self.assertIsNone(self.process.poll(), self.said())
            return re.search(r"^(?:.*\n){0,4}?.*?(http://\S+?)/?\s", self.said())
        match = rig.wait_until(look, "the dashboard's URL", 600)  # a first build may come before it
        return match.group(1)

    def metrics(self, url):
        with urllib.request.urlopen(url + "/api/metrics", timeout=rig.PATIENCE) as response:
            return json.load(response)

    def leave_nothing(self):
        rig.wait_until(lambda: not self.members(), f"everything to end, but {self.members()}")
        self.assertEqual(list(pathlib.Path("/dev/shm").glob(f"*{self.name}*")), [])
        self.assertEqual(list(pathlib.Path("/dev/shm").glob(f"*phicast-{self.process.pid}_*")), [])


class RunDemo(Demo):
    def check_run(self, stop):
        self.run_demo("--port", str(rig.free_port()))
        url = self.url()
        with urllib.request.urlopen(url, timeout=rig.PATIENCE) as page:
            self.assertEqual(page.status, 200)
        frames = rig.wait_until(lambda: (m := self.metrics(url))["active_channels"] > 0 and m["frame"],
                                "real sound to be measured")
        rig.wait_until(lambda: self.metrics(url)["frame"] > frames, "the numbers to move")
        rig.wait_until(lambda: self.metrics(url)["active_channels"] >= 6, "most recordings to sound")
        self.assertEqual(sorted(n for n in self.members().values() if n not in ("run", "bash")),
                         ["jackd", "phicast-broadca", "phicast-jack", "phicast-play"])
        stop()
        self.assertEqual(self.process.wait(rig.PATIENCE), 0, self.said())
        self.leave_nothing()

    def test_ctrl_c(self):
        self.check_run(lambda: os.killpg(self.process.pid, signal.SIGINT))

    def test_sigterm(self):
        self.check_run(lambda: self.process.send_signal(signal.SIGTERM))

    def test_death_of_a_child(self):
        self.run_demo("--port", str(rig.free_port()))
        url = self.url()
        rig.wait_until(lambda: self.metrics(url)["active_channels"] > 0, "real sound to be measured")
        pid = rig.wait_until(lambda: next((p for p, n in self.members().items() if n == "phicast-jack"), None),
                             "phicast-jack to be started")
        os.kill(pid, signal.SIGKILL)
        self.assertEqual(self.process.wait(rig.PATIENCE), 137, self.said())
        self.assertIn("phicast-jack ended with exit code 137", self.said())
        for path in pathlib.Path("/dev/shm").glob(f"phicast.{self.name}.*"):
            path.unlink()  # the killed one could not
        self.leave_nothing()

    def test_port_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            self.run_demo("--port", port)
            self.assertEqual(self.process.wait(600), 1, self.said())
        self.assertIn(port, self.said())
        self.assertIn("phicast-broadcaster ended with exit code 1", self.said())
        self.leave_nothing()

    def test_running_server_is_used(self):
        server = self.jackd()
        self.run_demo("--port", str(rig.free_port()), "-s", server.name)
        url = self.url()
        rig.wait_until(lambda: self.metrics(url)["active_channels"] > 0, "real sound to be measured")
        self.assertNotIn("jackd", self.members().values())
        self.assertIn(f"{self.name}:in_1", server.ports())
        os.killpg(self.process.pid, signal.SIGINT)
        self.assertEqual(self.process.wait(rig.PATIENCE), 0, self.said())
        self.leave_nothing()
        self.assertTrue(server.child.alive())

    def test_bad_options(self):
        for options, code in ((["--port"], 2), (["--no-such-option"], 2)):
            result = subprocess.run([rig.ROOT / "scripts/run", *options], capture_output=True, text=True,
                                    timeout=600, check=False, cwd=self.folder)
            self.assertEqual(result.returncode, code, result.stderr)
        self.assertIn("no-such-option", result.stderr)
        helped = subprocess.run([rig.ROOT / "scripts/run", "--help"], capture_output=True, text=True, check=True)
        self.assertIn("--demo", helped.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)

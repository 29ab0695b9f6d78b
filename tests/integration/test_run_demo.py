# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/run --demo from the command to Ctrl-C."""

import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import unittest
import urllib.request

import edge_rig
import rig


class Demo(rig.RigTest):
    def run_script(self, *options, **popen):
        """Starts it as a shell would: in a group of its own, which is what Ctrl-C is sent to, and which heeds it."""
        self.seen = {}
        self.log = open(self.folder / "run.log", "w+b")
        self.addCleanup(self.log.close)
        (self.folder / "tmp").mkdir(exist_ok=True)
        environment = {k: v for k, v in os.environ.items() if k not in ("JACK_DEFAULT_SERVER", "XDG_RUNTIME_DIR")}
        environment["TMPDIR"] = str(self.folder / "tmp")
        self.process = subprocess.Popen(
            [rig.ROOT / "scripts/run", "-n", self.name, *options], stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True, cwd=self.folder, env=environment,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **popen)
        self.addCleanup(self.end)

    def run_demo(self, *options):
        self.run_script("--demo", *options)

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
        self.assertEqual(list((self.folder / "tmp").iterdir()), [])


class RunDemo(Demo):
    def check_run(self, stop, code):
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
        self.assertEqual(self.process.wait(rig.PATIENCE), code, self.said())
        self.leave_nothing()

    @edge_rig.needed
    def test_edge(self):
        port = edge_rig.free_ports(1)
        self.run_demo(f"--edge={port}", "--port", str(rig.free_port()))
        self.url()

        def frames():
            with contextlib.suppress(OSError):
                return (m := self.metrics(f"http://127.0.0.1:{port}"))["active_channels"] > 0 and m["frame"]
        before = rig.wait_until(frames, "sound at the edge")
        rig.wait_until(lambda: (frames() or 0) > before, "its numbers to move")
        self.assertIn(f"for an audience: http://localhost:{port}/", self.said())
        os.killpg(self.process.pid, signal.SIGINT)
        self.assertEqual(self.process.wait(rig.PATIENCE), 130, self.said())
        self.leave_nothing()

    def test_ctrl_c(self):
        self.check_run(lambda: os.killpg(self.process.pid, signal.SIGINT), 130)

    def test_sigterm(self):
        self.check_run(lambda: self.process.send_signal(signal.SIGTERM), 143)

    def test_ctrl_c_at_any_moment(self):
        """Bash that is killed before it can take care of it says the same to a shell: 130 is 128 + SIGINT."""
        presses = int(os.environ.get("PHICAST_PRESSES", "12"))
        chance = random.Random(int(os.environ.get("PHICAST_SEED", "1")))
        before = set(os.listdir("/dev/shm"))
        for press in range(presses):
            self.run_script(*(["--demo"] if press % 2 else []), "-p", "0")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(chance.uniform(0, 3))  # until the moment of the press
            self.assertIsNone(self.process.poll(), self.said())
            os.killpg(self.process.pid, signal.SIGINT)
            self.assertIn(self.process.wait(rig.PATIENCE), (130, -signal.SIGINT), self.said())
            self.leave_nothing()
        left = set(os.listdir("/dev/shm")) - before - {"jack-shm-registry", "jack_db-0"}  # JACK's own, which stay
        self.assertEqual(left, set())

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
        self.assertNotIn("jackd", self.said())
        self.leave_nothing()

    def test_running_server_is_used(self):
        server = self.jackd()
        self.run_demo("--port", str(rig.free_port()), "-s", server.name)
        url = self.url()
        rig.wait_until(lambda: self.metrics(url)["active_channels"] > 0, "real sound to be measured")
        self.assertNotIn("jackd", self.members().values())
        self.assertIn(f"{self.name}:in_1", server.ports())
        os.killpg(self.process.pid, signal.SIGINT)
        self.assertEqual(self.process.wait(rig.PATIENCE), 130, self.said())
        self.leave_nothing()
        self.assertTrue(server.child.alive())

    def test_options_go_where_they_belong(self):
        targets = [f"osc.udp://127.0.0.1:{rig.free_port()}/phicast" for _ in range(2)]
        self.run_script("-c3", "--osc", targets[0], "--window=1024", "-p", "0", f"--osc={targets[1]}", "--connect", "nowhere:*")
        url = self.url()
        rig.wait_until(lambda: self.metrics(url)["frame"], "the numbers to move")

        def get_status():
            with urllib.request.urlopen(url + "/api/status", timeout=rig.PATIENCE) as response:
                status = json.load(response)
            return status["analyser"] and status

        status = rig.wait_until(get_status, "the analyser to be seen")
        self.assertEqual((status["analyser"]["channels"], status["analyser"]["window"]), (3, 1024))
        self.assertEqual([each["url"] for each in status["osc"]["targets"]], targets)
        self.assertIn("silent dummy", self.said())
        rig.wait_until(lambda: "--connect 'nowhere:*': no port matches" in self.said(), "the pattern to be named")

    def test_tree_of_another_user(self):
        if os.geteuid():
            self.skipTest("needs root, to be another user")
        tree, home = self.folder / "tree", self.folder / "home"
        for part in ("CMakeLists.txt", "CMakePresets.json", "scripts", "shared", "jack-client", "broadcaster", "docs", "data"):
            whole = rig.ROOT / part
            (shutil.copytree if whole.is_dir() else shutil.copy)(whole, (tree.mkdir(exist_ok=True) or tree) / part)
        (tree / "tests").mkdir()
        shutil.copy(rig.ROOT / "tests/CMakeLists.txt", tree / "tests")
        shutil.copytree(rig.ROOT / "tests/tools", tree / "tests/tools")
        (tree / "build/release").mkdir(parents=True)
        home.mkdir()
        os.chown(home, 65534, 65534)
        os.chmod(self.folder, 0o755)
        result = subprocess.run(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", tree / "scripts/run", "--connect"], capture_output=True,
            text=True, timeout=600, check=False, env={**os.environ, "HOME": str(home), "XDG_CACHE_HOME": ""}, cwd="/")
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("--connect: give a value (PATTERN)", result.stderr)  # for which the programs have been built
        self.assertEqual(list((tree / "build/release").iterdir()), [])

    def test_bad_options(self):
        for options, words in ((["--port"], "give a value"), (["-c"], "give a value"), (["--no-such-option"], "neither"),
                               (["--breathing=1"], "takes no value"), (["left-over"], "not an option"),
                               (["--demo", "--hop", "3"], "--hop 3: give a power of two"), (["-c0"], "--channels 0"),
                               (["--osc", "nonsense"], "--osc nonsense: give osc.udp"), (["--port=-1"], "--port -1")):
            result = subprocess.run([rig.ROOT / "scripts/run", *options], capture_output=True, text=True,
                                    timeout=600, check=False, cwd=self.folder)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn(words, result.stderr)
            self.assertNotIn("jackd", result.stderr)
        helped = subprocess.run([rig.ROOT / "scripts/run", "--help"], capture_output=True, text=True, check=True)
        self.assertIn("--demo", helped.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)

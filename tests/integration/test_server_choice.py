# SPDX-License-Identifier: GPL-3.0-or-later
"""JACK or PipeWire: phicast-jack finds the one that answers, waits for either, and follows both."""

import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest

import rig

STREAM = r"stream starts at JACK frame \d+"
WAITING = "neither JACK nor PipeWire answers yet; waiting for one of them"
USUAL_LIBJACK = next(iter(sorted(pathlib.Path("/usr/lib").glob("*/libjack.so.0"))), None)


os.environ.pop("JACK_DEFAULT_SERVER", None)


def default_server_runs():
    """A JACK server of the usual name, which is not ours: the tests of this file start one."""
    return subprocess.run(["jack_lsp"], env={**os.environ, "JACK_NO_START_SERVER": "1"}, capture_output=True,
                          timeout=rig.PATIENCE, check=False).returncode == 0


@unittest.skipUnless(rig.LIBJACK and shutil.which("pipewire"), "PipeWire is not installed")
class ChoiceTest(rig.RigTest):
    """A PipeWire that can be started, and an analyser that sees nothing of any other server."""

    def setUp(self):
        if default_server_runs():
            self.skipTest("a JACK server named default is running")
        super().setUp()
        self.pipewire = rig.PipeWire(self, started=False)
        self.env = self.pipewire.own_env

    def start_jackd(self):
        return self.jackd(name="default")

    def analyse(self, *options, env=None, before=()):
        return self.start([*before, rig.BIN / "phicast-jack", "-n", self.name, *options], env={**self.env, **(env or {})})

    def fails(self, *options, env=None, before=()):
        """What it says before it ends with 1."""
        analyser = self.analyse(*options, env=env, before=before)
        self.assertEqual(analyser.wait(), 1, analyser.err)
        self.assertEqual(analyser.err.count("\n"), 1, analyser.err)
        return analyser.err

    def joined(self, analyser, times=1):
        """The servers it has said that it joined."""
        def look():
            self.assertTrue(analyser.alive(), analyser.err)
            lines = analyser.err.splitlines()
            return sum("stream starts" in line for line in lines) >= times and [
                line.split("joined ")[1] for line in lines if "joined " in line]
        return rig.wait_until(look, f"{times} streams:\n{analyser.err}")


class ServerChoice(ChoiceTest):
    def test_pipewire_alone(self):
        self.pipewire.start()
        analyser = self.analyse()
        self.assertRegex(self.joined(analyser)[0], r"^PipeWire \d+\.\d+")
        self.assertIn(f"{self.name}:in_1", self.pipewire.ports())
        self.assertEqual(analyser.stop(), 0, analyser.err)
        self.assertLessEqual(analyser.err.count("\n"), 5, analyser.err)

    def test_jack_comes_first(self):
        self.pipewire.start()
        server = self.start_jackd()
        analyser = self.analyse()
        self.assertEqual(self.joined(analyser), ["JACK server default"])
        self.assertIn(f"{self.name}:in_1", server.ports())
        self.assertEqual(analyser.stop(), 0, analyser.err)
        self.assertLessEqual(analyser.err.count("\n"), 5, analyser.err)

    @unittest.skipUnless(shutil.which("pw-jack"), "pw-jack is not installed")
    def test_pw_jack(self):
        self.pipewire.start()
        self.start_jackd()
        analyser = self.analyse(before=["pw-jack"])
        self.assertRegex(self.joined(analyser)[0], "^PipeWire")

    def test_a_server_that_is_named_is_jacks(self):
        self.pipewire.start()
        nobody = rig.unique_name()
        for options, env in ((("-s", nobody), {}), ((), {"JACK_DEFAULT_SERVER": nobody})):
            self.assertIn(f"no JACK server named {nobody} answers", self.fails(*options, env=env))
        self.assertIn("no JACK server named default answers", self.fails("-s", "default"))

    def test_none_at_all(self):
        self.assertIn("no JACK server answers; start one (jackd, or PipeWire)", self.fails())
        pathlib.Path(self.env["XDG_RUNTIME_DIR"], "pipewire-0").touch()  # no socket, and nobody behind it
        self.assertIn("no JACK server answers; start one (jackd, or PipeWire)", self.fails())

    def test_no_circles(self):
        """A start that was to have PipeWire's libjack, and has JACK's, says so and ends."""
        self.pipewire.start()
        self.assertIn("no JACK server answers", self.fails(env={"PHICAST_USUAL_LIBRARY_PATH": ""}))

    def test_wait_is_ended_by_a_signal(self):
        for sign in (signal.SIGTERM, signal.SIGINT):
            analyser = self.analyse("--wait")
            analyser.line(WAITING, "err")
            analyser.process.send_signal(sign)
            self.assertEqual(analyser.wait(5), 0, analyser.err)
            self.assertEqual(analyser.err.count("\n"), 1, analyser.err)

    def test_wait_for_pipewire(self):
        analyser = self.analyse("--wait")
        analyser.line(WAITING, "err")
        self.pipewire.start()
        self.assertRegex(self.joined(analyser)[0], "^PipeWire")
        self.assertEqual(analyser.err.count("waiting"), 1, analyser.err)
        self.assertEqual(analyser.stop(), 0, analyser.err)
        self.assertLessEqual(analyser.err.count("\n"), 5, analyser.err)

    def test_wait_for_jack(self):
        analyser = self.analyse("--wait")
        analyser.line(WAITING, "err")
        self.start_jackd()
        self.assertEqual(self.joined(analyser), ["JACK server default"])
        self.assertEqual(analyser.err.count("waiting"), 1, analyser.err)
        self.assertEqual(analyser.stop(), 0, analyser.err)

    def test_wait_for_a_named_one(self):
        self.pipewire.start()
        name = rig.unique_name()
        analyser = self.analyse("--wait", "-s", name)
        analyser.line(f"JACK server {name} does not answer yet; waiting for it", "err")
        self.jackd(name=name)
        self.assertEqual(self.joined(analyser), [f"JACK server {name}"])
        self.assertEqual(analyser.stop(), 0, analyser.err)

    def test_wait_for_a_name(self):
        """A name that is taken is waited for as well: for longer than the five seconds that it is without --wait."""
        server = self.start_jackd()
        other = self.player(server, rig.RECORDINGS[:1], "--loop", name=self.name)
        other.line("first sample")
        analyser = self.analyse("--wait")
        analyser.line(f"has a client named {self.name} already; waiting for it to go", "err")
        time.sleep(6)  # its length is what is tested
        self.assertTrue(analyser.alive(), analyser.err)
        other.kill()
        self.joined(analyser)
        self.assertEqual(analyser.err.count("waiting"), 1, analyser.err)

    def test_one_after_the_other(self):
        """One process through it all: PipeWire restarted, then JACK in its place, then PipeWire in JACK's, and JACK
        again; the broadcaster's frames go on counting."""
        broadcaster = self.broadcaster()
        self.pipewire.start()
        analyser = self.analyse()
        self.joined(analyser)
        self.pipewire.child.kill()
        analyser.line("PipeWire has gone; trying again every second", "err")
        self.pipewire.start()
        self.joined(analyser, 2)
        rig.wait_until(broadcaster.ready, "frames")
        frame = broadcaster.json("/api/metrics")["frame"]
        self.pipewire.child.kill()
        server = self.start_jackd()
        self.assertEqual(self.joined(analyser, 3)[2], "JACK server default")
        server.kill()
        self.pipewire.start()
        self.assertRegex(self.joined(analyser, 4)[3], "^PipeWire")
        server.start()
        analyser.line("a JACK server has started; going back to it", "err")
        self.assertEqual(self.joined(analyser, 5)[4], "JACK server default")
        rig.wait_until(lambda: broadcaster.ready() and broadcaster.json("/api/metrics")["frame"] > frame, "more frames")
        self.assertEqual(analyser.stop(), 0, analyser.err)

    def test_jack_that_is_restarted_beside_pipewire(self):
        self.pipewire.start()
        server = self.start_jackd()
        analyser = self.analyse()
        self.joined(analyser)
        server.kill()
        analyser.line("the JACK server has gone", "err")
        server.start()
        self.assertEqual(self.joined(analyser, 2), 2 * ["JACK server default"])
        self.assertEqual(analyser.stop(), 0, analyser.err)


@unittest.skipUnless(os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], check=False).returncode == 0,
                     "mounting takes root")
class Installations(ChoiceTest):
    """Where libjack is another: by a mount that only the analyser sees."""

    def mounted(self, mount):
        return ["unshare", "-m", "sh", "-c", f'{mount} && exec "$@"', "sh"]

    def test_libjack_of_pipewire_is_missing(self):
        hidden = self.mounted(f"mount -t tmpfs tmpfs {rig.LIBJACK}")
        self.pipewire.start()
        self.assertIn("PipeWire answers, but its JACK library is not installed; install it (Debian: pipewire-jack)",
                      self.fails(before=hidden))
        analyser = self.analyse("--wait", before=hidden)
        analyser.line("its JACK library is not installed.*; waiting for a JACK server", "err")
        self.start_jackd()
        self.assertEqual(self.joined(analyser), ["JACK server default"])
        self.assertEqual((analyser.err.count("not installed"), analyser.err.count("waiting")), (1, 1), analyser.err)

    def test_libjack_is_pipewires_everywhere(self):
        """As ld.so.conf has it on other distributions: there is no other libjack, so a JACK server is no matter."""
        usual = self.mounted(f"mount --bind {(rig.LIBJACK / 'libjack.so.0').resolve()} {USUAL_LIBJACK.resolve()}")
        self.assertIn("no PipeWire server answers", self.fails(before=usual))
        analyser = self.analyse("--wait", before=usual)
        analyser.line("PipeWire does not answer yet; waiting for it", "err")
        self.pipewire.start()
        self.joined(analyser)
        self.start_jackd()
        self.pipewire.child.kill()
        self.pipewire.start()
        servers = self.joined(analyser, 2)
        self.assertTrue(all(server.startswith("PipeWire") for server in servers), servers)


if __name__ == "__main__":
    unittest.main(verbosity=2)

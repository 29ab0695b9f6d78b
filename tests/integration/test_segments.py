# SPDX-License-Identifier: GPL-3.0-or-later
"""Files in /dev/shm that are not what they were: another user's, removed, replaced, cut short. The programs and the
plug-in go on, and say whose file it is, once."""

import json
import os
import pathlib
import pwd
import re
import shutil
import unittest

import osc_peers
import rig

STRANGER = pwd.getpwnam("games")  # whom /etc/passwd alone knows; nss-systemd makes up a "nobody" by itself

# As another user: NAME's file of this kind, cut to all lengths and grown again for ever, and 0666 so that anybody could.
SHRINKER = """
import fcntl, os, struct, sys
path, size, locked = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "locked"
os.umask(0)
fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
if locked:
    fcntl.fcntl(fd, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
head = open(sys.argv[4], "rb").read() if len(sys.argv) > 4 else b"\\1" * size
print("ready", flush=True)
at = 0
while True:
    os.pwrite(fd, head, 0)
    at = (at + 4099) % size
    os.ftruncate(fd, at)
    os.ftruncate(fd, size)
"""


def as_stranger(*argv):
    return ["setpriv", f"--reuid={STRANGER.pw_uid}", f"--regid={STRANGER.pw_gid}", "--clear-groups", *argv]


class Segments(rig.RigTest):
    def path(self, kind):
        return pathlib.Path(f"/dev/shm/phicast.{self.name}.{kind}")

    def shrinker(self, kind, locked=True, like=None):
        """Somebody else's file under our name, at once, whatever is there; `like` has the bytes of a good one."""
        self.folder.chmod(0o711)
        made = self.path(kind).with_suffix(".planted")
        args = [str(made), "70000", "locked" if locked else "open"]
        if like:
            good = self.folder / f"good-{kind}"
            good.write_bytes(like)
            good.chmod(0o644)
            args.append(str(good))
        child = self.start(as_stranger("/usr/bin/python3", "-c", SHRINKER, *args))
        child.line("^ready")
        made.rename(self.path(kind))
        return child

    def drop(self, child, kind):
        child.stop()
        self.path(kind).unlink(missing_ok=True)

    def post(self, broadcaster, depth):
        return broadcaster.get("/api/phi", "POST", json.dumps({"depth": depth}).encode(), {"Content-Type": "application/json"})

    def depth_becomes(self, broadcaster, depth):
        rig.wait_until(lambda: abs(broadcaster.json("/api/metrics")["phi_depth"] - depth) < 1e-6, f"depth {depth}")

    def said_once(self, child, pattern):
        child.line(pattern, "err")
        self.assertEqual(len(re.findall(pattern, child.err)), 1, child.err)

    def good_bytes(self, kind):
        """Of a real segment that is there now."""
        rig.wait_until(lambda: self.path(kind).stat().st_size > 0, f"the {kind} segment")
        return self.path(kind).read_bytes()

    # --- another user's ---

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_foreign_control_is_not_believed(self):
        good = self.good_control()
        stranger = self.shrinker("control", like=good)
        server = self.jackd()
        analyser = self.analyser(server, "-c", "2")
        whose = rf"{self.path('control')} belongs to user games: nothing in it is believed"
        self.said_once(analyser, whose)
        callbacks = self.frames(analyser)
        refused = self.run_program("phicast-broadcaster", "-n", self.name, "-p", "0", "--osc", "none")
        self.assertEqual(refused.returncode, 1, refused.stderr)
        self.assertRegex(refused.stderr, rf"running already \(user games, pid {stranger.pid}\)")
        rig.wait_until(lambda: self.frames(analyser) > callbacks + 100, "the analyser to go on")
        self.said_once(analyser, whose)
        self.drop(stranger, "control")
        broadcaster = self.broadcaster("--osc", "none")
        rig.wait_ready(broadcaster)
        rig.wait_until(lambda: self.post(broadcaster, 0.25)[0] == 202, "a wish to be taken")
        self.depth_becomes(broadcaster, 0.25)

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_foreign_telemetry_is_not_believed(self):
        good = self.good_telemetry()
        stranger = self.shrinker("telemetry", like=good)
        broadcaster = self.broadcaster("--osc", "none")
        whose = r"telemetry belongs to user games; run both as the same user"
        self.said_once(broadcaster.child, whose)
        self.assertEqual(broadcaster.json("/api/metrics")["channel_metrics"], [])
        code, _, text = broadcaster.get("/readyz")
        self.assertEqual((code, "belongs to user games" in text), (503, True), text)
        server = self.jackd()
        refused = self.run_program("phicast-jack", "-n", self.name, "-s", server.name)
        self.assertEqual(refused.returncode, 1, refused.stderr)
        self.assertRegex(refused.stderr, rf"already running \(user games, process {stranger.pid}\)")
        self.said_once(broadcaster.child, whose)
        self.drop(stranger, "telemetry")
        self.analyser(server, "-c", "2")
        rig.wait_ready(broadcaster)

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_foreign_files_while_all_runs(self):
        """In the place of both, under the analyser, the broadcaster and the plug-in."""
        server = self.jackd()
        analyser = self.analyser(server, "-c", "2")
        broadcaster = self.broadcaster("--osc", "none")
        rig.wait_ready(broadcaster)
        self.replace_both(server, analyser, broadcaster)
        analyser.stop()
        os.environ["JACK_INTERNAL_DIR"] = str(rig.BIN.parent / "lib")
        self.addCleanup(os.environ.pop, "JACK_INTERNAL_DIR")
        host = self.jackd()
        host.run("jack_load", "-i", "-c 2", self.name, "phicast")
        rig.wait_ready(broadcaster)
        self.replace_both(host, host.child, broadcaster)
        host.run("jack_unload", self.name)

    def replace_both(self, server, analyser, broadcaster):
        good = {kind: self.good_bytes(kind) for kind in ("control", "telemetry")}
        strangers = []
        for kind in good:
            strangers.append(self.shrinker(kind, like=good[kind]))
        analyser.line(r"telemetry was replaced by a file of user games", "err")
        broadcaster.child.line(r"control was replaced by a file of user games", "err")
        rig.wait_until(lambda: self.post(broadcaster, 0.5)[0] == 503, "commands that cannot arrive to be refused")
        self.assertTrue(analyser.alive() and broadcaster.child.alive() and server.child.alive())
        for kind, stranger in zip(good, strangers):
            self.drop(stranger, kind)
        rig.wait_ready(broadcaster)
        rig.wait_until(lambda: self.post(broadcaster, 0.75)[0] == 202, "a wish to be taken again")
        self.depth_becomes(broadcaster, 0.75)
        self.post(broadcaster, 0.5)
        self.depth_becomes(broadcaster, 0.5)

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_an_analyser_that_was_named(self):
        self.folder.chmod(0o711)
        flood = shutil.copy(rig.BIN / "phicast-flood", self.folder)
        analyser = self.start(as_stranger(flood, "-n", self.name))
        analyser.line("^ready")
        self.path("telemetry").chmod(0o640)  # as with phicast-jack --group games
        unnamed = self.broadcaster_as_daemon()
        unnamed.child.line("belongs to user games", "err")
        unnamed.child.stop()
        named = self.broadcaster_as_daemon("--group", "games")
        rig.wait_ready(named)
        code, _, text = self.post(named, 0.5)
        self.assertEqual((code, "run both as the same" in text), (503, True), text)
        refused = self.run_program("phicast-broadcaster", "-n", self.name, "--group", "no-such-group")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("no-such-group", refused.stderr)

    def broadcaster_as_daemon(self, *options):
        """One that is neither the analyser's user nor root, but in its group."""
        program = shutil.copy(rig.BIN / "phicast-broadcaster", self.folder)
        made = rig.Broadcaster.__new__(rig.Broadcaster)
        made.child = self.start(["setpriv", "--reuid=daemon", "--regid=games", "--clear-groups", program, "-n", self.name,
                                 "-p", "0", "--osc", "none", *options])
        made.url = made.child.line(r"^listening on (http://\S+)").group(1).rstrip("/")
        return made

    # --- our own, removed or cut short ---

    def good_control(self):
        broadcaster = self.broadcaster("--osc", "none")
        data = self.good_bytes("control")
        broadcaster.child.stop()
        return data

    def good_telemetry(self):
        flood = osc_peers.Flood(self)
        data = self.good_bytes("telemetry")
        flood.child.stop()
        return data

    def frames(self, analyser):
        """How far the analyser's frames have come, read from its segment."""
        data = self.path("telemetry").read_bytes()
        frame = data[rig.METRICS_AT:][:8]  # the snapshot's first word
        return int.from_bytes(frame, "little") if len(frame) == 8 else -1

    def mishaps(self, kind):
        """What happens to a file by mistake."""
        path = self.path(kind)
        return (("rm", path.unlink), ("truncate -s 0", lambda: os.truncate(path, 0)),
                ("truncate -s 5000", lambda: os.truncate(path, 5000)),
                ("mv", lambda: path.rename(path.with_suffix(".moved"))),
                ("cp", lambda: path.write_bytes(b"nothing of use")),
                ("cp of itself", lambda: path.write_bytes(path.read_bytes())))

    def test_own_files_removed_or_cut_short(self):
        server = self.jackd()
        analyser = self.analyser(server, "-c", "2")
        self.outlive(analyser, server)

    def test_own_files_removed_or_cut_short_under_the_plugin(self):
        os.environ["JACK_INTERNAL_DIR"] = str(rig.BIN.parent / "lib")
        self.addCleanup(os.environ.pop, "JACK_INTERNAL_DIR")
        server = self.jackd()
        server.run("jack_load", "-i", "-c 2", self.name, "phicast")
        self.outlive(server.child, server)
        server.run("jack_unload", self.name)
        self.assertFalse(self.path("telemetry").exists())

    def outlive(self, analyser, server):
        broadcaster = self.broadcaster("--osc", "none")
        rig.wait_ready(broadcaster)
        depth = 0.1
        for kind in ("telemetry", "control"):
            for what, happen in self.mishaps(kind):
                with self.subTest(kind=kind, what=what):
                    before = self.path(kind).stat().st_ino
                    happen()
                    depth += 0.05
                    rig.wait_until(lambda: self.post(broadcaster, depth)[0] == 202, "a wish to be taken")
                    if what != "cp of itself":  # which may find nothing changed
                        rig.wait_until(lambda: self.path(kind).exists() and self.path(kind).stat().st_ino != before,
                                       "the file to be made anew")
                    rig.wait_ready(broadcaster)
                    self.depth_becomes(broadcaster, depth)
                    self.assertTrue(analyser.alive() and server.child.alive() and broadcaster.child.alive())
        maps = pathlib.Path(f"/proc/{analyser.pid}/maps").read_text()
        rig.wait_until(lambda: len(re.findall(r"phicast\.\S+telemetry", pathlib.Path(f"/proc/{analyser.pid}/maps").read_text())) <= 1,
                       f"the old mappings to be given back: {maps}")
        self.assertIn("made anew", analyser.err)
        self.assertLess(len(re.findall("made anew", analyser.err)), 6)


if __name__ == "__main__":
    rig.main()

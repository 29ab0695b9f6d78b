# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left of root: whom the broadcaster goes on as, and which files it can open then."""

import ctypes
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import struct
import sys
import unittest
import unittest.mock

import osc_peers
import rig

TOKEN = "a-token-for-the-tests"
LANDLOCK_CREATE = 444  # on every machine of ours
libc = ctypes.CDLL(None, use_errno=True)
HAS_LANDLOCK = libc.syscall(LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1) > 0


def without_landlock(*argv):
    """The command, where the kernel says that it has no Landlock: a seccomp filter."""
    code = struct.pack("<HBBIHBBIHBBIHBBI", 0x20, 0, 0, 0, 0x15, 0, 1, LANDLOCK_CREATE, 0x06, 0, 0, 0x00050000 | 38,
                       0x06, 0, 0, 0x7FFF0000)
    script = ("import ctypes, os, sys; b = ctypes.create_string_buffer(bytes.fromhex(sys.argv[1]), 32); "
              "p = (ctypes.c_uint64 * 2)(4, ctypes.addressof(b)); "
              "assert ctypes.CDLL(None).prctl(22, 2, p, 0, 0) == 0; os.execv(sys.argv[2], sys.argv[2:])")
    return [sys.executable, "-c", script, code.hex(), *argv]


@unittest.skipUnless(os.geteuid() == 0, "only root has something to give up")
class Privileges(rig.RigTest):
    def setUp(self):
        super().setUp()
        patch = unittest.mock.patch.dict(os.environ)
        patch.start()
        self.addCleanup(patch.stop)
        os.environ.pop("SUDO_USER", None)

    def token_file(self, path, text=TOKEN):
        """Comes into place by a rename, as rotations do."""
        new = path.with_suffix(".new")
        new.write_text(text + "\n")
        new.chmod(0o600)
        new.rename(path)
        return path

    def hang_up(self, child, words):
        """SIGHUP, and the line it makes."""
        before = len(child.err)
        child.process.send_signal(signal.SIGHUP)
        rig.wait_until(lambda: "Hangup: " in child.err[before:], "an answer to SIGHUP")
        self.assertRegex(child.err[before:], words)

    def intruder(self, *options, launch=lambda *argv: argv):
        """(broadcaster, function that has it open a path and gives what came of it)"""
        told = pathlib.Path(f"/dev/shm/phicast.{self.name}.stall")
        child = self.start([*launch("/usr/bin/env", f"LD_PRELOAD={rig.BIN.parent / 'lib/phicast-stall.so'}",
                                    str(rig.BIN / "phicast-broadcaster")), "-n", self.name, "-p", "0", "--osc", "none", *options],
                           env={"PHICAST_STALL": str(told), "ASAN_OPTIONS": "verify_asan_link_order=0"})
        child.line("^listening on")

        def try_to_open(path):
            new = told.with_suffix(".new")
            new.write_text(f"open {path}")
            new.chmod(0o644)
            before = len(child.err)
            new.rename(told)
            rig.wait_until(lambda: "\n" in child.err[before:] and f"open {path}: " in child.err[before:], "what came of it")
            told.unlink(missing_ok=True)
            return child.err[before:].split(f"open {path}: ", 1)[1].split("\n", 1)[0]

        return child, try_to_open

    def identity(self, broadcaster):
        """Its user ids and its capabilities, as the kernel sees them."""
        lines = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{broadcaster.child.pid}/status").read_text().splitlines())
        sets = {name: int(lines[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}
        return [int(uid) for uid in lines["Uid"].split()], sets, lines["NoNewPrivs"]

    def test_root_without_a_user(self):
        osc_peers.Flood(self)
        broadcaster = self.broadcaster("--osc", "none")
        self.assertEqual(self.identity(broadcaster), ([0] * 4, dict.fromkeys(self.identity(broadcaster)[1], 0), "1"))
        rig.wait_ready(broadcaster)

    def test_root_becomes_a_user(self):
        nobody = pwd.getpwnam("nobody")
        self.folder.chmod(0o711)
        flood = shutil.copy(rig.BIN / "phicast-flood", self.folder)  # where nobody can reach it
        analyser = self.start(["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", flood,
                               "-n", self.name])
        analyser.line("^ready")
        port = next(p for p in range(1023, 512, -1) if not osc_peers.is_bound(p, "tcp"))
        broadcaster = self.broadcaster("--osc", "none", "--user", "nobody", port=port)
        uids, sets, no_new = self.identity(broadcaster)
        self.assertEqual((uids, sets, no_new), ([nobody.pw_uid] * 4, dict.fromkeys(sets, 0), "1"))
        rig.wait_ready(broadcaster)
        code, _, text = broadcaster.get("/api/phi", "POST", b'{"depth": 0.5}', {"Content-Type": "application/json"})
        self.assertEqual(code, 202, text)
        analyser.line(r"^command \d+ 0.5")  # it can read what nobody's broadcaster writes
        self.assertEqual(broadcaster.child.stop(), 0)
        with unittest.mock.patch.dict(os.environ, SUDO_USER="nobody"):
            broadcaster = self.broadcaster("--osc", "none")
        self.assertEqual(self.identity(broadcaster)[0], [nobody.pw_uid] * 4)
        rig.wait_ready(broadcaster)

    def test_analyser_of_another_user(self):
        osc_peers.Flood(self)
        broadcaster = self.broadcaster("--osc", "none", "--user", "nobody")
        code, _, ready = broadcaster.get("/readyz")
        self.assertEqual((code, "run both as the same user" in ready), (503, True), ready)
        code, _, text = broadcaster.get("/api/phi", "POST", b'{"depth": 0.5}', {"Content-Type": "application/json"})
        self.assertEqual((code, json.loads(text)["detail"]), (503, json.loads(ready)["detail"]))

    @unittest.skipUnless(HAS_LANDLOCK, "this kernel has no Landlock")
    def test_root_opens_nothing_else(self):
        """The running process itself tries."""
        folder = self.folder / "served"
        folder.mkdir()
        token = self.token_file(folder / "token")
        secret = self.token_file(self.folder / "secret", "a-secret-of-root")
        child, try_to_open = self.intruder("--token-file", token)
        for path in ("/etc/shadow", f"/proc/{os.getpid()}/environ", "/proc/1/environ", f"/proc/{child.pid}/root/etc/shadow",
                     "/root", "/etc", "/etc/group", "/dev/mem", secret, rig.BIN / "phicast-broadcaster"):
            self.assertIn(try_to_open(path), ("Permission denied", "No such file or directory"), path)
        for path in (token, f"/dev/shm/phicast.{self.name}.control", "/etc/hosts"):
            self.assertEqual(try_to_open(path), "open", path)
        self.token_file(token, "another-token")
        self.hang_up(child, "token read again")
        for target in ("/etc/shadow", secret):
            token.unlink()
            token.symlink_to(target)
            self.hang_up(child, "Permission denied; the old token stays")

    @unittest.skipUnless(HAS_LANDLOCK, "this kernel has no Landlock")
    def test_root_finds_what_it_needs(self):
        """Names, analysers that come again, and its own segment when it ends."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.bind(("127.0.0.1", 0))
            peer.settimeout(rig.PATIENCE)
            broadcaster = self.broadcaster("--osc", f"osc.udp://localhost:{peer.getsockname()[1]}?metrics=1")
            for _ in range(2):
                flood = osc_peers.Flood(self)
                rig.wait_ready(broadcaster)
                self.assertTrue(peer.recv(65536))
                flood.child.kill()
                rig.wait_until(lambda: not broadcaster.ready(), "its end to be seen")
            self.assertEqual(broadcaster.child.stop(), 0)
        self.assertFalse(pathlib.Path(f"/dev/shm/phicast.{self.name}.control").exists())

    def test_a_kernel_without_landlock(self):
        """Root's files would stay open: only who says so in so many words gets that."""
        argv = [str(rig.BIN / "phicast-broadcaster"), "-n", self.name, "-p", "0", "--osc", "none"]
        child = self.start(without_landlock(*argv))
        self.assertEqual(child.wait(), 1)
        self.assertRegex(child.err, "(?m)^phicast-broadcaster: error: .*no Landlock.*--user NAME, or --user root")
        child, try_to_open = self.intruder("--user", "root", launch=without_landlock)
        child.line("warning: --user root: .*root's own files stay open", "err")
        self.assertEqual(try_to_open("/etc/shadow"), "open")  # what the log says; and this test would see it
        self.assertEqual(child.stop(), 0)
        child, try_to_open = self.intruder("--user", "nobody", launch=without_landlock)
        self.assertEqual(try_to_open("/etc/shadow"), "Permission denied")

    def test_what_the_user_cannot_read_again(self):
        """A token that only root reads: served, and named at once."""
        self.folder.chmod(0o711)
        token = self.token_file(self.folder / "token")
        child, _ = self.intruder("--user", "nobody", "--token-file", token)
        child.line(rf"warning: {token}: Permission denied from now on, so SIGHUP", "err")
        self.hang_up(child, "Permission denied; the old token stays")
        self.assertEqual(child.stop(), 0)
        shutil.chown(token, "nobody")
        child, _ = self.intruder("--user", "nobody", "--token-file", token)
        self.hang_up(child, "token read again")
        self.assertNotIn("from now on", child.err)


if __name__ == "__main__":
    unittest.main(verbosity=2)

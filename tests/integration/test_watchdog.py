# SPDX-License-Identifier: GPL-3.0-or-later
"""A broadcaster that hangs ends by itself, with a message; and SIGTERM ends it in every state."""

import contextlib
import os
import pathlib
import signal
import socket
import time
import unittest

import osc_peers
import rig
from test_protocol import Peer

HANGS = "the event loop has not turned"
ASKED = "asked to end while the event loop hangs"


class Watchdog(rig.RigTest):
    def serve(self):
        """A broadcaster that self.stall() can make stall."""
        self.told = pathlib.Path(f"/dev/shm/phicast.{self.name}.stall")  # where it may look even as root
        child = self.start([rig.BIN / "phicast-broadcaster", "-n", self.name, "-p", "0", "--osc", "none"],
                           env={"LD_PRELOAD": str(rig.BIN.parent / "lib/phicast-stall.so"), "PHICAST_STALL": str(self.told),
                                "ASAN_OPTIONS": "verify_asan_link_order=0"})
        self.port = int(child.line(r"^listening on http://\S+:(\d+)").group(1))
        self.answer()
        return child

    def stall(self, how):
        new = self.told.with_suffix(".new")
        new.write_text(how)
        os.replace(new, self.told)

    def hang(self, how):
        """Once the loop hangs."""
        begun = pathlib.Path(f"{self.told}.begun")
        begun.unlink(missing_ok=True)
        self.stall(how)
        rig.wait_until(begun.exists, "the loop to hang")

    def answer(self):
        """Whether it serves."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=rig.PATIENCE) as s:
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertIn(b" 200 ", s.recv(4096))

    def test_a_hanging_loop_ends(self):
        for how in ("spin", "sleep"):
            child = self.serve()
            listener = Peer(self.port)
            self.addCleanup(listener.socket.close)
            listener.next(1)
            begin = time.monotonic()
            self.hang(how)
            self.assertEqual(child.wait(), 1)
            self.assertGreater(time.monotonic() - begin, 4)
            self.assertIn(f"error: {HANGS}", child.err)
            self.told.unlink()

    def test_sigterm_ends_a_hanging_loop(self):
        for how in ("spin", "sleep"):
            for number in (signal.SIGTERM, signal.SIGINT):
                child = self.serve()
                self.hang(how)
                child.process.send_signal(number)
                self.assertEqual(child.wait(), 1)
                self.assertIn(f"error: {ASKED}", child.err)
                self.told.unlink()

    def ended_early(self, moment):
        """How it ends when it is ended at that moment of its start; nothing of it stays."""
        child = self.start([rig.BIN / "phicast-broadcaster", "-n", self.name, "-p", "0", "--osc", "osc.udp://localhost:9"])
        moment()
        child.process.terminate()
        code = child.wait()
        self.assertEqual(list(pathlib.Path("/dev/shm").glob(f"*{self.name}*")), [], child.err)
        return code

    def test_sigterm_ends_it_early(self):
        """At any moment of its start."""
        codes = {self.ended_early(lambda n=number: time.sleep(n * 0.002)) for number in range(25)}  # the moment is varied
        self.assertLessEqual(codes, {0, -signal.SIGTERM})

    def test_sigterm_ends_it_once_it_has_its_name(self):
        def named():
            while not pathlib.Path(f"/dev/shm/phicast.{self.name}.control").exists():
                pass
        for _ in range(25):
            self.assertEqual(self.ended_early(named), 0)

    def test_stopped_is_not_hanging(self):
        child = self.serve()
        listener = Peer(self.port)
        self.addCleanup(listener.socket.close)
        for _ in range(2):
            child.process.send_signal(signal.SIGSTOP)
            time.sleep(8)  # longer than it would be left to hang
            child.process.send_signal(signal.SIGCONT)
            self.answer()
        listener.next(1)
        self.assertNotIn(HANGS, child.err)
        self.assertEqual(child.stop(), 0)

    def test_idle_is_not_hanging(self):
        """Nobody listens and no analyser is there: the loop turns all the same."""
        child = self.serve()
        time.sleep(8)  # longer than it would be left to hang
        self.answer()
        self.assertEqual(child.stop(), 0)

    def test_a_log_that_nobody_reads(self):
        """Even the watchdog's own line would hang there: it ends without."""
        log = self.folder / "log"
        os.mkfifo(log)
        reader = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
        writer = os.open(log, os.O_WRONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        child = self.start(["sh", "-c", 'exec "$0" "$@" 2>"$LOG"', rig.BIN / "phicast-broadcaster", "-n", self.name, "-p", "0",
                            "--osc", "none"], env={"LOG": str(log)})
        child.line(r"^listening on http://\S+:(\d+)")
        said = b""

        def started():
            nonlocal said
            with contextlib.suppress(BlockingIOError):
                said += os.read(reader, 65536)
            return b" absent: " in said

        rig.wait_until(started, "its first beat")
        with self.assertRaises(BlockingIOError):
            while True:
                os.write(writer, b"x")
        osc_peers.Flood(self)  # of which it would say that it was found
        self.assertEqual(child.wait(), 1)

    def test_what_libev_cannot_survive(self):
        child = self.serve()
        self.stall("poll")
        self.assertEqual(child.wait(), 1)
        self.assertRegex(child.err, r"error: \(libev\) epoll_wait: Invalid argument; ending")
        self.told.unlink()
        child = self.serve()
        self.stall("memory")
        crowd = []
        for _ in range(600):
            try:
                crowd.append(socket.create_connection(("127.0.0.1", self.port), timeout=rig.PATIENCE))
                self.addCleanup(crowd[-1].close)
            except OSError:
                break
        self.assertEqual(child.wait(), 1)
        self.assertIn("error: the event loop needs memory: Cannot allocate memory; ending", child.err)


if __name__ == "__main__":
    unittest.main(verbosity=2)

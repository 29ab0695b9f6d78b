# SPDX-License-Identifier: GPL-3.0-or-later
"""How soon everything is back after an outage, or says that it is not."""

import contextlib
import os
import signal
import socket
import statistics
import time

import live
import rig

import test_calibration
import test_recovery
import test_run_demo
import test_states

LIMIT = 3.0  # s from the restart until sound is measured and streamed again


class Recovery(live.LiveTest, test_recovery.Outages):
    TIMES = 10

    def judge(self, what, times):
        self.figure(f"{what} killed: back after, most of {len(times)}", max(times), "s", None, LIMIT)
        self.figure(f"{what} killed: back after, median", statistics.median(times), "s", None, LIMIT)

    async def test_analyser(self):
        self.judge("analyser", await self.kill_analyser())

    async def test_broadcaster(self):
        self.judge("broadcaster", await self.kill_broadcaster())

    async def test_jackd(self):
        self.judge("jackd", await self.kill_jackd())


class Demo(live.LiveTest, test_run_demo.Demo):
    def test_numbers_move(self):
        self.run_demo("--port", str(rig.free_port()))
        url = self.url()
        begin = time.monotonic()
        frames = rig.wait_until(lambda: (m := self.metrics(url))["active_channels"] > 0 and m["frame"], "sound")
        rig.wait_until(lambda: self.metrics(url)["frame"] > frames, "the numbers to move")
        self.figure("scripts/run --demo: numbers move after the URL is shown", time.monotonic() - begin, "s", None, 5)
        os.killpg(self.process.pid, signal.SIGINT)
        self.assertEqual(self.process.wait(rig.PATIENCE), 0, self.said())


class Refusal(live.LiveTest, test_calibration.Calibration):
    def test_calibration_of_nothing(self):
        self.begin()
        begin = time.monotonic()
        code, said = self.once()
        self.figure("calibration refused when nothing is connected", time.monotonic() - begin, "s", None, 3)
        self.assertEqual(code, 1, said)

    def test_slow_handshakes(self):
        broadcaster = self.broadcaster("--osc", "none")
        with socket.create_connection(("127.0.0.1", broadcaster.port)) as silent, \
                socket.create_connection(("127.0.0.1", broadcaster.port)) as slow:
            begin = time.monotonic()
            slow.settimeout(0.3)
            with contextlib.suppress(ConnectionError):
                for byte in b"GET /ws/metrics HTTP/1.1\r\nX-" + b"y" * 200:
                    slow.sendall(bytes([byte]))
                    with contextlib.suppress(TimeoutError):
                        if not slow.recv(100):
                            break
            self.figure("slow handshake ended after", time.monotonic() - begin, "s", None, 15)
            silent.settimeout(rig.PATIENCE)
            self.assertEqual(silent.recv(1), b"")
            self.figure("connection that says nothing ended after", time.monotonic() - begin, "s", None, 15)

    def test_watchdog(self):
        path = str(self.folder / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(path)
            s.settimeout(rig.PATIENCE)
            self.start([rig.BIN / "phicast-broadcaster", "-n", self.name, "-p", "0", "--osc", "none"],
                       env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"})
            self.assertEqual(s.recv(100), b"READY=1")
            begin = time.monotonic()
            self.assertEqual([s.recv(100) for _ in range(5)], [b"WATCHDOG=1"] * 5)
            self.figure("five signs of life to a watchdog of 0.4 s", time.monotonic() - begin, "s", 0.7, 1.8)


class Events(live.LiveTest, test_states.Scene):
    SERVER = {"sync": True, "realtime": True}

    async def check_period(self, period):
        """Timestamps of the same events, live and rendered; a server that comes late stretches time itself."""
        for _ in range(5):
            events, lead, gaps, xruns = await self.play_live(period)
            if gaps == 0 and xruns == 0:
                break
        rendered = self.render(lead)
        apart = [(a["timestamp"] - events[0]["timestamp"]) - (b["timestamp"] - rendered[0]["timestamp"])
                 for a, b in zip(events, rendered, strict=True)]
        self.figure(f"events at {period}, live apart from rendered, most", 1e3 * max(map(abs, apart)), "ms", None, 1)

    async def test_period_64(self):
        await self.check_period(64)

    async def test_period_1024(self):
        await self.check_period(1024)


if __name__ == "__main__":
    live.main()

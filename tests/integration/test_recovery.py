# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 of each program, again and again, while a client listens."""

import asyncio
import contextlib
import json
import time
import unittest

import websockets
import websockets.exceptions

import rig


class Listener:
    """A client of the metrics stream that keeps the newest message, and reconnects if asked to."""

    def __init__(self, broadcaster, reconnect=False):
        self.broadcaster = broadcaster
        self.reconnect = reconnect
        self.connections = 0
        self.newest = None
        self.at = 0.0  # of its arrival
        self.task = asyncio.create_task(self.run())

    async def run(self):
        while True:
            with contextlib.suppress(OSError, websockets.exceptions.WebSocketException):
                async with self.broadcaster.ws("metrics") as ws:
                    self.connections += 1
                    async for text in ws:
                        self.newest = json.loads(text)
                        self.at = time.monotonic()
            if not self.reconnect:
                return
            await asyncio.sleep(0.02)

    async def until(self, condition, what, timeout=rig.PATIENCE):
        """Waits for a message that fits; the moment of its arrival."""
        deadline = time.monotonic() + timeout
        begin = time.monotonic()
        while not (self.at >= begin and condition(self.newest)):
            assert time.monotonic() < deadline, f"waited {timeout} s in vain for {what}; the newest is {self.newest}"
            assert not self.task.done(), f"the connection ended while waiting for {what}"
            await asyncio.sleep(0.005)
        return self.at

    async def live(self, channels, timeout=rig.PATIENCE):
        """Waits until sound is measured, and measured anew."""
        await self.until(lambda m: m["active_channels"] >= channels, "active channels", timeout)
        frame = self.newest["frame"]
        return await self.until(lambda m: m["frame"] > frame and m["active_channels"] >= channels, "new frames",
                                timeout)

    async def idle(self):
        await self.until(lambda m: m["active_channels"] == 0, "idle frames")

    async def close(self):
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


class Outages(rig.RigTest):
    TIMES = 3

    def start_player(self):
        """Six channels that never fall silent together."""
        return self.player(self.server, [rig.SAMPLES / f"{n}.flac" for n in ("ambi_drone", "loop_garzul", "loop_amen")],
                           "--loop", name="source")

    def start_analyser(self):
        return self.start([rig.BIN / "phicast-jack", "-n", self.name, "-s", self.server.name, "--connect",
                           "source:out_*"])

    async def start_all(self, reconnect=False):
        self.server = self.jackd(period=256, realtime=True)
        self.source = self.start_player()
        self.station = self.broadcaster()
        self.measurer = self.start_analyser()
        self.listener = Listener(self.station, reconnect)
        await self.listener.live(2)

    async def finish(self, connections):
        self.assertFalse(self.listener.task.done())
        self.assertEqual(self.listener.connections, connections)
        await self.listener.close()

    async def kill_analyser(self):
        """How long it takes each time, in s, from its start until sound is measured and streamed again."""
        await self.start_all()
        times = []
        for _ in range(self.TIMES):
            self.measurer.kill()
            await self.listener.idle()
            begin = time.monotonic()
            self.measurer = self.start_analyser()
            times.append(await self.listener.live(2) - begin)
        await self.finish(1)
        return times

    async def kill_broadcaster(self):
        await self.start_all(reconnect=True)
        times = []
        for _ in range(self.TIMES):
            self.station.child.kill()
            begin = time.monotonic()
            self.station = await asyncio.to_thread(self.broadcaster, port=self.station.port)
            times.append(await self.listener.live(2) - begin)
        await self.finish(self.TIMES + 1)
        return times

    async def kill_jackd(self):
        await self.start_all()
        # A connection that no option asked for must come back as well.
        self.server.connect("source:out_6", f"{self.name}:in_8")
        self.server.connect(f"{self.name}:out_2", "system:playback_1")
        times = []
        for outage in range(self.TIMES):
            self.server.kill()
            self.source.stop()
            await self.listener.idle()
            await asyncio.sleep(0.4 * outage)  # the length of the outage is the thing varied here
            begin = time.monotonic()
            await asyncio.to_thread(self.server.start)
            self.source = self.start_player()
            times.append(await self.listener.live(2) - begin)
            self.assertTrue(self.measurer.alive())
            await asyncio.to_thread(rig.wait_until, self.connected, "all connections to be restored")
        await self.finish(1)
        return times

    def connected(self):
        ports = self.server.ports()
        return ("source:out_1" in ports.get(f"{self.name}:in_1", ())
                and "source:out_6" in ports.get(f"{self.name}:in_8", ())
                and "system:playback_1" in ports.get(f"{self.name}:out_2", ()))


class Recovery(Outages):
    async def test_analyser(self):
        await self.kill_analyser()

    async def test_broadcaster(self):
        await self.kill_broadcaster()

    async def test_jackd(self):
        await self.kill_jackd()

    def test_libjack_that_hangs(self):
        """JACK2's libjack may never return from closing a client: the analyser then starts itself anew, and goes on."""
        server = self.jackd()
        broadcaster = self.broadcaster()
        hang = rig.BIN.parent / "lib/phicast-hang.so"
        analyser = self.start([rig.BIN / "phicast-jack", "-n", self.name, "-s", server.name, "-c", "2"],
                              env={"LD_PRELOAD": str(hang)})
        analyser.line(r"stream starts at JACK frame", "err")
        server.connect("system:capture_2", f"{self.name}:in_1")
        for _ in range(2):
            rig.wait_until(lambda: "system:capture_2" in server.ports().get(f"{self.name}:in_1", ()), "the connection")
            rig.wait_until(broadcaster.ready, "frames")
            frame = broadcaster.json("/api/metrics")["frame"]
            server.kill()
            rig.wait_until(lambda: not broadcaster.ready(), "the loss to be seen")
            server.start()
            rig.wait_until(broadcaster.ready, "frames again")
            self.assertGreaterEqual(broadcaster.json("/api/metrics")["frame"], frame)
        self.assertEqual(analyser.err.count("starting anew"), 2)
        self.assertEqual(analyser.stop(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)

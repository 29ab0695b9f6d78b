# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 of each program, again and again, while a client listens."""

import asyncio
import os
import pathlib
import signal
import time
import unittest

import rig
from listener import Listener


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

    def start_hanging(self, function, once=None):
        """An analyser whose libjack does not come back from that function; once: a file that it takes away with it."""
        env = {"LD_PRELOAD": str(rig.BIN.parent / "lib/phicast-hang.so"), "PHICAST_HANG": function}
        if once:
            once.touch()
            env["PHICAST_HANG_ONCE"] = str(once)
        return self.start([rig.BIN / "phicast-jack", "-n", self.name, "-s", self.server.name, "-c", "2", "--connect",
                           "system:capture_1"], env=env)

    def test_libjack_that_hangs(self):
        """JACK2's libjack may never return from closing a client: the analyser then starts itself anew, and goes on."""
        self.server = self.jackd()
        broadcaster = self.broadcaster()
        analyser = self.start_hanging("jack_client_close")
        analyser.line(r"stream starts at JACK frame", "err")
        self.server.connect("system:capture_2", f"{self.name}:in_1")
        descriptors = []
        for _ in range(3):
            rig.wait_until(lambda: "system:capture_2" in self.server.ports().get(f"{self.name}:in_1", ()),
                           "the connection")
            rig.wait_until(broadcaster.ready, "frames")
            descriptors.append(len(os.listdir(f"/proc/{analyser.pid}/fd")))
            frame = broadcaster.json("/api/metrics")["frame"]
            self.server.kill()
            rig.wait_until(lambda: not broadcaster.ready(), "the loss to be seen")
            self.server.start()
            rig.wait_until(broadcaster.ready, "frames again")
            self.assertGreaterEqual(broadcaster.json("/api/metrics")["frame"], frame)
        self.assertEqual(analyser.err.count("starting anew"), 3)
        self.assertEqual(max(descriptors), descriptors[0], "descriptors outlive the start anew")
        self.assertEqual(analyser.stop(), 0)

    def test_libjack_that_hangs_in_a_server_that_lives(self):
        """The server must see that the process it knew has gone, and give the name to the one that came after."""
        self.server = self.jackd()
        for function in ("jack_connect", "jack_activate", "jack_client_open"):
            analyser = self.start_hanging(function, self.folder / "once")
            analyser.line("libjack does not come back; starting anew", "err", 2 * rig.PATIENCE)
            analyser.line("stream starts at JACK frame", "err")
            rig.wait_until(lambda: "system:capture_1" in self.server.ports().get(f"{self.name}:in_1", ()),
                           "the connection")
            self.assertEqual(analyser.stop(), 0)

    def test_end_in_every_state(self):
        """SIGTERM and SIGINT count whatever libjack does, or does not; nothing is left."""
        self.server = self.jackd()
        segment = pathlib.Path(f"/dev/shm/phicast.{self.name}.telemetry")

        def ends(analyser, sign):
            rig.wait_until(segment.exists, "the analyser to be there")
            analyser.process.send_signal(sign)
            self.assertEqual(analyser.wait(), 0, analyser.err)
            self.assertFalse(segment.exists())

        for function in ("jack_client_open", "jack_activate", "jack_connect", "jack_client_close"):
            for sign in (signal.SIGTERM, signal.SIGINT):
                with self.subTest(function=function, signal=sign):
                    ends(self.start_hanging(function), sign)
        os.kill(self.server.child.pid, signal.SIGSTOP)  # the opening hangs in the server
        analyser = self.start_hanging("nothing")
        analyser.line("the JACK server does not answer", "err")
        ends(analyser, signal.SIGTERM)
        os.kill(self.server.child.pid, signal.SIGCONT)
        analyser = self.start_hanging("nothing")
        analyser.line("stream starts at JACK frame", "err")
        os.kill(self.server.child.pid, signal.SIGSTOP)  # while it runs
        analyser.line("stands still|does not answer", "err")
        ends(analyser, signal.SIGTERM)
        os.kill(self.server.child.pid, signal.SIGCONT)
        analyser = self.start_hanging("nothing")
        analyser.line("stream starts at JACK frame", "err")
        self.server.kill()
        analyser.line("trying again every second", "err")  # waiting for a server
        ends(analyser, signal.SIGTERM)

    def test_name_still_taken(self):
        """A start while the server has a client of that name: it waits a little, says so, and gets it once it is free."""
        self.server = self.jackd()
        other = self.player(self.server, rig.RECORDINGS[:1], "--loop", name=self.name)
        other.line("first sample")
        analyser = self.start_hanging("nothing")
        analyser.line(f"has a client named {self.name} already; waiting for it to go", "err")
        other.kill()
        analyser.line("stream starts at JACK frame", "err")
        self.assertIn(f"{self.name}:in_1", self.server.ports())


if __name__ == "__main__":
    unittest.main(verbosity=2)

# SPDX-License-Identifier: GPL-3.0-or-later
"""The kill-and-stop matrix: each of the programs is killed, or stopped for a while, in random order, under clients that
listen. Afterwards all must be back: sound measured and streamed, the name regained, the connections as they were, and
nothing left over. test_matrix.py goes a few rounds; `scripts/bench matrix` runs this file, which goes many, and measures."""

import asyncio
import contextlib
import glob
import os
import pathlib
import random
import re
import signal
import statistics
import sys
import time
import unittest

import numpy

import rig
from listener import Listener

CHANNELS = 6  # that the source plays; it never falls silent
LISTENERS = 3
STALL = (0.5, 5.0)  # s


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def sockets(pid):
    count = 0
    for path in glob.glob(f"/proc/{pid}/fd/*"):
        with contextlib.suppress(OSError):
            count += os.readlink(path).startswith("socket:")
    return count


def resident(pid):
    """kB"""
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1))


class Matrix(rig.RigTest):
    """Subclasses call go()."""

    async def go(self, form, rounds, seed):
        """form: "program" or "plugin"; the worst time until all was back, in s, less what it takes to see that."""
        print(f"matrix, {form}: seed {seed}", flush=True)
        self.form, self.limit = form, rig.PATIENCE
        self.times = {}
        chance = random.Random(seed)
        await asyncio.to_thread(self.start_all)
        self.listeners = [Listener(self.station, reconnect=True) for _ in range(LISTENERS)]
        await self.all_back("the start", by_hand=True)
        self.baseline = await asyncio.to_thread(self.settled, None)
        kinds = []
        for number in range(rounds):
            if not kinds:
                kinds = [(victim, action) for victim in self.victims() for action in ("kill", "stop")]
                chance.shuffle(kinds)
            victim, action = kinds.pop()
            await self.round(number + 1, victim, action, chance.uniform(*STALL))
        await self.finish()
        return max(seconds - floor for times in self.times.values() for seconds, floor in times)

    def victims(self):
        return ("jackd", "analyser", "broadcaster", "source", "neighbour")

    # --- the programs

    def start_all(self):
        os.environ["JACK_INTERNAL_DIR"] = str(rig.BIN.parent / "lib")
        self.addCleanup(os.environ.pop, "JACK_INTERNAL_DIR")
        self.server = self.jackd(period=256)
        self.start_source()
        self.start_neighbour()
        self.station = self.broadcaster()
        self.start_analyser()

    def start_source(self):
        if not hasattr(self, "sound"):
            noise = numpy.random.default_rng(1).normal(0, 0.1, (48000, CHANNELS))
            self.sound = rig.write_wav(self.folder / "noise.wav", noise.astype(numpy.float32))
        self.source = self.player(self.server, [self.sound], "--loop", name="source")

    def start_neighbour(self):
        self.neighbour = self.player(self.server, rig.RECORDINGS[:1], "--loop", name="neighbour")

    def start_analyser(self):
        if self.form == "program":
            self.analyser_child = self.start([rig.BIN / "phicast-jack", "-n", self.name, "-s", self.server.name,
                                              "--connect", "source:out_*"])
        else:
            self.server.run("jack_load", "-i", "--connect 'source:out_*'", self.name, "phicast")

    def patch(self):
        """What no option asks for, as a person connects it."""
        for source, sink in (("source:out_6", f"{self.name}:in_8"), (f"{self.name}:out_2", "system:playback_1")):
            if source not in self.server.ports().get(sink, ()):
                self.server.connect(source, sink)
        rig.wait_until(lambda: self.patched(False), "what was connected by hand")

    def process(self, victim):
        """The victim's process; the plug-in's is the server's."""
        if victim == "analyser":
            return self.analyser_child if self.form == "program" else self.server.child
        return {"jackd": self.server.child, "broadcaster": self.station.child, "source": self.source,
                "neighbour": self.neighbour}[victim]

    # --- one round

    async def round(self, number, victim, action, stall):
        connected = {id(listener): listener.connections for listener in self.listeners}
        if action == "stop":
            what = f"{victim} stopped for {stall:.1f} s"
            process = self.process(victim)
            os.kill(process.pid, signal.SIGSTOP)
            await asyncio.sleep(stall)  # the length of the stall is the thing varied here
            begin = time.monotonic()
            os.kill(process.pid, signal.SIGCONT)
        else:
            what = f"{victim} killed"
            begin = await asyncio.to_thread(self.kill_and_start, victim)
        # What only the dead one knew, a person connects again. The program remembers over a server's death.
        by_hand = action == "kill" and (victim in ("analyser", "source")
                                        or (victim == "jackd" and self.form == "plugin"))
        seconds = await self.all_back(what, begin, by_hand)
        left = await asyncio.to_thread(self.settled, self.baseline)
        floor = await self.all_back("nothing")
        self.times.setdefault(f"{victim} {action}", []).append((seconds, floor))
        print(f"  {number:3d}  {what:32s} back after {seconds:.2f} s (floor {floor:.2f}); {left}", flush=True)
        for listener in self.listeners:
            if (victim, action) != ("broadcaster", "kill"):
                self.assertEqual(listener.connections, connected[id(listener)], f"{what}: a listener was dropped")

    def kill_and_start(self, victim):
        """Kills it and starts it again, with those that cannot live without it; the moment when all are started."""
        if victim == "analyser" and self.form == "plugin":
            self.server.run("jack_unload", self.name)
        else:
            self.process(victim).kill()
        if victim == "jackd":
            for client in (self.source, self.neighbour):
                client.stop()
            self.server.clear()
            self.server.start()
            self.start_source()
            self.start_neighbour()
        if victim == "analyser" or (victim == "jackd" and self.form == "plugin"):
            self.start_analyser()
        if victim == "source":
            self.start_source()
        if victim == "neighbour":
            self.start_neighbour()
        if victim == "broadcaster":
            self.station = self.broadcaster(port=self.station.port)
            for listener in self.listeners:
                listener.broadcaster = self.station
        return time.monotonic()

    def patched(self, by_hand):
        """Every connection as it should be, each source in one input only, but for the one that a person added."""
        ports = self.server.ports()
        want = {f"{self.name}:in_{n}": {f"source:out_{n}"} for n in range(1, CHANNELS + 1)}
        got = {port: peers for port, peers in ports.items() if port.startswith(f"{self.name}:in_") and peers}
        if not by_hand:
            want[f"{self.name}:in_8"] = {"source:out_6"}
        return got == want and (by_hand or "system:playback_1" in ports.get(f"{self.name}:out_2", ()))

    async def all_back(self, what, begin=None, by_hand=False):
        """Waits until all is as it was; s since `begin`, or since now. by_hand: but for what a person connects, which is
        done then."""
        begin = begin or time.monotonic()
        for listener in self.listeners:
            await listener.live(CHANNELS, self.limit)
        try:
            await asyncio.to_thread(rig.wait_until, lambda: self.patched(by_hand), "all connections", self.limit)
        except AssertionError:
            self.fail(f"{self.limit} s after {what} not all is connected: {self.server.ports()}")
        seconds = time.monotonic() - begin
        if by_hand:
            await asyncio.to_thread(self.patch)
        return seconds

    # --- what is left over

    def leavings(self):
        """What a round must not change."""
        ours = {"broadcaster": self.station.child.pid}
        if self.form == "program":
            ours["analyser"] = self.analyser_child.pid
        left = {f"{name} descriptors": descriptors(pid) for name, pid in ours.items()}
        left["broadcaster sockets"] = sockets(self.station.child.pid)
        left["jackd descriptors"] = descriptors(self.server.child.pid)
        left["segments"] = sorted(os.path.basename(path) for path in glob.glob(f"/dev/shm/phicast.{self.name}.*"))
        names = {port.split(":")[0] for port in self.server.ports()}
        left["clients"] = sorted(names)
        left["client sockets"] = sorted(os.path.basename(path) for name in names
                                        for path in glob.glob(f"/dev/shm/jack_{name}_{os.getuid()}_*"))
        return left

    def settled(self, want):
        """The leavings once they are as wanted; a dead listener's socket, say, lives a moment longer."""
        if want is None:
            return self.leavings()
        rig.wait_until(lambda: self.leavings() == want, f"{want} to be left over, not {self.leavings()}", self.limit)
        return f"{resident(self.process('analyser').pid)} and {resident(self.process('broadcaster').pid)} kB"

    async def finish(self):
        for listener in self.listeners:
            await listener.close()
        for kind, times in sorted(self.times.items()):
            over = [seconds - floor for seconds, floor in times]
            print(f"  {self.form}, {kind}: {len(times)} rounds, median {statistics.median(over):.2f} s, worst "
                  f"{max(over):.2f} s over the floor of {statistics.median(f for _, f in times):.2f} s", flush=True)
        if self.form == "plugin":
            self.server.run("jack_unload", self.name)
        else:
            self.assertEqual(self.analyser_child.stop(), 0)
        self.assertEqual(self.station.child.stop(), 0)
        self.assertEqual(glob.glob(f"/dev/shm/phicast.{self.name}.*"), [])


class Long(Matrix):
    """As the command line says: [ROUNDS [SEED]]."""

    async def test_program(self):
        self.assertLess(await self.go("program", ROUNDS, SEED), LIMIT)

    async def test_plugin(self):
        self.assertLess(await self.go("plugin", ROUNDS, SEED), LIMIT)


if __name__ == "__main__":
    LIMIT = 3.0  # s
    ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    SEED = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 32)
    unittest.main(argv=sys.argv[:1], verbosity=0)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Timestamps and latencies against the real thing: what was played when, by JACK's clock, and when it arrived."""

import asyncio
import contextlib
import json
import re
import statistics
import time
import unittest

import numpy

import live
import rig

import chirp

HOP_MS = 512 / 48
LIBFAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


class Latency(live.LiveTest):
    def begin(self, *options, **server):
        """A server, an analyser of one channel and a broadcaster."""
        self.server = self.jackd(realtime=True, sync=True, **server)  # it waits for its clients
        self.analyser(self.server, "-c", "1", *options)
        self.listener = self.broadcaster("--osc", "none")
        rig.wait_ready(self.listener)

    def keep_calibration(self, device, extra, period=256):
        path = self.folder / "state/phicast/calibrations.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps([{"rate": 48000, "period": period, "device": device, "round_trip": extra,
                                     "extra": extra, "confidence": 1}]))

    def hear(self, name, seconds, lead=4800):
        """Starts the chirp; (player, its clock)"""
        player = self.player(self.server, [chirp.write(self.folder / f"{name}.wav", seconds)], "--lead", str(lead),
                             "--clock", "--connect", f"{self.name}:in_1", name=name)
        return player, chirp.Clock(player)

    async def chirp_readings(self, seconds=3):
        async def measure():
            player, clock = self.hear(rig.unique_name("chirp"), seconds)
            messages = await self.collect(self.listener, "metrics", seconds)
            player.stop()
            return chirp.readings(messages, clock)

        readings = await live.undisturbed(self.listener, measure)
        self.assertGreater(len(readings), 25 * (seconds - 0.5))
        return readings

    async def both(self, seconds):
        """(metrics, latency) of the same time."""
        return await asyncio.gather(self.collect(self.listener, "metrics", seconds),
                                    self.collect(self.listener, "latency", seconds))

    def check_ages(self, what, metrics, latency):
        """Messages of the two streams: of each frame the first message, for where frames are rare the rest repeat it."""
        unix = time.time() - time.monotonic()
        ages = {}
        for arrival, text in metrics:
            message = json.loads(text)
            ages.setdefault(message["frame"], 1e3 * (unix + arrival - message["timestamp"]))
        total = statistics.mean(json.loads(text)["total_latency_ms"] for _, text in latency)
        self.figure(f"age at the client {what}, least", min(ages.values()), "ms", 0)
        self.figure(f"age at the client {what}, mean", statistics.mean(ages.values()), "ms", 0)
        self.figure(f"less total_latency_ms {what}", statistics.mean(ages.values()) - total, "ms", -5, 5)

    def check_timestamps(self, what, readings, late=0.0):
        errors = [1e3 * (r.timestamp - r.moment - late) for r in readings]
        self.figure(f"timestamp - true moment {what}, mean", statistics.mean(errors), "ms", -1, 1)
        self.figure(f"timestamp - true moment {what}, furthest", max(map(abs, errors)), "ms", None, HOP_MS)


class Onsets(Latency):
    HITS = [0.4 + 0.31 * i for i in range(8)]  # s; short, for the server must not be late meanwhile
    ROUNDS = 4

    def write_hits(self):
        t = numpy.arange(int(0.3 * chirp.RATE)) / chirp.RATE
        random = numpy.random.default_rng(1)
        sound = 0.001 * random.standard_normal(int((self.HITS[-1] + 1) * chirp.RATE))
        for i, start in enumerate(self.HITS):
            pitch = (60, 200, 700, 5000)[i % 4]
            hit = (numpy.sin(2 * numpy.pi * pitch * t) + 0.3 * random.standard_normal(len(t))) * numpy.exp(-20 * t)
            at = int(start * chirp.RATE)
            sound[at:at + len(hit)] += 0.3 * hit
        return rig.write_wav(self.folder / "hits.wav", sound.astype(numpy.float32)[:, None])

    @staticmethod
    def delays(arrivals, moments, period):
        """Of a sound from a card, which would have been at its input a period before a program hands it over; in ms."""
        found = []
        for moment in moments:
            after = [arrival for arrival in arrivals if -0.01 < arrival - moment < 0.2]
            if after:
                found.append(1e3 * (after[0] - moment) + 1e3 * period / chirp.RATE)
        return found

    def check(self, what, delays):
        self.figure(f"onsets told {what}", len(delays), "", self.ROUNDS * len(self.HITS))
        self.figure(f"attack to message {what}, median", statistics.median(delays), "ms", None, 25)
        self.figure(f"attack to message {what}, most", max(delays), "ms")

    async def test_attack_to_message(self):
        period = 256
        self.begin(period=period)

        async def measure():
            player = self.player(self.server, [self.write_hits()], "--lead", "4800", "--clock", "--connect",
                                 f"{self.name}:in_1", name=rig.unique_name("hits"))
            streams = await asyncio.gather(self.collect(self.listener, "metrics?rate=120&add=onsets", self.HITS[-1] + 1.5),
                                           self.events(self.HITS[-1] + 1.5))
            clock = chirp.Clock(player)
            moments = clock.moments(self.HITS)
            player.stop()
            return streams, moments

        of_metrics, of_events = [], []
        for _ in range(self.ROUNDS):
            (metrics, events), moments = await live.undisturbed(self.listener, measure)
            unix = time.time() - time.monotonic()
            strengths = [(unix + arrival, json.loads(text)["onset_strength"]) for arrival, text in metrics]
            jumps = [b[0] for a, b in zip(strengths, strengths[1:]) if b[1] > a[1]]
            of_metrics += self.delays(jumps, moments, period)
            of_events += self.delays([unix + arrival for arrival, event in events if event["type"] == "onset"], moments,
                                     period)
        self.check("in metrics at 120 Hz", of_metrics)
        self.check("as an event", of_events)

    async def events(self, seconds):
        found = []
        end = time.monotonic() + seconds
        async with self.listener.ws("events?add=onsets") as ws:
            while (left := end - time.monotonic()) > 0:
                with contextlib.suppress(asyncio.TimeoutError):
                    text = await asyncio.wait_for(ws.recv(), left)
                    found.append((time.monotonic(), json.loads(text)))
        return found


class Timestamps(Latency):
    async def check_period(self, period):
        self.begin(period=period)
        self.check_timestamps(f"at {period}", await self.chirp_readings())

    async def test_true_moment_64(self):
        await self.check_period(64)

    async def test_true_moment_256(self):
        await self.check_period(256)

    async def test_true_moment_1024(self):
        await self.check_period(1024)

    async def test_calibrated(self):
        """What calibration found of a loop passes for half on the way in, and the timestamp goes back by that."""
        self.keep_calibration("card", 4800)
        self.begin()

        async def measure():
            player, clock = self.hear("card", 5)
            messages = await self.collect(self.listener, "metrics", 4)
            latency = self.listener.json("/api/latency")
            player.stop()
            return chirp.readings(messages[30:], clock), latency

        readings, latency = await live.undisturbed(self.listener, measure)
        self.check_timestamps("calibrated", readings, late=-0.05)
        self.assertTrue(latency["calibrated"])
        self.assertAlmostEqual(latency["hardware_latency_ms"], 50, places=3)
        self.assertAlmostEqual(latency["total_latency_ms"], 50 + latency["software_latency_ms"], places=3)
        self.assertGreater(latency["compensation_ms"], 50)

    async def test_no_compensation(self):
        self.begin("--no-compensation")
        readings = await self.chirp_readings()
        ages = [1e3 * (r.timestamp - r.moment) for r in readings]
        waits = [1e3 * (r.arrival - r.timestamp) for r in readings]
        latencies = [json.loads(text) for _, text in await self.collect(self.listener, "latency", 2)]
        # From the centre half a window has to pass, less the period that is still to be played, and at most a hop
        # and a period more.
        self.figure("published - true moment, least", min(ages), "ms", (1024 - 256) / 48 - 1)
        self.figure("published - true moment, mean", statistics.mean(ages), "ms", None, (1024 + 256) / 48)
        self.figure("arrival - published, least", min(waits), "ms", -0.2)
        self.figure("arrival - published, mean", statistics.mean(waits), "ms", None, HOP_MS)
        for message in latencies:
            self.assertEqual(message["compensation_ms"], 0)

    async def test_clock_steps(self):
        """The clock that phicast-jack sees is set by an hour, back, and back again."""
        steered = self.folder / "clock"

        def turn(seconds):
            fresh = self.folder / "clock.new"
            fresh.write_text(f"{seconds:+d}")
            fresh.rename(steered)

        turn(0)
        self.server = self.jackd(realtime=True, sync=True)
        analyser = self.start([rig.BIN / "phicast-jack", "-n", self.name, "-s", self.server.name, "-c", "1"],
                              env={"LD_PRELOAD": LIBFAKETIME, "FAKETIME_TIMESTAMP_FILE": str(steered),
                                   "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"})
        analyser.line(r"stream starts", "err")
        self.listener = self.broadcaster("--osc", "none")
        rig.wait_ready(self.listener)
        steps = ((2.5, 3600), (5, 0), (7.5, -3600), (10, 0))

        async def measure():
            player, clock = self.hear(rig.unique_name("chirp"), 13)
            collecting = asyncio.create_task(self.collect(self.listener, "metrics", 12.5))
            first = clock.began()
            turns = [(first, 0)]
            for after, seconds in steps:
                await asyncio.sleep(first + after - time.time())
                turn(seconds)
                turns.append((time.time(), seconds))
            messages = await collecting
            player.stop()
            return chirp.readings(messages, clock), turns

        readings, turns = await live.undisturbed(self.listener, measure)
        for (begin, seconds), (end, _) in zip(turns, turns[1:] + [(turns[-1][0] + 100, 0)]):
            settled = [r for r in readings if begin + 1 < r.arrival < end]
            self.assertGreater(len(settled), 25)
            self.check_timestamps(f"by a clock {seconds:+d} s off", settled, late=seconds)
        self.assertEqual(sum(b.timestamp - a.timestamp < -3500 for a, b in zip(readings, readings[1:])), 2)
        self.assertEqual(sum(b.timestamp - a.timestamp > 3500 for a, b in zip(readings, readings[1:])), 2)
        for a, b in zip(readings, readings[1:]):
            self.assertTrue(abs(b.timestamp - a.timestamp) > 3500 or b.timestamp >= a.timestamp, f"{a} {b}")
        logged = re.findall(r"clock was set by (-?\d+\.\d+) s", analyser.err)
        self.assertEqual([round(float(s)) for s in logged[:4]], [3600, -3600, -3600, 3600])
        delays = [min(r.arrival for r in readings if r.arrival > at and abs(r.timestamp - r.moment - s) < 1) - at
                  for at, s in turns[1:]]
        self.figure("timestamps right again after a step of the clock, most", max(delays), "s", None, 1)


class LongPeriods(Latency):
    """Periods longer than half a window. JACK dates a period's samples from its cycle's start until the next one's, so
    the newest window's centre lies in the future by its clock."""

    async def check_program(self, period, *options):
        """A program has handed its sound over when the cycle began: that is when it was at the input."""
        self.begin(*options, period=period)

        async def measure():
            player, clock = self.hear(rig.unique_name("chirp"), 8)
            metrics, latency = await self.both(6)
            player.stop()
            return metrics, latency, clock

        metrics, latency, clock = await live.undisturbed(self.listener, measure)
        readings = chirp.readings(metrics, clock)
        self.assertGreater(len(readings), 50)
        handed = clock.handed_over([r.seconds for r in readings], period)
        errors = [1e3 * (r.timestamp - at) for r, at in zip(readings, handed)]
        what = f"of a program at {period}"
        self.figure(f"timestamp - handing over {what}, mean", statistics.mean(errors), "ms", -1, 1)
        self.figure(f"timestamp - handing over {what}, furthest", max(map(abs, errors)), "ms", None, 5)
        self.check_ages(what, metrics, latency)

    async def test_program_2048(self):
        await self.check_program(2048)

    async def test_program_4096(self):
        await self.check_program(4096)

    async def test_program_1024_short_window(self):
        await self.check_program(1024, "--window", "512", "--hop", "128")

    async def check_card(self, period):
        """A card's samples were at its input a period before JACK's date."""
        self.begin("--connect", "system:capture_1", period=period)
        rig.wait_until(lambda: self.listener.json("/api/latency")["hardware_latency_ms"] > 0, "the connection")

        async def measure():
            return await self.both(5)

        metrics, latency = await live.undisturbed(self.listener, measure)
        self.check_ages(f"of a card at {period}", metrics, latency)

    async def test_card_1024(self):
        await self.check_card(1024)

    async def test_card_4096(self):
        await self.check_card(4096)


class Streams(Latency):
    def check_sums(self, latency):
        for message in latency:
            total = message["total_latency_ms"]
            parts = message["hardware_latency_ms"] + message["software_latency_ms"]
            self.assertAlmostEqual(total, parts, delta=2e-6 * total)

    async def check_total(self, period):
        self.begin(period=period)

        async def measure():
            player, clock = self.hear(rig.unique_name("chirp"), 6)
            await asyncio.sleep(1.5)
            metrics, latency = await self.both(4)
            player.stop()
            return chirp.readings(metrics, clock), [json.loads(text) for _, text in latency]

        readings, latency = await live.undisturbed(self.listener, measure)
        self.assertGreater(len(readings), 100)
        self.check_sums(latency)
        measured = [1e3 * (r.arrival - r.moment) for r in readings]
        told = [message["total_latency_ms"] for message in latency]
        self.figure(f"sound to client at {period}, less total_latency_ms, means",
                    statistics.mean(measured) - statistics.mean(told), "ms", -5, 5)

    async def test_total_64(self):
        await self.check_total(64)

    async def test_total_256(self):
        await self.check_total(256)

    async def test_total_1024(self):
        await self.check_total(1024)

    async def test_onsets(self):
        """Bursts at known moments: the first message whose centre has reached one comes as late as total_latency_ms
        says, and half the time from message to message more."""
        self.begin()
        random = numpy.random.default_rng(1)
        onsets = 1 + numpy.cumsum(random.uniform(0.3, 0.4, 30))
        t = numpy.arange(int(48000 * (onsets[-1] + 0.5))) / 48000
        wave = numpy.zeros(len(t))
        for onset in onsets:
            wave[(t >= onset) & (t < onset + 0.15)] = 1
        wave *= 0.5 * numpy.sin(2 * numpy.pi * 4000 * t)
        path = rig.write_wav(self.folder / "bursts.wav", wave.astype(numpy.float32)[:, None])

        async def measure():
            player = self.player(self.server, [path], "--lead", "4800", "--clock", "--connect", f"{self.name}:in_1")
            clock = chirp.Clock(player)
            metrics, latency = await self.both(len(t) / 48000)
            player.stop()
            return clock.moments(onsets), metrics, latency

        moments, metrics, latency = await live.undisturbed(self.listener, measure)
        unix = time.time() - time.monotonic()
        shown = [unix + arrival for arrival, text in metrics
                 if json.loads(text)["channel_metrics"][0]["amplitude"] >= 0.25]
        delays = [1e3 * (min(a for a in shown if a > moment) - moment) for moment in moments]
        beat = 1e3 * statistics.mean(b[0] - a[0] for a, b in zip(metrics, metrics[1:]))
        told = [json.loads(text)["total_latency_ms"] for _, text in latency[10:]]
        self.figure("onset to the first message that shows it, less what is told",
                    statistics.mean(delays) - statistics.mean(told) - beat / 2, "ms", -5, 5)

    def test_jitter_as_another_client_sees_it(self):
        self.begin()
        other = self.start([rig.BIN / "phicast-jitter", "-s", self.server.name])
        other.line(r" of 9\.9\d s")
        ratios = []
        for _ in range(20):
            time.sleep(0.25)
            ours = self.listener.json("/api/latency")["jitter_ms"]
            theirs = float(other.out.strip().splitlines()[-1].split()[0])
            ratios.append(ours / theirs)
        # An outlier leaves the two windows of 10 s up to a quarter of a second apart.
        self.figure("jitter_ms against what another client sees, median", statistics.median(ratios), "", 0.8, 1.25)


@unittest.skipUnless(rig.LIBJACK, "PipeWire is not installed")
class OnPipeWire(live.LiveTest):
    async def test_true_moment(self):
        server = rig.PipeWire(self)
        server.analyser("-c", "1").line(r"stream starts at JACK frame \d+", "err")
        listener = self.broadcaster("--osc", "none")
        rig.wait_ready(listener)
        for quantum in (256, 1024):
            server.quantum(quantum)
            rig.wait_until(lambda q=quantum: listener.json("/api/status")["analyser"]["period"] == q, "the quantum")
            wav = chirp.write(self.folder / "chirp.wav", 5)
            player = self.start([rig.BIN / "phicast-play", "-n", rig.unique_name("chirp"), "--lead", "4800",
                                 "--clock", "--connect", f"{self.name}:in_1", wav], env=server.env)
            clock = chirp.Clock(player)
            readings = chirp.readings(await self.collect(listener, "metrics", 5), clock)
            errors = [1e3 * (r.timestamp - r.moment) for r in readings]
            self.assertGreater(len(errors), 80)
            self.figure(f"timestamp - true moment in PipeWire at {quantum}, furthest", max(map(abs, errors)), "ms", None,
                        HOP_MS)
            player.wait()


if __name__ == "__main__":
    live.main()

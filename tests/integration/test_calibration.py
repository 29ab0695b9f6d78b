# SPDX-License-Identifier: GPL-3.0-or-later
"""Calibration over loops of known delay: what it finds, when it refuses, what it keeps, and whom it disturbs."""

import asyncio
import json
import re

import numpy

import rig

FOUND = re.compile(r"round trip ([\d.]+) samples .* of which (-?[\d.]+) ")
ENDED = re.compile("(calibrated: round|calibration (?:failed|refused))")


class Calibration(rig.RigTest):
    def begin(self, period=256, **options):
        self.server = self.jackd(period=period, patient=True, **options)

    def loop(self, *options):
        """The way from an output back to an input; the client's name."""
        name = rig.unique_name("loop")
        child = self.start([rig.BIN / "phicast-delay", "-n", name, "-s", self.server.name, *map(str, options)])
        child.line("^ready")
        self.loop_child = child
        return name

    def once(self, loop=None, *options):
        """phicast-jack --calibrate: (exit code, what it said)"""
        ports = ["--calibrate-out", f"{loop}:in", "--calibrate-in", f"{loop}:out"] if loop else []
        result = self.run_program("phicast-jack", "-n", self.name, "-s", self.server.name, "-c", "1", "--calibrate", *ports,
                                  *options)
        return result.returncode, result.stderr

    def found(self, *options):
        """(round trip, extra) in samples, over a loop of these options."""
        loop = self.loop(*options)
        code, said = self.once(loop)
        self.assertEqual(code, 0, said)
        self.loop_child.stop()
        return [float(number) for number in FOUND.search(said).groups()]


class Known(Calibration):
    def iodelay(self, loop):
        """The round trip and the extra loopback latency that jack_iodelay prints, which runs as long as the server: it
        knows no other end, and a patient server waits half a minute for each client that is killed."""
        if not self.jack_iodelay:
            self.jack_iodelay = self.start(["stdbuf", "-oL", "jack_iodelay"], env=self.server.env)
        child, pattern = self.jack_iodelay, r"^ *([\d.]+) frames .* total roundtrip latency\n\s+extra loopback latency: (\d+) frames"
        self.server.connect("jack_delay:out", f"{loop}:in")
        self.server.connect(f"{loop}:out", "jack_delay:in")
        before = len(child.out)
        rig.wait_until(lambda: len(re.findall(pattern, child.out[before:], re.MULTILINE)) >= 5, "jack_iodelay to be sure")
        return [float(number) for number in re.findall(pattern, child.out, re.MULTILINE)[-1]]

    def check_known(self, period, delays):
        """The loop feeds its own source, which costs a period: for JACK can run no client before itself."""
        self.begin(period=period)
        self.jack_iodelay = None
        for delay in delays:
            round_trip, extra = self.found("-d", delay)
            loop = self.loop("-d", delay)
            other, other_extra = self.iodelay(loop)
            self.loop_child.stop()
            print(f"{delay} samples at a period of {period}: {round_trip}, extra {extra}; jack_iodelay {other}, "
                  f"{other_extra}", flush=True)
            self.assertAlmostEqual(round_trip, delay + period, delta=1)
            self.assertAlmostEqual(round_trip, other, delta=1)
            self.assertAlmostEqual(extra, other_extra, delta=1.5)  # which it prints cut to a whole number
        self.server.kill()

    def test_known_delays(self):
        self.check_known(256, (0, 1, 100, 4800, 48000))

    def test_known_delays_64(self):
        self.check_known(64, (0, 100))

    def test_known_delays_1024(self):
        self.check_known(1024, (1, 48000))

    def test_other_rates(self):
        for rate in (44100, 96000):
            self.begin(rate=rate)
            self.assertAlmostEqual(self.found("-d", rate)[0], rate + 256, delta=1)

    def test_noise_beside_the_signal(self):
        self.begin()
        for delay in (0, 333, 4800, 48000):
            round_trip, _ = self.found("-d", delay, "--noise", "0.01")  # the signal has 0.1
            print(f"{delay} samples in noise at -20 dB: {round_trip}", flush=True)
            self.assertAlmostEqual(round_trip, delay + 256, delta=2)

    def test_turned_over_and_faint(self):
        self.begin()
        self.assertAlmostEqual(self.found("-d", 500, "-g", "-0.03")[0], 756, delta=1)


class Refusals(Calibration):
    def refused(self, words, loop=None, *options):
        code, said = self.once(loop, *options)
        self.assertEqual(code, 1, said)
        self.assertRegex(said, words)
        self.assertNotRegex(said, FOUND)

    def test_nothing_connected(self):
        self.begin()
        self.refused("calibration_out is connected with nothing")
        loop = self.loop()
        self.refused("calibration_in is connected with nothing", None, "--calibrate-out", f"{loop}:in")
        self.refused("calibration_out is connected with nothing", None, "--calibrate-in", f"{loop}:out")
        self.refused("nowhere:in: cannot be connected", None, "--calibrate-out", "nowhere:in")
        self.assertFalse((self.folder / "state").exists())

    def test_what_comes_back_is_no_answer(self):
        self.begin()
        for words, options in (("nothing came back", ["-g", "0"]),
                               ("is clipped", ["-d", "100", "-g", "20"]),
                               ("only noise came back", ["-g", "0", "--noise", "0.1"]),
                               ("came back twice", ["-d", "300", "-e", "2300"])):
            self.refused(words, self.loop(*options))
            self.loop_child.stop()
        self.assertFalse((self.folder / "state").exists())


class Running(Calibration):
    """POST /api/calibrate of an analyser that runs."""

    def begin(self, *options, **server):
        super().begin(**server)
        self.child = self.analyser(self.server, "-c", "2", *options)
        self.listener = self.broadcaster("--osc", "none")
        rig.wait_ready(self.listener)

    def patch(self, loop):
        self.server.connect(f"{self.name}:calibration_out", f"{loop}:in")
        self.server.connect(f"{loop}:out", f"{self.name}:calibration_in")

    def post(self):
        self.assertEqual(self.listener.get("/api/calibrate", "POST")[0], 202)

    def calibration(self):
        return self.listener.json("/api/status")["analyser"]["calibration"]

    def becomes(self, state):
        rig.wait_until(lambda: self.calibration()["state"] == state, f"the calibration to be {state}")

    def calibrated(self, yes=True):
        rig.wait_until(lambda: self.listener.json("/api/latency")["calibrated"] is yes, f"calibrated to be {yes}")

    def ends(self, state):
        """The calibration that is asked for now ends so, in the log and in the status."""
        before = len(self.child.err)
        self.post()
        word = rig.wait_until(lambda: ENDED.search(self.child.err[before:]), "the calibration to end").group(1)
        self.assertEqual(word, {"done": "calibrated: round", "refused": "calibration refused"}.get(state, "calibration failed"))
        self.becomes(state)

    def test_states(self):
        self.begin()
        self.assertEqual(self.calibration()["state"], "none")
        self.ends("refused")
        loop = self.loop("-d", "944")
        self.patch(loop)
        self.post()
        self.becomes("running")
        self.post()
        self.child.line("calibration refused: one is under way", "err")
        self.assertIs(self.listener.json("/api/latency")["calibrated"], False)
        self.becomes("done")
        told = self.calibration()
        self.assertAlmostEqual(told["round_trip_ms"], 25, delta=1 / 48)
        self.assertAlmostEqual(told["extra_ms"], 25, delta=1 / 48)
        self.assertTrue(0.9 < told["confidence"] <= 1)
        latency = self.listener.json("/api/latency")
        self.assertTrue(latency["calibrated"])
        self.assertAlmostEqual(latency["hardware_latency_ms"], 12.5, delta=1 / 48)

    def test_failures(self):
        """They are said, and what held before goes on to hold."""
        self.begin()
        good = self.loop("-d", "944")
        self.patch(good)
        self.ends("done")
        self.loop_child.stop()
        for state, options in (("silent", ["-g", "0"]), ("clipped", ["-g", "20"]), ("ambiguous", ["-e", "2000"]),
                               ("noise", ["-g", "0", "--noise", "0.1"])):
            self.patch(self.loop(*options))
            self.ends(state)
            self.loop_child.stop()
        kept = json.loads((self.folder / "state/phicast/calibrations.json").read_text())
        self.assertEqual([entry["device"] for entry in kept], [good])

    def test_spoiled(self):
        """By another period, and by the end of the server."""
        self.begin()
        self.patch(self.loop())
        self.post()
        self.becomes("running")
        self.server.run("jack_bufsize", 1024)
        self.becomes("spoiled")
        self.server.run("jack_bufsize", 256)
        self.ends("done")
        self.post()
        self.becomes("running")
        self.server.kill()
        self.becomes("spoiled")
        self.server.start()
        self.child.line(r"(stream starts[^$]*){2}", "err")
        self.patch(self.loop())
        self.ends("done")

    def test_kept_and_dropped(self):
        self.begin()
        loop = self.loop("-d", "944")
        self.patch(loop)
        self.server.connect(f"{loop}:out", f"{self.name}:in_1")
        self.ends("done")
        self.calibrated()
        kept = json.loads((self.folder / "state/phicast/calibrations.json").read_text())
        self.assertEqual([(e["rate"], e["period"], e["device"]) for e in kept], [(48000, 256, loop)])

        self.server.run("jack_bufsize", 1024)
        self.calibrated(False)
        self.becomes("none")
        self.assertEqual(self.listener.json("/api/latency")["hardware_latency_ms"], 0)
        self.server.run("jack_bufsize", 256)
        self.calibrated()
        self.becomes("done")

        other = self.loop()  # another device
        self.server.run("jack_disconnect", f"{loop}:out", f"{self.name}:in_1")
        self.server.connect(f"{other}:out", f"{self.name}:in_1")
        self.calibrated(False)
        self.server.run("jack_disconnect", f"{other}:out", f"{self.name}:in_1")
        self.server.connect(f"{loop}:out", f"{self.name}:in_2")
        self.calibrated()

        self.assertEqual(self.child.stop(), 0)  # kept for the next time
        self.child = self.analyser(self.server, "-c", "2")
        rig.wait_ready(self.listener)
        self.calibrated(False)
        self.server.connect(f"{loop}:out", f"{self.name}:in_1")
        self.calibrated()
        self.child.line(r"calibrated: 1200\.0 samples round trip .* kept from earlier", "err")
        self.assertAlmostEqual(self.calibration()["round_trip_ms"], 25, delta=1 / 48)

    def test_measured_on_another_device(self):
        """A card's loop says nothing of inputs that listen to something else."""
        self.begin()
        other, loop = self.loop(), self.loop("-d", "944")
        self.server.connect(f"{other}:out", f"{self.name}:in_1")
        self.patch(loop)
        self.ends("done")
        self.assertIn(f"measured on {loop}, but the inputs listen to {other}", self.child.err)
        latency = self.listener.json("/api/latency")
        self.assertEqual((latency["calibrated"], latency["hardware_latency_ms"]), (False, 0))
        self.server.connect(f"{loop}:out", f"{self.name}:in_2")  # in_1 still comes first
        self.server.run("jack_disconnect", f"{other}:out", f"{self.name}:in_1")
        self.calibrated()

    async def settled(self):
        """Waits until the tone has filled the window and what is smoothed has come to rest."""
        async with self.listener.ws("metrics") as ws:
            while not (channels := json.loads(await asyncio.wait_for(ws.recv(), rig.PATIENCE))["channel_metrics"]) or \
                    abs(channels[0]["amplitude"] - 0.25) > 1e-5:
                pass

    async def test_nobody_is_disturbed(self):
        """Meanwhile the sound passes bit for bit, and the numbers stand still for a sound that does."""
        self.begin()
        self.patch(self.loop("-d", "944"))
        frames = 8 * 48000
        tone = (0.25 * numpy.sin(2 * numpy.pi * 1000 * numpy.arange(frames) / 48000)).astype(numpy.float32)
        noise = numpy.random.default_rng(4).integers(0, 2**32, size=frames, dtype=numpy.uint32)  # any bits at all
        played = numpy.stack([tone.view(numpy.uint32), noise], axis=1)
        wav, out = rig.write_wav(self.folder / "in.wav", played), self.folder / "out.wav"

        capture = self.start([rig.BIN / "phicast-capture", "-s", self.server.name, "-f", frames + 3 * 48000, out,
                              f"{self.name}:out_1", f"{self.name}:out_2"])
        began = int(capture.line(r"^first sample at JACK frame (\d+)").group(1))
        player = self.player(self.server, [wav], "--connect", f"{self.name}:in_*", "--lead", "4800")
        first = int(player.line(r"^first sample at JACK frame (\d+)").group(1))
        await self.settled()
        calibrating = asyncio.create_task(asyncio.to_thread(lambda: [self.ends("done") for _ in range(2)]))
        tones = []
        async with self.listener.ws("metrics") as ws:
            while not calibrating.done():
                tones.append(json.loads(await asyncio.wait_for(ws.recv(), rig.PATIENCE))["channel_metrics"][0])
        self.assertTrue(player.alive(), "the sound was over too soon")
        self.assertEqual((await asyncio.to_thread(player.wait), await asyncio.to_thread(capture.wait)), (0, 0))
        got = rig.read_wav(out)[first - began:first - began + frames]
        await calibrating
        self.assertEqual(numpy.count_nonzero(got != played), 0)
        self.assertGreater(len(tones), 20)
        for channel in tones:
            self.assertAlmostEqual(channel["frequency"], 1000, delta=0.02)
            self.assertAlmostEqual(channel["amplitude"], 0.25, delta=1e-4)


if __name__ == "__main__":
    rig.main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""MIDI out in a real server, heard by a JACK client of ours and by JACK's own tool."""

import asyncio
import collections
import contextlib
import json
import math
import re

import numpy

import rig
from test_cv import octaves
from test_states import scene

RATE = 48000
WINDOW = 2048
HOP = 512
CHANNELS = 4
BANDS = 8
SECONDS = 6
INTERVAL = RATE // 30
NOTE = RATE // 10
NOTES = {"idle": 60, "ambient": 61, "coherent": 62, "turbulent": 63, "critical": 64}

Message = collections.namedtuple("Message", "frame kind channel number value")


def values(message):
    """What the controllers carry, as parts of their range, by their numbers."""
    return {20: message["ici"], 21: min(message["criticality"] / 4, 1), 22: message["phase_coherence"],
            23: octaves(message["spectral_centroid"]), 24: message["phi_depth"],
            25: message["phi_phase"] / (2 * math.pi), 26: float(message["phi_breathing_active"]),
            27: message["active_channels"] / 64, 28: message["onset_strength"],
            **{102 + n: min(band / 0.3, 1) for n, band in enumerate(message["bands"])}}


class MidiOut(rig.RigTest):
    def begin(self, *options, **server):
        self.server = self.jackd(patient=True, **server)
        return self.analyser(self.server, *options)

    def monitor(self):
        child = self.start([rig.BIN / "phicast-midi-monitor", "-s", self.server.name, "-n", rig.unique_name("hear"), "--from",
                            f"{self.name}:midi_out"])
        child.line("^listening")
        return child

    def heard(self, monitor):
        """All messages so far, whole ones of ours."""
        found = []
        for frame, text in re.findall(r"^(\d+) (\S+)\n", monitor.out, re.MULTILINE):
            status, number, value = bytes.fromhex(text.replace(":", ""))
            found.append(Message(int(frame), status >> 4, (status & 15) + 1, number, value))
        return found

    def controllers(self, monitor):
        return [message for message in self.heard(monitor) if message.kind == 0xB]

    def test_port_is_there_if_asked_for(self):
        analyser = self.begin("-c", "2")
        self.assertNotIn(f"{self.name}:midi_out", self.server.ports())
        analyser.stop()
        self.analyser(self.server, "-c", "2", "--midi-out")
        told = self.server.run("jack_lsp", "-t", "-p", "-l", f"{self.name}:midi_out").stdout
        for words in ("8 bit raw midi", "output", f"capture latency = [ {WINDOW // 2} {WINDOW // 2} ]"):
            self.assertIn(words, told)

    def test_wrong_options_are_refused(self):
        for options, words in ((("--midi-out-cc", "ici=120"), "CC from 0 to 119"),
                               (("--midi-out-cc", "loudness=20"), "no such metric"),
                               (("--midi-out-note", "onset=60"), "is the note of idle as well"),
                               (("--midi-out", "--midi-out-cc", "ici=64"), "midi_in takes controller 64 as --midi-breathing"),
                               (("--midi-out", "--midi-rate", "20"), "midi_out would steer it; give either another number")):
            done = self.run_program("phicast-jack", *options)
            self.assertEqual(done.returncode, 2)
            self.assertIn(words, done.stderr)

    async def listen(self, broadcaster, stream, until, found):
        async with broadcaster.ws(stream) as ws:
            while until():
                with contextlib.suppress(asyncio.TimeoutError):
                    found.append(json.loads(await asyncio.wait_for(ws.recv(), 0.5)))

    async def check_values(self, period, fine, *options):
        """Plays recordings; compares what is heard with what the messages say, at the moment that the latency says."""
        analyser = self.begin("-c", str(CHANNELS), "--midi-out", "--midi-out-cc", "band/*=102", "--tau-smooth-ms", "0", *options,
                              period=period)
        broadcaster = self.broadcaster()
        start = int(analyser.line(r"stream starts at JACK frame (\d+)", "err").group(1))
        rig.wait_ready(broadcaster)
        monitor = self.monitor()
        player = self.player(self.server, [rig.recorded_mix(self.folder, SECONDS)], "--connect", f"{self.name}:in_*")
        messages = []
        await self.listen(broadcaster, "metrics?add=bands,onsets&rate=120", player.alive, messages)
        broadcaster.child.stop()
        analyser.stop()
        monitor.stop()
        self.assertEqual(len(re.findall(r"stream starts", analyser.err)), 1, analyser.err)
        self.assertNotIn("no room", analyser.err)
        self.check_controllers({message["frame"]: values(message) for message in messages}, self.controllers(monitor), start, fine)

    def check_controllers(self, frames, heard, start, fine):
        compared, last = collections.Counter(), {}
        heard = collections.deque(heard)
        self.assertEqual({message.channel for message in heard}, {16})
        while heard:
            message = heard.popleft()
            most, value = 127, message.value
            if fine and message.number < 32:
                lower = heard.popleft()
                self.assertEqual((lower.frame, lower.number), (message.frame, message.number + 32))
                most, value = 16383, 128 * value + lower.value
            before, then = last.get(message.number, (None, -INTERVAL))
            self.assertNotEqual(value, before, message)
            at = message.frame - start
            self.assertGreaterEqual(at - then, INTERVAL, message)  # 30 Hz
            last[message.number] = value, at
            frame = frames.get((at - WINDOW) // HOP)
            if frame:
                self.assertLess(abs(value - most * frame[message.number]), 0.5 + 2e-6 * most, message)
                compared[message.number] += 1
        print(f"compared: {dict(compared)}")
        for number in (20, 21, 22, 23, 28, *range(102, 102 + BANDS)):
            self.assertGreater(compared[number], 10, number)
        self.assertEqual(set(last), set(range(20, 29)) | set(range(102, 102 + BANDS)))

    async def test_values(self):
        await self.check_values(256, False)

    async def test_fine_values_while_it_breathes(self):
        await self.check_values(64, True, "--midi-out-fine", "--breathing")

    async def test_values_at_a_long_period(self):
        await self.check_values(2048, False)

    async def test_nothing_is_sent_while_nothing_changes(self):
        self.begin("-c", "2", "--midi-out")
        broadcaster = self.broadcaster()
        rig.wait_ready(broadcaster)
        monitor = self.monitor()
        source = self.player(self.server, [rig.RECORDINGS[0]], "--connect", f"{self.name}:in_*")
        rig.wait_until(lambda: len(self.controllers(monitor)) > 50, "the sound's controllers")
        source.wait()
        rig.wait_until(lambda: broadcaster.json("/api/metrics")["active_channels"] == 0, "silence")
        count = len(self.heard(monitor))
        deadline = broadcaster.json("/api/metrics")["frame"]

        def quiet():
            """Three seconds of frames without a message."""
            nonlocal count, deadline
            now, frame = len(self.heard(monitor)), broadcaster.json("/api/metrics")["frame"]
            if now != count:
                count, deadline = now, frame
            return frame > deadline + 3 * RATE / HOP

        rig.wait_until(quiet, "nothing more")
        self.assertEqual({message.number: message.value for message in self.controllers(monitor)}[27], 0)
        late = self.monitor()
        rig.wait_until(lambda: len(self.heard(late)) >= 9, "the values for whoever comes late")
        self.assertEqual(sorted(message.number for message in self.controllers(late)), [*range(20, 29)])

    def spans(self, heard):
        """[(note, velocity, from, to)] of what is heard, which must be one after the other for each note."""
        begun, spans = {}, []
        for message in heard:
            if message.kind == 9:
                self.assertNotIn(message.number, begun)
                begun[message.number] = message
            elif message.kind == 8:
                on = begun.pop(message.number)
                spans.append((on.number, on.value, on.frame, message.frame))
        self.assertEqual(begun, {})
        return sorted(spans, key=lambda span: span[2])

    async def test_notes(self):
        """One for each event of the stream, in their order."""
        analyser = self.begin("-c", "3", "--midi-out")
        broadcaster = self.broadcaster()
        rig.wait_ready(broadcaster)
        monitor = self.monitor()
        events = []
        player = self.player(self.server, [rig.write_wav(self.folder / "scene.wav", scene())], "--connect", f"{self.name}:in_*")
        await self.listen(broadcaster, "events?add=onsets", player.alive, events)
        analyser.stop()
        monitor.stop()
        spans = self.spans(self.heard(monitor))
        expected = {60: [], 61: [], 62: [], 63: [], 64: [], 65: [], 66: []}
        for event in events:
            if event["type"] == "state_change" and event["to_state"] in NOTES and event["trigger"] != "analyser_found":
                expected[NOTES[event["to_state"]]].append(1 + round(126 * event["confidence"]))
            elif event["type"] == "critical_event":
                expected[65].append(1 + round(126 * min(event["criticality"] / 4, 1)))
            elif event["type"] == "onset":
                expected[66].append(1 + round(126 * event["strength"]))
        for note, velocities in expected.items():
            self.assertGreater(len(velocities), 0, note)
            self.assertEqual([span[1] for span in spans if span[0] == note], velocities, note)
        for note, _, began, ended in spans:
            anew = any(span[0] == note and span[2] == ended for span in spans)
            self.assertTrue(ended - began == NOTE or (anew and ended - began < NOTE), (note, began, ended))
        print({note: len(velocities) for note, velocities in expected.items()})

    def test_numbers_of_ones_own(self):
        """From the configuration file. And no note is left sounding."""
        config = self.folder / "own.conf"
        config.write_text(json.dumps({"phicast-jack": {
            "channels": 2, "midi-out": True, "midi-out-channel": 3,
            "midi-out-cc": ["ici=7", "phi_phase=none", "level/*/rms=110"],
            "midi-out-note": ["onset=36", "idle=none", "ambient=none", "coherent=none", "turbulent=none", "critical=none",
                              "critical_event=none"]}}))
        analyser = self.begin("--config", config)
        monitor = self.monitor()
        random = numpy.random.default_rng(3)
        time = numpy.arange(60 * RATE) / RATE
        hits = (0.3 * numpy.exp(-(time % 0.12) / 0.02) * random.standard_normal(len(time))).astype(numpy.float32)
        self.player(self.server, [rig.write_wav(self.folder / "hits.wav", numpy.repeat(hits[:, None], 2, axis=1))], "--connect",
                    f"{self.name}:in_*")

        def struck():
            return [message for message in self.heard(monitor) if message.kind == 9]

        rig.wait_until(lambda: len(struck()) > 20, "twenty hits")
        self.assertEqual(analyser.stop(), 0)
        monitor.stop()
        heard = self.heard(monitor)
        self.assertEqual({message.channel for message in heard}, {3})
        self.assertEqual({message.number for message in heard if message.kind == 0xB}, {7, *range(21, 25), *range(26, 29), 110, 111})
        self.assertEqual({span[0] for span in self.spans(heard)}, {36})
        self.assertLess(heard[-1].frame - struck()[-1].frame, NOTE + 1)

    def test_it_never_answers_itself(self):
        self.begin("-c", "2", "--midi-out", "--midi-out-fine", "--midi-out-cc", "level/*/peak=110")
        broadcaster = self.broadcaster()
        rig.wait_ready(broadcaster)
        monitor = self.monitor()
        self.server.connect(f"{self.name}:midi_out", f"{self.name}:midi_in")
        phi = ("phi_depth", "phi_breathing_active")
        before = {key: broadcaster.json("/api/metrics")[key] for key in phi}
        self.player(self.server, rig.RECORDINGS[:2], "--connect", f"{self.name}:in_*", "--loop")
        rig.wait_until(lambda: len(self.heard(monitor)) > 1000, "many messages")
        status = broadcaster.json("/api/status")["analyser"]
        self.assertFalse(status["auto_phi"])
        self.assertAlmostEqual(status["phi_rate"], 0.618034, places=5)
        self.assertEqual({key: broadcaster.json("/api/metrics")[key] for key in phi}, before)
        self.assertEqual(self.server.run(rig.BIN / "phicast-midi", "-s", self.server.name, "--to", f"{self.name}:midi_in",
                                         "bf:40:7f").returncode, 0)  # it does listen
        rig.wait_until(lambda: broadcaster.json("/api/metrics")["phi_breathing_active"], "breathing")

    def test_jacks_own_tool_hears_the_same(self):
        self.begin("-c", "2", "--midi-out")
        monitor = self.monitor()
        own = rig.unique_name("dump")
        dump = self.start(["jack_midi_dump", own], env=self.server.env)
        self.server.connect(f"{self.name}:midi_out", f"{own}:input")
        before = len(self.heard(monitor))
        self.player(self.server, [rig.RECORDINGS[0]], "--connect", f"{self.name}:in_*", "--loop")

        def dumped():
            return [tuple(int(byte, 16) for byte in line.split()) for line in
                    re.findall(r"^ *\d+: +((?:[0-9a-f]{2} ?){3})", dump.out, re.MULTILINE)]

        rig.wait_until(lambda: len(self.heard(monitor)) > before + 400, "messages")
        dump.process.send_signal(2)
        dump.wait()
        got = dumped()
        heard = [(message.kind << 4 | message.channel - 1, message.number, message.value) for message in self.heard(monitor)]
        self.assertGreater(len(got), 50, dump.out[:500])
        self.assertIn(True, [heard[at:at + len(got)] == got for at in range(len(heard))])


if __name__ == "__main__":
    rig.main()

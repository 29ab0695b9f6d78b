# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire contract: what the streams carry, and that the example clients of the documentation work as written."""

import ast
import asyncio
import json
import os
import re
import subprocess
import sys
import threading
import time
import unittest

import rig

DOCUMENT = (rig.ROOT / "docs/websocket-api.md").read_text()
COUNT = 300  # messages to look at

METRICS = {
    "frame": int, "timestamp": float, "ici": float, "criticality": float, "phase_coherence": float,
    "spectral_centroid": float, "phi_depth": float, "phi_phase": float, "phi_breathing_active": bool,
    "active_channels": int, "channel_metrics": list,
}
CHANNEL = {"channel": int, "frequency": float, "amplitude": float, "phase": float, "active": bool}
LATENCY = {
    "timestamp": float, "total_latency_ms": float, "hardware_latency_ms": float, "software_latency_ms": float,
    "buffer_latency_ms": float, "jitter_ms": float, "calibrated": bool, "compensation_ms": float,
}


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)


def whole_programs():
    """[(interpreter, text)] of the examples that do something by themselves."""
    python = [b for b in blocks("python") if "asyncio.run(" in b]
    script = [b for b in blocks("javascript") if "console.log(" in b]
    return [("python", b) for b in python] + [("node", b) for b in script]


class Client:
    """An example client that is running, and the lines it prints."""

    def __init__(self, test, language, text, port):
        text, replaced = re.subn(r"localhost:8000", f"localhost:{port}", text)
        assert replaced > 0
        self.text = text
        self.path = test.folder / f"client-{rig.unique_name()}.{'py' if language == 'python' else 'js'}"
        self.path.write_text(text)
        argv = [sys.executable, "-u", self.path]
        if language == "node":
            # A browser has WebSocket by itself; Node 20 has it from the package that the other examples ask for.
            shim = test.folder / "browser.js"
            shim.write_text("globalThis.WebSocket = require('ws');\n")
            argv = ["node", *([] if "require(" in text else ["-r", shim]), self.path]
        self.process = subprocess.Popen(
            [str(a) for a in argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "NODE_PATH": str(rig.ROOT / "tests/node_modules"), "NO_COLOR": "1"})
        test.addCleanup(self.stop)
        self.lines = []
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()

    def matches(self, pattern):
        return [m for line in list(self.lines) if (m := re.search(pattern, line))]

    def frames(self):
        """The frame numbers it printed: 'Frame 12: ...', {'frame': 12 ...}, {"frame":12 ...} or '  frame: 12,'."""
        return [int(m.group(1)) for m in self.matches(r"^(?:Metrics: |)\W*[Ff]rame\W+(\d+)")]

    def latencies(self):
        return self.matches(r"^Latency: ")

    def wants(self, stream):
        return f"/ws/{stream}" in self.text


class Streams(rig.RigTest):
    def check_object(self, got, want, text):
        self.assertEqual(list(got), list(want), text)
        for key, kind in want.items():
            self.assertIs(type(got[key]), kind, f"{key} in {text}")

    def check_metrics(self, text, channels=8):
        message = json.loads(text, parse_constant=lambda c: self.fail(f"{c} in {text}"))
        self.check_object(message, METRICS, text)
        for index, channel in enumerate(message["channel_metrics"]):
            self.check_object(channel, CHANNEL, text)
            self.assertEqual(channel["channel"], index)
            self.assertTrue(-3.1415930 <= channel["phase"] <= 3.1415930, text)
            if not channel["active"]:
                self.assertEqual((channel["frequency"], channel["amplitude"], channel["phase"]), (0, 0, 0))
        self.assertEqual(len(message["channel_metrics"]), channels)
        self.assertEqual(sum(c["active"] for c in message["channel_metrics"]), message["active_channels"])
        self.assertTrue(0 <= message["ici"] <= 1 and 0 <= message["phase_coherence"] <= 1, text)
        self.assertTrue(0 <= message["phi_depth"] <= 1 and 0 <= message["phi_phase"] < 6.2831854, text)
        self.assertTrue(message["criticality"] >= 0 and 0 <= message["spectral_centroid"] <= 24000, text)
        return message

    def start_all(self):
        server = self.jackd(period=256, patient=True)
        broadcaster = self.broadcaster()
        self.analyser(server)
        self.player(server, rig.RECORDINGS, "--loop", "--connect", f"{self.name}:in_*")
        rig.wait_until(lambda: broadcaster.json("/api/metrics")["active_channels"] > 0, "sound to be measured")
        return broadcaster

    async def test_every_key_and_type(self):
        broadcaster = self.start_all()
        begin = time.time()
        metrics, latency = await asyncio.gather(self.take(broadcaster, "metrics", COUNT),
                                                self.take(broadcaster, "latency", COUNT // 3))
        messages = [self.check_metrics(text) for text in metrics]
        for before, after in zip(messages, messages[1:]):
            self.assertGreaterEqual(after["frame"], before["frame"])
            self.assertGreaterEqual(after["timestamp"], before["timestamp"])
        self.assertGreater(messages[-1]["frame"], messages[0]["frame"])
        self.assertTrue(begin - rig.PATIENCE < messages[-1]["timestamp"] < time.time() + 1, metrics[-1])
        for text in latency:
            message = json.loads(text)
            self.check_object(message, LATENCY, text)
            self.assertFalse(message["calibrated"])
            self.assertAlmostEqual(message["buffer_latency_ms"], 256 / 48, places=3)
            self.assertAlmostEqual(message["total_latency_ms"],
                                   message["hardware_latency_ms"] + message["software_latency_ms"], places=2)
            self.assertGreaterEqual(min(v for v in message.values() if not isinstance(v, bool)), 0)

    async def test_events_stream(self):
        """Open whatever a client says, and the states of the sound come through it in order, as documented."""
        broadcaster = self.broadcaster()
        async with broadcaster.ws("events") as ws:
            await asyncio.wait_for(await ws.ping(), rig.PATIENCE)
            await ws.send("whatever a client may say")
            server = self.jackd(patient=True)
            self.analyser(server)
            self.player(server, rig.RECORDINGS, "--loop", "--connect", f"{self.name}:in_*")
            state = None
            for _ in range(3):
                event = json.loads(await asyncio.wait_for(ws.recv(), rig.PATIENCE))
                while event["type"] != "state_change":
                    event = json.loads(await asyncio.wait_for(ws.recv(), rig.PATIENCE))
                self.assertEqual(list(event), ["type", "timestamp", "from_state", "to_state", "trigger", "confidence"])
                self.assertIn(state, (None, event["from_state"]))
                state = event["to_state"]
            await asyncio.wait_for(await ws.ping(), rig.PATIENCE)  # still open

    def test_example_clients_as_written(self):
        broadcaster = self.start_all()
        programs = whole_programs()
        self.assertEqual([language for language, _ in programs], ["python"] * 4 + ["node"] * 3)
        clients = [Client(self, language, text, broadcaster.port) for language, text in programs]
        for client in clients:
            with self.subTest(client=client.text):
                if client.wants("metrics"):
                    rig.wait_until(lambda c=client: len(c.frames()) >= COUNT, f"frames in {client.lines[-5:]}")
                    frames = client.frames()
                    self.assertEqual(frames, sorted(frames))
                    self.assertGreater(frames[-1], frames[0])
                if client.wants("latency"):
                    rig.wait_until(lambda c=client: len(c.latencies()) >= COUNT // 3, f"latencies in {client.lines[-5:]}")
                self.assertIsNone(client.process.poll(), client.lines[-10:])
                for pattern in ("[Ee]rror", "Disconnected"):
                    self.assertEqual(client.matches(pattern), [])

    def test_example_fragments_are_valid_python(self):
        for text in blocks("python"):
            compile(text, "docs/websocket-api.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)

    def test_documented_messages_have_the_documented_keys(self):
        documented = [list(json.loads(b)) for b in blocks("json")]
        self.assertEqual(documented[:2], [list(METRICS), list(LATENCY)])


if __name__ == "__main__":
    unittest.main(verbosity=2)

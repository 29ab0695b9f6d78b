# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP on the streams' port, with an analyser and without."""

import asyncio
import json
import unittest

import websockets

import rig
from test_streams import LATENCY, METRICS


class Http(rig.RigTest):
    def check_json(self, broadcaster, path, status=200):
        code, kind, text = broadcaster.get(path)
        self.assertEqual((code, kind), (status, "application/json"), f"{path}: {text}")
        return json.loads(text)

    def test_without_analyser(self):
        broadcaster = self.broadcaster()
        health = self.check_json(broadcaster, "/healthz")
        self.assertEqual((health["status"], health["service"]), ("healthy", "phicast"))
        self.assertRegex(health["version"], r"^\d+\.\d+\.\d+$")
        self.assertIn(health["version"], json.dumps(self.check_json(broadcaster, "/version")))
        why = json.dumps(self.check_json(broadcaster, "/readyz", 503))
        self.assertRegex(why, r"phicast-jack|analyser")
        metrics = self.check_json(broadcaster, "/api/metrics")
        self.assertEqual(list(metrics), list(METRICS))
        self.assertEqual((metrics["active_channels"], metrics["channel_metrics"]), (0, []))
        self.assertEqual(list(self.check_json(broadcaster, "/api/latency")), list(LATENCY))
        self.check_json(broadcaster, "/api/status")

    def test_description(self):
        """Every number of the messages and every command is described, in their order, with a range that makes sense."""
        broadcaster = self.broadcaster("--osc", "none")
        described = self.check_json(broadcaster, "/api/description")
        self.assertEqual([row["name"] for row in described["metrics"]], [k for k in METRICS if k != "channel_metrics"])
        self.assertEqual([row["name"] for row in described["latency"]], list(LATENCY))
        self.assertEqual([row["name"] for row in described["channel_metrics"]], ["frequency", "amplitude", "phase", "active"])
        for row in sum(described.values(), []):
            self.assertIn(row["type"], ("number", "integer", "boolean"))
            self.assertTrue(row["max"] is None or row["min"] < row["max"], row)
            self.assertTrue(row["help"] and "unit" in row, row)
        for row in described["commands"]:
            if row["name"] == "calibrate":
                continue
            good = [True, False] if row["type"] == "boolean" else [row["min"], row["max"]]
            bad = [2] if row["type"] == "boolean" else [row["min"] - 1, row["max"] + 1]
            for values, code in ((good, 503), (bad, 400)):  # 503: good, but there is no analyser
                for value in values:
                    answer = broadcaster.get("/api/phi", "POST", json.dumps({row["name"]: value}).encode(),
                                             {"Content-Type": "application/json"})
                    self.assertEqual(answer[0], code, (row, value, answer))

    async def test_idle_frames_without_analyser(self):
        broadcaster = self.broadcaster()
        metrics, _ = await asyncio.gather(self.take(broadcaster, "metrics", 60), self.take(broadcaster, "latency", 20))
        for text in metrics:
            message = json.loads(text)
            self.assertEqual(list(message), list(METRICS))
            self.assertEqual((message["frame"], message["active_channels"], message["channel_metrics"]), (0, 0, []))

    async def test_frame_stays_when_analyser_goes(self):
        broadcaster = self.broadcaster()
        analyser = self.analyser(self.jackd(patient=True))
        rig.wait_until(lambda: broadcaster.json("/api/metrics")["frame"] > 20, "frames")
        analyser.stop()
        rig.wait_until(lambda: broadcaster.get("/readyz")[0] == 503, "/readyz to say 503")
        messages = [json.loads(text) for text in await self.take(broadcaster, "metrics", 30)]
        self.assertEqual({m["active_channels"] for m in messages}, {0})
        self.assertEqual({tuple(m["channel_metrics"]) for m in messages}, {()})
        self.assertEqual(len({m["frame"] for m in messages}), 1)
        self.assertGreater(messages[0]["frame"], 20)

    def test_with_analyser(self):
        broadcaster = self.broadcaster()
        self.analyser(self.jackd(period=128, patient=True), "-c", "3")
        rig.wait_ready(broadcaster)
        self.check_json(broadcaster, "/readyz")
        rig.wait_until(lambda: len(broadcaster.json("/api/metrics")["channel_metrics"]) == 3, "three channels")
        status = rig.wait_until(lambda: (s := broadcaster.get("/api/status")[2]) and "48000" in s and s,
                                "the sample rate in the status")
        numbers = self.flat(json.loads(status))
        self.assertIn(48000, numbers)
        self.assertIn(128, numbers)

    def flat(self, value):
        if isinstance(value, dict):
            return [n for v in value.values() for n in self.flat(v)]
        return [value]

    def test_page(self):
        code, kind, text = self.broadcaster().get("/", headers={"Accept": "text/html"})
        self.assertEqual((code, kind), (200, "text/html"))
        self.assertRegex(text.lower(), "<!doctype html>")
        self.assertNotRegex(text, r"(src|href)=[\"']https?://")

    def test_errors(self):
        broadcaster = self.broadcaster()
        for path in ("/nothing", "/api", "/api/nothing", "/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/healthz/x"):
            self.assertIn("detail", self.check_json(broadcaster, path, 404), path)
        for path in ("/healthz", "/readyz", "/version", "/api/metrics", "/api/latency", "/api/status", "/", "/phicast/ici"):
            code, kind, text = broadcaster.get(path, "POST", b"{}")
            self.assertEqual((code, kind), (405, "application/json"), f"POST {path}: {text}")
            self.assertIn("detail", json.loads(text))
        self.assertEqual(broadcaster.get("/healthz")[0], 200)

    async def test_unknown_stream_is_refused(self):
        broadcaster = self.broadcaster()
        for stream in ("nothing", "metric", "metrics/x", ""):
            self.assertEqual(await broadcaster.refusal(stream), 404, stream)

    async def test_localhost_is_either_loopback(self):
        broadcaster = self.broadcaster()
        for host in ("127.0.0.1", "[::1]", "localhost"):
            async with websockets.connect(f"ws://{host}:{broadcaster.port}/ws/metrics") as ws:
                json.loads(await asyncio.wait_for(ws.recv(), rig.PATIENCE))


if __name__ == "__main__":
    unittest.main(verbosity=2)

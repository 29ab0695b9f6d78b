# SPDX-License-Identifier: GPL-3.0-or-later
"""?rate= and ?replay=: what is asked for is what comes, and asking for nonsense is told before the upgrade."""

import asyncio
import json
import unittest

import websockets.exceptions

import osc_peers
import rig

SECONDS = 5


class Rates(rig.RigTest):
    async def test_rates_side_by_side(self):
        osc_peers.Flood(self)
        broadcaster = self.broadcaster("--osc", "none")
        rig.wait_ready(broadcaster)
        asked = {"metrics": 30, "metrics?rate=1": 1, "metrics?rate=7": 7, "metrics?rate=30": 30, "metrics?rate=60": 60,
                 "metrics?rate=120": 120, "latency": 10, "latency?rate=1": 1, "latency?rate=60": 60}
        got = await asyncio.gather(*(self.collect(broadcaster, stream, SECONDS) for stream in asked))
        for (stream, rate), messages in zip(asked.items(), got):
            self.assertAlmostEqual(len(messages), rate * SECONDS, delta=max(1.5, 0.05 * rate * SECONDS), msg=stream)
            if stream.startswith("metrics"):
                frames = [json.loads(text)["frame"] for _, text in messages]
                self.assertEqual(frames, sorted(frames), stream)
                self.assertGreater(len(set(frames)), 0.95 * min(len(frames), 93 * SECONDS), stream)

    async def test_nonsense_is_refused(self):
        broadcaster = self.broadcaster("--osc", "none")
        for stream in ("metrics?rate=0", "metrics?rate=121", "metrics?rate=-1", "metrics?rate=30.5", "metrics?rate=",
                       "metrics?rate=thirty", "metrics?rate=99999999999", "latency?rate=61", "latency?rate=0",
                       "events?replay=257", "events?replay=-1", "events?replay=x", "events?rate=10", "metrics?replay=1",
                       "metrics?x=1&rate=0"):
            with self.assertRaises(websockets.exceptions.InvalidStatusCode, msg=stream) as refused:
                async with broadcaster.ws(stream):
                    pass
            self.assertEqual(refused.exception.status_code, 400, stream)
        async with broadcaster.ws("metrics?anything=else&rate=120") as ws:
            await asyncio.wait_for(ws.recv(), rig.PATIENCE)

    async def test_replay(self):
        flood = osc_peers.Flood(self, "--count", "300", "--rate", "5000")
        broadcaster = self.broadcaster("--osc", "none")
        rig.wait_ready(broadcaster)
        flood.push()
        rig.wait_until(lambda: "pushed 300" in flood.child.out, "300 events")
        await asyncio.sleep(0.2)

        async def numbers(query):
            """criticality of the critical events that come at once, and how many come at all"""
            texts = []
            async with broadcaster.ws(f"events{query}") as ws:
                try:
                    while True:
                        texts.append(json.loads(await asyncio.wait_for(ws.recv(), 0.5)))
                except asyncio.TimeoutError:
                    pass
            return [e["criticality"] for e in texts if e["type"] == "critical_event"], len(texts)

        await asyncio.sleep(3)  # what a restarted broadcaster replays by itself is over
        self.assertEqual((await numbers(""))[1], 0)
        self.assertEqual((await numbers("?replay=0"))[1], 0)
        self.assertEqual(await numbers("?replay=2"), ([298], 2))  # 299 is of another kind
        critical, count = await numbers("?replay=256")
        self.assertEqual(count, 256)
        self.assertEqual(critical, sorted(critical))
        self.assertEqual(critical[-1], 298)


if __name__ == "__main__":
    unittest.main(verbosity=2)

# SPDX-License-Identifier: GPL-3.0-or-later
"""?rate= and ?replay=: what is asked for is what comes, and asking for nonsense is told before the upgrade."""

import asyncio
import json
import time
import unittest


import osc_peers
import rig


class Rates(rig.RigTest):
    async def test_rates_side_by_side(self):
        """Each at its own: the more is asked for, the more comes, and never more than that."""
        osc_peers.Flood(self)
        broadcaster = self.broadcaster("--osc", "none")
        rig.wait_ready(broadcaster)
        asked = {"metrics": 30, "metrics?rate=1": 1, "metrics?rate=7": 7, "metrics?rate=30": 30, "metrics?rate=60": 60,
                 "metrics?rate=120": 120, "latency": 10, "latency?rate=1": 1, "latency?rate=60": 60}
        begin = time.monotonic()
        enough = asyncio.Event()
        got = {stream: [] for stream in asked}

        async def listen(stream):
            async with broadcaster.ws(stream) as ws:
                async for text in ws:
                    got[stream].append(json.loads(text))
                    if len(got["metrics?rate=1"]) >= 6:
                        enough.set()

        tasks = [asyncio.create_task(listen(stream)) for stream in asked]
        await asyncio.wait_for(enough.wait(), rig.PATIENCE)
        for task in tasks:
            task.cancel()
        seconds = time.monotonic() - begin
        for stream, rate in asked.items():
            self.assertLessEqual(len(got[stream]), rate * seconds + 2, stream)
            if stream.startswith("metrics"):
                frames = [message["frame"] for message in got[stream]]
                self.assertEqual(frames, sorted(frames), stream)
                self.assertGreater(frames[-1], frames[0], stream)
        for slower, faster in (("metrics?rate=1", "metrics?rate=7"), ("metrics?rate=7", "metrics?rate=30"),
                               ("metrics?rate=30", "metrics?rate=60"), ("metrics?rate=60", "metrics?rate=120"),
                               ("latency?rate=1", "latency"), ("latency", "latency?rate=60")):
            self.assertGreater(len(got[faster]), 1.2 * len(got[slower]), f"{faster} and {slower}")
        self.assertLess(abs(len(got["metrics"]) - len(got["metrics?rate=30"])), 0.2 * len(got["metrics"]))

    async def test_nonsense_is_refused(self):
        broadcaster = self.broadcaster("--osc", "none")
        for stream in ("metrics?rate=0", "metrics?rate=121", "metrics?rate=-1", "metrics?rate=30.5", "metrics?rate=",
                       "metrics?rate=thirty", "metrics?rate=99999999999", "latency?rate=61", "latency?rate=0",
                       "events?replay=257", "events?replay=-1", "events?replay=x", "events?rate=10", "metrics?replay=1",
                       "metrics?x=1&rate=0"):
            self.assertEqual(await broadcaster.refusal(stream), 400, stream)
        async with broadcaster.ws("metrics?anything=else&rate=120") as ws:
            await asyncio.wait_for(ws.recv(), rig.PATIENCE)

    async def test_replay(self):
        flood = osc_peers.Flood(self, "--count", "300", "--rate", "5000")
        broadcaster = self.broadcaster("--osc", "none")
        rig.wait_ready(broadcaster)
        flood.push()
        async with broadcaster.ws("events?replay=256") as ws:
            while '"criticality":298' not in await asyncio.wait_for(ws.recv(), rig.PATIENCE):
                pass  # the last but one
        await asyncio.sleep(3)  # what a restarted broadcaster replays by itself is over

        async def numbers(query, count):
            """criticality of the critical events among so many, which are all that come"""
            async with broadcaster.ws(f"events{query}") as ws:
                events = [json.loads(await asyncio.wait_for(ws.recv(), rig.PATIENCE)) for _ in range(count)]
                with self.assertRaises(asyncio.TimeoutError):
                    await asyncio.wait_for(ws.recv(), 0.5)
            return [e["criticality"] for e in events if e["type"] == "critical_event"]

        await numbers("", 0)
        await numbers("?replay=0", 0)
        self.assertEqual(await numbers("?replay=2", 2), [298])  # 299 is of another kind
        critical = await numbers("?replay=256", 256)
        self.assertEqual(critical, sorted(critical))
        self.assertEqual(critical[-1], 298)


if __name__ == "__main__":
    unittest.main(verbosity=2)

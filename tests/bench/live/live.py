# SPDX-License-Identifier: GPL-3.0-or-later
"""What the live benchmarks share: figures held against what is asked, and streams watched for a time.

They are timed, so they want a machine that has nothing else to do; the suite shows the same things without a clock.
"""

import asyncio
import contextlib
import json
import os
import pathlib
import statistics
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "integration"))

import rig  # noqa: E402 pylint: disable=wrong-import-position

JSON = "PHICAST_BENCH_JSON" in os.environ


def asked(least, most):
    if least is None:
        return "" if most is None else f"<= {most:g}"
    return f">= {least:g}" if most is None else f"{least:g} ... {most:g}"


missed = []  # figures


class LiveTest(rig.RigTest):
    """A test that goes on when a figure is not what is asked."""

    def figure(self, case, value, unit, least=None, most=None):
        met = (least is None or value >= least) and (most is None or value <= most)
        if not met:
            missed.append(case)
        if JSON:
            print(json.dumps({"bench": "live", "case": case, "value": round(value, 6), "unit": unit, "least": least,
                              "most": most, "met": met}), flush=True)
        else:
            print(f"  {case:58} {value:10.4g} {unit:5} {asked(least, most):18}{'' if met else ' MISSED'}", flush=True)

    def spread(self, case, values, unit, least=None, most=None):
        """The mean and the ends; all of them have to be within the bounds."""
        self.figure(f"{case}, mean", statistics.mean(values), unit, least, most)
        self.figure(f"{case}, least", min(values), unit, least, most)
        self.figure(f"{case}, most", max(values), unit, least, most)

    async def collect(self, broadcaster, stream, seconds):
        """[(arrival, text)] of a stream over so many seconds from the first message on."""
        async with broadcaster.ws(stream) as ws:
            text = await asyncio.wait_for(ws.recv(), rig.PATIENCE)
            messages = [(time.monotonic(), text)]
            end = messages[0][0] + seconds
            while (left := end - time.monotonic()) > 0:
                with contextlib.suppress(asyncio.TimeoutError):
                    text = await asyncio.wait_for(ws.recv(), left)
                    messages.append((time.monotonic(), text))
        return messages


async def undisturbed(broadcaster, measure):
    """What `await measure()` gives when the JACK server was never late meanwhile: else a player's sound goes out later
    than it said, or not at all. It is measured again and again until then."""

    def losses():
        status = broadcaster.json("/api/status")["analyser"]
        return status["gaps"], status["xruns"]

    for _ in range(15):
        before = losses()
        result = await measure()
        await asyncio.sleep(0.2)  # the status page is that much behind
        if losses() == before:
            return result
    raise AssertionError("this machine is too busy for a JACK server to keep its time for a few seconds")


def main():
    """Exits with 1 if anything failed or a figure was missed."""
    ended = unittest.main(argv=sys.argv, verbosity=0, exit=False)
    sys.exit(0 if ended.result.wasSuccessful() and not missed else 1)

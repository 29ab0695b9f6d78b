# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of the metrics stream, for tests that take the programs away from under it."""

import asyncio
import contextlib
import json
import time

import websockets.exceptions

import rig


class Listener:
    """A client of the metrics stream that keeps the newest message, and reconnects if asked to."""

    def __init__(self, broadcaster, reconnect=False):
        self.broadcaster = broadcaster
        self.reconnect = reconnect
        self.connections = 0
        self.newest = None
        self.at = 0.0  # of its arrival
        self.task = asyncio.create_task(self.run())

    async def run(self):
        while True:
            with contextlib.suppress(OSError, websockets.exceptions.WebSocketException):
                async with self.broadcaster.ws("metrics") as ws:
                    self.connections += 1
                    async for text in ws:
                        self.newest = json.loads(text)
                        self.at = time.monotonic()
            if not self.reconnect:
                return
            await asyncio.sleep(0.02)

    async def until(self, condition, what, timeout=rig.PATIENCE):
        """Waits for a message that fits; the moment of its arrival."""
        deadline = time.monotonic() + timeout
        begin = time.monotonic()
        while not (self.at >= begin and condition(self.newest)):
            assert time.monotonic() < deadline, f"waited {timeout} s in vain for {what}; the newest is {self.newest}"
            assert not self.task.done(), f"the connection ended while waiting for {what}"
            await asyncio.sleep(0.005)
        return self.at

    async def live(self, channels, timeout=rig.PATIENCE):
        """Waits until sound is measured, and measured anew."""
        await self.until(lambda m: m["active_channels"] >= channels, "active channels", timeout)
        frame = self.newest["frame"]
        return await self.until(lambda m: m["frame"] > frame and m["active_channels"] >= channels, "new frames",
                                timeout)

    async def idle(self):
        await self.until(lambda m: m["active_channels"] == 0, "idle frames")

    async def close(self):
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task

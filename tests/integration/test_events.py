# SPDX-License-Identifier: GPL-3.0-or-later
"""Every event once and in order: to many clients and OSC targets, through restarts, and the broadcaster's own."""

import asyncio
import json
import re
import signal
import time
import unittest

import websockets

import osc_peers
import rig

COUNT, CLIENTS = 10000, 20
BATCH = 500  # pushed at once: the ring holds twice as many, and what a peer has not read yet stays in its socket


def name_of(kind, value):
    """What tells an event of phicast-flood from its neighbours; value: its first number."""
    return kind, round(float(value), 3)


def expected(n):
    if n % 8 == 3:
        return name_of("phi_adaptation", n % 1000 / 1000)
    if n % 8 == 5:
        return name_of("state_change", n % 1000 / 1000)
    return name_of("critical_event", n)


def of_json(text):
    data = json.loads(text)
    value = {"critical_event": "criticality", "phi_adaptation": "old_depth", "state_change": "confidence"}[data["type"]]
    return name_of(data["type"], data[value])


def is_own(text):
    """The broadcaster's, not the analyser's."""
    return "analyser_" in text


def of_osc(messages):
    return [name_of(address.rsplit("/", 1)[1], arguments[3 if address.endswith("state_change") else 0])
            for address, arguments in messages if not any(is_own(a) for a in arguments)]


class Listener:
    """An events client that comes back whenever it is thrown out."""

    def __init__(self, broadcaster):
        self.uri = f"ws://127.0.0.1:{broadcaster.port}/ws/events"
        self.got = []
        self.own = []
        self.late = []  # s from the push to here, for who wants to know
        self.connected = asyncio.Event()

    async def run(self):
        while True:
            try:
                async with websockets.connect(self.uri, max_queue=None, compression=None) as ws:
                    self.connected.set()
                    async for text in ws:
                        self.take(text)
            except (OSError, websockets.exceptions.WebSocketException):
                pass
            self.connected.clear()
            await asyncio.sleep(0.05)

    def take(self, text):
        if is_own(text):
            self.own.append(json.loads(text))
        else:
            self.late.append(time.time() - float(re.search(r'"timestamp":([\d.]+)', text).group(1)))
            self.got.append(text)


class Events(rig.RigTest):
    async def listen(self, broadcaster, count):
        listeners = [Listener(broadcaster) for _ in range(count)]
        tasks = [asyncio.create_task(listener.run()) for listener in listeners]

        def cancel():
            for task in tasks:
                task.cancel()
        self.addCleanup(cancel)
        await asyncio.wait_for(asyncio.gather(*(x.connected.wait() for x in listeners)), rig.PATIENCE)
        return listeners

    async def until(self, condition, what, timeout=rig.PATIENCE):
        deadline = time.monotonic() + timeout
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"waited in vain: {what}")
            await asyncio.sleep(0.02)

    def in_order(self, got, count, who):
        for n, event in enumerate(got):
            self.assertEqual(event, expected(n), f"{who}, event {n}")
        self.assertEqual(len(got), count, who)

    async def test_each_once_in_order(self):
        """10,000 events to 20 clients and 3 targets."""
        udp, udp_url = osc_peers.oscdump(self)
        tcp, tcp_url = osc_peers.oscdump(self, "tcp")
        third, third_url = osc_peers.pd(self) or osc_peers.oscdump(self)
        read_third = osc_peers.pd_messages if third.name == "pd" else osc_peers.messages
        flood = osc_peers.Flood(self, "--count", BATCH, "--rate", BATCH)
        broadcaster = self.broadcaster("--osc", udp_url, "--osc", tcp_url, "--osc", third_url)
        rig.wait_ready(broadcaster)
        listeners = await self.listen(broadcaster, CLIENTS)
        for sent in range(BATCH, COUNT + 1, BATCH):
            flood.push()
            await self.until(lambda n=sent: all(len(x.got) >= n for x in listeners), "the events")
        for i, listener in enumerate(listeners):
            self.in_order([of_json(text) for text in listener.got], COUNT, f"client {i}")
        for child, read in ((udp, osc_peers.messages), (tcp, osc_peers.messages), (third, read_third)):
            await self.until(lambda c=child, r=read: len(of_osc(r(c, "/phicast/event/"))) >= COUNT, "OSC events")
            self.in_order(of_osc(read(child, "/phicast/event/")), COUNT, child.name)
        status = broadcaster.json("/api/status")
        self.assertEqual((status["source"]["lost_events"], status["source"]["refused_events"]), (0, 0))
        self.assertEqual([t["dropped"] for t in status["osc"]["targets"]], [0, 0, 0])

    async def restart(self, stop, repeats):
        """Stops and restarts it in the middle of 2,000 events; clients and targets miss none, and get as many twice,
        around each stop, as `repeats`."""
        dump, url = osc_peers.oscdump(self)
        flood = osc_peers.Flood(self, "--count", "2000", "--rate", "100")
        broadcaster = self.broadcaster("--osc", url)
        rig.wait_ready(broadcaster)
        listeners = await self.listen(broadcaster, 5)
        flood.push()
        for round_ in (1, 2):
            await self.until(lambda r=round_: len(listeners[0].got) > 600 * r, "some events")
            stop(broadcaster.child)
            await self.until(lambda: not any(x.connected.is_set() for x in listeners), "the clients to be thrown out")
            broadcaster = self.broadcaster("--osc", url, port=broadcaster.port)
        last = expected(1999)
        await self.until(lambda: all(x.got and of_json(x.got[-1]) == last for x in listeners), "the last event")
        self.assertEqual([x.own for x in listeners], [[]] * 5)  # the analyser was there all the time
        await self.until(lambda: of_osc(osc_peers.messages(dump, "/phicast/event/"))[-1:] == [last], "the last OSC event")
        for listener in listeners:
            self.nothing_missing([of_json(text) for text in listener.got], repeats)
        self.nothing_missing(of_osc(osc_peers.messages(dump, "/phicast/event/")), repeats)
        self.assertEqual(broadcaster.json("/api/status")["source"]["lost_events"], 0)

    def nothing_missing(self, got, repeats):
        n = seen = 0
        while seen < len(got):
            if n < 2000 and got[seen] == expected(n):
                n += 1
            else:  # one that was sent before
                self.assertIn(got[seen], [expected(k) for k in range(max(0, n - 64), n)])
                repeats -= 1
            seen += 1
        self.assertEqual(n, 2000)
        self.assertGreaterEqual(repeats, 0)

    async def test_restart(self):
        """As a service manager does it: nothing missing, nothing twice."""
        await self.restart(lambda child: child.stop(), 0)

    async def test_killed(self):
        """In the middle of whatever it was doing: nothing missing; a few that some clients had may come again."""
        await self.restart(lambda child: child.kill(), 2 * 64)

    async def test_beyond_the_rings_reach(self):
        flood = osc_peers.Flood(self, "--count", "3000", "--rate", "100000")
        broadcaster = self.broadcaster("--osc", "none")
        rig.wait_ready(broadcaster)
        broadcaster.child.stop()
        flood.push()
        flood.child.line("^pushed 3000")
        broadcaster = self.broadcaster("--osc", "none")
        listener, = await self.listen(broadcaster, 1)
        await self.until(lambda: listener.got and of_json(listener.got[-1]) == expected(2999), "the last event")
        lost = broadcaster.json("/api/status")["source"]["lost_events"]
        self.assertAlmostEqual(lost, 3000 - 1024, delta=2)
        self.assertRegex(broadcaster.child.err, f"events of analyser .* {lost} in all")
        self.assertGreaterEqual(len(listener.got), 1000)
        for n, text in zip(range(3000 - len(listener.got), 3000), listener.got):
            self.assertEqual(of_json(text), expected(n))

    async def test_lost_and_found(self):
        broadcaster = self.broadcaster("--osc", "none")
        listener, = await self.listen(broadcaster, 1)
        flood = osc_peers.Flood(self, "--count", "6")
        await self.until(lambda: len(listener.own) == 1, "the finding")
        flood.push()  # its last event, of number 5, says ambient
        await self.until(lambda: len(listener.got) == 6, "its events")
        flood.pause()
        await self.until(lambda: len(listener.own) == 2, "the loss of a heartbeat")
        flood.pause()
        await self.until(lambda: len(listener.own) == 3, "the finding of it")
        flood.child.kill()
        await self.until(lambda: len(listener.own) == 4, "the loss")
        osc_peers.Flood(self)
        await self.until(lambda: len(listener.own) == 5, "the second one")
        changes = [(e["from_state"], e["to_state"], e["trigger"]) for e in listener.own]
        self.assertEqual(changes, [("offline", "idle", "analyser_found"), ("ambient", "offline", "analyser_lost"),
                                   ("offline", "ambient", "analyser_found"), ("ambient", "offline", "analyser_lost"),
                                   ("offline", "idle", "analyser_found")])
        for event in listener.own:
            self.assertEqual(list(event), ["type", "timestamp", "from_state", "to_state", "trigger", "confidence"])
            self.assertEqual((event["type"], event["confidence"]), ("state_change", 1.0))
            self.assertAlmostEqual(event["timestamp"], time.time(), delta=60)

    async def test_analyser_dies_while_the_broadcaster_is_away(self):
        flood = osc_peers.Flood(self)
        broadcaster = self.broadcaster("--osc", "none")
        rig.wait_ready(broadcaster)
        listener, = await self.listen(broadcaster, 1)
        broadcaster.child.process.send_signal(signal.SIGKILL)
        flood.child.kill()
        await self.until(lambda: not listener.connected.is_set(), "the client to be thrown out")
        self.broadcaster("--osc", "none", port=broadcaster.port)
        await self.until(lambda: listener.own, "the loss")
        self.assertEqual((listener.own[0]["from_state"], listener.own[0]["trigger"]), ("idle", "analyser_lost"))


if __name__ == "__main__":
    unittest.main(verbosity=2)

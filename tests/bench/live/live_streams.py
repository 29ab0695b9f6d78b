# SPDX-License-Identifier: GPL-3.0-or-later
"""How many messages a second come, how soon, and that nobody else's trouble shows in that."""

import asyncio
import json
import socket
import statistics
import time

import live
import rig

import osc_peers
import test_events
import test_streams
from test_protocol import Peer

SECONDS = 10


def per_second(messages):
    """Of [(arrival, text)]."""
    return (len(messages) - 1) / (messages[-1][0] - messages[0][0])


class Streams(live.LiveTest):
    def sound(self):
        server = self.jackd(period=256, realtime=True)
        broadcaster = self.broadcaster("--osc", "none")
        self.analyser(server)
        self.player(server, rig.RECORDINGS, "--loop", "--connect", f"{self.name}:in_*")
        rig.wait_until(lambda: broadcaster.json("/api/metrics")["active_channels"] > 0, "sound to be measured")
        return broadcaster

    def flood(self, *options):
        osc_peers.Flood(self, *options)
        broadcaster = self.broadcaster("--osc", "none")
        rig.wait_ready(broadcaster)
        return broadcaster

    async def rate(self, broadcaster, what, asked=30, stream="metrics", seconds=3, delta=1.0):
        self.figure(what, per_second(await self.collect(broadcaster, stream, seconds)), "Hz", asked - delta, asked + delta)

    async def test_of_real_sound(self):
        broadcaster = self.sound()
        metrics, latency = await asyncio.gather(self.collect(broadcaster, "metrics", SECONDS),
                                                self.collect(broadcaster, "latency", SECONDS))
        self.figure("metrics", per_second(metrics), "Hz", 29.7, 30.3)
        self.figure("latency", per_second(latency), "Hz", 9.9, 10.1)
        messages = [json.loads(text) for _, text in metrics]
        frames = [message["frame"] for message in messages]
        self.figure("analysis frames (48000 / 512)", (frames[-1] - frames[0]) / SECONDS, "Hz", 89, 98.5)
        self.figure("messages with a new frame", 100 * len(set(frames)) / len(frames), "%", 90)
        unix = time.time() - time.monotonic()
        self.spread("timestamp behind its arrival", [1e3 * (unix + at - m["timestamp"]) for (at, _), m in
                                                     zip(metrics, messages)], "ms", -10, 500)
        # Half a window is 21.3 ms, of which JACK counts a period of 5.3 ms as the hardware's.
        self.figure("software_latency_ms", json.loads(latency[-1][1])["software_latency_ms"], "ms", 16, 120)
        waits = []
        for _ in range(5):
            async with broadcaster.ws("metrics") as ws:
                begin = time.monotonic()
                await asyncio.wait_for(ws.recv(), rig.PATIENCE)
                waits.append(1e3 * (time.monotonic() - begin))
        self.figure("first message after the handshake, most of 5", max(waits), "ms", None, 30)

    def test_example_clients(self):
        broadcaster = self.sound()
        clients = [test_streams.Client(self, language, text, broadcaster.port)
                   for language, text in test_streams.whole_programs()]
        for client in clients:
            rig.wait_until(lambda c=client: c.frames() or c.latencies(), f"{client.path} to print")
        before = [(len(client.frames()), len(client.latencies())) for client in clients]
        begin = time.monotonic()
        time.sleep(SECONDS)
        seconds = time.monotonic() - begin
        for i, client in enumerate(clients):
            name = f"example client {i + 1} ({client.path.suffix[1:]})"
            if client.wants("metrics"):
                self.figure(f"{name}, metrics", (len(client.frames()) - before[i][0]) / seconds, "Hz", 29.6, 30.4)
            if client.wants("latency"):
                self.figure(f"{name}, latency", (len(client.latencies()) - before[i][1]) / seconds, "Hz", 9.8, 10.2)

    async def test_rates_side_by_side(self):
        broadcaster = self.flood()
        asked = {"metrics": 30, "metrics?rate=1": 1, "metrics?rate=7": 7, "metrics?rate=30": 30, "metrics?rate=60": 60,
                 "metrics?rate=120": 120, "latency": 10, "latency?rate=1": 1, "latency?rate=60": 60}
        got = await asyncio.gather(*(self.collect(broadcaster, stream, 5) for stream in asked))
        for (stream, rate), messages in zip(asked.items(), got):
            delta = 0.05 * rate
            self.figure(f"{stream}, all at once", per_second(messages), "Hz", rate - delta, rate + delta)
            if stream.startswith("metrics"):
                frames = {json.loads(text)["frame"] for _, text in messages}
                self.figure(f"{stream}, with a new frame", 100 * len(frames) / min(len(messages), 93 * 5), "%", 95)

    async def test_without_an_analyser(self):
        broadcaster = self.broadcaster("--osc", "none")
        await asyncio.gather(self.rate(broadcaster, "idle metrics", seconds=5, delta=0.4),
                             self.rate(broadcaster, "idle latency", 10, "latency", seconds=5, delta=0.2))

    async def test_while_clients_are_refused(self):
        broadcaster = self.broadcaster("--osc", "none", "--max-clients", "20")
        peers = [Peer(broadcaster.port) for _ in range(19)]
        watching = asyncio.create_task(self.rate(broadcaster, "metrics while 100 clients are refused"))
        await asyncio.sleep(0.5)
        for _ in range(100):
            Peer(broadcaster.port).socket.close()
        await watching
        for peer in peers:
            peer.socket.close()

    async def test_beside_stopped_readers(self):
        broadcaster = self.flood("-c", "64")
        stuck = [Peer(broadcaster.port) for _ in range(10)]
        await asyncio.sleep(8)  # long enough to fill what the kernel holds for them
        await self.rate(broadcaster, "metrics beside ten stopped readers", seconds=5, delta=0.6)
        for peer in stuck:
            peer.socket.close()

    async def test_osc_rates(self):
        osc_peers.Flood(self, "-c", "64")
        receivers = []
        for rate in (10, 30, 60):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.bind(("127.0.0.1", 0))
            s.setblocking(False)
            self.addCleanup(s.close)
            receivers.append((rate, s, f"osc.udp://127.0.0.1:{s.getsockname()[1]}?rate={rate}&metrics=1&events=0"))
        rig.wait_ready(self.broadcaster(*(word for r in receivers for word in ("--osc", r[2]))))
        await asyncio.sleep(1)
        for _, s, _ in receivers:
            osc_peers.packets(s)
        frames = dict.fromkeys((s for _, s, _ in receivers), 0)
        started = time.monotonic()
        while (seconds := time.monotonic() - started) < 3:
            await asyncio.sleep(0.02)  # the kernel holds back no more than a few frames
            for s in frames:
                frames[s] += sum(b"/heartbeat\0" in packet for packet in osc_peers.packets(s))
        for rate, s, _ in receivers:
            self.figure(f"OSC at {rate} Hz", frames[s] / seconds, "Hz", 0.9 * rate - 0.4, 1.1 * rate + 0.4)

    async def test_beside_dead_osc_targets(self):
        deaf = socket.create_server(("127.0.0.1", 0))  # accepts, in the kernel, and never reads
        self.addCleanup(deaf.close)
        broadcaster = self.broadcaster(
            "--osc", "osc.udp://no-such-host.invalid:9000", "--osc", "osc.tcp://no-such-host.invalid:9000",
            "--osc", f"osc.tcp://127.0.0.1:{rig.free_port()}", "--osc", "osc.tcp://192.0.2.1:9000",
            "--osc", f"osc.tcp://127.0.0.1:{deaf.getsockname()[1]}?rate=120", "--osc-metrics")
        await self.rate(broadcaster, "metrics beside five dead OSC targets")

    async def test_events(self):
        flood = osc_peers.Flood(self, "--count", "1000", "--rate", "200")
        broadcaster = self.broadcaster("--osc", "none")
        rig.wait_ready(broadcaster)
        listener = test_events.Listener(broadcaster)
        task = asyncio.create_task(listener.run())
        await asyncio.wait_for(listener.connected.wait(), rig.PATIENCE)
        flood.push()
        while len(listener.got) < 1000:
            await asyncio.sleep(0.02)
        task.cancel()
        late = sorted(1e3 * s for s in listener.late)
        self.figure("event, from the push to a client, median", statistics.median(late), "ms", None, 1000)
        self.figure("event, from the push to a client, 99 %", late[989], "ms", None, 1000)


if __name__ == "__main__":
    live.main()

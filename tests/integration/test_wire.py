# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire, byte for byte: what leaves the broadcaster in one scene is what wire.txt holds, times and counts aside.

A change of the wire is made on purpose: `PHICAST_WIRE=record` writes wire.txt anew, for its diff to be read."""

import asyncio
import json
import os
import pathlib
import re
import socket
import unittest

import osc_peers
import rig

RECORDED = pathlib.Path(__file__).with_name("wire.txt")
SECONDS = float(os.environ.get("PHICAST_WIRE_SECONDS", "0"))  # how long the streams are listened to at least
NUMBER = re.compile(r"(?<![\w.])-?\d+(\.\d+)?([eE][-+]?\d+)?(?![\w.])")
VARIANTS = 16  # of phicast-flood's lively frames
IDLE = "idle"

HOST = "Host: localhost\r\n"
JSON = "Content-Type: application/json\r\n"
FOREIGN = "Origin: http://elsewhere.example\r\n"
UPGRADE = ("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n")
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n"


def posted(path, body, headers=JSON):
    return f"POST {path} HTTP/1.1\r\n{HOST}{headers}Content-Length: {len(body)}\r\n\r\n{body}"


REQUESTS = [
    *(f"GET {path} HTTP/1.1\r\n{HOST}\r\n" for path in (
        "/healthz", "/readyz", "/version", "/api/description", "/api/metrics", "/api/latency", "/api/status",
        "/api/osc/targets", "/metrics", "/visual", "/style.css", "/nothing", "/ws/metrics", "/api/phi")),
    f"GET / HTTP/1.1\r\n{HOST}Accept: text/html\r\n\r\n",
    *(f"GET {path} HTTP/1.1\r\n{HOST}\r\n" for path in (
        "/?HOST_INFO", "/phicast", "/phicast/set/rate", "/phicast/spectral_centroid?RANGE", "/phicast?VALUE", "/phicast/ici?NONE",
        "/phicast/none")),
    f"HEAD /api/metrics HTTP/1.1\r\n{HOST}\r\n",
    f"DELETE /api/status HTTP/1.1\r\n{HOST}\r\n",
    posted("/api/phi", '{"depth":0.5}'),
    posted("/api/phi", '{"phase":1,"rate":0.5,"breathing":true,"auto":false}'),
    posted("/api/phi", '{"depth":2}'),
    posted("/api/phi", '{"depth":'),
    posted("/api/phi", '{"deep":1}'),
    posted("/api/phi", "depth=1", "Content-Type: text/plain\r\n"),
    posted("/api/phi", " " * 1025),
    posted("/api/phi", '{"depth":0.5}', JSON + FOREIGN),
    posted("/api/calibrate", '{"level":-30}'),
    posted("/api/calibrate", "", ""),
    f"OPTIONS /api/phi HTTP/1.1\r\n{HOST}Origin: http://localhost:9\r\nAccess-Control-Request-Method: POST\r\n\r\n",
    posted("/api/osc/targets", '{"url":"osc.udp://127.0.0.1"}'),
    posted("/api/osc/targets", '{"keep":true}'),
    f"DELETE /api/osc/targets/77 HTTP/1.1\r\n{HOST}\r\n",
    f"OPTIONS /api/osc/targets HTTP/1.1\r\n{HOST}\r\n",
    f"OPTIONS * HTTP/1.1\r\n{HOST}\r\n",
    f"GET /api/status HTTP/1.1\r\n{HOST}{FOREIGN}\r\n",
    "GET /api/status HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n",
    "GET /api/status HTTP/3.7\r\n\r\n",
    "nonsense\r\n\r\n",
    f"GET /ws/nothing HTTP/1.1\r\n{HOST}{UPGRADE}\r\n",
    f"GET /ws/metrics?rate=0 HTTP/1.1\r\n{HOST}{UPGRADE}\r\n",
    f"GET /ws/metrics HTTP/1.1\r\n{HOST}{UPGRADE}{FOREIGN}\r\n",
    f"GET /ws/metrics HTTP/1.1\r\n{HOST}{UPGRADE.replace('13', '8')}\r\n",
    f"GET /ws/events HTTP/1.1\r\n{HOST}{UPGRADE}\r\n",
    f"GET /ws/events HTTP/1.1\r\n{HOST}{UPGRADE}{DEFLATE}\r\n",
]
# What is asked for whose every number is a time, a count, or nobody's but the run's.
MEASURED = ("/api/latency", "/api/metrics", "/api/status", "/api/osc/targets", "/metrics", "/phicast", "/?HOST_INFO")


def shown(data):
    """Bytes as one line of text."""
    return data.decode("latin-1").encode("unicode_escape").decode()


def bundles_of_frames(packets):
    """Without what the heartbeat says."""
    return {re.sub(rb"(?s)(/phicast/heartbeat\0+,f\0\0)....", rb"\1....", p) for p in packets if p.startswith(b"#bundle")}


def packets_of_events(packets):
    return [p for p in packets if not p.startswith(b"#bundle")]


class Wire(rig.RigTest):
    def masked(self, text, port):
        text = text.replace(self.name, "NAME").replace(f":{port}", ":PORT")
        return re.sub(r'("timestamp":\s*)[\d.]+', r"\1T", text)

    def answer(self, broadcaster, request):
        """All that comes back until the end, or the head of what would go on."""
        head, _, body = request.partition("\r\n\r\n")
        upgrades = "Upgrade:" in head
        if not upgrades and "HTTP/1.1" in head:
            head = head.replace("\r\n", "\r\nConnection: close\r\n", 1)
        with socket.create_connection(("127.0.0.1", broadcaster.port), timeout=rig.PATIENCE) as s:
            s.sendall(f"{head}\r\n\r\n{body}".encode())
            got = b""
            while not (upgrades and got.startswith(b"HTTP/1.1 101") and b"\r\n\r\n" in got):
                piece = s.recv(65536)
                if not piece:
                    break
                got += piece
        head, _, body = got.decode("latin-1").partition("\r\n\r\n")
        target = (request.split() + ["", ""])[1]
        kind = re.search(r"(?im)^content-type: ([^;\r\n]+)", head)
        if target in MEASURED and " 200 " in head[:16]:
            body = NUMBER.sub("N", body)
            head = re.sub(r"(?i)(content-length: )\d+", r"\1N", head)
        elif kind and kind.group(1) != "application/json":  # the page's files have tests of their own
            body = f"({kind.group(1)})"
            head = re.sub(r"(?i)(content-length: )\d+", r"\1N", head)
        elif upgrades and " 101 " in head[:16]:
            body = ""
        return self.masked(f"{head}\r\n\r\n{body}", broadcaster.port)

    def http(self, broadcaster):
        return [f"http {shown(request.encode())[:200]} -> {shown(self.answer(broadcaster, request).encode())}"
                for request in REQUESTS]

    async def listen(self, broadcaster, stream, found, ends):
        async with broadcaster.ws(stream) as ws:
            found.append(None)  # connected
            async for text in ws:
                found.append(self.masked(text, broadcaster.port))
        ends.append(f"end {stream.partition('?')[0]} {ws.close_code} {ws.close_reason}")

    async def until(self, condition, what):
        await asyncio.to_thread(rig.wait_until, condition, what)

    @staticmethod
    def frame_line(text):
        frame = json.loads(text.replace('"timestamp":T', '"timestamp":0').replace('"timestamp": T', '"timestamp": 0'))
        number = IDLE if frame["active_channels"] == 0 else frame["frame"] % VARIANTS
        return f"metrics {number} " + re.sub(r'("frame":\s*)\d+', r"\1F", text)

    async def scene(self):
        """(lines in order, lines in any order): what leaves, from the analyser's start to the broadcaster's end."""
        receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(receiver.close)
        receiver.bind(("127.0.0.1", 0))
        receiver.setblocking(False)
        flood = osc_peers.Flood(self, "-c", "2", "--lively", "--count", str(VARIANTS))
        broadcaster = self.broadcaster("--osc", f"osc.udp://127.0.0.1:{receiver.getsockname()[1]}?metrics=1&rate=60",
                                       "--osc-listen", "0")
        port = int(broadcaster.child.line(r"^listening for OSC on \S+:(\d+)").group(1))
        rig.wait_ready(broadcaster)
        metrics, latency, events, ends = [], [], [], []
        packets = packets_of_events(osc_peers.packets(receiver))  # not the frames of before
        tasks = [asyncio.create_task(self.listen(broadcaster, *of, ends))
                 for of in (("metrics?rate=120", metrics), ("latency", latency), ("events", events))]
        await self.until(lambda: metrics and latency and events, "the streams to open")
        replies = await asyncio.to_thread(self.http, broadcaster)
        for packet in (osc_peers.message("/phicast/set/depth", "f", 0.25), osc_peers.message("/phicast/set/depth", "f", 7),
                       osc_peers.message("/phicast/set/*", "f", 1)):
            receiver.sendto(packet, ("127.0.0.1", port))
        flood.push()
        await self.until(lambda: len(events) > VARIANTS, "the events")
        await self.until(lambda: len({self.frame_line(m) for m in metrics[1:]}) >= VARIANTS, "the frames")
        if SECONDS:
            await asyncio.sleep(SECONDS)

        def bundles():
            packets.extend(osc_peers.packets(receiver))
            return bundles_of_frames(packets)

        await self.until(lambda: len(bundles()) >= VARIANTS, "the bundles")
        live = len(bundles())
        await self.until(lambda: len(flood.commands()) >= 8, "the commands")
        flood.child.stop()
        await self.until(lambda: len(events) > VARIANTS + 1, "the analyser's end to be told")
        await self.until(lambda: any(self.frame_line(m).startswith(f"metrics {IDLE}") for m in metrics[-3:]), "idle frames")
        count = len(latency)
        await self.until(lambda: len(latency) > count + 3, "idle latency")
        await self.until(lambda: len(bundles()) > live and b"analyser_lost" in packets_of_events(packets)[-1], "the end over OSC")
        broadcaster.child.stop()
        await asyncio.wait_for(asyncio.gather(*tasks), rig.PATIENCE)
        self.counts = (len(metrics), len(latency), len(events), len(packets))
        ordered = [*replies, *(f"event {text}" for text in events[1:]),
                   *(f"command {kind} {value}" for kind, value in flood.commands()),
                   *(f"osc event {shown(p)}" for p in packets_of_events(packets))]
        unordered = {*map(self.frame_line, metrics[1:]), *(f"latency {NUMBER.sub('N', m)}" for m in latency[1:]),
                     *(f"osc frame {shown(p)}" for p in bundles_of_frames(packets)), *ends}
        return ordered + sorted(unordered)

    async def test_scene(self):
        lines = await self.scene()
        print(f"{len(lines)} lines of {self.counts} messages of metrics, latency, events and OSC")
        if os.environ.get("PHICAST_WIRE") == "record":
            RECORDED.write_text("\n".join(lines) + "\n")
        recorded = RECORDED.read_text().splitlines()
        self.maxDiff = 4000
        self.assertEqual([line for line in recorded if line not in lines], [], "recorded, but not sent")
        self.assertEqual([line for line in lines if line not in recorded], [], "sent, but not recorded")
        self.assertEqual(lines, recorded)  # and in that order


if __name__ == "__main__":
    unittest.main()

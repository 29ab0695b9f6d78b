# SPDX-License-Identifier: GPL-3.0-or-later
"""Edges of real nginx with nchan, fed by the broadcaster: what viewers get there is what the broadcaster's own get.

PHICAST_EDGE_VIEWERS (120) says how many."""

import asyncio
import collections
import json
import os
import statistics
import subprocess
import time
import unittest
import unittest.mock
import urllib.error
import urllib.request

import websockets

import edge_rig
import rig
import sockets
import test_dashboard

VIEWERS = int(os.environ.get("PHICAST_EDGE_VIEWERS", "120"))
PROMPT = 0.05  # s from being connected to the newest message
EVENTS = 200


def get(url, headers=None, method="GET"):
    """(status, headers, text)"""
    request = urllib.request.Request(url, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=rig.PATIENCE) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


class Generator(rig.RigTest):
    """phicast-edge itself."""

    def certificate(self):
        files = self.folder / "cert.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", files[1], "-out", files[0], "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, stderr=subprocess.DEVNULL)
        return ["--tls-cert", files[0], "--tls-key", files[1]]

    def make(self, *options):
        return self.run_program("phicast-edge", "--output", self.folder / "edge", *options)

    @edge_rig.needed
    def test_nginx_takes_every_variant(self):
        token = self.folder / "to'ken"
        token.write_text("".join(map(chr, range(33, 127))) + "\n")  # all that may be in one
        token.chmod(0o600)
        tls, redis = self.certificate(), ["--redis", "redis://:secret@127.0.0.1:6379/2"]
        origins = ["--allow-origin", "https://a.example:443", "--allow-origin", "null", "--allow-origin", "http://[::1]:99"]
        variants = [[], ["--max-per-address", "7", *redis], ["--bind", "127.0.0.1", "--bind", "::1", *origins], [*tls, "--add", "bands,levels"],
                    [*tls, *redis, *origins, "--token-file", token, "--publish-bind", "::", "--add", "onsets", "--rates", "1,120,60"]]
        (self.folder / "run").mkdir()
        for options in variants:
            made = self.make("--instances", "2", "--port", edge_rig.free_ports(1), "--publish-port", edge_rig.free_ports(2), *options)
            self.assertEqual(made.returncode, 0, made.stderr)
            tried = subprocess.run(edge_rig.command(self.folder / "run", self.folder / "edge/2.conf", "-t"), capture_output=True, text=True, check=False)
            self.assertEqual(tried.returncode, 0, f"{options}: {tried.stderr}")
            self.assertNotRegex(tried.stderr, r"\[(warn|emerg)\]", options)

    def test_refusals_name_thing_and_cure(self):
        open_token = self.folder / "open"
        open_token.write_text("secret\n")
        open_token.chmod(0o644)
        module = ["--module", self.folder / "open"]
        for options, said in ((["--port", "0"], "--port: 0: give a whole number from 1 to 65535"),
                              (["--rates", "10,121"], "--rates: 121: give a whole number from 1 to 120"),
                              (["--add", "level"], "--add: level: give one or more of levels,bands,onsets"),
                              (["--allow-origin", "example.org"], "example.org: give http://HOST"),
                              (["--bind", "localhost"], "localhost: give an IP address"),
                              (["--redis", "127.0.0.1"], "127.0.0.1: give redis://"),
                              (["--tls-cert", open_token], "--tls-cert and --tls-key go together"),
                              (["--token-file", open_token], f"others can read it; chmod 600 {open_token}"),
                              (["--token-file", self.folder / "none"], "none: No such file"),
                              (["--publish-bind", "0.0.0.0"], "give --token-file FILE"),
                              (["--port", "9102", "--instances", "2"], "is one of the publish ports, 9101 to 9102"),
                              (["--publish-port", "65535", "--instances", "2"], "the last would be 65536"),
                              (["--web", self.folder], "there is no visual.html in it"),
                              (["--module", self.folder / "none"], "none: there is no such file"),
                              (["--nonsense"], "--nonsense")):
            made = self.make(*([] if "--module" in options else module), *options)
            self.assertEqual(made.returncode, 2, options)
            self.assertIn(said, made.stderr, options)
            self.assertFalse((self.folder / "edge").exists(), options)

    def test_written_anew(self):
        """Fewer instances leave none behind; what is not ours stays; nobody else reads the token."""
        module = ["--module", self.folder / "module"]
        (self.folder / "module").touch()
        self.make(*module, "--instances", "3", *self.certificate())
        (self.folder / "edge/7.conf").write_text("# somebody's\n")
        self.assertEqual(self.make(*module, "--instances", "1").returncode, 0)
        self.assertEqual(sorted(path.name for path in (self.folder / "edge").iterdir()), ["1.conf", "7.conf"])
        self.assertEqual((self.folder / "edge/1.conf").stat().st_mode & 0o777, 0o600)


@edge_rig.needed
class Contract(edge_rig.Edging):
    """What a viewer is told, message by message."""

    def same(self, got, want, what):
        """Metrics: each that the broadcaster's own was shown as well is the same to the byte, and none comes out of turn."""
        frames = [edge_rig.frame(text) for text in got]
        self.assertEqual(frames, sorted(frames), what)
        known = {edge_rig.frame(text): text for text in want}
        both = [text for text in got if edge_rig.frame(text) in known]
        self.assertGreater(len(both), len(got) / 2, what)
        for text in both:
            self.assertEqual(text, known[edge_rig.frame(text)], what)

    def once(self, report, path):
        """What one viewer got twice, others did as well: the broadcaster repeats a frame where no newer one has come in time."""
        repeated = collections.Counter()
        for viewer in report.viewers:
            if viewer.path == path:
                repeated.update(number for number, count in collections.Counter(viewer.numbers).items() if count > 1)
        self.assertNotIn(1, repeated.values(), path)

    def test_as_from_the_broadcaster(self):
        edge = edge_rig.Edge(self).start()
        flood = self.flood("--count", EVENTS, "--rate", EVENTS)
        broadcaster = self.publisher(edge)
        own = edge_rig.Crowd(self, broadcaster.port, (1, "/ws/metrics?rate=120"), (1, "/ws/metrics?rate=120&add=" + edge_rig.ALL_PARTS),
                          (1, "/ws/events"), (1, "/ws/events?add=onsets"), (1, "/ws/latency"), (20, "/ws/metrics"))
        some = max(1, VIEWERS // 6)
        paths = ["/ws/metrics", "/ws/metrics?rate=10", "/ws/metrics?add=levels%2Cbands", "/ws/latency?rate=10", "/ws/events", "/ws/events?add=onsets"]
        crowd = edge_rig.Crowd(self, edge.port, *((some, path) for path in paths))
        begin = time.monotonic()
        flood.push()
        self.browsers(edge, broadcaster)
        rig.wait_until(lambda: time.monotonic() - begin > 5, "five seconds of streams")
        own, crowd = own.report(), crowd.report()
        end = time.monotonic()
        every, every_added, events, events_added, latency = (own.texts(viewer) for viewer in own.viewers[:5])
        self.assertGreaterEqual(len(events), EVENTS)
        for viewer in crowd.viewers:
            texts, path = crowd.texts(viewer), viewer.path
            self.assertEqual((len(viewer.connected), viewer.closed), (1, []), path)
            if "/metrics" in path:
                self.same(texts, every_added if "add" in path else every, path)
            elif "/latency" in path:
                self.assertEqual({tuple(json.loads(text)) for text in texts}, {tuple(json.loads(latency[0]))})
            else:
                self.assertEqual(texts, events_added if "add" in path else events, path)
        for path in paths[:3]:
            self.once(crowd, path)
        with open(self.folder / "browsers.json", encoding="utf-8") as file:
            for path, texts in json.load(file).items():
                self.same(texts, every_added if "add" in path else every, path)
        self.prompt_and_steady(own, crowd, begin, end)

    def browsers(self, edge, broadcaster):
        """Node and Chromium: what they got is in browsers.json; their ages behind the mass's are none of this test's."""
        child = self.start(["node", "--test", "--test-reporter=spec", "--test-concurrency=1", test_dashboard.BROWSER / "edge.test.mjs"],
                           env={"PHICAST_URL": edge.url, "PHICAST_BROADCASTER_URL": broadcaster.url, "PHICAST_OUT": str(self.folder / "browsers.json"),
                                "PHICAST_ARTEFACTS": str(rig.BIN.parent / "browser")})
        self.assertEqual(child.wait(test_dashboard.NODE_TIMEOUT), 0)

    def prompt_and_steady(self, own, crowd, begin, end):
        """The newest at once, and 30 Hz as steady as the broadcaster's own: beside it, as the machine is whatever it is."""
        firsts = {}
        for name, report in (("broadcaster", own), ("edge", crowd)):
            waits = [viewer.times[0] - viewer.connected[0][0] for viewer in report.viewers if "/metrics" in viewer.path]
            rates = [sum(begin < t < end for t in viewer.times) / (end - begin) for viewer in report.viewers if viewer.path == "/ws/metrics"]
            firsts[name] = statistics.median(waits), min(rates)
            print(f"  {name}: newest after {firsts[name][0] * 1e3:.1f} ms (median of {len(waits)}, worst {max(waits) * 1e3:.0f}); "
                  f"slowest of {len(rates)} {min(rates):.2f} Hz", flush=True)
        self.assertLess(firsts["edge"][0], max(PROMPT, 3 * firsts["broadcaster"][0]))
        self.assertGreater(firsts["edge"][1], 0.9 * firsts["broadcaster"][1])

    async def test_what_a_url_may_ask_for(self):
        edge = edge_rig.Edge(self, "--rates", "10,60", "--allow-origin", "https://show.example", instances=1).start()
        for path, status in (("metrics", None), ("metrics?rate=30", None), ("metrics?rate=060&add=onsets,levels", None), ("latency?rate=10", None),
                             ("events?replay=256", None), ("events?replay=0&add=onsets", None), ("metrics?rate=20", 400), ("metrics?add=x", 400),
                             ("metrics?replay=3", 400), ("latency?rate=30", 400), ("latency?add=levels", 400), ("events?rate=3", 400),
                             ("events?add=levels", 400), ("events?replay=257", 400), ("events?replay=x", 400), ("nothing", 404)):
            self.assertEqual(await sockets.refusal(sockets.connect(edge.ws(path))), status, path)
        for origin, status in (("https://evil.example", 403), ("https://show.example", None), ("https://show.example.evil.example", 403),
                               (edge.url, None), (f"https://127.0.0.1:{edge.port}", None), ("http://localhost:9", None), ("null", 403)):
            self.assertEqual(await sockets.refusal(sockets.connect(edge.ws("metrics"), origin=origin)), status, origin)
        for path, code, said in (("/ws/metrics", 404, "connect with ws://"), ("/nothing", 404, "no such path"), ("/api/phi", 404, "ask its broadcaster"),
                                 ("/api/metrics?add=x", 400, "add: this edge has levels,bands,onsets")):
            status, _, text = get(edge.url + path)
            self.assertEqual((status, said in json.loads(text)["detail"]), (code, True), text)
        self.assertEqual(get(edge.url + "/healthz", method="POST")[0], 405)
        self.assertEqual(json.loads(get(edge.url + "/healthz")[2])["status"], "healthy")
        self.assertIn("text/html", get(edge.url)[1]["Content-Type"])
        self.assertIn("export default", get(edge.url + "/scene-waves.js")[2])
        self.assertIn("websockets.connect", get(edge.url + "/clients/python/phicast_client.py")[2])
        allowed = get(edge.url + "/healthz", {"Origin": "https://show.example"})[1], get(edge.url + "/healthz", {"Origin": "https://evil.example"})[1]
        self.assertEqual([headers["Access-Control-Allow-Origin"] for headers in allowed], ["https://show.example", None])

    async def test_who_may_publish(self):
        edge = edge_rig.Edge(self, instances=1).start()
        uri = f"ws://127.0.0.1:{edge.publish_port}/pub/"
        token = edge.token.read_text().strip()
        for given, status in ((None, 403), (token.swapcase(), 403), (token + "x", 403), (token, None)):
            headers = {"Authorization": f"Bearer {given}"} if given else {}
            self.assertEqual(await sockets.refusal(sockets.connect(uri + "metrics", headers)), status, given)
            self.assertEqual(get(f"http://127.0.0.1:{edge.publish_port}/status", headers)[0], status or 200)
        headers = {"Authorization": f"Bearer {token}"}
        self.assertEqual(await sockets.refusal(sockets.connect(uri + "metrics-20", headers)), 404)
        self.assertEqual(get(f"http://127.0.0.1:{edge.publish_port}/pub/events", headers, "DELETE")[0], 405)
        self.assertEqual(await sockets.refusal(sockets.connect(edge.ws("../pub/metrics"))), 404)
        self.assertEqual(get(edge.url + "/status")[0], 404)

    async def test_limits(self):
        full = edge_rig.Edge(self, "--max-clients", "2", instances=1).start()
        async with websockets.connect(full.ws("metrics")), websockets.connect(full.ws("events")):
            self.assertEqual(await sockets.refusal(sockets.connect(full.ws("metrics"))), 503)
            self.assertEqual(get(full.url + "/healthz")[0], 200)
        deadline = time.monotonic() + rig.PATIENCE
        while await sockets.refusal(sockets.connect(full.ws("metrics"))):
            self.assertLess(time.monotonic(), deadline, "there is room again")

    async def test_channels_that_hold_nothing(self):
        """Viewers who meet an empty channel, or one whose messages have expired, wait, and get what comes."""
        edge = edge_rig.Edge(self, instances=1).start()
        worker = edge.worker(1)
        self.flood()
        crowd = edge_rig.Crowd(self, edge.port, (5, "/ws/metrics"), (5, "/ws/metrics?rate=10"), (2, "/ws/events?replay=9"), (2, "/ws/latency"))
        self.assertEqual(await asyncio.to_thread(get, edge.url + "/api/metrics"), (408, unittest.mock.ANY, ""))
        broadcaster = self.publisher(edge)
        rig.wait_until(lambda: edge.status(1)["stored messages"] >= 5, "messages")
        self.assertGreater(json.loads(get(edge.url + "/api/metrics")[2])["frame"], 0)
        broadcaster.child.stop()
        rig.wait_until(lambda: get(edge.url + "/api/metrics")[0] == 408, "the last metrics to expire")
        async with websockets.connect(edge.ws("metrics")) as one, websockets.connect(edge.ws("metrics")) as other:
            self.publisher(edge)
            got = [json.loads(await asyncio.wait_for(ws.recv(), rig.PATIENCE))["frame"] for ws in (one, other)]
        self.assertEqual(edge.worker(1), worker)
        report = crowd.report()
        for viewer in report.viewers:
            self.assertEqual(viewer.closed, [])
            if "/metrics" in viewer.path:
                self.assertGreaterEqual(max(map(edge_rig.frame, report.texts(viewer))), min(got))

    async def test_compressed_once(self):
        """Who offers permessage-deflate gets the very same messages in less than half the bytes."""
        edge = edge_rig.Edge(self, instances=1).start()
        self.flood("-c", "16")
        self.publisher(edge)
        async with websockets.connect(edge.ws("metrics"), compression="deflate") as deflated, websockets.connect(edge.ws("metrics"), compression=None) as plain:
            self.assertEqual([len(sockets.extensions(ws)) for ws in (deflated, plain)], [1, 0])
            got = [[await asyncio.wait_for(ws.recv(), rig.PATIENCE) for _ in range(30)] for ws in (deflated, plain)]
            self.assertGreater(len(set(got[0]) & set(got[1])), 15)
        reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
        writer.write(b"GET /ws/metrics HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                     b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        kind, size = await reader.readexactly(2)
        self.assertEqual((kind, size), (0xc1, 126))
        self.assertLess(int.from_bytes(await reader.readexactly(2), "big"), len(got[0][0]) / 2)
        writer.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)

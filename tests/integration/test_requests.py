# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP as strangers, browsers, proxies and small devices speak it: every request gets its own answer, in order, and nothing
that came as a body, or in a path, is ever taken for a request."""

import base64
import json
import os
import random
import re
import signal
import socket
import ssl
import subprocess
import time
import unittest

import osc_peers
import rig
from test_protocol import PING, PONG, Peer, frame

DEPTH = 1
JSON = "Content-Type: application/json\r\n"
HOST = "Host: localhost\r\n"
KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
UPGRADE = f"{HOST}Upgrade: websocket\r\nConnection: Upgrade\r\n"
TRIES = int(os.environ.get("PHICAST_PIPELINE_TRIES", "4"))
MUTATED = int(os.environ.get("PHICAST_MUTATED", "3000"))


def post(body, extra=""):
    return f"POST /api/phi HTTP/1.1\r\n{HOST}{JSON}{extra}Content-Length: {len(body)}\r\n\r\n{body}"


GET = f"GET /healthz HTTP/1.1\r\n{HOST}\r\n"
STEER = post('{"depth":0.25}')
LAST = GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")

# Requests that come in one piece, and the codes of the answers.
PIPELINES = (
    (GET + GET + LAST, (200, 200, 200)),
    (GET + STEER + LAST, (200, 202, 200)),
    (GET + STEER + STEER + LAST, (200, 202, 202, 200)),
    (STEER + GET + STEER + LAST, (202, 200, 202, 200)),
    (GET + post('{"depth":0.25}', "Connection: close\r\n"), (200, 202)),
    (GET + STEER.replace("HTTP/1.1", "HTTP/1.0"), (200, 202)),
    (GET.replace("HTTP/1.1", "HTTP/1.0") + STEER, (200,)),
    (GET + post("nonsense") + LAST, (200, 400, 200)),
    (GET + post("x" * 2000), (200, 413)),
    (post("x" * 2000) + STEER, (413,)),
    (GET + STEER.replace("localhost", "evil.example") + GET, (200, 421)),
    (GET.replace("localhost", "evil.example") + STEER + LAST, (421, 202, 200)),
    (post('{"depth":0.25}', "Origin: http://evil.example\r\n") + STEER, (403,)),
    (GET.replace("\r\n\r\n", "\r\nContent-Length: 5\r\n\r\nhello") + STEER, (400,)),
    (GET + GET.replace("\r\n\r\n", "\r\nContent-Length: 5\r\n\r\nhello") + STEER, (200, 400)),
    (GET + STEER.replace("Content-Length: 14", "Transfer-Encoding: chunked"), (200, 411)),
    (STEER.replace("/api/phi", "/nothing") + STEER, (404,)),
    ("\r\n\r\n" + GET + "\r\n" + STEER + "\r\n" + LAST, (200, 202, 200)),
    (GET + GET.replace("GET", "BREW") + STEER, (200, 501)),
    (GET.replace("GET", "HEAD") + LAST, (200, 200)),
    (f"GET /ws/metrics HTTP/1.1\r\n{UPGRADE}{KEY}Sec-WebSocket-Version: 13\r\n\r\n" + STEER, (400,)),
    (f"GET /ws/nothing HTTP/1.1\r\n{UPGRADE}{KEY}Sec-WebSocket-Version: 13\r\n\r\n" + STEER, (404,)),
)


def codes(answers):
    """Those of all answers in a row, each taken off by its Content-Length."""
    found = []
    while answers:
        head, _, rest = answers.partition(b"\r\n\r\n")
        code = int(head.split(b" ")[1])
        found.append(code)
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        # The one HEAD that is asked for comes first.
        answers = rest if rest.startswith(b"HTTP/1.1") else rest[int(length.group(1)) if length else 0:]
    return tuple(found)


class Requests(rig.RigTest):
    asked = 0

    def begin(self, *options):
        self.flood = osc_peers.Flood(self)
        self.broadcaster_ = self.broadcaster("--osc", "none", *options)
        self.port = self.broadcaster_.port
        rig.wait_ready(self.broadcaster_)

    def raw(self, data, half=True):
        """All that comes back for those bytes, from an address that has posted little."""
        self.asked += 1
        source = (f"127.{1 + self.asked // 250 % 250}.{self.asked % 250}.1", 0)
        with socket.create_connection(("127.0.0.1", self.port), rig.PATIENCE, source) as s:
            s.sendall(data if isinstance(data, bytes) else data.encode("latin1"))
            if half:
                s.shutdown(socket.SHUT_WR)
            out = b""
            while got := s.recv(65536):
                out += got
            return out

    def ask(self, data):
        """(code, header lines in lower case, body) of the first answer."""
        head, _, body = self.raw(data).partition(b"\r\n\r\n")
        lines = head.decode("latin1").split("\r\n")
        return int(lines[0].split(" ")[1]), dict(line.lower().split(": ", 1) for line in lines[1:]), body

    def refused(self, data, code):
        got, headers, body = self.ask(data)
        self.assertEqual(got, code, (data[:300], body))
        self.assertEqual(headers["content-type"], "application/json; charset=utf-8")
        self.assertEqual(list(json.loads(body)), ["detail"], data)
        return headers

    def nothing_moved(self):
        """The next good command is the first that arrives."""
        self.raw(post('{"rate":0.25}'))
        rig.wait_until(self.flood.commands, "the command")
        self.assertEqual(len(self.flood.commands()), 1, self.flood.commands())

    def test_pipelined(self):
        self.begin()
        steered = 0
        for _ in range(TRIES):
            for data, wanted in PIPELINES:
                self.assertEqual(codes(self.raw(data, half=False)), wanted, data)
                steered += wanted.count(202)
        rig.wait_until(lambda: len(self.flood.commands()) >= steered, "all commands")
        self.assertEqual(self.flood.commands(), [(DEPTH, 0.25)] * steered)
        self.assertEqual(self.broadcaster_.get("/healthz")[0], 200)

    def test_terminates_with_requests_under_way(self):
        self.begin()
        with socket.create_connection(("127.0.0.1", self.port), timeout=rig.PATIENCE) as s:
            s.sendall((GET + STEER[:-5]).encode())
            self.assertIn(b" 200 ", s.recv(65536))
            self.broadcaster_.child.process.send_signal(signal.SIGTERM)
            self.assertEqual(self.broadcaster_.child.wait(rig.PATIENCE), 0)

    def test_bodies_are_no_requests(self):
        """A page sends what it likes in a body, and pads it as it likes; of other origins, without a preflight."""
        self.begin()
        hidden = post('{"depth":0.75}')
        for padding in (0, 1, 500, 1023, 1024, 1025, 4000, 4096, 8192, 16384, 60000, 1000000):
            body = "x" * padding + hidden
            for path in ("/x", "/api/phi", "/healthz", "/ws/metrics", "/"):
                for extra in ("Content-Type: text/plain\r\nOrigin: http://evil.example\r\n", JSON + "Origin: null\r\n", ""):
                    data = f"POST {path} HTTP/1.1\r\n{HOST}{extra}Content-Length: {len(body)}\r\n\r\n{body}"
                    found = codes(self.raw(data))
                    self.assertEqual(len(found), 1, (path, padding, extra, found))
        self.nothing_moved()

    def test_paths_are_no_requests(self):
        """%0a in a path was an end of line to libwebsockets, and swallowed the next request's first header."""
        self.begin()
        body = post('{"depth":0.75}')
        for path in ("/%0a", "/%0d%0a", "/x%0aX:", "/api/phi%0d%0aHost:%20localhost%0d%0a%0d%0a", "/%00", "/?%0a", "/?a=%0a",
                     "/%0A%0A"):
            for method in ("GET", "POST"):
                self.assertEqual(codes(self.raw(f"{method} {path} HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\n"
                                                f"Content-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n{body}")), (400,))
                self.assertEqual(codes(self.raw(f"{method} {path} HTTP/1.1\r\n{HOST}\r\n")), (400,))
        self.nothing_moved()

    def test_mutated(self):
        """Bytes of good requests changed, doubled and left out: never more answers than requests, and nobody hangs."""
        self.begin()
        seed = int(os.environ.get("PHICAST_SEED", time.time_ns() % 1000000))
        source = random.Random(seed)
        pieces = (b"\r\n", b"\r\n\r\n", b"Connection: close\r\n", b"HTTP/1.0", b"%0a", b"Content-Length: 7\r\n", b"\x00", b"\n",
                  b"Transfer-Encoding: chunked\r\n", b"Upgrade: h2c\r\n", b"Expect: 100-continue\r\n", b"Upgrade: websocket\r\n")
        shapes = [data.encode() for data, _ in PIPELINES if len(data) < 1500]
        for i in range(MUTATED):
            data = bytearray(source.choice(shapes).replace(b"depth", b"dxpth"))
            for _ in range(source.randrange(1, 4)):
                at = source.randrange(len(data) + 1)
                kind = source.randrange(4)
                if kind == 0:
                    data[at:at + 1] = bytes([source.randrange(256)])
                elif kind == 1:
                    data[at:at] = source.choice(pieces)
                elif kind == 2:
                    del data[at:at + source.randrange(1, 30)]
                else:
                    data[at:at] = data[at:at + source.randrange(1, 60)]
            with socket.create_connection(("127.0.0.1", self.port), timeout=rig.PATIENCE) as s:
                try:
                    s.sendall(data)
                    if source.random() < 0.7:
                        s.shutdown(socket.SHUT_WR)
                        while s.recv(65536):
                            pass
                except ConnectionError:
                    pass
            if i % 500 == 0:
                self.assertEqual(self.broadcaster_.get("/healthz")[0], 200, f"seed {seed}, input {i}")
        self.assertEqual(self.flood.commands(), [], f"seed {seed}")
        self.assertEqual(self.broadcaster_.child.stop(), 0, self.broadcaster_.child.err[-2000:])

    def test_statuses(self):
        self.begin()
        whole = f"GET /ws/metrics HTTP/1.1\r\n{UPGRADE}{KEY}Sec-WebSocket-Version: 13\r\n\r\n"
        self.refused("GET /healthz HTTP/1.1\r\n\r\n", 400)                              # no Host
        self.refused(f"GET /healthz HTTP/1.1\r\n{HOST}{HOST}\r\n", 400)
        self.refused("GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n", 400)
        self.refused(f"GET /healthz\r\n{HOST}\r\n", 400)
        self.refused(f"GET /healthz HTTP/2.0\r\n{HOST}\r\n", 505)
        self.refused(f"BREW /healthz HTTP/1.1\r\n{HOST}\r\n", 501)
        self.refused(f"DELETE /healthz HTTP/1.1\r\n{HOST}\r\n", 405)
        self.refused(f"CONNECT localhost:22 HTTP/1.1\r\n{HOST}\r\n", 405)
        self.refused(f"GET /healthz HTTP/1.1\r\n{HOST}X: {'y' * 20000}\r\n\r\n", 431)
        self.refused(f"GET /{'y' * 20000} HTTP/1.1\r\n{HOST}\r\n", 414)
        self.refused(f"GET /healthz HTTP/1.1\r\n{HOST}" + "X: y\r\n" * 200 + "\r\n", 431)
        self.refused(f"POST /api/phi HTTP/1.1\r\n{HOST}{JSON}Expect: more\r\nContent-Length: 2\r\n\r\n{{}}", 417)
        headers = self.refused(whole.replace("13", "8"), 426)
        self.assertEqual((headers["sec-websocket-version"], headers["upgrade"]), ("13", "websocket"))
        self.refused(whole.replace("Sec-WebSocket-Version: 13\r\n", ""), 426)
        for key in ("", "Sec-WebSocket-Key: \r\n", "Sec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n", KEY.replace("=", "!"), KEY + KEY,
                    "Sec-WebSocket-Key: " + "A" * 24 + "\r\n"):
            self.refused(whole.replace(KEY, key), 400)
        # All of these are as good as any.
        for request in (f"GET /healthz HTTP/1.1\r\nHost: \t localhost \t\r\nX:\r\nA: one letter\r\n\r\n",
                        f"GET http://localhost:{self.port}/healthz HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n",
                        f"GET /healthz HTTP/1.1\r\n{HOST}Cookie: {'y' * 15000}\r\n\r\n",
                        f"GET /healthz HTTP/1.1\r\n{HOST}Upgrade: h2c, foo/2\r\nConnection: Upgrade\r\n\r\n",
                        "GET /healthz HTTP/1.0\r\n\r\n"):
            self.assertEqual(self.ask(request)[0], 200, request)
        self.assertEqual(self.ask(post('{"depth":0.25}', "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"))[0], 202)
        self.assertEqual(self.ask(f"GET http://evil.example/healthz HTTP/1.1\r\n{HOST}\r\n")[0], 421)

    def test_expect_continue(self):
        self.begin()
        with socket.create_connection(("127.0.0.1", self.port), timeout=rig.PATIENCE) as s:
            head, _, body = post('{"depth":0.25}', "Expect: 100-continue\r\n").partition("\r\n\r\n")
            s.sendall(head.encode() + b"\r\n\r\n")
            self.assertEqual(s.recv(1000), b"HTTP/1.1 100 Continue\r\n\r\n")
            s.sendall(body.encode())
            self.assertIn(b"HTTP/1.1 202 ", s.recv(1000))
            s.sendall(post("x" * 2000, "Expect: 100-continue\r\n").partition("\r\n\r\n")[0].encode() + b"\r\n\r\n")
            self.assertIn(b"HTTP/1.1 413 ", s.recv(1000))  # at once: no body is wanted

    def test_subprotocols(self):
        """Small devices offer "arduino" whatever they are told; the stream is opened without one."""
        self.begin()
        for offered in ("arduino", "a, b", "phicast", "timer"):
            with Peer(self.port, extra=f"Sec-WebSocket-Protocol: {offered}\r\n") as peer:
                self.assertIn(b" 101 ", peer.head)
                self.assertNotIn(b"sec-websocket-protocol", peer.head.lower())
                json.loads(peer.next(1))

    def cors(self, method, path, origin, extra="", code=None):
        got, headers, _ = self.ask(f"{method} {path} HTTP/1.1\r\n{HOST}Origin: {origin}\r\n{extra}\r\n")
        if code:
            self.assertEqual(got, code, (method, path, origin))
        self.assertIn("origin", headers["vary"])
        return headers

    def test_cors(self):
        self.begin("--allow-origin", "https://stage.example")
        allow = "access-control-allow-origin"
        asks = "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n"
        for origin in ("https://stage.example", "https://stage.example:443", "http://localhost:3000"):
            self.assertEqual(self.cors("GET", "/api/status", origin, code=200)[allow], origin)
            self.assertEqual(self.cors("GET", "/nothing", origin, code=404)[allow], origin)
            headers = self.cors("OPTIONS", "/api/phi", origin, asks, 204)
            self.assertEqual(headers[allow], origin)
            self.assertIn("post", headers["access-control-allow-methods"])
            self.assertEqual(headers["access-control-allow-headers"], "authorization, content-type")
            self.assertNotIn("content-length", headers)
            self.assertNotIn("access-control-allow-private-network", headers)
            private = self.cors("OPTIONS", "/api/phi", origin, asks + "Access-Control-Request-Private-Network: true\r\n", 204)
            self.assertEqual(private["access-control-allow-private-network"], "true")
            self.assertIn("get", self.cors("OPTIONS", "/api/status", origin, asks, 204)["access-control-allow-methods"])
        for origin in ("https://evil.example", "http://stage.example", "https://stage.example:444"):
            self.assertNotIn(allow, self.cors("GET", "/api/status", origin, code=200))
            self.assertNotIn(allow, self.cors("OPTIONS", "/api/phi", origin, asks, 403))
            self.assertNotIn(allow, self.cors("OPTIONS", "/api/status", origin, asks, 403))
        self.assertEqual(self.cors("GET", "/api/status", "null", code=200)[allow], "null")  # it may open the streams, too
        self.cors("OPTIONS", "/api/phi", "null", asks, 403)
        self.cors("OPTIONS", "/nothing", "https://stage.example", asks, 404)
        self.assertEqual(self.ask(f"OPTIONS * HTTP/1.1\r\n{HOST}\r\n")[0], 204)
        self.assertEqual(self.ask(f"OPTIONS /api/phi HTTP/1.1\r\nHost: evil.example\r\n\r\n")[0], 421)
        posted = self.ask(post('{"depth":0.25}', "Origin: https://stage.example\r\n"))
        self.assertEqual((posted[0], posted[1][allow]), (202, "https://stage.example"))

    def upgraded(self, port, **headers):
        with Peer(port, extra="".join(f"{k}: {v}\r\n" for k, v in headers.items())) as peer:
            return int(peer.head.split(b" ")[1])

    def test_origins(self):
        self.begin("--allow-origin", "http://stage.example:80")
        self.assertEqual(self.upgraded(self.port, Origin="http://stage.example"), 101)
        self.assertEqual(self.upgraded(self.port, Origin="null"), 101)
        self.assertEqual(self.upgraded(self.port, Origin="file://"), 101)
        for host in ("stage.example", "stage.example:80"):  # whatever the bind: a proxy on this machine passes it on
            self.assertEqual(self.ask(f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n")[0], 200, host)
        for host in ("stage.example:8000", "x.stage.example"):
            self.assertEqual(self.ask(f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n")[0], 421, host)
        self.assertEqual(self.upgraded(self.port, Origin="https://evil.example"), 403)
        self.broadcaster_.child.line("a page of https://evil.example was refused; --allow-origin https://evil.example", "err")
        for origin in ("null", "file://"):
            self.refused(post('{"depth":0.25}', f"Origin: {origin}\r\n"), 403)

    def test_files_on_an_open_server(self):
        for options, code in (((), 403), (("--allow-origin", "null"), 101)):
            broadcaster = self.broadcaster("--osc", "none", "--bind", "0.0.0.0", "--insecure-open", *options)
            for origin in ("null", "file://"):
                self.assertEqual(self.upgraded(broadcaster.port, Origin=origin), code, (origin, options))
                self.port = broadcaster.port
                self.refused(post('{"depth":0.25}', f"Origin: {origin}\r\n"), 403)
            self.assertEqual(broadcaster.child.stop(), 0)

    def test_origins_that_never_match(self):
        for origin in ("http://a.com/", "http://a.com/page", "http://a.com ", "a.com", "http://a.com:", "ftp://a.com", ""):
            result = self.run_program("phicast-broadcaster", "-n", self.name, "-p", "0", "--allow-origin", origin)
            self.assertEqual(result.returncode, 2, origin)
            self.assertIn("--allow-origin", result.stderr)

    def test_tls_streams(self):
        """Through the relay: whole messages, compressed ones, a client that stops reading and one that goes."""
        cert, key = self.folder / "cert.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], check=True,
                       stderr=subprocess.DEVNULL, timeout=rig.PATIENCE)
        osc_peers.Flood(self, "-c", "64")
        child = self.start([rig.BIN / "phicast-broadcaster", "-n", self.name, "-p", "0", "--osc", "none", "--tls-cert", cert,
                            "--tls-key", key])
        port = int(child.line(r"^listening on https://\S+:(\d+)").group(1))
        context = ssl.create_default_context(cafile=cert)

        def connect(path, extra=""):
            plain = socket.create_connection(("127.0.0.1", port), timeout=rig.PATIENCE)
            stream = context.wrap_socket(plain, server_hostname="localhost")
            self.addCleanup(stream.close)
            stream.sendall((f"GET {path} HTTP/1.1\r\n{UPGRADE}{KEY}Sec-WebSocket-Version: 13\r\n{extra}\r\n").encode())
            return stream

        begun = {}  # by stream: what there is already of the next frame

        def read(stream, count):
            """The payloads of so many messages, or some more, each of which is one frame; pings are answered."""
            data = begun.pop(stream, b"")
            found = []
            while len(found) < count:
                got = stream.recv(65536)
                self.assertTrue(got, "the stream ended")
                data += got
                if b"\r\n\r\n" in data and data.startswith(b"HTTP"):
                    self.assertIn(b" 101 ", data)
                    data = data.partition(b"\r\n\r\n")[2]
                while len(data) >= 4 and not data.startswith(b"HTTP"):
                    self.assertIn(data[0], (0x81, 0xc1, 0x80 | PING))
                    start = 2 if data[1] < 126 else 4
                    length = data[1] if data[1] < 126 else int.from_bytes(data[2:4], "big")
                    if len(data) < start + length:
                        break
                    payload = data[start:start + length]
                    if data[0] == 0x80 | PING:
                        stream.sendall(frame(PONG, payload))
                    else:
                        found.append(payload)
                    data = data[start + length:]
            begun[stream] = data
            return found

        for text in read(connect("/ws/metrics?rate=120"), 60):
            self.assertEqual(len(json.loads(text)["channel_metrics"]), 64)
        self.assertNotIn(b"frame", read(connect("/ws/metrics", "Sec-WebSocket-Extensions: permessage-deflate\r\n"), 3)[0])
        stopped = connect("/ws/metrics?rate=120")
        read(stopped, 1)
        gone = connect("/ws/events")
        gone.close()
        read(connect("/ws/metrics?rate=120"), 600)
        first = json.loads(read(stopped, 1)[0])["frame"]
        self.assertGreater(json.loads(read(stopped, 400)[-1])["frame"], first)
        descriptors = f"/proc/{child.pid}/fd"
        before = len(os.listdir(descriptors))
        for _ in range(20):
            stream = connect("/ws/metrics")
            read(stream, 1)
            stream.close()
        rig.wait_until(lambda: len(os.listdir(descriptors)) <= before, "the end of those who went")
        child.process.send_signal(signal.SIGTERM)
        self.assertEqual(child.wait(rig.PATIENCE), 0, child.err)


if __name__ == "__main__":
    unittest.main(verbosity=2)

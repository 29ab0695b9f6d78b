# SPDX-License-Identifier: GPL-3.0-or-later
"""POST /api/phi and /api/calibrate: what reaches the analyser, what is refused, and that nothing moves then."""

import http.client
import json
import socket
import unittest

import osc_peers
import rig

DEPTH, PHASE, RATE, BREATHING, AUTO, CALIBRATE = range(1, 7)
JSON = {"Content-Type": "application/json"}


class Post(rig.RigTest):
    def post(self, body, path="/api/phi", headers=None, method="POST"):
        """(status, the answer)"""
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        code, kind, text = self.broadcaster_.get(path, method, data, JSON if headers is None else headers)
        self.assertEqual(kind, "application/json", text)
        return code, json.loads(text)

    def begin(self):
        self.flood = osc_peers.Flood(self)
        self.broadcaster_ = self.broadcaster("--osc", "none")
        rig.wait_ready(self.broadcaster_)

    def refused(self, code, body, words="", **more):
        got, answer = self.post(body, **more)
        self.assertEqual(got, code, f"{body} {answer}")
        self.assertEqual(list(answer), ["detail"])
        self.assertIn(words, answer["detail"])

    def test_what_reaches_the_analyser(self):
        self.begin()
        self.assertEqual(self.post({"depth": 0.5}), (202, {"accepted": ["depth"]}))
        self.assertEqual(self.post({"auto": True, "breathing": True, "rate": 1, "phase": -2, "depth": 1}),
                         (202, {"accepted": ["depth", "phase", "rate", "breathing", "auto"]}))
        self.assertEqual(self.post({"breathing": False}, headers={"Content-Type": "application/json; charset=utf-8"}),
                         (202, {"accepted": ["breathing"]}))
        self.assertEqual(self.post(None, "/api/calibrate", {}), (202, {"accepted": ["level_dbfs"]}))
        self.assertEqual(self.post({"level_dbfs": -6}, "/api/calibrate"), (202, {"accepted": ["level_dbfs"]}))
        expected = [(DEPTH, 0.5), (DEPTH, 1), (PHASE, -2), (RATE, 1), (BREATHING, 1), (AUTO, 1), (BREATHING, 0),
                    (CALIBRATE, -20), (CALIBRATE, -6)]
        rig.wait_until(lambda: len(self.flood.commands()) >= len(expected), "the commands")
        self.assertEqual(self.flood.commands(), expected)

    def test_whole_or_nothing(self):
        self.begin()
        self.refused(400, {"depth": 0.5, "rate": 11}, "rate: give a number of Hz from 0.01 to 10")
        self.refused(400, {"depth": 2}, "depth: give a number from 0 to 1")
        self.refused(400, {"depth": 0.5, "breathing": 1}, "breathing: give true or false")
        self.refused(400, {"depth": 0.5, "colour": 1}, "colour: no such member")
        self.refused(400, {"depth": "0.5"}, "depth:")
        self.refused(400, {}, "asks for nothing")
        self.refused(400, b"", "not a JSON object")
        self.refused(400, b"depth=1", "not a JSON object")
        self.refused(400, b"[1]", "not a JSON object")
        self.refused(400, b'{"depth":NaN}')
        self.refused(400, b'{"depth":0.5', "ends too early")
        self.refused(400, b"\xff\xfe\x00", "JSON")
        self.refused(400, {"level_dbfs": 1}, "level_dbfs: give a number of dBFS from -60 to 0", path="/api/calibrate")
        self.refused(400, {"depth": 1}, "depth: no such member", path="/api/calibrate")
        self.nothing_moved()

    def nothing_moved(self):
        """The next good one is the first that arrives."""
        self.assertEqual(self.post({"rate": 0.25})[0], 202)
        rig.wait_until(self.flood.commands, "the command")
        self.assertEqual(self.flood.commands(), [(RATE, 0.25)])

    def test_wrong_type_or_size(self):
        self.begin()
        good = {"depth": 0.5}
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
                     "application/jsonx", "application/json-seq", "text/plain; application/json"):
            self.refused(415, good, "application/json", headers={"Content-Type": kind})
            self.refused(415, good, "application/json", headers={"Content-Type": kind}, path="/api/calibrate")
        for size in (1025, 5000, 100000, 1000000):
            self.refused(413, b" " * size, "1024")
        self.assertEqual(self.post(b" " * (1024 - 11) + b'{"rate": 1}')[0], 202)  # just fits
        rig.wait_until(self.flood.commands, "the command")
        self.assertEqual(self.flood.commands(), [(RATE, 1)])

    def test_methods(self):
        self.begin()
        for path in ("/api/phi", "/api/calibrate"):
            for method in ("GET", "PUT", "DELETE", "PATCH"):
                connection = http.client.HTTPConnection("127.0.0.1", self.broadcaster_.port, timeout=rig.PATIENCE)
                connection.request(method, path)
                response = connection.getresponse()
                self.assertEqual((response.status, response.headers["Allow"]), (405, "POST"), f"{method} {path}")
                connection.close()
        self.nothing_moved()

    def test_foreign_pages(self):
        self.begin()
        good = {"depth": 0.5}
        for origin in ("http://evil.example", "null", "https://localhost.evil.example", "file://", ""):
            code = 403 if origin else 202
            headers = {**JSON, **({"Origin": origin} if origin else {})}
            self.assertEqual(self.post(good, headers=headers)[0], code, origin)
        self.refused(403, None, "origin", path="/api/calibrate", headers={"Origin": "http://evil.example"})
        self.refused(421, good, "localhost", headers={**JSON, "Host": "rebound.example"})
        for origin in ("http://localhost:3000", f"http://127.0.0.1:{self.broadcaster_.port}"):
            self.assertEqual(self.post(good, headers={**JSON, "Origin": origin})[0], 202, origin)
        rig.wait_until(lambda: len(self.flood.commands()) == 3, "three commands")

    def test_no_analyser(self):
        self.broadcaster_ = self.broadcaster("--osc", "none")
        self.refused(503, {"depth": 0.5}, "phicast-jack")
        self.refused(503, None, "phicast-jack", path="/api/calibrate", headers={})
        self.refused(400, {"depth": 5}, "depth")  # wrong all the same

    def raw(self, *pieces):
        """All that comes back for those bytes, sent piece by piece."""
        with socket.create_connection(("127.0.0.1", self.broadcaster_.port), timeout=rig.PATIENCE) as s:
            for piece in pieces:
                s.sendall(piece)
            s.shutdown(socket.SHUT_WR)
            out = b""
            while got := s.recv(65536):
                out += got
            return out

    def test_odd_requests(self):
        self.begin()
        head = b"POST /api/phi HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        self.assertIn(b" 411 ", self.raw(head + b"Transfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\n0\r\n\r\n"))
        self.assertIn(b" 400 ", self.raw(head + b"Content-Length: many\r\n\r\n{}"))
        self.assertIn(b" 400 ", self.raw(head + b"Content-Length: -1\r\n\r\n{}"))
        self.assertIn(b" 400 ", self.raw(head + b"\r\n"))
        self.assertIn(b" 413 ", self.raw(head + b"Content-Length: 99999999999\r\n\r\n"))
        self.assertEqual(self.flood.commands(), [])

    def test_one_connection_many_posts(self):
        self.begin()
        connection = http.client.HTTPConnection("127.0.0.1", self.broadcaster_.port, timeout=rig.PATIENCE)
        for i in range(50):
            body = json.dumps({"depth": i / 64}) if i % 2 else "nonsense"
            connection.request("POST", "/api/phi", body, JSON)
            response = connection.getresponse()
            response.read()
            self.assertEqual(response.status, 202 if i % 2 else 400)
        connection.request("GET", "/healthz")
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()
        rig.wait_until(lambda: len(self.flood.commands()) == 25, "the commands")
        self.assertEqual(self.flood.commands(), [(DEPTH, i / 64) for i in range(1, 50, 2)])


if __name__ == "__main__":
    unittest.main(verbosity=2)

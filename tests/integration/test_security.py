# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is let in: tokens, origins and hosts. Whoever is not is told so before any data."""

import contextlib
import signal
import socket
import unittest

import rig

TOKEN = "a-token-for-the-tests"
UPGRADE = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
           "Sec-WebSocket-Version": "13"}


class Security(rig.RigTest):
    def token_file(self, text=TOKEN, mode=0o600):
        path = self.folder / "token"
        path.write_text(text + "\n")
        path.chmod(mode)
        return path

    def raw(self, port, path="/api/status", method="GET", context=None, body="", **headers):
        """(code, everything)"""
        fields = {"Host": "localhost", **{k.replace("_", "-"): v for k, v in headers.items()}}
        request = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items())
        request += (f"Content-Length: {len(body)}\r\n" if body else "") + "\r\n" + body
        with socket.create_connection(("127.0.0.1", port), timeout=rig.PATIENCE) as s:
            out = b""
            with context.wrap_socket(s, server_hostname="localhost") if context else contextlib.nullcontext(s) as stream:
                stream.sendall(request.encode())
                while b"\r\n\r\n" not in out and (got := stream.recv(65536)):
                    out += got
            return int(out.split(b" ", 2)[1]) if out else None, out

    def upgrade(self, port, path="/ws/metrics", context=None, **headers):
        code, out = self.raw(port, path, context=context, **UPGRADE, **headers)
        if code != 101:
            self.assertNotIn(b"frame\":", out)
        return code

    def test_refused_to_start(self):
        def fails(code, words, *options):
            result = self.run_program("phicast-broadcaster", "-n", self.name, "-p", "0", *options)
            self.assertEqual(result.returncode, code, result.stderr)
            self.assertIn(words, result.stderr)
            self.assertNotIn(TOKEN, result.stderr + result.stdout)
        fails(2, "--token-file", "--bind", "0.0.0.0")
        fails(1, "chmod 600", "--token-file", self.token_file(mode=0o640))
        fails(1, "chmod 600", "--token-file", self.token_file(mode=0o604))
        fails(2, "one line", "--token-file", self.token_file(""))
        fails(2, "one line", "--token-file", self.token_file("two words"))
        fails(2, "one line", "--token-file", self.token_file("x" * 300))
        fails(1, "--token-file", "--token-file", self.folder / "none")
        fails(2, "--allow-origin", "--allow-origin", "evil.example")
        fails(2, "go together", "--tls-cert", "/dev/null")
        fails(2, "--user", "--user", "no-such-user")
        fails(1, "--tls-cert", "--tls-cert", self.folder / "none", "--tls-key", self.folder / "none")

    def test_token(self):
        broadcaster = self.broadcaster("--osc", "none", "--token-file", self.token_file())
        port = broadcaster.port
        self.assertEqual(self.raw(port, "/healthz")[0], 200)
        self.assertEqual(self.raw(port, "/", Accept="text/html")[0], 200)
        for path in ("/api/status", "/api/metrics", "/api/latency", "/metrics", "/readyz", "/version", "/", "/phicast/ici"):
            code, out = self.raw(port, path)
            self.assertEqual(code, 401, path)
            self.assertIn(b"WWW-Authenticate: Bearer", out)
            self.assertEqual(self.raw(port, f"{path}?token=wrong")[0], 401)
            self.assertIn(self.raw(port, f"{path}?token={TOKEN}")[0], (200, 503))
            self.assertIn(self.raw(port, path, Authorization=f"Bearer {TOKEN}")[0], (200, 503))
        for wrong in (f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer ", f"Basic {TOKEN}", TOKEN, "Bearer " + "x" * 400):
            self.assertEqual(self.raw(port, Authorization=wrong)[0], 401, wrong)
        for stream in ("metrics", "latency", "events"):
            self.assertEqual(self.upgrade(port, f"/ws/{stream}"), 401)
            self.assertEqual(self.upgrade(port, f"/ws/{stream}?token=wrong"), 401)
            self.assertEqual(self.upgrade(port, f"/ws/{stream}?token={TOKEN}"), 101)
            self.assertEqual(self.upgrade(port, f"/ws/{stream}", Authorization=f"Bearer {TOKEN}"), 101)
        post = {"method": "POST", "body": '{"depth": 1}', "Content_Type": "application/json"}
        self.assertEqual(self.raw(port, "/api/phi", **post)[0], 401)
        self.assertEqual(self.raw(port, "/api/phi", Authorization=f"Bearer {TOKEN}", **post)[0], 503)  # no analyser
        self.assertNotIn(TOKEN, broadcaster.child.err + broadcaster.child.out)
        with open(f"/proc/{broadcaster.child.pid}/cmdline", "rb") as line:
            self.assertNotIn(TOKEN.encode(), line.read())
        self.token_file("another-token")
        broadcaster.child.process.send_signal(signal.SIGHUP)
        rig.wait_until(lambda: self.raw(port, "/api/status?token=another-token")[0] == 200, "the new token")
        self.assertEqual(self.raw(port, f"/api/status?token={TOKEN}")[0], 401)

    def test_origins_and_hosts(self):
        broadcaster = self.broadcaster("--osc", "none", "--allow-origin", "https://stage.example")
        port = broadcaster.port
        for origin, code in ((f"http://localhost:{port}", 101), ("http://[::1]:1", 101), ("null", 101),
                             ("https://stage.example", 101), ("https://STAGE.example", 101), ("http://stage.example", 403),
                             ("https://stage.example:444", 403), ("https://evil.example", 403),
                             ("https://stage.example.evil.example", 403)):
            self.assertEqual(self.upgrade(port, Origin=origin), code, origin)
        post = {"method": "POST", "body": '{"depth": 1}', "Content_Type": "application/json"}
        for origin, code in ((f"http://localhost:{port}", 503), ("https://stage.example", 503), ("null", 403),
                             ("https://evil.example", 403)):
            self.assertEqual(self.raw(port, "/api/phi", Origin=origin, **post)[0], code, origin)
        for host in ("evil.example", "127.0.0.1.evil.example", "192.168.1.2", "localhost.local.evil.example"):
            self.assertEqual(self.upgrade(port, Host=host), 421, host)
            self.assertEqual(self.raw(port, Host=host)[0], 421, host)
            self.assertEqual(self.raw(port, "/", Host=host)[0], 421, host)
            self.assertEqual(self.raw(port, "/", Host=host, Accept="text/html")[0], 421, host)

    def test_open_to_others(self):
        broadcaster = self.broadcaster("--osc", "none", "--bind", "0.0.0.0", "--token-file", self.token_file())
        port = broadcaster.port
        broadcaster.child.line("unencrypted", "err")
        token = {"Authorization": f"Bearer {TOKEN}"}
        for host, code in (("192.168.1.2:8000", 200), ("[fe80::1]:8000", 200), (socket.gethostname(), 200),
                           (f"{socket.gethostname()}.local:{port}", 200), ("evil.example", 421)):
            self.assertEqual(self.raw(port, Host=host, **token)[0], code, host)
        self.assertEqual(self.upgrade(port, Host="192.168.1.2", Origin="http://192.168.1.2", **token), 101)
        self.assertEqual(self.upgrade(port, Host="192.168.1.2", Origin="http://192.168.1.3", **token), 403)
        self.assertEqual(self.upgrade(port, Host="192.168.1.2", Origin="http://192.168.1.2"), 401)

    def test_insecure_open(self):
        broadcaster = self.broadcaster("--osc", "none", "--bind", "0.0.0.0", "--insecure-open")
        broadcaster.child.line("without a token", "err")
        self.assertEqual(self.upgrade(broadcaster.port), 101)


if __name__ == "__main__":
    unittest.main(verbosity=2)

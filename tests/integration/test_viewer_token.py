# SPDX-License-Identifier: GPL-3.0-or-later
"""Who comes with the viewer's token sees all and moves nothing; who may steer is told of that token, to hand it on."""

import json
import re
import signal
import socket
import unittest

import osc_peers
import rig
from test_oscquery_listen import listener

STEERS, LOOKS = "it-steers", "it-looks"
RATE = 3
POSTS = {"/api/phi": '{"rate": 0.5}', "/api/calibrate": "{}", "/api/record": '{"on": true}', "/api/replay": '{"paused": true}',
         "/api/osc/targets": '{"url": "osc.udp://127.0.0.1:9"}', "/api/patch": '{"source": "a:b", "channel": 0, "connected": true}'}
GETS = ("/api/status", "/api/metrics?add=levels", "/api/latency", "/api/description", "/api/osc/targets", "/api/links", "/metrics", "/readyz",
        "/version", "/api/sources", "/phicast", "/phicast/ici?VALUE", "/?HOST_INFO")


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


class ViewerToken(rig.RigTest):
    def token_file(self, name, text, mode=0o600):
        path = self.folder / name
        path.write_text(text + "\n")
        path.chmod(mode)
        return path

    def guarded(self, *options):
        return self.broadcaster("--osc", "none", "--token-file", self.token_file("token", STEERS), "--viewer-token-file",
                                self.token_file("viewer", LOOKS), *options)

    def as_(self, token, broadcaster, path, method="GET", body=None):
        """(status, answer)"""
        headers = {**bearer(token), "Content-Type": "application/json"} if body else bearer(token)
        code, kind, text = broadcaster.get(path, method, body.encode() if body else None, headers)
        return code, json.loads(text) if kind == "application/json" else text

    def test_refused_to_start(self):
        def fails(code, words, *options):
            result = self.run_program("phicast-broadcaster", "-n", self.name, "-p", "0", *options)
            self.assertEqual(result.returncode, code, result.stderr)
            self.assertIn(words, result.stderr)
            self.assertNotIn(STEERS, result.stderr + result.stdout)
        token = self.token_file("token", STEERS)
        fails(2, "give --token-file", "--viewer-token-file", token)
        fails(2, "give --token-file", "--viewer-token-file", token, "--bind", "0.0.0.0", "--insecure-open")
        fails(2, "give another", "--token-file", token, "--viewer-token-file", self.token_file("same", STEERS))
        fails(1, "--viewer-token-file", "--token-file", token, "--viewer-token-file", self.folder / "none")
        fails(1, "chmod 600", "--token-file", token, "--viewer-token-file", self.token_file("open", LOOKS, 0o644))

    async def test_looks_and_moves_nothing(self):
        posts = re.findall(r"`POST (/api/\S+)`", (rig.ROOT / "docs/http-api.md").read_text())
        self.assertEqual({*posts, "/api/osc/targets"}, set(POSTS))
        flood = osc_peers.Flood(self)
        place = self.folder / "recordings"
        place.mkdir()
        broadcaster = self.guarded("--record", place)
        rig.wait_until(lambda: self.as_(LOOKS, broadcaster, "/readyz")[0] == 200, "numbers")
        code, target = self.as_(STEERS, broadcaster, "/api/osc/targets", "POST", '{"url": "osc.udp://127.0.0.1:7"}')
        self.assertEqual(code, 201)
        one = f"/api/osc/targets/{target['id']}"
        for path, method, body in [(path, "POST", body) for path, body in POSTS.items()] + [(one, "DELETE", None)]:
            code, answer = self.as_(LOOKS, broadcaster, path, method, body)
            self.assertEqual(code, 403, path)
            self.assertEqual(answer["detail"], "this token lets you look, but move nothing; give the one of --token-file")
            code, _, _ = broadcaster.get(f"{path}?token={LOOKS}", method, body and body.encode(), {"Content-Type": "application/json"})
            self.assertEqual(code, 403, path)
        async with listener(broadcaster, f"/?token={LOOKS}") as page:
            await page.say("LISTEN", "/phicast/ici")
            await page.set("/phicast/set/rate", "f", 0.5)
            await page.next("/phicast/ici")
            rig.wait_until(lambda: self.as_(LOOKS, broadcaster, "/api/status")[1]["oscquery"]["refused"] == 1, "the packet to be refused")
        for path in GETS:
            self.assertEqual(self.as_(LOOKS, broadcaster, path)[0], 200, path)
        for stream in ("metrics?add=levels,bands&", "latency?", "events?replay=1&add=onsets&"):
            self.assertIsNone(await broadcaster.refusal(f"{stream}token={LOOKS}"), stream)
        self.assertIn("ici", json.loads((await self.take(broadcaster, f"metrics?token={LOOKS}", 1))[0]))
        status = self.as_(STEERS, broadcaster, "/api/status")[1]
        self.assertEqual((status["record"]["on"], status["oscquery"]["commands"]), (False, 0))
        self.assertEqual([t["id"] for t in self.as_(LOOKS, broadcaster, "/api/osc/targets")[1]["targets"]], [target["id"]])
        self.assertEqual(list(place.iterdir()), [])
        self.assertEqual(self.as_(STEERS, broadcaster, "/api/phi", "POST", '{"rate": 0.25}')[0], 202)
        rig.wait_until(flood.commands, "the one command")
        self.assertEqual(flood.commands(), [(RATE, 0.25)])

    async def test_who_is_told(self):
        broadcaster = self.guarded("--bind", "0.0.0.0", "--bind", "::1")
        self.assertEqual(self.as_(LOOKS, broadcaster, "/api/status")[1]["access"], "view")
        self.assertEqual(self.as_(STEERS, broadcaster, "/api/status")[1]["access"], "control")
        self.assertIsNone(self.as_(LOOKS, broadcaster, "/api/links")[1]["viewer_token"])
        links = self.as_(STEERS, broadcaster, "/api/links")[1]
        self.assertEqual(links["viewer_token"], LOOKS)
        for url in links["urls"]:
            self.assertRegex(url, rf"^http://(?!127\.)\d+\.\d+\.\d+\.\d+:{broadcaster.port}$")
            with socket.create_connection((url[len("http://"):].rsplit(":", 1)[0], broadcaster.port), timeout=rig.PATIENCE):
                pass
        for token in ("", "wrong"):
            self.assertEqual(self.as_(token, broadcaster, "/api/links")[0], 401)
        for origin, told in (("http://localhost:1", LOOKS), ("null", None), ("https://evil.example", None)):
            code, _, text = broadcaster.get("/api/links", headers={**bearer(STEERS), "Origin": origin})
            self.assertEqual((code, json.loads(text)["viewer_token"]), (200, told), origin)
        self.assertNotIn(LOOKS, broadcaster.child.err + broadcaster.child.out)

    def test_read_again(self):
        broadcaster = self.guarded()
        child = broadcaster.child
        self.token_file("viewer", "another")
        child.process.send_signal(signal.SIGHUP)
        rig.wait_until(lambda: self.as_("another", broadcaster, "/api/status")[0] == 200, "the new token")
        self.assertEqual(self.as_(LOOKS, broadcaster, "/api/status")[0], 401)
        self.token_file("token", "a-third")
        self.token_file("viewer", "a-third")
        child.process.send_signal(signal.SIGHUP)
        child.line("give another one; the old tokens stay", "err")
        self.assertEqual(self.as_(STEERS, broadcaster, "/api/status")[1]["access"], "control")
        self.assertEqual(self.as_("another", broadcaster, "/api/status")[1]["access"], "view")
        self.assertEqual(self.as_("a-third", broadcaster, "/api/status")[0], 401)


if __name__ == "__main__":
    unittest.main(verbosity=2)

# SPDX-License-Identifier: GPL-3.0-or-later
"""OSC targets added and removed while the broadcaster runs, and kept for its next start: with real receivers."""

import json
import os
import pathlib
import signal
import socket
import unittest

import osc_peers
import rig

JSON = {"Content-Type": "application/json"}
PATH = "/api/osc/targets"
MOST = 64
LOOKUPS = 64  # at a time


class Targets(rig.RigTest):
    def begin(self, *options, **more):
        self.broadcaster_ = self.broadcaster(*(options or ("--osc", "none")), **more)

    def begin_in(self, *words):
        """Without any target, by way of another program."""
        child = self.start([*words, rig.BIN / "phicast-broadcaster", "-n", self.name, "-p", "0", "--bind", "127.0.0.1",
                            "--osc", "none"])
        self.broadcaster_ = rig.Broadcaster.__new__(rig.Broadcaster)
        self.broadcaster_.child = child
        self.broadcaster_.url = child.line(r"^listening on (http://\S+)").group(1).rstrip("/")

    def again(self, *options):
        self.assertEqual(self.broadcaster_.child.stop(), 0, self.broadcaster_.child.err)
        self.begin(*options)

    def ask(self, method="GET", body=None, path=PATH, headers=None):
        """(status, the answer); waits where there have been too many requests"""
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        headers = {**JSON, **(headers or {})} if data else headers

        def once():
            code, _, text = self.broadcaster_.get(path, method, data, headers)
            return code != 429 and (code, json.loads(text) if text else None)

        return rig.wait_until(once, "a request to be let in")

    def add(self, url, **more):
        code, target = self.ask("POST", {"url": url, **more})
        self.assertEqual(code, 201, target)
        self.assertEqual((target["url"], target["kept"]), (url, more.get("keep", False)))
        self.assertEqual(self.ask(path=f"{PATH}/{target['id']}")[1]["url"], url)
        return target["id"]

    def remove(self, number):
        self.assertEqual(self.ask("DELETE", path=f"{PATH}/{number}"), (204, None))

    def urls(self):
        return [target["url"] for target in self.ask()[1]["targets"]]

    def file(self):
        return self.folder / f"state/phicast/osc-targets-{self.name}.json"

    def kept(self):
        """What the file holds; None: there is none."""
        return json.loads(self.file().read_text()) if self.file().exists() else None

    def refused(self, code, words, *args, **more):
        got, answer = self.ask(*args, **more)
        self.assertEqual(got, code, answer)
        self.assertEqual(list(answer), ["detail"])
        self.assertIn(words, answer["detail"])

    def test_come_and_go(self):
        """Each gets what happens while it is there, and the others do not notice."""
        always, always_url = osc_peers.oscdump(self)
        flood = osc_peers.Flood(self, "--count", "8")
        self.begin("--osc", always_url)
        rig.wait_ready(self.broadcaster_)
        events = lambda dump: osc_peers.messages(dump, "/phicast/event/critical_event")  # noqa: E731
        for protocol in ("udp", "tcp"):
            dump, url = osc_peers.oscdump(self, protocol)
            before = len(events(always))
            number = self.add(url + "?metrics=1")
            rig.wait_until(lambda d=dump: osc_peers.messages(d, "/phicast/ici"), "metrics")
            flood.push()
            rig.wait_until(lambda d=dump: len(events(d)) == 6, "the events")
            status = self.broadcaster_.json("/api/status")["osc"]["targets"]
            self.assertEqual([t["url"] for t in status], [always_url + "/phicast", url + "/phicast"])
            target = self.ask(path=f"{PATH}/{number}")[1]
            self.assertEqual((target["state"], target["dropped"]), ("open", 0))
            self.assertGreater(target["sent"], 7)
            self.remove(number)
            self.assertEqual(self.urls(), [always_url])
            flood.push()
            rig.wait_until(lambda b=before: len(events(always)) == b + 12, "all to come to the other one")
            self.assertEqual(len(events(dump)), 6)
        self.assertEqual(self.broadcaster_.child.stop(), 0)
        self.assertFalse(self.file().exists())

    def test_a_connection_ends(self):
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        server.settimeout(rig.PATIENCE)
        self.begin()
        number = self.add(f"osc.tcp://127.0.0.1:{server.getsockname()[1]}?metrics=1")
        with server.accept()[0] as connection:
            connection.settimeout(rig.PATIENCE)
            self.assertTrue(connection.recv(4))
            self.remove(number)
            while connection.recv(65536):
                pass

    def test_given_ones(self):
        """Those of the command line are gone for the run, and back with the next."""
        given = ["osc.udp://127.0.0.1:9?rate=10", "osc.tcp://localhost:9"]
        options = [word for url in given for word in ("--osc", url)]
        self.begin(*options)
        self.assertEqual(self.urls(), given)
        self.remove(self.ask()[1]["targets"][0]["id"])
        self.assertEqual(self.urls(), given[1:])
        self.again(*options)
        self.assertEqual(self.urls(), given)

    def test_kept(self):
        dump, url = osc_peers.oscdump(self)
        osc_peers.Flood(self)
        self.begin()
        other = self.add("osc.tcp://127.0.0.1:9", keep=True)
        self.add(url + "?metrics=1", keep=True)
        self.add("osc.udp://127.0.0.1:9", keep=False)
        self.again()
        self.assertEqual(self.urls(), ["osc.tcp://127.0.0.1:9", url + "?metrics=1"])
        rig.wait_until(lambda: osc_peers.messages(dump, "/phicast/ici"), "metrics")
        self.assertEqual(os.stat(self.file()).st_mode & 0o777, 0o600)
        other = self.ask()[1]["targets"][0]
        self.assertTrue(other["kept"])
        self.remove(other["id"])
        rig.wait_until(lambda: self.kept() == [url + "?metrics=1"], "the file to be written")
        self.broadcaster_.child.kill()  # what is in the file is whole at any moment
        self.begin("--osc", url + "/?metrics=1")  # the same one: it is there once, and still kept
        self.assertEqual(self.urls(), [url + "?metrics=1"])
        target = self.ask()[1]["targets"][0]
        self.assertTrue(target["kept"])
        self.remove(target["id"])
        self.again()
        self.assertEqual((self.urls(), self.kept()), ([], []))
        self.assertEqual([f.name for f in self.file().parent.iterdir()], [self.file().name])

    def test_kept_while_it_is_killed(self):
        """At any moment there is one list or the next, and it starts with that."""
        self.begin()
        for i in range(1, 20):
            self.add(f"osc.udp://127.0.0.1:{i}", keep=True)
            if i % 3 == 0:
                self.broadcaster_.child.process.send_signal(signal.SIGKILL)
                self.broadcaster_.child.wait()
                self.begin()
                self.assertNotIn("left out", self.broadcaster_.child.err)

    def test_damaged_file(self):
        """It starts without what it cannot read, names it, and leaves it alone until it is mended or gone."""
        self.file().parent.mkdir(parents=True)
        self.file().write_text('["osc.udp://127.0.0.1:9",\n')
        self.begin()
        self.broadcaster_.child.line(r"kept are left out: .*osc-targets-.*\.json: not valid JSON at line 2.*repair or remove it", "err")
        self.assertEqual(self.urls(), [])
        self.refused(500, "repair or remove it", "POST", {"url": "osc.udp://127.0.0.1:7", "keep": True})
        self.assertEqual(self.urls(), [])
        self.add("osc.udp://127.0.0.1:7")
        self.file().write_text('["osc.udp://127.0.0.1:9"] // mended')
        self.add("osc.udp://127.0.0.1:8", keep=True)
        self.again()
        self.assertEqual(self.urls(), ["osc.udp://127.0.0.1:9", "osc.udp://127.0.0.1:8"])

    def test_kept_ones_that_cannot_be(self):
        """One that is none keeps neither the others nor the program from starting, and stays in the file."""
        texts = ["osc.udp://127.0.0.1:9", "nonsense", "osc.udp://127.0.0.1:8?map=/nonexistent.json", "osc.udp://127.0.0.1:9/"]
        self.file().parent.mkdir(parents=True)
        self.file().write_text(json.dumps(texts))
        self.begin()
        self.broadcaster_.child.line(r"a target is left out: nonsense: give osc\.udp", "err")
        self.broadcaster_.child.line(r"a target is left out: .*nonexistent\.json", "err")
        self.assertEqual(self.urls(), ["osc.udp://127.0.0.1:9/"])
        self.add("osc.udp://127.0.0.1:7", keep=True)
        self.again()
        self.assertEqual(self.kept(), [*texts, "osc.udp://127.0.0.1:7"])

    def test_no_place_to_keep_it(self):
        self.begin(env={"XDG_STATE_HOME": "/dev/null"})
        self.refused(500, "/dev/null/phicast", "POST", {"url": "osc.udp://127.0.0.1:9", "keep": True})
        self.assertEqual(self.urls(), [])

    def test_refusals(self):
        self.begin()
        good = {"url": "osc.udp://127.0.0.1:9"}
        for body, words in (({}, "url: give"), ({"url": 9}, "url: give"), ({"url": "http://a:1"}, "give osc.udp://HOST:PORT"),
                            ({"url": "osc.udp://a"}, "no port"), ({"url": "osc.udp://a:0"}, "1 to 65535"),
                            ({"url": "osc.udp://a:1?rate=1000"}, "rate: give"), ({"url": "osc.udp://a:1?x=1"}, "no such choice"),
                            ({"url": "osc.udp://a:1?map=/etc/hostname"}, "map: give a ready-made one"), ({"url": "none"}, "give osc.udp"),
                            ({**good, "keep": 1}, "keep: give true or false"), ({**good, "name": "x"}, "name: no such member"),
                            ({"url": "osc.udp://ä:1"}, "ASCII"), (b"[1]", "not a JSON object"), (b"{", "ends too early"),
                            (b'{"url":"osc.udp://a:1","url":"osc.udp://b:1"}', "twice")):
            self.refused(400, words, "POST", body)
        self.refused(415, "application/json", "POST", good, headers={"Content-Type": "text/plain"})
        self.refused(403, "origin", "POST", good, headers={"Origin": "http://evil.example"})
        self.refused(403, "origin", "POST", good, headers={"Origin": "null"})
        self.refused(421, "localhost", "POST", good, headers={"Host": "rebound.example"})
        self.assertEqual(self.urls(), [])
        number = self.add(good["url"])
        self.refused(409, f"id is {number}", "POST", {"url": "osc.udp://127.0.0.1:9/phicast"})
        self.refused(403, "origin", "DELETE", path=f"{PATH}/{number}", headers={"Origin": "http://evil.example"})
        for wrong in (number + 1, 4294967296):
            self.assertEqual(self.ask("DELETE", path=f"{PATH}/{wrong}")[0], 404)
        self.refused(405, "GET, HEAD and POST", "DELETE")
        self.refused(405, "GET, HEAD and DELETE", "POST", good, path=f"{PATH}/{number}")
        self.assertEqual(self.urls(), [good["url"]])
        self.remove(number)
        self.refused(404, "no target", "DELETE", path=f"{PATH}/{number}")

    def test_token(self):
        token = self.folder / "token"
        token.touch(0o600)
        token.write_text("sesame\n")
        self.begin("--osc", "none", "--token-file", str(token))
        good = {"url": "osc.udp://127.0.0.1:9"}
        let_in = {"Authorization": "Bearer sesame"}
        self.refused(401, "token", "POST", good)
        self.refused(401, "token")
        self.refused(401, "token", "DELETE", path=PATH + "/1")
        code, target = self.ask("POST", good, headers=let_in)
        self.assertEqual(code, 201)
        path = f"{PATH}/{target['id']}"
        self.refused(401, "token", "DELETE", path=path)
        self.assertEqual(self.ask("DELETE", path=path, headers=let_in), (204, None))

    def test_too_many(self):
        self.begin("--osc", "none")
        numbers = [self.add(f"osc.udp://127.0.0.1:{port}") for port in range(1, MOST + 1)]
        self.refused(409, "no more can be", "POST", {"url": "osc.udp://127.0.0.1:100"})
        self.assertEqual(len(self.urls()), MOST)
        self.remove(numbers[0])
        self.add("osc.udp://127.0.0.1:100")

    def test_few_descriptors(self):
        self.begin_in("sh", "-c", 'ulimit -n 64 && exec "$@"', "sh")
        self.add("osc.udp://127.0.0.1:1")
        self.add("osc.udp://127.0.0.1:2")
        self.refused(409, "ulimit -n", "POST", {"url": "osc.udp://127.0.0.1:3"})

    def test_removed_while_its_name_is_looked_up(self):
        """The name server takes questions and never answers; nobody waits for it."""
        silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(silent.close)
        try:
            silent.bind(("127.0.0.9", 53))
        except PermissionError:
            self.skipTest("this user may not listen on port 53")
        conf = self.folder / "resolv.conf"
        conf.write_text("nameserver 127.0.0.9\noptions timeout:30 attempts:5\n")
        silent.settimeout(rig.PATIENCE)
        self.begin_in("unshare", "--mount", "sh", "-c", f'mount --bind {conf} /etc/resolv.conf && exec "$@"', "sh")
        child = self.broadcaster_.child
        state = lambda n: self.ask(path=f"{PATH}/{n}")[1]["state"]  # noqa: E731
        for i in range(LOOKUPS + 8):
            number = self.add(f"osc.{'tcp' if i % 2 else 'udp'}://slow.example:{i + 1}")
            if i < LOOKUPS:
                rig.wait_until(lambda n=number: state(n) == "resolving", "the name to be asked for")
                self.assertIn(b"slow", silent.recv(512))
            self.remove(number)
        self.assertEqual(self.urls(), [])
        threads = len(list(pathlib.Path(f"/proc/{child.pid}/task").iterdir()))
        self.assertTrue(LOOKUPS <= threads <= LOOKUPS + 2, threads)
        self.add("osc.udp://127.0.0.1:99")  # needs no looking up
        rig.wait_until(lambda: self.ask()[1]["targets"][0]["state"] in ("open", "refused"), "it to be sent to")
        self.assertEqual(child.stop(), 0, child.err)


if __name__ == "__main__":
    unittest.main(verbosity=2)

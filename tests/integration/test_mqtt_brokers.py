# SPDX-License-Identifier: GPL-3.0-or-later
"""MQTT (--mqtt) with brokers that are not there, go, come back, refuse, or take nothing."""

import asyncio
import contextlib
import json
import pathlib
import socket
import subprocess
import unittest

import mqtt_peers
import osc_peers
import rig
from mqtt_peers import Mqtt, Subscriber, packet


class Brokers(Mqtt):
    async def test_none_at_the_start(self):
        """It is waited for, and what happened meanwhile is told, while everybody else is served."""
        broker = mqtt_peers.Mosquitto(self)
        Subscriber(self, broker.port, self.topic("events"), name="keeper", keeps=True)
        broker.child.stop()
        flood = osc_peers.Flood(self, "--count", "60")
        broadcaster = self.begin(broker.url())
        state = self.until(broadcaster, "the refusal", lambda state: state["state"] == "waiting" and "refused" in state["detail"])
        self.assertEqual(state["reconnects"], 0)
        async with broadcaster.ws("events?replay=256") as events:
            first = await asyncio.wait_for(events.recv(), rig.PATIENCE)
            flood.push()
            wanted = [first] + [await asyncio.wait_for(events.recv(), rig.PATIENCE) for _ in range(60)]
        self.until(broadcaster, "what waits", lambda state: state["events_waiting"] == 61)
        broker.start()
        peer = Subscriber(self, broker.port, self.topic("events"), name="keeper", keeps=True)
        self.connected(broadcaster)
        self.assertEqual(peer.until(self.topic("events"), 61), wanted)
        broadcaster.child.line("MQTT broker mqtt://localhost:.*: Connection refused; trying again", "err")
        broadcaster.child.line("MQTT broker mqtt://localhost:.*: connected", "err")

    async def test_restarted(self):
        """With events in between: none is lost, and their order is kept; only what was not acknowledged may come twice."""
        broker = mqtt_peers.Mosquitto(self)
        flood = osc_peers.Flood(self, "--count", "600")
        first = Subscriber(self, broker.port, self.topic("events"), name="keeper", keeps=True)
        broadcaster = self.begin(broker.url())
        self.connected(broadcaster)
        async with broadcaster.ws("events?replay=256") as events:
            flood.push()
            self.until(broadcaster, "the first of them", lambda state: state["events"] > 100)
            broker.child.stop()
            wanted = [await asyncio.wait_for(events.recv(), rig.PATIENCE) for _ in range(601)]
        broker.start()
        state = self.until(broadcaster, "the rest", lambda state: state["events"] == 601)
        self.assertEqual((state["events_lost"], state["reconnects"]), (0, 1), state)
        with contextlib.suppress(ConnectionError):
            first.look()
        second = Subscriber(self, broker.port, self.topic("events"), name="keeper", keeps=True)
        got = []

        def all_there():
            got[:] = first.messages + second.look()
            return got and got[-1].payload.decode() == wanted[-1]

        rig.wait_until(all_there, "the last event")
        texts = [m.payload.decode() for m in got]
        self.assertEqual(list(dict.fromkeys(texts)), wanted)
        self.assertLessEqual(len(texts) - len(wanted), 40)  # those in flight, of the broker's and of ours

    def test_killed(self):
        broker = mqtt_peers.Mosquitto(self)
        osc_peers.Flood(self)
        broadcaster = self.begin(broker.url())
        for times in range(1, 4):
            self.connected(broadcaster)
            broker.child.kill()
            self.until(broadcaster, "the end to be seen", lambda state: state["state"] != "connected")
            broker.start()
            self.until(broadcaster, "the next connection", lambda state, t=times: state["reconnects"] == t)
            peer = Subscriber(self, broker.port, self.topic("+"))
            self.assertEqual(peer.until(self.topic("status"), 1), ["online"])
            peer.until(self.topic("metrics"), 3)

    def test_credentials(self):
        words = self.folder / "words"
        subprocess.run(["mosquitto_passwd", "-c", "-b", str(words), "me", "right"], check=True, capture_output=True)
        broker = mqtt_peers.Mosquitto(self, f"password_file {words}", options=("allow_anonymous false",))
        secret = self.folder / "secret"
        for user, password in (("", ""), ("me@", "wrong-one"), ("you@", "right")):
            secret.write_text(password)
            secret.chmod(0o600)
            broadcaster = self.begin(broker.url(f"?password-file={secret}" if user else "", user))
            state = self.until(broadcaster, "the refusal", lambda state: state["state"] == "refused")
            self.assertRegex(state["detail"], "^the broker refuses us: (not authorised|bad user name or password); trying again$")
            self.assertNotIn("wrong-one", broadcaster.child.err + json.dumps(broadcaster.json("/api/status")))
            broadcaster.child.stop()
        secret.write_text("right\n")
        broadcaster = self.begin(broker.url(f"?password-file={secret}", "me@"))
        self.assertNotIn("me@", self.connected(broadcaster)["broker"])

    def test_tls(self):
        ca, cert, key = self.certificates("ca", "localhost")
        other = self.certificates("other", "localhost")[0]
        _, wrong_cert, wrong_key = self.certificates("ca", "elsewhere.example")
        broker = mqtt_peers.Mosquitto(self, f"certfile {cert}", f"keyfile {key}")
        elsewhere = mqtt_peers.Mosquitto(self, f"certfile {wrong_cert}", f"keyfile {wrong_key}")
        osc_peers.Flood(self)
        for url, detail in ((broker.url("", scheme="mqtts"), "TLS: certificate verify failed"),
                            (broker.url(f"?ca={other}", scheme="mqtts"), "TLS: certificate verify failed"),
                            (elsewhere.url(f"?ca={ca}", scheme="mqtts"), "TLS: host name verification failed"),
                            (broker.url(), "the broker has closed the connection|no answer|Connection reset by peer")):
            with self.subTest(url):
                broadcaster = self.begin(url)
                state = self.until(broadcaster, "the refusal", lambda state: state["state"] == "waiting" and state["detail"] != "not tried yet")
                self.assertRegex(state["detail"], f"^({detail}); trying again$")
                broadcaster.child.stop()
        broadcaster = self.begin(broker.url(f"?ca={ca}&rate=30", scheme="mqtts"))
        self.connected(broadcaster)
        self.until(broadcaster, "messages", lambda state: state["sent"] > 30)
        self.assertEqual(broadcaster.child.stop(), 0)

    def certificates(self, authority, host):
        """(a CA's certificate, one that it has signed, its key)"""
        ca, ca_key = self.folder / f"{authority}.pem", self.folder / f"{authority}.key"
        cert, key = self.folder / f"{authority}-{host}.pem", self.folder / f"{authority}-{host}.key"
        ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        if not ca.exists():
            subprocess.run(["openssl", "req", "-x509", *ec, "-keyout", ca_key, "-out", ca, "-subj", f"/CN={authority}"], check=True,
                           capture_output=True)
        subprocess.run(["openssl", "req", "-x509", *ec, "-keyout", key, "-out", cert, "-subj", f"/CN={host}", "-CA", ca, "-CAkey", ca_key,
                        "-addext", f"subjectAltName=DNS:{host}", "-addext", "basicConstraints=critical,CA:FALSE"], check=True,
                       capture_output=True)
        return ca, cert, key

    async def test_black_holes(self):
        """One that takes connections and says nothing, with TLS and without, and one whose machine does not even answer: no
        stream waits for either."""
        silent = mqtt_peers.FakeBroker(self)
        full = socket.socket()
        self.addCleanup(full.close)
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):  # from here on the kernel drops what wants to connect
            filler = socket.socket()
            self.addCleanup(filler.close)
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        osc_peers.Flood(self)
        running = []
        for i, url in enumerate((f"mqtt://localhost:{silent.port}", f"mqtts://localhost:{silent.port}",
                                 f"mqtt://127.0.0.1:{full.getsockname()[1]}", f"mqtts://localhost:{full.getsockname()[1]}")):
            running.append(rig.Broadcaster(self, f"{self.name}b{i}", "--osc", "none", "--mqtt", url))
        for broadcaster in running:
            self.until(broadcaster, "an attempt", lambda state: state["state"] == "connecting")
        await asyncio.gather(*(self.take(broadcaster, "metrics", 30) for broadcaster in running))
        for broadcaster in running:
            self.until(broadcaster, "its end", lambda state: state["state"] == "waiting" and state["detail"] == "no answer; trying again")
        for broadcaster in running:
            self.assertEqual(broadcaster.child.stop(), 0)

    def test_one_that_takes_nothing(self):
        """Of metrics one waits, and the newest comes next; events wait, and none is missing."""
        broker = mqtt_peers.FakeBroker(self, room=4096)
        flood = osc_peers.Flood(self, "-c", "16", "--lively", "--count", "100")
        broadcaster = self.begin(f"mqtt://127.0.0.1:{broker.port}?rate=120")
        peer = broker.accept()
        flood.push()
        before, after = {"sent": 0}, self.until(broadcaster, "the socket to be full", lambda state: state["skipped"] > 5)
        while after["sent"] != before["sent"]:  # what the kernel has room for
            before = after
            after = self.until(broadcaster, "more to be passed over", lambda state, b=before: state["skipped"] > b["skipped"] + 100)
        newest = json.loads(broadcaster.get("/api/metrics")[2])["frame"]
        events, metrics = [], []
        while len(events) < 101:
            for kind, flags, body in broker.take(peer):
                if kind != mqtt_peers.PUBLISH:
                    continue
                message = mqtt_peers.Message(flags, body)
                if message.qos:
                    peer.sendall(packet(mqtt_peers.PUBACK, message.mid))
                if message.topic == self.topic("events"):
                    events.append(json.loads(message.payload))
                elif message.topic == self.topic("metrics"):
                    metrics.append(json.loads(message.payload)["frame"])
        old = [frame for frame in metrics if frame < newest]
        self.assertLess(len(old), after["sent"])
        self.assertEqual(metrics, sorted(metrics))
        numbers = [event["criticality"] for event in events if event["type"] == "critical_event"]
        self.assertEqual(numbers, sorted(numbers))
        self.until(broadcaster, "the acknowledgements", lambda state: state["events"] >= 101)

    def test_a_successor(self):
        """What a broadcaster that was killed had no acknowledgement for is sent by the next, and nothing else is."""
        broker = mqtt_peers.FakeBroker(self)
        flood = osc_peers.Flood(self, "--count", "12")
        first = self.begin(f"mqtt://127.0.0.1:{broker.port}")
        peer = broker.accept()
        flood.push()
        got = self.events(broker, peer, 13, acknowledged=5)
        self.until(first, "the acknowledgements", lambda state: state["events"] == 5)
        rig.wait_until(lambda: self.noted() >= 4, "the note of them")
        first.child.kill()
        self.begin(f"mqtt://127.0.0.1:{broker.port}")
        peer = broker.accept()
        again = self.events(broker, peer, 8, acknowledged=8)
        self.assertEqual(again, got[5:])

    def test_no_subscription(self):
        """A broker that does not let us have commands is told of; all else goes on."""
        broker = mqtt_peers.FakeBroker(self)
        osc_peers.Flood(self)
        broadcaster = self.begin(f"mqtt://127.0.0.1:{broker.port}")
        peer = broker.accept()
        wanted = broker.next(peer, mqtt_peers.SUBSCRIBE)
        self.assertEqual(wanted[2:], mqtt_peers.text(self.topic("set/#")) + b"\1")
        peer.sendall(packet(mqtt_peers.SUBACK, wanted[:2] + b"\x80"))
        self.until(broadcaster, "what it says", lambda state: "does not let us subscribe" in state["detail"])
        self.assertEqual(self.state(broadcaster)["state"], "connected")

    def noted(self):
        """How many of the analyser's events have been delivered by MQTT, as the control segment says."""
        raw = pathlib.Path(f"/dev/shm/phicast.{self.name}.control").read_bytes()
        at = raw.find(b"mqtt\0\0\0\0")
        return int.from_bytes(raw[at + 8:at + 16], "little") if at >= 0 else -1

    def events(self, broker, peer, count, acknowledged):
        """So many events, of which the first are acknowledged."""
        got = []
        while len(got) < count:
            for kind, flags, body in broker.take(peer):
                message = mqtt_peers.Message(flags, body) if kind == mqtt_peers.PUBLISH else None
                if message and message.topic == self.topic("events"):
                    got.append(message.payload)
                if message and message.qos and (message.topic != self.topic("events") or len(got) <= acknowledged):
                    peer.sendall(packet(mqtt_peers.PUBACK, message.mid))
        return got


if __name__ == "__main__":
    unittest.main(verbosity=2)

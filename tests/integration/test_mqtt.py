# SPDX-License-Identifier: GPL-3.0-or-later
"""MQTT (--mqtt) with a real mosquitto: what goes out, commands, Home Assistant."""

import asyncio
import json
import os
import resource
import select
import signal
import subprocess
import unittest

import paho.mqtt.client

import homeassistant
import mqtt_peers
import osc_peers
import recordings
import rig
from mqtt_peers import Mqtt, Subscriber

DEPTH, PHASE, RATE, BREATHING, AUTO, CALIBRATE = range(1, 7)
SUBSCRIBERS = 1000


def is_run_of(part, whole):
    """Whether part is a piece of whole, without gap or repetition."""
    return any(whole[i:i + len(part)] == part for i in range(len(whole) - len(part) + 1))


class Streams(Mqtt):
    async def test_same_bytes(self):
        """What a WebSocket gets at that rate, byte for byte, and every event."""
        broker = mqtt_peers.Mosquitto(self)
        flood = osc_peers.Flood(self, "--lively", "--count", "41")
        peer = Subscriber(self, broker.port, "phicast/#")
        broadcaster = self.begin(broker.url("?rate=20&add=levels,bands,onsets"))
        async with (broadcaster.ws("metrics?rate=20&add=levels,bands,onsets") as metrics, broadcaster.ws("latency?rate=1") as latency,
                    broadcaster.ws("events?add=onsets") as events):
            flood.push()
            for ws, level, count in ((metrics, "metrics", 41), (latency, "latency", 3), (events, "events", 41)):
                wanted = [await asyncio.wait_for(ws.recv(), rig.PATIENCE) for _ in range(count)][1:]  # the first: its own
                rig.wait_until(lambda l=level, w=wanted: is_run_of(w, peer.of(self.topic(l))), f"the same {level}")
        qos = {m.topic.rsplit("/", 1)[1]: (m.qos, m.retained) for m in peer.look()}
        self.assertEqual(qos, {"metrics": (0, False), "latency": (0, False), "events": (1, False), "status": (1, False)})
        self.assertIn("levels", json.loads(peer.of(self.topic("metrics"))[-1]))
        state = self.until(broadcaster, "the acknowledgements", lambda state: state["events"] >= 40)
        self.assertEqual((state["skipped"], state["events_waiting"], state["events_lost"], state["reconnects"]), (0, 0, 0, 0), state)
        self.assertEqual(state["broker"], f"mqtt://localhost:{broker.port}")
        page = broadcaster.get("/metrics")[2]
        self.assertIn("phicast_mqtt_connected 1\n", page)

    def test_status(self):
        """Retained; the last will after a crash; our own word at a clean end."""
        broker = mqtt_peers.Mosquitto(self)
        peer = Subscriber(self, broker.port, "phicast/+/status")
        for end in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
            with self.subTest(end):
                before = len(peer.look())
                child = self.begin(broker.url()).child
                self.assertEqual(peer.until(self.topic("status"), before + 1)[-1], "online")
                late = Subscriber(self, broker.port, self.topic("status"))
                late.until(self.topic("status"), 1)
                self.assertTrue(late.messages[0].retained)
                child.process.send_signal(end)
                self.assertEqual(child.wait(), -9 if end == signal.SIGKILL else 0)
                self.assertEqual(peer.until(self.topic("status"), before + 2)[-1], "offline")
        wanted = subprocess.run(["mosquitto_sub", "-p", str(broker.port), "-t", self.topic("status"), "-C", "1", "-W", "60"],
                                capture_output=True, text=True, check=True).stdout
        self.assertEqual(wanted, "offline\n")
        self.assertEqual(peer.of(self.topic("status")), ["online", "offline"] * 3)

    def test_a_thousand_subscribers(self):
        """All of them get every message."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < 2 * SUBSCRIBERS:
            self.skipTest(f"only {hard} open files")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        broker = mqtt_peers.Mosquitto(self)
        osc_peers.Flood(self, "--lively")
        peers = [Subscriber(self, broker.port, self.topic("metrics"), qos=0) for _ in range(SUBSCRIBERS)]
        self.begin(broker.url("?rate=10"))
        by_fd = {peer.socket.fileno(): peer for peer in peers}
        poll = select.epoll()
        for fd in by_fd:
            poll.register(fd, select.EPOLLIN)
        while min(len(peer.messages) for peer in peers) < 50:
            ready = poll.poll(rig.PATIENCE)
            self.assertTrue(ready, "silence")
            for fd, _ in ready:
                by_fd[fd].look()
        reference = [m.payload for m in peers[0].messages][:50]
        self.assertGreater(len(set(reference)), 25)
        for peer in peers:
            self.assertEqual([m.payload for m in peer.messages][:50], reference)


class Commands(Mqtt):
    def begin_steered(self, *options):
        self.broker = mqtt_peers.Mosquitto(self)
        self.flood = osc_peers.Flood(self)
        self.listener = self.begin(self.broker.url(), *options)
        self.connected(self.listener)
        rig.wait_ready(self.listener)

    def set(self, level, payload, *options):
        self.broker.publish(self.topic("set" + level), payload, *options)

    def test_hands(self):
        self.begin_steered()
        for level, payload in (("/depth", b"0.5"), ("/phase", b"-1.5"), ("/rate", b"2"), ("/breathing", b"true"), ("/auto", b"OFF"),
                               ("/calibrate", b"-30"), ("/calibrate", b""), ("", b'{"depth":0.25,"auto":true}')):
            self.set(level, payload)
        state = self.until(self.listener, "the commands", lambda state: state["commands"] == 9)
        self.assertEqual(state["refused"], 0)
        rig.wait_until(lambda: len(self.flood.commands()) == 9, "the commands")
        self.assertEqual(self.flood.commands(), [(DEPTH, 0.5), (PHASE, -1.5), (RATE, 2), (BREATHING, 1), (AUTO, 0), (CALIBRATE, -30),
                                                 (CALIBRATE, -20), (DEPTH, 0.25), (AUTO, 1)])

    def test_paho(self):
        """Another library, as a Python program uses it."""
        self.begin_steered()
        heard = []
        client = paho.mqtt.client.Client()
        client.on_message = lambda _client, _data, message: heard.append(message)
        client.connect("127.0.0.1", self.broker.port)
        client.subscribe("phicast/#", 2)
        client.loop_start()
        self.addCleanup(client.loop_stop)
        client.publish(self.topic("set/depth"), 0.75, qos=2).wait_for_publish(rig.PATIENCE)
        rig.wait_until(lambda: self.flood.commands() == [(DEPTH, 0.75)], "the command")
        rig.wait_until(lambda: {self.topic("status"), self.topic("metrics")} <= {m.topic for m in list(heard)}, "what it hears")
        self.assertEqual(next(m.payload for m in heard if m.topic == self.topic("status")), b"online")

    def test_refused(self):
        self.begin_steered()
        bad = [("/depth", b"1.5"), ("/depth", b"-0.1"), ("/depth", b""), ("/depth", b"nan"), ("/depth", b"0x1"), ("/depth", b"true"),
               ("/depth", b"\0\xff\xfe"), ("/depth", b"0.5\0"), ("/rate", b"0"), ("/auto", b"2"), ("/auto", b"perhaps"),
               ("/loudness", b"1"), ("/depth/x", b"0.5"), ("", b"{}"), ("", b"rubbish"), ("", b'{"depth":0.5,"rate":99}'),
               ("", bytes(range(256))), ("/depth", b"0" * 2000), ("", b"[" * 100000), ("/depth", os.urandom(10_000_000))]
        for level, payload in bad:
            self.set(level, payload)
        self.until(self.listener, "the refusals", lambda state: state["refused"] == len(bad))
        self.assertEqual(self.flood.commands(), [])
        said = [line for line in self.listener.child.err.splitlines() if "MQTT" in line]
        self.assertLessEqual(len(said), 5, said)  # the 1st, 2nd, 4th, 8th, 16th
        self.assertIn("give a number from 0 to 1", said[0])
        self.set("/depth", b"0.5")
        rig.wait_until(lambda: self.flood.commands() == [(DEPTH, 0.5)], "a good one")

    def test_retained(self):
        """It would steer anew at each start."""
        broker = mqtt_peers.Mosquitto(self)
        flood = osc_peers.Flood(self)
        broker.publish(self.topic("set/depth"), b"0.5", "-r")
        listener = self.begin(broker.url())
        self.until(listener, "the refusal", lambda state: state["refused"] == 1)
        listener.child.line("retained", "err")
        broker.publish(self.topic("set/rate"), b"2", "-r")  # to those who are there it comes as any other
        rig.wait_until(lambda: flood.commands() == [(RATE, 2)], "the live one alone")

    def test_replay(self):
        broker = mqtt_peers.Mosquitto(self)
        path = self.folder / "show.jsonl"
        recordings.write(path, recordings.Maker().records(5))
        peer = Subscriber(self, broker.port, "phicast/#")
        listener = self.begin(broker.url(), "--replay", path, "--loop")
        peer.until(self.topic("metrics"), 10)
        broker.publish(self.topic("set/depth"), b"0.5")
        self.until(listener, "the refusal", lambda state: state["refused"] == 1)
        listener.child.line("this is a replay", "err")


class HomeAssistant(Mqtt):
    def retained(self, broker):
        """The discovery messages that a Home Assistant gets which starts now."""
        peer = Subscriber(self, broker.port, "homeassistant/#")
        broker.publish("homeassistant/last", b"")  # what is retained comes before it
        peer.until("homeassistant/last", 1)
        return peer.messages[:-1]

    def test_discovery(self):
        broker = mqtt_peers.Mosquitto(self)
        osc_peers.Flood(self, "--lively")
        peer = Subscriber(self, broker.port, "homeassistant/#", "my/house/#")
        broadcaster = self.begin(broker.url("/my/house?discovery=homeassistant&rate=1"))
        base = f"my/house/{self.name}"
        values = peer.until(f"{base}/homeassistant", 2)
        configs = {m.topic: m for m in self.retained(broker)}
        self.assertEqual(len(configs), 11)
        for topic, message in configs.items():
            self.assertTrue(message.retained)
            self.assertEqual(list(homeassistant.faults(topic, message.payload)), [], topic)
        entities = [json.loads(message.payload) for message in configs.values()]
        self.assertEqual(len({entity["unique_id"] for entity in entities}), 11)
        self.assertEqual(len({json.dumps(entity["device"]) for entity in entities}), 1)
        for entity in entities:
            self.assertEqual(entity["availability_topic"], f"{base}/status")
            self.assertTrue(entity.get("command_topic", f"{base}/set/").startswith(f"{base}/set/"))
            if "state_topic" in entity:
                self.assertEqual(entity["state_topic"], f"{base}/homeassistant")
                shown = homeassistant.render(entity, values[-1])
                if "options" in entity:
                    self.assertIn(shown, entity["options"])
        self.assertEqual(peer.of(f"{base}/status"), ["online"])
        self.assertEqual(broadcaster.child.stop(), 0)

    def test_the_validator(self):
        """It finds what is wrong."""
        good = {"name": "a", "unique_id": "b", "state_topic": "c", "availability_topic": "d", "device": {"identifiers": ["e"]}}
        self.assertEqual(list(homeassistant.faults("homeassistant/sensor/x/y/config", json.dumps(good))), [])
        for change in ({"loudness": 1}, {"state_topic": "#"}, {"expire_after": "5"}, {"device": {}}, {"device_class": "enum"},
                       {"device_class": "frequency", "unit_of_measurement": "m"}, {"command_topic": "x"}):
            self.assertNotEqual(list(homeassistant.faults("homeassistant/sensor/x/y/config", json.dumps({**good, **change}))), [], change)
        self.assertNotEqual(list(homeassistant.faults("homeassistant/sensor/x.y/config", json.dumps(good))), [])

    def test_not_asked_for(self):
        broker = mqtt_peers.Mosquitto(self)
        osc_peers.Flood(self)
        peer = Subscriber(self, broker.port, "#")
        self.begin(broker.url())
        peer.until(self.topic("metrics"), 20)
        self.assertEqual([m.topic for m in peer.look() if "homeassistant" in m.topic], [])


class Options(Mqtt):
    def test_bad_ones(self):
        for url in ("", "localhost", "mqtt://", "mqtt://a:0", "mqtt://me:secret@a", "mqtt://a/#", "mqtt://a?rate=0", "mqtt://a?ca=/x"):
            result = self.run_program("phicast-broadcaster", "-p", "0", "--mqtt", url)
            self.assertEqual(result.returncode, 2, url)
            self.assertIn("--mqtt", result.stderr)
            self.assertNotIn("secret", result.stderr)
            self.assertEqual(result.stderr.count("\n"), 1, result.stderr)

    def test_files(self):
        secret = self.folder / "secret"
        secret.write_text("x\n")
        secret.chmod(0o644)
        for url, word in ((f"mqtts://a?ca={self.folder}/none.pem", "none.pem"), (f"mqtts://a?ca={self.folder}", "CA"),
                          (f"mqtt://me@a?password-file={self.folder}/none", "No such file"),
                          (f"mqtt://me@a?password-file={secret}", "chmod 600")):
            result = self.run_program("phicast-broadcaster", "-n", self.name, "-p", "0", "--osc", "none", "--mqtt", url)
            self.assertIn(result.returncode, (1, 2), url)
            self.assertIn(word, result.stderr)
            self.assertIn("--mqtt", result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)

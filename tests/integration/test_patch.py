# SPDX-License-Identifier: GPL-3.0-or-later
"""What feeds the inputs, and what could, over HTTP; and what people connect there, in a real server."""

import json
import unittest

import recordings
import rig
from peers import Peer


class Patch(rig.RigTest):
    def begin(self, *options):
        self.server = self.jackd()
        self.peer = Peer(self, self.server)
        for port in ("out_1", "out_2"):
            self.peer.tell("register", port)
        self.analyser(self.server, "-c", "2", *options)
        self.listener = self.broadcaster("--osc", "none")
        rig.wait_until(lambda: len(self.sources()) >= 2, "the peer's ports")

    def sources(self):
        return {source["name"]: source["feeds"] for source in self.listener.json("/api/sources")["sources"]}

    def feeds(self, name, *channels):
        rig.wait_until(lambda: self.sources().get(name) == list(channels), f"{name} to feed {channels}")
        sinks = {sink for sink in self.server.ports()[name] if sink.startswith(f"{self.name}:in_")}
        self.assertEqual(sinks, {f"{self.name}:in_{channel + 1}" for channel in channels})

    def patch(self, source, channel, connected, listener=None):
        """(status, answer)"""
        code, _, text = (listener or self.listener).get(
            "/api/patch", "POST", json.dumps({"source": source, "channel": channel, "connected": connected}).encode(),
            {"Content-Type": "application/json"})
        return code, json.loads(text)

    def done(self, *wish):
        self.assertEqual(self.patch(*wish), (202, {"accepted": ["source", "channel", "connected"]}))

    def test_connect_and_disconnect(self):
        self.begin()
        self.assertEqual(self.listener.json("/api/sources")["channels"], 2)
        self.assertNotIn(f"{self.name}:out_1", self.sources())
        self.done("peer:out_1", 1, True)
        self.feeds("peer:out_1", 1)
        self.done("peer:out_1", 0, True)
        self.feeds("peer:out_1", 0, 1)
        self.done("peer:out_1", 0, True)  # as it is
        self.done("peer:out_1", 1, False)
        self.feeds("peer:out_1", 0)
        rig.wait_until(lambda: self.listener.json("/api/status")["analyser"]["channel_names"] == ["peer:out_1", ""], "its name")
        self.peer.tell("rename", "out_1", "voice")
        self.feeds("peer:voice", 0)
        self.assertEqual(self.patch("peer:out_1", 0, False)[0], 404)
        self.done("peer:voice", 0, False)
        self.feeds("peer:voice")

    def test_the_options_leave_it_alone(self):
        self.begin("--connect", "peer:out_*")
        self.feeds("peer:out_1", 0)
        self.feeds("peer:out_2", 1)
        self.done("peer:out_1", 0, False)
        self.feeds("peer:out_1")
        self.done("peer:out_1", 1, True)
        self.feeds("peer:out_1", 1)
        self.peer.tell("register", "else")  # so that the options are looked at again
        rig.wait_until(lambda: "peer:else" in self.sources(), "the new port")
        self.feeds("peer:out_1", 1)
        self.feeds("peer:out_2", 1)

    def test_it_comes_back_with_the_server(self):
        self.begin()
        self.done("peer:out_2", 0, True)
        self.feeds("peer:out_2", 0)
        self.server.kill()
        rig.wait_until(lambda: self.sources() == {} and not self.listener.json("/api/status")["analyser"]["jack_running"], "no sources")
        code, answer = self.patch("peer:out_2", 0, False)
        self.assertEqual((code, answer["detail"]), (503, "the analyser has no JACK server at present"))
        self.peer.end()
        self.server.start()
        self.peer = Peer(self, self.server)
        self.peer.tell("register", "out_2")
        self.feeds("peer:out_2", 0)

    def test_refusals(self):
        self.begin()
        for wish, code, detail in ((("peer:out_9", 0, True), 404, "source: there is no port of that name"),
                                   ((f"{self.name}:out_1", 0, True), 404, "source: there is no port of that name"),
                                   (("peer:out_1", 2, True), 400, "channel: there are 2, from 0"),
                                   (("peer:out_1", 64, True), 400, "channel: give a whole number from 0 to 63"),
                                   (("peer:out_1", 0, 1), 400, "connected: give true or false")):
            answer = self.patch(*wish)
            self.assertEqual(answer[0], code, wish)
            self.assertIn(detail, answer[1]["detail"])
        recording = self.folder / "show.jsonl"
        recordings.write(recording, recordings.Maker(channels=2).records(30))
        replay = self.broadcaster("--osc", "none", "--replay", recording)
        code, answer = self.patch("peer:out_1", 0, True, replay)
        self.assertEqual(code, 409)
        self.assertIn("this is a replay", answer["detail"])
        self.assertEqual(replay.json("/api/sources")["sources"], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)

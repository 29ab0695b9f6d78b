# SPDX-License-Identifier: GPL-3.0-or-later
"""--publish: what edges get, and that one which is dead, slow or mad loses nothing that it need not, and disturbs nobody."""

import asyncio
import json
import re
import time
import unittest

import websockets

import edges
import osc_peers
import recordings
import replaying
import rig

HZ = 200  # of the flood's events
COUNT = 64  # of them at a time; the last of 8 is a critical one


def number_of(text):
    """Which of the flood's events it is; None: none of them. (Two of eight are of other kinds, and have a rounder number.)"""
    event = json.loads(text)
    return round(event["criticality"]) if event["type"] == "critical_event" else None


def is_event(number):
    return lambda text: number_of(text) == number


class PublishTest(rig.RigTest):
    def flood(self, *options):
        return osc_peers.Flood(self, "-c", "2", "--lively", "--count", str(COUNT), "--rate", str(HZ), *options)

    def publish(self, *urls, port=0, options=()):
        words = [word for url in urls for word in ("--publish", url)]
        return self.broadcaster("--osc", "none", *words, *options, port=port)

    def lines(self, listener, part="/pub/"):
        """{channel: what is told of it} of the edge whose URL has that part."""
        return {each["channel"]: each for each in listener.json("/api/status")["edges"] if part in each["url"]}

    def connected(self, listener, part="/pub/"):
        return rig.wait_until(lambda: self.all_connected(self.lines(listener, part)), "the edge to be connected")

    @staticmethod
    def all_connected(lines):
        return lines if lines and all(line["state"] == "connected" for line in lines.values()) else None

    def drained(self, listener, part="/pub/"):
        """All events that there are have arrived at that edge."""
        rig.wait_until(lambda: all(line["waiting"] == 0 for line in self.lines(listener, part).values()), "no event to wait")

    def assert_complete(self, texts, first, last):
        """All of the flood's events, in order, none twice, none missing; and of others none twice either."""
        flooded = [text for text in texts if json.loads(text).get("trigger") not in ("analyser_found", "analyser_lost")]
        numbers = [number_of(text) for text in flooded]
        self.assertEqual(len(numbers), last - first + 1, numbers)
        for place, number in enumerate(numbers):
            self.assertIn(number, (None, first + place))
        self.assertEqual(len(set(texts)), len(texts))


@unittest.skipUnless(edges.NCHAN.exists(), "nginx with nchan is not installed")
class Nchan(PublishTest):
    async def test_viewers_get_what_our_own_clients_get(self):
        edge = edges.Nchan(self)
        flood = self.flood()
        listener = self.publish(edge.url("&rates=10,30&add=levels,onsets"))
        self.assertEqual(set(self.connected(listener)), {"metrics", "metrics-10", "metrics-add", "metrics-10-add", "latency", "events",
                                                         "events-add"})

        async def take(ws, count):
            async with ws as stream:
                return [await stream.recv() for _ in range(count)]

        own, there, slow, added = await asyncio.gather(take(listener.ws("metrics"), 90), take(edge.ws("metrics"), 90),
                                                       take(edge.ws("metrics-10"), 20), take(edge.ws("metrics-add"), 3))
        by_frame = [{json.loads(text)["frame"]: text for text in texts} for texts in (own, there)]
        common = by_frame[0].keys() & by_frame[1].keys()
        self.assertGreater(len(common), 30)
        for frame in common:
            self.assertEqual(by_frame[0][frame], by_frame[1][frame])
        for texts in (there, slow):
            frames = [json.loads(text)["frame"] for text in texts]
            self.assertEqual(frames, sorted(frames))
        self.assertNotIn("levels", json.loads(there[-1]))
        self.assertIn("levels", json.loads(added[-1]))
        latency = (await take(edge.ws("latency"), 1))[0]
        self.assertEqual(json.loads(latency).keys(), json.loads((await take(listener.ws("latency"), 1))[0]).keys())
        async with listener.ws("events") as stream:
            flood.push()
            own = [await stream.recv() for _ in range(COUNT)]
        there = await edge.take("events", lambda text: text == own[-1])
        self.assertEqual(there[-COUNT:], own)
        self.assert_complete(there, 0, COUNT - 1)
        self.drained(listener)
        line = self.lines(listener)["events"]
        self.assertEqual((line["sent"], line["acknowledged"]), (len(there), len(there)))
        self.assertEqual((line["lost"], line["resent"], line["connections"]), (0, 0, 1))
        numbers = listener.get("/metrics")[2]
        self.assertRegex(numbers, r'phicast_edge_up\{edge="ws://127[^"]+",channel="events"\} 1\n')
        self.assertRegex(numbers, rf'phicast_edge_messages_acknowledged_total\{{.*channel="events"\}} {len(there)}\n')

    async def test_an_edge_that_is_gone_for_a_while(self):
        edge = edges.Nchan(self)
        flood = self.flood()
        listener = self.publish(edge.url())
        self.connected(listener)
        flood.push()
        before = await edge.take("events", is_event(COUNT - 1))
        self.drained(listener)
        edge.kill()
        flood.push()
        rig.wait_until(lambda: self.lines(listener)["events"]["waiting"] == COUNT, "all events to wait")
        self.assertEqual({line["state"] for line in self.lines(listener).values()} & {"connected"}, set())
        edge.start()
        self.connected(listener)
        flood.push()
        self.drained(listener)
        after = await edge.take("events", is_event(3 * COUNT - 1))
        self.assert_complete(before + after, 0, 3 * COUNT - 1)
        self.assertEqual(self.lines(listener)["events"]["lost"], 0)
        log = listener.child.err
        self.assertEqual(len(re.findall("trying again", log)), 1, log)

    async def test_a_broadcaster_that_is_killed(self):
        """Of two edges, one is away meanwhile: both have all in the end, and nothing twice."""
        edge, other = edges.Nchan(self), edges.Nchan(self)
        flood = self.flood()
        urls = (edge.url(), other.url().replace("/pub/", "/pub/other-"))
        listener = self.publish(*urls)
        self.connected(listener)
        self.connected(listener, "other")
        other.kill()
        flood.push()
        rig.wait_until(lambda: self.lines(listener, "/pub/{")["events"]["acknowledged"] > COUNT // 3, "some events to arrive")
        listener.child.kill()
        other.start()
        listener = self.publish(*urls)
        self.connected(listener)
        flood.push()
        for each, channel in ((edge, "events"), (other, "other-events")):
            self.assert_complete(await each.take(channel, is_event(2 * COUNT - 1)), 0, 2 * COUNT - 1)
        self.drained(listener)

    async def test_tls(self):
        tls = edges.certificate(self.folder)
        edge = edges.Nchan(self, tls)
        wrong = edges.certificate(self.folder, "elsewhere")[0]
        self.flood()
        url = edge.url().replace("ws://127.0.0.1", "wss://localhost")
        listener = self.publish(f"{url}&ca={tls[0]}")
        self.connected(listener)
        async with edge.ws("metrics") as ws:
            self.assertIn("ici", json.loads(await ws.recv()))
        listener.child.stop()
        for why, bad in (("certificate", f"{url}&ca={wrong}"), ("certificate", url),
                         ("certificate", f"{url.replace('localhost', '127.0.0.1')}&ca={tls[0]}"), ("refused with 400", edge.url())):
            listener = self.publish(bad)
            line = rig.wait_until(lambda: self.failed(listener), "a refusal")
            self.assertIn(why, line["detail"])
            self.assertEqual(listener.child.err.count("libwebsockets"), 0, listener.child.err)
            listener.child.stop()

    def failed(self, listener, part="/pub/", channel="metrics"):
        line = self.lines(listener, part)[channel]
        return line if line["state"] == "waiting" and line["detail"] != "not tried yet" else None

    async def test_a_replay(self):
        edge = edges.Nchan(self)
        path = self.folder / "show.jsonl"
        said = recordings.write(path, recordings.Maker().records(3))
        self.publish(edge.url(), options=("--replay", path))
        there = await edge.take("events", lambda text: recordings.timeless(json.loads(text)) == recordings.timeless(said["events"][-1]))
        self.assertEqual(replaying.messages(there), [recordings.timeless(each) for each in said["events"]])


class StandIn(PublishTest):
    def test_who_we_say_we_are(self):
        edge = edges.StandIn(self)
        token = edges.token_file(self)
        listener = self.publish(edge.url(f"?token-file={token}", "bearer"),
                                edge.url(f"?token-file={token}", "basic").replace("ws://", "ws://ada@"), edge.url(path="nobody"))
        for part in ("bearer", "basic", "nobody"):
            self.connected(listener, part)
        self.assertEqual({fields.get("authorization") for _, fields in edge.heads},
                         {f"Bearer {edges.TOKEN}", "Basic YWRhOmEtc2VjcmV0Lm9mfnRoZStlZGdl", None})
        self.assertEqual({fields["accept"] for _, fields in edge.heads}, {"text/json"})
        self.assertEqual({fields["host"] for _, fields in edge.heads}, {f"127.0.0.1:{edge.port}"})
        self.assertFalse(any("sec-websocket-extensions" in fields for _, fields in edge.heads))
        self.assertNotIn(edges.TOKEN, listener.get("/api/status")[2] + listener.child.err)

    async def test_an_event_on_its_way_when_the_connection_breaks(self):
        """Whether it had arrived or not: it is there once."""
        edge = edges.StandIn(self)
        flood = self.flood("--count", "8")
        listener = self.publish(edge.url())
        self.connected(listener)
        for how in (edge.take_and_close, edge.close_at_once):
            before = len(edge.messages.get("events", ()))
            connections = self.lines(listener)["events"]["connections"]
            edge.answers["events"] = how
            flood.push()
            rig.wait_until(lambda: self.lines(listener)["events"]["connections"] > connections + 2, "several connections")
            edge.answers.clear()
            count = 8 + (before == 0)  # the first time, that there is an analyser as well
            rig.wait_until(lambda: len(edge.messages.get("events", ())) >= before + count, "all of them")
            self.drained(listener)
            self.assertEqual(len(edge.messages["events"]), before + count)
        self.assert_complete(edge.messages["events"], 0, 15)
        line = self.lines(listener)["events"]
        self.assertEqual(line["acknowledged"], 17)
        self.assertGreater(line["resent"], 0)

    async def test_an_event_on_its_way_when_we_are_killed(self):
        for how in ("take", "ignore"):
            with self.subTest(how):
                self.name = rig.unique_name()
                edge = edges.StandIn(self)
                flood = self.flood("--count", "8")
                listener = self.publish(edge.url())
                self.connected(listener)
                flood.push()
                rig.wait_until(lambda: len(edge.messages.get("events", ())) == 9, "the first events")
                self.drained(listener)
                seen = []

                def keep(channel, text):
                    seen.append(text)
                    if how == "take":
                        edge.take(channel, text)
                    edge.say_nothing(channel, text)

                edge.answers["events"] = keep
                flood.push()
                rig.wait_until(lambda: seen, "an event on its way")
                listener.child.kill()
                edge.answers.clear()
                listener = self.publish(edge.url())
                rig.wait_until(lambda: len(edge.messages["events"]) >= 17, "the others")
                self.drained(listener)
                self.assert_complete(edge.messages["events"], 0, 15)

    async def test_one_that_is_away_for_too_long(self):
        port = edges.free_port()
        flood = self.flood("--count", "1604", "--rate", "1000")
        listener = self.publish(f"ws://127.0.0.1:{port}/pub/{{stream}}")
        rig.wait_until(listener.ready, "the analyser")
        flood.push()
        line = rig.wait_until(lambda: self.lost(listener, 505), "the oldest to be given up")
        self.assertEqual(line["waiting"], 1100)
        self.assertIn("the oldest will be missing there", listener.child.err)
        self.assertLess(listener.child.err.count("\n"), 40)
        edge = edges.StandIn(self, port)
        self.drained(listener)
        self.assertEqual(len(edge.messages["events"]), 1100)
        self.assert_complete(edge.messages["events"], 504, 1603)

    def lost(self, listener, count):
        line = self.lines(listener)["events"]
        return line if line["lost"] == count else None

    async def test_a_slow_one_gets_what_is_newest(self):
        edge = edges.StandIn(self)
        edge.answers["metrics"] = edge.take_slowly
        self.flood()
        listener = self.publish(edge.url())
        rig.wait_until(lambda: len(edge.messages.get("metrics", ())) > 10, "some messages")
        line = self.lines(listener)["metrics"]
        self.assertGreater(line["skipped"], line["sent"])
        frames = [json.loads(text)["frame"] for text in edge.messages["metrics"]]
        self.assertEqual(frames, sorted(frames))

    async def test_one_that_is_stuck_is_given_up_at_once(self):
        """None of its channels answers, so nothing else happens there either: it took 20 s."""
        edge = edges.StandIn(self)
        edge.answers = dict.fromkeys(("metrics", "latency", "events"), edge.say_nothing)
        self.flood()
        listener = self.publish(edge.url())
        rig.wait_until(lambda: "not answered" in self.lines(listener)["metrics"]["detail"], "it to be given up")
        given_up = time.monotonic()
        edge.answers.clear()
        rig.wait_until(lambda: self.lines(listener)["metrics"]["state"] == "connected", "another connection")
        self.assertLess(time.monotonic() - given_up, 10)

    async def test_dead_and_mad_ones_disturb_nobody(self):
        mad = edges.StandIn(self)
        mad.answers["events"] = lambda channel, text: "thank you"
        mad.answers["latency"] = lambda channel, text: b"\xff" * 600
        mad.answers["metrics"] = mad.say_nothing
        refusing = edges.StandIn(self, greet=b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        leading = edges.StandIn(self, greet=b"HTTP/1.1 301 Moved\r\nLocation: http://nowhere.invalid/\r\nContent-Length: 0\r\n\r\n")
        noise, deaf, plain = edges.Deaf(self, bytes(range(256)) * 64), edges.Deaf(self), edges.Deaf(self, b"HTTP/1.1 400 Bad Request\r\n\r\n")
        good = edges.StandIn(self)
        expected = {
            ("mad", "events"): "not as nchan does", ("mad", "latency"): "not as nchan does",
            ("mad", "metrics"): "not answered within 5 s", ("refusing", "metrics"): "refused with 403", ("refusing", "events"): "403",
            ("leading", "metrics"): "refused with 301", ("noise", "metrics"): "", ("deaf", "metrics"): "no connection within 10 s",
            ("deaf", "events"): "no connection within 10 s", ("plain", "metrics"): "no TLS there", ("closed", "metrics"): "",
            ("unknown", "metrics"): "nowhere.invalid: ",
        }
        urls = [peer.url(path=name) for name, peer in (("mad", mad), ("refusing", refusing), ("leading", leading), ("good", good))]
        urls += [peer.url().replace("/pub/", f"/{name}/") for name, peer in (("noise", noise), ("deaf", deaf))]
        urls += [plain.url().replace("ws:", "wss:").replace("/pub/", "/plain/"), f"ws://127.0.0.1:{edges.free_port()}/closed/{{stream}}",
                 "ws://nowhere.invalid/unknown/{stream}"]
        flood = self.flood()
        listener = self.publish(*urls)
        self.connected(listener, "good")
        flood.push()
        seen = {}

        def look():
            for each in listener.json("/api/status")["edges"]:
                key = (each["url"].rsplit("/", 2)[1], each["channel"])
                if each["state"] == "waiting" and expected.get(key, "\0") in each["detail"] and each["detail"]:
                    seen[key] = each["detail"]
            return seen.keys() == expected.keys()

        rig.wait_until(look, "each to be told apart")
        self.drained(listener, "good")
        self.assert_complete(good.messages["events"], 0, COUNT - 1)
        frames = [json.loads(text)["frame"] for text in good.messages["metrics"]]
        self.assertEqual(frames, sorted(frames))
        self.assertEqual(self.lines(listener, "good")["metrics"]["connections"], 1)
        async with listener.ws("metrics") as ws:
            await ws.recv()
        self.assertEqual(listener.child.err.count("libwebsockets"), 0, listener.child.err)

    def test_it_says_goodbye_in_time(self):
        """What has happened by then arrives; an edge that does not answer is not waited for."""
        edge, deaf = edges.StandIn(self), edges.StandIn(self)
        deaf.answers.update({channel: deaf.say_nothing for channel in ("metrics", "events", "latency")})
        flood = self.flood()
        listener = self.publish(edge.url(), deaf.url(path="deaf"))
        self.connected(listener)
        self.connected(listener, "deaf")
        flood.push()
        rig.wait_until(lambda: edge.messages.get("events"), "an event")
        self.assertEqual(listener.child.stop(), 0)
        numbers = [number_of(text) for text in edge.messages["events"]]
        self.assertEqual(len(numbers), len(set(edge.messages["events"])))

    def test_bad_urls(self):
        token = edges.token_file(self)
        for url in ("", "http://h/{stream}", "ws://", "ws:///{stream}", "ws://h", "ws://h/", "ws://h/{stream}{stream}", "ws://h:0/{stream}",
                    "ws://h:65536/{stream}", "ws://[::1/{stream}", "ws://a:b@h/{stream}", "ws://a@h/{stream}", "ws://h/{stream}?x=1",
                    "ws://h/{stream}?rates=", "ws://h/{stream}?rates=0", "ws://h/{stream}?rates=121", "ws://h/{stream}?rates=1,2,3,4,5,6,7,8,9",
                    "ws://h/{stream}?add=", "ws://h/{stream}?add=noise", "ws://h/{stream}?ca=x", "wss://[::1]/{stream}",
                    "ws://h/{stream}?token-file=", "ws://h/{stream}?token-file=/nonexistent", "wss://h/{stream}?ca=/nonexistent",
                    f"wss://h/{{stream}}?ca={token}", "ws://h/a b/{stream}"):
            result = self.run_program("phicast-broadcaster", "-n", self.name, "-p", "0", "--publish", url)
            self.assertNotEqual(result.returncode, 0, url)
            self.assertEqual(len(re.findall("error", result.stderr)), 1, result.stderr)
            self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        result = self.run_program("phicast-broadcaster", "-p", "0", "--publish", "ws://h/{stream}", "--publish", "ws://h:80/{stream}?rates=5")
        self.assertIn("given twice", result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)

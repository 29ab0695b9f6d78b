# SPDX-License-Identifier: GPL-3.0-or-later
"""OSC out to real receivers (oscdump, Pure Data) and OSC in from good and bad senders."""

import json
import math
import os
import random
import re
import socket
import struct
import subprocess
import unittest

import osc_peers
import rig
from osc_peers import bundle, message

DEPTH, PHASE, RATE, BREATHING, AUTO = range(1, 6)


class Out(rig.RigTest):
    def targets(self, broadcaster):
        return broadcaster.json("/api/status")["osc"]["targets"]

    def test_events_and_metrics(self):
        udp, udp_url = osc_peers.oscdump(self)
        tcp, tcp_url = osc_peers.oscdump(self, "tcp")
        flood = osc_peers.Flood(self, "--count", "8", "-c", "2")
        broadcaster = self.broadcaster("--osc", udp_url + "?metrics=1&rate=60", "--osc", tcp_url + "/my/show")
        rig.wait_until(lambda: osc_peers.messages(tcp), "the analyser's finding")
        flood.push()
        for child, prefix in ((udp, "/phicast"), (tcp, "/my/show")):
            rig.wait_until(lambda c=child, p=prefix: len(osc_peers.messages(c, p + "/event/")) >= 9, "the events")
            events = osc_peers.messages(child, prefix + "/event/")
            self.assertEqual(events[0], (prefix + "/event/state_change", ["offline", "idle", "analyser_found",
                                                                          "1.000000"]))
            self.assertEqual(events[1], (prefix + "/event/critical_event", ["0.000000", "0.000000", "0.000000"]))
            self.assertEqual(events[4], (prefix + "/event/phi_adaptation", ["0.003000", "1.000000", "0.000000",
                                                                            "0.000000", "criticality_optimization"]))
            self.assertEqual(events[6], (prefix + "/event/state_change", ["idle", "ambient", "signal_onset",
                                                                          "0.005000"]))
        values = dict(osc_peers.messages(udp))
        for address, value in (("ici", 0.5), ("criticality", 1.25), ("phase_coherence", 0.75),
                               ("spectral_centroid", 1000), ("phi/depth", 0.25), ("phi/phase", 3), ("phi/breathing", 1),
                               ("active_channels", 2), ("channel/1/frequency", 100), ("channel/2/frequency", 200),
                               ("channel/2/amplitude", 0.5), ("channel/1/phase", -1), ("channel/1/active", 1)):
            self.assertEqual(values["/phicast/" + address], [f"{value:f}"], address)
        self.assertNotIn("/phicast/channel/3/frequency", values)
        beats = [float(a[0]) for _, a in osc_peers.messages(udp, "/phicast/heartbeat")]
        self.assertEqual(beats, sorted(beats))
        self.assertEqual(osc_peers.messages(tcp, "/my/show/ici"), [])
        for target in self.targets(broadcaster):
            self.assertEqual((target["state"], target["dropped"]), ("open", 0), target)

    def test_stale_metrics_read_as_silence(self):
        dump, url = osc_peers.oscdump(self)
        flood = osc_peers.Flood(self, "-c", "2")
        self.broadcaster("--osc", url, "--osc-metrics")
        rig.wait_until(lambda: osc_peers.messages(dump, "/phicast/channel/2/"), "metrics")
        flood.child.stop()
        rig.wait_until(lambda: osc_peers.messages(dump, "/phicast/event/state_change")[-1][1][1] == "offline", "offline")
        rig.wait_until(lambda: osc_peers.messages(dump, "/phicast/channel/2/amplitude")[-1][1] == ["0.000000"],
                       "the channel to be silent")

    def test_packets(self):
        """One bundle a frame, split at 1400 bytes, to be done immediately; the higher a target's rate, the more come."""
        osc_peers.Flood(self, "-c", "64")
        receivers = []
        for rate in (10, 30, 60):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.bind(("127.0.0.1", 0))
            s.setblocking(False)
            self.addCleanup(s.close)
            receivers.append((rate, s, f"osc.udp://127.0.0.1:{s.getsockname()[1]}?rate={rate}&metrics=1&events=0"))
        self.broadcaster(*(word for r in receivers for word in ("--osc", r[2])))
        found = {s: [] for _, s, _ in receivers}
        slowest = receivers[0][1]

        def enough():
            for s, packets in found.items():
                packets += osc_peers.packets(s)
            return len(found[slowest]) >= 9 * 30

        rig.wait_until(enough, "thirty frames at the slowest")
        frames = []
        for packets in found.values():
            frames.append(sum(b"/heartbeat\0" in p for p in packets))
            self.assertLess(frames[-1], len(packets))
            for packet in packets:
                self.assertEqual(packet[:16], b"#bundle\0\0\0\0\0\0\0\0\1")
                self.assertLessEqual(len(packet), 1400)
        self.assertAlmostEqual(len(found[slowest]), 9 * frames[0], delta=9)  # one may be under way
        self.assertTrue(1.5 * frames[0] < frames[1] and 1.2 * frames[1] < frames[2], frames)

    def test_maps(self):
        own = self.folder / "my map & more.json"
        own.write_text(json.dumps([{"metric": "ici", "address": "/dmx/1", "out": [0, 255]},
                                   {"metric": "criticality", "address": "/dmx/2", "in": [1, 2], "out": [255, 0]},
                                   {"metric": "channel/*/frequency", "address": "/par/*/hz"}]))
        name = str(own).replace(" ", "%20").replace("&", "%26")
        expected = {"touchdesigner": {"/phicast/ici": 0.5, "/phicast/channel/1/amplitude": 0.5},
                    "resolume": {"/composition/dashboard/link1": 0.5, "/composition/dashboard/link2": 0.3125},
                    "eos": {"/eos/chan/901": 50, "/eos/chan/904": 10},
                    "grandma3": {"/gma3/Page99/Fader201": 50, "/gma3/Page99/Fader202": 31.25},
                    name: {"/dmx/1": 127.5, "/dmx/2": 191.25, "/par/2/hz": 200}}
        dumps = {which: osc_peers.oscdump(self, protocol) for which, protocol in
                 zip(expected, ("udp", "udp", "tcp", "udp", "udp"))}
        osc_peers.Flood(self)
        self.broadcaster(*(word for which, (_, url) in dumps.items() for word in ("--osc", f"{url}?map={which}")))
        for which, values in expected.items():
            for address, value in values.items():
                rig.wait_until(lambda w=which, a=address, v=value:
                               dict(osc_peers.messages(dumps[w][0])).get(a) == [f"{v:f}"], f"{address} = {value}")
            self.assertEqual(osc_peers.messages(dumps[which][0], "/phicast/event"), [])

    def test_single_messages(self):
        """For a receiver that takes no bundles: a packet for each address, and all of them again."""
        osc_peers.Flood(self)
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("127.0.0.1", 0))
        s.setblocking(False)
        self.addCleanup(s.close)
        self.broadcaster("--osc", f"osc.udp://127.0.0.1:{s.getsockname()[1]}?map=grandma3&rate=10")
        found = []

        def enough():
            found.extend(osc_peers.packets(s))
            return len(found) > 100

        rig.wait_until(enough, "a hundred messages")
        addresses = [packet[:packet.index(b"\0")].decode() for packet in found]
        self.assertTrue(all(re.fullmatch(r"/gma3/Page99/Fader2(0[1-9]|1[1-8])", address) for address in addresses), addresses)
        for packet, address in zip(found, addresses, strict=True):
            value = struct.unpack(">f", packet[-4:])[0]
            self.assertEqual(packet, osc_peers.message(address, "f", value))
            self.assertTrue(0 <= value <= 100)
        count = len(set(addresses))
        self.assertEqual(addresses[:count], addresses[count:2 * count])

    def test_pure_data(self):
        peer = osc_peers.pd(self)
        if not peer:
            self.skipTest("puredata-core is not installed")
        flood = osc_peers.Flood(self, "--count", "100")
        broadcaster = self.broadcaster("--osc", peer[1] + "?metrics=1&rate=20")
        rig.wait_ready(broadcaster)
        rig.wait_until(lambda: osc_peers.pd_messages(peer[0], "/phicast/ici"), "metrics")
        flood.push()
        rig.wait_until(lambda: len(osc_peers.pd_messages(peer[0], "/phicast/event/critical_event")) == 75, "the events")
        numbers = [int(a[0]) for _, a in osc_peers.pd_messages(peer[0], "/phicast/event/critical_event")]
        self.assertEqual(numbers, [n for n in range(100) if n % 8 not in (3, 5)])
        self.assertEqual(osc_peers.pd_messages(peer[0], "/phicast/ici")[0][1], ["0.5"])

    async def test_dead_targets_disturb_nobody(self):
        dump, url = osc_peers.oscdump(self)
        deaf = socket.create_server(("127.0.0.1", 0))  # accepts, in the kernel, and never reads
        self.addCleanup(deaf.close)
        osc_peers.Flood(self)
        broadcaster = self.broadcaster(
            "--osc", "osc.udp://no-such-host.invalid:9000", "--osc", "osc.tcp://no-such-host.invalid:9000",
            "--osc", f"osc.tcp://127.0.0.1:{rig.free_port()}", "--osc", "osc.tcp://192.0.2.1:9000",
            "--osc", f"osc.udp://127.0.0.1:{osc_peers.free_udp_port()}",
            "--osc", f"osc.tcp://127.0.0.1:{deaf.getsockname()[1]}?rate=120",
            "--osc", url, "--osc-metrics")
        rig.wait_ready(broadcaster)
        await self.take(broadcaster, "metrics", 90)
        rig.wait_until(lambda: len(osc_peers.messages(dump, "/phicast/heartbeat")) > 60, "heartbeats of the living target")
        rig.wait_until(lambda: self.states(broadcaster)[4:] == ["refused", "open", "open"], "the targets' states")
        self.assertNotIn("open", self.states(broadcaster)[:4])
        for line in ("no-such-host.invalid:9000/phicast: .*trying again", "nobody listens there"):
            self.assertLessEqual(len(re.findall(line, broadcaster.child.err)), 2)  # said once a target

    def states(self, broadcaster):
        return [target["state"] for target in self.targets(broadcaster)]

    def test_target_comes_and_goes(self):
        port = rig.free_port()
        broadcaster = self.broadcaster("--osc", f"osc.tcp://127.0.0.1:{port}")
        state = lambda: self.targets(broadcaster)[0]["state"]  # noqa: E731
        rig.wait_until(lambda: state() == "waiting", "the target to be missed")
        for _ in range(2):
            dump, _ = osc_peers.oscdump(self, "tcp", port)
            rig.wait_until(lambda: state() == "open", "the target to be found")
            flood = osc_peers.Flood(self)
            rig.wait_until(lambda d=dump: osc_peers.messages(d, "/phicast/event"), "an event")
            flood.child.stop()
            dump.kill()
            rig.wait_until(lambda: state() != "open", "the target to be lost")

    def test_name_moves(self):
        """A name that comes to mean another address, by way of a hosts file that this broadcaster alone sees."""
        hosts = self.folder / "hosts"
        hosts.write_text("127.0.0.2 moving.test\n")
        port = osc_peers.free_udp_port()
        space = ["unshare", "--mount", *([] if os.getuid() == 0 else ["--map-root-user"])]
        shell = ["sh", "-c", f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh"]
        if subprocess.run([*space, *shell, "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("this user may not mount anything")
        flood = osc_peers.Flood(self)
        child = self.start([*space, *shell, rig.BIN / "phicast-broadcaster", "-n", self.name, "-p", "0", "--osc-metrics",
                            "--osc", f"osc.udp://moving.test:{port}"])
        child.line(r"moving\.test.*nobody listens there", "err")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
            receiver.bind(("127.0.0.3", port))
            receiver.settimeout(rig.PATIENCE)
            hosts.write_text("127.0.0.3 moving.test\n")
            self.assertEqual(receiver.recv(2000)[:8], b"#bundle\0")
        child.line(r"moving\.test.*its name now means 127\.0\.0\.3", "err")
        flood.child.stop()

    def test_default_target_is_not_missed(self):
        """Nobody asked for it; --verbose tells."""
        if osc_peers.is_bound(9000, "udp"):
            self.skipTest("somebody listens on port 9000")
        osc_peers.Flood(self)
        for options, told in (([], False), (["--osc", "osc.udp://127.0.0.1:9000"], True), (["--verbose"], True)):
            broadcaster = self.broadcaster("--osc-metrics", *options)
            rig.wait_until(lambda b=broadcaster: self.targets(b)[0]["state"] == "refused", "the target to be missed")
            self.assertEqual("nobody listens" in broadcaster.child.err, told, broadcaster.child.err)
            broadcaster.child.stop()

    def test_usage_errors(self):
        for words, part in ((["--osc", "localhost:9000"], "osc.udp://HOST:PORT"),
                            (["--osc", "osc.udp://a:1?map=/nonexistent"], "/nonexistent"),
                            (["--osc-listen", "70000"], "--osc-listen")):
            done = self.run_program("phicast-broadcaster", "-n", self.name, "-p", "0", *words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
            self.assertIn(part, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)


class In(rig.RigTest):
    def begin(self, *options):
        self.flood = osc_peers.Flood(self)
        self.broadcaster_ = self.broadcaster("--osc", "none", "--osc-listen", "0", *options)
        self.port = int(self.broadcaster_.child.line(r"^listening for OSC on osc.udp://127.0.0.1:(\d+)").group(1))
        rig.wait_ready(self.broadcaster_)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.addCleanup(self.socket.close)

    def send(self, packet):
        self.socket.sendto(packet, ("127.0.0.1", self.port))

    def counters(self):
        return self.broadcaster_.json("/api/status")["osc"]["in"]

    def after(self, packets):
        return rig.wait_until(lambda: (c := self.counters())["packets"] == packets and c, f"{packets} packets")

    def test_hands(self):
        self.begin()
        for packet in (message("/phicast/set/depth", "f", 0.5), message("/phicast/set/depth", "i", 1),
                       message("/phicast/set/phase", "d", -1.5), message("/phicast/set/rate", "f", 2),
                       message("/phicast/set/breathing", "T"), message("/phicast/set/breathing", "i", 0),
                       message("/phicast/set/auto", "f", 1),
                       bundle(message("/phicast/set/depth", "f", 0.25), bundle(message("/phicast/set/auto", "F")))):
            self.send(packet)
        counters = self.after(8)
        self.assertEqual((counters["commands"], counters["refused"]), (9, 0))
        rig.wait_until(lambda: len(self.flood.commands()) == 9, "the commands")
        self.assertEqual(self.flood.commands(), [(DEPTH, 0.5), (DEPTH, 1), (PHASE, -1.5), (RATE, 2), (BREATHING, 1),
                                                 (BREATHING, 0), (AUTO, 1), (DEPTH, 0.25), (AUTO, 0)])

    def test_both_loopbacks(self):
        self.begin()
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
            s.sendto(message("/phicast/set/depth", "f", 0.5), ("::1", self.port))
        rig.wait_until(lambda: self.flood.commands() == [(DEPTH, 0.5)], "the command")

    def test_refused(self):
        self.begin()
        bad = [b"", b"\0", b"/", b"#bundle", b"#bundle\0", bundle() + b"\0", bundle(b""), bundle(b"/\0\0\0"),
               b"#bundle\0" + bytes(8) + b"\xff\xff\xff\xfc", message("/phicast/set/depth"),
               message("/phicast/set/depth", "s", "0.5"), message("/phicast/set/depth", "T"),
               message("/phicast/set/depth", "f", math.nan), message("/phicast/set/depth", "f", math.inf),
               message("/phicast/set/depth", "f", 1.5), message("/phicast/set/depth", "ff", 0.5, 0.5),
               message("/phicast/set/rate", "f", 0), message("/phicast/set/breathing", "i", 2),
               message("/phicast/set/loudness", "f", 0.5), message("/phicast/set/*", "f", 0.5),
               message("/elsewhere", "f", 0.5), message("/phicast/set/depth", "fffffff"),
               message("/phicast/set/depth", "b") + b"\xff\xff\xff\xff",
               bundle(message("/phicast/set/depth", "f", 0.5), message("/phicast/set/depth", "f", 7))]
        deep = message("/phicast/set/depth", "f", 0.5)
        for _ in range(1000):
            deep = bundle(deep)
        bad.append(deep)
        for packet in bad:
            self.send(packet)
        counters = self.after(len(bad))
        self.assertEqual((counters["refused"], counters["commands"]), (len(bad), 0))
        self.assertEqual(self.flood.commands(), [])

    def test_patterns(self):
        self.begin()
        for address, types, value in (("/phicast/set/dep?h", "f", 0.375), ("/*/set/r*", "i", 2),
                                      ("/phicast/s[a-f]t/{phase,elsewhere}", "d", -1.5)):
            self.send(message(address, types, value))
        self.send(message("/phicast/set/[!dpr]*", "T"))  # both switches
        counters = self.after(4)
        self.assertEqual((counters["commands"], counters["refused"]), (5, 0))
        rig.wait_until(lambda: len(self.flood.commands()) == 5, "the commands")
        self.assertEqual(self.flood.commands(), [(DEPTH, 0.375), (RATE, 2), (PHASE, -1.5), (BREATHING, 1), (AUTO, 1)])
        hostile = message("/phicast/set/" + "*{a,}" * 12000 + "b", "f", 0.5)
        for i in range(20):
            self.send(hostile)
            self.assertEqual(self.after(5 + i)["refused"], 1 + i)

    def test_foreign_addresses(self):
        self.begin()
        self.send(bundle(message("/1/fader1", "f", 0.7), message("/phicast/set/depth", "f", 0.66),
                         bundle(message("/2/xy", "b") + b"\0\0\0\3abc\0", message("/phicast/set/rate", "f", 0.5))))
        counters = self.after(1)
        self.assertEqual((counters["commands"], counters["refused"]), (2, 0))
        rig.wait_until(lambda: len(self.flood.commands()) == 2, "the commands")
        self.assertEqual([kind for kind, _ in self.flood.commands()], [DEPTH, RATE])
        self.send(message("/1/fader1", "f", 0.7))
        self.assertEqual(self.after(2)["refused"], 1)
        self.broadcaster_.child.line("OSC packet refused: /1/fader1: no address of ours", "err")

    def test_random_packets(self):
        self.begin()
        dice = random.Random(4711)
        good = message("/phicast/set/depth", "f", 0.5)
        sent = 0
        while sent < 100000:
            for _ in range(200):
                kind = dice.randrange(4)
                packet = bytearray(dice.randbytes(dice.randrange(0, 120)) if kind == 0 else
                                   bundle(good, bundle(good)) if kind == 1 else good)
                if kind == 2:
                    packet = bytearray(message("/phicast/set/" + dice.choice(("depth", "rate", "x")),
                                               dice.choice(("s", "b", "ss", "N", "[", "")), "y", "z") + dice.randbytes(4))
                for _ in range(dice.randrange(1, 4) if packet and kind != 2 else 0):
                    packet[dice.randrange(min(len(packet), 24))] = dice.randrange(256)
                self.send(packet)
                sent += 1
            self.after(sent)  # at the receiver's pace, so that every one of them is judged
        counters = self.counters()
        self.assertGreater(counters["refused"], 90000)
        for kind, value in self.flood.commands():  # a changed byte that matters to nobody leaves it a good one
            self.assertTrue(kind == DEPTH and 0 <= value <= 1, f"{kind} {value}")
        self.assertEqual(self.broadcaster_.get("/healthz")[0], 200)
        self.assertLess(len(self.broadcaster_.child.err.splitlines()), 100)

    def test_ping(self):
        self.begin()
        self.socket.settimeout(rig.PATIENCE)
        own = self.socket.getsockname()[1]
        self.send(message("/phicast/ping", "ss", f"osc.udp://127.0.0.1:{own}/", "/pong/here"))
        self.assertEqual(self.socket.recv(1000), message("/pong/here"))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.2", 0))
            self.send(message("/phicast/ping", "ss", f"osc.udp://127.0.0.2:{other.getsockname()[1]}/", "/pong"))
            self.assertEqual(self.after(2)["refused"], 1)
            other.setblocking(False)
            self.assertRaises(BlockingIOError, other.recv, 1000)
        self.assertEqual(self.counters()["pings"], 1)

    def test_oscsend(self):
        self.begin()
        self.start(["oscsend", f"osc.udp://localhost:{self.port}", "/phicast/set/depth", "f", "0.125"]).wait()
        rig.wait_until(lambda: self.flood.commands() == [(DEPTH, 0.125)], "the command")

    def test_no_analyser(self):
        self.begin()
        self.flood.child.stop()
        rig.wait_until(lambda: not self.broadcaster_.ready(), "the analyser's end")
        self.send(message("/phicast/set/depth", "f", 0.5))
        self.assertEqual(self.after(1)["refused"], 1)

    def test_port_taken(self):
        self.begin()
        done = self.run_program("phicast-broadcaster", "-n", self.name + "b", "-p", "0", "--osc-listen", self.port)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--osc-listen", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)

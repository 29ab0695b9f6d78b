# SPDX-License-Identifier: GPL-3.0-or-later
"""OSCQuery over a WebSocket: a client of the test's own hears and sets whatever the tree shows, and nobody gets more than
they may or can take."""

import asyncio
import collections
import contextlib
import json
import math
import os
import struct
import subprocess
import unittest

import websockets

import osc_peers
import rig
import sockets
from test_oscquery import BROWSER, TOKEN, leaves
from test_protocol import BINARY, TEXT, Peer, frame

NPM = """
const { OSCQueryDiscovery } = require('oscquery');
new OSCQueryDiscovery().queryNewService('127.0.0.1', Number(process.argv[2])).then((service) => {
  console.log(JSON.stringify({ host: service.hostInfo, methods: service.flat() }));
});
"""


def parse(packet):
    """(address, tags, [values]) of one message, which must be whole, and nothing but that."""
    def text():
        nonlocal packet
        end = packet.index(b"\0")
        size = (end // 4 + 1) * 4
        assert packet[end:size] == bytes(size - end), packet
        found, packet = packet[:end].decode(), packet[size:]
        return found

    assert len(packet) % 4 == 0, packet
    address, tags, values = text(), text(), []
    assert address.startswith("/") and tags.startswith(","), (address, tags)
    for tag in tags[1:]:
        if tag == "f":
            values.append(struct.unpack(">f", packet[:4])[0])
            packet = packet[4:]
        else:
            values.append(text() if tag == "s" else {"T": True, "F": False}[tag])
    assert packet == b"", packet
    return address, tags[1:], values


def order(command, path):
    return json.dumps({"COMMAND": command, "DATA": path})


def digits(number):
    """As JSON has them."""
    return f"{float(number):.7g}"


class Listener:
    """A connection, and what has come through it."""

    def __init__(self, ws):
        self.ws = ws
        self.tag, self.value, self.all = {}, {}, collections.defaultdict(list)
        self.texts = []

    async def read(self):
        async for message in self.ws:
            if isinstance(message, str):
                self.texts.append(json.loads(message))
            else:
                address, tags, values = parse(message)
                self.tag[address] = tags
                self.value[address], = values
                self.all[address].append(values[0])

    async def say(self, command, *paths):
        for path in paths:
            await self.ws.send(order(command, path))

    async def set(self, path, tags, *values):
        await self.ws.send(osc_peers.message(path, tags, *values))

    async def until(self, condition, what):
        async def poll():
            while not condition():
                await asyncio.sleep(0.01)
        try:
            await asyncio.wait_for(poll(), rig.PATIENCE)
        except asyncio.TimeoutError:
            raise AssertionError(f"{what} did not come about; {self.value}") from None

    async def next(self, path, count=1):
        """As many more values of an address."""
        before = len(self.all[path])
        await self.until(lambda: len(self.all[path]) >= before + count, f"{count} of {path}")


@contextlib.asynccontextmanager
async def listener(broadcaster, path="/", **headers):
    async with sockets.connect(f"ws://127.0.0.1:{broadcaster.port}{path}", headers, max_size=None) as ws:
        heard = Listener(ws)
        reading = asyncio.create_task(heard.read())
        yield heard
        if reading.done():
            reading.result()
        reading.cancel()


class Listen(rig.RigTest):
    def begin(self, *options, channels=2, lively=True):
        flood = osc_peers.Flood(self, "-c", str(channels), *(["--lively"] if lively else []))
        broadcaster = self.broadcaster("--osc", "none", *options)
        if "--token-file" not in options:
            rig.wait_ready(broadcaster)
        return flood, broadcaster

    def tree(self, broadcaster):
        return leaves(broadcaster.json("/"))

    def status(self, broadcaster):
        return broadcaster.json("/api/status")["oscquery"]

    async def test_sees_and_sets_everything(self):
        """All that can be read is heard, of the type that the tree says, and all that can be set is heard to have been."""
        self.analyser(self.jackd(patient=True), "-c", "2", "--label", "1=Kick ü", "--bands", "8", "--bands-per-channel")
        broadcaster = self.broadcaster("--osc", "none", "--osc-listen", "0")
        rig.wait_ready(broadcaster)
        broadcaster.get("/phicast/band")
        rig.wait_until(lambda: broadcaster.get("/phicast/channel/2/band/8")[0] == 200, "bands of each channel")
        rig.wait_until(lambda: broadcaster.json("/phicast/channel/1/name")["VALUE"][0], "the channel's name")
        rig.wait_until(lambda: "VALUE" in broadcaster.json("/phicast/set/rate"), "the analyser to tell of itself")
        found = self.tree(broadcaster)
        readable = {path: node for path, node in found.items() if node["ACCESS"] & 1}
        settable = {path: node for path, node in found.items() if node["ACCESS"] & 2}
        self.assertEqual((len(settable), len(readable)), (5, len(found)))
        async with listener(broadcaster) as heard:
            await heard.say("LISTEN", *readable)
            await heard.until(lambda: set(heard.value) == set(readable), f"all of {len(readable)} values")
            self.assertEqual(heard.value["/phicast/channel/1/name"], "Kick ü")
            self.assertEqual({path: tag for path, tag in heard.tag.items() if tag not in "TF"},
                             {path: node["TYPE"] for path, node in readable.items() if node["TYPE"] not in "TF"})
            await heard.set("/phicast/set/breathing", "F")
            await heard.until(lambda: heard.value["/phicast/set/breathing"] is False, "breathing off")
            for path in ("/phicast/set/depth", "/phicast/set/rate", "/phicast/set/phase"):
                low, high = (settable[path]["RANGE"][0][end] for end in ("MIN", "MAX"))
                for value in (low, high, (low + high) / 2):
                    await heard.set(path, "f", value)
                    await heard.until(lambda p=path, v=value: math.isclose(math.cos(heard.value[p] - v), 1, rel_tol=1e-9)
                                      if p.endswith("phase") else math.isclose(heard.value[p], v, rel_tol=1e-6),
                                      f"{path} {value}")
            for path in ("/phicast/set/auto", "/phicast/set/breathing"):
                for on in (True, False):
                    await heard.set(path, "T" if on else "F")
                    await heard.until(lambda p=path, v=on: heard.value[p] is v, f"{path} {on}")
            await heard.ws.send(osc_peers.bundle(osc_peers.message("/phicast/set/{depth,rate}", "f", 0.25)))
            await heard.until(lambda: (heard.value["/phicast/set/depth"], heard.value["/phicast/phi/depth"],
                                       heard.value["/phicast/set/rate"]) == (0.25, 0.25, 0.25), "both of a bundle")
            self.assertEqual(self.status(broadcaster)["commands"], 1 + 9 + 4 + 2)
            self.assertEqual(self.status(broadcaster)["refused"], 0)

    async def test_values_are_those_of_the_metrics(self):
        """Of numbers that change all the time, all that /ws/metrics shows and no others, each only when it is another."""
        _, broadcaster = self.begin(channels=3)
        seen = collections.defaultdict(set)
        async with listener(broadcaster) as heard:
            await heard.say("LISTEN", *(path for path in self.tree(broadcaster)))
            async with broadcaster.ws("metrics?rate=120") as ws:
                for _ in range(240):
                    message = json.loads(await asyncio.wait_for(ws.recv(), rig.PATIENCE))
                    for name in ("ici", "criticality", "phase_coherence", "spectral_centroid", "active_channels"):
                        seen[f"/phicast/{name}"].add(digits(message[name]))
                    seen["/phicast/phi/phase"].add(digits(message["phi_phase"]))
                    for channel in message["channel_metrics"]:
                        for name in ("frequency", "amplitude", "phase", "active"):
                            seen[f"/phicast/channel/{channel['channel'] + 1}/{name}"].add(digits(channel[name]))
            self.assertEqual(len(seen), 6 + 3 * 4)
            self.assertEqual(len(seen["/phicast/ici"]), 16)
            await heard.until(lambda: all(set(map(digits, heard.all[path])) == values for path, values in seen.items()),
                              "the same numbers")
            for path, values in heard.all.items():
                self.assertEqual([a for a, b in zip(values, values[1:]) if a == b], [], path)

    async def test_a_burst(self):
        """Hundreds of addresses at once; then all but one are given up again."""
        _, broadcaster = self.begin(channels=64)
        found = [path for path, node in self.tree(broadcaster).items() if node["ACCESS"] & 1]
        self.assertGreater(len(found), 500)
        async with listener(broadcaster) as heard, listener(broadcaster) as other:
            await asyncio.gather(heard.say("LISTEN", *found, *found), other.say("LISTEN", *found[:100]))
            await heard.until(lambda: set(heard.value) == set(found), "all values")
            await heard.until(lambda: set(other.value) == set(found[:100]), "the other's values")
            self.assertEqual(self.status(broadcaster)["addresses"], len(found) + 100)
            await heard.say("IGNORE", *(path for path in found if path != "/phicast/ici"))
            await heard.say("LISTEN", "/phicast/set/depth")
            await heard.next("/phicast/set/depth")  # and what comes after it
            self.assertEqual(self.status(broadcaster)["addresses"], 2 + 100)
            counts = {path: len(values) for path, values in heard.all.items() if path != "/phicast/ici"}
            await heard.next("/phicast/ici", 30)
            self.assertEqual({path: len(values) for path, values in heard.all.items() if path != "/phicast/ici"}, counts)
            self.assertEqual(set(other.value), set(found[:100]))
        rig.wait_until(lambda: (self.status(broadcaster)["clients"], self.status(broadcaster)["addresses"]) == (0, 0), "no one")

    async def test_what_is_measured_on_request(self):
        """It is while somebody listens: until the last says so, or goes."""
        self.analyser(self.jackd(patient=True), "-c", "2")
        broadcaster = self.broadcaster("--osc", "none")
        rig.wait_ready(broadcaster)

        def measures():
            analyser = broadcaster.json("/api/status")["analyser"]
            return analyser["measures"] if analyser else None

        rig.wait_until(lambda: measures() == [], "nothing to be measured")
        async with listener(broadcaster) as heard:
            await heard.say("LISTEN", "/phicast/level/1/rms", "/phicast/level/2/rms", "/phicast/channel/1/band/1", "/phicast/ici")
            rig.wait_until(lambda: measures() == ["levels", "bands"], "both to be measured")
            await heard.say("IGNORE", "/phicast/level/1/rms", "/phicast/channel/1/band/1", "/phicast/channel/1/band/1")
            rig.wait_until(lambda: measures() == ["levels"], "levels alone to be measured")
            await heard.say("LISTEN", "/phicast/onset_strength")
            rig.wait_until(lambda: measures() == ["levels", "onsets"], "onsets to be measured")
        rig.wait_until(lambda: measures() == [], "nothing to be measured any more")

    async def test_the_tree_changes(self):
        """What is not there yet can be listened to, and is said to have come."""
        broadcaster = self.broadcaster("--osc", "none")
        async with listener(broadcaster) as heard:
            await heard.say("LISTEN", "/phicast/channel/2/amplitude", "/phicast/channel/2/name", "/phicast/set/rate")
            await heard.until(lambda: heard.value == {"/phicast/channel/2/amplitude": 0}, "what there is of it")
            self.assertEqual(heard.texts, [])
            osc_peers.Flood(self, "-c", "2", "--lively")
            await heard.until(lambda: heard.texts, "PATH_CHANGED")
            self.assertEqual(heard.texts[0], {"COMMAND": "PATH_CHANGED", "DATA": "/phicast"})
            self.assertIn("/phicast/channel/2/name", self.tree(broadcaster))
            await heard.until(lambda: heard.value.get("/phicast/channel/2/amplitude") and "/phicast/channel/2/name" in heard.value,
                              "its values")
            async with listener(broadcaster) as late:
                await late.say("LISTEN", "/phicast/ici")
                await late.next("/phicast/ici", 30)
                self.assertEqual(late.texts, [])  # it has come for this tree
        self.assertEqual(self.status(broadcaster)["ignored"], 0)

    async def test_what_makes_no_sense(self):
        flood, broadcaster = self.begin("--osc-listen", "0")
        texts = ["", "LISTEN", "{", "[]", "1", "null", "{}", "[" * 4000, '{"COMMAND":"LISTEN"}', order("LISTEN", ["/phicast/ici"]),
                 order("LISTEN", None), order("listen", "/phicast/ici"), order("PATH_CHANGED", "/phicast"),
                 order("START_OSC_STREAMING", {"LOCAL_SERVER_PORT": 1}), '{"/phicast/set/depth":0.5}',
                 *(order("LISTEN", path) for path in ("", "/", "/phicast", "/phicast/", "/phicast/ici/", "/phicast/channel/*/phase",
                                                      "/phicast/channel/65/phase", "/phicast/nothing", "/phicast/ici\0", "x" * 3000,
                                                      "/phicast/set/calibrate", "/phicast/event/state_change"))]
        packets = [b"", b"x", b"/phicast/set/depth", osc_peers.message("/phicast/set/depth"),
                   osc_peers.message("/phicast/set/depth", "f", 2), osc_peers.message("/phicast/set/depth", "s", "1"),
                   osc_peers.message("/phicast/set/depth", "b"), osc_peers.message("/phicast/ici", "f", 0.5),
                   osc_peers.message("/phicast/ping", "ss", "osc.udp://127.0.0.1:9000", "/pong"),
                   osc_peers.bundle(osc_peers.message("/phicast/set/depth", "f", 0.5), osc_peers.message("/phicast/set/rate", "f", 0)),
                   os.urandom(4000)]
        async with listener(broadcaster) as heard:
            for text in texts:
                await heard.ws.send(text)
            for packet in packets:
                await heard.ws.send(packet)
            await heard.say("IGNORE", "/phicast/criticality")  # nobody listens to it
            await heard.ws.send([order("LISTEN", "/phicast/ici")[:7], order("LISTEN", "/phicast/ici")[7:20],
                                 order("LISTEN", "/phicast/ici")[20:]])  # in pieces
            await heard.next("/phicast/ici", 3)
            self.assertEqual(set(heard.value), {"/phicast/ici"})
            status = self.status(broadcaster)
            self.assertEqual((status["ignored"], status["refused"], status["commands"], status["addresses"]),
                             (len(texts), len(packets), 0, 1))
            await heard.set("/phicast/set/depth", "f", 0.5)
            rig.wait_until(flood.commands, "the command that does make sense")
            self.assertEqual(flood.commands(), [(1, 0.5)])
        for message, code in (("x" * 4097, 1009), (b"x" * 5000, 1009)):
            async with websockets.connect(f"ws://127.0.0.1:{broadcaster.port}/") as ws:
                await ws.send(message)
                with self.assertRaises(websockets.exceptions.ConnectionClosed):
                    await asyncio.wait_for(ws.recv(), rig.PATIENCE)
                self.assertEqual(ws.close_code, code)
        with Peer(broadcaster.port, "/", extra="Sec-WebSocket-Extensions: permessage-deflate\r\n") as peer:
            self.assertNotIn(b"extensions", peer.head.lower())  # what it says is to be read
            peer.send(frame(TEXT, b'{"COMMAND":"\xff"}'))
            first, payload = peer.frame()
            self.assertEqual((first & 15, payload[:2]), (8, struct.pack(">H", 1007)))

    async def test_who_may(self):
        """A token where one is asked for; of pages those of here, and one from a file may listen only."""
        token = self.folder / "token"
        token.write_text(TOKEN)
        token.chmod(0o600)
        flood, broadcaster = self.begin("--token-file", token)

        async def refusal(path, **headers):
            return await sockets.refusal(listener(broadcaster, path, **headers))

        self.assertEqual(await refusal("/"), 401)
        self.assertEqual(await refusal("/?token=another"), 401)
        self.assertEqual(await refusal(f"/?token={TOKEN}", Origin="https://evil.example"), 403)
        self.assertEqual(await refusal(f"/phicast?token={TOKEN}"), 404)
        self.assertIsNone(await refusal("/", Authorization=f"Bearer {TOKEN}"))
        self.assertIsNone(await refusal(f"/?token={TOKEN}", Origin="http://localhost:8000", **BROWSER))
        async with listener(broadcaster, f"/?token={TOKEN}", Origin="null") as page:
            await page.say("LISTEN", "/phicast/ici")
            await page.next("/phicast/ici", 2)
            await page.set("/phicast/set/depth", "f", 0.5)
            rig.wait_until(lambda: "may look, but move nothing" in broadcaster.child.err, "the refusal")
        async with listener(broadcaster, f"/?token={TOKEN}", Origin="http://localhost:1") as page:
            await page.set("/phicast/set/depth", "f", 0.25)
            rig.wait_until(flood.commands, "the command")
        self.assertEqual(flood.commands(), [(1, 0.25)])

    async def test_who_reads_nothing(self):
        """Is sent nothing more, whatever it listens to, while others are; and goes on with what is new."""
        _, broadcaster = self.begin(channels=64)
        found = [path for path, node in self.tree(broadcaster).items() if node["ACCESS"] & 1]
        with Peer(broadcaster.port, "/", receive_buffer=4096) as sleeper:
            for path in found:
                sleeper.send(frame(TEXT, order("LISTEN", path).encode()))
            rig.wait_until(lambda: self.status(broadcaster)["addresses"] == len(found), "the sleeper's addresses")

            async def sent_meanwhile():
                before = self.status(broadcaster)["sent"]
                async with broadcaster.ws("metrics") as ws:
                    for _ in range(45):
                        await asyncio.wait_for(ws.recv(), rig.PATIENCE)
                return self.status(broadcaster)["sent"] - before

            for _ in range(20):
                if await sent_meanwhile() == 0:
                    break
            else:
                self.fail("it is sent more and more")
            held = self.status(broadcaster)["sent"]
            print(f"{held} messages, of {len(found)} addresses, for one who does not read")
            async with listener(broadcaster) as heard:
                await heard.say("LISTEN", "/phicast/ici")
                await heard.next("/phicast/ici", 30)
            before = self.status(broadcaster)["sent"]
            read = 0
            while read < held + 2 * len(found):
                first, payload = sleeper.frame()
                if first & 15 == BINARY:
                    parse(payload)
                    read += 1
            self.assertGreater(self.status(broadcaster)["sent"], before)

    def test_npm_client(self):
        """npm's oscquery sees who we are, and every address with its type, access, range and value."""
        _, broadcaster = self.begin("--osc-listen", "0", lively=False)
        script = self.folder / "client.js"
        script.write_text(NPM)
        out = subprocess.run(["node", script, str(broadcaster.port)], capture_output=True, text=True, timeout=rig.PATIENCE,
                             check=True, env={**os.environ, "NODE_PATH": str(rig.ROOT / "tests/node_modules")}).stdout
        said = json.loads(out)
        info = broadcaster.json("/?HOST_INFO")
        self.assertEqual((said["host"]["name"], said["host"]["oscPort"], said["host"]["oscTransport"], said["host"]["wsPort"]),
                         (self.name, info["OSC_PORT"], "UDP", broadcaster.port))
        self.assertEqual(said["host"]["extensions"], info["EXTENSIONS"])
        methods = {method["full_path"]: method for method in said["methods"]}
        found = self.tree(broadcaster)
        self.assertEqual(set(methods), set(found))
        for path, node in found.items():
            method, argument = methods[path], methods[path]["arguments"][0]
            self.assertEqual((method["access"], method["description"], argument["type"]),
                             (node["ACCESS"], node["DESCRIPTION"], node["TYPE"]), path)
            self.assertEqual(argument.get("value"), node["VALUE"][0] if "VALUE" in node else None, path)
            if "RANGE" in node:
                span = node["RANGE"][0]
                self.assertEqual((argument["range"]["min"], argument["range"]["max"]), (span["MIN"], span["MAX"]), path)


if __name__ == "__main__":
    unittest.main(verbosity=2)

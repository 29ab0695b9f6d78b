# SPDX-License-Identifier: GPL-3.0-or-later
"""OSCQuery over HTTP: every node held against the proposal's rules, its numbers against /api/metrics, and its addresses
against what OSC sends and takes."""

import json
import math
import socket
import unittest

import osc_peers
import rig

ATTRIBUTES = ("FULL_PATH", "ACCESS", "CONTENTS", "TYPE", "VALUE", "RANGE", "CLIPMODE", "UNIT", "DESCRIPTION")
UNITS = ("time.hz", "time.ms", "time.second", "angle.radian", "gain.db")
VALUE_OF = {"f": float, "s": str, "T": bool, "F": bool}
TOKEN = "a-token-for-the-tests"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def wrong(node, path="/"):
    """What in a node and below it is not as the proposal has it, one line each."""
    faults = [f"{path}: {what}" for what, good in rules(node, path) if not good]
    for name, inner in node.get("CONTENTS", {}).items():
        faults += wrong(inner, path.rstrip("/") + "/" + name)
    return faults


def rules(node, path):
    yield "unknown attributes", set(node) <= set(ATTRIBUTES)
    yield "FULL_PATH", node.get("FULL_PATH") == path
    yield "ACCESS", node.get("ACCESS") in range(4)
    if "CONTENTS" in node:
        yield "an empty container", node["CONTENTS"]
        yield "names", all(name and not set(name) & set(" #*,/?[]{}") for name in node["CONTENTS"])
    if "TYPE" not in node:
        yield "neither a leaf nor a container", "CONTENTS" in node
        yield "a container's ACCESS", node.get("ACCESS") == 0
        yield "what has no type has no value", not {"VALUE", "RANGE", "CLIPMODE", "UNIT"} & set(node)
        return
    kind = node["TYPE"]
    yield "TYPE", kind in VALUE_OF
    yield "a leaf's ACCESS", node["ACCESS"] in (1, 2, 3)
    yield "DESCRIPTION", isinstance(node.get("DESCRIPTION"), str) and node["DESCRIPTION"]
    yield "VALUE where it is readable and nowhere else", ("VALUE" in node) == bool(node["ACCESS"] & 1)
    for key in {"VALUE", "RANGE", "CLIPMODE", "UNIT"} & set(node):
        is_one = isinstance(node[key], list) and len(node[key]) == 1
        yield f"{key}: one for each type", is_one
        if not is_one:
            return
    value = node.get("VALUE", [None])[0]
    if "VALUE" in node:
        yield "VALUE's type", isinstance(value, VALUE_OF.get(kind, ()))
        yield "VALUE and tag", kind not in "TF" or value == (kind == "T")
    if "UNIT" in node:
        yield "UNIT", node["UNIT"][0] in UNITS
    if "RANGE" in node:
        span = node["RANGE"][0]
        is_span = isinstance(span, dict) and set(span) == {"MIN", "MAX"} and span["MIN"] < span["MAX"]
        yield "RANGE", is_span
        if not is_span:
            return
        clip = node.get("CLIPMODE", ["none"])[0]
        yield "CLIPMODE", clip in ("none", "low", "high", "both")
        if isinstance(value, float):
            near = 1e-5
            yield "below RANGE", clip not in ("low", "both") or value >= span["MIN"] - near
            yield "above RANGE", clip not in ("high", "both") or value <= span["MAX"] + near


def leaves(node):
    """{path: node}"""
    found = {node["FULL_PATH"]: node} if "TYPE" in node else {}
    for inner in node.get("CONTENTS", {}).values():
        found.update(leaves(inner))
    return found


class OscQuery(rig.RigTest):
    def node(self, broadcaster, path, **headers):
        code, kind, text = broadcaster.get(path, headers=headers)
        self.assertEqual((code, kind), (200, "application/json"), f"{path}: {text}")
        return json.loads(text)

    def begin(self, *options, channels=2):
        flood = osc_peers.Flood(self, "-c", str(channels))
        broadcaster = self.broadcaster(*(options or ("--osc", "none", "--osc-listen", "0")))
        rig.wait_ready(broadcaster)
        return flood, broadcaster

    def test_the_validator_sees_what_is_wrong(self):
        good = {"FULL_PATH": "/a", "ACCESS": 1, "TYPE": "f", "VALUE": [0.5], "RANGE": [{"MIN": 0, "MAX": 1}],
                "CLIPMODE": ["both"], "UNIT": ["time.hz"], "DESCRIPTION": "x"}
        self.assertEqual(wrong(good, "/a"), [])
        for change in ({"FULL_PATH": "/b"}, {"ACCESS": 0}, {"ACCESS": 2}, {"ACCESS": 4}, {"TYPE": "ff"}, {"TYPE": "s"},
                       {"VALUE": [2.0]}, {"VALUE": [-1.0]}, {"VALUE": 0.5}, {"VALUE": [0.5, 0.5]}, {"RANGE": [[0, 1]]},
                       {"RANGE": [{"MIN": 1, "MAX": 0}]}, {"CLIPMODE": ["some"]}, {"UNIT": ["Hz"]}, {"DESCRIPTION": ""},
                       {"CONTENTS": {}}, {"COLOUR": 1}, {"TYPE": "T", "VALUE": [False]}):
            self.assertNotEqual(wrong({**good, **change}, "/a"), [], change)
        self.assertNotEqual(wrong({"FULL_PATH": "/", "ACCESS": 0, "CONTENTS": {"b": good}}), [])

    def test_tree(self):
        """All nodes are good, and each by itself is what the whole tree shows; attributes by themselves as well."""
        _, broadcaster = self.begin()
        root = self.node(broadcaster, "/")
        self.assertEqual(wrong(root), [])
        found = leaves(root)
        print(f"{len(found)} leaves, {len(json.dumps(root))} bytes")
        self.assertEqual(len([p for p in found if p.startswith("/phicast/channel/")]), 2 * 5)

        def visit(node):
            path = node["FULL_PATH"]
            self.assertEqual(self.node(broadcaster, path), node)
            for attribute in ATTRIBUTES:
                code, _, text = broadcaster.get(f"{path}?{attribute}")
                self.assertEqual((code, json.loads(text or "{}")),
                                 (200, {attribute: node[attribute]}) if attribute in node else (204, {}), (path, attribute))
            for inner in node.get("CONTENTS", {}).values():
                visit(inner)

        visit(root)

    def test_values_are_those_of_the_metrics(self):
        _, broadcaster = self.begin(channels=3)
        metrics, root = broadcaster.json("/api/metrics"), self.node(broadcaster, "/")
        values = {path.removeprefix("/phicast/"): node.get("VALUE", [None])[0] for path, node in leaves(root).items()}
        expected = {name: float(metrics[name]) for name in ("ici", "criticality", "phase_coherence", "spectral_centroid",
                                                            "active_channels")}
        expected |= {"phi/depth": metrics["phi_depth"], "phi/phase": metrics["phi_phase"],
                     "phi/breathing": float(metrics["phi_breathing_active"]), "set/depth": metrics["phi_depth"],
                     "set/phase": metrics["phi_phase"], "set/breathing": metrics["phi_breathing_active"]}
        for channel in metrics["channel_metrics"]:
            expected |= {f"channel/{channel['channel'] + 1}/{name}": float(channel[name])
                         for name in ("frequency", "amplitude", "phase", "active")}
        self.assertEqual(len(expected), 11 + 3 * 4)
        self.assertEqual({name: values[name] for name in expected}, expected)

    def test_addresses_are_those_of_osc(self):
        """The numbers that OSC sends stand in the tree, and no others; what the tree says can be set can be."""
        dump, url = osc_peers.oscdump(self)
        flood, broadcaster = self.begin("--osc", url + "?metrics=1&add=levels,bands,onsets", "--osc-listen", "0")
        found = leaves(self.node(broadcaster, "/"))
        readable = {path: node for path, node in found.items() if node["ACCESS"] == 1 and node["TYPE"] == "f"}
        rig.wait_until(lambda: set(readable) <= {a for a, _ in osc_peers.messages(dump)}, "all of the tree over OSC")
        sent = {address: values for address, values in osc_peers.messages(dump) if not address.startswith("/phicast/event/")}
        self.assertEqual(set(sent) - set(readable), {"/phicast/heartbeat"})
        for path, node in readable.items():
            self.assertAlmostEqual(float(sent[path][0]), node["VALUE"][0], places=5, msg=path)
        port = self.node(broadcaster, "/?HOST_INFO")["OSC_PORT"]
        settable = {path: node for path, node in found.items() if node["ACCESS"] & 2}
        self.assertEqual(len(settable), 5)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            for number, (path, node) in enumerate(settable.items(), 1):
                spans = node.get("RANGE", [None])[0]
                for last, value in enumerate([spans["MIN"], spans["MAX"]] if spans else [0, 1], 1):
                    packet = osc_peers.message(path, "f", value) if spans else osc_peers.message(path, "FT"[value])
                    s.sendto(packet, ("127.0.0.1", port))
                    rig.wait_until(lambda n=2 * (number - 1) + last: len(flood.commands()) == n, f"{path} {value}")
                    self.assertTrue(math.isclose(flood.commands()[-1][1], value, rel_tol=1e-6), (path, value))

    def test_host_info(self):
        _, broadcaster = self.begin()
        port = int(broadcaster.child.line(r"^listening for OSC on \S+:(\d+)").group(1))
        info = self.node(broadcaster, "/?HOST_INFO")
        self.assertEqual((info["NAME"], info["OSC_PORT"], info["OSC_TRANSPORT"]), (self.name, port, "UDP"))
        self.assertEqual(info["WS_PORT"], broadcaster.port)
        self.assertEqual({name for name, there in info["EXTENSIONS"].items() if there},
                         set(ATTRIBUTES) - {"FULL_PATH", "CONTENTS"} | {"LISTEN", "PATH_CHANGED"})
        for path in ("/?HOST_INFO=1", "/phicast?HOST_INFO"):
            self.assertEqual(self.node(broadcaster, path), info)
        self.assertNotIn("WS_PORT", self.node(broadcaster, "/?HOST_INFO", Host="localhost"))  # the port of its scheme
        self.assertEqual(self.node(broadcaster, "/?HOST_INFO", **BROWSER), info)

    def test_without_osc_in_and_analyser(self):
        """No port and no commands where OSC is not listened to, no channels where there is no analyser."""
        broadcaster = self.broadcaster("--osc", "none")
        self.assertNotIn("OSC_PORT", self.node(broadcaster, "/?HOST_INFO"))
        root = self.node(broadcaster, "/")
        self.assertEqual(wrong(root), [])
        self.assertTrue({"/phicast/ici", "/phicast/onset_strength"} <= set(leaves(root)))
        self.assertEqual([p for p in leaves(root) if p.startswith(("/phicast/set/", "/phicast/channel/", "/phicast/level/"))], [])

    def test_page_and_tree(self):
        broadcaster = self.broadcaster("--osc", "none")
        for headers, kind in ((BROWSER, "text/html"), ({}, "application/json"), ({"Accept": "*/*"}, "application/json"),
                              ({"Accept": "application/json"}, "application/json")):
            self.assertEqual(broadcaster.get("/", headers=headers)[:2], (200, kind), headers)
        for path, kind in (("/visual", "text/html"), ("/metrics", "text/plain"), ("/healthz", "application/json")):
            self.assertEqual(broadcaster.get(path, headers={"Accept": "application/json"})[:2], (200, kind), path)

    def test_errors(self):
        _, broadcaster = self.begin()
        for path, code in (("/phicast?VALUE", 204), ("/?RANGE", 204), ("/phicast/channel/1/name?RANGE", 204),
                           ("/phicast/set/rate?VALUE", 204),  # phicast-flood does not tell
                           ("/phicast/ici?COLOUR", 400), ("/?COLOUR", 400), ("/phicast/ici?value", 400),
                           ("/phicast/nothing", 404), ("/phicast/channel/3", 404), ("/phicast/", 404), ("/phicast/ici/", 404),
                           ("/phicast/nothing?VALUE", 404), ("/phicast/%2e%2e/healthz", 404), ("/ici", 404)):
            found, _, text = broadcaster.get(path)
            self.assertEqual(found, code, path)
            self.assertEqual("detail" in text, code != 204, path)
        for path in ("/phicast", "/phicast/ici", "/phicast/set/depth"):
            self.assertEqual(broadcaster.get(path, "POST", b"{}")[0], 405, path)

    def test_token(self):
        token = self.folder / "token"
        token.write_text(TOKEN)
        token.chmod(0o600)
        broadcaster = self.broadcaster("--osc", "none", "--token-file", token)
        for path in ("/", "/?HOST_INFO", "/phicast", "/phicast/ici", "/phicast/ici?VALUE", "/phicast/nothing"):
            self.assertEqual(broadcaster.get(path)[0], 401, path)
            code = broadcaster.get(path, headers={"Authorization": f"Bearer {TOKEN}"})[0]
            self.assertEqual(code, 404 if "nothing" in path else 200, path)
            code = broadcaster.get(f"{path}{'&' if '?' in path else '?'}token={TOKEN}")[0]
            self.assertEqual(code, 404 if "nothing" in path else 200, path)
        self.assertEqual(broadcaster.get("/", headers=BROWSER)[0], 200)
        self.assertEqual(broadcaster.get("/?HOST_INFO", headers=BROWSER)[0], 401)
        self.assertEqual(broadcaster.get("/phicast", headers={"Host": "evil.example"})[0], 421)

    def test_with_analyser(self):
        """Names with anything in them, the bands that there are, and levels that looking at them has measured."""
        self.analyser(self.jackd(patient=True), "-c", "2", "--label", '1=Kick "in"/ü', "--bands", "8", "--bands-per-channel")
        broadcaster = self.broadcaster("--osc", "none", "--osc-listen", "0")
        rig.wait_ready(broadcaster)
        name = rig.wait_until(lambda: self.node(broadcaster, "/phicast/channel/1/name")["VALUE"][0], "the channel's name")
        self.assertEqual(name, 'Kick "in"/ü')
        self.assertEqual(list(self.node(broadcaster, "/phicast/band")["CONTENTS"]), [str(n) for n in range(1, 9)])
        rig.wait_until(lambda: "bands" in broadcaster.json("/api/status")["analyser"]["measures"], "bands to be measured")
        rig.wait_until(lambda: broadcaster.get("/phicast/channel/2/band/8")[0] == 200, "bands of each channel")
        self.assertEqual(wrong(self.node(broadcaster, "/")), [])
        self.assertNotIn("levels", broadcaster.json("/api/status")["analyser"]["measures"])
        self.node(broadcaster, "/phicast/level/1/rms?VALUE")
        rig.wait_until(lambda: "levels" in broadcaster.json("/api/status")["analyser"]["measures"], "levels to be measured")
        status = broadcaster.json("/api/status")["analyser"]
        self.assertEqual(self.node(broadcaster, "/phicast/set/rate?VALUE"), {"VALUE": [status["phi_rate"]]})
        self.assertEqual(self.node(broadcaster, "/phicast/set/auto?VALUE"), {"VALUE": [status["auto_phi"]]})

    def test_largest(self):
        """All channels that there can be."""
        _, broadcaster = self.begin(channels=64)
        root = self.node(broadcaster, "/")
        self.assertEqual(wrong(root), [])
        self.assertEqual(len(leaves(root)), 9 + 64 * (5 + 3) + 5)
        print(f"64 channels: {len(leaves(root))} leaves, {len(json.dumps(root))} bytes")


if __name__ == "__main__":
    unittest.main(verbosity=2)

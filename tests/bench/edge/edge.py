# SPDX-License-Identifier: GPL-3.0-or-later
"""What a message to a viewer costs nginx with nchan, beside what it costs the broadcaster, in one run.

The broadcaster that is measured and the edges are on the first processor; the load (bench_crowd), what plays the analyser
and the broadcaster that publishes to the edges on the others. Each figure is a median over rounds, in each of which all
take their turn. The figures that model.py needs are written to a file.
"""

import dataclasses
import itertools
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "integration"))

import edge_rig  # noqa: E402 pylint: disable=wrong-import-position
import rig  # noqa: E402 pylint: disable=wrong-import-position

CROWD = rig.BIN.parent / "bench/bench_crowd"
JSON = "PHICAST_BENCH_JSON" in os.environ
KINDS = {"plain": (), "deflated": ("--deflate",), "TLS": ("--tls",), "TLS, deflated": ("--tls", "--deflate")}
ON_FIRST = ["taskset", "-c", "0"]
ON_OTHERS = ["taskset", "-c", f"{min(1, os.cpu_count() - 1)}-{os.cpu_count() - 1}"]


@dataclasses.dataclass(frozen=True)
class Size:
    rounds: int
    ms: int  # of a reading
    clients: int  # of each server
    tls_clients: int
    arrivals: int  # one by one
    storm: int
    instances: tuple
    kinds: tuple = tuple(KINDS)


FULL = Size(5, 3000, 1000, 400, 60, 1000, (1, 2, 3))
QUICK = Size(1, 200, 40, 12, 5, 24, (1, 2), ("plain", "TLS, deflated"))


@dataclasses.dataclass(frozen=True)
class Key:
    """What a figure is of."""
    what: str  # one of SHOWN
    server: str
    instances: int
    kind: str
    clients: int


SHOWN = {
    "memory": (("memory a client", "KiB", "kib"),),
    "read": (("CPU a message", "us", "us"), ("bytes a message", "B", "bytes"),
             ("age on arrival, p50", "ms", "p50_ms"), ("age on arrival, p99", "ms", "p99_ms"),
             ("rate of the slowest", "Hz", "rate_hz"), ("rate that 99 % have", "Hz", "rate99_hz")),
    "newest": (("to the newest frame, p50", "ms", "p50_ms"), ("to the newest frame, p99", "ms", "p99_ms")),
    "storm": (("all back with a frame", "s", "s"), ("a client's wait, p99", "ms", "p99_ms")),
    "handshake": (("CPU to be let in", "us", "us"), ("CPU of the client", "us", "own_us"), ("all let in", "s", "s")),
    "publish": (("CPU of the publisher, a message", "us", "us"),),
}


@dataclasses.dataclass(frozen=True)
class Server:
    """Something that streams are read from."""
    name: str
    port: int
    pids: tuple  # of the processes that do the work
    tls: bool = False


def row(case, value, unit, floor=None):
    """One figure beside the broadcaster's own."""
    ratio = value / floor if floor else None
    if JSON:
        print(json.dumps({"bench": "edge", "case": case, "value": round(value, 4), "unit": unit,
                          "floor": floor and round(floor, 4), "ratio": ratio and round(ratio, 4)}), flush=True)
    else:
        print(f"  {case:58} {value:10.4g} {unit:6}" + (f" {floor:10.4g} {ratio:7.3f}" if ratio else ""), flush=True)


def medians(results):
    """Of each number of dictionaries by itself."""
    return {key: statistics.median(result[key] for result in results) for key in results[0]}


def published(there):
    """How many messages the instances of those edges have been given."""
    return sum(edge.status(instance)["total published messages"] for edge in there for instance in edge.instances)


def cpu_s(pid):
    """User and system time so far."""
    return time.clock_gettime(~pid << 3 | 2)  # as clock_getcpuclockid() makes it


class Bench(rig.RigTest):
    """The servers, and what is asked of them."""

    serial = itertools.count(1)

    def certificate(self):
        cert, key = self.folder / "cert.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                        key, "-out", cert, "-days", "2", "-subj", "/CN=localhost"], check=True, capture_output=True)
        return cert, key

    def broadcaster_on(self, where, *options):
        """(the program, its port), with an analyser of its own: one has one broadcaster."""
        name = f"{self.name}-{next(self.serial)}"
        self.start([*ON_OTHERS, rig.BIN / "phicast-flood", "-n", name, "-c", "8", "--lively"]).line("^ready")
        child = self.start([*where, rig.BIN / "phicast-broadcaster", "-n", name, "-p", "0", "--bind", "127.0.0.1", "--osc", "none",
                            *options])
        return child, int(child.line(r"^listening on https?://\S+:(\d+)").group(1))

    def ours(self, *options):
        child, port = self.broadcaster_on(ON_FIRST, *options)
        return Server("broadcaster", port, (child.pid,), bool(options))

    def crowd(self, server, kind, clients, *options):
        """What bench_crowd says of so many clients."""
        argv = [CROWD, "--port", server.port, "--pids", ",".join(map(str, server.pids)), "--clients", clients, *KINDS[kind], *options]
        done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=rig.PATIENCE, check=False)
        self.assertEqual(done.returncode, 0, f"{argv}: {done.stderr}")
        return json.loads(done.stdout)

    def read(self, server, kind, clients):
        """A crowd that reads."""
        said = self.crowd(server, kind, clients, "--ms", self.size.ms)
        self.assertEqual(said["closed"], 0, f"clients of {server} lost their connection")
        return {"us": sum(said["cpu_us"]) / said["messages"], "busy": sum(said["cpu_us"]) / said["seconds"] * 1e-6,
                **{key: said[key] for key in ("bytes", "rate_hz", "rate99_hz", "p50_ms", "p99_ms")}}

    def weigh(self, server, kind, clients):
        """What a client takes of memory, of a server that has not had that many yet."""
        self.crowd(server, kind, 16, "--ms", 100)  # what comes with the first is not theirs
        return {"kib": sum(self.crowd(server, kind, clients, "--ms", self.size.ms)["kib"]) / clients}

    def come(self, server, kind, clients, at_once, path="/ws/metrics"):
        """A crowd that comes; with path="/ws/events" to be let in is all that it does."""
        said = self.crowd(server, kind, clients, "--at-once", at_once, "--path", path,
                          *(["--silent"] if path == "/ws/events" else []))
        return {"s": said["seconds"], "p50_ms": said["p50_ms"], "p99_ms": said["p99_ms"], "us": sum(said["cpu_us"]) / clients,
                "own_us": said["own_us"] / clients}

    def edge(self, instances, *options):
        edge = edge_rig.Edge(self, *options, instances=instances).start()
        for instance, master in edge.nginx.items():
            for pid in (master.pid, edge.worker(instance)):
                os.sched_setaffinity(pid, {0})
        return edge, Server("edge", edge.port, tuple(map(edge.worker, edge.instances)), bool(options))

    def publisher(self, there):
        """A broadcaster that publishes what viewers of the bare streams get, once it does."""
        urls = [f"{url.partition('?')[0]}?token-file={edge.token}" for edge in there for url in edge.urls]
        child, _ = self.broadcaster_on(ON_OTHERS, *(word for url in urls for word in ("--publish", url)))
        for edge in there:
            rig.wait_until(lambda e=edge: all(e.status(i)["total published messages"] > 2 for i in e.instances), "messages to be published")
        return child

    def publishing(self, publisher, there):
        """What a message to an edge takes the publisher beyond what a broadcaster takes that has nobody to serve."""
        def now():
            return cpu_s(publisher) - cpu_s(self.pairs[0][0].pids[0]), published(there)

        before, sent = now()
        time.sleep(3e-3 * self.size.ms)
        after, total = now()
        return {"us": 1e6 * (after - before) / (total - sent)}

    def turns(self):
        """(figure's key, what measures it): one round, in which all take their turn, so that what else the machine does falls
        upon all of them."""
        size = self.size
        for kind in size.kinds:
            own, shared = self.pairs["TLS" in kind]
            clients = size.tls_clients if own.tls else size.clients
            counts = (clients // 4, clients, *((clients // 2, clients * 2) if kind == "plain" else ()))
            for server, count in ((own, clients), *((shared[0], n) for n in counts), *((edge, clients) for edge in shared[1:])):
                yield Key("read", server.name, len(server.pids), kind, count), lambda s=server, n=count, k=kind: self.read(s, k, n)
        for tls, kind in enumerate(("plain", "TLS")):
            for server in (self.pairs[tls][0], *self.pairs[tls][1]):
                yield (Key("newest", server.name, len(server.pids), kind, size.arrivals),
                       lambda s=server, k=kind: self.come(s, k, size.arrivals, 1))
                yield (Key("storm", server.name, len(server.pids), kind, size.storm),
                       lambda s=server, k=kind: self.come(s, k, size.storm, size.storm))
                yield (Key("handshake", server.name, len(server.pids), kind, size.storm),
                       lambda s=server, k=kind: self.come(s, k, size.storm, size.storm, "/ws/events"))

    def measure(self, size):
        """[{**key, **figures}]"""
        self.size = size
        cert, key = self.certificate()
        tls = ("--tls-cert", cert, "--tls-key", key)
        plain_edges = [self.edge(instances) for instances in size.instances]
        tls_edges = [self.edge(1, *tls)]
        there = [edge for edge, _ in plain_edges + tls_edges]
        publisher = self.publisher(there)
        self.pairs = [(self.ours(), [server for _, server in plain_edges]), (self.ours(*tls), [server for _, server in tls_edges])]
        results = {}
        for kind, servers in zip(("plain", "TLS"), self.pairs):
            for server in (servers[0], servers[1][0]):
                clients = size.tls_clients if server.tls else size.clients
                results[Key("memory", server.name, 1, kind, clients)] = [self.weigh(server, kind, clients)]
        publishing = self.publishing(publisher.pid, there)
        for _ in range(size.rounds):
            for key, measure in self.turns():
                results.setdefault(key, []).append(measure())
        figures = [{**dataclasses.asdict(key), **medians(rounds)} for key, rounds in results.items()]
        return [*figures, {**dataclasses.asdict(Key("publish", "broadcaster", 1, "plain", 0)), **publishing}]


def show(figures):
    """Each as a multiple of the broadcaster's own, of the same kind."""
    own = {(f["what"], f["kind"]): f for f in figures if f["server"] == "broadcaster"}
    for f in figures:
        floor = own[f["what"], f["kind"]] if f["server"] == "edge" else {}
        who = "broadcaster" if f["server"] == "broadcaster" else f"edge of {f['instances']}"
        name = f"{who}, {f['clients']} clients, {f['kind']}" if f["clients"] else who
        for what, unit, key in SHOWN[f["what"]]:
            row(f"{name}: {what}", f[key], unit, floor.get(key))


class Edge(Bench):
    def test_edge(self):
        if not JSON:
            print(f"\n{'edge':60} {'value':>10} {'unit':6} {'ours':>10} {'ratio':>7}", flush=True)
        figures = self.measure(QUICK if os.environ.get("PHICAST_BENCH_QUICK") else FULL)
        show(figures)
        pathlib.Path(OUT).write_text("[\n" + ",\n".join(json.dumps(f) for f in figures) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    OUT = sys.argv.pop()
    unittest.main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audience of ten thousand to a million takes, by model.py from figures of edge.py, and how well that model says what
edge.py measured with other numbers of viewers and instances. Prints Markdown; --picture writes a plot."""

import argparse
import json
import pathlib

import numpy

import model
import picture

HERE = pathlib.Path(__file__).parent
COMMITTED = HERE / "measured.json"
RATE_HZ = 30
AUDIENCES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
STORM_VIEWERS, STORM_JITTERS_S = 10_000, (0.0, 5.0, 20.0)
PLAN_HEAD = ("stream", "viewers", "to an instance", "cores", "machines", "Gbit/s", "memory, GB")


class Measured:
    """Figures of edge.py, and the costs that follow from them."""

    def __init__(self, figures):
        self.figures = figures

    @classmethod
    def load(cls, path):
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def reads(self, server, kind, instances=1):
        """Of so many instances, by numbers of clients."""
        return sorted((f for f in self.figures if (f["what"], f["server"], f["kind"], f["instances"]) ==
                       ("read", server, kind, instances)), key=lambda f: f["clients"])

    def of(self, what, server, kind, instances=1):
        return next(f for f in self.figures if (f["what"], f["server"], f["kind"], f["instances"]) == (what, server, kind, instances))

    def anchors(self, kind):
        """The two readings of one instance that its cost is fitted to: the fewest clients, and four times as many."""
        reads = self.reads("edge", kind)
        return reads[0], next(f for f in reads if f["clients"] >= 4 * reads[0]["clients"])

    def cost(self, kind):
        return model.fit(*((f["clients"], f["us"]) for f in self.anchors(kind)))

    def base_ms(self, kind):
        """What a message's way takes without a queue."""
        few, _ = self.anchors(kind)
        return model.fit_base(few["p50_ms"], few["p99_ms"], few["clients"], RATE_HZ, self.cost(kind))

    def handshake_us(self, kind):
        return self.of("handshake", "edge", kind)["us"]

    def publish_us(self):
        return self.of("publish", "broadcaster", "plain")["us"]


def checks(measured):
    """[(what, unit, predicted, measured)]: where the model was not fitted. Instances on one core share it out, so they are to
    it what one with all their viewers is; but each has its own batch."""
    for kind in ("plain", "deflated", "TLS", "TLS, deflated"):
        cost, base, anchors = measured.cost(kind), measured.base_ms(kind), measured.anchors(kind)
        for f in (f for n in (1, 2, 3) for f in measured.reads("edge", kind, n)):
            n, k = f["clients"], f["instances"]
            name = f"{n:,} viewers, {k} instance{'s' if k > 1 else ''}, {kind}"
            shared = model.Cost(cost.us, cost.batch_us * k)
            ages = model.ages(n, RATE_HZ, shared, base)
            if f not in anchors:
                yield f"{name}: busy", "% of a core", shared.batch(n) * RATE_HZ * 1e-4, f["busy"] * 100
                yield f"{name}: age, p50", "ms", float(numpy.quantile(ages, 0.5)), f["p50_ms"]
            if f != anchors[0]:
                yield f"{name}: age, p99", "ms", float(numpy.quantile(ages, 0.99)), f["p99_ms"]
    for f in measured.figures:
        if f["what"] == "handshake" and f["server"] == "edge":  # the load has one core as well, and may be the slower
            at_once = model.storm(f["clients"], 0, max(f["us"], f["own_us"]), RATE_HZ, model.Cost(0))
            name = f"{f['clients']:,} come at once, {f['instances']} instance{'s' if f['instances'] > 1 else ''}, {f['kind']}"
            yield f"{name}: all let in", "s", float(at_once.back_s[-1]), f["s"]


def table(head, rows):
    """Markdown, figures to the right."""
    yield "| " + " | ".join(head) + " |"
    yield "|---|" + "--:|" * (len(head) - 1)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


def short(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def check_rows(measured):
    for what, unit, predicted, got in checks(measured):
        yield f"{what} ({unit})", short(predicted), short(got), f"{100 * (predicted / got - 1):+.0f} %"


def plan_rows(measured, machine):
    for rate in (10, 30):
        for kind in ("plain", "deflated", "TLS", "TLS, deflated"):
            _, many = measured.anchors(kind)
            kib = measured.of("memory", "edge", kind.partition(",")[0] if "TLS" in kind else "plain")["kib"]
            for viewers in AUDIENCES[::2]:
                p = model.plan(viewers, rate, measured.cost(kind), many["bytes"], "TLS" in kind, kib, **machine)
                yield (f"{rate} Hz, {kind}", f"{viewers:,}", short(p.viewers_each), short(p.cores), f"{short(p.machines)} ({p.binding})",
                       short(p.gbit), short(p.memory_gb))


def tier_rows(measured, machine, kind="TLS, deflated"):
    """How late a message is when the last edge has it, and at the edges' viewers; a broadcaster cannot publish to any number."""
    cost, base, publish = measured.cost(kind), measured.base_ms(kind), measured.publish_us()
    for rate in (10, 30):
        each = model.viewers_per_instance(rate, cost, machine["load"])
        published = RATE_HZ + 10 + (rate if rate != RATE_HZ else 0)  # a second, with the stream of latency
        for viewers in AUDIENCES:
            edges = -(-viewers // each)
            fullest = -(-viewers // edges)
            queue = model.ages(fullest, rate, cost)
            busy = publish * edges * published * 1e-6
            row = f"{rate} Hz", f"{viewers:,}", f"{edges:,}", f"{100 * busy:.0f} %", short(numpy.quantile(queue, 0.99))
            if busy > machine["load"]:
                yield (*row, "too many", "", "")
            else:
                ages = model.ages(fullest, rate, cost, base, publish, edges)
                yield (*row, short(publish * edges * 1e-3), short(numpy.quantile(ages, 0.5)), short(numpy.quantile(ages, 0.99)))


def storms(measured, machine):
    """(rate, kind, instances, jitter_s, Storm of the fullest of them): the kernel deals the viewers out at random."""
    rng = numpy.random.default_rng(1)
    for rate in (10, 30):
        for kind in ("plain", "TLS, deflated"):
            cost = measured.cost(kind)
            instances = -(-STORM_VIEWERS // model.viewers_per_instance(rate, cost, machine["load"]))
            fullest = int(rng.multinomial(STORM_VIEWERS, [1 / instances] * instances).max())
            handshake = measured.handshake_us(kind.partition(",")[0])
            for jitter in STORM_JITTERS_S:
                yield rate, kind, instances, jitter, model.storm(fullest, jitter, handshake, rate, cost)


def storm_rows(measured, machine):
    for rate, kind, instances, jitter, storm in storms(measured, machine):
        yield (f"{rate} Hz, {kind}", f"{instances}", short(jitter), short(numpy.quantile(storm.back_s, 0.5)), short(storm.back_s[-1]),
               short(numpy.quantile(storm.age_ms, 0.99)))


def plot(measured, machine):
    """Three panels: cores, ages with what was measured, and reconnects."""
    audiences = numpy.geomspace(1e4, 1e6, 21)
    kinds = ((30, "TLS, deflated"), (30, "plain"), (10, "TLS, deflated"), (10, "plain"))
    cores = [(f"{rate} Hz, {kind}", [(n, model.plan(round(n), rate, measured.cost(kind), 1, False, 0, machine["load"]).cores)
                                     for n in audiences]) for rate, kind in kinds]
    late, dots = [], []
    for kind in ("plain", "deflated"):
        cost, base = measured.cost(kind), measured.base_ms(kind)
        most = model.viewers_per_instance(RATE_HZ, cost, 0.9)
        late.append((f"{kind}, predicted", [(n, float(numpy.quantile(model.ages(round(n), RATE_HZ, cost, base), 0.99)))
                                            for n in numpy.linspace(100, most, 25)]))
        dots.append((f"{kind}, measured", [(f["clients"], f["p99_ms"]) for k in (1, 2, 3) for f in measured.reads("edge", kind, k)]))
    back = [(f"{kind}, {rate} Hz, jitter {jitter:g} s", [(float(s.back_s[i]), 100 * (i + 1) / len(s.back_s))
                                                         for i in numpy.linspace(0, len(s.back_s) - 1, 60).astype(int)])
            for rate, kind, _, jitter, s in storms(measured, machine) if kind != "plain" and jitter <= 5]
    return picture.draw([
        picture.Panel(f"Cores at {100 * machine['load']:.0f} % load", "viewers", "", cores, log=True),
        picture.Panel("Age on arrival at one core, p99, 30 Hz", "viewers", "ms", late, dots),
        picture.Panel(f"{STORM_VIEWERS:,} viewers come back", "s", "%", back),
    ])


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench scale", description="What a large audience takes; see docs/scale.md.", allow_abbrev=False)
    parser.add_argument("--measured", type=pathlib.Path, default=COMMITTED, help="figures of scripts/bench edge (those that docs/scale.md is made of)")
    parser.add_argument("--picture", type=pathlib.Path, help="where to write a plot, SVG")
    parser.add_argument("--load", type=float, default=0.6, help="share of a core that is planned for (0.6)")
    parser.add_argument("--cores", type=int, default=16, help="of a machine (16)")
    parser.add_argument("--nic", type=float, default=10, help="of a machine, Gbit/s; it is filled to the same share (10)")
    args = parser.parse_args()
    measured = Measured.load(args.measured)
    machine = {"load": args.load, "cores_each": args.cores, "nic_gbit": args.nic}
    parts = (
        ("Predicted beside measured", ("", "predicted", "measured", "error"), check_rows(measured)),
        (f"Machines of {args.cores} cores and {args.nic:g} Gbit/s, {100 * args.load:.0f} % of either", PLAN_HEAD, plan_rows(measured, machine)),
        ("How late a message is, with TLS and deflated; the network not counted",
         ("rate", "viewers", "instances", "publisher busy", "at the edge, p99, ms", "until the last has it, ms", "age, p50, ms", "age, p99, ms"),
         tier_rows(measured, machine)),
        (f"{STORM_VIEWERS:,} viewers come back", ("stream", "instances", "jitter, s", "half are back, s", "all are, s", "age meanwhile, p99, ms"),
         storm_rows(measured, machine)),
    )
    for title, head, rows in parts:
        print(f"### {title}\n", *table(head, rows), sep="\n")
    if args.picture:
        args.picture.write_text(plot(measured, machine), encoding="utf-8")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""The model of large audiences: closed forms, what more of anything leads to, and a real run's figures. The benchmark that
those are from, in small."""

import math
import sys
import unittest
import xml.etree.ElementTree

import numpy

import edge_rig
import rig

sys.path.insert(0, str(rig.ROOT / "tests/bench/edge"))

import edge  # noqa: E402 pylint: disable=wrong-import-position
import model  # noqa: E402 pylint: disable=wrong-import-position
import picture  # noqa: E402 pylint: disable=wrong-import-position
import scale  # noqa: E402 pylint: disable=wrong-import-position

COST = model.Cost(10.0, 50.0)
MACHINE = {"load": 0.6, "cores_each": 16, "nic_gbit": 10.0}


class Model(unittest.TestCase):
    def test_fit(self):
        fitted = model.fit((250, COST.batch(250) / 250), (1000, COST.batch(1000) / 1000))
        self.assertAlmostEqual(fitted.us, COST.us)
        self.assertAlmostEqual(fitted.batch_us, COST.batch_us)
        self.assertEqual(model.fit((250, 10.0), (1000, 11.0)), model.Cost(10.8), "a batch that costs less than nothing")

    def test_wire(self):
        self.assertEqual(model.wire_bytes(979, False), 979 + 90)
        self.assertEqual(model.wire_bytes(1448, False), 1448 + 90)
        self.assertEqual(model.wire_bytes(1448, True), 1470 + 2 * 90)

    def test_plan(self):
        each = model.viewers_per_instance(30, COST, 0.6)
        self.assertEqual(each, 1995)  # (20000 us - 50 us) / 10 us
        made = model.plan(100_000, 30, COST, 979, False, 10, **MACHINE)
        self.assertEqual((made.cores, made.machines, made.binding), (51, 5, "network"))
        self.assertAlmostEqual(made.gbit, 100_000 * 30 * 1069 * 8e-9)
        self.assertAlmostEqual(made.memory_gb, 1.024)
        self.assertEqual(model.plan(100_000, 30, COST, 100, False, 10, **MACHINE).binding, "cores")
        with self.assertRaises(ValueError):
            model.plan(1, 30, model.Cost(1e6), 979, False, 10, **MACHINE)

    def test_waits(self):
        """Against the recursion itself."""
        rng = numpy.random.default_rng(2)
        due, work = numpy.cumsum(rng.exponential(10, 500)), rng.exponential(8, 500)
        free, expected = 0.0, []
        for at, takes in zip(due, work):
            expected.append(max(0.0, free - at))
            free = max(free, at) + takes
        numpy.testing.assert_allclose(model.waits(due, work), expected, atol=1e-9)

    def test_waits_of_a_random_crowd(self):
        """Pollaczek and Khinchine: work that comes at random, each of the same length, waits rho / (2 (1 - rho)) of it."""
        rng = numpy.random.default_rng(3)
        for rho in (0.3, 0.7):
            due = numpy.cumsum(rng.exponential(1 / rho, 400_000))
            self.assertAlmostEqual(model.waits(due, numpy.ones(len(due))).mean() / (rho / (2 * (1 - rho))), 1, delta=0.05)

    def test_ages_without_a_queue(self):
        """A batch that is done before the next one comes: its viewers are spread evenly over it."""
        ages = model.ages(1000, 30, COST)
        self.assertAlmostEqual(ages.min(), 0.06)
        self.assertAlmostEqual(ages.max(), 10.05)
        self.assertAlmostEqual(numpy.quantile(ages, 0.99), 0.05 + 0.99 * 10, delta=0.1)

    def test_ages_of_too_many(self):
        """Each message adds what the thread cannot do in its time."""
        over = COST.batch(4000) - 1e6 / 30
        ages = model.ages(4000, 30, COST, messages=1000)
        self.assertAlmostEqual(ages.max(), (999 * over + COST.batch(4000)) * 1e-3, delta=0.01)

    def test_base_is_found_again(self):
        for base in ((1.0, 0.0), (2.0, 0.5)):
            ages = model.ages(250, 30, COST, base, messages=20000)
            found = model.fit_base(*numpy.quantile(ages, (0.5, 0.99)), 250, 30, COST)
            self.assertAlmostEqual(found[0], base[0], delta=0.35)
            self.assertAlmostEqual(found[1], base[1], delta=0.35)

    def test_publishing(self):
        """The last of 100 edges waits for the 99 before."""
        ages = model.ages(1, 30, model.Cost(0), publish_us=20, edges=100)
        self.assertAlmostEqual(ages.max(), 2.0)
        self.assertAlmostEqual(ages.min(), 0.02)

    def test_storm(self):
        at_once = model.storm(1000, 0, 1000, 30, model.Cost(0))
        self.assertAlmostEqual(at_once.back_s[-1], 1.0)
        self.assertAlmostEqual(numpy.median(at_once.back_s), 0.5, delta=0.01)
        calm = model.storm(1000, 10, 1000, 30, model.Cost(0))
        self.assertAlmostEqual(calm.back_s[-1], 10, delta=0.1)
        # dN/dt = (1 - rate cost N) / handshake, so N goes towards 1 / (rate cost): closed for messages that are many
        rate, cost, handshake, count = 1000, 0.5, 1000, 1000
        full = 1e6 / (rate * cost)
        expected = -full * handshake * 1e-6 * math.log(1 - count / full)
        self.assertAlmostEqual(model.storm(count, 0, handshake, rate, model.Cost(cost)).back_s[-1] / expected, 1, delta=0.02)
        with self.assertRaises(ValueError):
            model.storm(4000, 0, 1000, 30, COST)

    def test_more_is_more(self):
        plans = [model.plan(n, 30, COST, 979, True, 10, **MACHINE) for n in (10**4, 10**5, 10**6)]
        late = [numpy.quantile(model.ages(n, 30, COST), 0.99) for n in (100, 1000, 2000, 3400)]
        back = [model.storm(n, 1, 1000, 30, COST).back_s[-1] for n in (100, 500, 1000, 2000)]
        for series in ([p.cores for p in plans], [p.machines for p in plans], [p.gbit for p in plans], late, back):
            self.assertEqual(series, sorted(set(series)))
        self.assertGreater(model.viewers_per_instance(10, COST, 0.6), model.viewers_per_instance(30, COST, 0.6))


class Measured(unittest.TestCase):
    """The figures that docs/scale.md is made of."""

    def test_the_model_fits_them(self):
        rows = list(scale.checks(scale.Measured.load(scale.COMMITTED)))
        self.assertGreater(len(rows), 10)
        for what, _, predicted, got in rows:
            if "busy" in what:
                self.assertAlmostEqual(predicted / got, 1, delta=0.25, msg=what)

    def test_docs(self):
        """The table that is arithmetic alone stands in docs/scale.md as scripts/bench scale prints it."""
        docs = (rig.ROOT / "docs/scale.md").read_text(encoding="utf-8")
        for row in scale.table(scale.PLAN_HEAD, scale.plan_rows(scale.Measured.load(scale.COMMITTED), MACHINE)):
            self.assertIn(row, docs)

    def test_picture(self):
        drawn = scale.plot(scale.Measured.load(scale.COMMITTED), MACHINE)
        lines = [line.get("points") for line in xml.etree.ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}polyline")]
        self.assertGreater(len(lines), 6)
        for x, y in (map(float, point.split(",")) for line in lines for point in line.split()):
            self.assertTrue(0 <= x <= 3 * picture.WIDTH and 0 <= y <= picture.HEIGHT)


@edge_rig.needed
class Quick(edge.Bench):
    """A round with few clients: every figure is there, and is possible."""

    def test_quick(self):
        figures = self.measure(edge.QUICK)
        edge.show(figures)
        self.assertEqual({f["what"] for f in figures}, set(edge.SHOWN))
        for f in figures:
            self.assertTrue(all(math.isfinite(f[key]) for _, _, key in edge.SHOWN[f["what"]]), f)
            if f["what"] == "read":
                self.assertGreater(f["us"], 0, f)
        plain, deflated = (scale.Measured(figures).reads("edge", kind)[0]["bytes"] for kind in edge.QUICK.kinds)
        self.assertLess(deflated, plain)


if __name__ == "__main__":
    rig.main()

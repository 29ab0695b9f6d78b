# SPDX-License-Identifier: GPL-3.0-or-later
"""What many viewers take, from what one takes: cores, bandwidth, how late a message comes, how long a reconnect lasts.

An edge's instance is one thread that sends a message to its viewers one after the other. So a message is a batch of work
(`batch_us` for itself and `us` for each viewer), batches queue for the thread, and a viewer waits for the batches before,
and for those of its own batch that come before it. That queue is simulated, batch by batch. What is not in the model: the
network between edge and viewer, and what else a machine does.
"""

import dataclasses
import math

import numpy

TLS_RECORD = 22  # bytes: header, inner type and tag of a TLS 1.3 record
TCP_IP = 52  # a segment's headers, with timestamps, by IPv4
ETHERNET = 38  # header, check sum, preamble and gap
SEGMENT = 1448  # payload of a segment at an MTU of 1500
POSITIONS = 101  # viewers looked at in a batch, evenly spread over it


@dataclasses.dataclass(frozen=True)
class Cost:
    """CPU time of a message to each of n viewers: batch_us + n us."""
    us: float
    batch_us: float = 0.0

    def batch(self, viewers):
        return self.batch_us + viewers * self.us


def fit(few, many):
    """The Cost that fits two measurements, each (viewers, us a message to one viewer). A batch that would cost less than
    nothing costs nothing: then it is the mean that fits."""
    (n, a), (m, b) = few, many
    batch = (a - b) / (1 / n - 1 / m)
    if batch <= 0:
        return Cost((n * a + m * b) / (n + m))
    return Cost(b - batch / m, batch)


def wire_bytes(payload, tls):
    """On an Ethernet, of a WebSocket message of so many bytes with its header."""
    payload += TLS_RECORD if tls else 0
    return payload + math.ceil(payload / SEGMENT) * (TCP_IP + ETHERNET)


def viewers_per_instance(rate_hz, cost, load):
    """That keep a thread busy for that share of its time."""
    return max(0, math.floor((load * 1e6 / rate_hz - cost.batch_us) / cost.us))


@dataclasses.dataclass(frozen=True)
class Plan:
    """What an audience takes."""
    viewers_each: int  # of an instance
    cores: int  # as many as instances
    machines: int
    gbit: float  # a second, all together
    memory_gb: float
    binding: str  # what the number of machines follows from: "cores" or "network"


def plan(viewers, rate_hz, cost, payload, tls, kib, load=0.6, cores_each=16, nic_gbit=10.0):
    """kib: memory of a viewer's connection."""
    each = viewers_per_instance(rate_hz, cost, load)
    if each == 0:
        raise ValueError("not one viewer fits an instance")
    cores = math.ceil(viewers / each)
    gbit = viewers * rate_hz * wire_bytes(payload, tls) * 8e-9
    by_cores, by_network = math.ceil(cores / cores_each), math.ceil(gbit / (nic_gbit * load))
    return Plan(each, cores, max(by_cores, by_network), gbit, viewers * kib * 1024e-9,
                "cores" if by_cores >= by_network else "network")


def waits(due_us, work_us):
    """How long each job waits for those before it, first come, first served (Lindley's recursion): us."""
    net = numpy.concatenate([[0.0], numpy.cumsum(work_us[:-1] - numpy.diff(due_us))])
    return net - numpy.minimum.accumulate(net)


def ages(viewers, rate_hz, cost, base_ms=(0.0, 0.0), publish_us=0.0, edges=1, messages=2000, seed=1):
    """Ages on arrival, ms: a sample over messages and viewers.

    base_ms: what a message's way takes without a queue: always, and on the average beyond that (exponential).
    publish_us: what it takes the publisher to serve one edge of `edges`; which one of them this is changes from message
    to message, so the sample is over all edges."""
    rng = numpy.random.default_rng(seed)
    late = base_ms[0] * 1e3 + rng.exponential(base_ms[1] * 1e3, messages) + publish_us * rng.integers(1, edges + 1, messages)
    made = numpy.arange(messages) * 1e6 / rate_hz
    come = numpy.maximum.accumulate(made + late)  # messages of a connection do not overtake each other
    waited = waits(come, numpy.full(messages, cost.batch(viewers)))
    place = cost.batch_us + cost.us * numpy.linspace(1, viewers, POSITIONS)
    return ((come - made + waited)[:, None] + place[None, :]).ravel() * 1e-3


def fit_base(p50_ms, p99_ms, viewers, rate_hz, cost):
    """The base_ms with which ages() has this median and this p99."""
    queue = ages(viewers, rate_hz, cost)
    low, high = numpy.quantile(queue, 0.5), numpy.quantile(queue, 0.99)
    spread = max(0.0, p99_ms - high - (p50_ms - low)) / math.log(50)  # exponential: p99 less p50 is ln 50 of its mean
    return max(0.0, p50_ms - low - math.log(2) * spread), spread


@dataclasses.dataclass(frozen=True)
class Storm:
    """What follows when all are cut off at once."""
    back_s: numpy.ndarray  # when each is back, sorted
    age_ms: numpy.ndarray  # how late each message's last copy was meanwhile


def storm(viewers, jitter_s, handshake_us, rate_hz, cost, seed=1):
    """Viewers of one instance come back at times evenly spread over jitter_s. The thread takes one handshake after the other,
    and a message that is due before the next of them. Whoever is in gets the messages that are due from then on."""
    if cost.batch(viewers) >= 1e6 / rate_hz:
        raise ValueError("the messages alone keep the instance busy")
    rng = numpy.random.default_rng(seed)
    calls = numpy.sort(rng.uniform(0, jitter_s * 1e6, viewers)) if jitter_s > 0 else numpy.zeros(viewers)
    period = 1e6 / rate_hz
    free = due = 0.0
    back, late = numpy.empty(viewers), []
    for i, call in enumerate(calls):
        while due <= max(free, call):
            free = max(free, due) + cost.batch(i)
            late.append((free - due) * 1e-3)
            due += period
        free = max(free, call) + handshake_us
        back[i] = free * 1e-6
    return Storm(back, numpy.array(late))

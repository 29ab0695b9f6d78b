# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings made faster than real time, with numbers that are different in every message."""

import json
import random

import numpy

STARTED = 1764512345.712345
FIRST_FRAME = 3
HEAD = {"phicast": "recording", "version": 1, "program": "test", "name": "stage", "started": STARTED,
        "rates": {"metrics": 30, "latency": 10}, "ranges": {}, "add": []}


def text(value):
    return json.dumps(value, separators=(",", ":"))


class Maker:
    """Messages as the streams have them: floats of seven digits, flags, whole numbers."""

    def __init__(self, channels=2, seed=1):
        self.random = random.Random(seed)
        self.channels = channels
        self.frame = FIRST_FRAME - 3

    def number(self, high):
        """Seven digits of a float of 32 bits: not every number of seven digits is one's."""
        return float(f"{float(numpy.float32(self.random.uniform(0, high))):.7g}")

    def channel(self, index):
        return {"channel": index, "frequency": self.number(9000), "amplitude": self.number(1), "phase": -self.number(3.1),
                "active": True}

    def metrics(self, t):
        self.frame += 3
        return {"frame": self.frame, "timestamp": round(t - 0.03, 6), "ici": self.number(1), "criticality": self.number(4),
                "phase_coherence": self.number(1), "spectral_centroid": self.number(9000), "phi_depth": 0.618034,
                "phi_phase": self.number(6.28), "phi_breathing_active": True, "active_channels": self.channels,
                "channel_metrics": [self.channel(i) for i in range(self.channels)]}

    def latency(self, t):
        return {"timestamp": round(t, 6), "total_latency_ms": self.number(90), "hardware_latency_ms": self.number(50),
                "software_latency_ms": self.number(50), "buffer_latency_ms": 10.66667, "jitter_ms": self.number(3),
                "calibrated": True, "compensation_ms": self.number(50)}

    def event(self, t):
        return {"type": "critical_event", "timestamp": round(t - 0.5, 6), "criticality": self.number(4),
                "duration_ms": self.number(900), "peak_ici": self.number(1)}

    def records(self, seconds, hz=30):
        """(t, stream, message) of a recording of that length: ten times a second latency, twice an event."""
        for i in range(int(seconds * hz)):
            t = round(STARTED + i / hz, 6)
            yield t, "metrics", self.metrics(t)
            if i % (hz // 10) == 0:
                yield t, "latency", self.latency(t)
            if i % (hz // 2) == 7:
                yield t, "events", self.event(t)


def line(t, stream, message):
    return text({"t": t, "stream": stream, "message": message})


def write(path, records, opener=open, head=True):
    """Writes them, and returns {stream: its messages}."""
    said = {"metrics": [], "latency": [], "events": []}
    with opener(path, "wt") as out:
        if head:
            out.write(text(HEAD) + "\n")
        for record in records:
            said[record[1]].append(record[2])
            out.write(line(*record) + "\n")
    return said


def timeless(message):
    return {key: value for key, value in message.items() if key != "timestamp"}

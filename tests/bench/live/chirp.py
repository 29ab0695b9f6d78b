# SPDX-License-Identifier: GPL-3.0-or-later
"""A sound that tells the time: its frequency rises steadily, so a measured frequency says which moment was measured."""

import dataclasses
import json
import re
import time

import numpy

import rig

RATE = 48000
START_HZ = 1000
HZ_PER_S = 200  # 5 Hz within a window's main part: no more than an even blur
AMPLITUDE = 0.5


def write(path, seconds):
    t = numpy.arange(seconds * RATE) / RATE
    wave = AMPLITUDE * numpy.sin(2 * numpy.pi * (START_HZ * t + HZ_PER_S / 2 * t * t))
    return rig.write_wav(path, wave.astype(numpy.float32)[:, None])


@dataclasses.dataclass
class Reading:
    """One message of the stream about a window full of the chirp."""
    arrival: float  # Unix seconds; all of them are
    seconds: float  # from the first sample to the sound at the window's centre, as its frequency says
    moment: float  # when that was played, by JACK's clock
    timestamp: float


class Clock:
    """When a player (--clock) played its samples, by JACK's clock as it was then: that clock is bent when the server
    wakes late, so no one moment is enough."""

    def __init__(self, player, lead=4800):
        self.player = player
        self.lead = lead
        self.first = int(player.line(r"^first sample at JACK frame (\d+)").group(1))

    def began(self):
        """Roughly, for what is to be done while it plays."""
        self.player.line(r"^JACK frame \d+ is")
        return float(self.moments([0])[0])

    def moments(self, seconds):
        """Unix times of moments of the sound, in seconds from its first sample."""
        pairs = re.findall(r"^JACK frame (\d+) is Unix time (\d+\.\d+)$", self.player.out, re.MULTILINE)
        frames = (numpy.array([int(frame) for frame, _ in pairs]) - self.first) / RATE
        late = numpy.array([float(unix) for _, unix in pairs]) - frames  # interp takes the ends for what is beyond
        return numpy.asarray(seconds) + numpy.interp(seconds, frames, late)

    def handed_over(self, seconds, period):
        """Unix times at which the player wrote them: when the cycles began that they were part of."""
        cycle = (numpy.asarray(seconds) * RATE + self.lead) // period
        return self.moments((cycle * period - self.lead) / RATE)


def readings(messages, clock):
    """Of messages as rig.collect gives them."""
    unix = time.time() - time.monotonic()
    shown = []
    for arrival, text in messages:
        message = json.loads(text)
        channel = message["channel_metrics"][0]
        if abs(channel["amplitude"] - AMPLITUDE) < 0.01:
            shown.append((unix + arrival, (channel["frequency"] - START_HZ) / HZ_PER_S, message["timestamp"]))
    moments = clock.moments([seconds for _, seconds, _ in shown])
    return [Reading(arrival, seconds, moment, timestamp)
            for (arrival, seconds, timestamp), moment in zip(shown, moments)]

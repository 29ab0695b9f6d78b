# SPDX-License-Identifier: GPL-3.0-or-later
"""Sounds in which nothing begins: tones, chords, beats, vibrato, tremolo and noise, at several levels, on one channel and
on many. Each is (name, list of channels), as floats at RATE, and the same on every run."""

import numpy

RATE = 48000


def tones(t, frequencies, random):
    return sum(numpy.sin(2 * numpy.pi * f * t + 2 * numpy.pi * random.random()) for f in frequencies) / len(frequencies)


def saw(t, frequency):
    return 0.5 * sum(numpy.sin(2 * numpy.pi * frequency * k * t) / k for k in range(1, int(20000 / frequency)))


def vibrato(t):
    phase = 2 * numpy.pi * 330 * t + 6.6 * (1 - numpy.cos(2 * numpy.pi * 5.5 * t)) / 5.5
    return 0.4 * sum(numpy.sin(k * phase) / k for k in range(1, 25))


def pink(t, random):
    """From 20 Hz on, of power 1."""
    f = numpy.fft.rfft(random.standard_normal(len(t)))
    f[1:] /= numpy.sqrt(numpy.arange(1, len(f)))
    f[:int(20 * len(t) / RATE)] = 0
    y = numpy.fft.irfft(f, len(t))
    return y / y.std()


def steady_sounds(seconds, seed=11):
    t = numpy.arange(int(seconds * RATE)) / RATE
    random = numpy.random.default_rng(seed)
    yield "sine of 50 Hz", [numpy.sin(2 * numpy.pi * 50 * t)]
    yield "sine of 1011.7 Hz", [numpy.sin(2 * numpy.pi * 1011.7 * t)]
    yield "chord", [tones(t, (110, 165.3, 220.7, 331, 440.2, 880.9, 1320, 3520.1, 7040), random)]
    yield "beats of 0.5 Hz", [tones(t, (440, 440.5, 661, 661.5, 1000, 1000.5), random)]
    yield "beats of 3 Hz", [tones(t, (200, 203, 300, 303, 1000, 1003, 2000, 2003), random)]
    yield "detuned saws", [(saw(t, 110) + saw(t, 110.6) + saw(t, 109.5)) / 3]
    yield "chord of saws", [(saw(t, 130.8) + saw(t, 164.8) + saw(t, 196) + saw(t, 261.6)) / 3]
    yield "vibrato", [vibrato(t)]
    yield "tremolo", [tones(t, (220, 330, 440, 554, 660, 880), random) * (0.75 + 0.25 * numpy.sin(8 * numpy.pi * t))]
    for db in (-12, -30, -50, -57):
        yield f"white noise of {db} dBFS", [10 ** (db / 20) * random.standard_normal(len(t))]
        yield f"pink noise of {db} dBFS", [10 ** (db / 20) * pink(t, random)]
    for db in (-20, -50):
        yield f"white noise of {db} dBFS on 2 channels", [10 ** (db / 20) * random.standard_normal(len(t)) for _ in range(2)]
        yield f"pink noise of {db} dBFS on 8 channels", [10 ** (db / 20) * pink(t, random) for _ in range(8)]
    yield "chords on 4 channels", [0.5 * tones(t, (110 * (c + 2), 165.3 * (c + 1), 221 * (c + 1), 700 * (c + 1)), random)
                                   for c in range(4)]

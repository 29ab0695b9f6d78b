# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes to judge an onset detector by: single hits at known times over silence, pads and blurred loops.

All the sounds are in Debian's sonic-pi-samples. A scene depends on nothing but its recipe: the same numbers on every run.
There are two books of recipes, whose hits have no sample in common: "tuned" is the one that the detector's constants
were chosen with, "held out" the one that shows whether they fit other sounds as well.
"""

import functools
import pathlib
import subprocess
import wave

import numpy

SAMPLES = pathlib.Path("/usr/share/sonic-pi/samples")
RATE = 48000
LENGTH = 13  # s
FIRST = 0.6  # s: what a detector remembers of the start is over
ATTACK_DB = -20  # of a sample's loudest moment: where the hit is, see attack()
MOMENT = 0.003  # s
RATIOS = {"over 20 dB": 20, "over 10 dB": 10, "over 3 dB": 3}  # the hit's loudest 30 ms over the bed's mean power
QUIET_DB = -40  # dBFS: the power of the loudest 30 ms of the loudest hit in quiet scenes, root of it as level
CLEAR_DB = 60  # beds of clear scenes are so far below, where there is one

# The hits have one attack each, and one that can be told: from ATTACK_DB to -10 dB takes no sample more than 20 ms.
# Samples with several attacks (drum_roll, glitch_*, loop_*, robots) and swells (ambi_swoosh) are of no use for that.
# name, the hits, the bed, how the bed is made, least and most time between hits in s
TUNED = (
    ("kit", "bd_haus drum_snare_hard drum_cymbal_closed drum_tom_lo_hard", "ambi_glass_hum", "pad", 0.15, 0.6),
    ("electric", "bd_tek elec_snare elec_tick elec_blip elec_flip", "loop_garzul", "blur", 0.12, 0.5),
    ("tabla", "tabla_na tabla_ghe2 tabla_te1 tabla_tun2 tabla_ke1", "ambi_haunted_hum", "pad", 0.12, 0.5),
    ("bass", "bass_hit_c bass_dnb_f bass_woodsy_c bass_hard_c", "ambi_sauna", "blur", 0.3, 0.8),
    ("plucked", "guit_e_fifths guit_em9 elec_twang guit_harmonics", "loop_amen", "blur", 0.25, 0.9),
    ("bells", "perc_bell2 elec_bell elec_chime drum_cowbell", "ambi_dark_woosh", "pad", 0.2, 0.8),
    ("bowed", "ambi_choir loop_drone_g_97 bass_voxy_c ambi_lunar_land", "loop_tabla", "blur", 0.4, 1.0),
    ("fast", "drum_heavy_kick sn_dub elec_hi_snare perc_snap elec_wood", "loop_drone_g_97", "pad", 0.08, 0.2),
)
HELD_OUT = (
    ("kit", "bd_fat sn_dolf drum_cymbal_soft drum_tom_hi_soft", "ambi_drone", "pad", 0.15, 0.6),
    ("electric", "bd_klub elec_filt_snare elec_ping elec_twip elec_pop", "loop_mika", "blur", 0.12, 0.5),
    ("tabla", "tabla_na_s tabla_ghe4 tabla_te2 tabla_tun3 tabla_ke2", "ambi_glass_rub", "pad", 0.12, 0.5),
    ("bass", "bass_drop_c bass_trance_c glitch_bass_g elec_fuzz_tom", "loop_breakbeat", "blur", 0.3, 0.8),
    ("plucked", "tabla_tun1 elec_bong elec_beep elec_plip", "ambi_choir", "pad", 0.25, 0.9),
    ("bells", "perc_bell elec_triangle elec_cymbal perc_till", "vinyl_hiss", "blur", 0.2, 0.8),
    ("bowed", "ambi_drone bass_thick_c bass_voxy_hit_c elec_blup", "loop_safari", "blur", 0.4, 1.0),
    ("fast", "drum_bass_hard sn_generic drum_cymbal_open tabla_ke3 elec_mid_snare", "bass_thick_c", "pad", 0.08, 0.2),
)
BOOKS = {"tuned": TUNED, "held out": HELD_OUT}

# Where a recording holds more than one stroke (strums, slides, echoes), the hit ends before the second, after so many s.
FIRST_STROKE = {"bass_dnb_f": 0.6, "drum_cymbal_open": 0.35, "elec_plip": 0.12, "elec_wood": 0.25, "glitch_bass_g": 0.13,
                "guit_e_fifths": 0.45, "guit_em9": 0.2, "guit_harmonics": 0.15, "perc_till": 0.25}


@functools.lru_cache(maxsize=None)
def sample(name):
    """A recording at RATE, its channels' mean, as floats."""
    command = ["flac", "--decode", "--stdout", "--silent", SAMPLES / f"{name}.flac"]
    data = subprocess.run(command, capture_output=True, check=True).stdout
    header = data.index(b"data") + 8  # flac, which writes to a pipe, leaves lengths in the header that are no use
    channels, rate, bits = (int.from_bytes(data[a:b], "little") for a, b in ((22, 24), (24, 28), (34, 36)))
    if bits != 16:
        raise ValueError(f"{name}: {bits} bits")

    return resampled(numpy.frombuffer(data[header:], "<i2").reshape(-1, channels).mean(axis=1) / 32768, rate)


def resampled(x, rate):
    """The band-limited signal at RATE; zeros keep its end from ringing into its start."""
    if rate == RATE:
        return x
    n = -(-(len(x) + rate // 10) // rate) * rate  # whole seconds: that many samples are whole at either rate
    m = n * RATE // rate
    return numpy.fft.irfft(numpy.fft.rfft(x, n), m)[: len(x) * RATE // rate] * (m / n)


def power(x, duration):
    """The mean power of the last moments at each sample."""
    n = int(duration * RATE)
    total = numpy.concatenate((numpy.zeros(n), numpy.cumsum(x * x)))
    return numpy.maximum(total[n:] - total[:-n], 0) / n


def attack(x):
    """The sample at which the power of the last MOMENT first is within ATTACK_DB of its maximum."""
    p = power(x, MOMENT)
    return int(numpy.argmax(p >= p.max() * 10 ** (ATTACK_DB / 10)))


def hit(name):
    """A sample that begins 5 ms before its attack, as loud as the others."""
    x = sample(name)
    duration = FIRST_STROKE.get(name, 1.2)
    lead = min(attack(x), int(0.005 * RATE))
    x = faded(x[attack(x) - lead :][: int(duration * RATE)])
    return lead, x / numpy.sqrt(power(x, 0.03).max())


def faded(x):
    """The sound faded out, as its end could be a click."""
    fade = min(int(0.05 * RATE), len(x) // 3)
    return x * numpy.concatenate((numpy.ones(len(x) - fade), numpy.linspace(1, 0, fade)))


def pad(name, n, random):
    """A recording that lasts: pieces out of its middle, each of which fades into the next for half its length.

    The fades are long, a second where the recording allows, so that a seam is no attack.
    """
    x = sample(name)
    x = x[int(0.25 * len(x)) : int(0.85 * len(x))]
    size = min(len(x), 4 * RATE) // 2 * 2
    window = numpy.sqrt(0.5 - 0.5 * numpy.cos(2 * numpy.pi * numpy.arange(size) / size))
    return overlapped(lambda: x[random.integers(len(x) - size + 1) :][:size], window, n)


def blur(name, n, random):
    """A loop without its attacks: its mean spectrum with random phases, which is noise of the loop's colour.

    Loops have attacks of their own, of which nobody knows the times for certain; as they are, they would do no detector justice.
    """
    x = sample(name)
    size = 2 * RATE
    frames = [x[i : i + 8192] * numpy.hanning(8192) for i in range(0, len(x) - 8192, 4096)]
    mean = numpy.sqrt(numpy.mean(numpy.abs(numpy.fft.rfft(frames)) ** 2, axis=0))
    colour = numpy.interp(numpy.linspace(0, 1, size // 2 + 1), numpy.linspace(0, 1, len(mean)), mean)
    window = numpy.sqrt(0.5 - 0.5 * numpy.cos(2 * numpy.pi * numpy.arange(size) / size))
    return overlapped(
        lambda: numpy.fft.irfft(colour * numpy.exp(2j * numpy.pi * random.random(len(colour)))), window, n
    )


def overlapped(piece, window, n):
    """n samples of pieces that overlap by half; the windows' squares make 1."""
    size = len(window)
    y = numpy.zeros(n + 2 * size)
    for i in range(0, n + size, size // 2):
        y[i : i + size] += piece() * window
    return y[size // 2 :][:n]


BEDS = {"pad": pad, "blur": blur}


def beats(least, most, random):
    """Irregular times, in s."""
    times = [FIRST]
    while times[-1] + most < LENGTH - 0.5:
        times.append(times[-1] + random.uniform(least, most))
    return times


def render(hits, least, most, alone, random):
    """Hits in random order, each up to 3 dB softer than the loudest; the signal and the attacks' times in s.

    With alone, a hit is over when the next begins; else it rings on below it.
    """
    y = numpy.zeros(LENGTH * RATE)
    times = []
    starts = [int(time * RATE) for time in beats(least, most, random)]
    for start, following in zip(starts, starts[1:] + [len(y)]):
        lead, x = hit(hits[random.integers(len(hits))])
        x = faded(x[: (following if alone else len(y)) - start]) * 10 ** (-random.uniform(0, 3) / 20)
        y[start : start + len(x)] += x
        times.append((start + lead) / RATE)
    return y, times


def level(x, peak_db):
    """The signal with that peak, in dBFS."""
    return x * 10 ** (peak_db / 20) / numpy.abs(x).max()


def scenes(book="tuned"):
    """Every scene: name, ratio ("clear" or a key of RATIOS), whether it is clear, the samples, the attacks in s."""
    for i, (name, hits, bed, kind, least, most) in enumerate(BOOKS[book]):
        seed = (list(BOOKS).index(book), i)
        random = numpy.random.default_rng(seed)
        under = BEDS[kind](bed, LENGTH * RATE, random)
        under *= numpy.minimum(numpy.arange(len(under)) / (0.4 * RATE), 1)  # so that the bed's start is no attack
        under /= numpy.sqrt(numpy.mean(under**2))
        names = hits.split()

        for ratio, db in RATIOS.items():
            y, times = render(names, least, most, False, random)
            yield name, ratio, False, level(y + under * 10 ** (-db / 20), -3), times

        # Half of the clear scenes have a bed that is hardly there, every third is quiet.
        y, times = render(names, max(least, 0.25), max(most, 0.5), True, random)
        y += under * 10 ** (-CLEAR_DB / 20) * (i % 2)
        yield name, "clear", True, (level(y, -1), level(y, -20), y * 10 ** (QUIET_DB / 20))[i % 3], times


def f_measure(times, found, tolerance=0.025):
    """2 · hits / (attacks + reports). Both in order; each report counts for one attack at most.

    Taking in turn the first pair that fits matches as many as there are to match, for all windows are equally wide.
    """
    if not len(times) + len(found):
        return 1.0
    return 2 * len(matches(times, found, tolerance)) / (len(times) + len(found))


def matches(times, found, tolerance=0.025):
    """The pairs of an attack and its report."""
    pairs = []
    i = j = 0
    times, found = sorted(times), sorted(found)
    while i < len(times) and j < len(found):
        if abs(found[j] - times[i]) <= tolerance:
            pairs.append((times[i], found[j]))
            i, j = i + 1, j + 1
        elif found[j] < times[i]:
            j += 1
        else:
            i += 1
    return pairs


def write(path, x):
    """A mono file for programs that read one."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(numpy.round(x * 32767).clip(-32768, 32767).astype("<i2").tobytes())

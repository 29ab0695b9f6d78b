# SPDX-License-Identifier: GPL-3.0-or-later
"""The outputs carry the input, bit for bit: any bits, NaNs with a payload, infinities and denormals included."""

import unittest

import numpy

import rig

CHANNELS = 4
LENGTH = 48000


def hard_bits():
    """Random words, which are floats of every kind, and the special ones in a row."""
    random = numpy.random.default_rng(20)
    bits = random.integers(0, 2**32, size=(LENGTH, CHANNELS), dtype=numpy.uint32)
    special = [0x7FC12345, 0x7F800001, 0xFF800001, 0xFFFFFFFF, 0x7F800000, 0xFF800000, 0x00000001, 0x80000001,
               0x007FFFFF, 0x80000000, 0x00800000, 0x7F7FFFFF]
    bits[:len(special)] = numpy.array(special, dtype=numpy.uint32)[:, None]
    bits[100:4000] = random.integers(1, 0x007FFFFF, size=(3900, CHANNELS), dtype=numpy.uint32)  # denormals
    return bits


class Passthrough(rig.RigTest):
    def check(self, period):
        server = self.jackd(period=period, patient=True)
        self.analyser(server, "-c", str(CHANNELS))
        bits = hard_bits()
        wav = rig.write_wav(self.folder / f"in-{period}.wav", bits)
        out = self.folder / f"out-{period}.wav"
        capture = self.start([rig.BIN / "phicast-capture", "-s", server.name, "-f", "240000", out,
                              *(f"{self.name}:out_{c + 1}" for c in range(CHANNELS))])
        began = int(capture.line(r"^first sample at JACK frame (\d+)").group(1))
        player = self.player(server, [wav], "--connect", f"{self.name}:in_*", "--lead", "1234")
        played = int(player.line(r"^first sample at JACK frame (\d+)").group(1))
        self.assertEqual(player.wait(), 0)
        self.assertEqual(capture.wait(), 0)
        got = rig.read_wav(out)
        at = played - began
        self.assertTrue(0 < at < len(got) - LENGTH, f"played at {at} of {len(got)}")
        differing = numpy.argwhere(got[at:at + LENGTH] != bits)
        self.assertEqual(len(differing), 0, f"first at frame and channel {differing[:1]}")
        self.assertFalse(got[:at].any())
        self.assertFalse(got[at + LENGTH:].any())

    def test_bit_for_bit_64(self):
        self.check(64)

    def test_bit_for_bit_1024(self):
        self.check(1024)


if __name__ == "__main__":
    unittest.main(verbosity=2)

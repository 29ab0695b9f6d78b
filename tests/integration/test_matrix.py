# SPDX-License-Identifier: GPL-3.0-or-later
"""A few rounds of the kill-and-stop matrix; `scripts/bench matrix` goes a hundred."""

import random

import matrix
import rig

ROUNDS = 6


class Short(matrix.Matrix):
    async def test_program(self):
        await self.go("program", ROUNDS, random.SystemRandom().randrange(1 << 32))

    async def test_plugin(self):
        await self.go("plugin", ROUNDS, random.SystemRandom().randrange(1 << 32))


if __name__ == "__main__":
    rig.main()

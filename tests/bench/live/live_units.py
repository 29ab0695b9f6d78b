# SPDX-License-Identifier: GPL-3.0-or-later
"""How soon the systemd units are live once there is a server: after a minute without any, and when it comes and goes."""

import unittest

import live

import test_units

LIMIT = 4.0  # s: they look every second
GRACE = 10.0  # s: PipeWire is not taken for a JACK server that may be coming back


class Units(live.LiveTest, test_units.Units):
    ABSENCE = 60

    def judge(self, times):
        for what, seconds in times.items():
            limit = LIMIT + (GRACE if "place" in what else 0)
            self.figure(f"systemd --user: live with {what}", seconds, "s", None, limit)

    def test_no_server_for_a_minute(self):
        self.judge(self.measure_absence_jack_pipewire())

    @unittest.skipUnless(test_units.PIPEWIRE, "PipeWire is not installed")
    def test_pipewire(self):
        self.judge(self.measure_pipewire())


if __name__ == "__main__":
    live.main()

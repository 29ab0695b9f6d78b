# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast the pages come and draw with 64 channels, and what they cost."""

import json
import pathlib

import live
import rig

import test_dashboard


class Pages(live.LiveTest):
    def test_sixty_four_channels(self):
        server = self.jackd(realtime=True)
        self.analyser(server, "-c", "64", "--breathing")
        wav = rig.write_wav(self.folder / "chord.wav", test_dashboard.chord())
        self.player(server, [wav], "--loop", "--connect", f"{self.name}:in_*")
        broadcaster = self.broadcaster("--osc", "none")
        rig.wait_until(lambda: broadcaster.json("/api/metrics")["active_channels"] == 64, "64 channels")
        child = self.start(["node", pathlib.Path(__file__).with_name("pages.mjs")],
                           env={"PHICAST_URL": broadcaster.url, "PHICAST_BROADCASTER_PID": str(broadcaster.child.pid)})
        self.assertEqual(child.wait(1000), 0)
        for line in child.out.splitlines():
            figure = json.loads(line)
            self.figure(figure["case"], figure["value"], figure["unit"], None, figure.get("most"))


if __name__ == "__main__":
    live.main()

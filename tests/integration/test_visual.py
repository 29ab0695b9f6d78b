# SPDX-License-Identifier: GPL-3.0-or-later
"""/visual, and the pages of docs/clients for hydra, p5.js, three.js and OBS, in Debian's Chromium."""

import unittest

import recordings
import rig
from test_dashboard import Browsing

ORIGINS = ("https://hydra.ojack.xyz", "https://preview.p5js.org", "http://absolute")


class Measured(recordings.Maker):
    """A recording that has levels, bands and onsets as well."""

    def metrics(self, t):
        levels = [{"channel": i, "rms": self.number(0.5), "peak": self.number(1), "clipped": 0} for i in range(self.channels)]
        return {**super().metrics(t), "levels": levels, "bands": [self.number(0.5) for _ in range(8)], "onset_strength": self.number(0.2)}


class Visual(Browsing):
    def replay(self, *options):
        path = self.folder / "show.jsonl"
        recordings.write(path, Measured(channels=4).records(20))
        return self.broadcaster("--osc", "none", "--replay", str(path), "--loop", *options)

    def test_scenes(self):
        self.node("scenes", PHICAST_URL=self.replay().url, PHICAST_VISUALS_PAGE=str(rig.ROOT / "docs/visuals.md"))

    def test_art(self):
        allowed = [word for origin in ORIGINS for word in ("--allow-origin", origin)]
        self.node("art", PHICAST_URL=self.replay(*allowed).url)


if __name__ == "__main__":
    unittest.main(verbosity=2)

# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/clients/: each client gets numbers, outlives the broadcaster, and ends cleanly when asked to."""

import os
import unittest

import rig

CLIENTS = rig.ROOT / "docs/clients"


class Clients(rig.RigTest):
    def through_a_restart(self, argv, cwd=None):
        self.start([rig.BIN / "phicast-flood", "-n", self.name, "-c", "2"])
        broadcaster = self.broadcaster("--osc", "none")
        rig.wait_ready(broadcaster)
        client = self.start([*argv, "--host", f"127.0.0.1:{broadcaster.port}"], cwd=cwd)
        client.line(r"^frame \d+: ICI [\d.]+, criticality [\d.]+, coherence [\d.]+, \d+ active$")
        client.line(r"^latency [\d.]+ ms$")
        client.line(r"^events: connected$", "err")
        broadcaster.child.kill()
        for stream in ("metrics", "latency", "events"):
            client.line(rf"^{stream}: .*; trying again in \d\.\d s$", "err")
        seen = len(client.out)
        self.broadcaster("--osc", "none", port=broadcaster.port)
        rig.wait_until(lambda: "frame" in client.out[seen:], "numbers again")
        rig.wait_until(lambda: client.err.count("connected") == 6, "all streams to be back")
        self.assertEqual(client.stop(), 0, client.err)
        self.assertNotIn("not understood", client.err)
        self.assertNotIn("Traceback", client.err)

    def test_python(self):
        self.through_a_restart(["/usr/bin/python3", CLIENTS / "python/phicast_client.py"])

    def test_node(self):
        script = self.folder / "phicast_client.mjs"  # a copy, next to which ws is found, as npm install ws does it
        script.write_text((CLIENTS / "node/phicast_client.mjs").read_text())
        os.symlink(rig.ROOT / "tests/node_modules", self.folder / "node_modules")
        self.through_a_restart(["node", script])

    def test_unknown_stream(self):
        client = self.start(["/usr/bin/python3", CLIENTS / "python/phicast_client.py", "metric"])
        self.assertEqual(client.wait(), 2)
        self.assertIn("no such stream: metric", client.err)


if __name__ == "__main__":
    unittest.main(verbosity=2)

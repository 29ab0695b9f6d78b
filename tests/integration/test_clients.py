# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/clients/: each client gets numbers, outlives the broadcaster, and ends cleanly when asked to."""

import os
import subprocess
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

    def node_script(self):
        script = self.folder / "phicast_client.mjs"  # a copy, next to which ws is found, as npm install ws does it
        script.write_text((CLIENTS / "node/phicast_client.mjs").read_text())
        os.symlink(rig.ROOT / "tests/node_modules", self.folder / "node_modules")
        return script

    def test_node(self):
        self.through_a_restart(["node", self.node_script()])

    def secured(self):
        """(HOST:PORT, the file with the token, the certificate) of a broadcaster that asks for a token and speaks TLS."""
        token, cert, key = (self.folder / name for name in ("token", "cert.pem", "key.pem"))
        token.write_text("sesame+1\n")
        token.chmod(0o600)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], check=True,
                       stderr=subprocess.DEVNULL, timeout=rig.PATIENCE)
        self.start([rig.BIN / "phicast-flood", "-n", self.name, "-c", "2"])
        child = self.start([rig.BIN / "phicast-broadcaster", "-n", self.name, "-p", "0", "--osc", "none", "--token-file", token,
                            "--tls-cert", cert, "--tls-key", key])
        port = child.line(r"^listening on https://\S+:(\d+)").group(1)
        return f"localhost:{port}", token, cert

    def with_token_and_tls(self, argv, cwd=None):
        host, token, cert = self.secured()
        client = self.start([*argv, "--host", host, "--token-file", token, "--ca", cert], cwd=cwd)
        client.line(r"^frame \d+: ")
        client.line(r"^latency ")
        client.line(r"^events: connected$", "err")
        self.assertEqual(client.stop(), 0, client.err)
        stranger = self.start([*argv, "--host", host, "--ca", cert, "metrics"], cwd=cwd)
        stranger.line(r"^metrics: the token is missing or wrong \(401\); give --token-file; trying again", "err")
        self.assertEqual((stranger.stop(), stranger.out), (0, ""))
        careful = self.start([*argv, "--host", host, "--token-file", token, "--tls", "metrics"], cwd=cwd)
        careful.line(r"^metrics: .*(self.signed|certificate).*; trying again", "err")
        self.assertEqual((careful.stop(), careful.out), (0, ""))
        lost = self.start([*argv, "--token-file", self.folder / "none"], cwd=cwd)
        self.assertEqual(lost.wait(), 2)
        self.assertIn("No such file" if "python" in str(argv[0]) else "no such file", lost.err)

    def test_python_with_token_and_tls(self):
        self.with_token_and_tls(["/usr/bin/python3", CLIENTS / "python/phicast_client.py"])

    def test_node_with_token_and_tls(self):
        self.with_token_and_tls(["node", self.node_script()])

    def test_browser_with_token_and_tls(self):
        host, token, _ = self.secured()
        child = self.start(["node", "--test", "--test-reporter=spec", rig.ROOT / "tests/browser/example.test.mjs"],
                           env={"PHICAST_HOST": host, "PHICAST_TOKEN": token.read_text().strip(),
                                "PHICAST_EXAMPLE": (CLIENTS / "browser/index.html").as_uri()})
        self.assertEqual(child.wait(), 0, child.out)

    def test_unknown_stream(self):
        client = self.start(["/usr/bin/python3", CLIENTS / "python/phicast_client.py", "metric"])
        self.assertEqual(client.wait(), 2)
        self.assertIn("no such stream: metric", client.err)


if __name__ == "__main__":
    unittest.main(verbosity=2)

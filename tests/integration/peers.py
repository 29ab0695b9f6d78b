# SPDX-License-Identifier: GPL-3.0-or-later
"""A client whose ports come and go as a test says (peer.py)."""

import os
import pathlib
import subprocess
import sys


class Peer:
    """peer.py in a server."""

    def __init__(self, test, server, name="peer"):
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen([sys.executable, "-B", str(pathlib.Path(__file__).with_name("peer.py")), name],
                                        env={**os.environ, **server.env}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        test.addCleanup(self.end)
        test.assertEqual(self.process.stdout.readline(), "ok\n")
        self.test = test

    def tell(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        self.test.assertEqual(self.process.stdout.readline(), "ok\n", words)

    def end(self):
        self.process.kill()
        self.process.communicate()

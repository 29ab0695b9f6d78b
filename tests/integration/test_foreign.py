# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of other origins in Debian's Chromium: runs tests/browser/foreign.test.mjs, and looks that nothing has moved but
what the page that is let in asked for."""

import http.server
import threading
import unittest

import osc_peers
import rig
from test_dashboard import Browsing

RATE = 3


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # pylint: disable=invalid-name
        body = b"<!doctype html><title>a page of elsewhere</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Foreign(Browsing):
    def test_pages_of_other_origins(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        port = server.server_address[1]
        flood = osc_peers.Flood(self)
        stage = f"http://stage.example:{port}"
        broadcaster = self.broadcaster("--osc", "none", "--allow-origin", stage)
        rig.wait_ready(broadcaster)
        self.node("foreign", PHICAST_URL=broadcaster.url, PHICAST_EVIL=f"http://evil.example:{port}", PHICAST_STAGE=stage)
        rig.wait_until(flood.commands, "the one command")
        self.assertEqual(flood.commands(), [(RATE, 0.5)])


if __name__ == "__main__":
    unittest.main(verbosity=2)

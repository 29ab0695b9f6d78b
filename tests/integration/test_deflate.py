# SPDX-License-Identifier: GPL-3.0-or-later
"""permessage-deflate: clients that inflate get the same texts as those that do not."""

import asyncio
import http.server
import json
import os
import shutil
import subprocess
import threading
import time
import unittest
import urllib.parse
import zlib

import websockets

import osc_peers
import rig
import sockets
from test_protocol import Peer, TEXT

OFFER = "Sec-WebSocket-Extensions: permessage-deflate"
CHROMIUM = shutil.which("chromium-headless-shell")

PAGE = """<!doctype html><script>
const ws = new WebSocket('STREAM');
let count = 0;
ws.onmessage = (event) => {
  const message = JSON.parse(event.data);
  if (message.channel_metrics.length === 8 && ++count === 30)
    fetch('/' + encodeURIComponent('got ' + count + ' by [' + ws.extensions + ']'));
};
ws.onerror = () => fetch('/got%20nothing');
</script>"""

NODE = """
const WebSocket = require('ws');
const open = (deflate) => {
  const seen = new Map();
  const ws = new WebSocket(process.argv[2], {perMessageDeflate: deflate});
  ws.on('message', (data) => {
    const text = data.toString();
    seen.set(JSON.parse(text).frame, text);
    compare();
  });
  return {ws, seen};
};
const [with_, without] = [open(true), open(false)];
function compare() {
  const common = [...with_.seen.keys()].filter((frame) => without.seen.has(frame));
  if (common.length <= 50) return;
  const same = common.filter((frame) => with_.seen.get(frame) === without.seen.get(frame));
  console.log(JSON.stringify({with_: with_.ws.extensions, without: without.ws.extensions, common: common.length,
    same: same.length}));
  process.exit();
}
"""


class Deflate(rig.RigTest):
    def begin(self):
        osc_peers.Flood(self, "-c", "8", "--lively")
        self.broadcaster_ = self.broadcaster("--osc", "none")
        rig.wait_ready(self.broadcaster_)

    async def listen(self, compression, texts):
        url = self.broadcaster_.url.replace("http", "ws", 1) + "/ws/metrics"
        async with websockets.connect(url, compression=compression) as ws:
            self.assertEqual(len(sockets.extensions(ws)), 1 if compression else 0)
            async for text in ws:
                texts[json.loads(text)["frame"]] = text

    async def test_python_websockets(self):
        self.begin()
        packed, plain = {}, {}
        tasks = [asyncio.create_task(self.listen("deflate", packed)), asyncio.create_task(self.listen(None, plain))]
        deadline = time.monotonic() + rig.PATIENCE
        while len(packed.keys() & plain.keys()) <= 50:
            self.assertLess(time.monotonic(), deadline, f"{len(packed)} and {len(plain)} frames")
            await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        for frame in packed.keys() & plain.keys():
            self.assertEqual(packed[frame], plain[frame])

    def test_node_ws(self):
        self.begin()
        script = self.folder / "client.js"
        script.write_text(NODE)
        url = f"ws://127.0.0.1:{self.broadcaster_.port}/ws/metrics"
        out = subprocess.run(["node", script, url], capture_output=True, text=True, timeout=rig.PATIENCE, check=True,
                             env={**os.environ, "NODE_PATH": str(rig.ROOT / "tests/node_modules")}).stdout
        said = json.loads(out)
        self.assertEqual((said["with_"], said["without"]), ("permessage-deflate", ""))
        self.assertEqual(said["same"], said["common"])

    @unittest.skipUnless(CHROMIUM, "no Chromium")
    def test_chromium(self):
        """A page opens the stream, and tells a server of the test's what it has got."""
        self.begin()
        said = []
        stream = f"ws://127.0.0.1:{self.broadcaster_.port}/ws/metrics"

        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                said.append(urllib.parse.unquote(self.path))
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(PAGE.replace("STREAM", stream).encode())

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            browser = self.start([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={self.folder}/c",
                                  f"http://127.0.0.1:{server.server_port}/"])
            rig.wait_until(lambda: any("got" in path for path in said), "Chromium to tell what it has got")
            server.shutdown()
        browser.stop()
        self.assertIn("/got 30 by [permessage-deflate]", said)

    def test_frames_stand_alone(self):
        """Each message inflates by itself, whichever came before, and to all of one generation go the same bytes."""
        self.begin()
        with Peer(self.broadcaster_.port, extra=f"{OFFER}\r\n") as one, \
                Peer(self.broadcaster_.port, extra=f"{OFFER}; client_max_window_bits\r\n") as two:
            self.assertIn(b"Sec-WebSocket-Extensions: permessage-deflate\r\n", one.head + b"\r\n")
            self.assertIn(b"permessage-deflate", two.head)
            both = [{}, {}]
            for _ in range(2000):
                for peer, packed in zip((one, two), both):
                    first, data = peer.frame()
                    self.assertEqual(first, 0x80 | 0x40 | TEXT)
                    packed[self.inflate(data)["frame"]] = data
                if len(common := both[0].keys() & both[1].keys()) > 20:
                    break
            self.assertGreater(len(common), 20)
            for frame in common:
                self.assertEqual(both[0][frame], both[1][frame])
            # 8 channels at 30 Hz stay within 20 KB/s.
            self.assertLess(max(len(packed) for packed in both[0].values()) * 30, 20000)

    def inflate(self, packed):
        return json.loads(zlib.decompressobj(-15).decompress(packed + b"\0\0\xff\xff"))

    def test_offers(self):
        self.begin()
        for offer, taken in (("", True), ("; server_no_context_takeover", True), ("; client_no_context_takeover", True),
                             ("; client_max_window_bits", True), ("; client_max_window_bits=10", True),
                             ('; client_max_window_bits="15"; server_no_context_takeover', True),
                             ("; server_max_window_bits=10", False), ("; server_max_window_bits=15", False),
                             ("; client_max_window_bits=16", False), ("; unknown", False),
                             ("; server_no_context_takeover; server_no_context_takeover", False),
                             ("; server_no_context_takeover=1", False), (", permessage-deflate", False)):
            with Peer(self.broadcaster_.port, extra=f"{OFFER}{offer}\r\n") as peer:
                self.assertIn(b" 101 ", peer.head, offer)
                self.assertEqual(b"permessage-deflate" in peer.head, taken, offer)
                self.assertEqual(b"server_no_context_takeover" in peer.head,
                                 taken and "server_no_context_takeover" in offer, offer)
                self.assertEqual(peer.frame()[0], 0x81 | (0x40 if taken else 0), offer)
        with Peer(self.broadcaster_.port, extra="Sec-WebSocket-Extensions: x-webkit-deflate-frame\r\n") as peer:
            self.assertNotIn(b"Extensions", peer.head)
            self.assertEqual(peer.frame()[0], 0x81)


if __name__ == "__main__":
    unittest.main(verbosity=2)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Edges for --publish: a real one, nginx with nchan, and a stand-in that answers as nchan does, or as it is told to."""

import asyncio
import base64
import hashlib
import os
import pathlib
import signal
import socket
import socketserver
import ssl
import struct
import subprocess
import threading
import time

import websockets

import rig

NCHAN = pathlib.Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
TOKEN = "a-secret.of~the+edge"

CONF = """load_module {nchan};
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off; nchan_shared_memory_size 16M; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    map $http_authorization $trusted {{ default 0; "Bearer {token}" 1; }}
    server {{
        listen 127.0.0.1:{port} {tls};
        location ~ ^/pub/(.+)$ {{
            if ($trusted = 0) {{ return 403; }}
            nchan_publisher; nchan_channel_id $1; nchan_message_buffer_length 256; nchan_message_timeout 0;
        }}
    }}
    server {{
        listen 127.0.0.1:{viewers};
        location ~ ^/ws/(.+)$ {{
            nchan_subscriber websocket; nchan_channel_id $1; nchan_subscriber_first_message oldest;
        }}
    }}
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def certificate(folder, name="localhost"):
    """(certificate, key), signed by itself."""
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
                    "-out", cert, "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"],
                   check=True, capture_output=True)
    return cert, key


def token_file(test):
    path = test.folder / "edge.token"
    path.write_text(TOKEN + "\n")
    path.chmod(0o600)
    return path


class Nchan:
    """nginx with nchan, one instance; what it holds is gone when it ends. Every viewer gets all that a channel holds."""

    def __init__(self, test, tls=None):
        self.test, self.port, self.viewers = test, free_port(), free_port()
        self.folder = test.folder / f"edge{self.port}"
        self.folder.mkdir()
        cert = f"ssl; ssl_certificate {tls[0]}; ssl_certificate_key {tls[1]}" if tls else ""
        (self.folder / "nginx.conf").write_text(CONF.format(nchan=NCHAN, folder=self.folder, token=TOKEN, port=self.port,
                                                            viewers=self.viewers, tls=cert))
        self.start()

    def start(self):
        self.child = self.test.start(["nginx", "-p", self.folder, "-c", self.folder / "nginx.conf", "-e", self.folder / "error.log"])
        rig.wait_until(self.listens, "nginx to listen")

    def kill(self):
        """Master and worker, each of which would live on without the other."""
        workers = pathlib.Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children").read_text().split()
        self.child.kill()
        for pid in workers:
            os.kill(int(pid), signal.SIGKILL)
        rig.wait_until(lambda: not self.listens(), "nginx to be gone")

    def listens(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.viewers)) == 0

    def url(self, choices=""):
        return f"ws://127.0.0.1:{self.port}/pub/{{stream}}?token-file={token_file(self.test)}{choices}"

    def ws(self, channel):
        return websockets.connect(f"ws://127.0.0.1:{self.viewers}/ws/{channel}", max_size=None)

    async def take(self, channel, last):
        """The texts that a viewer gets, up to the first for which last() holds."""
        got = []
        async with self.ws(channel) as ws:
            while not got or not last(got[-1]):
                got.append(await asyncio.wait_for(ws.recv(), rig.PATIENCE))
        return got


class StandIn:
    """Speaks WebSocket as nchan's publisher location does. `answers`: {channel: how}, by default as nchan; a how is called
    with the connection and a message's text, which is taken already, and returns the answer, or None to close instead."""

    def __init__(self, test, port=0, tls=None, greet=None):
        self.messages, self.heads, self.answers, self.greet = {}, [], {}, greet
        self.connections = 0
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                if tls:
                    self.request = tls.wrap_socket(self.request, server_side=True)
                    self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)
                outer.serve(self.rfile, self.wfile)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address, daemon_threads, block_on_close = True, True, False

            def handle_error(self, request, client_address):  # a publisher that has gone, or none
                pass

        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        test.addCleanup(self.close)

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def url(self, choices="", path="pub"):
        return f"ws://127.0.0.1:{self.port}/{path}/{{stream}}{choices}"

    def info(self, channel):
        count = len(self.messages.get(channel, ()))
        return f'{{"messages": {count}, "requested": -1, "subscribers": 0, "last_message_id": "1796061486:{count}" }}'

    def serve(self, rfile, wfile):
        self.connections += 1
        head = [rfile.readline()]
        while head[-1].strip():
            head.append(rfile.readline())
        if not head[0]:
            return
        fields = {key.strip().lower(): value.strip() for key, _, value in (h.decode().partition(":") for h in head[1:])}
        channel = head[0].decode().split()[1].rsplit("/", 1)[1]
        self.heads.append((channel, fields))
        if self.greet:
            wfile.write(self.greet)
            return
        if "upgrade" not in fields:
            body = self.info(channel).encode()
            status = "200 OK" if channel in self.messages else "404 Not Found"
            body = body if channel in self.messages else b""
            wfile.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            return
        key = base64.b64encode(hashlib.sha1((fields["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                    + key + b"\r\n\r\n")
        while True:
            kind, text = self.frame(rfile)
            if kind == 9:
                wfile.write(bytes([0x8A, len(text)]) + text)
            if kind != 1:
                continue
            answer = self.answers.get(channel, self.take)(channel, text.decode())
            if answer is None:
                return
            body = answer if isinstance(answer, bytes) else answer.encode()
            wfile.write(bytes([0x81]) + (bytes([len(body)]) if len(body) < 126 else bytes([126]) + struct.pack(">H", len(body))) + body)

    @staticmethod
    def frame(rfile):
        first, size = rfile.read(2)
        size &= 0x7F
        if size == 126:
            size, = struct.unpack(">H", rfile.read(2))
        mask = rfile.read(4)
        return first & 15, bytes(b ^ mask[i % 4] for i, b in enumerate(rfile.read(size)))

    def take(self, channel, text):
        self.messages.setdefault(channel, []).append(text)
        return self.info(channel)

    # What else it can do with a message.

    def take_and_close(self, channel, text):
        self.take(channel, text)

    def close_at_once(self, channel, text):
        pass

    def take_slowly(self, channel, text):
        time.sleep(0.2)
        return self.take(channel, text)

    def say_nothing(self, channel, text):
        time.sleep(rig.PATIENCE)


class Deaf:
    """Takes connections and never says a word; or says something, and closes."""

    def __init__(self, test, word=None):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]
        self.held = []
        self.word = word
        threading.Thread(target=self.run, daemon=True).start()
        test.addCleanup(self.socket.close)

    def run(self):
        try:
            while True:
                s, _ = self.socket.accept()
                if self.word:
                    s.sendall(self.word)
                    s.close()
                else:
                    self.held.append(s)
        except OSError:
            pass

    def url(self):
        return f"ws://127.0.0.1:{self.port}/pub/{{stream}}"


def server_context(tls):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*tls)
    return context

# SPDX-License-Identifier: GPL-3.0-or-later
"""An edge as phicast-edge makes it: real nginx with nchan, in a folder of the test's; and who watches it."""

import base64
import contextlib
import json
import os
import pathlib
import pickle
import random
import re
import shutil
import socket
import subprocess
import sys
import unittest

import audience
import osc_peers
import rig

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
NCHAN = next(pathlib.Path("/usr/lib/nginx/modules").glob("ngx_nchan_module.so"), None)
REDIS = shutil.which("redis-server")
ALL_PARTS = "levels,bands,onsets"
needed = unittest.skipUnless(NGINX and NCHAN, "nginx with nchan is not installed (nginx-light, libnginx-mod-nchan)")


class Edge:
    """So many instances, and what the broadcaster is to be told of them."""

    def __init__(self, test, *options, instances=2):
        self.test = test
        self.folder = test.folder / rig.unique_name("edge")
        self.instances = range(1, instances + 1)
        self.token = test.folder / "token"
        if not self.token.exists():
            self.token.write_bytes(base64.b64encode(os.urandom(24)))
            self.token.chmod(0o600)
        self.publish_port = free_ports(instances + 1)
        self.port = self.publish_port + instances
        made = test.run_program("phicast-edge", "--output", self.folder, "--instances", instances, "--port", self.port, "--bind", "127.0.0.1",
                                "--publish-port", self.publish_port, "--token-file", self.token, "--add", ALL_PARTS, *options)
        test.assertEqual(made.returncode, 0, made.stderr)
        self.urls = re.findall(r"--publish '(.*)'", made.stdout)
        self.url = f"http://127.0.0.1:{self.port}"
        self.nginx = {}

    def start(self, *instances):
        for instance in instances or self.instances:
            prefix = self.folder / f"run-{instance}"
            prefix.mkdir(exist_ok=True)
            self.nginx[instance] = self.test.start(command(prefix, self.folder / f"{instance}.conf"))
        for instance in instances or self.instances:
            rig.wait_until(lambda i=instance: self.listens(i), "nginx to listen")
        return self

    def listens(self, instance):
        self.test.assertTrue(self.nginx[instance].alive(), self.nginx[instance].err)
        return self.worker(instance) and rig.is_open(self.publish_port + instance - 1)

    def worker(self, instance):
        """Its pid; None while there is none."""
        found = pathlib.Path(f"/proc/{self.nginx[instance].pid}/task/{self.nginx[instance].pid}/children").read_text().split()
        return int(found[0]) if found else None

    def publishing(self):
        """The broadcaster's options."""
        return [word for url in self.urls for word in ("--publish", url)]

    def status(self, instance):
        """What nchan says of itself: {name: number}."""
        said = subprocess.run(["curl", "-sH", f"Authorization: Bearer {self.token.read_text()}",
                               f"http://127.0.0.1:{self.publish_port + instance - 1}/status"], capture_output=True, text=True, check=True).stdout
        return {name: int(value) for name, value in re.findall(r"^(.*): (\d+)", said, re.MULTILINE)}

    def ws(self, path):
        return f"ws://127.0.0.1:{self.port}/ws/{path}"


def command(prefix, configuration, *more):
    """As root, workers stay root: the test's folder is its alone."""
    return [NGINX, "-e", "stderr", "-p", prefix, "-c", configuration, *(["-g", "user root;"] if os.geteuid() == 0 else []), *more]


def free_ports(count):
    """The first of so many beside each other, outside of those that the system takes for connections: an instance that is started anew
    must find its own free."""
    while True:
        first = random.randrange(20000, 32000)
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for i in range(count):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", first + i))
            return first


class Crowd:
    """audience.py, in a process of its own."""

    def __init__(self, test, port, *groups):
        """groups: (how many, path)"""
        self.out = test.folder / f"{rig.unique_name('crowd')}.report"
        self.child = test.start([sys.executable, "-B", pathlib.Path(audience.__file__), self.out, port, *(f"{count}:{path}" for count, path in groups)])
        self.child.line("^all are in")

    def report(self):
        """Ends it; a Report."""
        self.child.stop()
        with open(self.out, "rb") as file:
            return pickle.load(file)


class Edging(rig.RigTest):
    """A test with an analyser (phicast-flood, which pushes numbered events), a broadcaster and an edge that it publishes to."""

    def flood(self, *options):
        return osc_peers.Flood(self, "--lively", *options)

    def publisher(self, edge, port=0):
        broadcaster = self.broadcaster("--osc", "none", *edge.publishing(), port=port)
        self.published(broadcaster)
        return broadcaster

    def lines(self, broadcaster):
        return broadcaster.json("/api/status")["edges"]

    def published(self, broadcaster):
        """Waits until everything is being published."""
        rig.wait_until(lambda: all(line["state"] == "connected" for line in self.lines(broadcaster)), "the broadcaster to publish")


def frame(text):
    return json.loads(text)["frame"]

# SPDX-License-Identifier: GPL-3.0-or-later
"""Two machines on one network: namespaces with a cable between them, each with a D-Bus and an Avahi of its own."""

import ctypes
import os
import pathlib
import re
import shutil
import subprocess
import unittest

import rig

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
TOOLS = ("ip", "unshare", "nsenter", "dbus-daemon", "avahi-daemon", "avahi-browse", "avahi-publish")
PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/><allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/><allow receive_type="signal"/><allow receive_type="method_return"/>
    <allow receive_type="error"/>
  </policy>
</busconfig>
"""
DAEMON = """[server]
host-name={host}
allow-interfaces=lo,{interface}
ratelimit-interval-usec=1000000
ratelimit-burst=1000
[wide-area]
enable-wide-area=no
"""


def run(*argv, inside=(), check=True):
    return subprocess.run([*inside, *map(str, argv)], env={**os.environ, "PATH": PATH}, capture_output=True, text=True,
                          timeout=rig.PATIENCE, check=check)


def enter():
    """Moves this process, and so all that it starts, into a network of its own; skips the tests where that is refused."""
    missing = [tool for tool in TOOLS if not shutil.which(tool, path=PATH)]
    if missing:
        raise unittest.SkipTest(f"not installed: {' '.join(missing)} (scripts/setup --tests)")
    user, group = os.geteuid(), os.getegid()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET | (0 if user == 0 else CLONE_NEWUSER)) != 0:
        raise unittest.SkipTest(f"no namespace for a network: {os.strerror(ctypes.get_errno())}")
    try:
        if user != 0:
            pathlib.Path("/proc/self/setgroups").write_text("deny")
            pathlib.Path("/proc/self/uid_map").write_text(f"0 {user} 1")
            pathlib.Path("/proc/self/gid_map").write_text(f"0 {group} 1")
        run("ip", "link", "set", "lo", "up", "multicast", "on")
        run("unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/run")
        run("ip", "link", "add", "try0", "type", "veth", "peer", "name", "try1")
        run("ip", "link", "delete", "try0")
    except (OSError, subprocess.CalledProcessError) as error:
        raise unittest.SkipTest(f"no network of one's own here: {getattr(error, 'stderr', error)}") from None


class Machine:
    """One end of the cable. The first is where the test and its programs are."""

    def __init__(self, test, number, first=None):
        self.test, self.host, self.interface = test, f"machine{number}", f"cable{number}"
        self.address = f"10.99.0.{number}"
        self.folder = test.folder / self.host
        self.folder.mkdir()
        self.folder.chmod(0o755)
        test.folder.chmod(0o755)
        self.env = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.folder / 'bus'}", "PATH": PATH}
        self.inside = []
        if first:
            other = test.start(["unshare", "--net", "sh", "-c", "echo there; exec sleep infinity"])
            other.line("there")
            self.inside = ["nsenter", "-t", str(other.pid), "--net"]
            run("ip", "link", "add", first.interface, "type", "veth", "peer", "name", self.interface, "netns", other.pid)
            test.addCleanup(run, "ip", "link", "delete", first.interface, check=False)
            for machine in (first, self):
                run("ip", "link", "set", "lo", "up", "multicast", "on", inside=machine.inside)
                run("ip", "address", "add", f"{machine.address}/24", "dev", machine.interface, inside=machine.inside)
                run("ip", "link", "set", machine.interface, "up", inside=machine.inside)

    def start(self, *argv):
        return self.test.start([*self.inside, *argv], env=self.env)

    def start_bus(self):
        path = self.folder / "bus.conf"
        path.write_text(BUS.format(socket=self.folder / "bus"))
        (self.folder / "bus").unlink(missing_ok=True)
        self.bus = self.start("dbus-daemon", "--nofork", f"--config-file={path}", "--print-address=1")
        self.bus.line("unix:")

    def start_avahi(self):
        """Its place for its own number and socket is the same for all: a /run for each."""
        path = self.folder / "avahi.conf"
        path.write_text(DAEMON.format(host=self.host, interface=self.interface))
        self.avahi = self.start("unshare", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /run && exec \"$@\"", "sh", "avahi-daemon",
                                "--no-drop-root", "--no-chroot", "--no-rlimits", "-f", str(path))
        self.avahi.line("Server startup complete", "err")

    def publish(self, name, kind, port, *facts):
        child = self.start("avahi-publish", "-s", name, kind, str(port), *facts)
        child.line("Established under name", "err")
        return child

    def browse(self, kind):
        """{(name, address, port): facts} of that type as this machine sees them now."""
        result = run("env", *(f"{k}={v}" for k, v in self.env.items()), "avahi-browse", "-prt", kind, inside=self.inside)
        found = {}
        for line in result.stdout.splitlines():
            fields = line.split(";", 9)
            if fields[0] == "=":
                name = re.sub(r"\\(\d{3})", lambda m: chr(int(m.group(1))), fields[3])
                found[name, fields[7], int(fields[8])] = re.findall(r'"([^"]*)"', fields[9])
        return found

# SPDX-License-Identifier: GPL-3.0-or-later
"""The systemd units in a real user manager: an ordinary user's, with a home, a runtime folder and a cgroup of its own.

The manager sees that user in /etc/passwd, the built programs in /usr/local/bin and, where the machine runs no systemd, a
/run/systemd that says it does; all of that by mounts that are the manager's alone.
"""

import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request

import rig

MANAGER = next((path for path in map(pathlib.Path, ("/usr/lib/systemd/systemd", "/lib/systemd/systemd")) if path.exists()),
               None)
PIPEWIRE = rig.LIBJACK and pathlib.Path("/usr/lib/systemd/user/pipewire.service").exists()
USER, UID = "phicast-test", 61997
UNITS = ("phicast-jack", "phicast-broadcaster")
JACK = """[Service]
ExecStart=jackd --no-realtime -d dummy -p 512
"""
# What the units say goes to files: there may be no journal.
DROP_IN = """[Service]
StandardError=append:{log}
StandardOutput=append:{log}
"""
ENTER = """set -e
[ -d /run/systemd/system ] || { mkdir -p /run/systemd && mount -t tmpfs tmpfs /run/systemd && mkdir /run/systemd/system; }
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/group" /etc/group
mount --bind "$2" /usr/local/bin
shift 2
while [ "$1" != -- ]; do
    echo 0 >"$1/cgroup.procs"
    shift
done
shift
exec "$@"
"""


def hierarchies():
    """Where the manager's cgroups are: one folder, or two where cgroup v1 is still beside v2."""
    found = []
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        fields, kind = line.split(" - ")
        if kind.startswith("cgroup2 ") or "name=systemd" in kind:
            found.append(pathlib.Path(fields.split()[4]))
    return found


def no_manager():
    """Why there can be no user manager here, or None."""
    if os.geteuid() != 0:
        return "making a cgroup for another user takes root"
    if not MANAGER or not shutil.which("systemctl") or not shutil.which("setpriv"):
        return "systemd is not installed"
    if not hierarchies() or not all(os.access(path, os.W_OK) and not os.statvfs(path).f_flag & os.ST_RDONLY
                                    for path in hierarchies()):
        return "no cgroup can be made"
    if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], stderr=subprocess.DEVNULL,
                      check=False).returncode != 0:
        return "nothing can be mounted"
    return None


class UserManager:
    """systemd --user, and what it has to see."""

    def __init__(self, test):
        self.test = test
        self.folder = test.folder
        self.home = self.folder / "home"
        self.run = self.folder / "run"
        self.cgroups = [path / self.folder.name for path in hierarchies()]
        self.user = ["setpriv", "--reuid", str(UID), "--regid", str(UID), "--clear-groups", "env", "-i",
                     f"HOME={self.home}", f"USER={USER}", f"LOGNAME={USER}", f"XDG_RUNTIME_DIR={self.run}",
                     "PATH=/usr/local/bin:/usr/bin:/bin"]
        self.folder.chmod(0o711)
        for name in ("passwd", "group"):
            line = f"{USER}:x:{UID}:{UID}::{self.home}:/bin/sh\n" if name == "passwd" else f"{USER}:x:{UID}:\n"
            (self.folder / name).write_text(pathlib.Path("/etc", name).read_text() + line)
        self.lay_out()
        for path in self.cgroups:
            path.mkdir()
            for own in (path, *path.glob("cgroup.*")):
                with contextlib.suppress(PermissionError):
                    os.chown(own, UID, UID)
        self.child = test.start(["unshare", "-m", "sh", "-c", ENTER, "sh", self.folder, rig.BIN, *self.cgroups, "--",
                                 *self.user, MANAGER, "--user"])
        rig.wait_until(lambda: self.child.alive() and self.show("default.target", "ActiveState") == ["active"],
                       "the user manager")

    def lay_out(self):
        units = self.home / ".config/systemd/user"
        units.mkdir(parents=True)
        for unit in UNITS:
            shutil.copy(rig.ROOT / f"data/systemd/{unit}.service", units)
            (units / f"{unit}.service.d").mkdir()
            (units / f"{unit}.service.d/log.conf").write_text(DROP_IN.format(log=self.home / f"{unit}.log"))
        (units / "jack.service").write_text(JACK)
        for unit in ("pipewire.socket", "pipewire.service"):
            (units / unit).symlink_to("/dev/null")
        self.run.mkdir(mode=0o700)
        for path in (self.home, self.run, *self.home.rglob("*")):
            os.chown(path, UID, UID, follow_symlinks=False)

    def systemctl(self, *words):
        return subprocess.run(["nsenter", "-t", str(self.child.pid), "-m", *self.user, "systemctl", "--user", "--no-pager", *words], capture_output=True, text=True,
                              check=False, timeout=rig.PATIENCE)

    def do(self, *words):
        result = self.systemctl(*words)
        self.test.assertEqual(result.returncode, 0, f"{words}: {result.stderr}")

    def show(self, unit, *properties):
        return [self.systemctl("show", "--value", "-p", name, unit).stdout.strip() for name in properties]

    def logs(self):
        return [log for log in (self.home / f"{unit}.log" for unit in UNITS) if log.exists()]

    def end(self):
        self.systemctl("exit")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.child.wait(10)
        self.child.stop()
        self.remove_cgroups()

    def remove_cgroups(self):
        def remove():
            for path in self.cgroups:
                for inner in sorted(path.rglob("*/"), reverse=True) if path.exists() else ():
                    if inner.is_dir():
                        inner.rmdir()
                if path.exists():
                    path.rmdir()
            return True

        def try_to():
            with contextlib.suppress(OSError):
                return remove()
        with contextlib.suppress(AssertionError):
            rig.wait_until(try_to, "the cgroups to be empty", 10)


@unittest.skipIf(no_manager(), no_manager())
class Units(rig.RigTest):
    ABSENCE = 12  # s without a server: systemd gives up on five failures within ten

    def setUp(self):
        super().setUp()
        self.manager = None
        self.port = rig.free_port()
        self.manager = UserManager(self)
        conf = self.manager.home / ".config/phicast/phicast.conf"
        conf.parent.mkdir()
        conf.write_text(f"""// read by both units
            {{"name": "{self.name}", "phicast-broadcaster": {{"port": {self.port}, "osc": ["none"]}}}}""")

    def clear(self):
        result = self._outcome.result
        if self.manager:
            if any(test is self for test, _ in result.failures + result.errors):
                print(*(f"--- {log.name}\n{log.read_text()[-3000:]}" for log in self.manager.logs()), file=sys.stderr)
            self.manager.end()
        super().clear()

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=rig.PATIENCE) as response:
                return response.read().decode()
        except (urllib.error.URLError, ConnectionError):
            return None

    def frame(self):
        text = self.get("/api/metrics") if self.get("/readyz") else None
        found = re.search(r'"frame":\s*(\d+)', text or "")
        return int(found.group(1)) if found else 0

    def live(self, what):
        """How long it takes, in s, until frames come and go on coming."""
        begin = time.monotonic()
        first = rig.wait_until(self.frame, what)
        rig.wait_until(lambda: self.frame() > first + 10, f"{what}: more frames")
        return time.monotonic() - begin

    def quiet(self, what):
        rig.wait_until(lambda: not self.frame(), what)

    def said(self):
        return (self.manager.home / "phicast-jack.log").read_text()

    def check_same(self):
        """Neither has ever been restarted."""
        for unit in UNITS:
            self.assertEqual(self.manager.show(f"{unit}.service", "ActiveState", "NRestarts"), ["active", "0"], unit)

    def enable(self):
        self.manager.do("enable", "--now", *UNITS)
        rig.wait_until(lambda: self.get("/healthz"), "the broadcaster")

    def allow_pipewire(self):
        self.manager.do("unmask", "pipewire.socket", "pipewire.service")

    def measure_absence_jack_pipewire(self):
        """Without a server for long, then a JACK server; then PipeWire in its place. Seconds to live of each."""
        self.enable()
        time.sleep(self.ABSENCE)  # its length is what is tested
        self.check_same()
        self.assertEqual(self.said().count("\n"), 1, self.said())
        self.manager.do("start", "jack.service")
        times = {"jackd after no server": self.live("a JACK server")}
        self.assertIn("joined JACK server default", self.said())
        self.manager.do("stop", "jack.service")
        self.quiet("the JACK server's end")
        if PIPEWIRE:
            self.allow_pipewire()
            self.manager.do("start", "pipewire.socket")
            times["PipeWire in JACK's place"] = self.live("PipeWire in its place")
        self.check_same()
        return times

    def measure_pipewire(self):
        """PipeWire alone, restarted as desktops do it, and killed."""
        self.allow_pipewire()
        self.manager.do("start", "pipewire.socket")
        self.enable()
        times = {"PipeWire alone": self.live("PipeWire")}
        self.assertIn("joined PipeWire", self.said())
        for verb in (("restart", "pipewire.service"), ("kill", "--signal=KILL", "pipewire.service")):
            joined = self.said().count("joined PipeWire")
            self.manager.do(*verb)
            begin = time.monotonic()
            rig.wait_until(lambda: self.said().count("joined PipeWire") > joined, f"PipeWire to be joined after {verb[0]}")
            self.live(f"PipeWire after {verb[0]}")
            times[f"PipeWire after {verb[0]}"] = time.monotonic() - begin
        self.check_same()
        return times



class UnitsTest(Units):
    def test_no_server_then_jack_then_pipewire(self):
        self.measure_absence_jack_pipewire()

    @unittest.skipUnless(PIPEWIRE, "PipeWire is not installed")
    def test_pipewire_alone_and_restarted(self):
        self.measure_pipewire()

    def test_a_wrong_configuration_is_not_tried_again(self):
        (self.manager.home / ".config/phicast/phicast.conf").write_text("{\n5}")
        for unit in UNITS:
            self.manager.systemctl("start", unit)
            rig.wait_until(lambda: self.manager.show(unit, "ActiveState") == ["failed"], f"{unit} to fail")
            self.assertEqual(self.manager.show(unit, "NRestarts", "ExecMainStatus"), ["0", "2"])


if __name__ == "__main__":
    unittest.main(verbosity=2)

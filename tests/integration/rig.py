# SPDX-License-Identifier: GPL-3.0-or-later
"""The real programs around one test: a jackd of its own, the analyser, the broadcaster, the player.

Every test has its own JACK server, segment name, port and folder, so tests run side by side. What a test
started is stopped by its pid when the test ends; what those programs said is shown when it failed.
"""

import asyncio
import contextlib
import ctypes
import glob
import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

import numpy
import websockets

import sockets

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("PHICAST_BIN", ROOT / "build/release/bin"))
SAMPLES = pathlib.Path("/usr/share/sonic-pi/samples")
RECORDINGS = [SAMPLES / f"{name}.flac" for name in ("loop_amen", "ambi_drone", "loop_garzul", "bass_voxy_c")]
PATIENCE = 120  # s: the most that any wait for a condition takes before the test fails; a loaded machine is slow

METRICS_AT = 128 + 64 + 64 * 1024  # in the telemetry segment: behind its front and the ring of events
METRICS_SIZE = 10456

_serial = itertools.count(1)
_libc = ctypes.CDLL(None)


def unique_name(prefix="pt"):
    """A name for a server, a client or a segment that nobody else uses now."""
    return f"{prefix}{os.getpid()}x{next(_serial)}"


def wait_until(condition, what, timeout=PATIENCE):
    """The first true value of condition(); fails after the timeout."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout} s in vain: {what}")
        time.sleep(0.01)


def realtime_permitted():
    """Whether this user may run realtime threads."""
    return subprocess.run(["chrt", "-f", "10", "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0


class Child:
    """A program that was started; its output goes to files, so that no pipe ever blocks it."""

    def __init__(self, folder, argv, env=None, cwd=None):
        self.name = pathlib.Path(argv[0]).name
        base = folder / f"{next(_serial)}-{self.name}"
        self.argv = [str(a) for a in argv]
        self.out_path = base.with_suffix(".out")
        self.err_path = base.with_suffix(".err")

        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.process = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                preexec_fn=lambda: _libc.prctl(1, signal.SIGTERM),  # do not outlive a test that is killed
            )
        self.pid = self.process.pid

    @property
    def out(self):
        return self.out_path.read_text(errors="replace")

    @property
    def err(self):
        return self.err_path.read_text(errors="replace")

    def alive(self):
        return self.process.poll() is None

    def line(self, pattern, stream="out", timeout=PATIENCE):
        """The match of the first line that the program printed and that fits the pattern."""

        def look():
            ended = not self.alive()
            match = re.search(pattern, getattr(self, stream), re.MULTILINE)
            if ended and not match:
                raise AssertionError(f"{self.name} ended ({self.process.returncode}) before it said {pattern!r}:"
                                     f"\n{self.err}")
            return match

        return wait_until(look, f"{self.name} to say {pattern!r}", timeout)

    def wait(self, timeout=PATIENCE):
        """The exit code."""
        return self.process.wait(timeout)

    def kill(self):
        """As hard as it gets."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Asks it to end, and makes it end if it does not; the exit code."""
        if self.alive():
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode


def give_slots_back():
    """JACK's registry has room for eight servers, and keeps the entry of one that was killed until a server of
    that name ends well. So start and end one for each dead server that tests (or scripts/run) left there."""
    registry = pathlib.Path("/dev/shm/jack-shm-registry")
    data = registry.read_bytes() if registry.exists() else b""
    for entry in re.finditer(rb"jack-%d:(pt\d+x\d+|phicast-\d+):\0" % os.getuid(), data):
        if not pathlib.Path(f"/proc/{struct.unpack_from('<i', data, entry.start() - 4)[0]}").exists():
            name = entry.group(1).decode()
            with subprocess.Popen(["jackd", "--no-realtime", "-n", name, "-d", "dummy"], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
                subprocess.run(["jack_wait", "-s", name, "-w", "-t", "5"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, check=False)
                server.terminate()


class Jackd:
    """A private server with the dummy driver. A patient one waits for its clients and for itself, however late they
    are (tests/tools/patient.c): on no machine does it skip a cycle or a count of its frames."""

    def __init__(self, rig, period=256, rate=48000, realtime=False, sync=False, patient=False, options=(),
                 driver_options=(), name=None):
        self.rig = rig
        self.name = name or unique_name()
        mode = ["-R", "-P", "10"] if realtime and realtime_permitted() else ["--no-realtime"]
        mode += ["-S"] if sync else ["-S", "-t", "30000"] if patient else []
        self.argv = ["jackd", *mode, "-n", self.name, *options, "-d", "dummy", "-r", str(rate), "-p", str(period),
                     *driver_options]
        self.env = {"JACK_DEFAULT_SERVER": self.name, "JACK_NO_START_SERVER": "1", "JACK_NO_AUDIO_RESERVATION": "1"}
        self.driver_env = {"LD_PRELOAD": str(BIN.parent / "lib/phicast-patient.so")} if patient else {}
        rig.servers.append(self)
        give_slots_back()
        self.start()

    def start(self):
        self.child = self.rig.start(self.argv, env={**self.env, **self.driver_env})
        wait_until(self.ready, "jackd to start")

    def ready(self):
        if not self.child.alive():
            raise AssertionError(f"jackd ended: {self.child.out}\n{self.child.err}")
        return self.run("jack_lsp").returncode == 0

    def run(self, *argv):
        """Runs a JACK tool in this server. Once in a hundred times or so libjack hangs while such a tool closes its
        client, its work done: it is then run again (so what it says may be that there was nothing left to do)."""
        for timeout in (20, 20, PATIENCE):
            with contextlib.suppress(subprocess.TimeoutExpired):
                return subprocess.run([str(a) for a in argv], env={**os.environ, **self.env}, capture_output=True,
                                      text=True, timeout=timeout, check=False)
        raise AssertionError(f"{argv[0]} hangs")

    def kill(self):
        self.child.kill()
        self.clear()

    def clear(self):
        """Removes what a killed server of this name leaves behind, and nothing of any other's."""
        self.child.stop()
        uid = os.getuid()
        for path in glob.glob(f"/dev/shm/jack_sem.{uid}_{self.name}_*") + glob.glob(f"/dev/shm/jack_{self.name}_*"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

    def ports(self):
        """{port: set of the ports it is connected with}"""
        ports = {}
        for line in self.run("jack_lsp", "-c").stdout.splitlines():
            if line.startswith(" "):
                ports[current].add(line.strip())
            elif line.strip():
                current = line.strip()
                ports[current] = set()
        return ports

    def connect(self, source, sink):
        wait_until(lambda: {source, sink} <= self.ports().keys(), f"{source} and {sink} to exist")
        wait_until(lambda: self.run("jack_connect", source, sink).returncode == 0, f"{source} to meet {sink}")


LIBJACK = next(iter(sorted(pathlib.Path("/usr/lib").glob("*/pipewire-0.3/jack"))), None)


class PipeWire:
    """A private PipeWire; programs started with its `env` run in it through its libjack."""

    def __init__(self, rig, started=True):
        self.rig = rig
        runtime = rig.folder / "runtime"
        runtime.mkdir(mode=0o700)
        self.env = {"XDG_RUNTIME_DIR": str(runtime), "LD_LIBRARY_PATH": str(LIBJACK), "DBUS_SESSION_BUS_ADDRESS": ""}
        self.own_env = {**self.env, "LD_LIBRARY_PATH": ""}
        if started:
            self.start()

    def start(self):
        self.child = self.rig.start(["pipewire"], env=self.own_env)
        wait_until(lambda: self.ports() is not None, "PipeWire to start")

    def ports(self):
        result = subprocess.run(["jack_lsp"], env={**os.environ, **self.env}, capture_output=True, text=True,
                                timeout=PATIENCE, check=False)
        return result.stdout.split() if result.returncode == 0 else None

    def quantum(self, samples):
        """Has all clients run at this period."""
        subprocess.run(["pw-metadata", "-n", "settings", "0", "clock.force-quantum", str(samples)], check=True,
                       env={**os.environ, **self.own_env}, timeout=PATIENCE, stdout=subprocess.DEVNULL)

    def analyser(self, *options):
        return self.rig.start([BIN / "phicast-jack", "-n", self.rig.name, *options], env=self.env)

    def player(self, *options):
        return self.rig.start([BIN / "phicast-play", "-n", "source", "--loop", *options, *RECORDINGS[:2]], env=self.env)


class Broadcaster:
    """phicast-broadcaster on a free port."""

    def __init__(self, rig, name, *options, port=0, env=None):
        self.child = rig.start([BIN / "phicast-broadcaster", "-n", name, "-p", str(port), *options], env=env)
        self.url = self.child.line(r"^listening on (http://\S+)").group(1).rstrip("/")
        self.port = int(self.url.rsplit(":", 1)[1])

    def get(self, path, method="GET", data=None, headers=None):
        """(status, content type, text)"""
        request = urllib.request.Request(self.url + path, method=method, data=data, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                return response.status, response.headers.get_content_type(), response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers.get_content_type(), error.read().decode()

    def json(self, path):
        return json.loads(self.get(path)[2])

    def ready(self):
        return self.get("/readyz")[0] == 200

    def ws(self, stream):
        """To be used as websockets.connect is."""
        return websockets.connect(self.url.replace("http", "ws", 1) + f"/ws/{stream}", max_size=None)

    async def refusal(self, stream):
        """The status with which a stream is refused; None if it opens."""
        return await sockets.refusal(self.ws(stream))


class RigTest(unittest.IsolatedAsyncioTestCase):
    """A test with a folder, a segment name, and children that end with it."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="phicast-test-"))
        self.name = unique_name()
        self.children = []
        self.servers = []
        self.addCleanup(self.clear)

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # it warns of every wait_until

    def clear(self):
        # Clients first: a jackd that tells one that is going that it is going itself dies of SIGPIPE.
        for child in sorted(reversed(self.children), key=lambda child: child.name == "jackd"):
            child.stop()
        for server in self.servers:
            server.clear()
        result = self._outcome.result
        if any(test is self for test, _ in result.failures + result.errors):
            for child in self.children:
                text = (child.out[-2000:] + child.err[-4000:]).strip()
                print(f"--- {' '.join(child.argv)} (ended with {child.process.returncode})\n{text}", file=sys.stderr)
        for path in glob.glob(f"/dev/shm/phicast.{self.name}.*"):
            os.unlink(path)
        shutil.rmtree(self.folder)

    def own_env(self, env):
        """What a program sees beside this process's environment: no calibrations nor configuration but this test's."""
        return {"XDG_STATE_HOME": str(self.folder / "state"), "XDG_CONFIG_HOME": str(self.folder / "config"),
                **(env or {})}

    def start(self, argv, env=None, cwd=None):
        child = Child(self.folder, argv, self.own_env(env), cwd)
        self.children.append(child)
        return child

    def run_program(self, program, *args, env=None, timeout=PATIENCE):
        """Runs one of ours to its end."""
        return subprocess.run([str(BIN / program), *map(str, args)], env={**os.environ, **self.own_env(env)},
                              capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL, check=False)

    def jackd(self, **options):
        return Jackd(self, **options)

    def analyser(self, server, *options):
        """phicast-jack, once its ports are there."""
        child = self.start([BIN / "phicast-jack", "-n", self.name, "-s", server.name, *options])
        child.line(r"stream starts at JACK frame (\d+)", "err")
        return child

    def broadcaster(self, *options, port=0, env=None):
        return Broadcaster(self, self.name, *options, port=port, env=env)

    def player(self, server, files, *options, name=None):
        return self.start([BIN / "phicast-play", "-s", server.name, "-n", name or unique_name("play"), *options, *files])

    async def take(self, broadcaster, stream, count):
        """The next so many messages of a stream."""
        async with broadcaster.ws(stream) as ws:
            return [await asyncio.wait_for(ws.recv(), PATIENCE) for _ in range(count)]


def wait_ready(broadcaster):
    wait_until(broadcaster.ready, "/readyz to say 200")


def is_open(port):
    """Whether somebody listens there."""
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def write_wav(path, samples, rate=48000):
    """Float WAV; samples: float32, or uint32 for exact bits, of shape (frames, channels)."""
    data = numpy.ascontiguousarray(samples)
    assert data.dtype in (numpy.float32, numpy.uint32)
    channels = data.shape[1]
    form = struct.pack("<HHIIHH", 3, channels, rate, rate * channels * 4, channels * 4, 32)
    chunks = (b"fmt " + struct.pack("<I", len(form)) + form + b"fact" + struct.pack("<II", 4, len(data))
              + b"data" + struct.pack("<I", data.nbytes))
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks) + data.nbytes) + b"WAVE" + chunks + data.tobytes())
    return path


def read_wav(path):
    """The samples of a float WAV as they are, as uint32 of shape (frames, channels)."""
    raw = path.read_bytes()
    at, channels = 12, 0
    while at < len(raw):
        kind, size = raw[at:at + 4], struct.unpack_from("<I", raw, at + 4)[0]
        if kind == b"fmt ":
            channels = struct.unpack_from("<H", raw, at + 10)[0]
        if kind == b"data":
            return numpy.frombuffer(raw, "<u4", size // 4, at + 8).reshape(-1, channels)
        at += 8 + size + size % 2
    raise ValueError(f"{path}: no data")


def recorded_mix(folder, seconds, rate=48000):
    """A WAV of real recordings side by side, eight channels."""
    path = folder / "mix.wav"
    subprocess.run([BIN / "phicast-join", "-f", str(seconds * rate), "-r", str(rate), path, *RECORDINGS], check=True)
    return path


def main():
    unittest.main(verbosity=2)

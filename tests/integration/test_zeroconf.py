# SPDX-License-Identifier: GPL-3.0-or-later
"""Announced on the network and found there, by real Avahi daemons on two machines with a cable between them."""

import os
import pathlib
import signal
import socket
import subprocess
import unittest

import network
import osc_peers
import rig

setUpModule = network.enter
OURS = {"_phicast._tcp", "_http._tcp", "_oscjson._tcp", "_osc._udp"}
EVERYWHERE = ("--bind", "0.0.0.0", "--insecure-open")


class Zeroconf(rig.RigTest):
    def setUp(self):
        super().setUp()
        self.here = network.Machine(self, 1)
        self.there = network.Machine(self, 2, self.here)
        self.service = f"{self.name} on machine1"

    def begin(self, *machines):
        for machine in machines or (self.here, self.there):
            machine.start_bus()
            machine.start_avahi()

    def broadcaster(self, *options, **more):
        more.setdefault("env", self.here.env)
        return super().broadcaster("--osc", "none", *options, **more) if "--osc" not in options else super().broadcaster(
            *options, **more)

    def until(self, broadcaster, state):
        """What /api/status says of it, once it is in that state."""
        def look():
            told = broadcaster.json("/api/status")["zeroconf"]
            return told if told["state"] == state else None

        return rig.wait_until(look, f"zeroconf to be {state}")

    def seen(self, kind, name=None, machine=None):
        """{port: facts} of the services of that type and name that the other machine sees at our address."""
        return {port: facts for (said, address, port), facts in (machine or self.there).browse(kind).items()
                if said == (name or self.service) and address == self.here.address}

    def wait_gone(self, kind, name=None):
        rig.wait_until(lambda: not self.seen(kind, name), f"{kind} to be taken back")

    def discover(self, **more):
        return self.run_program("phicast-broadcaster", "--discover", env=self.here.env, **more)

    def test_announced(self):
        self.begin()
        listener = self.broadcaster(*EVERYWHERE, "--osc-listen", "0", "--osc-bind", "0.0.0.0")
        osc = int(listener.child.line(r"listening for OSC on osc.udp://0.0.0.0:(\d+)").group(1))
        told = self.until(listener, "announced")
        ports = {kind: osc if kind == "_osc._udp" else listener.port for kind in OURS}
        self.assertEqual(told["name"], self.service)
        self.assertEqual({s["type"]: s["port"] for s in told["services"]}, ports)
        for kind, port in ports.items():
            self.assertEqual(list(rig.wait_until(lambda kind=kind: self.seen(kind), kind)), [port])
        facts = self.seen("_phicast._tcp")[listener.port]
        version = listener.json("/version")["version"]
        self.assertLessEqual({"token=0", "tls=0", f"version={version}", "metrics=/ws/metrics"}, set(facts))
        for path in (fact.split("=")[1] for fact in facts if "=/api" in fact):
            self.assertEqual(listener.get(path)[0], 200)
        self.assertIn("path=/", self.seen("_http._tcp")[listener.port])
        self.assertEqual(listener.child.stop(), 0)
        for kind in OURS:
            self.wait_gone(kind)

    def test_token_and_one_address(self):
        """Told of on the interface of that address alone, with what a client needs to know."""
        self.begin()
        secret = self.folder / "token"
        secret.write_text("a-token-for-the-tests\n")
        secret.chmod(0o600)
        listener = self.broadcaster("--bind", "127.0.0.1", "--bind", self.here.address, "--token-file", secret)
        facts = rig.wait_until(lambda: self.seen("_phicast._tcp"), "the service")
        self.assertEqual(list(facts), [listener.port])
        self.assertIn("token=1", facts[listener.port])
        own = self.here.browse("_phicast._tcp")
        self.assertEqual({address for _, address, _ in own if ":" not in address}, {self.here.address})

    def test_never_loopback(self):
        """Each of the two ports by itself."""
        self.begin()
        osc = self.broadcaster("--osc-listen", "0", "--osc-bind", self.here.address)
        self.until(osc, "announced")
        rig.wait_until(lambda: self.seen("_osc._udp"), "the OSC port")
        for kind in OURS - {"_osc._udp"}:
            self.assertEqual(self.seen(kind), {}, kind)
        osc.child.stop()
        self.wait_gone("_osc._udp")
        http = self.broadcaster("--osc-listen", "0", *EVERYWHERE)
        self.until(http, "announced")
        rig.wait_until(lambda: self.seen("_http._tcp"), "the HTTP port")
        self.assertEqual(self.seen("_osc._udp"), {})
        http.child.stop()
        self.wait_gone("_http._tcp")
        for options in ((), ("--osc-listen", "0"), (*EVERYWHERE, "--no-zeroconf")):
            listener = self.broadcaster(*options)
            told = listener.json("/api/status")["zeroconf"]
            self.assertEqual((told["state"], told["name"], told["services"]), ("off", "", []), options)
            self.assertIn("--no-zeroconf" if "--no-zeroconf" in options else "only this machine", told["detail"])
            threads = os.listdir(f"/proc/{listener.child.pid}/task")
            self.assertEqual(len(threads), 1, options)  # nobody was asked
            listener.child.stop()

    def test_name_taken(self):
        """By a program here, or by one on another machine."""
        self.begin()
        for machine in (self.here, self.there):
            other = machine.publish(self.service, "_phicast._tcp", 9)
            rig.wait_until(lambda: any(name == self.service for name, *_ in self.here.browse("_phicast._tcp")), "the other")
            listener = self.broadcaster(*EVERYWHERE)
            self.assertEqual(self.until(listener, "announced")["name"], f"{self.service} #2")
            rig.wait_until(lambda: list(self.seen("_http._tcp", f"{self.service} #2")) == [listener.port], "the other name")
            listener.child.stop()
            self.wait_gone("_http._tcp", f"{self.service} #2")
            other.stop()

    def test_avahi_comes_goes_and_comes(self):
        """First nothing is there, then the bus, then the daemon; then each is killed and comes back."""
        self.begin(self.there)
        listener = self.broadcaster(*EVERYWHERE)
        self.assertIn("D-Bus", self.until(listener, "waiting")["detail"])
        self.here.start_bus()
        rig.wait_until(lambda: "avahi-daemon" in self.until(listener, "waiting")["detail"], "the bus to be found")
        self.here.start_avahi()
        self.assertEqual(self.until(listener, "announced")["name"], self.service)
        rig.wait_until(lambda: self.seen("_phicast._tcp"), "the service")
        self.here.avahi.kill()
        self.assertEqual(self.until(listener, "waiting")["name"], "")
        self.here.start_avahi()
        self.until(listener, "announced")
        self.here.avahi.stop()
        self.until(listener, "waiting")
        self.wait_gone("_phicast._tcp")
        self.here.start_avahi()
        self.until(listener, "announced")
        rig.wait_until(lambda: self.seen("_phicast._tcp"), "the service")
        self.here.bus.kill()
        self.here.avahi.kill()
        self.until(listener, "waiting")
        self.begin(self.here)
        self.until(listener, "announced")
        self.assertEqual(list(rig.wait_until(lambda: self.seen("_phicast._tcp"), "the service")), [listener.port])
        self.assertEqual(listener.child.stop(), 0)

    def test_avahi_or_the_bus_stand_still(self):
        """Whoever hangs, the broadcaster goes on: its streams do, and it ends at once."""
        self.begin(self.here)
        for stuck in (self.here.avahi, self.here.bus):
            stuck.process.send_signal(signal.SIGSTOP)
            try:
                osc_peers.Flood(self)
                listener = self.broadcaster(*EVERYWHERE, "--osc", "zeroconf:Nobody")
                rig.wait_ready(listener)
                frames = listener.json("/api/metrics")["frame"]
                rig.wait_until(lambda: listener.json("/api/metrics")["frame"] > frames + 200, "frames to go by")
                self.assertEqual(listener.json("/api/status")["zeroconf"]["state"], "starting")
                self.assertEqual(listener.child.stop(), 0)
                found = self.discover()
                self.assertEqual((found.returncode, found.stdout), (1, ""))
            finally:
                stuck.process.send_signal(signal.SIGCONT)
            self.children[-2].stop()
            listener = self.broadcaster(*EVERYWHERE)
            self.until(listener, "announced")
            listener.child.stop()

    def test_discover(self):
        self.begin()
        listener = self.broadcaster(*EVERYWHERE)
        self.until(listener, "announced")
        self.there.publish("Beamer/1 'left' \u00e9", "_osc._udp", 7000)
        self.there.publish("evil \x1b[2J", "_phicast._tcp", 8000, "fact=\x1b]0;x\x07\n", "name=\u00e9")
        rig.wait_until(lambda: self.seen("_phicast._tcp") and len(self.here.browse("_osc._udp")) > 0, "all of them")
        found = self.discover()
        self.assertEqual((found.returncode, found.stderr), (0, ""), found)
        lines = found.stdout.splitlines()
        self.assertRegex(found.stdout, rf"(?m)^{self.service} +10\.99\.0\.1:{listener.port} +txtvers=1 version=\S+ token=0")
        self.assertRegex(found.stdout, r"(?m)^evil \?\[2J +10\.99\.0\.2:8000 +fact=\?\]0;x\?\? name=\u00e9$")
        self.assertRegex(found.stdout, r"(?m)^Beamer/1 'left' \u00e9 +10\.99\.0\.2:7000 +--osc 'zeroconf:Beamer%2F1 %27left%27 \u00e9'$")
        self.assertEqual(len([line for line in lines if self.service in line]), 1)
        self.assertLess(lines.index("Broadcasters:"), lines.index("OSC receivers:"))

    def test_discover_nobody(self):
        """No bus, no daemon, nobody, and a hand that does not wait for the end."""
        found = self.discover()
        self.assertEqual((found.returncode, found.stdout, found.stderr.count("\n")), (1, "", 1))
        self.assertIn("start dbus and avahi-daemon", found.stderr)
        self.here.start_bus()
        found = self.discover()
        self.assertEqual((found.returncode, found.stdout, found.stderr.count("\n")), (1, "", 1))
        self.assertIn("Avahi is not running; start avahi-daemon", found.stderr)
        self.here.start_avahi()
        found = self.discover()
        self.assertEqual((found.returncode, found.stderr), (0, ""))
        self.assertIn("Nobody answers", found.stdout)
        child = self.start([rig.BIN / "phicast-broadcaster", "--discover"], env=self.here.env)
        rig.wait_until(lambda: int(next(l.split()[1] for l in pathlib.Path(f"/proc/{child.pid}/status").read_text().splitlines()
                                        if l.startswith("SigBlk")), 16) & 2, "it to be ready for Ctrl-C")
        child.process.send_signal(signal.SIGINT)
        rig.wait_until(lambda: not child.alive(), "its end")
        self.assertIn(child.process.returncode, (0, 1))  # 1: before Avahi was asked

    def receiver(self, machine, port=0):
        """A socket there: sockets stay in the namespace that they were made in."""
        child = machine.start("python3", "-u", "-c", "import socket, sys; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
                              "s.bind(('0.0.0.0', int(sys.argv[1]))); print('port', s.getsockname()[1])\n"
                              "while True: print('got', s.recvfrom(65536)[0][:40])", str(port))
        return child, int(child.line(r"port (\d+)").group(1))

    def target(self, listener):
        return listener.json("/api/status")["osc"]["targets"][0]

    def test_target_comes_moves_and_goes(self):
        self.begin()
        osc_peers.Flood(self)
        listener = self.broadcaster("--osc", "zeroconf:the%20Lamp?metrics=1")
        waiting = rig.wait_until(lambda: (t := self.target(listener))["state"] == "waiting" and t, "it to be missed")
        self.assertEqual(waiting["url"], "zeroconf:the Lamp/phicast")
        self.assertEqual(waiting["detail"], "no service of that name is announced; trying again")
        first, port = self.receiver(self.there)
        service = self.there.publish("The Lamp", "_osc._udp", port)
        first.line("got")
        self.assertEqual(self.target(listener)["state"], "open")
        # It comes back at another port.
        service.stop()
        second, port = self.receiver(self.there)
        service = self.there.publish("The Lamp", "_osc._udp", port)
        second.line("got")
        # At another machine: ours.
        service.stop()
        third, port = self.receiver(self.here)
        service = self.here.publish("The Lamp", "_osc._udp", port)
        third.line("got")
        # The loss of Avahi alone is not its end.
        self.here.avahi.kill()
        sent = self.target(listener)["sent"]
        rig.wait_until(lambda: self.target(listener)["sent"] > sent + 30, "more packets")
        self.assertEqual(self.target(listener)["state"], "open")
        third.stop()
        service.stop()
        self.here.start_avahi()
        gone = rig.wait_until(lambda: (t := self.target(listener))["state"] == "waiting" and t, "it to be missed")
        self.assertIn("no service of that name", gone["detail"])
        fourth, port = self.receiver(self.there)
        service = self.there.publish("The Lamp", "_osc._udp", port)
        fourth.line("got")
        self.assertEqual(listener.child.stop(), 0)

    def test_target_without_avahi(self):
        osc_peers.Flood(self)
        listener = self.broadcaster("--osc", "zeroconf:Lamp?metrics=1")
        self.assertIn("D-Bus", rig.wait_until(lambda: (t := self.target(listener))["state"] == "waiting" and t, "it")["detail"])
        receiver, port = self.receiver(self.there)
        self.begin()
        self.there.publish("Lamp", "_osc._udp", port)
        receiver.line("got")

    def test_bad_targets(self):
        for text in ("zeroconf:", "zeroconf:/p", "zeroconf:a%", "zeroconf:a%0a", "zeroconf:%ff", "zeroconf:" + 64 * "x", "zeroconf:a?b=1",
                     "zeroconf:a?rate=0"):
            result = self.run_program("phicast-broadcaster", "-p", "0", "--osc", text)
            self.assertEqual((result.returncode, result.stderr.count("\n")), (2, 1), text)
            self.assertIn("--osc", result.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "only root has something to give up")
    def test_confined(self):
        """As root without its files, and as another user."""
        self.begin()
        for options in ((), ("--user", "nobody")):
            listener = self.broadcaster(*EVERYWHERE, *options)
            self.until(listener, "announced")
            rig.wait_until(lambda: self.seen("_phicast._tcp"), "the service")
            self.here.avahi.kill()
            self.until(listener, "waiting")
            self.here.start_avahi()
            self.until(listener, "announced")
            listener.child.stop()
            self.wait_gone("_phicast._tcp")


if __name__ == "__main__":
    unittest.main(verbosity=2)

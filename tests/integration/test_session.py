# SPDX-License-Identifier: GPL-3.0-or-later
"""New Session Manager: both programs in a session of a stand-in for its server (session_manager.py), in a real JACK server."""

import json
import os
import shutil
import socket
import time
import unittest

import osc_peers
import rig
from session_manager import BAD_PROJECT, GENERAL, Manager


class SessionTest(rig.RigTest):
    def setUp(self):
        super().setUp()
        self.manager = Manager(self)

    def settings(self, **jack):
        """What a new project begins with: the user's own configuration."""
        path = self.folder / "config/phicast/phicast.conf"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"name": self.name, "phicast-jack": {"channels": 2, **jack},
                                    "phicast-broadcaster": {"port": 0, "osc": ["none"]}}))
        return path

    def analyser(self, server, number="nABCD", **more):
        """Added, and not yet asked to open anything."""
        return self.manager.add("phicast-jack", number, env=server.env if server else None, **more)

    def opened(self, client, text="opened"):
        self.assertEqual(client.open(), (0, text), client.child.err)

    def broadcaster(self, number="nEFGH"):  # pylint: disable=arguments-differ
        client = self.manager.add("phicast-broadcaster", number)
        self.opened(client)
        client.wait(lambda: client.label, "the label")
        return client

    @staticmethod
    def get(broadcaster, path):
        return json.loads(rig.urllib.request.urlopen(broadcaster.label + path, timeout=rig.PATIENCE).read())

    @staticmethod
    def post(broadcaster, path, **what):
        request = rig.urllib.request.Request(broadcaster.label + path, data=json.dumps(what).encode(), method="POST",
                                             headers={"Content-Type": "application/json"})
        rig.urllib.request.urlopen(request, timeout=rig.PATIENCE).close()

    def steer(self, broadcaster, **what):
        self.post(broadcaster, "/api/phi", **what)

    def phi(self, broadcaster):
        """Once there are metrics: depth, on, rate, auto."""
        def look():
            try:
                metrics, status = self.get(broadcaster, "/api/metrics"), self.get(broadcaster, "/api/status")
            except rig.urllib.error.HTTPError:
                return None
            analyser = status["analyser"]
            return analyser and (round(metrics["phi_depth"], 6), metrics["phi_breathing_active"], analyser["phi_rate"],
                                 analyser["auto_phi"])
        return rig.wait_until(look, "the metrics")

    @staticmethod
    def ports(server, client):
        return {port: links for port, links in server.ports().items() if port.startswith(client.id + ":")}


class Life(SessionTest):
    def test_targets_belong_to_the_session(self):
        osc_peers.Flood(self)
        self.settings()
        (first, first_url), (_, second_url) = (osc_peers.oscdump(self) for _ in range(2))
        broadcaster = self.broadcaster()
        self.assertFalse(broadcaster.dirty)
        self.post(broadcaster, "/api/osc/targets", url=first_url + "?metrics=1")
        broadcaster.wait(lambda: broadcaster.dirty, "it to be dirty")
        self.assertEqual(broadcaster.save(), (0, "saved"))
        broadcaster.wait(lambda: not broadcaster.dirty, "it to be clean")
        self.post(broadcaster, "/api/osc/targets", url=second_url)  # and is not saved
        self.manager.close(broadcaster)
        broadcaster = self.broadcaster()
        [target] = self.get(broadcaster, "/api/osc/targets")["targets"]
        self.assertEqual(target["url"], first_url + "?metrics=1")
        rig.wait_until(lambda: osc_peers.messages(first), "metrics")
        request = rig.urllib.request.Request(f"{broadcaster.label}/api/osc/targets/{target['id']}", method="DELETE")
        rig.urllib.request.urlopen(request, timeout=rig.PATIENCE).close()
        broadcaster.wait(lambda: broadcaster.dirty, "it to be dirty")
        self.assertEqual(broadcaster.save(), (0, "saved"))
        self.assertEqual(json.loads(broadcaster.path.read_text())["osc"], ["none"])
        self.manager.close(broadcaster)

    def test_added_steered_saved_closed_opened(self):
        server = self.jackd()
        config = self.settings(connect=["system:capture_*"], label=["1=Kick"])
        jack, broadcaster = self.analyser(server), self.broadcaster()
        self.assertEqual(jack.announced, ("phicast", ":switch:dirty:"))
        self.assertEqual(broadcaster.announced, ("phicast-broadcaster", ":dirty:" if os.geteuid() == 0 else ":switch:dirty:"))
        self.assertEqual(server.ports().keys() & {"phicast.nABCD:in_1", "phicast:in_1"}, set())  # not before it is opened
        self.opened(jack)
        rig.wait_until(lambda: all(self.ports(server, jack).get(f"{jack.id}:in_{i}") for i in (1, 2)), "the connections")
        ports = self.ports(server, jack)
        self.assertEqual(set.union(*ports.values()), {"system:capture_1", "system:capture_2"})
        jack.wait(lambda: jack.label == f"{self.name}: 2 channels", "the label")
        self.assertFalse(jack.path.exists() or jack.dirty)

        before = self.phi(broadcaster)
        self.assertEqual(before[1:], (False, 0.618034, False))
        self.steer(broadcaster, depth=0.25, phase=2.0, rate=0.01)
        jack.wait(lambda: jack.dirty, "it to be dirty")
        self.assertEqual((jack.save(), broadcaster.save()), ((0, "saved"), (0, "saved")))
        jack.wait(lambda: not jack.dirty, "it to be clean")
        saved = json.loads(jack.path.read_text())
        self.assertAlmostEqual(saved.pop("phi-phase"), 2, 9)
        self.assertEqual(saved, {"name": self.name, "channels": 2, "connect": ["system:capture_*"], "label": ["1=Kick"],
                                 "phi-depth": 0.25, "phi-rate": 0.01})
        self.assertEqual(json.loads(broadcaster.path.read_text()), {"name": self.name, "port": 0, "osc": ["none"]})
        self.assertEqual(sorted(p.name for p in self.manager.folder.iterdir()), [broadcaster.id, jack.id])
        self.manager.close(jack, broadcaster)
        config.write_text("nonsense")  # from now on the session's files alone count

        broadcaster, jack = self.broadcaster(), self.analyser(server)
        self.opened(jack)
        rig.wait_until(lambda: self.ports(server, jack) == ports, "the same ports and connections")
        self.assertEqual(self.phi(broadcaster), (0.25, False, 0.01, False))
        self.assertAlmostEqual(self.get(broadcaster, "/api/metrics")["phi_phase"], 2, 6)
        self.assertEqual(self.get(broadcaster, "/api/status")["analyser"]["channel_names"][0], "Kick")
        written = jack.path.stat()
        self.assertEqual((jack.save(), broadcaster.save()), ((0, "saved"), (0, "saved")))
        self.assertEqual(jack.path.stat(), written)  # nothing was steered: comments would still be there
        self.manager.close(jack, broadcaster)

    def test_what_was_steered_just_before_is_saved(self):
        self.settings()
        jack, broadcaster = self.analyser(self.jackd(period=1024)), self.broadcaster()
        self.opened(jack)
        self.phi(broadcaster)
        for i in range(1, 9):
            self.steer(broadcaster, depth=i / 16, breathing=bool(i % 2), auto=i % 3 == 0)
            self.assertEqual(jack.save()[0], 0)
            saved = json.loads(jack.path.read_text())
            self.assertEqual((saved.get("breathing", False), saved.get("auto-phi", False)), (bool(i % 2), i % 3 == 0))
            self.assertAlmostEqual(saved["phi-depth"], i / 16, delta=0.01 if i % 3 == 0 else 0)

    def test_steered_by_midi(self):
        server = self.jackd()
        self.settings()
        jack = self.analyser(server)
        self.opened(jack)
        self.assertEqual(jack.save()[0], 0)
        server.run(rig.BIN / "phicast-midi", "-s", server.name, "--to", "phicast.nABCD:midi_in", "b0:01:7f", "b0:40:7f")
        jack.wait(lambda: jack.dirty, "it to be dirty")
        rig.wait_until(lambda: jack.save()[0] == 0 and json.loads(jack.path.read_text()).get("breathing"), "what is saved")
        self.assertEqual(json.loads(jack.path.read_text())["phi-depth"], 1)

    def test_defaults(self):
        """Of a client that was added, with nothing configured anywhere."""
        server = self.jackd()
        jack = self.analyser(server)
        self.opened(jack)
        self.assertEqual(len(self.ports(server, jack)), 8 + 8 + 3)
        jack.wait(lambda: jack.label == "phicast: 8 channels", "the label")
        self.assertEqual(jack.save(), (0, "saved"))
        self.assertEqual(json.loads(jack.path.read_text()), {})

    def test_without_jack(self):
        """It opens and saves all the same, and joins the server when it comes."""
        self.settings()
        name = rig.unique_name()
        jack = self.manager.add("phicast-jack", env={"JACK_DEFAULT_SERVER": name, "XDG_RUNTIME_DIR": str(self.folder)})
        self.opened(jack)
        jack.wait(lambda: jack.label == "waiting for a JACK server", "the label")
        self.assertEqual(jack.save(), (0, "saved"))
        self.assertEqual(json.loads(jack.path.read_text()), {"name": self.name, "channels": 2})
        server = self.jackd(name=name)
        jack.wait(lambda: jack.label == f"{self.name}: 2 channels", "the label")
        server.kill()
        jack.wait(lambda: jack.label == "waiting for a JACK server", "the label")
        self.assertEqual(jack.save(), (0, "saved"))
        self.manager.close(jack)


class Switch(SessionTest):
    def test_another_session(self):
        """The same process and socket, other ports and settings; the JACK name is the new id."""
        server = self.jackd()
        self.settings()
        jack, broadcaster = self.analyser(server), self.broadcaster()
        self.opened(jack)
        self.phi(broadcaster)
        self.steer(broadcaster, depth=0.125)
        jack.wait(lambda: jack.dirty, "it to be dirty")
        self.assertEqual(jack.save()[0], 0)
        first = jack.path
        self.steer(broadcaster, depth=0.5)
        jack.wait(lambda: jack.dirty, "it to be dirty")
        self.manager.folder = self.folder / "nsm" / "other"
        self.manager.folder.mkdir()
        (self.manager.folder / "phicast.nIJKL").write_text(json.dumps({"name": self.name, "channels": 3, "phi-depth": 0.75}))
        self.assertEqual(jack.open(number="nIJKL"), (0, "opened"))
        self.assertEqual({port.split(":")[0] for port in server.ports() if port.startswith("phicast")}, {"phicast.nIJKL"})
        self.assertIn("phicast.nIJKL:in_3", server.ports())
        jack.wait(lambda: not jack.dirty and jack.label == f"{self.name}: 3 channels", "it to be clean")
        rig.wait_until(lambda: self.phi(broadcaster)[0] == 0.75, "the other settings")
        self.assertEqual(json.loads(first.read_text())["phi-depth"], 0.125)
        if ":switch:" in broadcaster.announced[1]:
            self.assertEqual(broadcaster.open(number="nMNOP"), (0, "opened"))
            broadcaster.wait(lambda: self.get(broadcaster, "/healthz"), "its answer")
        else:
            self.assertEqual(broadcaster.open(number="nMNOP")[0], GENERAL)
            self.assertEqual(broadcaster.save(), (0, "saved"))
            self.assertFalse(broadcaster.path.exists())
            self.assertTrue((first.parent / "phicast-broadcaster.nEFGH").exists())
        self.manager.close(jack, broadcaster)

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "only root can become another user")
    def test_broadcaster_of_a_user(self):
        os.chmod(self.folder, 0o777)
        self.manager.folder.chmod(0o777)
        user = ["--reuid=65534", "--regid=65534", "--clear-groups"]
        client = self.manager.start("setpriv", "nABCD", *user, "phicast-broadcaster", "-n", self.name, "-p", "0", "--osc", "none")
        client.executable = "phicast-broadcaster"
        client.wait(lambda: client.announced, "an announcement")
        self.assertEqual(client.announced, ("phicast-broadcaster", ":switch:dirty:"))
        for number in ("nABCD", "nEFGH", "nIJKL"):
            client.label = None
            self.assertEqual(client.open(number=number), (0, "opened"), client.child.err)
            client.wait(lambda: client.label, "the label")
            self.assertEqual(client.save(), (0, "saved"))
            self.assertEqual(json.loads(client.path.read_text()), {"name": self.name, "port": 0, "osc": ["none"]})
        client.path.write_text("{")
        self.assertEqual(client.open()[0], BAD_PROJECT)
        until = time.monotonic() + 1  # the watchdog of the process before would have looked by then
        while time.monotonic() < until:
            self.assertEqual(client.save()[0], GENERAL)
        self.manager.close(client)

    def test_damaged_file(self):
        """It says where and what to do, touches nothing, and opens the file once it is mended."""
        server = self.jackd()
        for program, wrong, cure in (("phicast-jack", '{\n "channels": 2;\n}', "not valid JSON at line 2"),
                                     ("phicast-jack", '{"channels": 65}', "--channels 65: give a whole number from 1 to 64"),
                                     ("phicast-jack", '{"label": ["1=A", "1=B"]}', "give each channel one label"),
                                     ("phicast-jack", '{"check": true}', "--check: ends the program"),
                                     ("phicast-broadcaster", '{"port": 0,\n\n"osc": none}', "not valid JSON at line 3"),
                                     ("phicast-broadcaster", '{"bind": ["0.0.0.0"]}', "give --token-file FILE")):
            with self.subTest(wrong):
                client = self.manager.add(program, env=server.env, file=wrong)
                code, text = client.open()
                self.assertEqual(code, BAD_PROJECT)
                self.assertTrue(text.startswith(f"{client.path}: "), text)
                self.assertIn(cure, text)
                self.assertEqual(client.save()[0], GENERAL)
                self.assertEqual(client.path.read_text(), wrong)
                self.assertFalse([port for port in server.ports() if port.startswith("phicast")])
                client.path.write_text(json.dumps({"name": self.name} | ({"port": 0} if program.endswith("r") else {})))
                self.assertEqual(client.open(), (0, "opened"), client.child.err)
                self.manager.close(client)

    def test_damaged_file_and_goodbye(self):
        client = self.manager.add("phicast-jack", file="{")
        self.assertEqual(client.open()[0], BAD_PROJECT)
        self.manager.close(client)

    def test_two_of_one_name(self):
        """The second is told which name to change, and where."""
        server = self.jackd()
        self.settings()
        first, second = self.analyser(server), self.analyser(server, "nWXYZ")
        self.opened(first)
        code, text = second.open()
        self.assertEqual(code, GENERAL)
        self.assertRegex(text, f"^{second.path}: a phicast-jack named {self.name} is already running .*; choose another name")
        second.path.write_text(json.dumps({"name": f"{self.name}.2"}))
        self.assertEqual(second.open(), (0, "opened"))
        self.assertTrue(self.ports(server, first) and self.ports(server, second))
        broadcaster = self.broadcaster()
        self.assertEqual(self.get(broadcaster, "/api/status")["analyser"]["channels"], 2)
        other = self.manager.add("phicast-broadcaster", "nQRST")
        code, text = other.open()
        self.assertEqual(code, GENERAL)
        self.assertIn(f'{other.path}: a broadcaster for "{self.name}" is running already', text)
        self.manager.close(first, second, broadcaster, other)

    def test_file_that_cannot_be_written(self):
        self.settings()
        jack = self.analyser(self.jackd())
        self.opened(jack)
        shutil.rmtree(self.manager.folder)
        code, text = jack.save()
        self.assertEqual(code, GENERAL)
        self.assertRegex(text, f"^{jack.path}: cannot be written .*is there room")
        self.manager.folder.mkdir()
        self.assertEqual(jack.save(), (0, "saved"))

    @unittest.skipUnless(rig.LIBJACK and shutil.which("pipewire"), "PipeWire is not installed")
    def test_starts_anew_for_pipewire(self):
        """With another libjack, in the same session: it does not announce itself twice, and answers once."""
        self.settings()
        pipewire = rig.PipeWire(self)
        jack = self.manager.add("phicast-jack", env=pipewire.own_env)
        self.opened(jack)
        jack.child.line("joined PipeWire", "err")
        self.assertTrue([port for port in pipewire.ports() if port.startswith("phicast.nABCD:in_2")])
        self.assertEqual(jack.save(), (0, "saved"))
        self.manager.close(jack)


class Protocol(SessionTest):
    def test_nonsense(self):
        """What is not of the protocol is passed over; an open that cannot be done is refused."""
        self.settings()
        jack = self.analyser(self.jackd())
        self.assertEqual(jack.save()[0], GENERAL)
        for values in ((), ("a",), ("/a", "b"), ("/a", "b", 3), (1, 2, 3), ("/a", "b", "c", "d")):
            self.manager.send(jack.address, "/nsm/client/open", *values)
        for data in (b"", b"/nsm/client/open", b"#bundle\0", b"/nsm/client/save\0\0\0\0,s\0\0", os.urandom(64)):
            self.manager.socket.sendto(data, jack.address)
        for address in ("/nsm/client/session_is_loaded", "/nsm/client/show_optional_gui", "/nsm/client/hide_optional_gui"):
            self.manager.send(jack.address, address)
        for path, id_ in (("relative", "phicast.n"), ("/a\nb", "phicast.n"), ("/" + "a" * 5000, "phicast.n"),
                          ("/a", ""), ("/a", "a:b"), ("/a", "a" * 64), ("/a", "a\nb")):
            self.assertEqual(jack.ask("/nsm/client/open", path, "song", id_)[0], GENERAL)
        self.opened(jack)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:  # whose word does not count
            stranger.sendto(osc_peers.message("/nsm/client/save"), jack.address)
        self.manager.send(jack.address, "/nsm/client/session_is_loaded")
        self.assertEqual(jack.save(), (0, "saved"))
        self.assertEqual(len([a for a in jack.answers if a == (0, "saved")]), 1)

    def test_goodbye_before_anything_is_opened(self):
        for program in ("phicast-jack", "phicast-broadcaster"):
            self.manager.close(self.manager.add(program))

    def test_server_at_another_address(self):
        """Debian's /etc/hosts gives the machine's name 127.0.1.1; answers then come from 127.0.0.1."""
        self.manager = Manager(self, host="0.0.0.0")
        self.manager.url = self.manager.url.replace("0.0.0.0", "127.0.1.1")
        self.settings()
        jack = self.analyser(self.jackd())
        self.opened(jack)
        self.assertEqual(jack.save(), (0, "saved"))

    def goes_on(self, url, words, **env):
        """Without a session, saying so once: the program."""
        self.settings()
        broadcaster = self.start([rig.BIN / "phicast-broadcaster"], env={"NSM_URL": url, **env})
        broadcaster.line("^listening on")
        self.assertEqual(broadcaster.err.count("NSM_URL"), bool(words), broadcaster.err)
        self.assertIn(words, broadcaster.err)
        self.assertEqual(broadcaster.stop(), 0)

    def test_no_manager(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            url = f"osc.udp://127.0.0.1:{silent.getsockname()[1]}/"
            self.goes_on(url, f"NSM_URL {url}: no session manager answers there; going on without a session")
        self.goes_on(url, "no session manager answers there")
        for wrong in ("nonsense", "osc.udp://", "osc.udp://localhost", "osc.udp://:7000/", "osc.udp://localhost:0/",
                      "osc.udp://localhost:70000/", "osc.tcp://localhost:7000/", "osc.udp://[::1:7000/", "osc.udp://a:7b/"):
            self.goes_on(wrong, f"NSM_URL {wrong}: is no address of a session manager")
        self.goes_on("", "")

    def test_manager_refuses(self):
        self.settings()
        self.manager.refusal = (-6, "no session is open")
        server = self.jackd()
        client = self.manager.start("phicast-jack", "nABCD", env=server.env)
        client.wait(lambda: "stream starts" in client.child.err, "it to run")
        self.assertIn("the session manager refuses us: no session is open; going on without a session", client.child.err)
        self.assertIn(f"{self.name}:in_2", server.ports())
        self.assertEqual(client.child.stop(), 0)

    def test_programs_that_only_answer(self):
        """They announce nothing: the stand-in would fail at a message of who is not its client."""
        for options in (["--help"], ["--version"]):
            for program in ("phicast-jack", "phicast-broadcaster"):
                self.assertEqual(self.run_program(program, *options, env={"NSM_URL": self.manager.url}).returncode, 0)
        self.run_program("phicast-jack", "--check", "-s", rig.unique_name(), env={"NSM_URL": self.manager.url})
        with self.assertRaises(BlockingIOError):
            self.manager.socket.recv(1)

    def test_manager_dies(self):
        """Whoever was in its session plays on."""
        self.settings()
        jack, broadcaster = self.analyser(self.jackd()), self.broadcaster()
        self.opened(jack)
        self.manager.socket.close()
        self.phi(broadcaster)
        self.steer(broadcaster, depth=0.5)
        rig.wait_until(lambda: self.phi(broadcaster)[0] == 0.5, "the depth")
        for client in (jack, broadcaster):
            self.assertEqual(client.child.stop(), 0)


if __name__ == "__main__":
    rig.main()

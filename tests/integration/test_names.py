# SPDX-License-Identifier: GPL-3.0-or-later
"""What channels are called, in /api/status, over OSC and in shared memory, while their sources come, go and change."""

import json
import os
import shutil
import socket
import struct
import unittest

import rig
from peers import Peer

PRETTY = "http://jackaudio.org/metadata/pretty-name"


def parse(packet):
    """(address, [strings]) of a message; other arguments than strings are left out."""
    words, at = [], 0
    while at < len(packet):
        end = packet.index(b"\0", at)
        words.append(packet[at:end].decode())
        at = end + 4 - end % 4
        if len(words) >= 2 and len(words) - 2 == words[1].count("s"):
            break
    return words[0], words[2:]


class Receiver:
    """An OSC receiver over UDP, or one connection after the other over TCP: the names that it was sent, in order."""

    def __init__(self, test, prefix="/phicast", tcp=False):
        self.prefix = prefix
        self.names = []  # (N, name)
        self.others = []  # addresses
        self.connection = None
        self.data = b""
        if tcp:
            self.socket = socket.create_server(("127.0.0.1", 0))
        else:
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        test.addCleanup(self.socket.close)
        test.addCleanup(self.hang_up)
        self.url = f"osc.{'tcp' if tcp else 'udp'}://127.0.0.1:{self.socket.getsockname()[1]}{prefix}"

    def hang_up(self):
        if self.connection:
            self.connection.close()
        self.connection, self.data = None, b""

    def accept(self):
        try:
            self.connection = self.socket.accept()[0]
            self.connection.setblocking(False)
        except BlockingIOError:
            pass
        return self.connection

    def packets(self):
        try:
            if self.connection:
                self.data += self.connection.recv(65536)
                while len(self.data) >= 4 and len(self.data) >= (size := 4 + struct.unpack(">I", self.data[:4])[0]):
                    yield self.data[4:size]
                    self.data = self.data[size:]
            else:
                while True:
                    yield self.socket.recv(65536)
        except BlockingIOError:
            pass

    def read(self):
        for packet in self.packets():
            address, words = ("#bundle", []) if packet.startswith(b"#bundle") else parse(packet)
            start, _, number = address.removesuffix("/name").rpartition("/")
            if address.endswith("/name") and start == self.prefix + "/channel":
                self.names.append((int(number), *words))
            else:
                self.others.append(address)
        return self.names

    def gets(self, *names):
        """Exactly these, in this order, since the last time."""
        rig.wait_until(lambda: len(self.read()) >= len(names), f"{names}, not only {self.names}")
        got, self.names = self.names, []
        assert got == list(names), f"{got}, not {names}"


class Names(rig.RigTest):
    def names(self):
        analyser = self.watcher.json("/api/status")["analyser"]
        return analyser and analyser["channel_names"]

    def shows(self, *names):
        rig.wait_until(lambda: self.names() == list(names), f"{names}, not {self.names()}")

    def pretty(self, port, name=None):
        words = ("-s", port, PRETTY, name) if name else ("-d", port, PRETTY)
        self.assertEqual(self.server.run("jack_property", "-p", *words).returncode, 0)

    def begin(self, *ports):
        self.server = self.jackd()
        self.peer = Peer(self, self.server)
        for port in ports:
            self.peer.tell("register", port)

    def test_names_follow_their_sources(self):
        self.begin("out_1", "out_2", "out_3")
        receiver = Receiver(self)
        self.watcher = self.broadcaster("--osc", receiver.url)
        self.analyser(self.server, "-c", "2")
        self.shows("", "")
        receiver.gets((1, ""), (2, ""))
        self.peer.tell("connect", "peer:out_1", f"{self.name}:in_2")
        self.shows("", "peer:out_1")
        receiver.gets((2, "peer:out_1"))
        self.peer.tell("rename", "out_1", "voice")
        self.shows("", "peer:voice")
        receiver.gets((2, "peer:voice"))
        self.pretty("peer:voice", 'Stimme "Grün" 🥁')
        self.shows("", 'Stimme "Grün" 🥁')
        receiver.gets((2, 'Stimme "Grün" 🥁'))
        self.pretty("peer:voice", "Kick")
        self.shows("", "Kick")
        self.peer.tell("connect", "peer:out_2", f"{self.name}:in_2")
        self.shows("", "Kick +1")
        self.peer.tell("connect", "peer:out_3", f"{self.name}:in_2")
        self.shows("", "Kick +2")
        self.pretty("peer:voice")
        self.shows("", "peer:voice +2")
        receiver.gets((2, "Kick"), (2, "Kick +1"), (2, "Kick +2"), (2, "peer:voice +2"))
        self.peer.tell("unregister", "out_2")
        self.shows("", "peer:voice +1")
        self.peer.tell("disconnect", "peer:voice", f"{self.name}:in_2")
        self.shows("", "peer:out_3")
        self.peer.tell("disconnect", "peer:out_3", f"{self.name}:in_2")
        self.shows("", "")
        receiver.gets((2, "peer:voice +1"), (2, "peer:out_3"), (2, ""))

    def test_port_that_is_new_does_not_inherit_a_name(self):
        """JACK gives a number that has become free to the next port."""
        self.begin("out_1")
        self.watcher = self.broadcaster("--osc", "none")
        self.analyser(self.server, "-c", "1", "--connect", "peer:out_*")
        self.pretty("peer:out_1", "Kick")
        self.shows("Kick")
        self.peer.tell("unregister", "out_1")
        self.shows("")
        self.peer.tell("register", "out_2")
        self.shows("peer:out_2")

    def test_labels_win(self):
        self.begin("out_1")
        receiver = Receiver(self)
        self.watcher = self.broadcaster("--osc", receiver.url)
        self.analyser(self.server, "-c", "3", "--label", "1=Köln", "--label", "3=Spare", "--connect", "peer:out_*",
                      "--connect", "system:capture_1")
        self.shows("Köln", "system:capture_1", "Spare")
        self.pretty("peer:out_1", "Kick")
        self.pretty("system:capture_1", "Snare")
        self.shows("Köln", "Snare", "Spare")
        self.pretty("system:capture_1")  # JACK keeps it for the next server
        self.shows("Köln", "system:capture_1", "Spare")
        self.server.kill()
        self.shows("Köln", "", "Spare")
        self.server.start()
        self.shows("Köln", "system:capture_1", "Spare")
        receiver.read()
        self.assertEqual([name for n, name in receiver.names if n != 2], ["Köln", "Spare"])

    def test_labels_need_no_server(self):
        self.watcher = self.broadcaster("--osc", "none")
        config = self.folder / "phicast.conf"
        config.write_text(json.dumps({"channels": 2, "label": ["2=Kick drum"]}))
        analyser = self.start([rig.BIN / "phicast-jack", "-n", self.name, "-s", rig.unique_name(), "--wait",
                               "--config", config])
        self.shows("", "Kick drum")
        self.assertEqual(analyser.stop(), 0, analyser.err)
        rig.wait_until(lambda: self.names() is None, "the analyser's end to be seen")

    def test_wrong_labels_are_refused(self):
        for words, cure in ((["3=Kick"], "from 1 to 2 (--channels)"), (["1="], "give one, or leave the label out"),
                            (["1=Kick", "1=Snare"], "give each channel one label"), (["Kick"], "give N=NAME")):
            done = self.run_program("phicast-jack", "-c", "2", *(w for word in words for w in ("--label", word)))
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn("--label", done.stderr)
            self.assertIn(cure, done.stderr)

    def test_analyser_is_restarted(self):
        self.begin("out_1")
        receiver = Receiver(self)
        self.watcher = self.broadcaster("--osc", receiver.url)
        for channels in (3, 2):
            analyser = self.analyser(self.server, "-c", str(channels), "--label", "2=Snare", "--connect", "peer:out_*")
            names = {1: "peer:out_1", 2: "Snare", 3: ""}
            self.shows(*list(names.values())[:channels])
            rig.wait_until(lambda c=channels, n=names: dict(receiver.read()) == dict(list(n.items())[:c]), "the names")
            analyser.kill()
            rig.wait_until(lambda: self.names() is None, "the analyser's end to be seen")
            rig.wait_until(lambda: set(dict(receiver.read()).values()) == {""}, "the names to be taken back")
            receiver.names = []

    def test_segment_is_removed(self):
        self.begin("out_1")
        self.watcher = self.broadcaster("--osc", "none")
        self.analyser(self.server, "-c", "2", "--connect", "peer:out_*")
        self.shows("peer:out_1", "")
        for _ in range(3):
            attached = self.watcher.json("/api/status")["source"]["attached"]
            os.unlink(f"/dev/shm/phicast.{self.name}.telemetry")
            rig.wait_until(lambda a=attached: self.watcher.json("/api/status")["source"]["attached"] > a, "another one")
            self.shows("peer:out_1", "")

    def test_targets(self):
        """Each with its prefix; one that is there again has all again; one with a map has none."""
        self.begin("out_1")
        udp, tcp, mapped = Receiver(self, "/a"), Receiver(self, "/my/show", tcp=True), Receiver(self)
        self.watcher = self.broadcaster("--osc", udp.url + "?metrics=1&events=0", "--osc", tcp.url, "--osc",
                                        mapped.url + "?map=touchdesigner&rate=120")
        rig.wait_until(tcp.accept, "the connection")
        self.analyser(self.server, "-c", "2", "--label", "2=Snare")
        for receiver in (udp, tcp):
            receiver.gets((1, ""), (2, "Snare"))
        self.peer.tell("connect", "peer:out_1", f"{self.name}:in_1")
        for receiver in (udp, tcp):
            receiver.gets((1, "peer:out_1"))
        for _ in range(2):
            tcp.hang_up()
            rig.wait_until(tcp.accept, "another connection")
            tcp.gets((1, "peer:out_1"), (2, "Snare"))
        self.peer.tell("rename", "out_1", "voice")
        for receiver in (udp, tcp):
            receiver.gets((1, "peer:voice"))
        mapped.read()
        self.assertEqual((mapped.names, set(mapped.others)), ([], {"#bundle"}))

    def test_plugin(self):
        os.environ["JACK_INTERNAL_DIR"] = str(rig.BIN.parent / "lib")
        self.addCleanup(os.environ.pop, "JACK_INTERNAL_DIR")
        self.begin("out_1")
        self.watcher = self.broadcaster("--osc", "none")
        for _ in range(3):
            self.server.run("jack_load", "-i", "-c 3 --connect 'peer:out_*' --label '3=Kick drum'", self.name, "phicast")
            self.shows("peer:out_1", "", "Kick drum")
            self.peer.tell("rename", "out_1", "out_x")
            self.shows("peer:out_x", "", "Kick drum")
            self.peer.tell("rename", "out_x", "out_1")
            self.server.run("jack_unload", self.name)
            rig.wait_until(lambda: self.names() is None, "its end to be seen")
        self.assertTrue(self.server.child.alive())

    @unittest.skipUnless(rig.LIBJACK and shutil.which("pipewire"), "PipeWire is not installed")
    def test_pipewire(self):
        self.server = rig.PipeWire(self)
        self.watcher = self.broadcaster("--osc", "none")
        player = self.server.player()
        self.server.analyser("-c", "3", "--connect", "source:out_*", "--label", "3=Spare")
        self.shows("source:out_1", "source:out_2", "Spare")
        player.stop()
        self.shows("", "", "Spare")


if __name__ == "__main__":
    rig.main()

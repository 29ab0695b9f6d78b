# SPDX-License-Identifier: GPL-3.0-or-later
"""Sources that go and come back, or change their names; servers that refuse; names that are taken."""

import time

import rig
from peers import Peer


class Ports(rig.RigTest):
    def inputs(self):
        return {int(port.rsplit("_", 1)[1]): sources for port, sources in self.server.ports().items()
                if port.startswith(f"{self.name}:in_") and sources}

    def reaches(self, want):
        rig.wait_until(lambda: self.inputs() == want, f"{want}, not {self.inputs()}")

    def stays(self, want, seconds=0.4):
        """For at least ten looks at the graph by the analyser."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.assertEqual(self.inputs(), want)

    def start_peer(self, *ports):
        self.server = self.jackd()
        peer = Peer(self, self.server)
        for port in ports:
            peer.tell("register", port)
        return peer

    def test_source_that_was_away_for_a_moment_is_connected_again(self):
        peer = self.start_peer("out_1", "out_2")
        self.analyser(self.server, "-c", "4", "--connect", "peer:out_*")
        self.reaches({1: {"peer:out_1"}, 2: {"peer:out_2"}})
        for milliseconds in (0, 0, 1, 5, 10, 20, 30, 35, 40, 45, 50, 80):
            peer.tell("away", "out_2", milliseconds)
            self.reaches({1: {"peer:out_1"}, 2: {"peer:out_2"}})

    def test_followed_source_that_was_away_for_a_moment_is_heard_again(self):
        peer = self.start_peer("out_1")
        peer.tell("connect", "peer:out_1", "system:playback_2")
        self.analyser(self.server, "-c", "4", "--follow", "system:playback_*")
        self.reaches({2: {"peer:out_1"}})
        for milliseconds in (0, 0, 1, 5, 10, 20, 30, 35, 40, 45, 50, 80):
            peer.tell("away", "out_1", milliseconds, "system:playback_2")
            self.reaches({2: {"peer:out_1"}})

    def test_what_a_person_undid_stays_undone(self):
        peer = self.start_peer("out_1", "out_2")
        self.analyser(self.server, "-c", "4", "--connect", "peer:out_*")
        self.reaches({1: {"peer:out_1"}, 2: {"peer:out_2"}})
        peer.tell("disconnect", "peer:out_1", f"{self.name}:in_1")
        peer.tell("register", "out_3")
        self.reaches({2: {"peer:out_2"}, 3: {"peer:out_3"}})
        self.stays({2: {"peer:out_2"}, 3: {"peer:out_3"}})
        peer.tell("rename", "out_1", "out_4")
        peer.tell("away", "out_3", 0)
        self.reaches({2: {"peer:out_2"}, 3: {"peer:out_3"}})

    def test_source_that_is_renamed_stays_in_its_one_input(self):
        peer = self.start_peer("out_1", "out_2")
        self.analyser(self.server, "-c", "4", "--connect", "peer:out_*")
        self.reaches({1: {"peer:out_1"}, 2: {"peer:out_2"}})
        # It still matches the pattern, it does not any more, it does again; each time the graph changes afterwards.
        for before, after, other in (("out_1", "out_x", "out_3"), ("out_x", "else", "out_4"), ("else", "out_1", "x")):
            peer.tell("rename", before, after)
            peer.tell("register", other)
            numbers = ("3", "4")[:1 + (other != "out_3")]
            self.reaches({1: {f"peer:{after}"}, 2: {"peer:out_2"}, **{int(n): {f"peer:out_{n}"} for n in numbers}})
        # Two that change names with each other.
        for before, after in (("out_1", "tmp"), ("out_2", "out_1"), ("tmp", "out_2")):
            peer.tell("rename", before, after)
        peer.tell("unregister", "out_3")
        self.reaches({1: {"peer:out_2"}, 2: {"peer:out_1"}, 4: {"peer:out_4"}})
        # Its place is free only once it has gone.
        peer.tell("register", "out_5")
        self.reaches({1: {"peer:out_2"}, 2: {"peer:out_1"}, 3: {"peer:out_5"}, 4: {"peer:out_4"}})

    def test_followed_source_that_is_renamed_is_let_go_with_its_target(self):
        peer = self.start_peer("out_1")
        peer.tell("connect", "peer:out_1", "system:playback_1")
        self.analyser(self.server, "-c", "4", "--follow", "system:playback_*")
        self.reaches({1: {"peer:out_1"}})
        peer.tell("rename", "out_1", "other")
        peer.tell("register", "out_2")
        self.reaches({1: {"peer:other"}})
        self.stays({1: {"peer:other"}})
        peer.tell("disconnect", "peer:other", "system:playback_1")
        self.reaches({})

    def rename_in_the_midst_of_looks(self, peer):
        """The analyser looks at the graph 40 ms after its last change: the names change then, between its calls."""
        for milliseconds in range(38, 58):
            for before, after in (("out_1", "out_2"), ("out_2", "out_1")) * 2:
                peer.tell("rename", before, after)
                time.sleep((milliseconds + 0.25) / 1000)  # when it is renamed is the thing varied here

    def test_source_that_is_renamed_in_the_midst_of_looks_stays_in_its_one_input(self):
        others = [f"out_x{n}" for n in range(20)]
        peer = self.start_peer("out_1", *others)
        self.analyser(self.server, "-c", "24", "--connect", "peer:out_*")
        want = {n: {f"peer:{port}"} for n, port in enumerate(("out_1", *others), 1)}
        self.reaches(want)
        self.rename_in_the_midst_of_looks(peer)
        self.stays(want)

    def test_followed_source_that_is_renamed_in_the_midst_of_looks_is_let_go_with_its_target(self):
        peer = self.start_peer("out_1")
        for n in (1, 2):
            peer.tell("connect", "peer:out_1", f"system:playback_{n}")
        self.analyser(self.server, "-c", "2", "--follow", "system:playback_*")
        self.reaches({1: {"peer:out_1"}, 2: {"peer:out_1"}})
        self.rename_in_the_midst_of_looks(peer)
        self.stays({1: {"peer:out_1"}, 2: {"peer:out_1"}})
        for n in (1, 2):
            peer.tell("disconnect", "peer:out_1", f"system:playback_{n}")
        self.reaches({})

    def test_source_that_somebody_else_has_connected_gets_no_second_input(self):
        peer = self.start_peer("first")
        self.analyser(self.server, "-c", "4", "--connect", "peer:out_*")
        peer.tell("connect", "peer:first", f"{self.name}:in_3")
        peer.tell("rename", "first", "out_1")
        peer.tell("register", "out_2")
        self.reaches({1: {"peer:out_2"}, 3: {"peer:out_1"}})
        self.stays({1: {"peer:out_2"}, 3: {"peer:out_1"}})

    def test_server_that_forbids_connections_is_not_said_to_have_made_them(self):
        for mode, words in (("E", "refuses to connect"), ("A", "refuses to connect"), ("e", "says that it connects"),
                            ("a", "says that it connects")):
            self.server = self.jackd(options=("-a", mode))
            analyser = self.analyser(self.server, "-c", "2", "--connect", "system:capture_*")
            for n in (1, 2):
                analyser.line(f"warning: the JACK server {words} system:capture_{n} to {self.name}:in_{n}", "err")
            self.assertNotIn("connected system", analyser.err)
            self.assertEqual(analyser.err.count(words), 2)
            self.assertEqual(self.inputs(), {})
            self.server.connect("system:capture_2", f"{self.name}:in_2")  # a patchbay may
            analyser.stop()
            self.server.child.stop()

    def test_calibration_says_that_the_server_forbids_it(self):
        for mode in "Ea":
            self.server = self.jackd(options=("-a", mode))
            done = self.run_program("phicast-jack", "-s", self.server.name, "-n", self.name, "--calibrate",
                                    "--calibrate-out", "system:playback_1", "--calibrate-in", "system:capture_1")
            self.assertEqual(done.returncode, 1)
            self.assertIn("--calibrate-out system:playback_1: cannot be connected", done.stderr)
            self.server.child.stop()

    def test_name_of_a_server_is_refused(self):
        self.server = self.jackd()
        other = self.jackd()
        done = self.run_program("phicast-jack", "-s", self.server.name, "-n", self.server.name)
        self.assertEqual(done.returncode, 2, done.stderr)
        done = self.run_program("phicast-jack", "-n", self.server.name, env=self.server.env)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("choose another with -n", done.stderr)
        # Not known from the options, but as bad: the name of a server that is not even joined.
        done = self.run_program("phicast-jack", "-s", self.server.name, "-n", other.name)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("a JACK server of that name is running", done.stderr)
        for server in (self.server, other):
            self.assertIn("system:capture_1", server.ports())


if __name__ == "__main__":
    rig.main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration file: where it is found, that one serves both programs, and the example that is installed."""

import unittest

import rig


class Config(rig.RigTest):
    def write(self, text):
        path = self.folder / "config/phicast/phicast.conf"  # RigTest's XDG_CONFIG_HOME
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def refused(self, program, words, *options):
        result = self.run_program(program, *options)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1)
        self.assertIn(words, result.stderr)

    def test_one_file_serves_both(self):
        self.write(f"""// the stage
            {{"name": "{self.name}", /* and what is whose: */
             "phicast-jack": {{"channels": 3, "hop": 256}},
             "phicast-broadcaster": {{"port": 0, "osc": ["none"]}}}}""")
        server = self.jackd()
        broadcaster = self.start([rig.BIN / "phicast-broadcaster"])
        url = broadcaster.line(r"^listening on (http://\S+)").group(1)
        self.assertNotIn(":8000/", url)
        analyser = self.start([rig.BIN / "phicast-jack"], env=server.env)
        analyser.line("^phicast-jack: 3 channels", "err")
        self.assertIn(f"{self.name}:in_3", server.ports())
        self.assertEqual((analyser.stop(), broadcaster.stop()), (0, 0))
        analyser = self.start([rig.BIN / "phicast-jack", "-c", "2"], env=server.env)
        analyser.line("^phicast-jack: 2 channels", "err")

    def test_mistakes_are_told(self):
        path = self.write('{\n  // "channels": 2\n  "channels": 3;\n}')
        for program in ("phicast-jack", "phicast-broadcaster"):
            self.refused(program, f"{path}: not valid JSON at line 3: ")
        self.write('{"port": 8080}')
        self.refused("phicast-jack", "port: no such option; see phicast-jack --help, or put it under the name of its program")
        self.write('{"phicast-jack": {"chanels": 2}, "phicast-broadcaster": {"port": 99999}}')
        self.refused("phicast-jack", "chanels: no such option")
        self.refused("phicast-broadcaster", "--port 99999: give")

    def test_a_file_that_is_named_takes_its_place(self):
        self.write("nonsense")
        other = self.folder / "other.conf"
        self.refused("phicast-jack", str(other), "--config", other)
        other.write_text('{"channels": 65}')
        self.refused("phicast-jack", "--channels 65", "--config", other)

    def test_the_example(self):
        example = rig.ROOT / "data/phicast.conf"
        nobody = rig.unique_name()
        result = self.run_program("phicast-jack", "--config", example, "-n", self.name, "-s", nobody)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn(f"no JACK server named {nobody} answers", result.stderr)
        rig.Broadcaster(self, self.name, "--config", example)


if __name__ == "__main__":
    unittest.main(verbosity=2)

# SPDX-License-Identifier: GPL-3.0-or-later
"""The sink in CONTRIBUTING.md: that file and one line more make a broadcaster that prints each event."""

import json
import pathlib
import re
import shlex
import subprocess
import unittest

import osc_peers
import rig

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = rig.BIN.parent
LIST = "broadcaster/sinks/list.h"


class ExampleSink(rig.RigTest):
    def compile(self, source, out):
        """With the flags of the list of sinks; what is in our folder comes before what is in the project's."""
        entries = json.loads((BUILD / "compile_commands.json").read_text())
        command = next(e["command"] for e in entries if e["file"].endswith("broadcaster/sinks/list.c"))
        flags = [word for word in shlex.split(command) if not word.endswith((".c", ".o")) and word not in ("-o", "-c")]
        subprocess.run([flags[0], "-I", self.folder, *flags[1:], "-c", source, "-o", out], check=True)

    def build(self):
        example = re.search(r"```c\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL).group(1)
        self.assertLessEqual(example.count("\n"), 40)
        sinks = self.folder / "broadcaster/sinks"
        sinks.mkdir(parents=True)
        (sinks / "print.c").write_text(example)
        text = (ROOT / LIST).read_text()
        line = re.search(r"^    SINK\(ws\) +\\\n", text, re.MULTILINE).group()
        (sinks / "list.h").write_text(text.replace(line, line + line.replace("(ws)", "(print)")))
        objects = []
        for source in (ROOT / "broadcaster/sinks/list.c", sinks / "print.c"):
            objects.append(self.folder / f"{source.stem}.o")
            self.compile(source, objects[-1])
        link = subprocess.run(["ninja", "-C", BUILD, "-t", "commands", "phicast-broadcaster"], capture_output=True, text=True,
                              check=True).stdout.splitlines()[-1]
        program = self.folder / "phicast-broadcaster"
        words = shlex.split(link.removeprefix(": &&").removesuffix("&& :"))
        at = words.index("-o")
        subprocess.run([*words[:at], *objects, "-o", program, *words[at + 2:]], check=True, cwd=BUILD)
        return program

    def test_it_prints_each_event(self):
        flood = osc_peers.Flood(self, "--count", "20")
        child = self.start([self.build(), "-n", self.name, "-p", "0", "--osc", "none"])
        child.line(r'^\{"type":"state_change".*"trigger":"analyser_found"')
        flood.push()
        child.line(r'^\{"type":"critical_event".*"criticality":18\.0')
        events = [json.loads(line) for line in child.out.splitlines() if line.startswith("{")]
        numbers = [e["criticality"] for e in events if e["type"] == "critical_event"]
        self.assertEqual(numbers, [n for n in range(19) if n % 8 not in (3, 5)])


if __name__ == "__main__":
    unittest.main(verbosity=2)

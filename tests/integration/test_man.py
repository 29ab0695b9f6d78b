# SPDX-License-Identifier: GPL-3.0-or-later
"""The man pages: they render without a warning, and name exactly the options that --help names."""

import re
import subprocess
import unittest

import rig

PROGRAMS = ("phicast-jack", "phicast-broadcaster", "phicast-render", "phicast-dump", "phicast-edge")
OPTION = re.compile(r"^ +(-\w, +)?(--[a-z-]+)(?: (\S+))?(?=  |$)", re.MULTILINE)


def rendered(program):
    """The page as plain text."""
    page = rig.ROOT / f"docs/man/{program}.1"
    result = subprocess.run(["groff", "-man", "-ww", "-Tascii", "-P-cbou", "-rLL=200n", page], capture_output=True,
                            text=True, check=True)
    return result.stdout, result.stderr


def options(text):
    """{(short, long, value)}"""
    return {((short or "").strip(" ,"), name, value) for short, name, value in OPTION.findall(text)}


def texts(helped, section):
    """[(option, what --help says of it, what the page says of it)]"""
    blocks = re.split(r"\n(?= {7}-)", section)
    pages = {re.search(r"--[a-z-]+", block).group(): " ".join(block.split("\n", 1)[1].split()) for block in blocks[1:]}
    return [(name, text[0].upper() + text[1:], pages[name])
            for name, text in re.findall(r"^ +(?:-\w, +)?(--[a-z-]+).*? {2,}(\S.*)$", helped, re.MULTILINE)]


class Man(unittest.TestCase):
    def test_pages(self):
        for program in PROGRAMS:
            with self.subTest(program):
                text, warnings = rendered(program)
                self.assertEqual(warnings, "")
                helped = subprocess.run([rig.BIN / program, "--help"], capture_output=True, text=True, check=True).stdout
                section = text[text.index("\nOPTIONS\n"):]
                section = section[:re.search(r"\n[A-Z ]+\n", section[9:]).start() + 9]
                self.assertGreaterEqual(len(options(helped)), 5)
                self.assertEqual(options(section), options(helped))
                for name, said, page in texts(helped, section):
                    self.assertEqual(page[:len(said)], said, name)  # ranges and defaults included
                version = subprocess.run([rig.BIN / program, "--version"], capture_output=True, text=True, check=True).stdout
                self.assertIn(f"Phicast {version.split()[1]}", text)


if __name__ == "__main__":
    unittest.main(verbosity=2)

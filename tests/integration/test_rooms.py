# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/rooms sees each kind of violation, planted one at a time into a small tree that keeps to the rooms."""

import pathlib
import subprocess
import tempfile
import unittest

ROOMS = pathlib.Path(__file__).resolve().parents[2] / "scripts/rooms"

CLEAN = {
    "shared/status.h": "",
    "shared/json/print.c": '#include "shared/status.h"\n#include <json-c/json.h>\n',
    "broadcaster/source/source.h": '#include "shared/status.h"\n',
    "broadcaster/stream/hub.h": '#include "broadcaster/source/source.h"\n',
    "broadcaster/stream/hub.c": "void cohort(void);\nvoid hub(void);\nvoid hub(void) { cohort(); }\n",
    "broadcaster/stream/cohort.c": "void cohort(void);\nvoid cohort(void) {}\n",
    "broadcaster/sinks/list.h": '#include "broadcaster/stream/hub.h"\n',
    "broadcaster/sinks/osc/out.h": '#include "broadcaster/sinks/list.h"\n#include <lo/lo.h>\n',
    "broadcaster/sinks/ws/ws.c": '#include "broadcaster/sinks/list.h"\n#include <libwebsockets.h>\n',
    "jack-client/dsp/bins.c": "#include <fftw3.h>\n",
    "jack-client/rt/process.h": '#include "jack-client/dsp/bins.h"\n',
    "jack-client/dsp/bins.h": "",
}

PLANTED = {
    "upward": ({"broadcaster/stream/cohort.h": '#include "broadcaster/sinks/list.h"\n'},
               "broadcaster/stream/cohort.h: includes broadcaster/sinks/list.h"),
    "one sink includes another": ({"broadcaster/sinks/ws/ws.c": '#include "broadcaster/sinks/osc/out.h"\n'},
                                  "broadcaster/sinks/ws/ws.c: includes broadcaster/sinks/osc/out.h"),
    "from one half into the other": ({"broadcaster/stream/hub.h": '#include "jack-client/rt/process.h"\n'},
                                     "broadcaster/stream/hub.h: includes jack-client/rt/process.h"),
    "the mathematics know the callback": ({"jack-client/dsp/bins.c": '#include "jack-client/rt/process.h"\n'},
                                          "jack-client/dsp/bins.c: includes jack-client/rt/process.h"),
    "another's library": ({"broadcaster/stream/hub.h": "#  include <libwebsockets.h>\n"},
                          "broadcaster/stream/hub.h: includes <libwebsockets.h>"),
    "a file outside": ({"broadcaster/loose.c": ""}, "broadcaster/loose.c: stands in no room"),
    "includes in a circle": ({"broadcaster/source/source.h": '#include "broadcaster/source/other.h"\n',
                              "broadcaster/source/other.h": '#include "broadcaster/source/source.h"\n'},
                             "includes go round: broadcaster/source/source.h -> broadcaster/source/other.h"),
    "calls in a circle": ({"broadcaster/stream/cohort.c": "void cohort(void);\nvoid hub(void);\n"
                                                          "void cohort(void) { hub(); }\n"},
                          "calls go round: broadcaster/stream/cohort.c -> broadcaster/stream/hub.c"),
    "a long file": ({"shared/status.h": "\n" * 401}, "shared/status.h: 401 lines"),
    "a long test": ({"tests/unit/test_status.c": "\n" * 500}, "tests/unit/test_status.c: 500 lines"),
}


class Rooms(unittest.TestCase):
    def judge(self, files):
        """(exit code, what it says) of a tree with these files."""
        with tempfile.TemporaryDirectory(prefix="phicast-test-") as folder:
            root = pathlib.Path(folder)
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            for name in ("hub.c", "cohort.c"):
                made = root / f"build/broadcaster/CMakeFiles/phicast_broadcaster.dir/stream/{name}.o"
                made.parent.mkdir(parents=True, exist_ok=True)
                subprocess.run(["cc", "-c", "-I", root, "-o", made, root / "broadcaster/stream" / name], check=True)
            result = subprocess.run([ROOMS, root, root / "build"], capture_output=True, text=True, check=False)
            self.assertEqual(result.stderr, "")
            return result.returncode, result.stdout

    def test_a_clean_tree(self):
        self.assertEqual(self.judge(CLEAN), (0, ""))
        self.assertEqual(self.judge({**CLEAN, "shared/status.h": "/* More than 400 lines because. */" + "\n" * 401}), (0, ""))

    def test_each_violation_is_seen(self):
        for what, (files, line) in PLANTED.items():
            with self.subTest(what):
                code, said = self.judge({**CLEAN, **files})
                self.assertEqual(code, 1, said)
                self.assertIn(line, said)
                self.assertEqual(said.count("\n"), 1, said)


if __name__ == "__main__":
    unittest.main(verbosity=2)

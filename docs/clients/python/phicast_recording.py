# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads recordings (docs/recording.md): python3 phicast_recording.py FILE..."""
import collections
import contextlib
import gzip
import json
import sys

BARE = {"ici": "metrics", "total_latency_ms": "latency", "type": "events"}  # what phicast-render prints, by its keys


def messages(path):
    """(t, stream, message) after (t, stream, message), as far as the file can be read."""
    with open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with (gzip.open if packed else open)(path, "rb") as file, contextlib.suppress(EOFError):  # its writer was killed
        for line in file:
            if not line.endswith(b"\n"):
                return  # cut short
            row = json.loads(line)
            stream = row.get("stream") or next((BARE[key] for key in BARE if key in row), None)
            if stream and "phicast" not in row:
                yield row.get("t", row.get("timestamp")), stream, row.get("message", row)


def table(path):
    """The metrics as a pandas table, a row a message."""
    import pandas
    rows = [{"t": t, **message} for t, stream, message in messages(path) if stream == "metrics"]
    return pandas.DataFrame(rows).set_index("t")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        rows = list(messages(name))
        print(name, f"{rows[-1][0] - rows[0][0] if rows else 0:.3f} s", dict(collections.Counter(stream for _, stream, _ in rows)))

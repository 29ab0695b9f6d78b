# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes an MCAP file, as Foxglove opens it, of a recording: python3 phicast_mcap.py show.jsonl.gz show.mcap

A topic a stream (/phicast/metrics, ...), JSON as it was recorded, in chunks with an index (https://mcap.dev/spec)."""
import json
import struct
import sys

import phicast_recording

MAGIC = b"\x89MCAP0\r\n"
HEADER, FOOTER, SCHEMA, CHANNEL, MESSAGE, CHUNK, MESSAGE_INDEX, CHUNK_INDEX, STATISTICS, DATA_END = *range(1, 9), 11, 15
CHUNK_BYTES = 1 << 20
TYPES = {bool: "boolean", int: "number", float: "number", str: "string", type(None): "null"}


def record(kind, content):
    return struct.pack("<BQ", kind, len(content)) + content


def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<I", len(data)) + data


def schema_of(value):
    """A JSON schema that a message like this one fits."""
    if isinstance(value, dict):
        return {"type": "object", "properties": {key: schema_of(inner) for key, inner in value.items()}}
    if isinstance(value, list):
        return {"type": "array", **({"items": schema_of(value[0])} if value else {})}
    return {"type": TYPES[type(value)]}


class Writer:
    def __init__(self, out):
        self.out = out
        self.at = 0
        self.channels = {}  # stream: (number, its schema's record, its own)
        self.counts = {}    # of messages, by number
        self.indexes = []
        self.times = []
        self.clear()
        self.write(MAGIC + record(HEADER, text("") + text("phicast")))

    def write(self, data):
        self.out.write(data)
        self.at += len(data)

    def clear(self):
        self.chunk, self.index, self.span = bytearray(), {}, []

    def channel(self, stream, message):
        if stream not in self.channels:
            number = len(self.channels) + 1
            schema = struct.pack("<H", number) + text(f"phicast.{stream}") + text("jsonschema") + text(json.dumps(schema_of(message)))
            channel = struct.pack("<HH", number, number) + text(f"/phicast/{stream}") + text("json") + text("")
            self.channels[stream] = number, record(SCHEMA, schema), record(CHANNEL, channel)
            self.chunk += b"".join(self.channels[stream][1:])
        return self.channels[stream][0]

    def add(self, t, stream, message):
        number, ns = self.channel(stream, message), round(t * 1e9)
        self.index.setdefault(number, []).append((ns, len(self.chunk)))
        sequence = self.counts[number] = self.counts.get(number, 0) + 1
        self.chunk += record(MESSAGE, struct.pack("<HIQQ", number, sequence, ns, ns) + json.dumps(message).encode())
        self.span.append(ns)
        if len(self.chunk) >= CHUNK_BYTES:
            self.end_chunk()

    def end_chunk(self):
        if not self.span:
            return
        start, first, last, size = self.at, min(self.span), max(self.span), len(self.chunk)
        self.write(record(CHUNK, struct.pack("<QQQI", first, last, size, 0) + text("") + struct.pack("<Q", size) + self.chunk))
        length, offsets = self.at - start, b""
        for number, entries in self.index.items():
            offsets += struct.pack("<HQ", number, self.at)
            self.write(record(MESSAGE_INDEX, struct.pack("<H", number) + text(b"".join(struct.pack("<QQ", *e) for e in entries))))
        self.indexes.append(record(CHUNK_INDEX, struct.pack("<QQQQ", first, last, start, length) + text(offsets) + struct.pack(
            "<Q", self.at - start - length) + text("") + struct.pack("<QQ", size, size)))
        self.times += [first, last]
        self.clear()

    def end(self):
        self.end_chunk()
        self.write(record(DATA_END, struct.pack("<I", 0)))
        summary, kinds = self.at, len(self.channels)
        counts = b"".join(struct.pack("<HQ", *item) for item in self.counts.items())
        _, schemas, channels = zip(*self.channels.values()) if kinds else ((), (), ())
        self.write(b"".join(schemas + channels) + b"".join(self.indexes))
        self.write(record(STATISTICS, struct.pack("<QHIIIIQQ", sum(self.counts.values()), kinds, kinds, 0, 0, len(self.indexes),
                                                  min(self.times, default=0), max(self.times, default=0)) + text(counts)))
        self.write(record(FOOTER, struct.pack("<QQI", summary, 0, 0)) + MAGIC)


if __name__ == "__main__":
    with open(sys.argv[2], "xb") as file:
        writer = Writer(file)
        for row in phicast_recording.messages(sys.argv[1]):
            writer.add(*row)
        writer.end()

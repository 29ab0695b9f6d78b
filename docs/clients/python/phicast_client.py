#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints what Phicast's streams say; a client to start from. Needs websockets (pip, or Debian's python3-websockets).

    phicast_client.py [--host localhost:8000] [--token-file FILE] [--tls | --ca FILE] [--seconds S] [metrics|latency|events ...]

It reconnects with exponential backoff and jitter, hands messages to a worker through a queue that drops the oldest
when the worker is too slow, checks each message, and says when a stream is slower than it should be. Ctrl-C ends it.
Put your own work into handle().
"""

import argparse
import asyncio
import contextlib
import json
import math
import queue
import random
import signal
import ssl
import sys
import threading
import time
import urllib.parse

import websockets

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # s, between attempts to connect
QUEUE_LENGTH = 256
RATES = {"metrics": 30, "latency": 10}  # Hz
NUMBERS = {
    "metrics": ("frame", "timestamp", "ici", "criticality", "phase_coherence", "spectral_centroid", "phi_depth", "phi_phase",
                "active_channels"),
    "latency": ("timestamp", "total_latency_ms", "hardware_latency_ms", "software_latency_ms", "buffer_latency_ms",
                "jitter_ms", "compensation_ms"),
    "events": ("timestamp",),
}


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def handle(stream, message):
    """Your work; runs in a thread of its own and may take its time."""
    if stream == "metrics":
        print(f"frame {message['frame']}: ICI {message['ici']:.3f}, criticality {message['criticality']:.2f}, "
              f"coherence {message['phase_coherence']:.3f}, {message['active_channels']} active", flush=True)
    elif stream == "latency":
        print(f"latency {message['total_latency_ms']:.1f} ms", flush=True)
    else:
        print(f"event {message['type']}: {json.dumps(message)}", flush=True)


def parse(stream, text):
    """The message, or None (and a word on standard error) if it is not what the contract promises."""
    try:
        message = json.loads(text)
        good = isinstance(message, dict) and all(
            isinstance(message.get(key), (int, float)) and math.isfinite(message[key]) for key in NUMBERS[stream])
        if good and stream == "metrics":
            good = isinstance(message.get("channel_metrics"), list)
        if good and stream == "events":
            good = isinstance(message.get("type"), str)
    except ValueError:
        good = False
    if not good:
        say(f"{stream}: not understood: {str(text)[:200]}")
        return None
    return message


class Latest(queue.Queue):
    """A queue that makes room for the new by dropping the oldest."""

    def offer(self, item):
        while True:
            try:
                return self.put_nowait(item)
            except queue.Full:
                with contextlib.suppress(queue.Empty):
                    self.get_nowait()


class RateMonitor:
    """Compares the messages of the last five seconds with what was promised."""

    def __init__(self, stream):
        self.stream, self.expected = stream, RATES.get(stream)
        self.start, self.count = time.monotonic(), 0

    def tick(self):
        self.count += 1
        elapsed = time.monotonic() - self.start
        if elapsed >= 5:
            rate = self.count / elapsed
            if self.expected and rate < 0.8 * self.expected:
                say(f"{self.stream}: {rate:.1f} messages a second instead of {self.expected}")
            self.start, self.count = time.monotonic(), 0


def explain(error):
    """In words; 401 comes before the stream, so it is only in the error."""
    if "401" in str(error):
        return "the token is missing or wrong (401); give --token-file"
    return str(error) or type(error).__name__


async def listen(server, stream, messages):
    """Reads a stream until cancelled, through all disconnections."""
    url, context = server(stream)
    wait = FIRST_WAIT
    while True:
        try:
            async with websockets.connect(url, ssl=context) as ws:
                say(f"{stream}: connected")
                wait = FIRST_WAIT
                monitor = RateMonitor(stream)
                async for text in ws:
                    monitor.tick()
                    message = parse(stream, text)
                    if message is not None:
                        messages.offer((stream, message))
                reason = "the server has closed the connection"
        except (OSError, websockets.exceptions.WebSocketException, asyncio.TimeoutError) as error:
            reason = explain(error)
        pause = wait * random.uniform(0.5, 1)
        say(f"{stream}: {reason}; trying again in {pause:.1f} s")
        await asyncio.sleep(pause)
        wait = min(wait * 2, LONGEST_WAIT)


def work(messages):
    while (item := messages.get()) is not None:
        try:
            handle(*item)
        except Exception as error:  # one bad message must not end the show
            say(f"{item[0]}: handle() failed: {error!r}")


async def run(server, streams, seconds):
    messages = Latest(QUEUE_LENGTH)
    worker = threading.Thread(target=work, args=(messages,), daemon=True)
    worker.start()
    tasks = [asyncio.create_task(listen(server, stream, messages)) for stream in streams]
    done = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, done.set)
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(done.wait(), seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)  # closes the connections
    messages.offer(None)
    await asyncio.to_thread(worker.join, 5)


def server_of(options):
    """A function from a stream to its address and what TLS needs. The token is in the address because every library takes it
    there; it comes from a file because everybody sees command lines."""
    context = ssl.create_default_context(cafile=options.ca) if options.tls or options.ca else None
    token = ""
    if options.token_file:
        with open(options.token_file, encoding="ascii") as file:
            token = "?" + urllib.parse.urlencode({"token": file.read().strip()})
    return lambda stream: (f"{'wss' if context else 'ws'}://{options.host}/ws/{stream}{token}", context)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="localhost:8000", help="host:port of phicast-broadcaster")
    parser.add_argument("--token-file", metavar="FILE", help="the token is in FILE, as for phicast-broadcaster")
    parser.add_argument("--tls", action="store_true", help="wss://, with a certificate that this machine trusts")
    parser.add_argument("--ca", metavar="FILE", help="wss://, trusting the certificates in FILE (PEM) only")
    parser.add_argument("--seconds", type=float, help="end after so long")
    parser.add_argument("streams", nargs="*", default=[], help="metrics, latency, events (default: all)")
    options = parser.parse_args()
    unknown = set(options.streams) - NUMBERS.keys()
    if unknown:
        parser.error(f"no such stream: {', '.join(sorted(unknown))}")
    try:
        server = server_of(options)
    except (OSError, ValueError) as error:
        parser.error(f"{options.ca or options.token_file}: {error}")
    asyncio.run(run(server, options.streams or list(NUMBERS), options.seconds))


if __name__ == "__main__":
    main()

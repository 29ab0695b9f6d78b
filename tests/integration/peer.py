# SPDX-License-Identifier: GPL-3.0-or-later
"""A client whose ports come and go as told on standard input: a line each, answered with "ok" or "no". It is a process of
its own, because libjack may hang.

    register PORT | unregister PORT | away PORT MILLISECONDS [SINK] | rename PORT NEW | connect SOURCE SINK |
    disconnect SOURCE SINK

away: unregisters the port and registers it again, and connects it at once with SINK."""

import ctypes
import sys
import time

AUDIO = b"32 bit float mono audio"
OUTPUT = 2

jack = ctypes.CDLL("libjack.so.0")
jack.jack_client_open.restype = ctypes.c_void_p
jack.jack_port_register.restype = ctypes.c_void_p
jack.jack_port_register.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_ulong]
jack.jack_port_unregister.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
jack.jack_port_rename.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p]
jack.jack_connect.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p]
jack.jack_disconnect.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p]
jack.jack_activate.argtypes = [ctypes.c_void_p]
jack.jack_set_process_callback.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
# A client without a process callback would hold up those after it. This one returns 0, and is not in Python.
DO_NOTHING = ctypes.cast(ctypes.CDLL(None).sched_yield, ctypes.c_void_p)


class Peer:
    def __init__(self, name):
        self.name = name.encode()
        self.client = jack.jack_client_open(self.name, 1, None)  # JackNoStartServer
        jack.jack_set_process_callback(self.client, DO_NOTHING, None)
        self.ports = {}

    def register(self, port):
        self.ports[port] = jack.jack_port_register(self.client, port, AUDIO, OUTPUT, 0)
        return bool(self.ports[port])

    def unregister(self, port):
        return jack.jack_port_unregister(self.client, self.ports.pop(port)) == 0

    def away(self, port, milliseconds, sink=None):
        done = self.unregister(port)
        time.sleep(int(milliseconds) / 1000)  # how long it is away is the thing varied here
        return done and self.register(port) and (sink is None or self.connect(self.name + b":" + port, sink))

    def rename(self, port, new):
        self.ports[new] = self.ports.pop(port)
        return jack.jack_port_rename(self.client, self.ports[new], new) == 0

    def connect(self, source, sink):
        return jack.jack_connect(self.client, source, sink) == 0

    def disconnect(self, source, sink):
        return jack.jack_disconnect(self.client, source, sink) == 0


peer = Peer(sys.argv[1])
print("ok" if peer.client and jack.jack_activate(peer.client) == 0 else "no", flush=True)
for line in sys.stdin:
    command, *words = line.split()
    print("ok" if getattr(peer, command)(*(word.encode() for word in words)) else "no", flush=True)

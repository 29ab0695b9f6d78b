# SPDX-License-Identifier: GPL-3.0-or-later
"""The other ends of MQTT: a real mosquitto, subscribers on bare sockets (a thousand of them cost little), and a broker that
does what a test says."""

import getpass
import os
import socket
import subprocess

import rig

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, PINGRESP, DISCONNECT = 1, 2, 3, 4, 8, 9, 12, 13, 14


def text(value):
    data = value.encode()
    return len(data).to_bytes(2, "big") + data


def packet(kind, body=b"", flags=0):
    length, rest = b"", len(body)
    while not length or rest:
        length += bytes([rest % 128 | (128 if rest > 127 else 0)])
        rest //= 128
    return bytes([kind << 4 | flags]) + length + body


def packets(data):
    """[(kind, flags, body)] of those that are whole; takes them off the bytearray."""
    found = []
    while len(data) >= 2:
        size, shift, at = 0, 0, 1
        while at < len(data):
            size |= (data[at] & 127) << shift
            shift += 7
            at += 1
            if not data[at - 1] & 128:
                break
        else:
            break
        if len(data) < at + size:
            break
        found.append((data[0] >> 4, data[0] & 15, bytes(data[at:at + size])))
        del data[:at + size]
    return found


class Message:
    """One that was published."""

    def __init__(self, flags, body):
        size = int.from_bytes(body[:2], "big")
        self.topic = body[2:2 + size].decode()
        self.qos, self.retained, self.again = flags >> 1 & 3, bool(flags & 1), bool(flags & 8)
        self.mid = body[2 + size:4 + size] if self.qos else None
        self.payload = body[(4 if self.qos else 2) + size:]


class Mosquitto:
    """A broker of the test's own, with its files in the test's folder."""

    def __init__(self, test, *lines, host="127.0.0.1", options=("allow_anonymous true",)):
        self.test = test
        self.port = rig.free_port()
        self.host = host
        config = test.folder / f"mosquitto-{self.port}.conf"
        store = test.folder / f"store-{self.port}"
        store.mkdir()
        config.write_text("\n".join([f"user {getpass.getuser()}", f"listener {self.port} {host}", "persistence true",
                                     f"persistence_location {store}/", "max_queued_messages 100000", *options, *lines, ""]))
        self.argv = ["/usr/sbin/mosquitto" if os.path.exists("/usr/sbin/mosquitto") else "mosquitto", "-c", config]
        self.start()

    def start(self):
        self.child = self.test.start(self.argv)
        rig.wait_until(self.ready, "mosquitto to listen")

    def ready(self):
        if not self.child.alive():
            raise AssertionError(f"mosquitto ended: {self.child.err}")
        return rig.is_open(self.port)

    def url(self, rest="", user="", scheme="mqtt"):
        return f"{scheme}://{user}localhost:{self.port}{rest}"

    def publish(self, topic, payload, *options):
        result = subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.port), "-t", topic, "-s" if payload else "-n", *options],
                                input=payload, check=False, capture_output=True, timeout=rig.PATIENCE)
        self.test.assertEqual(result.returncode, 0, result.stderr)


class Subscriber:
    """Keeps all that comes, in order."""

    def __init__(self, test, port, *topics, name="", keeps=False, qos=1):
        self.messages = []
        self.data = bytearray()
        self.socket = socket.create_connection(("127.0.0.1", port), rig.PATIENCE)
        test.addCleanup(self.socket.close)
        flags = 0 if keeps else 2
        self.socket.sendall(packet(CONNECT, text("MQTT") + bytes([4, flags, 0, 0]) + text(name))
                            + packet(SUBSCRIBE, b"\0\1" + b"".join(text(topic) + bytes([qos]) for topic in topics), 2))
        self.socket.setblocking(False)
        self.subscribed = False
        rig.wait_until(lambda: self.look() or self.subscribed, "the subscription")

    def look(self):
        """Takes in what there is; all messages so far."""
        try:
            while data := self.socket.recv(1 << 20):
                self.data += data
        except BlockingIOError:
            pass
        for kind, flags, body in packets(self.data):
            self.subscribed = self.subscribed or kind == SUBACK
            if kind == PUBLISH:
                self.messages.append(Message(flags, body))
                if self.messages[-1].qos:
                    self.socket.setblocking(True)
                    self.socket.sendall(packet(PUBACK, self.messages[-1].mid))
                    self.socket.setblocking(False)
        return self.messages

    def of(self, topic):
        """The payloads of those to a topic so far, as text."""
        return [m.payload.decode() for m in self.look() if m.topic == topic]

    def until(self, topic, count, what=None):
        rig.wait_until(lambda: len(self.of(topic)) >= count, what or f"{count} messages to {topic}")
        return self.of(topic)


class FakeBroker:
    """One that speaks when it is told to."""

    def __init__(self, test, room=None):
        self.test = test
        self.listener = socket.socket()
        if room:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(8)
        self.listener.settimeout(rig.PATIENCE)
        self.port = self.listener.getsockname()[1]
        test.addCleanup(self.listener.close)

    def accept(self, code=0):
        """Takes the next client up to its CONNECT and lets it in; the socket."""
        peer, _ = self.listener.accept()
        self.test.addCleanup(peer.close)
        peer.settimeout(rig.PATIENCE)
        self.data = bytearray()
        self.connect = self.next(peer, CONNECT)
        peer.sendall(packet(CONNACK, bytes([0, code])))
        return peer

    def next(self, peer, kind):
        """The body of the next packet of that kind; what comes before it is forgotten."""
        while True:
            for found, flags, body in self.take(peer):
                if found == kind:
                    return Message(flags, body) if kind == PUBLISH else body

    def take(self, peer):
        """The next packets, one by one."""
        while not (found := packets(self.data)):
            data = peer.recv(65536)
            if not data:
                raise AssertionError("the client has closed the connection")
            self.data += data
        return found


class Mqtt(rig.RigTest):
    def begin(self, url, *options, **keywords):
        return self.broadcaster("--osc", "none", "--mqtt", url, *options, **keywords)

    def state(self, broadcaster):
        return broadcaster.json("/api/status")["mqtt"]

    def until(self, broadcaster, what, condition):
        return rig.wait_until(lambda: condition(state := self.state(broadcaster)) and state, what)

    def connected(self, broadcaster):
        return self.until(broadcaster, "the broker", lambda state: state["state"] == "connected")

    def topic(self, level):
        return f"phicast/{self.name}/{level}"

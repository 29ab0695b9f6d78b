# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates, keys and ciphers: what is shown, and what a rotation that went half-way does to it."""

import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import unittest

import rig

UPGRADE = (b"GET /ws/metrics HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n")
GET = b"GET /api/status HTTP/1.1\r\nHost: localhost\r\n"
RSA, EC = ("rsa:2048",), ("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")


def openssl(*args, **options):
    return subprocess.run(["openssl", *map(str, args)], capture_output=True, timeout=rig.PATIENCE, text=True, check=False,
                          **options)


class Tls(rig.RigTest):
    def pair(self, name="", kind=RSA, days=2):
        """(certificate, key) of their own, for localhost."""
        cert, key = self.folder / f"cert{name}.pem", self.folder / f"key{name}.pem"
        made = openssl("req", "-x509", "-newkey", *kind, "-nodes", "-keyout", key, "-out", cert, "-days", days, "-subj",
                       "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-addext", "keyUsage=digitalSignature,keyCertSign")
        self.assertEqual(made.returncode, 0, made.stderr)
        return cert, key

    def serve(self, cert, key, *options):
        child = self.start([rig.BIN / "phicast-broadcaster", "-n", self.name, "-p", "0", "--osc", "none", "--tls-cert", cert,
                            "--tls-key", key, *options])
        self.port = int(child.line(r"^listening on https://\S+:(\d+)").group(1))
        return child

    def context(self, cafile=None, **options):
        made = ssl.create_default_context(cafile=cafile)
        if not cafile:
            made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
        for name, value in options.items():
            setattr(made, name, value)
        return made

    def ask(self, context, head=GET, body=b""):
        """The status of the answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=rig.PATIENCE) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as s:
                s.sendall(head + b"\r\n" + body)
                return int(s.recv(65536).split(b" ", 2)[1])

    def shown(self, **options):
        """What a new connection is shown."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=rig.PATIENCE) as plain:
            with self.context(**options).wrap_socket(plain, server_hostname="localhost") as s:
                return s.getpeercert(True)

    def der(self, cert):
        return ssl.PEM_cert_to_DER_cert(cert.read_text().partition("-----END CERTIFICATE-----")[0] +
                                        "-----END CERTIFICATE-----\n")

    def hang_up(self, child, words):
        """SIGHUP, and the line it makes."""
        before = len(child.err)
        child.process.send_signal(signal.SIGHUP)
        rig.wait_until(lambda: "Hangup: " in child.err[before:], "an answer to SIGHUP")
        self.assertRegex(child.err[before:], words)

    def test_serves(self):
        cert, key = self.pair()
        self.serve(cert, key)
        trusting = self.context(cert)
        self.assertEqual(self.ask(trusting), 200)
        self.assertEqual(self.ask(trusting, UPGRADE), 101)
        self.assertEqual(self.ask(trusting, UPGRADE + b"Origin: https://evil.example\r\n"), 403)
        large = b"POST /api/phi HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 3000\r\n"
        self.assertEqual(self.ask(trusting, large, b"x" * 3000), 413)
        with contextlib.suppress(ConnectionResetError, BrokenPipeError), \
                socket.create_connection(("127.0.0.1", self.port), timeout=rig.PATIENCE) as plain:
            plain.sendall(GET + b"\r\n")
            self.assertNotIn(b" 200 ", plain.recv(4096))

    def test_ciphers(self):
        """TLS 1.2 with forward secrecy and authenticated encryption, 1.3, and nothing else, with either kind of key."""
        for kind, name in ((RSA, "RSA"), (EC, "ECDSA")):
            child = self.serve(*self.pair(kind=kind))
            for tls in ("-tls1", "-tls1_1"):
                self.assertNotEqual(self.client(tls, "-cipher", "ALL:@SECLEVEL=0"), 0, tls)
            good = {f"ECDHE-{name}-{mode}" for mode in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")}
            known = set(openssl("ciphers", "-s", "-tls1_2", "ALL:COMPLEMENTOFALL:@SECLEVEL=0").stdout.strip().split(":"))
            self.assertGreater(len(known - good), 50)
            self.assertNotEqual(self.client("-tls1_2", "-cipher", ":".join(known - good) + ":@SECLEVEL=0"), 0)
            for cipher in good:
                self.assertEqual(self.client("-tls1_2", "-cipher", cipher), 0, cipher)
            for suite in ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"):
                self.assertEqual(self.client("-tls1_3", "-ciphersuites", suite), 0, suite)
            self.assertEqual(child.stop(), 0)

    def client(self, *options):
        """The exit code of openssl s_client."""
        return openssl("s_client", "-connect", f"127.0.0.1:{self.port}", *options, stdin=subprocess.DEVNULL).returncode

    def test_rotation(self):
        """Half of a new pair changes nothing; the whole of it is shown from then on, whatever kinds of key the two have."""
        cert, key = self.pair()
        child = self.serve(cert, key)
        old = self.shown()
        self.assertEqual(old, self.der(cert))
        for name, kind in (("rsa", RSA), ("ec", EC), ("rsa2", RSA)):
            new_cert, new_key = self.pair(name, kind)
            os.replace(new_cert, cert)
            self.hang_up(child, r"key\.pem does not belong to .*cert\.pem.*; the old certificate stays")
            for most in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                self.assertEqual(self.shown(maximum_version=most), old)
            self.assertEqual(self.ask(self.context()), 200)
            os.replace(new_key, key)
            self.hang_up(child, "certificate and key read again")
            for most in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                self.assertEqual(self.shown(maximum_version=most), self.der(cert))
            self.assertEqual(self.ask(self.context(cert)), 200)
            old = self.der(cert)

    def test_open_streams_stay(self):
        cert, key = self.pair()
        child = self.serve(cert, key)
        with socket.create_connection(("127.0.0.1", self.port), timeout=rig.PATIENCE) as plain, \
                self.context(cert).wrap_socket(plain, server_hostname="localhost") as s:
            s.sendall(UPGRADE + b"\r\n")
            self.assertIn(b" 101 ", s.recv(4096))
            self.pair(kind=EC)
            self.hang_up(child, "read again")
            for _ in range(30):
                self.assertTrue(s.recv(4096))

    def broken(self):
        """(words that the complaint has, what makes the files so)"""
        cert, key = self.folder / "cert.pem", self.folder / "key.pem"

        def encrypt(*options):
            self.assertEqual(openssl("pkey", "-in", key, "-out", self.folder / "out", "-aes256", "-passout", "pass:x",
                                     *options).returncode, 0)
            os.replace(self.folder / "out", key)

        def weak():
            self.pair(kind=("rsa:1024",))

        def chain(text):
            cert.write_text(cert.read_text() + text)

        return (
            (r"--tls-cert \S+: No such file", cert.unlink),
            (r"--tls-key \S+: No such file", key.unlink),
            (r"--tls-cert \S+: not a regular file", lambda: (cert.unlink(), os.mkfifo(cert))),
            (r"--tls-key \S+: not a regular file", lambda: (key.unlink(), os.mkfifo(key))),
            (r"--tls-key \S+: (not a regular file|Permission denied)", lambda: (key.unlink(), key.mkdir())),
            (r"--tls-cert \S+: .*PEM", lambda: cert.write_bytes(cert.read_bytes()[:300])),
            (r"--tls-cert \S+: .*PEM", lambda: cert.write_bytes(b"")),
            (r"--tls-cert \S+: .*PEM", lambda: chain("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")),
            (r"--tls-key \S+: .*PEM", lambda: key.write_bytes(key.read_bytes()[:300])),
            (r"--tls-key \S+: .*PEM", lambda: shutil.copy(cert, key)),
            (r"--tls-key \S+: encrypted", encrypt),
            (r"--tls-key \S+: encrypted", lambda: encrypt("-traditional")),
            (r"--tls-cert \S+: .*key too small", weak),
            (r"key\.pem does not belong to --tls-cert", lambda: shutil.copy(self.pair("other", EC)[1], key)),
        )

    def clean(self):
        for name in ("cert.pem", "key.pem"):
            path = self.folder / name
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)
        return self.pair()

    def test_broken_files(self):
        """None of them starts a broadcaster, or stops one."""
        cert, key = self.pair()
        child = self.serve(cert, key)
        shown = self.shown()
        for words, damage in self.broken():
            self.clean()
            damage()
            result = self.run_program("phicast-broadcaster", "-n", f"{self.name}b", "-p", "0", "--osc", "none", "--tls-cert",
                                      cert, "--tls-key", key)
            self.assertEqual((result.returncode, result.stdout, result.stderr.count("\n")), (1, "", 1), result.stderr)
            self.assertRegex(result.stderr, words)
            self.hang_up(child, words + ".*; the old certificate stays")
            self.assertEqual(self.shown(), shown)
        self.clean()
        self.hang_up(child, "read again")
        self.assertEqual(self.shown(), self.der(cert))

    def test_dates(self):
        """A certificate that clients will refuse is shown all the same, and named."""
        cert, key = self.pair()
        csr = self.folder / "csr"
        self.assertEqual(openssl("req", "-new", "-key", key, "-out", csr, "-subj", "/CN=localhost").returncode, 0)
        (self.folder / "index").write_text("")
        (self.folder / "ca.cnf").write_text(f"[ca]\ndefault_ca=x\n[x]\ndatabase={self.folder}/index\nnew_certs_dir={self.folder}\n"
                                            "rand_serial=yes\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
        for begin, end, words in (("20200101000000Z", "20210203000000Z", "expired on 2021-02-03"),
                                  ("20980304000000Z", "20990101000000Z", "not valid before 2098-03-04")):
            made = openssl("ca", "-config", self.folder / "ca.cnf", "-batch", "-selfsign", "-keyfile", key, "-in", csr, "-out",
                           cert, "-startdate", begin, "-enddate", end, "-notext")
            self.assertEqual(made.returncode, 0, made.stderr)
            child = self.serve(cert, key)
            child.line(rf"warning: --tls-cert \S+: {words}; clients will refuse it", "err")
            self.assertEqual(self.shown(), self.der(cert))
            self.hang_up(child, f"{words}(.|\n)*read again")
            self.assertEqual(child.stop(), 0)
            (self.folder / "index").write_text("")

    def test_chain(self):
        """What stands after the certificate is shown as well."""
        root, root_key = self.pair("root")
        cert, key = self.pair()
        self.assertEqual(openssl("req", "-new", "-key", key, "-out", self.folder / "csr", "-subj", "/CN=localhost").returncode, 0)
        (self.folder / "ext").write_text("subjectAltName=DNS:localhost\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
        made = openssl("x509", "-req", "-in", self.folder / "csr", "-CA", root, "-CAkey", root_key, "-CAcreateserial", "-days", "2",
                       "-extfile", self.folder / "ext", "-out", cert)
        self.assertEqual(made.returncode, 0, made.stderr)
        cert.write_text(cert.read_text() + root.read_text())
        self.serve(cert, key)
        said = openssl("s_client", "-connect", f"127.0.0.1:{self.port}", "-showcerts", stdin=subprocess.DEVNULL).stdout
        self.assertEqual(said.count("BEGIN CERTIFICATE"), 2)
        self.assertEqual(self.ask(self.context(root)), 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)

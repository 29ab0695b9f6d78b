# SPDX-License-Identifier: GPL-3.0-or-later
"""Behind nginx and Caddy, at the root of their server and under a path of it, as docs/security.md says: the pages in
Chromium, steering from them, and streams that are long and quiet."""

import re
import shutil
import subprocess
import unittest

import rig
import test_dashboard

SECURITY = rig.ROOT / "docs/security.md"


def example(language):
    """The text of docs/security.md between ```LANGUAGE and ```."""
    return re.search(rf"^```{language}\n(.*?)^```$", SECURITY.read_text(), re.MULTILINE | re.DOTALL).group(1)


class Proxies(test_dashboard.Browsing):
    """Each proxy serves one origin with both, the path and the root."""

    def certificate(self):
        cert, key = self.folder / "cert.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                        "-subj", "/CN=example.org", "-addext", "subjectAltName=DNS:example.org"], check=True,
                       stderr=subprocess.DEVNULL, timeout=rig.PATIENCE)
        return cert, key

    def nginx(self, server):
        """nginx in a folder of its own, with that in its server's block."""
        (self.folder / "nginx.conf").write_text(
            f"daemon off; worker_processes 1; pid {self.folder}/nginx.pid; error_log {self.folder}/nginx.log;\n"
            "events {}\n"
            "http { access_log off;\n"
            + "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
            + server + "}\n")
        return self.start(["nginx", "-p", self.folder, "-c", self.folder / "nginx.conf", "-e", self.folder / "nginx.log"])

    def caddy(self, text):
        (self.folder / "Caddyfile").write_text("{\n admin off\n auto_https off\n}\n" + text)
        return self.start(["caddy", "run", "--adapter", "caddyfile", "--config", self.folder / "Caddyfile"],
                          env={"XDG_DATA_HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder), "HOME": str(self.folder)})

    def setting(self):
        """The broadcaster, with sound; and the port that the proxy is to listen on."""
        self.sound(4, rig.RECORDINGS, 44100)
        port = rig.free_port()
        broadcaster = self.broadcaster("--osc", "none", "--allow-origin", f"https://example.org:{port}")
        rig.wait_until(lambda: broadcaster.json("/api/metrics")["active_channels"] > 0, "sound")
        return broadcaster, port

    def visit(self, port, broadcaster):
        """The browser finds example.org at 127.0.0.1, and takes a certificate that nobody has signed."""
        rig.wait_until(lambda: rig.is_open(port), "the proxy to listen")
        self.node("proxy", PHICAST_ORIGIN=f"https://example.org:{port}", PHICAST_URL=broadcaster.url)

    @unittest.skipUnless(shutil.which("nginx"), "nginx is not installed")
    def test_nginx(self):
        broadcaster, port = self.setting()
        cert, key = self.certificate()
        under = example("nginx").replace("127.0.0.1:8000", f"127.0.0.1:{broadcaster.port}")
        root = under.replace("location /phicast/", "location /").replace(f"{broadcaster.port}/;", f"{broadcaster.port};")
        self.nginx(f"server {{ listen 127.0.0.1:{port} ssl; server_name example.org; ssl_certificate {cert}; ssl_certificate_key {key};\n"
                   f"{under}\n{root}\n}}\n")
        self.visit(port, broadcaster)

    @unittest.skipUnless(shutil.which("caddy"), "Caddy is not installed")
    def test_caddy(self):
        broadcaster, port = self.setting()
        cert, key = self.certificate()
        text = example("caddy").replace("127.0.0.1:8000", f"127.0.0.1:{broadcaster.port}")
        inner = re.search(r"^example.org \{\n(.*)^\}", text, re.MULTILINE | re.DOTALL).group(1)
        root = inner.replace("redir /phicast /phicast/", "").replace("handle_path /phicast/*", "handle")
        self.caddy(f"https://example.org:{port} {{\n bind 127.0.0.1\n tls {cert} {key}\n{inner}\n{root}\n}}\n")
        self.visit(port, broadcaster)


if __name__ == "__main__":
    unittest.main(verbosity=2)

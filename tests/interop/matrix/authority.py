"""A certificate authority of our own, which vouches for a varved on this machine."""

import pathlib
import re
import subprocess

from client import place_of

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30")


class Authority:
    """Made by openssl in build/matrix/authority/. AuthorityError if that fails."""

    def __init__(self):
        self.folder = place_of("authority")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.certificate = self.folder / "authority.pem"
        self.server_certificate, self.server_key = self.folder / "server.pem", self.folder / "server.key"
        own_key = self.folder / "authority.key"
        request = ("openssl", "req", "-x509", *KEY)
        self._run(*request, "-subj", "/CN=Varve matrix", "-addext", "keyUsage=critical,keyCertSign",
                  "-keyout", own_key, "-out", self.certificate)
        self._run(*request, "-subj", "/CN=localhost", "-CA", self.certificate, "-CAkey", own_key,
                  "-addext", "basicConstraints=critical,CA:FALSE",
                  "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                  "-keyout", self.server_key, "-out", self.server_certificate)

    @staticmethod
    def _run(*command):
        try:
            subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=30)
        except (OSError, subprocess.SubprocessError) as error:
            raise AuthorityError(f"openssl made no certificate: {error}") from error


class AuthorityError(Exception):
    pass


def tls_flags(help_text, certificate: pathlib.Path, key: pathlib.Path):
    """The flags that give varved its certificate, as its --help names them; None if it has no TLS."""
    names = [re.search(pattern, help_text) for pattern in (r"--amqps-port\b", r"--tls-cert[\w-]*", r"--tls-key[\w-]*")]
    if not all(names):
        return None
    return (names[1].group(), str(certificate), names[2].group(), str(key))

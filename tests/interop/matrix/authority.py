"""A certificate authority of our own, which vouches for a varved on this machine."""

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

    def broker_flags(self):
        """What gives varved its certificate."""
        return ("--tls-certificate", str(self.server_certificate), "--tls-key", str(self.server_key))

    @staticmethod
    def _run(*command):
        try:
            subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=30)
        except (OSError, subprocess.SubprocessError) as error:
            raise AuthorityError(f"openssl made no certificate: {error}") from error


class AuthorityError(Exception):
    pass

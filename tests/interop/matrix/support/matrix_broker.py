"""The broker that the matrix started for this suite, as its environment tells."""

import os
import socket
import ssl
import urllib.parse
import uuid

URI = os.environ.get("VARVE_MATRIX_TLS") or os.environ["VARVE_MATRIX_URI"]
PARTS = urllib.parse.urlsplit(URI)
HOST, PORT, USER, PASSWORD = PARTS.hostname, PARTS.port, PARTS.username, PARTS.password


def tls_context():
    """What to trust; None without TLS."""
    if PARTS.scheme != "amqps":
        return None
    return ssl.create_default_context(cafile=os.environ["VARVE_MATRIX_CA"])


def tls_options():
    """The same for clients that take the parts of a context; None without TLS."""
    if PARTS.scheme != "amqps":
        return None
    return {"ca_certs": os.environ["VARVE_MATRIX_CA"], "cert_reqs": ssl.CERT_REQUIRED, "server_hostname": HOST}


def uri_with(user=USER, password=PASSWORD, vhost=None):
    path = "/" if vhost is None else f"/{vhost}"
    return f"{PARTS.scheme}://{user}:{password}@{HOST}:{PORT}{path}"


def restart():
    """Kills the broker and returns when it is there again."""
    host, port = os.environ["VARVE_MATRIX_CONTROL"].rsplit(":", 1)
    with socket.create_connection((host, int(port)), 60) as door:
        door.sendall(b"restart\n")
        answer = door.makefile().readline()
    if answer != "ok\n":
        raise AssertionError(f"the broker did not come back: {answer!r}")


def unique(stem):
    """A name that no other test uses."""
    return f"{stem}-{uuid.uuid4().hex[:8]}"

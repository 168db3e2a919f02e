"""How the applications of the matrix find their broker."""

import os
import ssl
import urllib.parse

URI = os.environ.get("VARVE_MATRIX_TLS") or os.environ["VARVE_MATRIX_URI"]


def settings(queue):
    """An application whose tasks go to `queue`, unless sent elsewhere."""
    options = {
        "broker_url": URI.rstrip("/") + "//", "result_backend": "rpc://", "task_default_queue": queue,
        "broker_transport_options": {"confirm_publish": True}, "broker_connection_max_retries": None,
        "broker_connection_retry_on_startup": True, "result_expires": 600, "worker_prefetch_multiplier": 4,
        "worker_send_task_events": True,
    }
    if URI.startswith("amqps:"):
        options["broker_use_ssl"] = {
            "ca_certs": os.environ["VARVE_MATRIX_CA"], "cert_reqs": ssl.CERT_REQUIRED,
            "server_hostname": urllib.parse.urlsplit(URI).hostname}
    return options

"""The door by which a suite, in any language, kills its broker: a line `restart` on a TCP connection is answered with
`ok` when varved has been killed and is there again, on the same ports and data."""

import socketserver
import threading


class Control:
    """One request at a time, all on one thread: a varved dies with the thread that started it, so the thread stays until
    close()."""

    def __init__(self, broker):
        self.broker = broker

        class Handler(socketserver.StreamRequestHandler):
            def handle(handler):
                handler.wfile.write(self.answer(handler.rfile.readline().strip()) + b"\n")

        self.server = socketserver.TCPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    @property
    def address(self):
        return "127.0.0.1:%d" % self.server.server_address[1]

    def answer(self, request):
        if request != b"restart":
            return b"unknown request"
        self.broker.kill()
        self.broker.start()
        return b"ok"

    def close(self):
        """After the broker has been closed."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

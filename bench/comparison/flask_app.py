"""The Flask application of W11: each request sends one task. As a program it makes the requests, too, without HTTP
between: the broker is to be the part that is measured."""

import json
import os
import time

from celery_app import nothing
from flask import Flask

app = Flask("compare")


@app.post("/task")
def send_task():
    nothing.delay()
    return "", 202


def main():
    client = app.test_client()
    client.post("/task")  # connects
    begin = time.monotonic()
    for _ in range(int(os.environ["TASKS"]) - 1):
        client.post("/task")
    print(json.dumps({"seconds": time.monotonic() - begin}))


if __name__ == "__main__":
    main()

"""The clients of the matrix. Their versions are pinned in each folder's own files."""

import json
import re

from client import HERE, Client, place_of

PYTHON = "/usr/bin/python3"
# One pip for all: the environments of the clients go without, which saves most of the time that they take.
PIP = place_of("pip")


def pinned(path, pattern):
    """The version that a lock file names."""
    return re.search(pattern, path.read_text(), re.M).group(1)


def python_client(name, folder, package, requirements="requirements.txt"):
    lock = HERE / folder / requirements
    venv = place_of(name) / "venv"
    python = str(venv / "bin" / "python")
    return Client(
        name=name, version=pinned(lock, rf"^{re.escape(package)}==(\S+)"), folder=HERE / folder, tools=(PYTHON,),
        locks=(lock,), installer=(PYTHON, "-m", "venv", str(PIP)),
        downloads=((PYTHON, "-m", "venv", "--clear", "--without-pip", str(venv)),
                   (str(PIP / "bin" / "python"), "-m", "pip", "--python", python, "install", "--quiet", "--no-input",
                    "--retries=1", "--timeout=20", "--require-hashes", "-r", str(lock))),
        suite=(python, "-s", str(HERE / "support" / "run_unittests.py"), str(HERE / folder)))


def npm_client(name, folder):
    lock = HERE / folder / "package-lock.json"
    return Client(
        name=name, version=json.loads(lock.read_text())["packages"][f"node_modules/{name}"]["version"],
        folder=HERE / folder, tools=("node", "npm"), locks=(lock,), copied=True,
        downloads=(("npm", "ci", "--loglevel=error", "--ignore-scripts", "--fetch-retries=1", "--fetch-timeout=20000"),),
        suite=("node", "--test-reporter=./reporter.mjs", "suite.mjs"))


def go_client(name, folder, module):
    lock = HERE / folder / "go.mod"
    program = str(place_of(name) / "suite.test")
    return Client(
        name=name, version=pinned(lock, rf"{re.escape(module)} v(\S+)"), folder=HERE / folder, tools=("go",),
        locks=(lock, HERE / folder / "go.sum"), downloads=(("go", "mod", "download"),),
        prepare=(("go", "test", "-vet=off", "-c", "-o", program, "."),), suite=(program, "-test.v", "-test.timeout=170s"))


def maven_client(name, folder, artifact):
    pom = HERE / folder / "pom.xml"
    jars = str(place_of(name) / "jars")
    classes = str(place_of(name) / "classes")
    return Client(
        name=name, version=pinned(pom, rf"<artifactId>{artifact}</artifactId>\s*<version>([^<]+)"),
        folder=HERE / folder, tools=("mvn", "javac", "java"), locks=(pom,), copied=True,
        downloads=(("mvn", "--batch-mode", "--quiet", "--no-transfer-progress", "dependency:copy-dependencies",
                    f"-DoutputDirectory={jars}"),),
        prepare=(("javac", "-nowarn", "-cp", f"{jars}/*", "-d", classes, "--source-path", ".", "Suite.java"),),
        suite=("java", "-XX:TieredStopAtLevel=1", "-cp", f"{jars}/*:{classes}", "Suite"))


def clients():
    """In the order in which they are begun: Go first, because its first compilation takes longest."""
    return (
        go_client("amqp091-go", "amqp091-go", "github.com/rabbitmq/amqp091-go"),
        maven_client("amqp-client", "amqp-client", "amqp-client"),
        npm_client("amqplib", "amqplib"),
        python_client("celery", "celery", "celery"),
        python_client("celery-5.6", "celery", "celery", "requirements-5.6.txt"),
        python_client("celery-5.4", "celery", "celery", "requirements-5.4.txt"),
        python_client("kombu", "kombu", "kombu"),
        python_client("kombu-5.4", "kombu", "kombu", "requirements-5.4.txt"),
        python_client("pika", "pika", "pika"),
        python_client("aio-pika", "aio-pika", "aio-pika"),
    )

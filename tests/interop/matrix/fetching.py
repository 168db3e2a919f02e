"""Fetches what a client's lock files name, unless that is already there."""

import shutil
import threading

import command
from client import DOWNLOAD_TIMEOUT_S, ROOT


def copy_suite(client):
    """For tools that write beside the source: the suite's files, beside what was fetched for them."""
    if client.copied:
        client.work_folder.mkdir(parents=True, exist_ok=True)
        for path in client.folder.iterdir():
            if path.is_file():
                shutil.copy(path, client.work_folder)


INSTALLING = threading.Lock()
INSTALLERS = set()
SILENT = set()  # The tools whose registry did not answer in time: what else they would fetch is not waited for.


def install_installer(client, output):
    """Once for all clients; returns whether it is there."""
    with INSTALLING:
        if client.installer and client.installer not in INSTALLERS:
            if command.run(client.installer, client.folder, DOWNLOAD_TIMEOUT_S, output).status != 0:
                return False
            INSTALLERS.add(client.installer)
    return True


def fetch(client):
    """Returns why it cannot be run; empty when all is there."""
    if tool := client.missing_tool():
        return f"there is no {tool} here"
    client.place.mkdir(parents=True, exist_ok=True)
    copy_suite(client)
    mark = client.place / "fetched"
    if mark.is_file() and mark.read_text() == client.lock_hash():
        return ""
    output = client.place / "fetching.txt"
    output.unlink(missing_ok=True)
    if not install_installer(client, output):
        return f"there is no installer ({output.relative_to(ROOT)})"
    for download in client.downloads:
        if client.tools in SILENT:
            return "the registry did not answer before"
        done = command.run(download, client.work_folder, DOWNLOAD_TIMEOUT_S, output)
        if done.status is None:
            SILENT.add(client.tools)
            return f"not fetched within {DOWNLOAD_TIMEOUT_S} s"
        if done.status != 0:
            return f"not fetched: {done.complaint()[:100]} ({output.relative_to(ROOT)})"
    mark.write_text(client.lock_hash())
    return ""

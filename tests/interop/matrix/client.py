"""One released client: what it needs, how it is fetched, how its suite is started."""

import dataclasses
import hashlib
import pathlib
import shutil

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
DOWNLOAD_TIMEOUT_S = 120
SUITE_TIMEOUT_S = 300  # Celery takes 50 s, and 160 s where a dozen compilers run beside it.


@dataclasses.dataclass(frozen=True)
class Client:
    """`downloads` are commands that may use a registry, in order; when one of them fails the client is not run.
    `prepare` and `suite` may not, and have to succeed. `locks` are the files that decide what is fetched. `installer` is
    run before the first download of all the clients that name the same one."""

    name: str
    version: str
    folder: pathlib.Path
    tools: tuple
    locks: tuple
    downloads: tuple
    suite: tuple
    installer: tuple = ()
    prepare: tuple = ()
    copied: bool = False
    "Its tools write beside the source, so they get a copy of it."

    @property
    def place(self):
        """Where everything that is fetched or built for it goes."""
        return ROOT / "build" / "matrix" / self.name

    @property
    def work_folder(self):
        return self.place / "suite" if self.copied else self.folder

    def missing_tool(self):
        return next((tool for tool in self.tools if not shutil.which(tool)), None)

    def lock_hash(self):
        digest = hashlib.sha256()
        for path in self.locks:
            digest.update(path.read_bytes())
        return digest.hexdigest()


def place_of(name):
    return ROOT / "build" / "matrix" / name

"""Runs one interop test file: run.py pika/publishing_test.py [Suite[.test_name]...].

Use Debian's interpreter, /usr/bin/python3: the clients are Debian's packages.
"""

import importlib.util
import os
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent


def without_the_users_python():
    """The tests see Debian's packages and this folder, whatever the caller's environment adds."""
    for name in [name for name in os.environ if name.startswith(("PYTHON", "VIRTUAL_ENV", "PYENV"))]:
        del os.environ[name]
    os.environ["PYTHONNOUSERSITE"] = "1"
    if not sys.flags.no_user_site:
        os.execv(sys.executable, [sys.executable, *sys.argv])


def main():
    without_the_users_python()
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    path = (HERE / sys.argv[1]).resolve()
    sys.path[:] = [str(HERE / "support"), str(path.parent)] + [p for p in sys.path if p != str(HERE)]
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    unittest.main(module, argv=[str(path)] + sys.argv[2:], verbosity=2)


if __name__ == "__main__":
    main()

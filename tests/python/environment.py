"""Creates the Python environment of a test or a bench, and prints its interpreter.

    python3 tests/python/environment.py NAME

installs the packages that `tests/python/NAME.txt` pins into `target/python/NAME-HASH`, once:
a changed list makes another environment.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import venv


def main(name: str) -> None:
    here = pathlib.Path(__file__).resolve().parent
    requirements = here / f"{name}.txt"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:8]
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", here.parents[1] / "target"))
    folder = target.resolve() / "python" / f"{name}-{digest}"
    python = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    if not folder.exists():
        # Created beside it and renamed, since two tests may run this at once. The interpreter still
        # works after that, but not the programs that pip installs: use `python -m`.
        mine = folder.with_name(f"{folder.name}.{os.getpid()}")
        venv.create(mine, with_pip=True, clear=True)
        pip = [mine / python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--requirement", requirements], check=True, stdout=sys.stderr)
        try:
            mine.rename(folder)
        except OSError:
            shutil.rmtree(mine)
    print(folder / python)


if __name__ == "__main__":
    main(sys.argv[1])

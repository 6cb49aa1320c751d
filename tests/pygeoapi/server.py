"""A real OGC API - Processes server: pygeoapi with its asynchronous job manager.

    python tests/pygeoapi/server.py FOLDER [PASSWORD]

keeps jobs and results in FOLDER, and listens on the port in `FOLDER/port`, or on a free one
that it writes there. With a PASSWORD it requires a login (HTTP Basic) and has no manager, so
that all processes run synchronously. It prints a line of JSON: its URL, and the number of
`stranded` jobs. It stops when standard input is closed, which happens when its parent
process ends. A server that was killed and is started again in the same folder has the same
jobs; those that ran stay `accepted`.

Each run of a process appends its place as a line to `FOLDER/runs`.
"""

import base64
import json
import os
import pathlib
import socket
import sys
import threading
import time

import yaml
from pygeoapi.process.base import BaseProcessor, ProcessorExecuteError

SCHEMA = {"place": {"type": "string"}, "after": {"type": "string", "default": ""}}
METADATA = {
    "version": "1.0.0",
    "title": "Measures a place",
    "description": "Waits for a file, and tells the length of a name",
    "jobControlOptions": ["sync-execute", "async-execute"],
    "keywords": [],
    "links": [],
    "inputs": {
        "place": {"title": "Its name", "schema": SCHEMA["place"], "minOccurs": 1, "maxOccurs": 1},
        "after": {"title": "A file of the folder", "schema": SCHEMA["after"], "minOccurs": 0, "maxOccurs": 1},
    },
    "outputs": {"measure": {"title": "The length", "schema": {"type": "object"}}},
}


class Measure(BaseProcessor):
    """Process that waits until a file exists, and measures a place. A place called `nowhere`
    fails."""

    def __init__(self, definition: dict) -> None:
        super().__init__(definition, METADATA | {"id": "measure"})

    def execute(self, data: dict, outputs=None):
        place = data.get("place")
        with open(os.environ["RUNS"], "a", encoding="utf-8") as runs:
            runs.write(f"{place}\n")
        # Without a name it is the folder, which exists.
        awaited = pathlib.Path(os.environ["RUNS"]).parent / data.get("after", "")
        while not awaited.exists():
            time.sleep(0.02)
        if place == "nowhere":
            raise ProcessorExecuteError("there is no such place")
        return "application/json", {"place": place, "length": len(place)}


class Picture(BaseProcessor):
    """Process that returns the smallest possible picture."""

    def __init__(self, definition: dict) -> None:
        output = {"schema": {"type": "string", "contentMediaType": "image/gif"}}
        own = {"id": "picture", "inputs": {}, "outputs": {"picture": output}}
        super().__init__(definition, METADATA | own)

    def execute(self, data: dict, outputs=None):
        return "image/gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"


def guarded(app, password: str):
    """Returns the application with a password check, which pygeoapi does not have."""

    def guard(environ, start):
        scheme, _, given = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme == "Basic" and base64.b64decode(given).decode().partition(":")[2] == password:
            return app(environ, start)
        start("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="pygeoapi"')])
        return [b""]

    return guard


def main(folder: pathlib.Path, password: str | None = None) -> None:
    from pygeoapi.openapi import get_oas

    (folder / "results").mkdir(exist_ok=True)
    known = folder / "port"
    port = int(known.read_text("utf-8")) if known.exists() else free_port()
    known.write_text(str(port), "utf-8")
    url = f"http://127.0.0.1:{port}"
    os.environ["RUNS"] = str(folder / "runs")
    settings = config(folder, url, port)
    if password:
        del settings["server"]["manager"]
    written = folder / "pygeoapi.yml"
    written.write_text(yaml.safe_dump(settings), "utf-8")
    openapi = folder / "openapi.yml"
    os.environ.update(PYGEOAPI_CONFIG=str(written), PYGEOAPI_OPENAPI=str(openapi))
    openapi.write_text(yaml.safe_dump(get_oas(settings)), "utf-8")
    from pygeoapi.flask_app import APP
    from werkzeug.serving import make_server

    # Before any new job can be sent.
    left = stranded(folder / "jobs.db")
    app = guarded(APP, password) if password else APP
    server = make_server("127.0.0.1", port, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"url": url, "stranded": left}), flush=True)
    sys.stdin.read()
    os._exit(0)


def config(folder: pathlib.Path, url: str, port: int) -> dict:
    here = "server"
    contact = {"name": "none", "email": "none@example.org", "url": url}
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": port},
            "url": url,
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "language": "en-US",
            "limits": {"default_items": 20, "max_items": 500},
            "map": {"url": "", "attribution": ""},
            "manager": {
                "name": "TinyDB",
                "connection": str(folder / "jobs.db"),
                "output_dir": str(folder / "results"),
            },
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": "pygeoapi of a test",
                "description": "none",
                "keywords": ["none"],
                "keywords_type": "theme",
                "terms_of_service": "none",
                "url": url,
            },
            "license": {"name": "none", "url": url},
            "provider": {"name": "none", "url": url},
            "contact": contact,
        },
        "resources": {
            "measure": {"type": "process", "processor": {"name": f"{here}.Measure"}},
            "picture": {"type": "process", "processor": {"name": f"{here}.Picture"}},
            "hello-world": {"type": "process", "processor": {"name": "HelloWorld"}},
        },
    }


def stranded(jobs: pathlib.Path) -> int:
    """Returns the number of jobs that an earlier server left unfinished."""
    if not jobs.exists():
        return 0
    table = json.loads(jobs.read_text("utf-8") or "{}").get("_default", {})
    return sum(job["status"] in ("accepted", "running") for job in table.values())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve(), *sys.argv[2:])

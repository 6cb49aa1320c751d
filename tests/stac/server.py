"""A real STAC server: stac-fastapi-pgstac on its own PostgreSQL with PostGIS.

    python tests/stac/server.py ITEMS

loads each `*.ndjson` in the folder ITEMS, with its `*.collection.json` if there is one, and
prints a line of JSON with the URLs of the servers by their capabilities. They stop when
standard input is closed, which happens when their parent process ends, even if it is killed;
nothing is left behind.

    python tests/stac/server.py

only checks that PostgreSQL and PostGIS are installed; any Python 3 suffices for that.
"""

import asyncio
import atexit
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

# Extensions of the servers beyond the core: all, only the older filters, and none.
SERVERS = {
    "all": "query,sort,fields,filter,pagination,collection_search",
    "query": "query,sort,pagination",
    "plain": "pagination",
}
# Numeric properties: by default the database compares text.
NUMBERS = [
    "eo:cloud_cover",
    "gsd",
    "view:incidence_angle",
    "view:off_nadir",
    "view:sun_elevation",
    "proj:epsg",
]
TEXTS = ["platform", "constellation", "landsat:wrs_row", "naip:state"]


def main(items: pathlib.Path) -> None:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="up42-stac-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    database = Database(folder)
    atexit.register(database.stop)
    database.start()
    load(items, folder)
    asyncio.run(serve())


class Database:
    """PostgreSQL server in its own folder."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.data = folder / "postgres"
        self.data.mkdir()
        self.process = None
        # PostgreSQL refuses to run as root.
        self.user = "nobody" if hasattr(os, "getuid") and os.getuid() == 0 else None
        if self.user:
            folder.chmod(0o755)
            shutil.chown(self.data, self.user)

    def start(self) -> None:
        os.environ.update(PGHOST="127.0.0.1", PGPORT=str(free_port()), PGUSER="postgres")
        os.environ.update(PGPASSWORD="none", PGDATABASE="postgres")
        self.run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
        options = ["-h", "127.0.0.1", "-p", os.environ["PGPORT"], "-k", "", "-F", "-c", "full_page_writes=off"]
        self.run("pg_ctl", "start", "--wait", "--silent", "--log", str(self.data / "log"), "-o", quoted(options))

    def stop(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self.run("pg_ctl", "stop", "--mode=immediate", "--silent")

    def run(self, tool: str, *arguments: str) -> None:
        command = [binaries() / tool, *arguments, "-D", self.data]
        subprocess.run(command, check=True, user=self.user, cwd=self.data, stdout=sys.stderr, stdin=subprocess.DEVNULL)


def quoted(options: list[str]) -> str:
    return " ".join(option or "''" for option in options)


def binaries() -> pathlib.Path:
    """Returns the folder of PostgreSQL's programs, which Debian does not put on the path."""
    folders = [pathlib.Path(found).parent for found in [shutil.which("initdb")] if found]
    folders += sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        config = folder / "pg_config"
        if (folder / "initdb").exists() and config.exists():
            shared = subprocess.run([config, "--sharedir"], check=True, capture_output=True, text=True).stdout
            if (pathlib.Path(shared.strip()) / "extension" / "postgis.control").exists():
                return folder
    sys.exit("PostgreSQL with PostGIS is missing: apt-get install postgresql-15-postgis-3")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def load(items: pathlib.Path, folder: pathlib.Path) -> None:
    from pypgstac.db import PgstacDB
    from pypgstac.load import Loader, Methods
    from pypgstac.migrate import Migrate

    with PgstacDB() as database:
        Migrate(database).run_migration()
        loader = Loader(database)
        loader.load_collections(written(folder / "collections.ndjson", collections(items)), Methods.insert)
        for file in sorted(items.glob("*.ndjson")):
            loader.load_items(str(file), Methods.insert)
    queryables = folder / "queryables.json"
    kinds = {name: {"type": "number"} for name in NUMBERS} | {name: {"type": "string"} for name in TEXTS}
    written(queryables, [{"$id": "queryables", "type": "object", "properties": kinds}])
    # Its program may not be where it was installed: see tests/python/environment.py.
    program = "from pypgstac.pypgstac import cli; cli()"
    subprocess.run([sys.executable, "-c", program, "load_queryables", queryables], check=True, stdout=sys.stderr)


def collections(items: pathlib.Path) -> list[dict]:
    """Returns the collections in files, and a minimal one for each of the others."""
    known = {}
    for file in sorted(items.glob("*.collection.json")):
        collection = json.loads(file.read_text("utf-8"))
        known.setdefault(collection["id"], collection)
    for file in sorted(items.glob("*.ndjson")):
        for line in file.read_text("utf-8").splitlines():
            known.setdefault(name := json.loads(line)["collection"], bare(name))
    return list(known.values())


def bare(name: str) -> dict:
    extent = {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[None, None]]}}
    kept = {"type": "Collection", "id": name, "stac_version": "1.0.0", "license": "other", "links": []}
    return kept | {"description": f"Items of {name}", "extent": extent}


def written(path: pathlib.Path, rows: list[dict]) -> str:
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return str(path)


async def serve() -> None:
    import uvicorn
    from stac_fastapi.pgstac.app import create_app

    class Server(uvicorn.Server):
        """One of several servers in a process: does not handle signals."""

        def capture_signals(self):
            return contextlib.nullcontext()

    servers, urls, running = [], {}, []
    for name, extensions in SERVERS.items():
        os.environ["ENABLED_EXTENSIONS"] = extensions
        port = free_port()
        urls[name] = f"http://127.0.0.1:{port}"
        config = uvicorn.Config(create_app(), host="127.0.0.1", port=port, log_level="warning", log_config=None)
        servers.append(Server(config))
        running.append(asyncio.create_task(servers[-1].serve()))
    while not all(server.started for server in servers):
        if any(task.done() for task in running):
            sys.exit("a server did not start")
        await asyncio.sleep(0.05)
    print(json.dumps(urls), flush=True)
    await ended(sys.stdin.buffer)
    for server in servers:
        server.should_exit = True
    await asyncio.gather(*running)


async def ended(stream) -> None:
    """Waits for the end of a pipe, on a thread that does not keep the process alive."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def wait() -> None:
        stream.read()
        loop.call_soon_threadsafe(done.set)

    threading.Thread(target=wait, daemon=True).start()
    await done.wait()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(pathlib.Path(sys.argv[1]).resolve())
    else:
        print(binaries())

"""Executes a notebook with the kernel of `up42` and writes it, and a page, with its outputs.

Prints a line for each cell. Ends with status 1 if a cell fails; the outputs until then are
still written. The same notebook gives the same file: no time, duration or path of the run is
kept.
"""

import argparse
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from queue import Empty

import nbformat
from jinja2 import DictLoader
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert import HTMLExporter
from traitlets.config import Config

# nbconvert's page without the parts that it would load from the network.
PAGE = """{% extends 'lab/index.html.j2' %}
{% block html_head_js %}{% endblock %}
{% block jupyter_widgets %}{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}
"""

# Normally ten seconds; a busy machine may take ten times as long.
STARTUP_SECONDS = 120

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def main():
    options = parse_options()
    notebook = nbformat.read(options.notebook, as_version=4)
    if options.parameters:
        set_parameters(notebook, options.parameters)
    clean(notebook, options)
    error = None
    try:
        error = execute(notebook, options)
    except KeyboardInterrupt:
        error = "interrupted"
    problems = [] if error is None else [f"{options.notebook} failed: {error}"]
    texts = {
        options.out: lambda: nbformat.writes(notebook) + "\n",
        options.html: lambda: page(notebook, options),
    }
    for path, text in texts.items():
        try:
            write(path, text())
            say(f"wrote {path}")
        except OSError as problem:
            problems.append(f"cannot write {path}: {problem.strerror}")
    if problems:
        sys.exit("\n".join(f"up42: {problem}" for problem in problems))


def parse_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--display-name", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--html", type=Path, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--connection", type=Path)
    parser.add_argument("--parameters")
    parser.add_argument("--timeout", type=int, required=True)
    return parser.parse_args()


def set_parameters(notebook, source):
    """Adds a cell after the one tagged `parameters`, or first, as papermill does.

    https://papermill.readthedocs.io/en/latest/usage-parameterize.html
    """

    def has(cell, tag):
        return tag in cell.metadata.get("tags", [])

    notebook.cells = [cell for cell in notebook.cells if not has(cell, "injected-parameters")]
    places = [index for index, cell in enumerate(notebook.cells, 1) if has(cell, "parameters")]
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["injected-parameters"]}, id="parameters")
    notebook.cells.insert(places[0] if places else 0, cell)


def clean(notebook, options):
    """Removes the outputs of former runs, and sets the ids of the cells and the kernel's name."""
    notebook.nbformat_minor = max(notebook.nbformat_minor, 5)
    names = set()
    for position, cell in enumerate(notebook.cells, 1):
        name = cell.get("id")
        cell["id"] = name if name and name not in names else f"cell-{position}"
        names.add(cell["id"])
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None
    notebook.metadata.pop("widgets", None)
    notebook.metadata["kernelspec"] = {
        "name": options.kernel,
        "display_name": options.display_name,
        "language": "rust",
    }
    notebook.metadata["language_info"] = {
        "name": "rust",
        "file_extension": ".rs",
        "mimetype": "text/rust",
        "pygments_lexer": "rust",
    }


def execute(notebook, options):
    """Runs the cells in order until one fails. Returns the error text, or None."""
    folder = str(options.notebook.resolve().parent)
    config = Config()
    if options.connection:
        # By files beside it, in a private folder that other users cannot access.
        config.KernelManager.transport = "ipc"
        config.KernelManager.connection_file = str(options.connection)
    client = NotebookClient(
        notebook,
        kernel_name=options.kernel,
        timeout=options.timeout,
        startup_timeout=STARTUP_SECONDS,
        coalesce_streams=True,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": folder}},
        config=config,
    )
    started = time.monotonic()
    with open(options.log, "w+b") as log:
        try:
            with client.setup_kernel(stdout=log, stderr=log):
                wait_for_cells(client)
                say(f"kernel ready in {time.monotonic() - started:.1f} s")
                return execute_cells(client)
        except (DeadKernelError, RuntimeError, Empty) as problem:
            log.seek(0)
            output = log.read().decode(errors="replace").strip()
            return f"the kernel ended ({problem})\n{output}"


def wait_for_cells(client):
    """Waits until the kernel can run cells: it answers this request only then, others earlier."""
    request = client.kc.is_complete("")
    receive = run_sync(client.kc.get_shell_msg)
    is_alive = run_sync(client.km.is_alive)
    deadline = time.monotonic() + STARTUP_SECONDS
    while True:
        try:
            if receive(timeout=1)["parent_header"].get("msg_id") == request:
                return
        except Empty:
            if not is_alive():
                raise DeadKernelError("it ended while it started") from None
            if time.monotonic() > deadline:
                raise DeadKernelError(f"it did not start within {STARTUP_SECONDS} s") from None


def execute_cells(client):
    cells = [
        (index, cell)
        for index, cell in enumerate(client.nb.cells)
        if cell.cell_type == "code" and cell.source.strip()
    ]
    for number, (index, cell) in enumerate(cells, 1):
        place = f"[{number}/{len(cells)}]"
        started = time.monotonic()
        failed = None
        try:
            client.execute_cell(cell, index)
        except CellTimeoutError:
            say(f"{place} {time.monotonic() - started:5.1f} s  {title(cell)}")
            return f"cell {place} took longer than {client.timeout} s (--timeout)"
        except DeadKernelError as problem:
            say(f"{place} {time.monotonic() - started:5.1f} s  {title(cell)}")
            return f"the kernel ended in cell {place} ({problem})"
        except CellExecutionError:
            failed = error_text(cell)
        say(f"{place} {time.monotonic() - started:5.1f} s  {title(cell)}")
        if failed is not None:
            return f"cell {place} failed\n{failed}"
    return None


def error_text(cell):
    """Returns the error that the cell shows."""
    errors = [output for output in cell.outputs if output.output_type == "error"]
    text = "\n".join("\n".join(error.traceback) or error.evalue for error in errors)
    return text if sys.stderr.isatty() else ANSI.sub("", text)


def title(cell):
    lines = [line.strip() for line in cell.source.splitlines()]
    lines = [line for line in lines if line and not line.startswith("//")] or lines
    return lines[0] if len(lines[0]) <= 70 else lines[0][:69] + "…"


def page(notebook, options):
    exporter = HTMLExporter(
        template_name="lab",
        template_file="up42.html.j2",
        extra_loaders=[DictLoader({"up42.html.j2": PAGE})],
        embed_images=True,
    )
    resources = {
        "metadata": {
            "name": options.notebook.stem,
            "path": str(options.notebook.resolve().parent),
        }
    }
    html, _ = exporter.from_notebook_node(notebook, resources=resources)
    return html


def write(path, text):
    """Replaces the file atomically."""
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="\n", dir=path.parent, delete=False
    ) as file:
        file.write(text)
    os.chmod(file.name, mode)
    os.replace(file.name, path)


def say(line):
    print(line, flush=True)


if __name__ == "__main__":
    main()

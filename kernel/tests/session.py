"""Tests of the kernel through Jupyter's client.

    python session.py [TEST...]

runs the named tests, or all of them, in as few kernels as possible, with the kernel `up42`
that Jupyter finds.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

from jupyter_client.manager import KernelManager
from traitlets.config import Config

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# Longest wait for an event, in seconds: a busy machine compiles slowly. It only ends a test that
# would otherwise hang.
PATIENCE = 300
TESTS = []


def test(function):
    TESTS.append(function)
    return function


class Cell:
    """Reply of a cell, and the messages that it published, in order."""

    def __init__(self, reply, messages):
        self.reply = reply["content"]
        self.messages = [(message["msg_type"], message["content"]) for message in messages]

    def text(self, name):
        return "".join(c["text"] for kind, c in self.messages if kind == "stream" and c["name"] == name)

    def results(self):
        return [c["data"] for kind, c in self.messages if kind == "execute_result"]

    def shown(self):
        """Returns the kinds of outputs, with the text of streams and displays and the names of
        errors."""
        shown = []
        for kind, content in self.messages:
            if kind == "stream" and shown and shown[-1][0] == content["name"]:
                shown[-1] = (content["name"], shown[-1][1] + content["text"])
            elif kind == "stream":
                shown.append((content["name"], content["text"]))
            elif kind in ("display_data", "update_display_data", "execute_result"):
                shown.append((kind, content["data"]["text/plain"]))
            elif kind == "error":
                shown.append((kind, content["ename"]))
        return shown

    def traceback(self):
        return ANSI.sub("", "\n".join(self.reply["traceback"]))


class Kernel:
    def __init__(self):
        self.manager = KernelManager(kernel_name="up42")
        started = time.monotonic()
        self.manager.start_kernel(stderr=subprocess.DEVNULL)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)
        self.seconds_to_ready = time.monotonic() - started
        self.run("()")
        self.seconds_to_first = time.monotonic() - started

    def run(self, code, until=None, **options):
        """Runs a cell; `until` receives each message while it runs."""
        request = self.client.execute(code, **options)
        return self.wait(request, until)

    def wait(self, request, until=None):
        messages = []
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") != request:
                continue
            kind = message["msg_type"]
            if kind == "status" and message["content"]["execution_state"] == "idle":
                break
            if kind != "status":
                messages.append(message)
            if until is not None:
                until(kind, message["content"])
        reply = self.client.get_shell_msg(timeout=PATIENCE)
        while reply["parent_header"]["msg_id"] != request:
            reply = self.client.get_shell_msg(timeout=PATIENCE)
        return Cell(reply, messages)

    def ok(self, code, **options):
        cell = self.run(code, **options)
        assert cell.reply["status"] == "ok", (code, cell.reply)
        return cell

    def value(self, code):
        return self.ok(code).results()[0]["text/plain"]

    def processes(self):
        """Returns the launcher's process and all its descendants."""
        pid = self.manager.provisioner.pid
        return [pid, *descendants(pid)]

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel()


def descendants(pid):
    """Returns the processes below this one. A process may end while they are listed."""
    found = set()
    try:
        # Threads start processes too.
        for task in Path(f"/proc/{pid}/task").iterdir():
            found.update(int(child) for child in (task / "children").read_text().split())
    except OSError:
        pass
    return sorted(found) + [deeper for child in sorted(found) for deeper in descendants(child)]


def copy_of(pid):
    """Returns the private folder that this process compiles in."""
    try:
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    found = [value[len(b"EVCXR_TMPDIR=") :] for value in variables if value.startswith(b"EVCXR_TMPDIR=")]
    return str(Path(found[0].decode()).parent) if found else None


def alive(pids):
    def is_alive(pid):
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except OSError:
            return False

    return [pid for pid in pids if is_alive(pid)]


def until(is_so):
    """Waits for a condition; returns whether it holds in the end."""
    deadline = time.monotonic() + PATIENCE
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.1)
    return is_so()


def printed(client, text):
    """Waits until a cell, or a thread of one, has printed this text."""
    seen = ""
    while text not in seen:
        message = client.get_iopub_msg(timeout=PATIENCE)
        if message["msg_type"] == "stream":
            seen += message["content"]["text"]
    return seen


def wait_for(file):
    """Returns a block of Rust that waits until the test has created this file."""
    return (
        f'{{ let begun = std::time::Instant::now();\nwhile !std::path::Path::new("{file}").exists() {{ '
        f'assert!(begun.elapsed().as_secs() < {PATIENCE // 2}, "nobody saw it"); '
        "std::thread::sleep(std::time::Duration::from_millis(10)); } }\n"
    )


@test
def kernel_info_is_complete(kernel):
    request = kernel.client.kernel_info()
    info = kernel.client.get_shell_msg(timeout=PATIENCE)
    assert info["parent_header"]["msg_id"] == request
    info = info["content"]
    assert info["implementation"] == "up42" and info["status"] == "ok"
    assert info["language_info"]["name"] == "rust" and info["language_info"]["file_extension"] == ".rs"
    assert info["protocol_version"].startswith("5.")
    print(f"ready in {kernel.seconds_to_ready:.2f} s, first cell done at {kernel.seconds_to_first:.2f} s")


@test
def values_persist_and_are_shown(kernel):
    cell = kernel.ok("let numbers = vec![20, 22];\nnumbers.iter().sum::<i32>()")
    assert [data["text/plain"] for data in cell.results()] == ["42"]
    assert kernel.value("numbers.len()") == "2"
    assert kernel.ok("for _ in 0..2 {}").results() == []


@test
def cells_are_counted_unless_they_are_silent(kernel):
    first = kernel.ok("1").reply["execution_count"]
    assert kernel.ok("1", silent=True).messages == []
    kernel.ok("1", store_history=False)
    assert kernel.ok("1").reply["execution_count"] == first + 1
    cell = kernel.ok("let asked = 6;", user_expressions={"seven": "asked + 1", "bad": "asked + \"\""})
    seven, bad = cell.reply["user_expressions"]["seven"], cell.reply["user_expressions"]["bad"]
    assert seven["data"]["text/plain"] == "7", seven
    assert bad["status"] == "error" and bad["ename"] == "CompileError", bad


@test
def text_is_complete_and_in_order(kernel):
    cell = kernel.ok('println!("one");\neprintln!("two");\nprint!("three");')
    assert cell.text("stdout") == "one\nthree" and cell.text("stderr") == "two\n"
    assert kernel.ok("1").text("stdout") == ""
    cell = kernel.ok(
        "use std::io::Write;\n"
        'std::io::stdout().write_all(b"\\xff and \\xc3\\xa9 and \\xc3").unwrap();'
        'println!("\\nCR\\r\\n");'
    )
    assert cell.text("stdout") == "\ufffd and é and \ufffd\nCR\r\n\n", repr(cell.text("stdout"))


@test
def text_without_a_newline_is_live(kernel):
    with tempfile.TemporaryDirectory() as folder:
        seen = Path(folder, "seen")

        def note(kind, content):
            if kind == "stream" and content["text"] == "now":
                seen.touch()

        # The cell only continues when its first text has arrived.
        cell = kernel.ok(f'print!("now");\n{wait_for(seen)}print!("later");', until=note)
    assert cell.text("stdout") == "nowlater", cell.messages


@test
def many_lines_are_few_messages(kernel):
    started = time.monotonic()
    cell = kernel.ok('for i in 0..20_000 { println!("line {i}"); }')
    seconds = time.monotonic() - started
    streams = [content for kind, content in cell.messages if kind == "stream"]
    assert cell.text("stdout") == "".join(f"line {i}\n" for i in range(20_000))
    assert len(streams) < 200, len(streams)
    print(f"20,000 lines: {len(streams)} messages, {seconds:.2f} s with the cell's compilation")


@test
def printed_marks_are_text(kernel):
    marks = [
        "EVCXR_EXECUTION_COMPLETE",
        "EVCXR_BEGIN_CONTENT x",
        "EVCXR_END_CONTENT",
        "EVCXR_PANIC_NOTIFICATION",
        "see EVCXR_EXECUTION_COMPLETE",
        "EVCXR_VARIABLE_CHANGED_TYPE:numbers",
        "EVCXR_EXECUTION_COMPLETE",
        "EVCXR_PANIC_NOTIFICATION",
    ]
    code = "let kept = 7;\n" + "\n".join(f'println!("{mark}");' for mark in marks)
    cell = kernel.ok(code)
    assert cell.text("stdout") == "".join(f"{mark}\n" for mark in marks), cell.messages
    assert kernel.value("kept") == "7"
    cell = kernel.ok('println!("EVCXR_BEGIN_CONTENT text/html");\nprintln!("no end");')
    assert cell.text("stdout") == "EVCXR_BEGIN_CONTENT text/html\nno end\n"
    assert kernel.value("kept + 1") == "8"
    # As a server may put it into any field.
    field = "EVCXR_BEGIN_CONTENT text/html\n<b>forged</b>\nEVCXR_END_CONTENT\nEVCXR_ERROR_OCCURRED\n"
    cell = kernel.ok(f"let field = {json.dumps(field)};\nprintln!(\"{{field}}\");\nkept")
    assert cell.shown() == [("stdout", f"{field}\n"), ("execute_result", "7")], cell.shown()
    # Neither while the last value is computed, nor in the text of a value without a display.
    cell = kernel.ok("struct Raw;\nimpl std::fmt::Debug for Raw {\n"
                     "    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { f.write_str(\"raw\\n\")?; "
                     f"f.write_str({json.dumps(field)}) }}\n}}\n{{ print!(\"{{field}}\"); Raw }}")
    assert cell.shown() == [("stdout", field), ("execute_result", f"raw\n{field}")], cell.shown()


@test
def values_of_many_representations_are_one_output(kernel):
    block = 'println!("{0} begin {1}\\n{2}\\n{0} end", std::env::var("UP42_TAG")?, %s, %s);'
    html, plain, data = (
        block % (f'"{mime}"', value)
        for mime, value in [
            ("text/html", '"<b>"'),
            ("text/plain", '"b"'),
            ("application/json", '"{\\"a\\": [1]}"'),
        ]
    )
    cell = kernel.ok("\n".join([html, plain, 'print!("half ");', html, plain, data]))
    assert cell.shown() == [("display_data", "b"), ("stdout", "half "), ("execute_result", "b")], cell.shown()
    assert cell.results()[0] == {"text/html": "<b>", "text/plain": "b", "application/json": {"a": [1]}}


DISPLAY = """
fn show(text: &str, id: &str, update: bool) {
    let tag = std::env::var("UP42_TAG").unwrap();
    println!("{tag} begin application/vnd.up42.display+json\\n{{\\"data\\": {{\\"text/plain\\": \\"{text}\\"}}, \\"metadata\\": {{}}, \\"transient\\": {{\\"display_id\\": \\"{id}\\"}}, \\"update\\": {update}}}\\n{tag} end");
}
"""


@test
def displays_are_in_order_and_updated(kernel):
    kernel.ok(DISPLAY)
    cell = kernel.ok(
        'println!("before");\nshow("0 of 2", "bar", false);\nprintln!("between");\n'
        'show("1 of 2", "bar", true);\nprint!("after");\n42'
    )
    assert cell.shown() == [
        ("stdout", "before\n"),
        ("display_data", "0 of 2"),
        ("stdout", "between\n"),
        ("update_display_data", "1 of 2"),
        ("stdout", "after"),
        ("execute_result", "42"),
    ], cell.shown()
    ids = {
        content["transient"]["display_id"]
        for kind, content in cell.messages
        if kind in ("display_data", "update_display_data")
    }
    assert ids == {"bar"}


@test
def displays_of_a_thread_are_updated_after_its_cell(kernel):
    with tempfile.TemporaryDirectory() as folder:
        over = Path(folder, "over")
        cell = kernel.ok(
            f"std::thread::spawn(|| {{ {wait_for(over)} for i in 0..3 {{\n"
            '    show(&format!("{i}"), "late", true);\n'
            '    print!("tick {i} ");\n'
            "}});\n"
            'show("start", "late", false);'
        )
        over.touch()
        parent = None
        late, text = [], ""
        while len(late) < 3 or text.count("tick") < 3:
            message = kernel.client.get_iopub_msg(timeout=PATIENCE)
            if message["msg_type"] == "update_display_data":
                late.append(message["content"]["data"]["text/plain"])
                parent = message["parent_header"]["msg_id"]
            elif message["msg_type"] == "stream":
                text += message["content"]["text"]
    assert late == ["0", "1", "2"] and parent is not None, (late, text)
    assert "tick 2" in text and cell.text("stdout") == "", (text, cell.messages)


def assert_error(cell, name, *texts):
    assert cell.reply["status"] == "error", cell.reply
    assert cell.reply["ename"] == name, cell.reply
    errors = [content for kind, content in cell.messages if kind == "error"]
    assert len(errors) == 1 and errors[0]["ename"] == name
    for text in texts:
        assert text in cell.traceback(), (text, cell.traceback())
    assert "stack backtrace" not in cell.traceback() + cell.text("stderr"), cell.text("stderr")


@test
def a_panic_is_an_error_with_its_line(kernel):
    kernel.ok("let before = 5;")
    cell = kernel.run('let lost = 1;\nprint!("half");\npanic!("no scenes\\nleft");')
    assert_error(cell, "Panic", "no scenes\nleft", "line 3", 'panic!("no scenes')
    assert cell.text("stdout") == "half" and cell.text("stderr") == "", cell.messages
    assert kernel.value("before") == "5"
    assert_error(kernel.run("lost"), "CompileError", "lost")
    cell = kernel.run("let list: Vec<i32> = Vec::new();\nlet first: i32 = list[7];\nfirst")
    assert_error(cell, "Panic", "index out of bounds", "line 2")
    cell = kernel.run("Option::<i32>::None.unwrap()")
    assert_error(cell, "Panic", "called `Option::unwrap()`", "line 1")


@test
def a_panic_that_is_caught_is_no_error(kernel):
    cell = kernel.ok('std::thread::spawn(|| panic!("over there")).join().is_err()')
    assert "over there" in cell.text("stderr") and cell.results()[0]["text/plain"] == "true"
    cell = kernel.ok('std::panic::catch_unwind(|| panic!("in here")).is_err()')
    assert "in here" in cell.text("stderr"), cell.messages
    assert_error(kernel.run("std::panic::set_hook(Box::new(|_| {}));\npanic!();"), "Panic")
    kernel.ok("let _ = std::panic::take_hook();")


@test
def a_failing_question_mark_is_an_error(kernel):
    cell = kernel.run('println!("first");\nlet n: i32 = "seven".parse()?;\nprintln!("never");')
    assert_error(cell, "Error", "invalid digit found in string", "line 2", '"seven".parse()?')
    assert cell.text("stdout") == "first\n" and cell.text("stderr") == "", cell.messages
    cell = kernel.run('Aoi::read("no/such.geojson")?;')
    assert_error(cell, "Error", "no/such.geojson", "line 1")
    kernel.ok("let later = async { 1 }.await;\nlater")
    assert_error(kernel.run('let n: i32 = async { "x".parse() }.await?;'), "Error", "invalid digit")


@test
def a_final_err_is_an_error(kernel):
    cell = kernel.run('let kept = 8;\n"x".parse::<i32>()')
    assert_error(cell, "Error", "invalid digit found in string", "line 2")
    assert cell.results() == [] and kernel.value("kept") == "8"
    assert kernel.value('"7".parse::<i32>()') == "Ok(7)"


@test
def a_cell_that_does_not_compile_is_an_error(kernel):
    cell = kernel.run('let n: i32 = "seven";')
    assert_error(cell, "CompileError", "mismatched types", "E0308")
    cell = kernel.run('// übel\nlet n: i32 = "seven";')
    assert_error(cell, "CompileError", "mismatched types")
    assert_error(kernel.run(":nonsense"), "CompileError", "nonsense")
    assert_error(kernel.run(":dep no-such-crate-of-ours = { path = \"/nowhere\" }"), "CompileError", "nowhere")


@test
def cells_after_a_failed_one_are_aborted(kernel):
    requests = [kernel.client.execute(code) for code in ["panic!();", "let aborted = 1;", "2"]]
    replies = {}
    while len(replies) < 3:
        reply = kernel.client.get_shell_msg(timeout=PATIENCE)
        replies[reply["parent_header"]["msg_id"]] = reply["content"]["status"]
    assert [replies[request] for request in requests] == ["error", "aborted", "aborted"]
    assert kernel.run("panic!();", stop_on_error=False).reply["status"] == "error"
    assert kernel.value("6 * 7") == "42"


@test
def input_is_requested(kernel):
    asked = (
        'println!("EVCXR_INPUT_REQUEST:Name: who?");\nlet mut name = String::new();\n'
        "std::io::stdin().read_line(&mut name).unwrap();\nlet name = name.trim().to_owned();\nname"
    )
    code = 'print!("half ");\n' + asked
    request = kernel.client.execute(code, allow_stdin=True)
    question = kernel.client.get_stdin_msg(timeout=PATIENCE)["content"]
    assert question == {"prompt": "Name: who?", "password": False}, question
    kernel.client.input("Ada")
    cell = kernel.wait(request)
    assert cell.results()[0]["text/plain"] == '"Ada"', cell.messages
    assert cell.text("stdout") == "half "
    assert_error(kernel.run(asked, allow_stdin=False), "InputRefused")


@test
def an_input_request_between_cells_is_printed(kernel):
    with tempfile.TemporaryDirectory() as folder:
        over = Path(folder, "over")
        kernel.ok(f'std::thread::spawn(|| {{ {wait_for(over)} println!("EVCXR_INPUT_REQUEST:late?"); }});')
        over.touch()
        assert printed(kernel.client, "late?\n") == "EVCXR_INPUT_REQUEST:late?\n"
    assert kernel.value("6 * 7") == "42"


@test
def names_are_completed_and_documented(kernel):
    kernel.ok("let numbers = vec![3, 1];")
    request = kernel.client.complete("numbers.sor", 11)
    reply = kernel.client.get_shell_msg(timeout=PATIENCE)
    assert reply["parent_header"]["msg_id"] == request
    assert any(match.startswith("sort") for match in reply["content"]["matches"]), reply["content"]
    assert reply["content"]["cursor_start"] == 8
    # Completion in a cell must not run it.
    kernel.client.complete(":restart\nnumbers.sor", 20)
    reply = kernel.client.get_shell_msg(timeout=PATIENCE)
    assert any(match.startswith("sort") for match in reply["content"]["matches"]), reply["content"]
    assert kernel.value("numbers.len()") == "2"
    kernel.client.inspect("numbers.sort()", 10)
    reply = kernel.client.get_shell_msg(timeout=PATIENCE)["content"]
    assert reply["found"] and "sort" in reply["data"]["text/plain"], reply
    kernel.client.inspect("nothing_of_this_name", 4)
    assert not kernel.client.get_shell_msg(timeout=PATIENCE)["content"]["found"]
    for code, status in [("1 + 1", "complete"), ("fn f() {", "incomplete")]:
        kernel.client.is_complete(code)
        assert kernel.client.get_shell_msg(timeout=PATIENCE)["content"]["status"] == status
    kernel.client.comm_info()
    assert kernel.client.get_shell_msg(timeout=PATIENCE)["content"]["comms"] == {}
    kernel.client.history(hist_access_type="tail", n=1)
    assert kernel.client.get_shell_msg(timeout=PATIENCE)["content"]["history"][0][2] == "numbers.len()"


def interrupt_when(kernel, code, text):
    """Interrupts the cell when it has printed this text. Returns it with the seconds until it
    ended."""
    asked = []

    def note(kind, content):
        if kind == "stream" and text in content["text"] and not asked:
            asked.append(time.monotonic())
            kernel.manager.interrupt_kernel()

    cell = kernel.run(code, note)
    assert asked, f"`{text}` was not printed: {cell.shown()}"
    return cell, time.monotonic() - asked[0]


@test
def an_interrupt_stops_the_cell_and_names_lost_variables(kernel):
    kernel.ok("use std::fmt::Debug;\nfn twice(n: i32) -> i32 { 2 * n }\nlet precious = 1;")
    cells = kernel.processes()
    cell, seconds = interrupt_when(kernel, 'println!("going");\nloop { std::hint::spin_loop(); }', "going")
    assert_error(cell, "Interrupted", "`precious`", "client.batch(")
    assert_error(kernel.run("precious"), "CompileError", "precious")
    assert kernel.value("twice(21)") == "42"
    assert kernel.value("let again = vec![1];\nagain.len()") == "1"
    assert len(alive(kernel.processes())) <= len(cells), "the cells' process is still there"
    print(f"interrupted in {seconds:.2f} s")
    # Nothing runs, so nothing is lost.
    kernel.client.control_channel.send(kernel.client.session.msg("interrupt_request", {}))
    assert kernel.client.get_control_msg(timeout=PATIENCE)["content"]["status"] == "ok"
    assert kernel.value("again.len()") == "1"


PLATFORM = """
use up42::simulator::{{Clock, Simulator}};
let platform = Simulator::builder().folder("{folder}").clock(Clock::speed(300.0)).start()?;
let client = Client::builder().simulator(platform).build()?;
"""
BATCH = """
let workflow = client.project()?.workflow("summers")?;
workflow.add_tasks(["sobloo-s2-l1c-aoiclipped"])?;
let summers = ["2016", "2017", "2018", "2019", "2020"].map(|year| (format!("{year}-06-01"), format!("{year}-08-31")));
let place = Aoi::from_bbox([-10.0, 40.0, -9.97, 40.03])?;
let one = ParallelParameters::new().geometries(&place).interval_dates(summers).geometry_operation(Bbox);
let parameters = workflow.construct_parameters_parallel(one)?;
let batch = workflow.batch("summers", parameters)?;
"""


@test
def a_batch_that_was_interrupted_is_resumed(kernel):
    with tempfile.TemporaryDirectory() as folder:
        platform = PLATFORM.format(folder=folder)
        kernel.ok(platform + BATCH)
        code = (
            "let running = batch.start()?;\n"
            "while running.jobs()?.iter().all(|record| record.job.is_none()) {}\n"
            'println!("going");\nloop { std::thread::sleep(std::time::Duration::from_secs(1)); }'
        )
        cell, _ = interrupt_when(kernel, code, "going")
        assert_error(cell, "Interrupted", "`batch`", 'client.batch("NAME")')
        kernel.ok(platform)
        cell = kernel.ok('let jobs = client.batch("summers")?.run()?;\njobs.len()')
        assert cell.results()[0]["text/plain"] == "5", cell.shown()
        kernel.ok(":restart")


@test
def an_interrupt_ends_the_wait_for_input(kernel):
    request = kernel.client.execute(
        'println!("EVCXR_INPUT_REQUEST:?");\nlet mut line = String::new();\nstd::io::stdin().read_line(&mut line).unwrap();',
        allow_stdin=True,
    )
    kernel.client.get_stdin_msg(timeout=PATIENCE)
    kernel.manager.interrupt_kernel()
    assert_error(kernel.wait(request), "Interrupted")
    assert kernel.value("6 * 7") == "42"


@test
def a_process_that_ends_is_an_error(kernel):
    kernel.ok("let doomed = 1;")
    cell = kernel.run('println!("bye");\nstd::process::exit(3);')
    assert_error(cell, "ProcessEnded", "exit status: 3", "`doomed`")
    assert cell.text("stdout") == "bye\n"
    assert kernel.value("6 * 7") == "42"
    assert_error(kernel.run("std::process::abort();"), "ProcessEnded")
    kernel.ok("let kept = 1;")
    kernel.ok(":restart")
    assert_error(kernel.run("kept"), "CompileError", "kept")
    assert kernel.value("6 * 7") == "42"


@test
def a_running_child_process_does_not_delay_the_end_of_its_cell(kernel):
    with tempfile.TemporaryDirectory() as folder:
        # Both programs run until the folder is removed.
        wait = f"while [ -e {folder} ]; do sleep 0.1; done"
        start = f'std::process::Command::new("sh").args(["-c", "{wait}"]).spawn()?;\n'
        cell, _ = interrupt_when(kernel, start + 'println!("going");\nloop { std::hint::spin_loop(); }', "going")
        assert_error(cell, "Interrupted")
        assert_error(kernel.run(start + "std::process::exit(3);"), "ProcessEnded", "exit status: 3")
    assert kernel.value("6 * 7") == "42"


@test
def a_dependency_shows_its_progress(kernel):
    with tempfile.TemporaryDirectory() as folder:
        for name, below in [("below", ""), ("above", f'below = {{ path = "{folder}/below" }}')]:
            package = Path(folder, name)
            (package / "src").mkdir(parents=True)
            (package / "Cargo.toml").write_text(
                f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2024"\n[dependencies]\n{below}\n'
            )
            (package / "src/lib.rs").write_text(f"pub fn {name}() -> i32 {{ 7 }}\n")
        cell = kernel.ok(f':dep above = {{ path = "{folder}/above" }}\nabove::above()')
        assert cell.results()[0]["text/plain"] == "7"
        for name in ("below", "above"):
            assert f"Compiling {name} v0.1.0" in cell.text("stderr"), cell.messages
        assert kernel.ok("above::above() + 1").text("stderr") == ""


def killed_jupyter(script, environment=None):
    """Starts a Jupyter that runs this script with a kernel, and kills it. Checks that the
    kernel's processes and folders disappear. Returns the processes."""
    script = (
        "from jupyter_client.manager import KernelManager; manager = KernelManager(kernel_name='up42'); "
        f"manager.start_kernel(); {script}; print(manager.provisioner.pid, flush=True); input()"
    )
    jupyter = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
    )
    launcher = int(jupyter.stdout.readline())
    started = [launcher, *descendants(launcher)]
    copies = {copy_of(pid) for pid in started} - {None}
    jupyter.kill()
    jupyter.wait()
    assert until(lambda: not alive(started)), alive(started)
    assert not [copy for copy in copies if Path(copy).exists()], copies
    return started


RUN_A_CELL = (
    "client = manager.client(); client.start_channels(); client.wait_for_ready(timeout=300); "
    "client.execute_interactive('1', output_hook=lambda message: None)"
)


@test
def a_kernel_ends_with_a_jupyter_that_was_killed(kernel):
    started = killed_jupyter(RUN_A_CELL)
    assert len(started) >= 4, started  # launcher, kernel, proxy, cells


@test
def a_kernel_that_only_reports_an_error_ends_with_a_killed_jupyter(kernel):
    with tempfile.TemporaryDirectory() as folder:
        spec = json.loads(kernel.manager.kernel_spec.to_json())
        spec["env"]["UP42_HOME"] = f"{folder}/home"  # where nothing is built
        place = Path(folder, "kernels/up42")
        place.mkdir(parents=True)
        (place / "kernel.json").write_text(json.dumps(spec))
        run = RUN_A_CELL + "['content']['traceback'][0].index('up42 kernel install')"
        assert len(killed_jupyter(run, {"JUPYTER_PATH": folder})) == 1


@test
def clients_of_one_session_receive_their_own_replies(kernel):
    other = kernel.manager.client()
    other.start_channels()
    other.wait_for_ready(timeout=PATIENCE)
    for client in (kernel.client, other, kernel.client):
        request = client.kernel_info()
        assert client.get_shell_msg(timeout=PATIENCE)["parent_header"]["msg_id"] == request
    assert until(kernel.client.hb_channel.is_beating) and until(other.hb_channel.is_beating)
    other.stop_channels()


@test
def a_kernel_is_reachable_by_ipc(kernel):
    with tempfile.TemporaryDirectory() as folder:
        config = Config()
        config.KernelManager.transport = "ipc"
        config.KernelManager.connection_file = f"{folder}/kernel.json"
        manager = KernelManager(kernel_name="up42", config=config)
        manager.start_kernel(stderr=subprocess.DEVNULL)
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=PATIENCE)
        assert client.execute_interactive("();", timeout=PATIENCE)["content"]["status"] == "ok"
        manager.restart_kernel()
        client.wait_for_ready(timeout=PATIENCE)
        assert until(client.hb_channel.is_beating)
        client.stop_channels()
        manager.shutdown_kernel()
        assert not list(Path(folder).iterdir())


@test
def a_restart_and_a_shutdown_leave_no_processes_and_folders(kernel):
    # The folder of a dependency of another test no longer exists; without it no cell compiles.
    kernel.manager.restart_kernel()
    kernel.client.wait_for_ready(timeout=PATIENCE)
    before = kernel.processes()
    kernel.client.execute('println!("going");\nloop {}')
    printed(kernel.client, "going")
    kernel.manager.restart_kernel()
    kernel.client.wait_for_ready(timeout=PATIENCE)
    assert kernel.value("6 * 7") == "42"
    assert not alive(before), alive(before)
    after = kernel.processes()
    copies = {copy_of(pid) for pid in [*before, *after]} - {None}
    kernel.stop()
    assert until(lambda: not alive(after)), alive(after)
    assert not [copy for copy in copies if Path(copy).exists()], copies


def main():
    wanted = sys.argv[1:]
    tests = [test for test in TESTS if not wanted or any(want in test.__name__ for want in wanted)]
    failed = 0
    kernel = None
    for one in tests:
        if kernel is None:
            kernel = Kernel()
        started = time.monotonic()
        try:
            one(kernel)
            outcome = "ok"
        except Exception:
            failed += 1
            outcome = "FAILED\n" + traceback.format_exc()
        print(f"{time.monotonic() - started:6.2f} s  {one.__name__.replace('_', ' ')}: {outcome}", flush=True)
        if one is TESTS[-1]:
            kernel = None
    if kernel is not None:
        kernel.stop()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

"""The one door: everything that a caller relies on, with real children."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from hubfleet import masking, process
from hubfleet.errors import HubfleetError, Interrupted
from hubfleet.process import ProcessFailed, run

PYTHON = sys.executable


def python(code: str, *arguments: str) -> list[str]:
    return [PYTHON, "-c", textwrap.dedent(code), *arguments]


def test_arguments_arrive_exactly_and_no_shell_reads_them() -> None:
    words = ["a b", "$HOME", "*", "", "'\"`", "ünï\n"]
    done = run(python("import sys, json; print(json.dumps(sys.argv[1:]))", *words))
    assert __import__("json").loads(done.stdout) == words


def test_both_streams_and_the_exit_code_are_kept_apart() -> None:
    done = run(python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"), ok=(0, 3))
    assert (done.returncode, done.stdout, done.stderr) == (3, "out\n", "err\n")


def test_failure_carries_the_masked_tail_and_what_was_run() -> None:
    masking.hide("hunter2hunter2")
    code = "import sys; print('password is hunter2hunter2', file=sys.stderr); sys.exit(9)"
    with pytest.raises(ProcessFailed) as caught:
        run(python(code))
    assert "exit code 9" in caught.value.what
    assert "hunter2" not in caught.value.evidence + caught.value.where + str(caught.value)
    assert "password is" in caught.value.evidence


def test_standard_input_is_given_whole_and_is_empty_by_default() -> None:
    big = os.urandom(3_000_000).hex().encode()
    done = run(python("import sys; print(len(sys.stdin.buffer.read()))"), stdin=big)
    assert done.stdout == "6000000\n"
    assert run(python("import sys; print(repr(sys.stdin.read()))")).stdout == "''\n"


def test_binary_output_goes_to_a_descriptor_as_it_is(tmp_path: Path) -> None:
    data = bytes(range(256)) * 5000
    (tmp_path / "in").write_bytes(data)
    with (tmp_path / "out").open("wb") as out:
        done = run(["cat", tmp_path / "in"], stdout=out.fileno())
    assert (tmp_path / "out").read_bytes() == data
    assert done.stdout == ""


def test_bytes_that_are_no_text_do_not_break_it() -> None:
    assert "�" in run(python("import sys; sys.stdout.buffer.write(b'\\xff\\xfe ok\\n')")).stdout


def test_lines_are_given_while_the_program_runs() -> None:
    seen: list[tuple[str, float]] = []
    code = "import time; print('one', flush=True); time.sleep(0.5); print('two')"
    begun = time.monotonic()
    run(python(code), on_line=lambda line: seen.append((line, time.monotonic() - begun)))
    assert [line for line, _ in seen] == ["one", "two"]
    assert seen[1][1] - seen[0][1] > 0.3


def test_a_watcher_that_fails_neither_hangs_nor_loses_output() -> None:
    def broken(line: str) -> None:
        raise ValueError(line)

    done = run(python("print('x\\n' * 50_000)"), on_line=broken, timeout=30)
    assert done.stdout.count("x") == 50_000
    assert "the watcher of this output failed" in done.stderr


def test_a_timeout_ends_grandchildren_too(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    code = f"""
        import subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        open({str(mark)!r}, "w").write(str(child.pid))
        time.sleep(60)
    """
    with pytest.raises(ProcessFailed, match="took longer than 1 s"):
        run(python(code), timeout=1)
    grandchild = int(mark.read_text())
    for _ in range(50):
        if not Path(f"/proc/{grandchild}").exists() or "Z" in Path(f"/proc/{grandchild}/stat").read_text():
            return
        time.sleep(0.1)
    pytest.fail("the grandchild still runs")


def test_a_missing_program_and_a_missing_folder_are_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(ProcessFailed, match="no-such-program is not on PATH") as caught:
        run(["no-such-program"])
    assert "doctor" in caught.value.next_step
    with pytest.raises(HubfleetError, match="is not a folder"):
        run(["true"], cwd=tmp_path / "gone")
    (tmp_path / "text").write_text("no program")
    with pytest.raises(ProcessFailed, match="can be run"):
        run([tmp_path / "text"])


def test_the_environment_is_the_given_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not for children")
    monkeypatch.setenv("KUBECONFIG", "somebody's own")
    shown = run(["env"], env=process.environment(A="b")).stdout
    assert "A=b" in shown
    assert "AWS_SECRET" not in shown
    assert "KUBECONFIG" not in shown


def test_a_signal_that_ends_the_program_is_named() -> None:
    with pytest.raises(ProcessFailed, match="SIGKILL"):
        run(python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))


def test_many_at_once_from_threads() -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda i=i: found.append(run(["echo", str(i)]).stdout.strip())) for i in range(60)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found, key=int) == [str(i) for i in range(60)]


INTERRUPTED = """
import sys
from hubfleet.errors import Interrupted
from hubfleet import process
child = '''
import signal, sys, time
def stop(*_):
    open(sys.argv[1], "a").write("asked ")
    time.sleep(0.5)
    open(sys.argv[1], "a").write("cleaned up")
    sys.exit(1)
signal.signal(signal.SIGINT, stop)
print("ready", flush=True)
time.sleep(60)
'''
try:
    process.run([sys.executable, "-c", child, sys.argv[1]], on_line=lambda line: print(line, flush=True))
except Interrupted as trouble:
    print("interrupted:", trouble.what)
    try:
        process.run(["true"])
    except Interrupted:
        print("nothing new is started")
    with process.undoing():
        process.run(["true"])
        print("undoing works")
"""


def test_ctrl_c_reaches_the_child_once_and_is_awaited(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    parent = subprocess.Popen([PYTHON, "-c", INTERRUPTED, str(mark)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "ready\n"
    parent.send_signal(signal.SIGINT)
    out, _ = parent.communicate(timeout=20)
    assert mark.read_text() == "asked cleaned up"
    assert "interrupted:" in out
    assert "nothing new is started" in out
    assert "undoing works" in out


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_killing_hubfleet_gives_the_child_sigterm(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    child = (
        "import signal,sys,time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (open(sys.argv[1], 'w').write('term'), sys.exit(0)))\n"
        "print('ready', flush=True); time.sleep(60)"
    )
    code = (
        "import sys; from hubfleet import process\n"
        f"process.run([sys.executable, '-c', {child!r}, sys.argv[1]], on_line=lambda l: print(l, flush=True))"
    )
    parent = subprocess.Popen([PYTHON, "-c", code, str(mark)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "ready\n"
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(100):
        if mark.exists() and mark.read_text() == "term":
            return
        time.sleep(0.05)
    pytest.fail("the child was not told")


def test_a_daemon_outlives_its_starter(tmp_path: Path) -> None:
    code = (
        "import sys, os; from pathlib import Path; from hubfleet import process\n"
        "print(process.start_daemon(['sleep', '30'], env=dict(os.environ), cwd=Path('/'), log=Path(sys.argv[1])))"
    )
    out = subprocess.run(
        [PYTHON, "-c", code, str(tmp_path / "log")], capture_output=True, text=True, timeout=10, check=True
    )
    pid = int(out.stdout)
    try:
        time.sleep(0.3)
        os.kill(pid, 0)
    finally:
        os.kill(pid, signal.SIGKILL)


def test_pause_ends_with_an_interruption_that_another_thread_passed_on() -> None:
    process.pause(0.001)
    process.interrupt_all()
    try:
        with pytest.raises(Interrupted):
            process.pause(60)
    finally:
        process._interrupted.clear()


def test_interrupted_has_its_exit_code() -> None:
    assert Interrupted("x").exit_code == 130

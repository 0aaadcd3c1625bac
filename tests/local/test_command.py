"""What a person types: up, down, example, logs, status and demo, with all that gets in their way."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from scripts import ROOT
from scripts.smoke.http import UNSIGNED
from tests.local.conftest import left_behind

SECONDS = 90
FORGED = {"Authorization": f"Bearer {UNSIGNED}"}


def command(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "scripts.local_aws", *arguments, "--folder", str(folder)]


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end, as a person would without a terminal."""
    return subprocess.run(
        command(folder, *arguments),
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start the command and be sure that it ends."""
    process = subprocess.Popen(
        command(folder, *arguments),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[str], text: str) -> None:
    """Read a command's lines up to the one that holds a text."""
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if text in line:
            return
    pytest.fail(f"{text!r} was never said:\n{''.join(seen)}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a stack that `up` started and left running."""
    result = tmp_path_factory.mktemp("up")
    first = run(result, "up")
    assert first.returncode == 0, first.stdout + first.stderr
    (result / "first").write_text(first.stdout)
    yield result
    run(result, "down")


def test_up_prints_what_to_paste(folder: Path) -> None:
    (line,) = re.findall(r"curl -i -H 'Authorization: (.+)' (\S+)", (folder / "first").read_text())
    authorization, url = line
    answer = requests.get(url, headers={"Authorization": authorization}, timeout=20)
    assert (answer.status_code, answer.json()) == (200, {"context": "bar"})


def page_url(said: str) -> str:
    (url,) = re.findall(r"^Page +(\S+)$", said, re.MULTILINE)
    return str(url)


def test_up_prints_the_url_of_a_page_that_opens_once(folder: Path) -> None:
    url = page_url((folder / "first").read_text())
    assert "Who may call what" in requests.get(url, timeout=20).text
    assert requests.get(url, timeout=20).status_code == 403
    assert url.partition("=")[2] not in (folder / "page.log").read_text()


def test_up_describes_the_stack_to_other_programs(folder: Path) -> None:
    description = json.loads((folder / "stack.json").read_text())
    assert description["base_url"] in (folder / "first").read_text()
    assert {"endpoint_url", "port", "pid", "region", "secret_name", "issuer", "audience", "algorithm"} <= set(
        description
    )
    assert json.loads(description["configuration"])["rules"] == {"signed-in": {}}
    assert description["routes"]["GET /me"]["rule"] == "signed-in"


def test_logs_shows_a_decision_until_it_is_interrupted(folder: Path) -> None:
    requests.get(json.loads((folder / "stack.json").read_text())["base_url"] + "/hello", timeout=20, headers=FORGED)
    with started(folder, "logs") as process:
        read_until(process, "unauthorized")
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 0


def test_an_example_is_applied_beside_it_and_can_be_called(folder: Path) -> None:
    done = run(folder, "example", "--name", "tutorial-deny")
    assert done.returncode == 0, done.stdout + done.stderr
    ((url, token),) = re.findall(r"^  URL=(\S+) TOKEN=(\S+)$", done.stdout, re.MULTILINE)
    answer = requests.get(f"{url}/hello", headers={"Authorization": token}, timeout=20)
    assert (answer.status_code, answer.json()) == (200, {"context": "bar"})
    assert requests.get(f"{url}/hello", headers=FORGED, timeout=20).status_code == 403


def test_status_says_that_it_is_up(folder: Path) -> None:
    status = run(folder, "status")
    assert status.returncode == 0
    assert json.loads((folder / "stack.json").read_text())["base_url"] in status.stdout


def test_up_on_another_port_is_refused_while_it_is_up(folder: Path) -> None:
    other = run(folder, "up", "--port", "1")
    assert other.returncode == 1
    assert "already up on port" in other.stderr
    assert "make down" in other.stderr


def test_up_twice_says_so_and_brings_it_up_to_date(folder: Path) -> None:
    before = json.loads((folder / "stack.json").read_text())
    second = run(folder, "up")
    assert second.returncode == 0, second.stdout + second.stderr
    assert "is up already on port" in second.stdout
    assert "nothing had changed" in second.stdout
    assert json.loads((folder / "stack.json").read_text()) == before
    assert requests.get(page_url(second.stdout), timeout=20).status_code == 200
    assert len([line for line in left_behind(folder) if "local_aws.page" in line]) == 1


def test_an_interrupted_second_up_leaves_the_first_running(folder: Path) -> None:
    with started(folder, "up") as process:
        read_until(process, "is up already")
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 130
    assert run(folder, "status").returncode == 0


def test_a_demo_beside_it_shows_the_three_answers_and_leaves_nothing(folder: Path) -> None:
    demo = run(folder, "demo")
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert re.findall(r"^    (\d{3} .+)$", demo.stdout, re.MULTILINE)[:3] == [
        "401 Unauthorized",
        "401 Unauthorized",
        "200 OK",
    ]
    assert demo.stdout.count("www-authenticate: Bearer") == 2
    assert '{"context": "bar"}' in demo.stdout
    assert re.findall(r"^    (\d{3} .+)$", demo.stdout, re.MULTILINE)[-2:] == [
        "401 Unauthorized",
        "101 Switching Protocols",
    ]
    assert '← {"principal": "alice", "message": "hello"}' in demo.stdout
    assert "\x1b" not in demo.stdout
    assert re.search(r"eyJ[\w-]+\.eyJ[\w-]+\.<signature>", demo.stdout)
    assert not re.search(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]", demo.stdout)
    assert left_behind(folder / "demo") == []
    assert [file.name for file in (folder / "demo").iterdir()] == ["lock"]
    assert run(folder, "status").returncode == 0


def test_down_removes_it_all(folder: Path) -> None:
    """Last of those that share the stack: after it, the fixture's own `down` finds nothing."""
    assert any("local_aws.launcher" in line for line in left_behind(folder))
    down = run(folder, "down")
    assert (down.returncode, down.stdout) == (0, "Stopped, and removed what it kept.\n")
    assert left_behind(folder) == []
    assert {file.name for file in folder.iterdir()} == {"demo", "first", "lock"}


def test_down_with_nothing_up_says_so_and_is_no_error(tmp_path: Path) -> None:
    down = run(tmp_path, "down")
    assert (down.returncode, down.stdout) == (0, "Nothing was up.\n")


def test_status_with_nothing_up_says_how_to_start(tmp_path: Path) -> None:
    status = run(tmp_path, "status")
    assert status.returncode == 1
    assert "make up" in status.stdout


def test_a_process_that_took_a_dead_stacks_number_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        note = {"pid": stranger.pid, "identity": "of another process", "port": 1}
        (tmp_path / "ministack.json").write_text(json.dumps(note))
        assert run(tmp_path, "status").returncode == 1
        assert run(tmp_path, "down").stdout == "Nothing was up.\n"
        assert stranger.poll() is None
        stranger.kill()


@pytest.mark.parametrize("given", ["option", "environment"])
def test_a_port_that_is_taken_is_named(tmp_path: Path, given: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        up = run(tmp_path, "up", "--port", port) if given == "option" else run(tmp_path, "up", PORT=port)
    assert up.returncode == 1
    assert up.stderr == (
        f"local stack: port {port} of 127.0.0.1 cannot be had (Address already in use): "
        "name another PORT, or none for any free one\n"
    )
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "٣"])
def test_a_port_that_is_no_port_is_a_wrong_argument(tmp_path: Path, port: str) -> None:
    up = run(tmp_path, "up", f"--port={port}")
    assert up.returncode == 2
    assert "PORT must be a number from 1 to 65535" in up.stderr


def test_without_terraform_it_says_what_to_install(tmp_path: Path) -> None:
    up = run(tmp_path, "up", PATH=os.defpath)
    assert up.returncode == 2
    assert "local stack: there is no terraform on the PATH" in up.stderr


def test_two_runs_in_one_folder_do_not_mix(tmp_path: Path) -> None:
    with started(tmp_path, "up") as process:
        read_until(process, "Packaging")
        second = run(tmp_path, "up")
        assert second.returncode == 1
        assert "another run is at work" in second.stderr
        process.send_signal(signal.SIGINT)
        process.wait(SECONDS)
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize(
    ("verb", "moment", "delay", "number"),
    [
        ("up", "Packaging", 0, signal.SIGINT),
        ("up", "Starting MiniStack", 0, signal.SIGINT),
        ("up", "Starting MiniStack", 0.15, signal.SIGTERM),
        ("up", "Applying", 0, signal.SIGHUP),
        ("demo", "Applying", 4, signal.SIGINT),
        ("demo", "GET /hello", 0, signal.SIGINT),
    ],
)
def test_an_interrupted_run_leaves_nothing_running(
    tmp_path: Path, verb: str, moment: str, delay: float, number: signal.Signals
) -> None:
    with started(tmp_path, verb) as process:
        read_until(process, moment)
        time.sleep(delay)
        process.send_signal(number)
        assert process.wait(SECONDS) == 128 + number
        assert process.stdout is not None
        assert "what this run had started is stopped" in process.stdout.read()
    assert left_behind(tmp_path) == []
    assert run(tmp_path, "status").returncode == 1


def test_a_killed_run_takes_its_local_aws_along(tmp_path: Path) -> None:
    with started(tmp_path, "up") as process:
        read_until(process, "Applying")
        process.kill()
        process.wait()
    deadline = time.monotonic() + 15
    while any("local_aws.launcher" in line for line in left_behind(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [line for line in left_behind(tmp_path) if "local_aws.launcher" in line] == []

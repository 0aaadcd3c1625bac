"""The parts of the builder that need neither pip nor a compiler; tests/package builds for real."""

from __future__ import annotations

import io
import os
import platform
import re
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from scripts import ROOT
from scripts.lib.program import Error
from scripts.package import __main__ as command
from scripts.package import archive, fingerprint, interpreters, targets
from scripts.package.functions import EXAMPLES, FUNCTIONS, Function, sources
from scripts.package.snapshots import Snapshot

FILES = {"package/module.py": b"answer = 42\n" * 100, "package/data/table.json": b"{}", "alone.py": b""}
OTHER_MINOR = (3, sys.version_info[1] + 1)
OTHER_NAME = "python{}.{}".format(*OTHER_MINOR)


def zipped(folder: Path, files: Mapping[str, bytes]) -> bytes:
    archive.write_zip(folder / "made.zip", files)
    return (folder / "made.zip").read_bytes()


def test_a_zip_does_not_depend_on_the_order_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "reversed").mkdir()
    assert zipped(tmp_path, FILES) == zipped(tmp_path / "reversed", dict(reversed(FILES.items())))


def test_a_zip_holds_each_file_once_with_fixed_mode_and_date(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(tmp_path, FILES))) as made:
        assert {entry.filename: made.read(entry) for entry in made.infolist()} == FILES
        assert made.namelist() == sorted(FILES)
        assert {entry.external_attr >> 16 for entry in made.infolist()} == {0o100644}
        assert {entry.date_time for entry in made.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def hashed(files: archive.Files, runtime: str = "python3.13", architecture: str = "arm64") -> str:
    return archive.content_hash(files, runtime, architecture)


def test_the_content_hash_is_of_names_and_contents_and_not_of_their_order() -> None:
    original = hashed(FILES)
    assert hashed(dict(reversed(FILES.items()))) == original
    assert hashed({**FILES, "alone.py": b"x"}) != original
    assert hashed({**FILES, "another.py": b""}) != original
    # Fixed, because a new way of counting would update every deployed function.
    assert hashed({"a.py": b"a"}) == "r0l4HTWYrrJkE/NtjHzFpEsx2TD+GpZ6RyBnkhNTYCA="


def test_the_content_hash_is_of_what_the_code_runs_on_and_not_of_its_bytecode() -> None:
    original = hashed(FILES)
    assert hashed(FILES, runtime="python3.14") != original
    assert hashed(FILES, architecture="x86_64") != original
    assert hashed({**FILES, "__pycache__/alone.cpython-313.pyc": b"compiled"}) == original


def a_function(root: Path, *names: str) -> Function:
    for name in ("handler.py", *names):
        path = root / "functions/one/one" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return Function("one", "functions/one/one", "functions/one/requirements.txt", "one.handler.lambda_handler")


def test_a_package_is_all_code_and_data_below_its_folder(tmp_path: Path) -> None:
    function = a_function(tmp_path, "keys/secret.py", "py.typed", "snapshot.json")
    package = tmp_path / function.package
    found = [path.relative_to(package).as_posix() for path in sources(tmp_path, function)]
    assert found == ["handler.py", "keys/secret.py", "py.typed", "snapshot.json"]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_examples_function_is_packaged_with_the_releases_that_it_is_tested_with(example: str) -> None:
    function = EXAMPLES[example]
    assert (ROOT / function.package / "handler.py") in sources(ROOT, function)
    packaged, tested = (
        set(re.findall(r"^[a-z0-9-]+==\S+", (ROOT / name).read_text(), re.MULTILINE))
        for name in (function.requirements, "requirements-dev.txt")
    )
    assert packaged
    assert packaged <= tested


def test_a_package_is_without_what_interpreters_and_editors_leave(tmp_path: Path) -> None:
    function = a_function(tmp_path, "__pycache__/handler.cpython-313.pyc", "old.pyc", ".handler.py.swp", "handler.py~")
    assert [path.name for path in sources(tmp_path, function)] == ["handler.py"]


def test_a_package_without_the_handler_it_promises_is_refused(tmp_path: Path) -> None:
    function = a_function(tmp_path)
    (tmp_path / function.package / "handler.py").unlink()
    with pytest.raises(Error, match=r"functions/one/one/handler\.py does not exist"):
        list(sources(tmp_path, function))


def test_every_function_of_this_repository_has_a_name_of_its_own() -> None:
    assert len({function.name for function in FUNCTIONS}) == len(FUNCTIONS)


@pytest.mark.parametrize("damage", ["delete", "tamper"])
def test_a_build_is_not_current_once_an_output_is_touched(tmp_path: Path, damage: str) -> None:
    record, output = tmp_path / fingerprint.NAME, tmp_path / "one.zip"
    output.write_bytes(b"zip")
    fingerprint.write(record, "inputs", [output])
    assert fingerprint.is_current(record, "inputs")
    if damage == "delete":
        output.unlink()
    else:
        output.write_bytes(b"zap")
    assert not fingerprint.is_current(record, "inputs")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"inputs": "inputs", "outputs": 1}'])
def test_a_build_with_a_broken_record_is_not_current(tmp_path: Path, text: str) -> None:
    (tmp_path / fingerprint.NAME).write_text(text)
    assert not fingerprint.is_current(tmp_path / fingerprint.NAME, "inputs")


def test_target_and_interpreter_are_inputs() -> None:
    arm, intel = targets.aws("arm64"), targets.aws("x86_64")
    with_bytecode = interpreters.Interpreter("python3.13", "3.13.1")
    found = {
        fingerprint.of_inputs(ROOT, target, interpreter)
        for target in (arm, intel)
        for interpreter in (with_bytecode, None)
    }
    assert len(found) == 4


def test_snapshots_are_inputs() -> None:
    one = Snapshot("https://login.example.com/", 1, "{}")
    later = Snapshot("https://login.example.com/", 2, "{}")
    found = {
        fingerprint.of_inputs(ROOT, targets.aws(), None, snapshots)
        for snapshots in ((), (one,), (later,), (one, later))
    }
    assert len(found) == 4


def test_snapshots_go_to_the_package_that_can_use_them() -> None:
    assert {function.name: function.snapshots for function in FUNCTIONS} == {
        "authorizer": "jwt_authorizer/snapshots",
        "authorizer-hmac": None,
        "backend": None,
        "rotation": None,
    }


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of its own without any Python: ``bin`` is the PATH, and the version managers have nothing."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def a_python(path: Path, answer: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {answer}\n")
    path.chmod(0o755)
    return path


def final(patch: int) -> str:
    return "cpython final {} {} {}".format(*OTHER_MINOR, patch)


def test_the_interpreter_that_runs_the_builder_is_found_without_a_search(machine: Path) -> None:
    found = interpreters.find(sys.version_info[:2])
    assert found == interpreters.Interpreter(sys.executable, platform.python_version())


def test_there_may_be_no_interpreter(machine: Path) -> None:
    assert interpreters.find(OTHER_MINOR) is None


def test_an_interpreter_is_found_on_the_path(machine: Path) -> None:
    program = a_python(machine / "bin" / OTHER_NAME, final(7))
    assert interpreters.find(OTHER_MINOR) == interpreters.Interpreter(str(program), "{}.{}.7".format(*OTHER_MINOR))


@pytest.mark.parametrize(
    "folder", ["home/.pyenv/versions/{0}.{1}.7", "home/.local/share/uv/python/cpython-{0}.{1}.7-linux-x86_64-gnu"]
)
def test_an_interpreter_is_found_where_version_managers_keep_them(machine: Path, folder: str) -> None:
    program = a_python(machine / folder.format(*OTHER_MINOR) / "bin" / OTHER_NAME, final(7))
    found = interpreters.find(OTHER_MINOR)
    assert found
    assert found.program == str(program)


def test_an_interpreter_is_found_where_the_version_managers_settings_say(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(machine / "elsewhere"))
    folder = "elsewhere/versions/{}.{}.7/bin".format(*OTHER_MINOR)
    program = a_python(machine / folder / OTHER_NAME, final(7))
    found = interpreters.find(OTHER_MINOR)
    assert found
    assert found.program == str(program)


@pytest.mark.parametrize("setting", ["PYENV_ROOT", "UV_PYTHON_INSTALL_DIR"])
def test_a_version_managers_folder_that_cannot_be_read_is_named(
    machine: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setenv(setting, str(machine / ("n" * 300)))
    with pytest.raises(Error, match=f"cannot be read .*: make it readable, or name another folder by {setting}"):
        interpreters.find(OTHER_MINOR)


def test_a_shim_that_fails_does_not_hide_the_interpreter_behind_it(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = a_python(machine / "home/.pyenv/shims" / OTHER_NAME, "not selected >&2; exit 127")
    monkeypatch.setenv("PATH", os.pathsep.join([str(shim.parent), str(machine / "bin")]))
    folder = "home/.pyenv/versions/{}.{}.7/bin".format(*OTHER_MINOR)
    program = a_python(machine / folder / OTHER_NAME, final(7))
    found = interpreters.find(OTHER_MINOR)
    assert found
    assert found.program == str(program)


@pytest.mark.parametrize(
    "answer",
    [
        "cpython candidate {} {} 0".format(*OTHER_MINOR),
        "pypy final {} {} 0".format(*OTHER_MINOR),
        "cpython final 3 4 0",
        "''",
    ],
)
def test_another_release_a_pre_release_and_another_implementation_do_not_count(machine: Path, answer: str) -> None:
    a_python(machine / "bin" / OTHER_NAME, answer)
    assert interpreters.find(OTHER_MINOR) is None


def test_an_architecture_for_the_host_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        command.main(["--target", "host", "--architecture", "arm64"])
    assert exit_.value.code == 2
    assert "--architecture and --runtime are for --target aws" in capsys.readouterr().err


def test_a_build_for_this_machine_never_lands_where_terraform_deploys_from() -> None:
    assert targets.host().output != targets.aws().output

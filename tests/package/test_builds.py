"""Real builds, each in a copy of the repository of its own, as a user runs them."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import marshal
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import types
import zipfile
from pathlib import Path
from typing import Any

import pytest

from jwt_authorizer.keys import snapshot
from scripts import ROOT
from scripts.package import __main__ as command
from scripts.package import archive, interpreters, targets, wheels
from scripts.package.build import WHEEL_CACHE
from scripts.package.functions import FUNCTIONS

REQUIREMENTS = "functions/authorizer/requirements-asymmetric.txt"
SOURCE = "https://127.0.0.1:9/"  # where nobody listens
AWS = targets.aws()


def copy_repository(into: Path) -> Path:
    """The builder and the sources; without caches, outputs and downloads."""
    for folder in ("functions", "scripts"):
        shutil.copytree(ROOT / folder, into / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return into


@pytest.fixture(scope="session")
def downloaded() -> list[Path]:
    """The wheels for AWS, fetched once for this repository; only this and builds for the host may use the network.

    A folder for each requirements file, that of REQUIREMENTS first.
    """
    files = dict.fromkeys([REQUIREMENTS, *(function.requirements for function in FUNCTIONS)])
    return [wheels.fetch(ROOT / file, AWS, ROOT / WHEEL_CACHE) for file in files if (ROOT / file).exists()]


@pytest.fixture
def cold_copy(tmp_path: Path) -> Path:
    """A copy of the repository that has not downloaded anything."""
    return copy_repository(tmp_path / "cold")


@pytest.fixture
def copy(tmp_path: Path, downloaded: list[Path]) -> Path:
    """A copy of the repository that has the wheels for AWS."""
    return with_wheels(copy_repository(tmp_path / "copy"), downloaded)


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory, downloaded: list[Path]) -> Path:
    """A copy of the repository that has built, for tests that only look at it."""
    copy = with_wheels(copy_repository(tmp_path_factory.mktemp("built") / "copy"), downloaded)
    built(copy)
    return copy


@pytest.fixture
def built_copy(tmp_path: Path, built_once: Path) -> Path:
    """A copy of the repository that has built, for a test that changes something in it."""
    return Path(shutil.copytree(built_once, tmp_path / "copy"))


def with_wheels(repository: Path, downloaded: list[Path]) -> Path:
    for folder in downloaded:
        shutil.copytree(folder, repository / WHEEL_CACHE / folder.name)
    return repository


def offline(**settings: str) -> dict[str, str]:
    """An environment in which pip reaches nothing but what ``settings`` say."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return {**inherited, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", **settings}


def package(
    repository: Path, *arguments: str, environment: dict[str, str] | None = None, umask: int = -1
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.package", *arguments],
        cwd=repository,
        env=environment or offline(),
        umask=umask,
        capture_output=True,
        text=True,
    )


def built(repository: Path, *arguments: str, **options: Any) -> dict[str, Any]:
    """Build, and return the manifest."""
    done = package(repository, *arguments, **options)
    assert done.returncode == 0, done.stderr
    return manifest_of(repository)


def manifest_of(repository: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((repository / "build/manifest.json").read_text())
    return manifest


def outputs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of a build that failed as it should."""
    assert done.returncode == 1, (done.stdout, done.stderr)
    (line,) = done.stderr.splitlines()
    return line


def test_the_same_sources_give_the_same_bytes_anywhere(tmp_path: Path, downloaded: list[Path]) -> None:
    one = with_wheels(copy_repository(tmp_path / "one"), downloaded)
    other = with_wheels(copy_repository(tmp_path / "a deeper folder" / "другая"), downloaded)
    for path in (other / "functions").rglob("*"):
        os.utime(path, (978_307_200, 978_307_200))
        path.chmod(0o700)
    leftover = other / "functions/backend/backend/__pycache__/leftover.cpython-313.pyc"
    leftover.parent.mkdir()
    leftover.write_bytes(b"of another build")

    built(one, environment=offline(PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C.UTF-8"), umask=0o022)
    built(other, environment=offline(PYTHONHASHSEED="2", TZ="Asia/Tokyo", LC_ALL="C"), umask=0o077)

    assert outputs(one / "build") == outputs(other / "build")


def test_the_manifest_tells_what_is_in_the_zips(built_once: Path) -> None:
    manifest = manifest_of(built_once)
    assert (manifest["format"], manifest["target"]) == (1, "aws")
    assert set(manifest["functions"]) == {function.name for function in FUNCTIONS}
    for entry in manifest["functions"].values():
        content = (built_once / "build" / entry["file"]).read_bytes()
        assert entry["size_bytes"] == len(content)
        assert entry["sha256"] == base64.b64encode(hashlib.sha256(content).digest()).decode()
        with zipfile.ZipFile(built_once / "build" / entry["file"]) as zip_file:
            files = {name: zip_file.read(name) for name in zip_file.namelist()}
        assert entry["files"] == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
        assert entry["content_hash"] == archive.content_hash(files, "python3.13", "arm64")
        assert entry["handler"].split(".")[0] + "/handler.py" in files
        assert (entry["runtime"], entry["architecture"]) == ("python3.13", "arm64")
        schemas = [json.loads(data) for name, data in files.items() if name.endswith("/configuration.schema.json")]
        assert [entry["configuration_schema"] for _ in schemas] == schemas
        assert (entry["bytecode"] != "none") == any(name.endswith(".pyc") for name in files)


def test_the_authorizer_carries_its_dependencies_and_nothing_that_pip_noted(built_once: Path) -> None:
    files = manifest_of(built_once)["functions"]["authorizer"]["files"]
    assert "cryptography/__init__.py" in files
    assert any(name.endswith(".dist-info/METADATA") for name in files)
    assert any("/licenses/" in name for name in files)
    assert "cryptography/hazmat/bindings/_rust.abi3.so" in files
    assert not [name for name in files if name.startswith("bin/") or name.endswith((".pyi", ".h", "py.typed"))]
    assert not {"INSTALLER", "REQUESTED", "RECORD", "direct_url.json"} & {Path(name).name for name in files}


def test_the_lean_authorizer_is_the_same_code_without_cryptography(built_once: Path) -> None:
    functions = manifest_of(built_once)["functions"]
    full, lean = functions["authorizer"], functions["authorizer-hmac"]
    assert {name.split("/")[0].split("-")[0] for name in lean["files"]} == {"jwt", "jwt_authorizer", "pyjwt"}
    assert lean["files"].items() <= full["files"].items()
    assert lean["handler"] == full["handler"]


def test_pyjwt_is_in_both_authorizers_byte_for_byte_as_in_its_wheel(built_once: Path, downloaded: list[Path]) -> None:
    (wheel,) = {path.name: path for folder in downloaded for path in folder.glob("pyjwt-*.whl")}.values()
    with zipfile.ZipFile(wheel) as zip_file:
        (record,) = (name for name in zip_file.namelist() if name.endswith(".dist-info/RECORD"))
        rows = list(csv.reader(zip_file.read(record).decode().splitlines()))
    recorded = {name: digest for name, digest, _size in rows if name.startswith("jwt/") and name.endswith(".py")}
    assert "jwt/api_jws.py" in recorded
    for function in ("authorizer", "authorizer-hmac"):
        files = manifest_of(built_once)["functions"][function]["files"]
        packaged = {name: record_hash(hexadecimal) for name, hexadecimal in files.items() if name.startswith("jwt/")}
        assert {name: digest for name, digest in packaged.items() if name.endswith(".py")} == recorded
        compiled = {name for name in packaged if not name.endswith(".py")}
        assert compiled <= {f"jwt/__pycache__/{Path(name).stem}.cpython-313.pyc" for name in recorded}


def record_hash(hexadecimal: str) -> str:
    """A SHA-256 as a wheel's RECORD spells it: https://packaging.python.org/specifications/binary-distribution-format/"""
    return "sha256=" + base64.urlsafe_b64encode(bytes.fromhex(hexadecimal)).decode().rstrip("=")


def test_the_packages_are_small(built_once: Path) -> None:
    functions = manifest_of(built_once)["functions"]
    assert functions["authorizer"]["size_bytes"] <= 7_000_000
    assert functions["authorizer-hmac"]["size_bytes"] <= 400_000


def a_snapshot(path: Path, taken_at: int) -> str:
    key = {"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    path.write_text(json.dumps({"taken_at": taken_at, "jwks": {"keys": [key]}}))
    return f"{SOURCE}={path}"


def test_a_snapshot_goes_into_the_full_authorizer_and_the_build_depends_on_its_time(built_copy: Path) -> None:
    without = manifest_of(built_copy)["functions"]
    early = built(built_copy, "--snapshot-file", a_snapshot(built_copy / "early.json", 1_700_000_000))["functions"]
    kept = built_copy / "build/snapshots" / snapshot.file_name(SOURCE)
    added = early["authorizer"]["files"].keys() - without["authorizer"]["files"].keys()
    assert added == {f"jwt_authorizer/snapshots/{kept.name}"}
    assert {name: early[name] for name in ("authorizer-hmac", "backend")} == {
        name: without[name] for name in ("authorizer-hmac", "backend")
    }
    assert "up to date" in package(built_copy, "--snapshot-file", f"{SOURCE}={kept}").stdout
    late = built(built_copy, "--snapshot-file", a_snapshot(built_copy / "late.json", 1_700_000_001))["functions"]
    assert late["authorizer"]["content_hash"] != early["authorizer"]["content_hash"]
    again = built(built_copy, "--snapshot-file", a_snapshot(built_copy / "early.json", 1_700_000_000))["functions"]
    assert again == early


def test_a_snapshot_that_cannot_be_taken_is_one_line_and_builds_nothing(copy: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}"
    line = refusal(package(copy, "--snapshot", url))
    assert line.startswith(f"package: no snapshot of {url}: as a key set, {url} failed: ConnectionRefusedError")
    assert not (copy / "build").exists()


@pytest.fixture(scope="session")
def for_this_machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages as they run here, unpacked, with a snapshot of SOURCE."""
    folder = tmp_path_factory.mktemp("host")
    file = a_snapshot(folder / "snapshot.json", int(time.time()))
    arguments = ("--target", "host", "--output", str(folder), "--snapshot-file", file)
    done = package(ROOT, *arguments, environment=dict(os.environ))
    assert done.returncode == 0, done.stderr
    for name in ("authorizer", "authorizer-hmac"):
        with zipfile.ZipFile(folder / f"{name}.zip") as zip_file:
            zip_file.extractall(folder / name)
    return folder


def start_authorizer(folder: Path, algorithm: str, keys: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """Import a package's handler, with nothing but the package and the standard library to import from."""
    issuer = {"issuer": SOURCE, "audiences": ["api"], "algorithms": [algorithm], "keys": keys}
    document = {"issuers": [issuer], "rules": {"signed-in": {}}}
    program = (
        f"import sys; sys.path.insert(0, {str(folder)!r})\n"
        "from jwt_authorizer import handler\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'cryptography', 'jwt', 'jwt_authorizer'}))"
    )
    environment = {"AUTHORIZER_CONFIG": json.dumps(document), "SECRET": secrets.token_hex(32)}
    command_line = [sys.executable, "-I", "-S", "-c", program]
    return subprocess.run(command_line, env=environment, capture_output=True, text=True)


# The public key of RFC 8037, appendix A.2.
PEM = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----"""


@pytest.mark.parametrize("keys", [{"discovery": True, "snapshot_seconds": 3600}, {"pem": PEM}], ids=["snapshot", "PEM"])
def test_the_full_authorizer_starts_with_public_keys_from_its_own_zip(
    for_this_machine: Path, keys: dict[str, Any]
) -> None:
    done = start_authorizer(for_this_machine / "authorizer", "EdDSA", keys)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "['cryptography', 'jwt', 'jwt_authorizer']"


def test_the_lean_authorizer_starts_with_a_secret_from_its_own_zip(for_this_machine: Path) -> None:
    done = start_authorizer(for_this_machine / "authorizer-hmac", "HS256", {"secret": {"environment": "SECRET"}})
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "['jwt', 'jwt_authorizer']"


@pytest.mark.parametrize("keys", [{"discovery": True}, {"pem": PEM}], ids=["discovery", "PEM"])
def test_the_lean_authorizer_fails_at_start_up_with_public_keys(for_this_machine: Path, keys: dict[str, Any]) -> None:
    done = start_authorizer(for_this_machine / "authorizer-hmac", "EdDSA", keys)
    assert done.returncode == 1
    assert "StartFailure: issuers[0].keys." in done.stderr
    assert "this package verifies HMAC only" in done.stderr


def test_nothing_is_built_when_nothing_changed(built_copy: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (built_copy / "build").iterdir()}
    assert package(built_copy).stdout == "package: build is up to date\n"
    assert {path: path.stat().st_mtime_ns for path in (built_copy / "build").iterdir()} == before


@pytest.mark.parametrize("damage", ["delete", "tamper"])
def test_a_damaged_zip_is_built_again_to_the_same_bytes(built_copy: Path, damage: str) -> None:
    before = outputs(built_copy / "build")
    if damage == "delete":
        (built_copy / "build/backend.zip").unlink()
    else:
        (built_copy / "build/backend.zip").write_bytes(b"not what was built")
    built(built_copy)
    assert outputs(built_copy / "build") == before


def test_a_changed_source_changes_its_own_package_alone(built_copy: Path) -> None:
    before = manifest_of(built_copy)["functions"]
    with (built_copy / "functions/backend/backend/handler.py").open("a") as source:
        source.write("\n# one more line\n")
    after = built(built_copy)["functions"]
    assert after["backend"]["content_hash"] != before["backend"]["content_hash"]
    for name in ("authorizer", "authorizer-hmac"):
        assert after[name] == before[name]


def test_bytecode_is_trusted_unchecked_and_names_the_sources_as_lambda_sees_them(tmp_path: Path) -> None:
    done = package(ROOT, "--target", "host", "--output", str(tmp_path), environment=dict(os.environ))
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "backend.zip") as zip_file:
        compiled = zip_file.read(f"backend/__pycache__/handler.{sys.implementation.cache_tag}.pyc")
    # PEP 552: magic number, flags (1: by hash, 2: to be checked), eight bytes of hash, code.
    assert int.from_bytes(compiled[4:8], "little") == 1
    code = marshal.loads(compiled[16:])  # noqa: S302 -- made a moment ago, by us
    assert isinstance(code, types.CodeType)
    assert code.co_filename == "/var/task/backend/handler.py"


def test_a_missing_interpreter_is_said_loudly_and_plans_no_change(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--output", str(copy / "build")]) == 0
    with_bytecode = json.loads((copy / "build/manifest.json").read_text())
    monkeypatch.setattr(interpreters, "find", lambda _: None)
    assert command.main(["--output", str(copy / "build")]) == 0
    assert "WARNING: THERE IS NO PYTHON3.13 ON THIS MACHINE" in capsys.readouterr().err
    manifest = json.loads((copy / "build/manifest.json").read_text())
    for name, entry in manifest["functions"].items():
        assert entry["bytecode"] == "none"
        assert entry["content_hash"] == with_bytecode["functions"][name]["content_hash"]
        assert not [name for name in entry["files"] if "__pycache__" in name]


@pytest.mark.parametrize("runtime", targets.RUNTIMES)
def test_each_runtime_is_built_for_and_named_for_the_plan(copy: Path, runtime: str) -> None:
    assert command.main(["--runtime", runtime, "--output", str(copy / "build")]) == 0
    found = interpreters.find(targets.aws(runtime=runtime).python)
    for entry in json.loads((copy / "build/manifest.json").read_text())["functions"].values():
        assert entry["runtime"] == runtime
        assert entry["bytecode"] == (found.release if found else "none")
        assert [
            name for name in entry["files"] if name.endswith(f"cpython-{runtime[6:].replace('.', '')}.pyc")
        ] or not found


def test_a_module_that_does_not_compile_is_named(copy: Path) -> None:
    (copy / "functions/backend/backend/handler.py").write_text("def lambda_handler(:\n")
    if interpreters.find(AWS.python) is None:
        pytest.skip("there is no interpreter to compile with")
    line = refusal(package(copy))
    assert "cannot compile the package" in line
    assert "backend/handler.py" in line
    assert not list((copy / "build").iterdir())


@pytest.mark.parametrize("retries", ["0", "1"])
def test_an_unreachable_registry_is_one_line(cold_copy: Path, retries: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        index = f"http://user:word@127.0.0.1:{server.getsockname()[1]}/"
    environment = offline(PIP_NO_INDEX="0", PIP_INDEX_URL=index, PIP_RETRIES=retries)
    line = refusal(package(cold_copy, environment=environment))
    assert "the package registry cannot be reached" in line
    assert "word" not in line
    assert not list((cold_copy / "build").iterdir())


def test_a_wheel_that_is_not_what_its_hash_promises_is_one_line(cold_copy: Path, downloaded: list[Path]) -> None:
    (cold_copy / REQUIREMENTS).write_text(f"cffi==2.1.1 --hash=sha256:{'0' * 64}\n")
    line = refusal(package(cold_copy, environment=offline(PIP_FIND_LINKS=str(downloaded[0]))))
    assert f"{REQUIREMENTS}: cffi==2.1.1 is not the file its hash promises" in line


def test_a_requirement_without_a_hash_is_one_line(cold_copy: Path, downloaded: list[Path]) -> None:
    (cold_copy / REQUIREMENTS).write_text("cffi==2.1.1\n")
    line = refusal(package(cold_copy, environment=offline(PIP_FIND_LINKS=str(downloaded[0]))))
    assert f"{REQUIREMENTS}: cffi==2.1.1 lacks its exact version or its --hash" in line


def test_a_requirement_without_a_wheel_for_the_target_is_one_line(cold_copy: Path) -> None:
    (cold_copy / REQUIREMENTS).write_text(f"cffi==2.1.1 --hash=sha256:{'0' * 64}\n")
    line = refusal(package(cold_copy))
    assert f"{REQUIREMENTS}: cffi==2.1.1 has no wheel for python3.13 on arm64" in line


def test_a_damaged_download_is_refused_once_and_then_replaced(copy: Path, downloaded: list[Path]) -> None:
    (wheel,) = (copy / WHEEL_CACHE / downloaded[0].name).glob("cffi-*")
    wheel.write_bytes(b"not a wheel")
    assert "is not the file its hash promises" in refusal(package(copy))
    built(copy, environment=offline(PIP_FIND_LINKS=str(downloaded[0])))


def test_an_interrupted_build_leaves_what_was_there(built_copy: Path, downloaded: list[Path]) -> None:
    before = outputs(built_copy / "build")
    with (built_copy / REQUIREMENTS).open("a") as requirements:
        requirements.write("# so that it downloads again\n")
    with socket.create_server(("127.0.0.1", 0)) as never_answers:
        index = f"http://127.0.0.1:{never_answers.getsockname()[1]}/"
        process = subprocess.Popen(
            [sys.executable, "-m", "scripts.package"],
            cwd=built_copy,
            env=offline(PIP_NO_INDEX="0", PIP_INDEX_URL=index),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A suite that runs as a background job would hand on that it ignores interrupts.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        connection, _ = never_answers.accept()
        with connection:
            process.send_signal(signal.SIGINT)
            _, complaint = process.communicate(timeout=20)
    assert process.returncode == 130
    assert complaint == "package: interrupted; build holds no half-written file\n"
    assert outputs(built_copy / "build") == before
    assert {path.name for path in (built_copy / WHEEL_CACHE).iterdir()} == {folder.name for folder in downloaded}

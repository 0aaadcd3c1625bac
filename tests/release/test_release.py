"""A release made for real: what its tag holds, that it can be built again, and a repository that uses it."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests

from scripts import ROOT
from scripts.package import interpreters, targets
from scripts.package.build import WHEEL_CACHE
from scripts.package.functions import FUNCTIONS
from scripts.package.interpreters import Interpreter
from scripts.release.tree import PACKAGES
from scripts.review_plan import review
from scripts.review_plan.gate import AllowList
from scripts.review_plan.plan import document
from scripts.terraform import Terraform, local_environment
from scripts.terraform import program as terraform_program
from scripts.token import minting
from tests.plan.support import REGION, local_aws

TAG = "v1.0.0"
ADDRESS = "https://github.com/CHANGE-ME/terraform-aws-jwt-authorizer.git"
SOURCES = (
    *(".github", "docs", "functions", "scripts", "terraform"),
    *("CHANGELOG.md", "LICENSE", "Makefile", "SECURITY.md", ".gitignore", ".terraform-version"),
)


GIT = ("basename", "cat", "cut", "dirname", "git", "grep", "sed", "sh", "tr", "uname")
"""Git, and the programs that its scripts run."""


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    done = subprocess.run(["git", "-C", str(folder), *who, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def program(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.release", *arguments]
    return subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def python() -> Interpreter:
    found = interpreters.find(targets.aws().python)
    if found is None:
        pytest.skip("a release is made by the runtime's own Python, which this machine does not have")
    return found


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory, python: Interpreter) -> Path:
    """A clone of this repository, as it is now, in which the release was made."""
    folder = tmp_path_factory.mktemp("clone")
    ignored = shutil.ignore_patterns("__pycache__", ".terraform", "*.tfstate*", "*.tfplan", ".terraform.lock.hcl")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "source")
    (ROOT / WHEEL_CACHE).mkdir(parents=True, exist_ok=True)
    (folder / WHEEL_CACHE).parent.mkdir(parents=True)
    (folder / WHEEL_CACHE).symlink_to(ROOT / WHEEL_CACHE)
    done = program(folder, "make", "1.0.0")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def released(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of the tag."""
    folder = tmp_path_factory.mktemp("released")
    git(folder, "clone", "--quiet", "--branch", TAG, str(clone), "tree")
    return folder / "tree"


@pytest.fixture(scope="module")
def bare(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare repository to which the tag was pushed, and nothing else."""
    folder = tmp_path_factory.mktemp("remote") / "modules.git"
    git(clone, "init", "--quiet", "--bare", str(folder))
    git(clone, "push", "--quiet", str(folder), TAG)
    return folder


@pytest.mark.parametrize("architecture", targets.ARCHITECTURES)
def test_a_release_has_the_packages_of_the_runtimes_own_python(
    released: Path, python: Interpreter, architecture: str
) -> None:
    folder = released / PACKAGES
    manifest: dict[str, Any] = json.loads((folder / f"manifest-{architecture}.json").read_text())
    assert set(manifest["functions"]) == {function.name for function in FUNCTIONS}
    for entry in manifest["functions"].values():
        zip_file = folder / entry["file"]
        assert base64.b64encode(hashlib.sha256(zip_file.read_bytes()).digest()).decode() == entry["sha256"]
        assert (entry["architecture"], entry["bytecode"]) == (architecture, python.release)
    with zipfile.ZipFile(folder / manifest["functions"]["authorizer"]["file"]) as archive:
        (extension,) = [name for name in archive.namelist() if name.endswith("_rust.abi3.so")]
        machine = archive.read(extension)[18:20]  # the ELF header's e_machine
    assert machine == {"arm64": b"\xb7\x00", "x86_64": b"\x3e\x00"}[architecture]


def test_the_files_beside_a_release_are_those_that_the_checksums_say(clone: Path) -> None:
    folder = clone / "build/release" / TAG
    lines = [line.split("  ") for line in (folder / "SHA256SUMS").read_text().splitlines()]
    assert {name for _, name in lines} == {path.name for path in folder.iterdir()} - {"SHA256SUMS"}
    assert {"review.pyz", "sbom.cdx.json", "manifest-arm64.json", "authorizer-x86_64.zip"} < {name for _, name in lines}
    for digest, name in lines:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_the_bill_of_materials_names_each_wheel_of_each_package(released: Path) -> None:
    bill = json.loads((released / "sbom.cdx.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    components = {component["bom-ref"]: component for component in bill["components"]}
    needs = {row["ref"]: row.get("dependsOn", []) for row in bill["dependencies"]}
    locked = (ROOT / "functions/authorizer/requirements-asymmetric.txt").read_text()
    for architecture in targets.ARCHITECTURES:
        wheels = [components[reference] for reference in needs[f"authorizer-{architecture}.zip"]]
        assert {"cryptography", "pyjwt"} <= {wheel["name"] for wheel in wheels}
        for wheel in wheels:
            assert f"sha256:{wheel['hashes'][0]['content']}" in locked
            assert wheel["purl"].startswith(f"pkg:pypi/{wheel['name']}@{wheel['version']}")
        zip_file = (released / PACKAGES / f"authorizer-{architecture}.zip").read_bytes()
        assert (
            components[f"authorizer-{architecture}.zip"]["hashes"][0]["content"] == hashlib.sha256(zip_file).hexdigest()
        )


def test_no_binary_is_in_the_history_of_the_branch(clone: Path) -> None:
    assert not [name for name in git(clone, "ls-tree", "-r", "--name-only", "main").splitlines() if ".zip" in name]
    assert git(clone, "rev-list", "--count", "main") == "1"
    assert git(clone, "status", "--porcelain") == ""


def test_a_release_is_built_again_to_the_byte(clone: Path) -> None:
    done = program(clone, "verify", TAG)
    assert done.returncode == 0, done.stderr
    assert f"{TAG} is what its source" in done.stdout


@pytest.fixture(scope="module")
def consumer(bare: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, copied to an empty folder, with the address of the release in place of the placeholder."""
    folder = tmp_path_factory.mktemp("consumer") / "orders"
    shutil.copytree(ROOT / "terraform/examples/consumer", folder, ignore=shutil.ignore_patterns(".terraform*"))
    for file in folder.glob("*.tf"):
        file.write_text(file.read_text().replace(ADDRESS, f"file://{bare}"))
    assert "CHANGE-ME/" not in "".join(file.read_text() for file in folder.glob("*.tf"))
    return folder


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with local_aws(tmp_path_factory.mktemp("aws")) as url:
        yield url


def test_a_repository_with_terraform_alone_guards_its_api_by_a_release(
    consumer: Path, aws: str, tmp_path: Path
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, path in (("terraform", terraform_program.find()), *((name, shutil.which(name)) for name in GIT)):
        if path is not None:
            (programs / name).symlink_to(path)
    environment = {**local_environment(aws, REGION), "PATH": str(programs)}
    assert shutil.which("python3", path=environment["PATH"]) is None
    client = {"endpoint_url": aws, "region_name": REGION, "aws_access_key_id": "test", "aws_secret_access_key": "test"}
    boto3.client("s3", **client).create_bucket(
        Bucket="orders-state", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    terraform = Terraform(consumer, environment)
    terraform.ask("init", "-input=false", "-backend-config=bucket=orders-state", "-backend-config=use_path_style=true")
    plan = consumer / "it.tfplan"
    terraform.ask("plan", "-input=false", f"-out={plan}")
    terraform.ask("apply", "-input=false", str(plan))
    outputs = terraform.output_json()

    secret = boto3.client("secretsmanager", **client).get_secret_value(SecretId=outputs["secret_name"])["SecretString"]
    token = minting.mint(
        {
            "iss": "https://login.example.com/",
            "aud": "https://orders.example.com",
            "sub": "alice",
            **minting.identified(int(time.time()), 600),
        },
        secret.encode(),
        "HS256",
    )
    url = f"{aws}/restapis/{outputs['rest_api_id']}/{outputs['stage_name']}/_user_request_"
    bearer = {"Authorization": f"Bearer {token}"}
    assert requests.get(f"{url}/hello", timeout=20).status_code == 401
    assert requests.get(f"{url}/hello", headers=bearer, timeout=20).status_code == 200
    assert requests.get(f"{url}/me", headers=bearer, timeout=20).status_code == 403
    assert boto3.client("s3", **client).list_objects_v2(Bucket="orders-state")["KeyCount"] >= 1

    api = consumer / "api.tf"
    api.write_text(api.read_text().replace('"backend", rule = "signed-in"', '"backend", rule = "profile"'))
    terraform.ask("plan", "-input=false", "-refresh=false", f"-out={plan}")
    found = review.review_plan(document.read(terraform.show_json(plan).encode()), AllowList())
    assert [(change.status.value, change.route.name) for change in found.changes] == [("TIGHTENED", "GET /hello")]
    assert found.findings["not_live"] == ()

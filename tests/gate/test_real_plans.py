"""Attacks that are carried out: ``terraform plan`` does what the pull request wants, and the guard stops it before.

Each is planned as the job would plan it: with secrets in the environment and, outside of the checkout, in a file.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from scripts.gate.__main__ import STOPPED, main
from scripts.lib.program import Error
from scripts.terraform import Terraform, local_environment
from scripts.terraform.providers import this_platform
from tests.gate.cases import Files, Link, write
from tests.plan.provider import REATTACH, running_provider
from tests.plan.support import LOCK_FILE, REGION, REPOSITORY

SECRET = "the-secret-of-the-job"

SETTINGS = """\
  region                      = "eu-west-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
"""

METHOD: dict[str, Any] = {
    "mode": "managed",
    "type": "aws_api_gateway_method",
    "name": "orders",
    "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
    "instances": [],
}

BASE: Files = {
    "terraform/terraform.tf": 'terraform {\n  backend "local" {}\n}\n',
    "terraform/environments/dev.local.tfbackend": 'path = "terraform.tfstate"\n',
    "terraform/environments/dev.tfvars": 'document = "openapi.yaml"\n',
    "terraform/openapi.yaml": "openapi\n",
    "terraform/main.tf": (
        'variable "document" {\n  type = string\n}\n\noutput "document" {\n  value = file(var.document)\n}\n'
    ),
}


def state(authorization: str) -> str:
    """A state that holds one method of a REST API, and says how it is guarded."""
    attributes = {
        "api_key_required": False,
        "authorization": authorization,
        "http_method": "GET",
        "id": "agm-api-orders-GET",
        "request_models": {},
        "request_parameters": {},
        "resource_id": "orders",
        "rest_api_id": "api",
    }
    method = {**METHOD, "instances": [{"schema_version": 0, "attributes": attributes}]}
    return json.dumps({"version": 4, "serial": 1, "lineage": "x", "outputs": {}, "resources": [method]})


AWS = f'provider "aws" {{\n{SETTINGS}  access_key = "x"\n  secret_key = "x"\n}}\n'
ORDERS = """\
resource "aws_api_gateway_method" "orders" {
  rest_api_id   = "api"
  resource_id   = "orders"
  http_method   = "GET"
  authorization = "AWS_IAM"
}
"""


@dataclass(frozen=True)
class Attack:
    """A pull request and its harmless twin; ``works`` tells from a plan whether the attack did."""

    files: Files
    twin: Files
    works: Callable[[dict[str, Any], Path], bool]
    base: Files = field(default_factory=dict)
    of_registry: bool = False
    """Whether a provider of the pull request's own is in the registry, and nothing else is."""


def leaks(plan: dict[str, Any], _: Path) -> bool:
    """Whether the secret stands in the plan."""
    return SECRET in json.dumps(plan)


def ran(_: dict[str, Any], folder: Path) -> bool:
    """Whether the program of the pull request was run."""
    return (folder / "ran").exists()


def hides(plan: dict[str, Any], _: Path) -> bool:
    """Whether a method that becomes public is planned as if it had been so before."""
    actions = [change["change"]["actions"] for change in plan.get("resource_changes", ())]
    return actions == [["no-op"]]


def credentials(file: str) -> str:
    """A provider block that takes its credentials from a file of the checkout."""
    chosen = f'  access_key = null\n  secret_key = null\n  profile = "x"\n  shared_config_files = ["{file}"]\n'
    return f'provider "aws" {{\n{SETTINGS}{chosen}}}\n'


PROGRAM = {"terraform/aws": "[profile x]\ncredential_process = /bin/sh -c 'touch ../ran; exit 1'\n"}
OPEN = ORDERS.replace("AWS_IAM", "NONE")

ATTACKS: dict[str, Attack] = {
    "a provider runs a program": Attack(
        {"terraform/aws.tf": credentials("aws"), **PROGRAM},
        {"terraform/aws.tf": f"# Ours.\n{AWS}", **PROGRAM},
        ran,
        {"terraform/aws.tf": AWS, "terraform/orders.tf": 'data "aws_region" "x" {}\n'},
    ),
    "a provider runs a program by an override": Attack(
        {"terraform/x_override.tf": credentials("aws"), **PROGRAM},
        {"terraform/overrides.tf": "locals {}\n", **PROGRAM},
        ran,
        {"terraform/aws.tf": AWS, "terraform/orders.tf": 'data "aws_region" "x" {}\n'},
    ),
    "an output holds the job's environment": Attack(
        {"terraform/x.tf": 'output "x" {\n  value = file("/proc/self/environ")\n}\n'},
        {"terraform/x.tf": 'output "x" {\n  value = file("${path.module}/openapi.yaml")\n}\n'},
        leaks,
    ),
    "an output holds the job's environment, behind a heredoc that seems to go on": Attack(
        {
            "terraform/x.tf": 'locals {\n  x = <<EOT\nEOT \n}\noutput "x" {\n  value = file("/proc/self/environ")\n}\n'
            "locals {\n  y = <<EOT\nEOT\n}\n"
        },
        {"terraform/x.tf": 'locals {\n  x = <<EOT\n  value = file("/proc/self/environ")\nEOT \n}\n'},
        leaks,
    ),
    "an output holds the job's environment, by the function's full name in JSON": Attack(
        {"terraform/x.tf.json": '{"output": {"x": {"value": "${core::file(\\"/proc/self/environ\\")}"}}}'},
        {"terraform/x.tf.json": '{"output": {"x": {"value": "${core::file(\\"openapi.yaml\\")}"}}}'},
        leaks,
    ),
    "an output holds a file of the machine, through a variable of the base": Attack(
        {"terraform/environments/dev.tfvars": 'document = "../../secret"\n'},
        {"terraform/environments/dev.tfvars": 'document = "environments/dev.tfvars"\n'},
        leaks,
    ),
    "an output holds a file of the machine, through a symbolic link": Attack(
        {"terraform/openapi.yaml": Link("../../secret")}, {"terraform/openapi.yaml": "openapi: 3.0.1\n"}, leaks
    ),
    "an output holds a file of the machine, through a template": Attack(
        {"terraform/x.tpl": '${file("../../secret")}'},
        {"terraform/x.tpl": '$${file("../../secret")}'},
        leaks,
        {"terraform/x.tf": 'output "x" {\n  value = templatefile("x.tpl", {})\n}\n', "terraform/x.tpl": "x"},
    ),
    "an output holds a file of the machine, by a module above the checkout": Attack(
        {"terraform/x.tf": 'module "x" {\n  source = "../../outside"\n}\n\noutput "x" {\n  value = module.x.x\n}\n'},
        {
            "terraform/x.tf": 'module "x" {\n  source = "../modules"\n}\n\noutput "x" {\n  value = module.x.x\n}\n',
            "modules/x.tf": 'output "x" {\n  value = "x"\n}\n',
        },
        leaks,
    ),
    "an output holds the job's environment, through a loop that hides a variable": Attack(
        {
            "terraform/x.tf": 'output "x" {\n  value = [for var in [{ document = "/proc/self/environ" }] : '
            "file(var.document)]\n}\n"
        },
        {"terraform/x.tf": 'output "x" {\n  value = [for item in ["/proc/self/environ"] : file(var.document)]\n}\n'},
        leaks,
    ),
    "an output holds what was marked as a secret": Attack(
        {"terraform/x.tf": 'output "x" {\n  value = nonsensitive(local.secret)\n}\n'},
        {"terraform/x.tf": 'output "x" {\n  value     = local.secret != ""\n  sensitive = true\n}\n'},
        leaks,
        {"terraform/secret.tf": f'locals {{\n  secret = sensitive("{SECRET}")\n}}\n'},
    ),
    "a data source reads the value of a secret": Attack(
        {
            "terraform/x.tf": 'data "aws_secretsmanager_secret_version" "x" {\n  secret_id = "x"\n}\n\n'
            'output "x" {\n  value = nonsensitive(data.aws_secretsmanager_secret_version.x.secret_string)\n}\n'
        },
        {"terraform/x.tf": 'resource "aws_secretsmanager_secret" "x" {\n  name = "x"\n}\n'},
        leaks,
        {"terraform/aws.tf": AWS, "terraform/orders.tf": 'data "aws_region" "x" {}\n'},
    ),
    "a data source asks a function": Attack(
        {
            "terraform/x.tf": 'data "aws_lambda_invocation" "x" {\n  function_name = "x"\n  input = "{}"\n}\n\n'
            'output "x" {\n  value = data.aws_lambda_invocation.x.result\n}\n'
        },
        {"terraform/x.tf": 'output "x" {\n  value = "aws_lambda_invocation"\n}\n'},
        leaks,
        {"terraform/aws.tf": AWS},
    ),
    "a data source reads another state": Attack(
        {
            "terraform/x.tf": 'data "terraform_remote_state" "x" {\n  backend = "local"\n  config  = '
            '{ path = "../../other.tfstate" }\n}\n\n'
            'output "x" {\n  value = data.terraform_remote_state.x.outputs.x\n}\n'
        },
        {"terraform/x.tf": 'output "x" {\n  value = "../../other.tfstate"\n}\n'},
        leaks,
    ),
    "a provider of the pull request's own is required": Attack(
        {
            "terraform/x.tf": 'terraform {\n  required_providers {\n    x = {\n      source = "someone/x"\n    }\n'
            '  }\n}\n\ndata "x_y" "z" {}\n'
        },
        {"terraform/x.tf": 'resource "terraform_data" "x" {\n  input = "someone/x"\n}\n'},
        ran,
        of_registry=True,
    ),
    "a committed folder of Terraform's chooses another state": Attack(
        {
            "terraform/.terraform/environment": "other",
            "terraform/states/other/terraform.tfstate": state("NONE"),
            "terraform/orders.tf": OPEN,
        },
        {"terraform/other/environment": "other", "terraform/other/state": state("NONE"), "terraform/orders.tf": OPEN},
        hides,
        {
            "terraform/aws.tf": AWS,
            "terraform/orders.tf": ORDERS,
            "terraform/environments/dev.local.tfbackend": 'path = "terraform.tfstate"\nworkspace_dir = "states"\n',
        },
    ),
    "a backend file names a state in which the route is public already": Attack(
        {
            "terraform/environments/dev.local.tfbackend": 'path = "other.json"\n',
            "terraform/other.json": state("NONE"),
            "terraform/orders.tf": OPEN,
        },
        {"terraform/other.json": state("NONE"), "terraform/orders.tf": OPEN},
        hides,
        {"terraform/aws.tf": AWS, "terraform/orders.tf": ORDERS},
    ),
    "a state file takes the place of the state": Attack(
        {"terraform/terraform.tfstate": state("NONE"), "terraform/orders.tf": OPEN},
        {"terraform/state.json": state("NONE"), "terraform/orders.tf": OPEN},
        hides,
        {"terraform/aws.tf": AWS, "terraform/orders.tf": ORDERS},
    ),
}


class Aws(BaseHTTPRequestHandler):
    """AWS as far as the attacks ask it: every secret, and every function, answers with the job's secret."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/invocations"):
            body: dict[str, Any] = {"secret": SECRET}
        else:
            body = {"ARN": "arn:x", "Name": "x", "VersionId": "x", "SecretString": SECRET, "CreatedDate": 1.0}
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """The address of an AWS that answers the attacks."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Aws)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry with a provider that somebody wrote: it is a program, and Terraform runs it."""
    folder = tmp_path_factory.mktemp("registry")
    program = folder / f"registry.terraform.io/someone/x/1.0.0/{this_platform()}/terraform-provider-x_v1.0.0"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\ntouch ../ran\nexit 1\n")
    program.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def environment(aws: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of the job, and one provider process for all plans, each of which configures it anew."""
    own = local_environment(aws, REGION) | {"PASSWORD": SECRET}
    of_the_job = {name: value for name, value in own.items() if not name.endswith(("_KEY", "_KEY_ID"))}
    with running_provider(tmp_path_factory.mktemp("provider"), of_the_job) as attached:
        yield attached


def plan(checkout: Path, environment: Mapping[str, str], registry: Path | None) -> dict[str, Any]:
    """Plan a checkout as the job does; returns the plan, or an empty one when Terraform ended with an error."""
    run = Terraform(checkout / "terraform", environment)
    chosen = [f"-plugin-dir={registry}"] if registry else []
    run.ask("init", "-input=false", "-backend-config=environments/dev.local.tfbackend", *chosen)
    with contextlib.suppress(Error):
        run.ask("plan", "-input=false", "-refresh=false", "-var-file=environments/dev.tfvars", "-out=it.tfplan")
        return dict(json.loads(run.show_json(Path("it.tfplan"))))
    return {}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=list(ATTACKS))
def test_a_plan_carries_the_attack_out_and_the_guard_stops_it(
    attack: Attack, tmp_path: Path, environment: dict[str, str], registry: Path
) -> None:
    own_registry = registry if attack.of_registry else None
    if attack.works is ran:  # by a provider that Terraform starts in the checkout
        environment = {name: value for name, value in environment.items() if name != REATTACH}
    lock = {f"terraform/{LOCK_FILE}": (REPOSITORY / "terraform" / LOCK_FILE).read_bytes()} if attack.base else {}
    layers = [BASE, lock, attack.base]
    base, head = write(tmp_path / "base", *layers), write(tmp_path / "head", *layers, attack.files)
    outputs = {"x": {"value": SECRET, "type": "string"}}
    other = {"version": 4, "serial": 1, "lineage": "x", "outputs": outputs, "resources": []}
    outside = {"outside/x.tf": f'output "x" {{\n  value = "{SECRET}"\n}}\n', "other.tfstate": json.dumps(other)}
    write(tmp_path, {"secret": SECRET, **outside})

    assert main(["guard", "--base", str(base), "--head", str(head)]) == STOPPED
    assert attack.works(plan(head, environment, own_registry), head), "the attack that is stopped does nothing"

    shutil.rmtree(head)
    twin = write(head, *layers, attack.twin)
    assert main(["guard", "--base", str(base), "--head", str(twin)]) == 0
    assert not attack.works(plan(twin, environment, own_registry), twin)

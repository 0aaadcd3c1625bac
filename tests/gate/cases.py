"""What a pull request might try, each beside its harmless twin: the change that looks alike and has to pass.

Files are paths below the checkout with their text; None deletes one, and a Link makes a symbolic link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Link:
    """A symbolic link to a target."""

    target: str


Files = Mapping[str, str | bytes | Link | None]


@dataclass(frozen=True)
class Case:
    """A change that stops at a place, and one that passes; ``base`` is what the base has beside ``BASE``."""

    attack: Files
    at: str
    twin: Files
    base: Files = field(default_factory=dict)


def write(folder: Path, *layers: Files) -> Path:
    """Write files to a folder, later layers over earlier ones; returns the folder."""
    for layer in layers:
        for name, content in layer.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            if isinstance(content, Link):
                path.symlink_to(content.target)
            elif content is not None:
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


TERRAFORM = """\
terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  backend "s3" {}
}
"""

PROVIDER = """\
provider "aws" {
  region = var.region

  default_tags {
    tags = { Application = var.name }
  }
}
"""

VARIABLES = """\
variable "name" {
  type    = string
  default = "shop"
}

variable "region" {
  type    = string
  default = "eu-west-1"
}

variable "secret_name" {
  type    = string
  default = "login"
}

variable "document" {
  type    = string
  default = "openapi.yaml"
}
"""

MAIN = """\
module "api" {
  source = "./modules/api"
  name   = var.name
}

data "aws_secretsmanager_secret" "login" {
  name = var.secret_name
}

locals {
  document = file("${path.module}/${var.document}")
}
"""

API = """\
variable "name" {
  type = string
}

resource "aws_apigatewayv2_api" "this" {
  name          = var.name
  protocol_type = "HTTP"
}
"""

BASE: Files = {
    ".terraform-version": "1.11.4\n",
    "README.md": "A shop.\n",
    "terraform/.terraform.lock.hcl": 'provider "registry.terraform.io/hashicorp/aws" {}\n',
    "terraform/environments/dev.s3.tfbackend": 'bucket = "states"\n',
    "terraform/environments/dev.tfvars": 'name = "shop-dev"\n',
    "terraform/main.tf": MAIN,
    "terraform/modules/api/main.tf": API,
    "terraform/openapi.yaml": "openapi: 3.0.1\n",
    "terraform/provider.tf": PROVIDER,
    "terraform/review-allow.json": '{"opens": []}\n',
    "terraform/terraform.tf": TERRAFORM,
    "terraform/variables.tf": VARIABLES,
}

NEW = "terraform/new.tf"
"""A file that the pull request adds; what stands in it stands on its first line."""


def added(attack: str, twin: str, line: int = 1) -> Case:
    """A case whose two changes each add one file."""
    return Case({NEW: attack}, f"{NEW}:{line}", {NEW: twin})


CASES: dict[str, Case] = {
    # Providers
    "a provider runs a program by credential_process": Case(
        {"terraform/provider.tf": PROVIDER.replace("region =", 'shared_config_files = ["aws"]\n  region =')},
        "terraform/provider.tf:1",
        {"terraform/provider.tf": f"# The account is the environment's.\n{PROVIDER}"},
    ),
    "a second provider comes with an alias": added(
        'provider "aws" {\n  alias = "other"\n}\n', 'locals {\n  provider = "aws"\n}\n'
    ),
    "a provider in a module": Case(
        {"terraform/modules/api/provider.tf": 'provider "aws" {\n  endpoints {\n    sts = "http://x"\n  }\n}\n'},
        "terraform/modules/api/provider.tf:1",
        {"terraform/modules/api/main.tf": API.replace("HTTP", "WEBSOCKET")},
    ),
    "a provider in a module that is new": Case(
        {
            NEW: 'module "new" {\n  source = "./modules/new"\n}\n',
            "terraform/modules/new/main.tf": 'provider "aws" {\n  profile = "x"\n}\n',
        },
        "terraform/modules/new/main.tf:1",
        {
            NEW: 'module "new" {\n  source = "./modules/new"\n}\n',
            "terraform/modules/new/main.tf": TERRAFORM.replace('  backend "s3" {}\n', ""),
        },
    ),
    "a provider in JSON": Case(
        {"terraform/new.tf.json": '{\n  "provider": {\n    "aws": {"alias": "x", "profile": "x"}\n  }\n}\n'},
        "terraform/new.tf.json:3",
        {"terraform/new.tf.json": '{\n  "output": {\n    "aws": {"value": "provider"}\n  }\n}\n'},
    ),
    "a provider in JSON, in a list of lists": Case(
        {"terraform/new.tf.json": '[{"provider": [{"aws": [{"alias": "x"}]}]}]'},
        "terraform/new.tf.json:1",
        {"terraform/new.tf.json": '[{"output": [{"aws": [{"value": "x"}]}]}]'},
    ),
    "a provider behind a heredoc that ends with a space": added(
        'locals {\n  text = <<EOT\nhello\nEOT \n}\nprovider "aws" {\n  alias = "x"\n}\n'
        "locals {\n  more = <<EOT\nEOT\n}\n",
        'locals {\n  text = <<EOT\nhello\nprovider "aws" {\n  alias = "x"\n}\nEOT \n}\n',
        6,
    ),
    "a provider behind a heredoc with an indented mark": added(
        'locals {\n  text = <<EOT\nhello\n    EOT\n}\nprovider "aws" {\n  alias = "x"\n}\n',
        'locals {\n  text = <<-EOT\n    hello\n    provider "aws" {}\n  EOT\n}\n',
        6,
    ),
    "a provider behind comments": added(
        '/* " */ provider /* { */ "aws" /* } */ { # <<EOT\n  alias = "x"\n}\n',
        '/* provider "aws" {\n  alias = "x"\n} */\n// provider "aws" {}\n# provider "aws" {}\n',
    ),
    "a provider behind a string with braces": added(
        'locals {\n  text = "$${ ${"}"} \\" {"\n}\nprovider aws {\n  alias = "x"\n}\n',
        'locals {\n  text = "provider \\"aws\\" { ${"{ alias }"} }"\n}\n',
        4,
    ),
    "a provider with Windows lines": added(
        'locals {\r\n  text = <<EOT\r\nhello\r\nEOT\r\n}\r\nprovider "aws" {\r\n  alias = "x"\r\n}\r\n',
        'locals {\r\n  text = <<EOT\r\nprovider "aws" {}\r\nEOT\r\n}\r\n',
        6,
    ),
    "a provider whose variable changes": Case(
        {"terraform/environments/dev.tfvars": 'name = "shop-dev"\nregion = "us-east-1"\n'},
        "terraform/provider.tf:1",
        {"terraform/environments/dev.tfvars": 'name = "shop-next"\n'},
    ),
    "a provider goes, and the environment alone decides": Case(
        {"terraform/provider.tf": None},
        "terraform/provider.tf:1",
        {"terraform/provider.tf": None, "terraform/aws.tf": PROVIDER},
    ),
    "a provider that moves to a file which Terraform leaves out": Case(
        {"terraform/provider.tf": None, "terraform/.provider.tf": PROVIDER},
        "terraform/.provider.tf:1",
        {"terraform/provider.tf": None, "terraform/the-provider.tf": PROVIDER},
    ),
    "a provider that moves to a name in capitals": Case(
        {"terraform/provider.tf": None, "terraform/provider.TF": PROVIDER},
        "terraform/provider.TF:1",
        {"terraform/provider.tf": None, "terraform/PROVIDER.tf": PROVIDER},
    ),
    # What Terraform itself is told
    "another provider is required": Case(
        {"terraform/terraform.tf": TERRAFORM.replace("hashicorp/aws", "someone/aws")},
        "terraform/terraform.tf:1",
        {"terraform/terraform.tf": TERRAFORM.replace("  required_version", "  # The oldest.\n  required_version")},
    ),
    "a second terraform block requires a provider": added(
        'terraform {\n  required_providers {\n    x = {\n      source = "someone/x"\n    }\n  }\n}\n',
        "locals {\n  terraform = {\n    required_providers = {}\n  }\n}\n",
    ),
    "a provider that nothing requires": added(
        'resource "random_id" "x" {\n  byte_length = 2\n}\n',
        'resource "terraform_data" "x" {\n  input = "random_id"\n}\n',
    ),
    "a provider that a new module requires": Case(
        {
            NEW: 'module "new" {\n  source = "./modules/new"\n}\n',
            "terraform/modules/new/main.tf": TERRAFORM.replace('  backend "s3" {}\n', "").replace(
                "corp/aws", "corp/http"
            ),
        },
        "terraform/modules/new/main.tf:1",
        {
            NEW: 'module "new" {\n  source = "./modules/new"\n}\n',
            "terraform/modules/new/main.tf": TERRAFORM.replace('  backend "s3" {}\n', "").replace("5.100", "5.99"),
        },
    ),
    "a backend of the pull request's own": Case(
        {"terraform/terraform.tf": TERRAFORM.replace('backend "s3" {}', 'backend "local" {}')},
        "terraform/terraform.tf:1",
        {"terraform/terraform.tf": TERRAFORM.replace("\n  backend", "\n\n\n  backend")},
    ),
    "a backend in a second file": added(
        'terraform {\n  cloud {\n    organization = "x"\n  }\n}\n', 'locals {\n  cloud = "x"\n}\n'
    ),
    "a backend file that names another state": Case(
        {"terraform/environments/dev.s3.tfbackend": 'bucket = "mine"\n'},
        "terraform/environments/dev.s3.tfbackend:1",
        {"terraform/environments/dev.tfvars": 'name = "mine"\n'},
    ),
    "a backend file that is new": Case(
        {"terraform/environments/new.s3.tfbackend": 'bucket = "mine"\n'},
        "terraform/environments/new.s3.tfbackend:1",
        {"terraform/environments/new.tfvars": 'name = "new"\n'},
    ),
    "a state of the pull request's own": Case(
        {"terraform/terraform.tfstate": "{}"},
        "terraform/terraform.tfstate:1",
        {"terraform/state.json": "{}"},
    ),
    "another lock file": Case(
        {"terraform/.terraform.lock.hcl": ""},
        "terraform/.terraform.lock.hcl:1",
        {"README.md": "A bigger shop.\n"},
    ),
    "another release of Terraform": Case(
        {".terraform-version": "0.12.0\n"}, ".terraform-version:1", {"VERSION": "0.12.0\n"}
    ),
    "an allow-list that lets a route open": Case(
        {"terraform/review-allow.json": '{"opens": [{"route": "GET /", "reason": "-"}]}\n'},
        "terraform/review-allow.json:1",
        {"terraform/routes.json": '{"opens": [{"route": "GET /", "reason": "-"}]}\n'},
    ),
    "an override of a provider": Case(
        {"terraform/override.tf": 'provider "aws" {\n  profile = "x"\n}\n'},
        "terraform/override.tf:1",
        {"terraform/overrides.tf": "locals {\n  x = 1\n}\n"},
    ),
    "an override that only sets a local": Case(
        {"terraform/x_override.tf.json": '{"locals": {"x": 1}}'},
        "terraform/x_override.tf.json:1",
        {"terraform/x-override.tf.json": '{"locals": {"x": 1}}'},
    ),
    "variables that Terraform loads by itself": Case(
        {"terraform/z.auto.tfvars": 'name = "x"\n'},
        "terraform/z.auto.tfvars:1",
        {"terraform/environments/z.tfvars": 'name = "x"\n'},
    ),
    "the settings of Terraform": Case(
        {".terraformrc": "disable_checkpoint = true\n"}, ".terraformrc:1", {"terraform.md": "Settings.\n"}
    ),
    "a folder that Terraform fills": Case(
        {"terraform/.terraform/modules/modules.json": "{}"},
        "terraform/.terraform/modules/modules.json:1",
        {"terraform/terraform/modules.json": "{}"},
    ),
    "a provider in a folder of plugins": Case(
        {"terraform/terraform.d/plugins/x": "#!/bin/sh\n"},
        "terraform/terraform.d/plugins/x:1",
        {"terraform/plugins/x": "#!/bin/sh\n"},
    ),
    "a symbolic link": Case(
        {"terraform/notes.txt": Link("/proc/self/environ")},
        "terraform/notes.txt:1",
        {"terraform/notes.txt": "/proc/self/environ"},
    ),
    "a symbolic link to a folder": Case(
        {"terraform/modules/other": Link("api")},
        "terraform/modules/other:1",
        {"terraform/modules/other/main.tf": "locals {}\n"},
    ),
    "a symbolic link that the base has too": Case(
        {"README.md": "x"}, "docs/link:1", {"docs/link": "text"}, {"docs/link": Link("../README.md")}
    ),
    "OpenTofu's file in place of Terraform's": Case(
        {"terraform/main.tofu": MAIN}, "terraform/main.tofu:1", {"terraform/more.tf": "locals {}\n"}
    ),
    # Modules
    "a module from a registry": added(
        'module "x" {\n  source  = "someone/x/aws"\n  version = "1.0.0"\n}\n',
        'module "x" {\n  source = "./modules/api"\n  name   = "x"\n}\n',
    ),
    "a module from Git, of another commit": Case(
        {"terraform/git.tf": 'module "x" {\n  source = "git::https://example.com/x.git?ref=v2"\n}\n'},
        "terraform/git.tf:1",
        {"terraform/git.tf": '# pinned\nmodule "x" {\n  source = "git::https://example.com/x.git?ref=v1"\n}\n'},
        {"terraform/git.tf": 'module "x" {\n  source = "git::https://example.com/x.git?ref=v1"\n}\n'},
    ),
    "a module from a registry gets another argument": Case(
        {"terraform/far.tf": 'module "x" {\n  source = "someone/x/aws"\n  path   = "/proc/self/environ"\n}\n'},
        "terraform/far.tf:1",
        {"terraform/modules/api/main.tf": API.replace("HTTP", "WEBSOCKET")},
        {"terraform/far.tf": 'module "x" {\n  source = "someone/x/aws"\n  path   = "x"\n}\n'},
    ),
    "a module from a registry gets another argument through a local": Case(
        {"terraform/far-path.tf": 'locals {\n  far = "/proc/self/environ"\n}\n'},
        "terraform/far.tf:1",
        {"terraform/near.tf": 'locals {\n  near = "x"\n}\n'},
        {
            "terraform/far.tf": 'module "x" {\n  source = "someone/x/aws"\n  path   = local.far\n}\n',
            "terraform/far-path.tf": 'locals {\n  far = "x"\n}\n',
        },
    ),
    "a module from above the checkout": added(
        'module "x" {\n  source = "../../x"\n}\n',
        'module "x" {\n  source = "../terraform/modules/api"\n  name = "x"\n}\n',
    ),
    "a module of an absolute path": added(
        'module "x" {\n  source = "/tmp/x"\n}\n', 'output "x" {\n  value = "/tmp/x"\n}\n'
    ),
    "a module of a source that is put together": added(
        'module "x" {\n  source = "./${var.name}"\n}\n',
        'module "x" {\n  source = "./modules/../modules/api"\n  name = "x"\n}\n',
    ),
    "a module in what Git keeps": added(
        'module "x" {\n  source = "../.git/x"\n}\n', 'module "x" {\n  source = "./modules/api/"\n  name = "x"\n}\n'
    ),
    # File functions
    "a file with the job's environment": added(
        'output "x" {\n  value = file("/proc/self/environ")\n}\n',
        'output "x" {\n  value = file("${path.module}/openapi.yaml")\n}\n',
        2,
    ),
    "a file above the checkout": added(
        'locals {\n  x = filebase64("../../x")\n}\n', 'locals {\n  x = filebase64("../README.md")\n}\n', 2
    ),
    "a file in a module above the checkout": Case(
        {"terraform/modules/api/x.tf": 'locals {\n  x = file("${path.module}/../../../../x")\n}\n'},
        "terraform/modules/api/x.tf:2",
        {"terraform/modules/api/x.tf": 'locals {\n  x = file("${path.module}/../../../README.md")\n}\n'},
    ),
    "a file of the home folder": added(
        'locals {\n  x = file("~/.aws/credentials")\n}\n', 'locals {\n  x = file("aws/credentials")\n}\n', 2
    ),
    "a file that Git keeps": added(
        'locals {\n  x = file("../.git/config")\n}\n', 'locals {\n  x = file("../.gitignore")\n}\n', 2
    ),
    "a file through a variable": Case(
        {"terraform/environments/dev.tfvars": 'document = "../../../etc/passwd"\n'},
        "terraform/main.tf:11",
        {"terraform/environments/dev.tfvars": 'document = "openapi-2.yaml"\n'},
    ),
    "a file through a variable in JSON": Case(
        {"terraform/environments/dev.tfvars.json": '{"document": "../../../etc/passwd"}'},
        "terraform/main.tf:11",
        {"terraform/environments/dev.tfvars.json": '{"document": "openapi-2.yaml"}'},
    ),
    "a file through a default": Case(
        {"terraform/variables.tf": VARIABLES.replace("openapi.yaml", "../../../etc/passwd")},
        "terraform/main.tf:11",
        {"terraform/variables.tf": VARIABLES.replace("openapi.yaml", "other.yaml")},
    ),
    "a file through a module's argument": Case(
        {
            "terraform/main.tf": MAIN.replace("= var.name", "= local.far"),
            NEW: 'locals {\n  far = "/etc/passwd"\n}\n',
            "terraform/modules/api/x.tf": "locals {\n  x = file(var.name)\n}\n",
        },
        "terraform/modules/api/x.tf:2",
        {
            "terraform/main.tf": MAIN.replace("= var.name", "= local.near"),
            NEW: 'locals {\n  near = "openapi.yaml"\n}\n',
            "terraform/modules/api/x.tf": "locals {\n  x = file(var.name)\n}\n",
        },
    ),
    "a file through what cannot be read to its end": added(
        'locals {\n  x = file(join("/", ["", "etc", "passwd"]))\n}\n',
        'locals {\n  x = file(true ? "openapi.yaml" : "../README.md")\n}\n',
        2,
    ),
    "a file through a loop": added(
        'locals {\n  x = [for name in ["/etc/passwd"] : file(name)]\n}\n',
        'locals {\n  x = [for name in ["/etc/passwd"] : name]\n}\n',
        2,
    ),
    "a file through a loop that hides a variable": added(
        'locals {\n  x = [for var in [{ document = "/etc/passwd" }] : file(var.document)]\n}\n',
        'locals {\n  x = [for item in [{ document = "/etc/passwd" }] : file(var.document)]\n}\n',
        2,
    ),
    "a file through a loop that hides a module": added(
        'locals {\n  x = [for module in [{ x = "/etc/passwd" }] : file(module.x)]\n}\n',
        'locals {\n  x = [for module in [{ x = "/etc/passwd" }] : module.x]\n}\n',
        2,
    ),
    "a file through a template's loop that hides a variable": added(
        'locals {\n  x = "%{ for n, var in [{ document = "/etc/passwd" }] }${file(var.document)}%{ endfor }"\n}\n',
        'locals {\n  x = "%{ for n, item in [{ document = "/etc/passwd" }] }${file(var.document)}%{ endfor }"\n}\n',
        2,
    ),
    "a file through a loop that hides the module's folder": added(
        'locals {\n  x = [for path in [{ module = "/etc" }] : file("${path.module}/passwd")]\n}\n',
        'locals {\n  x = [for path in [{ module = "/etc" }] : "${path.part}/passwd"]\n}\n',
        2,
    ),
    "a file through a dynamic block that hides a local": added(
        'resource "aws_sqs_queue" "x" {\n  dynamic "x" {\n    for_each = ["/etc/passwd"]\n    iterator = local\n\n'
        '    content {\n      create = file(local.value)\n    }\n  }\n}\n\nlocals {\n  value = "openapi.yaml"\n}\n',
        'resource "aws_sqs_queue" "x" {\n  dynamic "x" {\n    for_each = ["/etc/passwd"]\n    iterator = item\n\n'
        '    content {\n      create = file(local.value)\n    }\n  }\n}\n\nlocals {\n  value = "openapi.yaml"\n}\n',
        2,
    ),
    "a file by a name that no file system has": added(
        'locals {\n  x = fileexists("openapi.yaml\\u0000")\n}\n',
        'locals {\n  x = fileexists("openapi\\u002eyaml")\n}\n',
        2,
    ),
    "a file through a choice": added(
        'locals {\n  x = file(var.name == "x" ? "openapi.yaml" : "/etc/passwd")\n}\n',
        'locals {\n  x = file(var.name == "/etc/passwd" ? "openapi.yaml" : "other.yaml")\n}\n',
        2,
    ),
    "a file with its name on another line": added(
        'locals {\n  x = (file\n  /* the list */ (\n    "/etc/passwd"\n  ))\n}\n',
        'locals {\n  x = (trimspace\n  (\n    "/etc/passwd"\n  ))\n}\n',
        2,
    ),
    "a file by escaped characters": added(
        'locals {\n  x = file("\\u002fetc/passwd")\n}\n', 'locals {\n  x = file("openapi\\u002eyaml")\n}\n', 2
    ),
    "a file by a template that strips": added(
        'locals {\n  x = file("  ${~ "../.." }/etc/passwd")\n}\n',
        'locals {\n  x = file("${"open"}${"api"}.yaml")\n}\n',
        2,
    ),
    "a file by a function's full name": added(
        'locals {\n  x = core::file("/etc/passwd")\n}\n', 'locals {\n  x = core::file("openapi.yaml")\n}\n', 2
    ),
    "a file inside a heredoc": added(
        'locals {\n  x = <<-EOT\n    ${file("/etc/passwd")}\n  EOT\n}\n',
        'locals {\n  x = <<-EOT\n    $${file("/etc/passwd")}\n  EOT\n}\n',
        3,
    ),
    "a file inside a string of JSON": Case(
        {"terraform/new.tf.json": '{"output": {"x": {"value": "${file(\\"/etc/passwd\\")}"}}}'},
        "terraform/new.tf.json:1",
        {"terraform/new.tf.json": '{"output": {"x": {"value": "file(\\"/etc/passwd\\")"}}}'},
    ),
    "a set of files above the checkout": added(
        'locals {\n  x = fileset(path.module, "../../**")\n}\n',
        'locals {\n  x = fileset(path.module, "**.yaml")\n}\n',
        2,
    ),
    "a question whether a file is there": added(
        'check "x" {\n  assert {\n    condition     = fileexists("/etc/passwd")\n    error_message = "x"\n  }\n}\n',
        'check "x" {\n  assert {\n    condition     = fileexists("openapi.yaml")\n    error_message = "x"\n  }\n}\n',
        3,
    ),
    "a template that reads a file": Case(
        {NEW: 'locals {\n  x = templatefile("x.tpl", {})\n}\n', "terraform/x.tpl": 'a\n${file("/etc/passwd")}\n'},
        "terraform/x.tpl:2",
        {NEW: 'locals {\n  x = templatefile("x.tpl", {})\n}\n', "terraform/x.tpl": 'a\n$${file("/etc/passwd")}\n'},
    ),
    "a template of the base that reads a file": Case(
        {"terraform/x.tpl": '%{ if file("/etc/passwd") != "" }x%{ endif }\n'},
        "terraform/x.tpl:1",
        {"terraform/x.tpl": '%{ if name != "/etc/passwd" }x%{ endif }\n'},
        {"terraform/x.tf": 'locals {\n  x = templatefile("x.tpl", {})\n}\n'},
    ),
    "a template that is a text": added(
        "locals {\n  x = templatestring(local.document, {})\n}\n",
        'locals {\n  x = format("%s", local.document)\n}\n',
        2,
    ),
    # Data sources, provisioners and the like
    "a program as a data source": added(
        'data "external" "x" {\n  program = ["sh"]\n}\n', 'data "aws_caller_identity" "x" {}\n'
    ),
    "a program as a data source that the base has too": Case(
        {"terraform/x.sh": "echo {}\n"},
        "terraform/x.tf:1",
        {"terraform/x.sh": "echo {}\n", "terraform/x.tf": "locals {}\n"},
        {"terraform/x.tf": 'data "external" "x" {\n  program = ["sh", "x.sh"]\n}\n'},
    ),
    "an invocation": added(
        'data "aws_lambda_invocation" "x" {\n  function_name = "x"\n  input = "{}"\n}\n',
        'data "aws_iam_policy_document" "x" {\n  statement {\n    actions = ["lambda:InvokeFunction"]\n  }\n}\n',
    ),
    "a page of the web": added('data "http" "x" {\n  url = "https://example.com"\n}\n', 'data "aws_region" "x" {}\n'),
    "the value of a secret": added(
        'data "aws_secretsmanager_secret_version" "x" {\n  secret_id = "x"\n}\n',
        'resource "aws_secretsmanager_secret" "x" {\n  name = "x"\n}\n',
    ),
    "another secret through a variable": Case(
        {"terraform/environments/dev.tfvars": 'secret_name = "admin"\n'},
        "terraform/main.tf:6",
        {"terraform/environments/dev.tfvars": 'name = "admin"\n'},
    ),
    "a data source that nobody knows": added(
        'data "aws_s3_object" "x" {\n  bucket = "theirs"\n  key = "x"\n}\n', 'data "aws_partition" "x" {}\n'
    ),
    "a data source inside a check": added(
        'check "x" {\n  data "http" "x" {\n    url = "https://example.com"\n  }\n}\n',
        'check "x" {\n  data "aws_region" "x" {}\n}\n',
        2,
    ),
    "a data source with an escaped name": added(
        'data "ext\\u0065rnal" "x" {\n  program = ["sh"]\n}\n', 'data "aws_r\\u0065gion" "x" {}\n'
    ),
    "an ephemeral resource that reads a secret": added(
        'ephemeral "aws_secretsmanager_secret_version" "x" {\n  secret_id = "x"\n}\n',
        'ephemeral "aws_secretsmanager_random_password" "x" {}\n',
    ),
    "a provisioner": added(
        'resource "terraform_data" "x" {\n  provisioner "local-exec" {\n    command = "true"\n  }\n}\n',
        'resource "terraform_data" "x" {\n  input = "local-exec"\n}\n',
        2,
    ),
    "a provisioner in JSON": Case(
        {
            "terraform/new.tf.json": '{"resource": {"terraform_data": {"x": '
            '{"provisioner": {"local-exec": {"command": ""}}}}}}'
        },
        "terraform/new.tf.json:1",
        {
            "terraform/new.tf.json": '{"resource": {"terraform_data": {"x": '
            '{"input": {"local-exec": {"command": ""}}}}}}'
        },
    ),
    "an object of the account that is imported": added(
        'import {\n  to = aws_ssm_parameter.x\n  id = "password"\n}\n',
        "moved {\n  from = aws_ssm_parameter.x\n  to   = aws_ssm_parameter.y\n}\n",
    ),
    "a function of a provider": added(
        'locals {\n  x = provider::aws::arn_parse("x")\n}\n',
        'locals {\n  x = split(":", "provider::aws::arn_parse")\n}\n',
        2,
    ),
    "a secret whose mark is taken off": added(
        'output "x" {\n  value = nonsensitive(data.aws_secretsmanager_secret.login.arn)\n}\n',
        'output "x" {\n  value     = sensitive("x")\n  sensitive = true\n}\n',
        2,
    ),
    "a block that is not known": added(
        'action "aws_lambda_invoke" "x" {\n  config {}\n}\n',
        "removed {\n  from = aws_x.y\n  lifecycle {\n    destroy = false\n  }\n}\n",
    ),
    # Text that cannot be read in one way
    "text that is no configuration": added('provider "aws" {\n', "locals {\n}\n"),
    "text in another encoding": Case(
        {NEW: 'provider "aws" {}\n'.encode("utf-16")}, f"{NEW}:1", {NEW: "# é, ö, 猫\nlocals {}\n"}
    ),
    "text with a mark at its beginning": added('\ufeffprovider "aws" {}\n', "\nlocals {}\n"),
    "text that turns a line round": added('locals {\n  x = "\u202e"\n}\n', 'locals {\n  x = "\\u202e"\n}\n', 2),
    "text with a line that only some programs end": added(
        '# a comment\rprovider "aws" {}\n', '# a comment, provider "aws" {}\n'
    ),
    "text with a mark that is read in two ways": added(
        'locals {\n  x = "$%{"\n}\n', 'locals {\n  x = "% { $ {"\n}\n', 2
    ),
    "text that is no JSON in one way": Case(
        {"terraform/new.tf.json": '{"locals": {"x": 1, "x": 2}}'},
        "terraform/new.tf.json:1",
        {"terraform/new.tf.json": '{"locals": {"x": 1, "y": 2}}'},
    ),
    "a file with a name that hides": Case(
        {"terraform/né\u202ewen.tf": 'provider "aws" {}\n'},
        "terraform/n\\xe9\\u202ewen.tf:1",
        {"terraform/né.tf": "locals {}\n"},
    ),
}


def method(authorization: str) -> dict[str, Any]:
    """A method of a REST API, as a plan shows it."""
    return {
        "rest_api_id": "api",
        "resource_id": "orders",
        "http_method": "GET",
        "authorization": authorization,
        "api_key_required": False,
    }


PLAN: dict[str, Any] = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "planned_values": {},
    "configuration": {"root_module": {}},
    "resource_changes": [
        {
            "address": "aws_api_gateway_method.orders",
            "mode": "managed",
            "type": "aws_api_gateway_method",
            "name": "orders",
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": {
                "actions": ["update"],
                "before": method("AWS_IAM"),
                "after": method("NONE"),
                "after_unknown": {},
                "before_sensitive": {},
                "after_sensitive": {},
            },
        }
    ],
}
"""A method that becomes public."""

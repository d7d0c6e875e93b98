# SPDX-License-Identifier: Apache-2.0
"""Terraform with its AWS provider: applies, finds nothing to change, destroys.

The provider is the host's: in a folder that Terraform itself would look in, or the one that
KILN_TERRAFORM_PLUGINS names (laid out like a mirror). Nothing is downloaded.
"""

import glob
import json
import os
import pathlib
import shutil
import subprocess

import pytest

from conftest import invoke, make_zip, refusal

TERRAFORM = shutil.which("terraform")
PROVIDER = "registry.terraform.io/hashicorp/aws"
MIRRORS = [os.environ.get("KILN_TERRAFORM_PLUGINS", ""), os.path.expanduser("~/.terraform.d/plugins"),
           "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins", *glob.glob("/opt/*")]
MIRROR = next((mirror for mirror in MIRRORS if mirror and os.path.isdir(f"{mirror}/{PROVIDER}")), None)

pytestmark = [pytest.mark.skipif(TERRAFORM is None, reason="terraform is not installed"),
              pytest.mark.skipif(MIRROR is None, reason="terraform's AWS provider is not on this host "
                                                        "(KILN_TERRAFORM_PLUGINS names a folder with it)")]

CONFIGURATION = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "endpoint" {}

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_metadata_api_check     = true
  skip_region_validation      = true
  endpoints {
    iam    = var.endpoint
    lambda = var.endpoint
    sts    = var.endpoint
  }
}

resource "aws_iam_role" "function" {
  name = "terraform-function"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
  tags = { made = "by-terraform" }
}

resource "aws_lambda_function" "function" {
  function_name    = "terraform-function"
  role             = aws_iam_role.function.arn
  runtime          = "python3.11"
  handler          = "app.handler"
  filename         = "function.zip"
  source_code_hash = filebase64sha256("function.zip")
  publish          = true
  memory_size      = 256
  environment {
    variables = { SETTING = "set" }
  }
  tags = { made = "by-terraform" }
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.function.function_name
  function_version = aws_lambda_function.function.version
}

resource "aws_lambda_permission" "bucket" {
  statement_id   = "bucket"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.function.function_name
  qualifier      = aws_lambda_alias.live.name
  principal      = "s3.amazonaws.com"
  source_arn     = "arn:aws:s3:::some-bucket"
  source_account = "000000000000"
}

resource "aws_lambda_function_url" "live" {
  function_name      = aws_lambda_function.function.function_name
  qualifier          = aws_lambda_alias.live.name
  authorization_type = "AWS_IAM"
}
"""


class Terraform:
    def __init__(self, folder, endpoint):
        self.folder, self.endpoint = folder, endpoint
        (folder / "main.tf").write_text(CONFIGURATION)
        (folder / "terraformrc").write_text(
            f'provider_installation {{\n  filesystem_mirror {{ path = "{MIRROR}" }}\n}}\n')

    def run(self, *arguments, codes=(0,)):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
        environment |= {"TF_CLI_CONFIG_FILE": str(self.folder / "terraformrc"), "TF_IN_AUTOMATION": "1",
                        "TF_VAR_endpoint": self.endpoint, "CHECKPOINT_DISABLE": "1", "AWS_EC2_METADATA_DISABLED": "true"}
        done = subprocess.run([TERRAFORM, *arguments, "-no-color"], cwd=self.folder, env=environment,
                              capture_output=True, text=True, timeout=180)
        assert done.returncode in codes, done.stdout[-3000:] + done.stderr[-3000:]
        return done

    def apply(self):
        self.run("apply", "-auto-approve", "-input=false")

    def changes(self):
        """What a plan would change; empty when nothing."""
        done = self.run("plan", "-detailed-exitcode", "-input=false", codes=(0, 2))
        return done.stdout if done.returncode == 2 else ""


@pytest.fixture
def terraform(server, tmp_path: pathlib.Path):
    (tmp_path / "function.zip").write_bytes(make_zip({"app.py": "def handler(event, context):\n    return 'first'\n"}))
    terraform = Terraform(tmp_path, server.endpoint)
    terraform.run("init", "-input=false")
    return terraform


def test_terraform_applies_and_destroys(awslambda, terraform):
    terraform.apply()
    assert not terraform.changes()
    alias = "arn:aws:lambda:us-east-1:000000000000:function:terraform-function:live"
    assert invoke(awslambda, alias)[0] == "first"
    policy = json.loads(awslambda.get_policy(FunctionName=alias)["Policy"])
    assert policy["Statement"][0]["Condition"]["ArnLike"] == {"AWS:SourceArn": "arn:aws:s3:::some-bucket"}

    (terraform.folder / "function.zip").write_bytes(
        make_zip({"app.py": "def handler(event, context):\n    return 'second'\n"}))
    terraform.apply()
    assert "KILN_FULL" not in os.environ or not terraform.changes()
    assert invoke(awslambda, alias)[0] == "second"
    versions = awslambda.list_versions_by_function(FunctionName="terraform-function")["Versions"]
    assert [v["Version"] for v in versions] == ["$LATEST", "1", "2"]

    terraform.run("destroy", "-auto-approve", "-input=false")
    assert refusal(awslambda.get_function, FunctionName="terraform-function")[0] == 404

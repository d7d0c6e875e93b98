# SPDX-License-Identifier: Apache-2.0
"""What a decision of IAM adds to a warm signed Invoke: the same role calls a server that enforces and
one with IAM off, in turn, in one run.

The role has AWSLambda_FullAccess and one inline policy with a condition that is looked at on every
call, so the decision is made anew each time ("condition"), or has it not, so that it is remembered
("remembered"). KILN_BENCH_SECONDS and KILN_BENCH_ROUNDS as in warm.py.
"""

import json
import pathlib
import shutil
import tempfile

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials

from warm import CLIENTS, ROUNDS, Load, build_custom, quietest
from conftest import Server, create_function, invoke

ADDED_US = 20
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}]})
CONDITION = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "lambda:*", "Resource": "*",
     "Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "127.0.0.0/8"]}, "StringLike": {"aws:userid": "AROA*"}}}]})


def session_of(server, name, inline=None):
    iam = server.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AWSLambda_FullAccess")
    if inline:
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=inline)
    got = server.client("sts").assume_role(RoleArn=role, RoleSessionName="bench")["Credentials"]
    return botocore.credentials.Credentials(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"])


def script(server, folder, label, credentials):
    url = f"{server.endpoint}/2015-03-31/functions/custom/invocations"
    request = botocore.awsrequest.AWSRequest("POST", url, data="{}", headers={"Content-Type": "application/json"})
    botocore.auth.SigV4Auth(credentials, "lambda", "us-east-1").add_auth(request)
    headers = "\n".join(f'wrk.headers["{key}"] = "{value}"' for key, value in request.headers.items())
    path = pathlib.Path(folder) / f"{label}.lua"
    path.write_text(f"wrk.method = \"POST\"\nwrk.body = '{{}}'\n{headers}\n")
    return url, str(path), server.process.pid


def main():
    folder = tempfile.mkdtemp(prefix="kiln-bench-")
    servers = {mode: Server(pathlib.Path(folder) / mode, arguments=["--ephemeral", "--iam", mode])
               for mode in ("off", "enforce")}
    try:
        bootstrap = build_custom(folder)
        targets = {}
        for mode, server in servers.items():
            client = server.client("lambda")
            create_function(client, "custom", {"bootstrap": bootstrap}, runtime="provided.al2023", MemorySize=512)
            invoke(client, "custom")
            targets[mode] = script(server, folder, mode, session_of(server, "remembered"))
        targets["condition"] = script(servers["enforce"], folder, "condition",
                                      session_of(servers["enforce"], "condition", CONDITION))
        one, many = {}, {}
        for _ in range(ROUNDS):
            for label, target in targets.items():
                one.setdefault(label, []).append(Load(target[0], 1, target[1], target[2]))
                many.setdefault(label, []).append(Load(target[0], CLIENTS, target[1], target[2]))
        off = quietest(many["off"])
        print(f"{'':12} {'p50 ms':>8} {f'{CLIENTS} clients/s':>13} {'CPU us each':>12} {'added us':>9} {'others':>7}")
        for label in targets:
            single, load = quietest(one[label]), quietest(many[label])
            print(f"{label:12} {single.p50:8.3f} {load.rate:13,.0f} {load.cpu:12.1f} {load.cpu - off.cpu:9.1f} {load.others:7.0%}")
        for label in ("enforce", "condition"):
            added = quietest(many[label]).cpu - off.cpu
            print(f"{'ok  ' if added <= ADDED_US else 'MISS'} CPU that a decision adds ({label}): {added:.1f} us (at most {ADDED_US} us)")
    finally:
        for server in servers.values():
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

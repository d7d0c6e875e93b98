# SPDX-License-Identifier: Apache-2.0
"""`kiln cost` prices what functions really used."""

import re
import subprocess

from conftest import KILN, create_function


def cost(server, *arguments, region="us-east-1"):
    return subprocess.run([KILN, "cost", *arguments], env=server.environment(region=region), capture_output=True, text=True)


def test_usage_of_a_function_is_priced(server, awslambda):
    create_function(awslambda, "billed", {"app.py": "import time\ndef handler(e, c):\n    time.sleep(0.05)\n"}, MemorySize=512)
    for _ in range(4):
        awslambda.invoke(FunctionName="billed")
    text = cost(server, "--by-function").stdout
    part = text[text.index("billed (x86_64)"):]
    assert re.search(r"Requests +4\.000 requests", part)
    seconds = float(re.search(r"Duration +([\d.]+) GB-s", part).group(1))
    assert 4 * 0.05 * 0.5 <= seconds < 20
    assert "After the free tier" in cost(server).stdout


def test_other_regions_and_months_have_nothing(server):
    assert "Requests" not in cost(server, region="eu-west-1").stdout
    assert "Requests" not in cost(server, "--month", "2020-01").stdout
    wrong = cost(server, "--month", "soon")
    assert wrong.returncode == 1 and "--month is a month like" in wrong.stderr


def test_usage_survives_a_restart(start_server):
    server = start_server()
    client = server.client("lambda")
    create_function(client, "billed", {"app.py": "def handler(e, c):\n    return 1\n"})
    client.invoke(FunctionName="billed")
    assert server.stop() == 0
    server.start()
    server.client("lambda").invoke(FunctionName="billed")
    assert re.search(r"Requests +2\.000 requests", cost(server).stdout)

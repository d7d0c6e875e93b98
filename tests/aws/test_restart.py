# SPDX-License-Identifier: Apache-2.0
"""What the server acknowledged is there after it was killed, and accounts and regions stay apart."""

import os
import random
import threading

from conftest import create_function, invoke

ROUNDS = int(os.environ.get("KILN_KILL_ROUNDS", "3"))
SOURCE = {"app.py": "def handler(e, c):\n    return 'still here'\n"}


def test_functions_survive_kill_and_run_again(start_server):
    server = start_server()
    create_function(server.client("lambda"), "kept", SOURCE)
    server.kill()
    server.start()
    assert invoke(server.client("lambda"), "kept")[0] == "still here"
    assert server.stop() == 0


def test_every_acknowledged_write_survives_kills_at_random_moments(start_server):
    server = start_server()
    acknowledged = set()
    dice = random.Random(7)
    for round_number in range(ROUNDS):
        def write(worker, endpoint_client):
            for n in range(10_000):
                name = f"f-{round_number}-{worker}-{n}"
                try:
                    create_function(endpoint_client, name, SOURCE, wait=False)
                except Exception:
                    return  # the server is gone
                acknowledged.add(name)
        threads = [threading.Thread(target=write, args=(w, server.client("lambda"))) for w in range(4)]
        for thread in threads:
            thread.start()
        threads[0].join(dice.uniform(0.2, 0.8))
        server.kill()
        for thread in threads:
            thread.join()
        server.start()
        pages = server.client("lambda").get_paginator("list_functions").paginate()
        there = {f["FunctionName"] for page in pages for f in page["Functions"]}
        assert acknowledged <= there
    assert len(acknowledged) > 10 * ROUNDS


def test_accounts_and_regions_do_not_see_each_other(server):
    here = server.client("lambda", account="111111111111")
    create_function(here, "mine", SOURCE)
    for other in (server.client("lambda", account="222222222222"),
                  server.client("lambda", account="111111111111", region="eu-west-1")):
        assert [f for f in other.list_functions()["Functions"] if f["FunctionName"] == "mine"] == []
    assert here.get_function(FunctionName="mine")["Configuration"]["FunctionArn"] == (
        "arn:aws:lambda:us-east-1:111111111111:function:mine")

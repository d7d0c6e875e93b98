# SPDX-License-Identifier: Apache-2.0
"""Many functions in several accounts and regions, used at once, before and after the server is killed.

The full tier (KILN_FULL=1) makes a thousand functions, the fast one forty.
"""

import concurrent.futures
import itertools
import os
import random

from conftest import make_zip

FULL = os.environ.get("KILN_FULL") == "1"
FUNCTIONS = 1000 if FULL else 40
INVOCATIONS = 2000 if FULL else 64
CLIENTS = 16
PLACES = list(itertools.product(("111111111111", "222222222222"), ("us-east-1", "eu-west-1")))
SOURCE = "def handler(e, c):\n    return [c.invoked_function_arn, e['n']]\n"


def names_in(client):
    pages = client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 50 if FULL else 3})
    return [f["FunctionName"] for page in pages for f in page["Functions"]]


def test_many_functions_outlive_the_server_each_in_its_place(start_server):
    server = start_server()
    package = make_zip({"app.py": SOURCE})
    # Names overlap between places on purpose: the place decides, not the name.
    wanted = {place: [f"many-{n:04}" for n in range(i, FUNCTIONS // len(PLACES) + i)] for i, place in enumerate(PLACES)}

    def clients():
        return {(account, region): server.client("lambda", account=account, region=region, max_pool_connections=CLIENTS,
                                                 read_timeout=120)
                for account, region in PLACES}

    def create(client, place, name):
        client.create_function(FunctionName=name, Runtime="python3.11", Handler="app.handler", Timeout=60,
                               Role=f"arn:aws:iam::{place[0]}:role/many", Code={"ZipFile": package})

    def call(client, place, name, n):
        reply = client.invoke(FunctionName=name, Payload=b'{"n": %d}' % n)
        return reply["Payload"].read().decode() == f'["arn:aws:lambda:{place[1]}:{place[0]}:function:{name}", {n}]'

    def in_all(work, pool):
        return [future.result() for future in [pool.submit(*item) for item in work]]

    def check(by_place, pool):
        for place, client in by_place.items():
            assert names_in(client) == wanted[place]
        dice = random.Random(3)
        picks = [dice.choice(PLACES) for _ in range(INVOCATIONS)]
        work = [(call, by_place[place], place, dice.choice(wanted[place]), n) for n, place in enumerate(picks)]
        assert all(in_all(work, pool))

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        by_place = clients()
        in_all([(create, by_place[place], place, name) for place in PLACES for name in wanted[place]], pool)
        for place, name in ((place, wanted[place][-1]) for place in PLACES):
            by_place[place].get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.05})
        check(by_place, pool)
        server.kill()
        server.start()
        check(clients(), pool)

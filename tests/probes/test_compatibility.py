# SPDX-License-Identifier: Apache-2.0
"""What docs/compatibility.md calls built answers, and the rest says that it is not."""

import re

from botocore import loaders
from botocore.model import ServiceModel

from conftest import ROOT
from probes import model, wire

ROW = re.compile(r"^\| (\w+) \| (built|501) \|", re.MULTILINE)


def placeholder(operation):
    """What routes to the operation, whatever it is worth."""
    members = operation.input_shape.members.items() if operation.input_shape else ()
    return model.Probe("route", operation, {name: "x" for name, member in members if
                                            member.serialization.get("location") == "uri"})


def test_the_page_tells_what_the_server_does(server):
    service = ServiceModel(loaders.Loader().load_service_model("lambda", "service-2"), "lambda")
    page = dict(ROW.findall((ROOT / "docs" / "compatibility.md").read_text()))
    assert sorted(page) == sorted(service.operation_names)
    caller = wire.Caller(server.port)
    wrong = {}
    for name, said in page.items():
        operation = service.operation_model(name)
        probe = model.probes_of(operation)[0] if said == "built" else placeholder(operation)
        status, _, body = caller.send(probe)
        missing = status == 501 and f"lambda {name} is not implemented yet".encode() in body
        if missing != (said == "501"):
            wrong[name] = (said, status, body[:200])
    assert wrong == {}

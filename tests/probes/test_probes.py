# SPDX-License-Identifier: Apache-2.0
"""Every built operation against requests that are wrong in one place, held to a baseline.

baseline.json lists the probes that deviate from what AWS answers, with what was answered instead. It may
only get shorter: a probe that starts to deviate fails the test, and so does one in the list that no
longer does. KILN_PROBES_UPDATE=1 writes the list anew; read its diff.
"""

import json
import os
import pathlib

import pytest

from conftest import Server
from probes import model, wire

BASELINE = pathlib.Path(__file__).with_name("baseline.json")
UPDATE = "KILN_PROBES_UPDATE" in os.environ
HOW = "Run KILN_PROBES_UPDATE=1 .venv/bin/python -m pytest tests/probes and read the diff of baseline.json"
NOT_BUILT = "status 501"  # listed, but its handler is still to come


def operations():
    for service, (service_model, names) in model.built_services().items():
        if service_model.metadata["protocol"] in model.PROTOCOLS:
            for name in names:
                yield service, service_model.operation_model(name)


@pytest.fixture(scope="module")
def probed_server(tmp_path_factory):
    """A server of its own: probes create whatever their operations create."""
    server = Server(tmp_path_factory.mktemp("probes") / "state")
    yield server
    assert server.stop() == 0


def run(caller, probe):
    try:
        return wire.judge(probe, *caller.send(probe))
    except (OSError, wire.http.client.HTTPException) as error:
        return f"no answer: {type(error).__name__}"


def test_probes(probed_server):
    caller = wire.Caller(probed_server.port)
    counts, deviations = {}, {}
    for service, operation in operations():
        probes = model.probes_of(operation)
        if run(caller, probes[0]) == NOT_BUILT:
            continue
        counts[f"{service} {operation.name}"] = len(probes)
        for probe in probes:
            if why := run(caller, probe):
                deviations[probe.id] = why
            assert probed_server.process.poll() is None, f"the server ended at {probe.id}"
    print(f"{sum(counts.values())} probes, {len(deviations)} deviate")
    if UPDATE:
        BASELINE.write_text(json.dumps({"counts": counts, "deviations": deviations}, indent=1, sort_keys=True) + "\n")
        return
    baseline = json.loads(BASELINE.read_text())
    worse = {name: why for name, why in deviations.items() if name not in baseline["deviations"]}
    assert not worse, "probes deviate that are not in the baseline:\n" + json.dumps(worse, indent=1)
    better = sorted(set(baseline["deviations"]) - set(deviations))
    assert not better, f"better than the baseline: {better}. {HOW}"
    fewer = {name: count for name, count in baseline["counts"].items() if counts.get(name, 0) < count}
    assert not fewer, f"the baseline has more probes of these operations: {fewer}. {HOW}"

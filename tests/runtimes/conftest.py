# SPDX-License-Identifier: Apache-2.0
import pytest

from .runtime_api_stub import RuntimeProcess


@pytest.fixture
def start(tmp_path):
    """start(command, files, variables): writes the function's files and starts its runtime."""
    running = []

    def begin(command, files, variables):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        runtime = RuntimeProcess(command, tmp_path, variables)
        running.append(runtime)
        return runtime

    yield begin
    for runtime in running:
        runtime.close()

# SPDX-License-Identifier: Apache-2.0
"""Cold starts of a function that initialises for one second, with SnapStart and without, in one run.

Each sample is the first Invoke of a version that was published ahead; the two kinds take turns. Then the
same for a function that imports boto3 and makes a client. KILN_BENCH_SNAP (20) is the number of each.
"""

import os
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

from cold import Client, quantile
from conftest import Server, create_function

COUNT = int(os.environ.get("KILN_BENCH_SNAP", "20"))
HANDLER = "def handler(event, context):\n    return event\n"
KINDS = {
    "1 s of initialisation": "import time\ntime.sleep(1)\nDATA = {n: str(n) for n in range(50_000)}\n" + HANDLER,
    "an S3 client": "import boto3\nS3 = boto3.client('s3')\n" + HANDLER,
}
MEMORY = 1769


def versions(lambdas, name, source, snap_start):
    """Publishes COUNT versions; answers their names for Invoke."""
    create_function(lambdas, name, {"app.py": source}, MemorySize=MEMORY, Timeout=30,
                    SnapStart={"ApplyOn": "PublishedVersions" if snap_start else "None"})
    names = []
    for number in range(COUNT):
        lambdas.update_function_configuration(FunctionName=name, Description=str(number))
        lambdas.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.02, "MaxAttempts": 1000})
        version = lambdas.publish_version(FunctionName=name)["Version"]
        lambdas.get_waiter("published_version_active").wait(
            FunctionName=name, Qualifier=version, WaiterConfig={"Delay": 0.05, "MaxAttempts": 1000})
        names.append(f"{name}:{version}")
    return names


def main():
    with tempfile.TemporaryDirectory() as folder:
        server = Server(pathlib.Path(folder) / "state")
        lambdas = server.client("lambda")
        client = Client(server)
        print(f"Cold starts of Python, {COUNT} of each kind, ms; isolation {server.isolation}:")
        print(f"{'':30} {'p50':>8} {'p90':>8} {'max':>8}")
        for number, (kind, source) in enumerate(KINDS.items()):
            plain = versions(lambdas, f"plain-{number}", source, False)
            snapped = versions(lambdas, f"snap-{number}", source, True)
            took = {"plain": [], "SnapStart": []}
            for pair in zip(plain, snapped):
                for each, name in zip(took, pair):
                    time.sleep(0.2)
                    took[each].append(client.invoke(name))
            for each, values in took.items():
                print(f"{kind + ', ' + each:30} {quantile(values, 50):8.1f} {quantile(values, 90):8.1f} {max(values):8.1f}",
                      flush=True)
        server.stop()


if __name__ == "__main__":
    main()

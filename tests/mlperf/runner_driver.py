# SPDX-License-Identifier: Apache-2.0
"""Runs MLPerf Tiny's public runner over a port, as a program of its own: it moves sys.stdout, makes folders.

    runner_driver.py RUNNER PORT BAUD MODE DATA [INFER]

RUNNER is the folder benchmark/runner of mlcommons/tiny, whose classes run as they are: DUT and SerialDevice,
Script, DataSet, and what main.py says of the results. MODE is its a or p. INFER replaces the numbers of the
step infer in its test file, such as "20 5". The last line on stdout is JSON: the model's name, and results.
What main.py does besides, looking for boards by their USB numbers, finds nothing in a pseudo terminal.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(runner: str, port: str, baud: str, mode: str, data: str, infer: str = "") -> None:
    out = sys.stdout
    sys.path.insert(0, runner)
    import main as application
    from datasets import DataSet
    from device_under_test import DUT
    from script import Script

    dut = DUT(port, int(baud))
    application.init_dut(dut)
    model = dut.get_model()
    name = {"a": "tests_accuracy.yaml", "p": "tests_performance.yaml"}[mode]
    steps = application.parse_test_script(Path(runner, name))[model]
    if infer:
        (loop,) = steps["script"]
        ((count, inner),) = loop.items()
        inner = [f"infer {infer}" if str(step).startswith("infer") else step for step in inner]
        steps["script"] = [{count: inner}]
    script = Script(steps)
    dataset = DataSet(Path(data, script.model), script.truth)
    results = script.run(None, dut, dataset, mode)
    application.summarize_result(results, None, mode, results_file="results.txt")
    print(json.dumps({"model": model, "name": dut.get_name(), "results": results}), file=out, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

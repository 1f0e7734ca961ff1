#!/usr/bin/python3
"""A short run of the benchmark spine: every figure comes as one line of JSON with a number, nothing
else is on standard output, and what left the simulator arrived."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lab.case import check, run_case  # noqa: E402
from lab.processes import PYTHON, wait_for  # noqa: E402

RUN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "run")
UNITS = {
    "w1_delivered_ratio": "ratio", "w1_cpu_s_per_million": "s", "w1_rss_mb": "MB",
    "w1_age_p99_ms": "ms", "w2_cpu_s_per_million": "s", "w2_cpu_vs_floor": "ratio",
    "w2_rss_mb": "MB", "w4_delivered_ratio": "ratio", "w4_duplicate_keys": "keys",
    "event_latency_p99_ms": "ms",
}


def case(lab):
    bench = lab.start("bench", [PYTHON, RUN, "spine", "--quick"])
    wait_for(lambda: not bench.is_running(), 300, "tests/bench/run spine --quick ends")
    check(bench.process.returncode == 0, f"it ended with {bench.process.returncode}")
    with open(bench.output) as file:
        figures = [json.loads(line) for line in file]
    for figure in figures:
        check(set(figure) == {"bench", "figure", "value", "unit"} and figure["bench"] == "spine",
              f"not a figure: {figure}")
        check(isinstance(figure["value"], (int, float)), f"{figure['figure']} was not measured")
    units = {figure["figure"]: figure["unit"] for figure in figures}
    check(units == UNITS and len(figures) == len(UNITS), f"the figures are {units}")
    values = {figure["figure"]: figure["value"] for figure in figures}
    check(values["w4_delivered_ratio"] > 0.99, f"of W4 arrived {values['w4_delivered_ratio']}")


run_case(case)

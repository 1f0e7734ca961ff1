#!/usr/bin/python3
"""A short run of a benchmark: every figure comes as one line of JSON with a number, nothing
else is on standard output, and what left the simulator arrived, no silence was broken."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lab.case import check, run_case  # noqa: E402
from lab.processes import PYTHON, wait_for  # noqa: E402

RUN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "run")
UNITS = {"spine": {
    "w1_delivered_ratio": "ratio", "w1_cpu_s_per_million": "s", "w1_rss_mb": "MB",
    "w1_age_p99_ms": "ms", "w2_cpu_s_per_million": "s", "w2_cpu_vs_floor": "ratio",
    "w2_rss_mb": "MB", "w4_delivered_ratio": "ratio", "w4_duplicate_keys": "keys",
    "event_latency_p99_ms": "ms",
}, "field": {
    "w5c_cycle_ratio": "ratio", "w5g2_cycle_ratio": "ratio", "w5g20_cycle_ratio": "ratio",
    "w5_broken_silences": "requests", "w3_interval_ms": "ms", "dead_devices_rate_ratio": "ratio",
    "maps_shipped": "maps",
}}
NAME = sys.argv[1]


def case(lab):
    bench = lab.start("bench", [PYTHON, RUN, NAME, "--quick"])
    wait_for(lambda: not bench.is_running(), 300, f"tests/bench/run {NAME} --quick ends")
    check(bench.process.returncode == 0, f"it ended with {bench.process.returncode}")
    with open(bench.output) as file:
        figures = [json.loads(line) for line in file]
    for figure in figures:
        check(set(figure) == {"bench", "figure", "value", "unit"} and figure["bench"] == NAME,
              f"not a figure: {figure}")
        check(isinstance(figure["value"], (int, float)), f"{figure['figure']} was not measured")
    units = {figure["figure"]: figure["unit"] for figure in figures}
    check(units == UNITS[NAME] and len(figures) == len(units), f"the figures are {units}")
    values = {figure["figure"]: figure["value"] for figure in figures}
    if NAME == "spine":
        check(values["w4_delivered_ratio"] > 0.99, f"of W4 arrived {values['w4_delivered_ratio']}")
    else:
        check(values["w5_broken_silences"] == 0, f"{values['w5_broken_silences']} broken silences")


run_case(case)

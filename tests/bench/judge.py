"""Judgement: what a reading costs from qualify to events, and how fast a stored day is judged anew.

The site is a park's mixture: 10 devices of 100 points, most of them plain; an asset a device, boilers,
treatments and wastewater in turn, every tenth point with a limit (instant, minute, hour), treatments
with production, fan and bypass. readings_per_s and instructions_per_reading: bench_assess (assess.c),
one core, without a store. replay_day_1000_points_s: judge_fill makes a store of a day of it, read every
10 s, through the daemon's own append and commit, then parkgatectl replay judges it and finds that
nothing differs.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import time

from lab.processes import Failure, Lab, program

DEVICES, POINTS, EVERY_S = 10, 100, 10
START_MS, START, END = 1780070400000, "2026-05-30", "2026-05-31"  # 00:00 at UTC+08:00
DAY_S = 86400


# What each kind of asset makes its own points of, in the place of the last plain ones.
ROLES = ({"so2": "mg/m3", "nox": "mg/m3", "o2": "%", "flow": "Nm3/h"},
         {"nmhc": "mg/m3", "nmhc-inlet": "mg/m3", "flow": "Nm3/h", "flow-inlet": "Nm3/h"},
         {"cod": "mg/L", "nh3-n": "mg/L", "ph": "pH", "flow": "m3/h"})
PLAIN = POINTS - 3 - 4


def _device(unit):
    points = {f"p{i:02}": {"holding": 2 * i, "type": "float32", "unit": "mg/m3",
                           "range": [0, 1000]} for i in range(PLAIN)}
    for i, (role, its_unit) in enumerate(ROLES[(unit - 1) % 3].items()):
        points[role] = {"holding": 300 + 2 * i, "type": "float32", "unit": its_unit}
    points["power"] = {"holding": 400, "type": "float32", "unit": "kW"}
    points["fan"] = {"holding": 402, "type": "float32", "unit": "kW"}
    points["damper"] = {"discrete": 0}
    return {"bus": "line", "unit": unit, "every": f"{EVERY_S}s", "points": points}


def _asset(i, name):
    """The waves reach 46 at the points 20, 50 and 80."""
    limits = {f"p{p:02}": {"at-most": "45 mg/m3",
                           "averaging": ("instant", "minute", "hour")[p // 10 % 3]}
              for p in range(0, PLAIN, 10)}
    asset = {"kind": ("boiler", "voc-treatment", "wastewater")[i % 3], "from": name,
             "limits": limits, "production": {"running-when": f"{name}.power > 5 kW"}}
    if i % 3 == 1:
        asset["treatment"] = {"running-when": f"{name}.fan > 3 kW"}
        asset["bypass"] = {"open-when": f"{name}.damper"}
        asset.update({"technology": "rto", "voc": {"basis": "measured"}})
    if i % 3 == 0:
        asset["fuel"] = "coal"
        asset["limits"]["so2-corrected"] = "50 mg/m3"
    return asset


def _site():
    names = [f"d{i}" for i in range(DEVICES)]
    return {"gateway": {"park": "bench", "name": "judge"},
            "buses": {"line": {"tcp": "127.0.0.1:1"}},
            "devices": {name: _device(i + 1) for i, name in enumerate(names)},
            "assets": {f"a-{name}": _asset(i, name) for i, name in enumerate(names)},
            "store": {"max-size": "20 GiB"}}


def _run(what, argv):
    begun = time.monotonic()
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{what} ended with {done.returncode}: "
                      f"{(done.stderr.strip() or done.stdout.strip())[-300:]}")
    return done, time.monotonic() - begun


def _write_site(lab, name):
    path = lab.path(name)
    with open(path, "w") as file:
        json.dump(_site(), file)
    return path


def _assess(site, seconds):
    done, _ = _run("bench_assess", [program("bench_assess"), site, str(seconds)])
    figures = {line["figure"]: line["value"] for line in map(json.loads, done.stdout.splitlines())}
    print(f"bench_assess: {figures}", file=sys.stderr)
    return figures


def _replay(lab, site, seconds):
    """Seconds for the whole day, in proportion when less was made."""
    directory = lab.path("judge")
    os.makedirs(directory)
    script = os.path.join(directory, "script")
    with open(script, "w") as file:  # a bypass an hour
        for hour in range(24):
            name = f"d{hour * 3 % 9 + 1}"
            file.write(f"{hour * 3600 + 100} {name}.damper 1\n"
                       f"{hour * 3600 + 400} {name}.damper 0\n")
    filled, spent = _run("judge_fill", [program("judge_fill"), directory, site, str(START_MS),
                                        str(seconds), script])
    print(f"judge_fill: {filled.stdout.strip()} in {spent:.1f} s", file=sys.stderr)
    done, spent = _run("parkgatectl replay", [
        program("parkgatectl"), "replay", "--from", START, "--to", END, "--site", site,
        "--store", os.path.join(directory, "parkgate.db")])
    print(f"replay of {seconds} s in {spent:.2f} s: {done.stdout.strip()}", file=sys.stderr)
    return spent * DAY_S / seconds


def _instructions(lab, site):
    """Instructions of bench_assess between two lengths, so that the start is not counted."""
    if shutil.which("valgrind") is None:
        raise Failure("valgrind is not installed (tools/install bench)")
    counted = {}
    for seconds in (60, 360):
        done, _ = _run("callgrind", [
            "valgrind", "--tool=callgrind", f"--callgrind-out-file={lab.path('callgrind.out')}",
            program("bench_assess"), site, str(seconds)])
        refs = re.search(r"Collected\s*:\s*(\d+)", done.stderr)
        readings = next(line["value"] for line in map(json.loads, done.stdout.splitlines())
                        if line["figure"] == "readings")
        counted[seconds] = (int(refs.group(1)), readings)
    (less, few), (more, many) = counted[60], counted[360]
    return (more - less) / (many - few)


def _try(what, measure, *arguments):
    try:
        return measure(*arguments)
    except (Failure, OSError, KeyError, ValueError, ZeroDivisionError, AttributeError,
            StopIteration) as reason:
        print(f"{what} could not be measured: {reason}", file=sys.stderr)
        return None


def _rounded(value, digits):
    return None if value is None else round(value, digits)


def figures(quick):
    """(figure, value, unit), as they become known."""
    with Lab() as lab:
        site = _write_site(lab, "park.yaml")
        assess = _try("judgement", _assess, site, 4000 if quick else 20000) or {}
        yield "readings_per_s", _rounded(assess.get("readings_per_s"), 0), "readings/s"
        yield "replay_day_1000_points_s", _rounded(
            _try("a replay", _replay, lab, site, 7200 if quick else DAY_S), 2), "s"
        yield "instructions_per_reading", _rounded(
            _try("instructions", _instructions, lab, site), 1), "1"

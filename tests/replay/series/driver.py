"""Runs tests/replay/replay_driver on calls made here, and reads what it prints.

A call is (mono_ms, utc_ms, device, {point: (number or None, quality)}), device None being a tick,
utc_ms None an unknown clock; or a line of text.
"""
import json
import math
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RELATIVE = 1e-9
GOOD = "good"

problems = []


def wrong(text):
    problems.append(text)
    if len(problems) <= 20:
        print("wrong:", text)


def check(holds, text):
    if not holds:
        wrong(text)
    return holds


def near(a, b):
    if a is None or b is None:
        return a is b
    return math.isclose(a, b, rel_tol=RELATIVE, abs_tol=1e-9)


def line_of(call):
    if isinstance(call, str):
        return call
    mono, utc, device, values = call
    start = f"{mono} {'-' if utc is None else utc} "
    if device is None:
        return start + "tick"
    words = []
    for point, (number, quality) in values.items():
        word = f"{point}={'-' if number is None else repr(number)}"
        words.append(word if quality == GOOD else f"{word}/{quality}")
    return f"{start}{device} {' '.join(words)}"


def run(program, site, calls, tell="hour day", restart=False):
    """All lines the driver prints, as objects. `site`: a file beside this one, or YAML text."""
    with tempfile.TemporaryDirectory() as folder:
        recording = os.path.join(folder, "recording")
        with open(recording, "w", encoding="utf-8") as file:
            file.write(f"tell {tell}\n")
            file.writelines(line_of(call) + "\n" for call in calls)
        path = os.path.join(HERE, site)
        if "\n" in site:
            path = "site.yaml"  # events name it as the source of a limit
            with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
                file.write(site)
        command = [os.path.abspath(program), *(["--restart"] if restart else []), path, recording]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode:
        sys.stderr.write(done.stderr)
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def statistics(lines):
    """(point, period, start): its statistic of the highest revision."""
    found = {}
    for line in lines:
        if line["record"] != "statistic":
            continue
        key = (line["point"], line["period"], line["start"])
        if key not in found or line["revision"] >= found[key]["revision"]:
            found[key] = line
    return found


def events(lines, kind=None, phase=None):
    return [line for line in lines if line["record"] == "event" and
            (kind is None or line["kind"] == kind) and (phase is None or line["phase"] == phase)]


def finish(name):
    print(f"{name}: {'%d wrong' % len(problems) if problems else 'ok'}")
    return 1 if problems else 0

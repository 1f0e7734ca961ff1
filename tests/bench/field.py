"""The line to the instruments.

W5c, W5g2, W5g20: one slave of 60 float32 on a paced serial line, contiguous, with 2 and with 20
unused registers between them, read as fast as the line allows at 9600, 19200 and 115200 baud. The
ratio is the time that went by over the least time of the requests that were made (rtusim.c); the
worst of the three speeds counts. W3: one TCP slave of 100 float32, at ever shorter intervals, with
a commit five times a second (nothing is sent before it is on disk, so the age follows the commit).
Dead devices: what 7 of 10 slaves are still asked a second when the other 3 are dead, over what
they are asked without those.
"""
import glob
import json
import os
import signal
import sys
import time

from bench.load import Load, parkgate
from lab.gateway import Gateway
from lab.processes import ROOT, Failure, Lab, program, read, wait_for

BAUDS = (9600, 19200, 115200)
INTERVALS_MS = (100, 20, 10, 5, 2, 1)
NOWHERE = {"centre": {"mqtt": "tcp://127.0.0.1:1"}}
SILENT_S = 2  # the gateway has stopped asking


class Line:
    """rtusim and a gateway on it: `with Line(...)`."""

    def __init__(self, baud, devices, dead=()):
        self.baud, self.devices, self.dead = baud, devices, dead
        self.lab = Lab()

    def __enter__(self):
        try:
            self._start()
        except BaseException as reason:
            self.lab.__exit__(type(reason), reason, None)
            raise
        return self

    def __exit__(self, *reason):
        self.lab.__exit__(*reason)

    def _start(self):
        link = self.lab.path("line")
        command = [program("rtusim"), "--link", link, "--baud", str(self.baud)]
        if self.dead:
            command += ["--dead", ",".join(map(str, self.dead))]
        self.sim = self.lab.start("rtusim", command)
        wait_for(lambda: "ready" in read(self.sim.output), 5, "rtusim has a line")
        site = {"gateway": {"park": "bench", "name": "bench"},
                "buses": {"line": {"rtu": link, "baud": self.baud}},
                "devices": self.devices, "destinations": NOWHERE}
        self.gateway = Gateway(self.lab, json.dumps(site)).start().child

    def count(self):
        before = len(read(self.sim.output).splitlines())
        self.sim.signal(signal.SIGUSR1)
        wait_for(lambda: len(read(self.sim.output).splitlines()) > before, 10, "rtusim counts")
        return json.loads(read(self.sim.output).splitlines()[-1])

    def window(self, warm_s, seconds):
        """What was counted between two moments; a Failure when the gateway fell silent."""
        time.sleep(warm_s)
        before = self.count()
        time.sleep(seconds)
        after = self.count()
        if not self.gateway.is_running():
            raise Failure(f"parkgated ended with {self.gateway.process.returncode}")
        if after["idle_ns"] > SILENT_S * 1e9 or after["span_ns"] == before["span_ns"]:
            raise Failure(f"no request for {after['idle_ns'] / 1e9:.1f} s")
        asked = {unit: count - before["requests"].get(unit, 0)
                 for unit, count in after.pop("requests").items()}
        return {"requests": asked, **{name: after[name] - before[name] for name in after},
                "broken": after["broken"], "bad": after["bad"]}


def _slave(gap):
    points = {f"t{i}": {"holding": i * (2 + gap), "type": "float32"} for i in range(60)}
    return {"slave": {"bus": "line", "unit": 1, "every": "1ms", "points": points}}


def _cycle(name, gap, quick):
    """(worst ratio of the three speeds, broken silences of all)."""
    worst, broken = 0, 0
    for baud in BAUDS:
        with Line(baud, _slave(gap)) as line:
            seen = line.window(*((3, 4) if quick else (4, 12)))
        if seen["least_ns"] <= 0 or seen["cycles"] == 0:
            raise Failure(f"no cycle was answered at {baud} baud")
        ratio = seen["span_ns"] / seen["least_ns"]
        print(f"{name} at {baud}: {seen['cycles']} cycles of "
              f"{seen['cycles_ns'] / seen['cycles'] / 1e6:.2f} ms, "
              f"{sum(seen['requests'].values())} requests, {ratio:.4f} of the least time, "
              f"{seen['broken']} broken silences, {seen['bad']} bad", file=sys.stderr)
        worst, broken = max(worst, ratio), broken + seen["broken"]
    return worst, broken


def _interval(seconds):
    """The shortest interval at which all but 5 % arrives, and within a second."""
    best = None
    for every_ms in INTERVALS_MS:
        with Load(1, 100, [(4, 4 + seconds)], every_ms=every_ms) as load:
            load.store = {"commit-every": "200ms"}
            load.start(parkgate)
            load.sleep_until(4 + seconds)
            cpu, _ = load.cost()
            received = load.drain(5)["windows"][0]
        ratio, p99 = received["values"] / load.due(), received.get("p99_ms")
        print(f"W3 at {every_ms} ms: {ratio:.4f} delivered, age p99 {p99} ms, {cpu:.2f} s CPU",
              file=sys.stderr)
        if ratio < 0.95 or p99 is None or p99 >= 1000:
            break
        best = every_ms
    return best


def _live_rate(units, dead, warm_s, seconds):
    """Requests a second to the units that are not dead."""
    points = {f"t{i}": {"holding": i} for i in range(10)}
    devices = {f"d{unit}": {"bus": "line", "unit": unit, "every": "20ms", "points": points}
               for unit in units}
    with Line(9600, devices, dead) as line:
        seen = line.window(warm_s, seconds)
    live = sum(count for unit, count in seen["requests"].items() if int(unit) not in dead)
    if live == 0:
        raise Failure("no unit that lives was asked")
    wall_s = (seen["span_ns"] + seen["idle_ns"]) / 1e9
    print(f"{len(dead)} of {len(units)} dead: {live / wall_s:.2f} requests a second to the others, "
          f"{sum(seen['requests'].values()) - live} to the dead in {wall_s:.0f} s",
          file=sys.stderr)
    return live / wall_s


def _dead_ratio(quick):
    warm_s, seconds = (20, 10) if quick else (90, 60)
    alone = _live_rate(range(1, 8), (), 3, 10)
    return _live_rate(range(1, 11), (8, 9, 10), warm_s, seconds) / alone


def _try(what, measure, *arguments):
    """What was measured, or None and a sentence."""
    try:
        return measure(*arguments)
    except (Failure, OSError, KeyError, ValueError) as reason:
        print(f"{what} could not be measured: {reason}", file=sys.stderr)
        return None


def figures(quick):
    """(figure, value, unit), as they become known."""
    broken = 0
    for name, gap in (("w5c", 0), ("w5g2", 2), ("w5g20", 20)):
        measured = _try(name, _cycle, name, gap, quick)
        yield f"{name}_cycle_ratio", measured and round(measured[0], 4), "ratio"
        broken = None if measured is None or broken is None else broken + measured[1]
    yield "w5_broken_silences", broken, "requests"
    yield "w3_interval_ms", _try("W3", _interval, 3 if quick else 8), "ms"
    ratio = _try("the rate beside dead devices", _dead_ratio, quick)
    yield "dead_devices_rate_ratio", ratio and round(ratio, 3), "ratio"
    maps = len(glob.glob(os.path.join(ROOT, "config", "devices", "*.yaml")))
    yield "maps_shipped", maps, "maps"

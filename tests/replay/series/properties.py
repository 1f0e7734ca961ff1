#!/usr/bin/python3
"""Properties of assess, whatever is read: with seeds, so that a failure can be had again.

usage: properties.py DRIVER sums|late|restart|bad|scale|neighbours [SEED]
"""
import copy
import math
import os
import random
import sys

sys.dont_write_bytecode = True
sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]

import park  # noqa: E402
from driver import GOOD, check, events, finish, run, statistics  # noqa: E402
from reckoning import HOUR, MINUTE  # noqa: E402

ALL = "minute hour day month evidence"
MIDNIGHT = park.NOON - 12 * HOUR


def sums(driver, seed):
    """What a day has is what its hours have, and those what their minutes have: sums, counts, the
    extremes; a mean of gas is its sum by its valid readings."""
    calls = park.hour(seed, seconds=24 * 3600 + 60, step=20, start=MIDNIGHT, spoiled=0.0005)
    told = statistics(run(driver, park.site("20s"), calls, tell="minute hour day"))
    parts = {"day": ("hour", HOUR, 24), "hour": ("minute", MINUTE, 60)}
    compared = 0
    for (point, period, start), whole in told.items():
        if period not in parts:
            continue
        part, length, count = parts[period]
        found = [told[point, part, start + i * length] for i in range(count)
                 if (point, part, start + i * length) in told]
        if not found:  # results that come more seldom than that
            continue
        name = f"{point} {period} of {start}"
        valid = [one for one in found if one["valid"]]
        check(whole["count"] == sum(one["count"] for one in found), f"{name}: count")
        check(whole["valid"] == sum(one["valid"] for one in found), f"{name}: valid")
        if not check(bool(whole["valid"]) == bool(valid), f"{name}: valid parts"):
            continue
        if not valid:
            check(whole["sum"] is None, f"{name}: a sum of nothing")
            continue
        total = math.fsum(one["sum"] for one in valid)
        check(math.isclose(whole["sum"], total, rel_tol=1e-12, abs_tol=1e-12),
              f"{name}: {whole['sum']} is not {total}")
        check(whole["min"] == min(one["min"] for one in valid), f"{name}: min")
        check(whole["max"] == max(one["max"] for one in valid), f"{name}: max")
        compared += 1
    check(compared > 500, f"only {compared} periods were compared")
    mass = [one for (point, period, _), one in told.items()
            if period == "day" and point == "boiler.so2-mass"]
    check(len(mass) == 1 and mass[0]["valid"] > 3000, "no mass of a day")


def strip(line):
    """Without numbers of events, which count what others have too."""
    line = copy.deepcopy(line)
    line.pop("id", None)
    line.get("details", {}).pop("evidence_of", None)
    return line


def by_minutes(calls):
    minutes = {}
    for call in calls:
        minutes.setdefault((call[1] - park.NOON) // MINUTE, []).append(call)
    return [scans for _, scans in sorted(minutes.items())]


def newest(driver, calls):
    """Statistics of the highest revision, and how many were told again."""
    lines = run(driver, park.site("5s"), calls, tell="minute hour")
    told = statistics(lines)
    again = sum(value.pop("revision") > 0 for value in told.values())
    return told, again


def shuffled(driver, seed):
    """The last scans of a minute that has closed, in any order: the same figures to the last bit.
    Masses are no part of it: a device's scans come in order, and a mass counts from scan to scan."""
    dice = random.Random(seed)
    minutes = by_minutes(park.hour(seed, seconds=1800, step=5, start=park.NOON - 10 * MINUTE,
                                   spoiled=0.005))
    known = None
    for _ in range(4):
        mixed, held = [], []
        for scans in minutes:
            dice.shuffle(held)
            mixed += scans[:10] + held + scans[10:-10]
            held = [call for call in scans[-10:] if call[2]]
        found, again = newest(driver, mixed)
        found = {key: value for key, value in found.items()
                 if key[0].split(".")[0] in park.WAVES}
        check(again > 300, f"only {again} figures were told again")
        if known is not None:
            check(found == known, "another order, other figures: " + str(next(
                (key for key in known if found.get(key) != known[key]), None)))
        known = found


def delayed(driver, seed):
    """Each device's scans come in their order, some up to 11 s behind the ticks, which is not yet
    stale: derived points have the same minutes and hours as in time, no mass is counted twice."""
    dice = random.Random(seed + 1000)
    calls = park.hour(seed, seconds=1800, step=5, start=park.NOON - 10 * MINUTE, spoiled=0.005)
    ticks = [(mono + ms, utc + ms, None, None) for mono, utc, device, _ in calls if not device
             for ms in (1000, 2000, 3000, 4000)]
    calls = sorted(calls + ticks, key=lambda call: call[1])
    due, lag = [], {device: 0 for device in park.WAVES}
    for i, call in enumerate(calls):
        when = call[1]
        if call[2]:
            lag[call[2]] = max(lag[call[2]] - 5000, 0) or (
                dice.random() < 0.2 and dice.randrange(7_000, 12_000))
            when += lag[call[2]]
        due.append((when, i, call))
    slow = [call for _, _, call in sorted(due)]
    last = calls[-1][1] - MINUTE  # the newest minute may still wait for its scans
    known, _ = newest(driver, calls)
    found, again = newest(driver, slow)
    check(again > 50, f"only {again} figures were told again")
    for key, value in known.items():
        if value["end"] > last:
            continue
        if not check(key in found, f"{key} is missing"):
            continue
        for word, number in value.items():
            other = found[key][word]
            same = other == number or (word in ("mean", "sum") and None not in (number, other) and
                                       math.isclose(other, number, rel_tol=1e-12))
            check(same, f"{key} {word}: {number} in time, {other} late")


def late(driver, seed):
    shuffled(driver, seed)
    delayed(driver, seed)


def restart(driver, seed):
    """From the state of any second of an hour: the same records, byte for byte."""
    step = 1 if seed == 1 else 7
    calls = park.hour(seed, step=step, start=park.NOON - 90_000)
    site = park.site(f"{step}s")
    lines = run(driver, site, calls, tell=ALL)
    again = run(driver, site, calls, tell=ALL, restart=True)
    check(len(events(lines)) > 50, f"only {len(events(lines))} events")
    check(len(lines) == len(again), f"{len(lines)} lines, {len(again)} with restarts")
    first = next((pair for pair in zip(lines, again) if pair[0] != pair[1]), None)
    check(first is None, f"the first that differs: {first}")


def believed(line):
    """Evidence shows what the instrument said in calibration too: as it came, with its reason."""
    line = copy.deepcopy(line)
    if line["record"] == "evidence":
        line["values"] = [[at, number if quality == GOOD else None, quality]
                          for at, number, quality in line["values"]]
    return line


def bad(driver, seed):
    """Numbers that do not count leave no trace: span gas of 7777, of 3, or none at all. Not so what is
    over its range: oxygen that is, is an O2-abnormal event (judge_flue.c)."""
    calls = park.hour(seed, seconds=3800, step=2, start=park.NOON - 60_000, spoiled=0.01)
    known, site = None, park.site("2s")
    for gas in (park.SPAN_GAS, 3.0, None):
        other = [(*call[:3], call[3] and {
            point: (number if quality in (GOOD, "over-range", *park.NO_NUMBER)
                    else gas, quality)
            for point, (number, quality) in call[3].items()})
            for call in calls]
        lines = [believed(line) for line in run(driver, site, other, tell=ALL)]
        if known is not None:
            check(len(lines) == len(known), f"span gas {gas}: {len(lines)} lines, not {len(known)}")
            first = next((pair for pair in zip(lines, known) if pair[0] != pair[1]), None)
            check(first is None, f"span gas {gas} leaves a trace: {first}")
        known = lines
    used = [call for call in calls if call[3] and
            any(quality == "calibration" for _, quality in call[3].values())]
    check(len(used) > 100, "hardly any calibration in it")


def scale(driver, seed):
    """SO2 and its limits times k: means, sums, masses, rates and headroom times k, the same events
    at the same times. Powers of two exactly."""
    calls = park.hour(seed, seconds=4000, step=5, start=park.NOON - 60_000)
    calls = [line for call in calls for line in ((call, "headroom") if call[2] is None else (call,))]
    known = run(driver, park.site("5s", "100", only=["boiler"]), of_boiler(calls), tell=ALL)
    check(any(line["record"] == "headroom" for line in known), "no headroom")
    for k in (4.0, 0.5, 3.0):
        other = [call if isinstance(call, str) or call[3] is None or "so2" not in call[3] else
                 (*call[:3], call[3] | {"so2": (times(call[3]["so2"][0], k), call[3]["so2"][1])})
                 for call in of_boiler(calls)]
        lines = run(driver, park.site("5s", f"{100 * k:g}", only=["boiler"]), other, tell=ALL)
        exactly = k != 3.0
        check(len(lines) == len(known), f"{k}: {len(lines)} lines, not {len(known)}")
        for line, before in zip(lines, known):
            compare_scaled(line, before, k, exactly)


def of_boiler(calls):
    return [call for call in calls if isinstance(call, str) or call[2] in (None, "cems")]


def times(number, k):
    return None if number is None else number * k


def is_so2(line):
    return "so2" in (line.get("point") or line.get("subject") or "")


def compare_scaled(line, before, k, exactly):
    for key in before:
        a, b = line.get(key), before[key]
        if key in ("min", "max", "mean", "sum", "value", "peak", "limit", "rest") and is_so2(line):
            expected = times(b, k)
            same = a == expected if exactly or b is None else math.isclose(a, expected,
                                                                          rel_tol=1e-9)
            check(same, f"{k} x {key} of {before}: {a}")
        elif key not in ("details", "values", "share"):
            check(a == b, f"{key} of {before}: {a}")


def neighbours(driver, seed):
    """What is said of an asset does not depend on what else the site has."""
    calls = park.hour(seed, seconds=3800, step=2, start=park.NOON - 60_000)
    whole = [strip(line) for line in run(driver, park.site("2s"), calls, tell="minute hour day")]
    for asset, device in park.OF_ASSET.items():
        alone = run(driver, park.site("2s", only=[asset]),
                    [call for call in calls if call[2] in (None, device)], tell="minute hour day")
        alone = [strip(line) for line in alone]
        mine = [line for line in whole if
                (line.get("subject") or line["point"]).split(".")[0] in (asset, device)]
        check(alone and len(alone) == len(mine), f"{asset}: {len(alone)} alone, {len(mine)} beside")
        first = next((pair for pair in zip(alone, mine) if pair[0] != pair[1]), None)
        check(first is None, f"{asset}: the first that differs: {first}")


CASES = {"sums": sums, "late": late, "restart": restart, "bad": bad, "scale": scale,
         "neighbours": neighbours}


def main():
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    CASES[sys.argv[2]](sys.argv[1], seed)
    return finish(f"{sys.argv[2]}, seed {seed}")


if __name__ == "__main__":
    sys.exit(main())

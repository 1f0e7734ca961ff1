#!/usr/bin/python3
"""Clocks that are set, lost and found, under every kind of asset (park.yaml).

usage: clocks.py DRIVER back|ahead|there-and-back|found [SEED]

A step neither opens nor closes what lasts (docs: Two clocks): the events that are judged by readings
and delays are those of a clock that was right all the time, with the same durations and values. No
reading is counted twice, no period is told or judged twice, and what an hour has is what its minutes
have. As it is today: the minute in which the clock is set back goes on when it comes again, so it
alone may hold more readings than are due; and an hour that a jump ahead has closed is not opened
again when the jump is taken back, so it has less than its minutes.
"""
import os
import sys
from collections import Counter
from statistics import median

sys.dont_write_bytecode = True
sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]

import park  # noqa: E402
from driver import check, events, finish, run, statistics  # noqa: E402
from reckoning import DAY, MINUTE  # noqa: E402

STEP = 5
BEGIN = park.NOON - 10 * MINUTE


def of_clock(line):
    """Means belong to the wall clock, and water's results to cycles of it."""
    averaging = line["averaging"] not in ("", "instant")
    return averaging or line["subject"].startswith("outfall.cod") or \
        line["kind"].startswith(("clock.", "removal.", "influent."))


def lasting(lines):
    return [(e["subject"], e["kind"], e["phase"], e["severity"], e["duration_ms"], e.get("value"),
             e.get("peak")) for e in events(lines) if e["phase"] != "updated" and not of_clock(e)]


def moved(calls, offset_of):
    """offset_of(ms since the first): ms, or None while the clock is unknown."""
    first, out = calls[0][0], []
    for mono, utc, device, values in calls:
        offset = offset_of(mono - first)
        out.append((mono, None if offset is None else utc + offset, device, values))
    return out


def check_verdicts(lines):
    judged = Counter((e["subject"], e["kind"], e["limit"], e["averaging"],
                      e["details"]["last_period_ms"]) for e in events(lines)
                     if "last_period_ms" in e["details"] and e["phase"] != "closed" and
                     e["kind"].startswith(("exceedance.", "target.")))
    twice = [key for key, count in judged.items() if count > 1]
    check(judged and not twice, f"judged twice: {twice[:3]}")


def check_books(lines, calls, steps):
    """Counted at most once, told at most once, whole by its parts. `steps`: minutes in which the
    clock was set."""
    told = Counter((s["point"], s["period"], s["start"], s["revision"])
                   for s in lines if s["record"] == "statistic")
    twice = [key for key, count in told.items() if count > 1]
    check(not twice, f"told twice: {twice[:3]}")
    newest = statistics(lines)
    for (point, period, start), one in newest.items():
        due = 60 / STEP * (2 if start in steps else 1)
        if period == "minute":
            check(one["count"] <= due, f"{point} minute {start}: {one['count']} readings")
        if period != "hour" or point.split(".")[0] not in park.WAVES:
            continue
        minutes = sum(newest[point, "minute", start + i * MINUTE]["count"] for i in range(60)
                      if (point, "minute", start + i * MINUTE) in newest)
        whole = one["count"] == minutes or (len(steps) > 1 and one["count"] < minutes)
        check(whole, f"{point} hour {start}: {one['count']} readings, its minutes have {minutes}")
    given = Counter()
    for _, _, device, values in calls:
        for point, (_, quality) in (values or {}).items():
            given[f"{device}.{point}"] += quality not in ("timeout", "exception")
    for point, count in given.items():
        counted = lived(point, newest)
        check(0 < counted <= count, f"{point}: {counted} counted of {count}")


def steps_of(calls):
    """The minutes the clock left by a step."""
    steps = set()
    for before, after in zip(calls, calls[1:]):
        known = before[1] is not None and after[1] is not None
        if known and abs(after[1] - before[1] - (after[0] - before[0])) > 2000:
            steps.add(before[1] // MINUTE * MINUTE)
    return steps


def lived(point, newest):
    return sum(one["count"] for key, one in newest.items() if key[:2] == (point, "minute"))


def compare(driver, seed, offset_of, lost_ms):
    """`lost_ms`: how much of the time no minute may count."""
    calls = park.hour(seed, seconds=4200, step=STEP, start=BEGIN, spoiled=0.002)
    site = park.site(f"{STEP}s")
    right = run(driver, site, calls, tell="minute hour day")
    other = moved(calls, offset_of)
    wrong = run(driver, site, other, tell="minute hour day")
    again = run(driver, site, other, tell="minute hour day", restart=True)
    check(wrong == again, "other records with restarts")
    a, b = lasting(right), lasting(wrong)
    check(len(a) > 30, f"only {len(a)} events")
    check(Counter(a) == Counter(b), f"other events: missing {list((Counter(a) - Counter(b)))[:3]}, "
          f"more {list((Counter(b) - Counter(a)))[:3]}")
    check_books(wrong, other, steps_of(other))
    check_verdicts(wrong)
    a, b = statistics(right), statistics(wrong)
    points = [f"{device}.{point}" for device, all_of in park.WAVES.items() for point in all_of]
    less = median([lived(point, a) - lived(point, b) for point in points])
    least, most = (ms / 1000 / STEP for ms in lost_ms)
    check(least <= less <= most, f"{less} readings less than with a right clock, of most points")


def back(ms):
    """After 30.5 minutes ten minutes back: ten minutes are lived twice and counted once."""
    return 0 if ms < 1_830_000 else -10 * MINUTE


def ahead(ms):
    return 0 if ms < 1_830_000 else DAY


def there_and_back(ms):
    return DAY if 1_830_000 <= ms < 2_430_000 else 0


def found(ms):
    return None if ms < 1_230_000 else 0


CASES = {"back": (back, (9 * MINUTE, 11 * MINUTE)),
         "ahead": (ahead, (-MINUTE, MINUTE)),
         "there-and-back": (there_and_back, (-MINUTE, 2 * MINUTE)),
         "found": (found, (20 * MINUTE, 22 * MINUTE))}


def main():
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    compare(sys.argv[1], seed, *CASES[sys.argv[2]])
    return finish(f"clock {sys.argv[2]}, seed {seed}")


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""Real series through the whole of assess, against a reckoning of their own (reckoning.py).

usage: series.py DRIVER coal|coal-fine|bsm1|steel|air|plant

Means, sums and masses to 1e-9, counts, letters, dates and the records of verdicts exactly.
"""
import os
import sys
from decimal import Decimal

sys.dont_write_bytecode = True
sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]

import recordings  # noqa: E402
from driver import HERE, check, events, finish, run, statistics  # noqa: E402
from reckoning import (HOUR, Point, compare, compare_events, single_verdicts,  # noqa: E402
                       verdicts)


def site(name, **words):
    with open(os.path.join(HERE, name + ".yaml"), encoding="utf-8") as file:
        text = file.read()
    for word, value in words.items():
        text = text.replace(word, value)
    return text


# ---- flue gas ----

def worst(*values):
    """Of inputs that are not all good: that one's reason; those here have one only."""
    return next((quality for _, quality in values if quality != "good"), "good")


def coal_points(scans, every_ms):
    """Each derived point again, HJ 212-2017 app. D as docs/waste-gas.md has it."""
    points = {name: Point(f"unit-1.{name}", every_ms) for name in
              ("so2-corrected", "nox-corrected", "flow-standard", "so2-rate", "nox-rate",
               "so2-mass", "nox-mass")}
    points |= {name: Point(f"cems.{name}", every_ms, rule) for name, rule in
               (("so2", "gas"), ("nox", "gas"), ("o2", "gas"), ("flow", "share"))}
    before = {}
    for utc, v in scans:
        for name in ("so2", "nox", "o2", "flow"):
            points[name].add(utc, *v[name])
        absolute = 79300 + v["pressure"][0]
        flow = (v["flow"][0] * 273 / (273 + v["temperature"][0]) * absolute / 101325 *
                (1 - v["humidity"][0] / 100))
        points["flow-standard"].add(utc, flow)
        running = v["coal"][0] > 1
        for gas in ("so2", "nox"):
            number, quality = v[gas][0], worst(v[gas])
            if not running:
                points[f"{gas}-corrected"].add(utc, None, "stopped")
            elif quality != "good":
                points[f"{gas}-corrected"].add(utc, None, quality)
            elif v["o2"][0] > 20.5:
                points[f"{gas}-corrected"].add(utc, None, "conversion-invalid")
            else:
                points[f"{gas}-corrected"].add(utc, number * 12 / (21 - v["o2"][0]))
            if quality != "good":
                points[f"{gas}-rate"].add(utc, None, quality)
                points[f"{gas}-mass"].add(utc, None, quality)
                continue
            rate = number * flow * 1e-6
            points[f"{gas}-rate"].add(utc, rate)
            if gas in before and utc - before[gas] <= 3 * every_ms:
                points[f"{gas}-mass"].add(utc, rate * (utc - before[gas]) / HOUR)
            else:
                points[f"{gas}-mass"].add(utc, None, "absent")
            before[gas] = utc
    return points


def coal(driver, fine=False):
    every_ms = 20_000 if fine else 600_000
    scans = recordings.coal_fine() if fine else recordings.coal()
    calls = recordings.calls_of("cems", scans)
    lines = run(driver, site("coal", EVERY="20s" if fine else "10min"), calls)
    told, until = statistics(lines), calls[-1][1] - 2000
    hours = {}
    for name, point in coal_points(scans, every_ms).items():
        hours[name] = compare(point, "hour", told, until)
        compare(point, "day", told, until)
    for gas, limit, kind in (("so2", "79", "exceedance.hour"), ("nox", "32", "target.ultra-low")):
        name = f"{gas}-corrected"
        bad = [one for one in hours[name].values() if not one["is_valid"]]
        check(bad, f"{name}: every hour is valid, so nothing is shown")
        compare_events(events(lines), f"unit-1.{name}", kind, verdicts(hours[name], limit))


# ---- waste water ----

def volumes(scans, flow, every_ms):
    """m3 since the good flow before, a value holding back to it; None where that is not known."""
    out, before = {}, None
    for utc, v in scans:
        number, quality = v[flow]
        out[utc] = None
        if quality != "good":
            continue
        if before is not None and utc - before <= 3 * every_ms:
            out[utc] = number * (utc - before) / HOUR
        before = utc
    return out


def results(scans, name, cycle_ms, volume):
    """A result counts once: at the first good reading of its cycle, with what flowed since the one
    before."""
    out, told, since = [], None, 0
    for utc, v in scans:
        since += volume[utc] or 0
        cycle = (utc + 8 * HOUR) // cycle_ms
        number, quality = v[name]
        if quality != "good" or cycle == told:
            continue
        out.append((utc, number, since if since > 0 else None))
        told, since = cycle, 0
    return out


def water_point(scans, name, cycle_ms, volume, mass=False):
    point = Point(name, cycle_ms, "water", weighted=not mass)
    found = {utc: (number, weight) for utc, number, weight in volume}
    for utc, _ in scans:
        number, weight = found.get(utc, (None, None))
        if number is None:
            point.add(utc, None, "absent")
        elif mass:
            point.add(utc, *((None, "invalid-input") if weight is None else
                             (number * weight / 1000, "good")))
        else:
            point.add(utc, number, "good", weight)
    return point


def bsm1(driver):
    every_ms, cycles = 900_000, {"cod": 1, "nh3-n": 2, "tn": 4}
    scans = recordings.bsm1()
    calls = recordings.calls_of("works", scans)
    lines = run(driver, "bsm1.yaml", calls)
    told, until = statistics(lines), calls[-1][1] - 2000
    days = {}
    for end in ("", "-inlet"):
        volume = volumes(scans, "flow" + end, every_ms)
        for pollutant, hours in cycles.items():
            name, cycle_ms = pollutant + end, hours * HOUR
            found = results(scans, name, cycle_ms, volume)
            point = water_point(scans, f"outfall.{name}", cycle_ms, found)
            days[name] = compare(point, "day", told, until)
            if hours == 1:
                compare(point, "hour", told, until)
            point = water_point(scans, f"outfall.{name}-mass", cycle_ms, found, mass=True)
            compare(point, "day", told, until)
            days[name, "results"] = found
    compare_events(events(lines), "outfall.cod", "exceedance.day", verdicts(days["cod"], "37"))
    compare_events(events(lines), "outfall.nh3-n", "exceedance.day", verdicts(days["nh3-n"], "4.6"))
    single = [(utc, number) for utc, number, _ in days["cod", "results"]]
    compare_events(events(lines), "outfall.cod", "exceedance.single",
                   single_verdicts(single, "45"), single=True)


def plant(driver):
    """A day is one result; what is told is the month's: weighted by flow, of the days that are due."""
    day_ms = 24 * HOUR
    scans = recordings.plant()
    calls = recordings.calls_of("works", scans)
    lines = run(driver, "plant.yaml", calls, tell="day month")
    told, until = statistics(lines), calls[-1][1] - 2000
    for name in ("ss", "cod", "cod-inlet"):
        end = "-inlet" if "inlet" in name else ""
        point = Point(f"outfall.{name}", day_ms, "water", weighted=True)
        before, since, scan = None, 0, None
        for utc, v in scans:
            flow, quality = v["flow" + end]
            hole = scan is not None and utc - scan > day_ms  # weighs no result of one day
            if quality == "good":
                if before is not None and utc - before <= 3 * day_ms and not hole:
                    since += flow * (utc - before) / HOUR
                before = utc
            scan = utc
            number, quality = v[name]
            point.add(utc, number, quality, since if since > 0 else None)
            since = 0
        compare(point, "day", told, until)
        compare(point, "month", told, until)
    ph = Point("works.ph", day_ms, "water")
    for utc, v in scans:
        ph.add(utc, *v["ph"])
    compare(ph, "month", told, until)


# ---- the rest ----

def air(driver):
    scans = recordings.air()
    calls = recordings.calls_of("monitor", scans)
    lines = run(driver, "air.yaml", calls)
    told, until = statistics(lines), calls[-1][1] - 2000
    found = {}
    for name in ("nmhc", "nox", "co"):
        point = Point(f"monitor.{name}", HOUR, "share")
        for utc, v in scans:
            point.add(utc, *v[name])
        found[name] = compare(point, "hour", told, until), compare(point, "day", told, until)
    compare_events(events(lines), "boundary.co", "exceedance.hour",
                   verdicts(found["co"][0], "4"))
    compare_events(events(lines), "boundary.nmhc", "exceedance.day",
                   verdicts(found["nmhc"][1], "200"))
    compare_events(events(lines), "boundary.nox", "exceedance.day",
                   verdicts(found["nox"][1], "90", below=True))


# ---- electricity ----

def running(scans, name, on, off, delay_ms):
    """(verdict or None, since) at each scan: otherwise than before for as long as the delay."""
    out, verdict, since, pending = [], None, None, None
    for utc, v in scans:
        now = v[name][0] > (off if verdict else on)
        if now == verdict:
            pending = None
        elif pending is None:
            pending = utc
        if pending is not None and utc - pending >= delay_ms:
            verdict, since, pending = now, pending, None
        out.append((verdict, since))
    return out


def synchronous_points(scans, production, treatment):
    minutes = ("production-minutes", "minutes-together", "minutes-alone")
    names = (*minutes, "production-running", "treatment-running", "synchronous",
             "production-energy", "treatment-energy")
    points = {name: Point(f"works.{name}", 900_000, "share", weighted=name == "synchronous")
              for name in names}
    for i, (utc, v) in enumerate(scans):
        run_p, run_t = production[i][0], treatment[i][0]
        length = (utc - scans[i - 1][0]) / 60_000 if i else None
        known = {"production-running": run_p, "treatment-running": run_t,
                 "production-minutes": run_p, "minutes-together": run_p and run_t,
                 "minutes-alone": None if run_p is None else run_p and not run_t}
        for name, on in known.items():
            if on is None:
                points[name].add(utc, None, "invalid-input")
            elif name in minutes and length is None:
                points[name].add(utc, None, "absent")
            else:
                points[name].add(utc, on * (length if name in minutes else 1))
        if run_p is None:
            points["synchronous"].add(utc, None, "invalid-input")
        else:
            points["synchronous"].add(utc, run_p * run_t, "good", run_p * length)
        if i:
            points["production-energy"].add(utc, v["press"][0] * length / 60)
            points["treatment-energy"].add(utc, v["counter"][0] - scans[i - 1][1]["counter"][0])
        else:
            points["production-energy"].add(utc, None, "absent")
            points["treatment-energy"].add(utc, None, "absent")
    return points


def treatment_off(scans, production, treatment, warning_ms, alarm_ms):
    """(phase, severity, t, since, reason) of every record there must be."""
    out, severity, begin = [], None, None
    for (utc, _), (run_p, since_p), (run_t, since_t) in zip(scans, production, treatment):
        if run_p and run_t is False:
            begin = max(since_p, since_t)
            grown = "alarm" if utc - begin >= alarm_ms else "warning"
            if severity is None and utc - begin >= warning_ms:
                out.append(("opened", grown, utc, begin, None))
                severity = grown
            elif severity == "warning" and grown == "alarm":
                out.append(("updated", grown, utc, begin, None))
                severity = grown
            continue
        if severity:
            reason = "running" if run_t else "production-stopped"
            out.append(("closed", severity, utc, begin, reason))
        severity = None
    return out


def steel(driver):
    scans = recordings.steel()
    calls = recordings.calls_of("meter", scans)
    lines = run(driver, "steel.yaml", calls)
    told, until = statistics(lines), calls[-1][1] - 2000
    production = running(scans, "press", 50, 25, 1_200_000)
    treatment = running(scans, "fan", 20, 10, 0)
    energy, whole_days = 0, 0
    for name, point in synchronous_points(scans, production, treatment).items():
        compare(point, "hour", told, until)
        days = compare(point, "day", told, until)
        if name == "production-energy":
            energy, whole_days = sum(one["sum"] for one in days.values()), len(days)
    rows = recordings.rows_of("steel")
    whole = sum(Decimal(row["kwh"]) for row in rows[1:whole_days * 96])
    check(abs(Decimal(energy) - whole) < Decimal("1e-6"), f"kWh: {energy} of days, {whole} of rows")
    theirs = [(e["phase"], e["severity"], e["t"], e["since"], e["details"].get("reason"))
              for e in events(lines, "treatment.off")
              if e["phase"] != "updated" or e["severity"] == "alarm"]
    mine = treatment_off(scans, production, treatment, 1_200_000, 3_000_000)
    growths = []
    for one in theirs:  # an alarm is told again by the hour; the first tells that it has grown
        if one[0] == "updated" and growths and growths[-1][1] == "alarm":
            continue
        growths.append(one)
    check(growths == mine, f"treatment.off: {len(mine)} reckoned, {len(growths)} told, first "
          f"difference {next(((a, b) for a, b in zip(mine, growths) if a != b), None)}")
    check(mine, "treatment.off: nothing to compare")


CASES = {
    "coal": coal,
    "coal-fine": lambda driver: coal(driver, True),
    "bsm1": bsm1,
    "plant": plant,
    "air": air,
    "steel": steel,
}


def main():
    CASES[sys.argv[2]](sys.argv[1])
    return finish(f"series {sys.argv[2]}")


if __name__ == "__main__":
    sys.exit(main())

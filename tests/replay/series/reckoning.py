"""Means, validity, letters and verdicts reckoned again, from the documents alone (docs/periods.md,
docs/limits.md, docs/waste-gas.md) and without the code under test: sums by math.fsum, comparisons in
decimal, whole periods at once instead of running tallies.
"""
import datetime
import math
from collections import defaultdict
from decimal import ROUND_HALF_EVEN, Context, Decimal

from driver import check, near, wrong

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
BEIJING = 8 * HOUR
SPANS = {"minute": MINUTE, "hour": HOUR, "day": DAY}
LETTER = {"good": "N", "calibration": "C", "maintenance": "M", "fault": "D", "sentinel": "D",
          "stopped": "F", "timeout": "B", "over-range": "T", "invalid-input": "D",
          "conversion-invalid": "D"}
WORST_FIRST = "BDCMFTSN"
EPOCH = datetime.datetime(1970, 1, 1)


def local(utc_ms):
    return EPOCH + datetime.timedelta(milliseconds=utc_ms + BEIJING)


def utc_of(moment):
    return int((moment - EPOCH) / datetime.timedelta(milliseconds=1)) - BEIJING


def span_of(period, utc_ms):
    if period != "month":
        length = SPANS[period]
        start = (utc_ms + BEIJING) // length * length - BEIJING
        return start, start + length
    first = local(utc_ms).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return utc_of(first), utc_of((first + datetime.timedelta(days=31)).replace(day=1))


class Point:
    """Readings of one point: (utc_ms, number or None, quality, weight or None). The quality "absent"
    is no reading: the period was lived, and has a statistic without any."""

    def __init__(self, name, every_ms, rule="gas", weighted=False):
        self.name, self.every_ms, self.rule, self.weighted = name, every_ms, rule, weighted
        self.readings = []

    def add(self, utc_ms, number, quality="good", weight=None):
        self.readings.append((utc_ms, number, quality, weight))

    def groups(self, period):
        groups = defaultdict(list)
        for reading in self.readings:
            groups[span_of(period, reading[0])].append(reading)
        return sorted(groups.items())


def counts(point, reading):
    _, number, quality, weight = reading
    return quality == "good" and number is not None and not (point.weighted and weight is None)


def letter_of(point, readings, valid, expected):
    arrived = [r for r in readings if LETTER[r[2]] != "B"]
    if not arrived:
        return "B"
    if point.rule != "water":
        return "N" if valid and valid * 4 >= (expected or len(arrived)) * 3 else "D"
    if len(arrived) + 1 < expected:
        return "B"
    return min((LETTER[r[2]] for r in readings), key=WORST_FIRST.index)


def is_valid(point, period, readings, valid, expected):
    """Gas that is read each minute: 75 % of a minute, 45 minutes, 20 hours; else 75 %."""
    if not valid:
        return False
    if point.rule == "gas" and point.every_ms <= MINUTE and period in ("hour", "day"):
        part, needed = ("minute", 45) if period == "hour" else ("hour", 20)
        whole = Point(point.name, point.every_ms, point.rule, point.weighted)
        whole.readings = readings
        return sum(summary(whole, part, group)["is_valid"]
                   for _, group in whole.groups(part)) >= needed
    return valid * 4 >= (expected or len(readings)) * 3


def summary(point, period, readings):
    start, end = span_of(period, readings[0][0])
    readings = [r for r in readings if r[2] != "absent"]
    used = [r for r in readings if counts(point, r)]
    numbers = [r[1] for r in used]
    expected = (end - start) // point.every_ms
    found = {"start": start, "end": end, "date": str(local(start).date()),
             "min": min(numbers, default=None), "max": max(numbers, default=None),
             "sum": math.fsum(numbers) if numbers else None,
             "mean": math.fsum(numbers) / len(numbers) if numbers else None,
             "count": sum(LETTER[r[2]] != "B" for r in readings),
             "valid": len(numbers), "expected": expected,
             "letter": letter_of(point, readings, len(numbers), expected),
             "is_valid": is_valid(point, period, readings, len(numbers), expected)}
    if point.weighted:
        weight = math.fsum(r[3] for r in used)
        found["mean"] = math.fsum(r[1] * r[3] for r in used) / weight if weight > 0 else None
        found["is_valid"] = found["is_valid"] and weight > 0
    return found


def compare(point, period, told, until):
    """Every period that ended against what the driver told, and nothing else was told."""
    mine = {start: summary(point, period, group)
            for (start, end), group in point.groups(period) if end <= until}
    theirs = {start: line for (name, of, start), line in told.items()
              if name == point.name and of == period}
    for start in mine.keys() ^ theirs.keys():
        wrong(f"{point.name} {period} {local(start)}: only "
              f"{'reckoned' if start in mine else 'told'}")
    for start in mine.keys() & theirs.keys():
        for key in ("end", "date", "count", "valid", "expected", "letter"):
            check(mine[start][key] == theirs[start][key], f"{point.name} {period} {local(start)} "
                  f"{key}: {mine[start][key]} reckoned, {theirs[start][key]} told")
        for key in ("min", "max", "mean", "sum"):
            check(near(mine[start][key], theirs[start][key]), f"{point.name} {period} "
                  f"{local(start)} {key}: {mine[start][key]} reckoned, {theirs[start][key]} told")
    check(mine, f"{point.name}: no {period} was compared")
    return mine


# ---- verdicts ----

SEVEN = Context(prec=7, rounding=ROUND_HALF_EVEN)


def exceeded(number, limit, below=False):
    """Strictly, of the decimal with the 7 digits a float register holds (docs/limits.md)."""
    rounded = SEVEN.create_decimal(Decimal(number))
    return rounded < Decimal(limit) if below else rounded > Decimal(limit)


def verdicts(periods, limit, below=False):
    """What the events must be: lists of (phase, value, first, last, periods, reason). `periods`: what
    compare() returns. Consecutive ones are one event; one that is not valid, or does not follow the
    last, ends it."""
    out, first, last, end, count, value = [], None, None, None, 0, None
    for start, one in sorted(periods.items()):
        valid = one["is_valid"]
        if count and (not valid or start != end):
            reason = "interrupted" if valid else "invalid-period"
            out.append(("closed", value, first, last, count, reason))
            count = 0
        if not valid:
            continue
        if exceeded(one["mean"], limit, below):
            value, last, end = one["mean"], start, one["end"]
            first, count = (first, count + 1) if count else (start, 1)
            out.append(("opened" if count == 1 else "updated", value, first, last, count, None))
        elif count:
            out.append(("closed", one["mean"], first, last, count, None))
            count = 0
    return out


def single_verdicts(results, limit):
    """Results (utc_ms, number) that follow each other are one event, however far apart."""
    out, first, last, count = [], None, None, 0
    for utc, number in results:
        if exceeded(number, limit):
            first, last, count = first if count else utc, utc, count + 1
            out.append(("opened" if count == 1 else "updated", number, first, last, count, None))
        elif count:
            out.append(("closed", number, first, last, count, None))
            count = 0
    return out


def compare_events(told, subject, kind, mine, single=False):
    """A single result's updates are told at most once a minute, so only its ends are compared."""
    words = ("first_result_ms", "last_result_ms", "results") if single else (
        "first_period_ms", "last_period_ms", "periods")
    theirs = [(e["phase"], e["value"], *(e["details"][w] for w in words), e["details"].get("reason"))
              for e in told
              if e["subject"] == subject and e["kind"] == kind and e["phase"] != "noted"]
    name = f"{kind} of {subject}"
    if not check(len(mine) == len(theirs), f"{name}: {len(mine)} records reckoned, "
                 f"{len(theirs)} told"):
        return
    for a, b in zip(mine, theirs):
        check(a[0] == b[0] and a[2:] == b[2:] and near(a[1], b[1]), f"{name}: {a} / {b}")
    check(mine, f"{name}: nothing to compare")

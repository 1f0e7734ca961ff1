"""The series of tests/data/series as calls of the driver. What a series does not have is made of its
other columns, and said here."""
import csv
import datetime
import io
import lzma
import os
import random
from decimal import Decimal

from driver import GOOD, HERE
from reckoning import DAY, HOUR, MINUTE, utc_of

QUARTER = 15 * MINUTE
START = utc_of(datetime.datetime(2026, 11, 1)) # of series that have no date of their own


def rows_of(name):
    path = os.path.join(HERE, "..", "..", "data", "series", name + ".csv.xz")
    with open(path, "rb") as file:
        return list(csv.DictReader(io.StringIO(lzma.decompress(file.read()).decode())))


def good(**values):
    return {name.replace("_", "-"): (number, GOOD) for name, number in values.items()}


def calls_of(device, scans):
    """Scans (utc_ms, values) and a tick that closes what has ended."""
    first = scans[0][0]
    calls = [(1000 + utc - first, utc, device, values) for utc, values in scans]
    last = scans[-1][0]
    return calls + [(4000 + last - first, last + 3000, None, None)]


def coal_values(row):
    """O2, coal, temperature and pressure as recorded (degF, inH2O converted). Stand-ins: so2 by the
    oxygen of the other side, nox by the power, the flow by the coal, humidity by the power."""
    o2, other, coal, power, temperature, pressure = (
        float(row[tag]) for tag in ("BG3506A", "BG3506B", "DGS3", "1LDC-GROSS-MW", "BA2054", "BA2053"))
    return good(so2=40 * other, nox=0.35 * power, o2=o2, flow=7500 * coal,
                temperature=(temperature - 32) / 1.8, pressure=249.089 * pressure,
                humidity=6 + 0.02 * power, coal=coal)


def spoil(values, seed, utc, share=1.0):
    """Every so often a calibration, a lost poll, a fault: some minutes at a time."""
    dice = random.Random(seed * 1_000_003 + utc // (10 * MINUTE)).random() / share
    quality = next((q for limit, q in ((0.01, "timeout"), (0.02, "calibration"), (0.03, "fault"))
                    if dice < limit), None)
    if not quality:
        return values
    return {name: ((None, quality) if quality == "timeout" else (1900.0, quality))
            if name in ("so2", "nox") else value for name, value in values.items()}


def coal(seed=1):
    """As it was read, each 10 minutes, with its gaps."""
    scans = []
    for row in rows_of("coal"):
        utc = utc_of(datetime.datetime.fromisoformat(row["time"]))
        scans.append((utc, spoil(coal_values(row), seed, utc)))
    return scans


def coal_fine(seed=2, days=4, every_ms=20_000):
    """A value holds until the next, as a DCS archive has it; what is missing for more than 40 minutes
    was not read. The last whole day is bad: hours and the day itself are not valid."""
    first = utc_of(datetime.datetime(2020, 3, 5))
    known = [(utc_of(datetime.datetime.fromisoformat(row["time"])), coal_values(row))
             for row in rows_of("coal")]
    scans, at = [], 0
    for utc in range(first, first + days * DAY, every_ms):
        while at + 1 < len(known) and known[at + 1][0] <= utc:
            at += 1
        if utc - known[at][0] <= 40 * MINUTE:
            share = 12 if (utc - first) // DAY == days - 2 else 1
            scans.append((utc, spoil(known[at][1], seed, utc, share)))
    return scans


def bsm1(seed=3):
    """Inflow as the benchmark has it. Stand-in for the outflow: a share of the inflow 6 hours before,
    which flows on as fast. Single polls are lost."""
    rows = [{k: Decimal(v) for k, v in row.items()} for row in rows_of("bsm1")]
    dice, scans = random.Random(seed), []
    for i, row in enumerate(rows):
        before = rows[max(i - 24, 0)]
        values = good(cod_inlet=float(row["cod"]), nh3_n_inlet=float(row["nh"]),
                      tn_inlet=float(row["tn"]), flow_inlet=float(row["m3_per_day"] / 24),
                      cod=float(before["cod"] * Decimal("0.1")),
                      nh3_n=float(before["nh"] * Decimal("0.15")),
                      tn=float(before["tn"] * Decimal("0.25")),
                      flow=float(before["m3_per_day"] / 24))
        for name in ("cod", "flow"):
            if dice.random() < 0.04:
                values[name] = (None, "timeout")
        scans.append((START + i * QUARTER, values))
    return scans


def steel():
    """Production is the works' own power. Stand-in for the treatment: its reactive power, with a
    counter of what has passed."""
    scans, counter = [], Decimal(0)
    for i, row in enumerate(rows_of("steel")):
        counter += Decimal(row["kvarh"])
        scans.append((START + i * QUARTER, good(press=float(Decimal(row["kwh"]) * 4),
                                                fan=float(Decimal(row["kvarh"]) * 4),
                                                counter=float(counter))))
    return scans


def air():
    scans = []
    for row in rows_of("air"):
        day, month, year = map(int, row["date"].split("/"))
        hour = int(row["time"].split(":")[0])
        utc = utc_of(datetime.datetime(year, month, day, hour))
        cells = {name: float(row[tag]) for name, tag in
                 (("nmhc", "NMHC_GT"), ("nox", "NOx_GT"), ("co", "CO_GT"))}
        scans.append((utc, {name: (None, "sentinel") if number == -200 else (number, GOOD)
                            for name, number in cells.items()}))
    return scans


def plant():
    """A scan a day at noon."""
    found = {}
    for row in rows_of("plant"):
        day, month, year = map(int, row["day"][2:].split("/"))
        utc = utc_of(datetime.datetime(1900 + year, month, day, 12))
        cells = {"cod": row["cod"], "cod-inlet": row["cod_in"], "ss": row["ss"],
                 "ss-inlet": row["ss_in"], "ph": row["ph"]}
        values = {name: (None, "fault") if cell == "?" else (float(cell), GOOD)
                  for name, cell in cells.items()}
        flow = (None, "fault") if row["q"] == "?" else (float(Decimal(row["q"]) / 24), GOOD)
        found[utc] = values | {"flow": flow, "flow-inlet": flow}
    return sorted(found.items())


__all__ = ["DAY", "HOUR", "MINUTE", "QUARTER", "air", "bsm1", "calls_of", "coal", "coal_fine", "plant",
           "steel"]

#!/usr/bin/python3
"""Makes tests/data/series/*.csv.xz of the whole series, which are not part of this tree.

usage: excerpt.py TIMESERIES_DIRECTORY

Only the columns and rows the tests use; numbers are copied as they stand there, sums of columns are
made in decimal. Origins and licences: tests/data/series/README.md.
"""
import csv
import datetime
import lzma
import os
import sys
from decimal import Decimal

TARGET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data", "series")


def rows_of(folder, name, encoding="utf-8"):
    with open(os.path.join(folder, name), encoding=encoding, newline="") as file:
        return list(csv.reader(file))


def write(name, head, rows):
    text = "\n".join(",".join(row) for row in [head, *rows]) + "\n"
    with open(os.path.join(TARGET, name + ".csv.xz"), "wb") as file:
        file.write(lzma.compress(text.encode(), preset=9))


def coal(folder):
    """The rows are not in the order of time; a day at the plant is a day in the test."""
    tags = ["BG3506A", "BG3506B", "DGS3", "1LDC-GROSS-MW", "BA2054", "BA2053"]
    head, *rows = rows_of(folder, "coal_plant_escalante_dcs.csv")
    at = [head.index(tag) for tag in tags]
    found = sorted((datetime.datetime.strptime(row[0], "%m/%d/%Y %H:%M"), [row[i] for i in at])
                   for row in rows)
    first = datetime.datetime(2020, 2, 28)
    write("coal", ["time", *tags],
          [[time.isoformat(), *cells] for time, cells in found if time >= first])


def bsm1(folder):
    """COD is the sum of its fractions; total N as in the benchmark: i_XB 0.08, i_XP 0.06."""
    out = []
    for row in rows_of(folder, "bsm1_dryinfluent.csv"):
        days, *cells = map(Decimal, row)
        cod = sum(cells[:7])
        tn = cells[8] + cells[9] + cells[10] + cells[11]
        tn += Decimal("0.08") * (cells[4] + cells[5]) + Decimal("0.06") * (cells[2] + cells[6])
        out.append([str(round(days * 96)), *map(str, (cod, cells[9], tn, cells[14]))])
    write("bsm1", ["quarter", "cod", "nh", "tn", "m3_per_day"], out)


def steel(folder):
    """The first 60 days. A row is labelled by its end; its midnight has the date that ends."""
    head, *rows = rows_of(folder, "steel_industry_energy_15min.csv", "utf-8-sig")
    kwh, kvarh = head.index("Usage_kWh"), head.index("Lagging_Current_Reactive_Power_kVarh")
    write("steel", ["quarter", "kwh", "kvarh"],
          [[str(i), row[kwh], row[kvarh]] for i, row in enumerate(rows[:60 * 96])])


def air(folder):
    head, *rows = rows_of(folder, "air_quality_uci_raw_nmhc.csv")
    names = ["NMHC_GT", "NOx_GT", "CO_GT"]
    at = [head.index(name) for name in names]
    day = [row for row in rows if row and row[0]]
    write("air", ["date", "time", *names],
          [[row[0], row[1], *(row[i] for i in at)] for row in day[:60 * 24]])


def plant(folder):
    """Inflow, and pH, BOD, COD and SS of inflow and outflow; `?` is missing."""
    lines = [row for row in rows_of(folder, "uci_water_treatment_daily.data") if len(row) == 39]
    at = [0, 1, 3, 4, 5, 6, 23, 24, 25, 26]  # of E, the inflow, and S, the outflow
    write("plant", ["day", "q", "ph_in", "bod_in", "cod_in", "ss_in", "ph", "bod", "cod", "ss"],
          [[row[i].strip() for i in at] for row in lines if row[0].startswith("D-")])


def main():
    for make in (coal, bsm1, steel, air, plant):
        make(sys.argv[1])
    return 0


if __name__ == "__main__":
    sys.exit(main())

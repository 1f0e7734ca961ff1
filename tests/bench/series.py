#!/usr/bin/python3
"""Sizes at rest of real series, beside Gorilla and delta + zstd.

usage: series.py CSV...  (../shared/data/timeseries/*.csv)

Each numeric column is quantised to a 16-bit register over its range, as an instrument would deliver
it, and read once a second with 0 to 5 ms of jitter. parkgate: the whole store file after storefill,
with its tables, and its segments alone; what is short of a mebibyte of records is not yet merged.
The others: what they would encode of times and values, a block of 300 rows a point, without any
file around it: Gorilla (VLDB 2015; values as single floats, by bits) and zstd level 3 over varints of
differences. Prints one line of JSON a file.
"""
import csv
import json
import os
import random
import sqlite3
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]

import zstandard  # noqa: E402
from lab.processes import program  # noqa: E402

BLOCK = 300


def columns_of(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    columns = []
    for cells in zip(*rows[1:]):
        try:
            numbers = [float(cell) for cell in cells]
        except ValueError:
            continue
        low, high = min(numbers), max(numbers)
        if high > low:
            columns.append([round((n - low) / (high - low) * 65535) for n in numbers])
    return columns


def gorilla_bits(times, values):
    bits, before_step, window = 64 + 64, None, None
    words = [struct.unpack(">I", struct.pack(">f", value))[0] for value in values]
    for i in range(1, len(times)):
        step = times[i] - times[i - 1]
        change = step - before_step if before_step is not None else step
        before_step = step
        bits += (1 if change == 0 else 9 if -63 <= change <= 64 else 12 if -255 <= change <= 256
                 else 16 if -2047 <= change <= 2048 else 36)
        xor = words[i] ^ words[i - 1]
        if xor == 0:
            bits += 1
            continue
        lead, trail = 32 - xor.bit_length(), (xor & -xor).bit_length() - 1
        if window and lead >= window[0] and trail >= window[1]:
            bits += 2 + 32 - window[0] - window[1]
        else:
            window = (lead, trail)
            bits += 2 + 5 + 6 + 32 - lead - trail
    return bits


def varint(number):
    folded = number << 1 if number >= 0 else (-number << 1) - 1
    out = bytearray()
    while folded >= 0x80:
        out.append(folded & 0x7F | 0x80)
        folded >>= 7
    out.append(folded)
    return bytes(out)


def delta_zstd_bytes(times, values):
    out = b"".join(varint(b - a) for a, b in zip([0] + times, times))
    out += b"".join(varint(b - a) for a, b in zip([0] + values, values))
    return len(zstandard.ZstdCompressor(level=3).compress(out))


def ours(columns, folder):
    points = {f"p{i}": {"holding": i} for i in range(len(columns))}
    site = {"gateway": {"park": "bench", "name": "bench"}, "buses": {"b": {"tcp": "127.0.0.1:1"}},
            "devices": {"d": {"bus": "b", "unit": 1, "every": "1s", "points": points}}}
    with open(os.path.join(folder, "site.yaml"), "w") as file:
        json.dump(site, file, indent=1)
        file.write("\n")
    with open(os.path.join(folder, "words"), "wb") as file:
        for row in zip(*columns):
            file.write(struct.pack(f"<{len(row)}H", *row))
    subprocess.run([program("storefill"), "--words", os.path.join(folder, "words"), folder,
                    os.path.join(folder, "site.yaml"), str(len(columns[0]))], check=True,
                   stdout=subprocess.DEVNULL)
    path = os.path.join(folder, "parkgate.db")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as store:
        bodies = store.execute("SELECT sum(length(body)) FROM segments").fetchone()[0]
    return os.path.getsize(path), bodies


def measure(path):
    columns, chance = columns_of(path), random.Random(1)
    rows = len(columns[0])
    samples = rows * len(columns)
    times = [1780000000000 + 1000 * i + chance.randrange(6) for i in range(rows)]
    gorilla = zstd = 0
    for column in columns:
        for at in range(0, rows, BLOCK):
            block = slice(at, at + BLOCK)
            gorilla += gorilla_bits(times[block], column[block]) / 8
            zstd += delta_zstd_bytes(times[block], column[block])
    with tempfile.TemporaryDirectory() as folder:
        size, bodies = ours(columns, folder)
    print(json.dumps({"series": os.path.basename(path), "points": len(columns), "rows": rows,
                      "parkgate": round(size / samples, 3),
                      "parkgate_segments": round(bodies / samples, 3),
                      "gorilla": round(gorilla / samples, 3),
                      "delta_zstd": round(zstd / samples, 3)}))


for argument in sys.argv[1:]:
    measure(argument)

#!/usr/bin/python3
"""The tables of the loadable extension, row by row against what lab/segments.py and cbor2 find in
the same file without any of our own code; what a query leaves out is not unpacked; what is damaged
is an error that names its place.

usage: extension.py STORE_FILL EXTENSION"""
import contextlib
import datetime
import itertools
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile

import cbor2

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.segments import unpack  # noqa: E402

SAMPLES = ("t time device point value unit quality stream sequence boot mono clock").split()
STATISTICS = ("t time device point period end revision min max mean sum count valid expected letter"
              " sequence recorded").split()
EVENTS = ("t time kind phase severity subject device point since duration value peak limit_"
          " averaging details sequence store opened").split()
PERIODS = [None, "minute", "ten-minutes", "quarter", "hour", "day", "month", "five-minutes"]
BEIJING = datetime.timezone(datetime.timedelta(hours=8))
DAMAGED = "damaged"


def time_text(utc_ms):
    if utc_ms is None:
        return None
    at = datetime.datetime.fromtimestamp(utc_ms // 1000, BEIJING)
    at = at.replace(microsecond=utc_ms % 1000 * 1000)
    return at.isoformat(timespec="milliseconds")


# ---- what is in the file ----

class File:
    """Segments and registry as they stand in the file."""

    def __init__(self, path):
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as plain:
            self.segments = plain.execute("SELECT id,stream,first,last,codec,body FROM segments"
                                          " ORDER BY id").fetchall()
            self.devices = dict(plain.execute("SELECT number,name FROM devices"))
            self.points = {number: tuple(rest) for number, *rest in plain.execute(
                "SELECT number,device,name,unit FROM points")}
            self.store, = plain.execute("SELECT value FROM meta WHERE key='store_id'").fetchone()

    def records(self, *streams):
        for _, stream, first, _, codec, body in self.segments:
            if stream in streams:
                yield from (cbor2.loads(raw) for raw in unpack(codec, body, first))

    def samples(self):
        for record in self.records(5, 6):
            _, stream, sequence, t, boot, mono, clock, device, values, qualities, _ = record
            for number, value in values.items():
                _, point, unit = self.points[number]
                if isinstance(value, int) and value >= 1 << 63:
                    value = float(value)
                yield (t, time_text(t), self.devices[device], point, value, unit,
                       qualities.get(number, [0])[0], "sample" if stream == 5 else "trend",
                       sequence, boot, mono, clock)

    def statistics(self):
        for record in self.records(3, 4):
            sequence, recorded, number, period, start = (record[i] for i in (2, 3, 7, 8, 9))
            device, point, _ = self.points[number]
            yield (start, time_text(start), device, point, PERIODS[period], *record[10:20],
                   sequence, recorded)

    def events(self):
        for record in self.records(1):
            _, _, sequence, t, _, _, _, kind, phase, severity, store, opened, subject = record[:13]
            number, since, _, _, _, duration, value, peak, limit, averaging, details = record[13:]
            device, point, _ = self.points.get(number, (None, None, None))
            yield (t, time_text(t), kind, [None, "opened", "updated", "closed", "noted"][phase],
                   ["info", "warning", "alarm"][severity], subject, device, point, since,
                   None if duration < 0 else duration, value, peak, limit, averaging, details,
                   sequence, store if opened else self.store, opened or sequence)


# ---- asking ----

def load(path):
    database = sqlite3.connect(path)
    database.enable_load_extension(True)
    database.load_extension(os.path.splitext(os.path.abspath(sys.argv[2]))[0])
    database.enable_load_extension(False)
    return database


def ask(database, sql, *values):
    """Rows; the details of events as what the JSON says."""
    cursor = database.execute(sql, values)
    names = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    if "details" not in names:
        return rows
    at = names.index("details")
    return [row[:at] + (json.loads(row[at]),) + row[at + 1:] for row in rows]


def exact(rows):
    """Rows as text: 1 is not 1.0, 0.0 is not -0.0, and order counts. Details are compared as the
    numbers they are: JSON knows no integers."""
    def shown(value):
        if isinstance(value, dict):
            return {key: float(inner) if isinstance(inner, int) else inner
                    for key, inner in value.items()}
        return value
    return [repr(tuple(shown(value) for value in row)) for row in rows]


def same(found, expected, what):
    found, expected = exact(found), exact(expected)
    for left, right in itertools.zip_longest(found, expected):
        assert left == right, f"{what}:\n  found    {left}\n  expected {right}"


def refusal(database, sql, *values):
    """The sentence with which it fails."""
    try:
        database.execute(sql, values).fetchall()
    except sqlite3.Error as error:
        return str(error)
    raise AssertionError(f"no error: {sql}")


# ---- the checks ----

def check_rows(path):
    """Every row of the three tables, in the file's order."""
    file = File(path)
    with contextlib.closing(load(path)) as database:
        for table, columns, rows in (("samples", SAMPLES, file.samples()),
                                     ("statistics", STATISTICS, file.statistics()),
                                     ("events", EVENTS, file.events())):
            rows = list(rows)
            assert len(rows) >= 12, f"{table}: {len(rows)} rows only"
            same(ask(database, f"SELECT * FROM {table}"), rows, table)
            names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            assert names == columns, f"{table}: {names}"
            print(f"{table}: {len(rows)} rows are the same")


# What a query may say, as SQL and as Python would answer it of a row; None: not true of NULL.
def terms(rng, table, columns, rows):
    def one(name, sign, value):
        at = columns.index(name)
        tests = {"=": lambda x: x == value, ">=": lambda x: x >= value, ">": lambda x: x > value,
                 "<=": lambda x: x <= value, "<": lambda x: x < value}
        return (f'"{name}"{sign}?', [value],
                lambda row: value is not None and row[at] is not None and tests[sign](row[at]))

    def among(name, values):
        at = columns.index(name)
        return f'"{name}" IN ({",".join("?" * len(values))})', values, \
            lambda row: row[at] is not None and row[at] in values

    def between(name, low, high):
        at = columns.index(name)
        return (f'"{name}" BETWEEN ? AND ?', [low, high],
                lambda row: row[at] is not None and low <= row[at] <= high)

    def some(name):
        value = rng.choice(rows)[columns.index(name)]
        return value if value is None or isinstance(value, str) else \
            value + rng.choice((-1, 0, 0, 0.5, 1, 1e300, -1e300))

    numbers = {"samples": ("t", "sequence"), "events": ("t", "sequence"),
               "statistics": ("t", "sequence", "recorded")}[table]
    texts = {"samples": ("device", "point", "stream"), "events": ("device", "point"),
             "statistics": ("device", "point", "period")}[table]
    number, text = rng.choice(numbers), rng.choice(texts)
    kind = rng.randrange(6)
    if kind == 0:
        ends = sorted(value for value in (some(number), some(number)) if value is not None)
        return between(number, ends[0], ends[-1]) if ends else one(number, "=", None)
    if kind in (1, 2):
        return one(number, rng.choice(("=", ">=", ">", "<=", "<")), some(number))
    if kind == 3:
        return among(text, [some(text), rng.choice(("nothing", some(text)))])
    if kind == 4:
        return among(number, [some(number) for _ in range(3)])
    return one(text, "=", rng.choice((some(text), some(text), "nothing", None)))


def check_filters(path):
    """Terms joined at random by AND and OR leave the rows that Python leaves."""
    file, rng, kept = File(path), random.Random(20261121), 0
    with contextlib.closing(load(path)) as database:
        for table, columns, rows in (("samples", SAMPLES, list(file.samples())),
                                     ("statistics", STATISTICS, list(file.statistics())),
                                     ("events", EVENTS, list(file.events()))):
            for _ in range(1000):
                a, b, c = (terms(rng, table, columns, rows) for _ in range(3))
                where, holds = rng.choice((
                    ("{0}", lambda row: a[2](row)),
                    ("{0} AND {1}", lambda row: a[2](row) and b[2](row)),
                    ("{0} OR {1}", lambda row: a[2](row) or b[2](row)),
                    ("({0} OR {1}) AND {2}", lambda row: (a[2](row) or b[2](row)) and c[2](row))))
                where = where.format(a[0], b[0], c[0])
                values = [*a[1], *b[1], *c[1]][:where.count("?")]
                found = ask(database, f"SELECT * FROM {table} WHERE {where}", *values)
                expected = [row for row in rows if holds(row)]
                same(sorted(found, key=repr), sorted(expected, key=repr),
                     f"{table} WHERE {where} {values}")
                kept += len(found)
    assert kept > 10000, f"the terms leave nothing: {kept}"
    print(f"3000 queries leave the {kept} rows they should")


def check_plans(path):
    def plan(database, sql):
        return " ".join(row[3] for row in database.execute("EXPLAIN QUERY PLAN " + sql))

    with contextlib.closing(load(path)) as database:
        for sql, told in (
                ("SELECT * FROM samples WHERE t BETWEEN 1 AND 2", "t>= t<="),
                ("SELECT * FROM samples WHERE t>1 AND t<2 AND stream='trend'", "t> t< stream="),
                ("SELECT * FROM samples WHERE point='so2' AND device='cems'", "point= device="),
                ("SELECT * FROM statistics WHERE period='hour' AND recorded>=1",
                 "period= recorded>="),
                ("SELECT * FROM events WHERE sequence=7", "sequence="),
                ("SELECT * FROM events WHERE t=7", "t=")):
            shown = plan(database, sql)
            assert shown.endswith("VIRTUAL TABLE INDEX 0:" + told), f"{sql}: {shown}"
        shown = plan(database, "SELECT * FROM samples WHERE point='so2' COLLATE NOCASE")
        assert shown.endswith("INDEX 0:"), f"another collation is not ours: {shown}"
        shown = plan(database, "SELECT * FROM samples WHERE point='so2' OR sequence=3")
        assert "MULTI-INDEX OR" in shown, f"the arms of an OR: {shown}"
        joined = plan(database, "SELECT * FROM points p JOIN samples s ON s.point=p.name")
        assert joined.index("SCAN s") < joined.index(" p"), f"unpacked for each point: {joined}"


# ---- what is damaged ----

def damage(path, where, *values, body="randomblob(length(body))"):
    """A copy in which the bodies of these segments are rubbish."""
    copy = path + ".damaged"
    shutil.copy(path, copy)
    with contextlib.closing(sqlite3.connect(copy)) as database:
        changed = database.execute(f"UPDATE segments SET body={body} WHERE {where}", values)
        assert changed.rowcount > 0, f"nothing to damage: {where}"
        database.commit()
    return copy


def middle(path, stream):
    """Times of a segment that stands behind others of its stream and before others."""
    with contextlib.closing(sqlite3.connect(path)) as plain:
        rows = plain.execute("SELECT earliest_utc_ms,latest_utc_ms FROM segments WHERE stream=?"
                             " AND latest_utc_ms<>0 ORDER BY id", (stream,)).fetchall()
    assert len(rows) >= 3, f"{len(rows)} segments of stream {stream} with a time"
    return rows[len(rows) // 2]


def check_left_out(path):
    """Whatever is not asked for may be rubbish: it is not unpacked."""
    file = File(path)
    tables = {"samples": (SAMPLES, list(file.samples())), "events": (EVENTS, list(file.events())),
              "statistics": (STATISTICS, list(file.statistics()))}

    def still(table, rubbish, rubbish_values, where, values, holds):
        columns, rows = tables[table]
        expected = [row for row in rows if holds(dict(zip(columns, row)))]
        assert 0 < len(expected) < len(rows), f"{table} WHERE {where}: {len(expected)} rows"
        with contextlib.closing(load(damage(path, rubbish, *rubbish_values))) as database:
            same(ask(database, f"SELECT * FROM {table} WHERE {where}", *values), expected,
                 f"{table} WHERE {where}")
            sentence = refusal(database, f"SELECT * FROM {table}")
            assert DAMAGED in sentence and "sequences" in sentence, sentence

    for table, column, stream in (("samples", "t", 5), ("samples", "t", 6), ("events", "t", 1),
                                  ("statistics", "recorded", 3), ("statistics", "recorded", 4)):
        low, high = middle(path, stream)
        outside = "latest_utc_ms<? OR earliest_utc_ms>? OR latest_utc_ms=0"
        still(table, outside, (low, high), f"{column} BETWEEN ? AND ?", (low, high),
              lambda row: row[column] is not None and low <= row[column] <= high)
        still(table, "latest_utc_ms<?", (low,), f"{column}>=?", (low,),
              lambda row: row[column] is not None and row[column] >= low)
        still(table, "earliest_utc_ms>? OR latest_utc_ms=0", (high,), f"{column}<?", (high + 1,),
              lambda row: row[column] is not None and row[column] < high + 1)
    still("samples", "stream=6", (), "stream='sample'", (), lambda row: row["stream"] == "sample")
    still("samples", "stream=5", (), "stream='trend'", (), lambda row: row["stream"] == "trend")
    still("statistics", "stream=4", (), "period='hour'", (), lambda row: row["period"] == "hour")
    still("statistics", "stream=3", (), "period='minute'", (),
          lambda row: row["period"] == "minute")
    still("events", "last<7 OR first>9", (), "sequence BETWEEN 7 AND 9", (),
          lambda row: 7 <= row["sequence"] <= 9)
    print("what is not asked for is not unpacked")


def read_all(path):
    """The sentences of the tables that cannot be read."""
    sentences = []
    with contextlib.closing(load(path)) as database:
        for table in ("samples", "statistics", "events"):
            try:
                database.execute(f"SELECT * FROM {table}").fetchall()
            except (sqlite3.Error, UnicodeDecodeError) as error:
                sentences.append(str(error))
    return sentences


def check_damage(path):
    """Rubbish is an error that names its place; no bit of a body makes it crash."""
    for ident, stream, first, last, _, _ in File(path).segments:
        if stream == 2:
            continue
        name = {1: "event", 3: "period", 4: "minute", 5: "sample", 6: "trend"}[stream]
        for rubbish in ("randomblob(length(body))", "zeroblob(length(body))", "x''",
                        "substr(body,1,length(body)-1)"):
            sentence, = read_all(damage(path, "id=?", ident, body=rubbish))
            assert f"segment of stream {name}, sequences {first} to {last}: " in sentence, sentence
    rng, refused = random.Random(7), 0
    segments = [row for row in File(path).segments if row[1] != 2]
    for _ in range(1500):
        ident, _, _, _, codec, body = rng.choice(segments)
        bent = bytearray(body)
        for _ in range(rng.choice((1, 1, 2, 8))):
            bent[rng.randrange(len(bent))] = rng.randrange(256)
        refused += bool(read_all(damage(path, "id=?", ident, body=f"x'{bent.hex()}'")))
    assert 300 < refused, f"only {refused} of 1500 were noticed"
    print(f"{refused} of 1500 bent bodies were refused, the others read otherwise")


def check_refused(path):
    """Files that are no store, rows that do not fit, writing."""
    with contextlib.closing(load(":memory:")) as database:
        assert "not a store of parkgate" in refusal(database, "SELECT * FROM samples")
    changes = {"PRAGMA user_version=99": "newer parkgate",
               "UPDATE segments SET codec=9 WHERE stream=5": "newer parkgate",
               "UPDATE segments SET last=last+1 WHERE stream=5": DAMAGED,
               "UPDATE segments SET stream=6 WHERE stream=5": "wrong place",
               "UPDATE segments SET first='x' WHERE stream=5": "wrong place",
               "DROP TABLE points": "no such table: main.points"}
    for sql, told in changes.items():
        copy = path + ".changed"
        shutil.copy(path, copy)
        with contextlib.closing(sqlite3.connect(copy)) as plain:
            plain.execute(sql)
            plain.commit()
        with contextlib.closing(load(copy)) as database:
            sentence = refusal(database, "SELECT * FROM samples")
            assert sentence.startswith("parkgate: ") and told in sentence, f"{sql}: {sentence}"
    with contextlib.closing(load(path)) as database:
        assert "may not be modified" in refusal(database, "DELETE FROM samples")
        unknown = "DELETE FROM points WHERE name='so2'"
        database.execute(unknown)
        assert ask(database, "SELECT count(*) FROM samples WHERE point IS NULL AND unit IS NULL") \
            == [(sum(row[3] == "so2" for row in File(path).samples()),)]
        database.rollback()


def check_shell(path):
    if shutil.which("sqlite3") is None:
        print("no sqlite3 shell here: not tried in it")
        return
    module = os.path.splitext(os.path.abspath(sys.argv[2]))[0]
    done = subprocess.run(["sqlite3", path, f".load {module}",
                           "SELECT sum(value>1e300) FROM samples WHERE point='power'"],
                          capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("1\n", ""), f"{done}"


def main():
    with tempfile.TemporaryDirectory(prefix="parkgate-extension-") as directory:
        subprocess.run([sys.argv[1], directory], check=True)
        path = os.path.join(directory, "parkgate.db")
        for check in (check_rows, check_plans, check_filters, check_left_out, check_damage,
                      check_refused, check_shell):
            check(path)


main()

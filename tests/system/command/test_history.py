#!/usr/bin/python3
"""Command history gives what parkgatectl export shows of the same store, row by row, in parts that
fit; an answer goes on by its token over another connection and behind a restart; figures are those of
parkgatectl history."""
import csv
import datetime
import io
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.case import check, run_case  # noqa: E402
from lab.commands import Commands  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import wait_for  # noqa: E402
from lab.slave import COUNTER, Slave  # noqa: E402

SITE = """
gateway: {{park: test, name: history}}
buses:
  line: {{tcp: "127.0.0.1:{port}"}}
devices:
  plc:
    bus: line
    unit: 1
    every: 20ms
    points:
      reads: {{holding: {counter}}}
      level: {{holding: 0, scale: 0.1, unit: m}}
      name: {{holding: 1, type: string, registers: 2}}
      gone: {{holding: 700}}
"""
FIRST = 1  # of all times


def milliseconds(text):
    return round(datetime.datetime.fromisoformat(text).timestamp() * 1000)


def exported(gateway, to):
    done = gateway.ctl("export", "--store", gateway.store, "--from", "-10m", "plc")
    check(done.returncode == 0, done.stderr)
    rows = []
    for row in csv.DictReader(io.StringIO(done.stdout)):
        if milliseconds(row["time"]) < to:
            rows.append((milliseconds(row["time"]), row["point"], row["value"], row["quality"]))
    return rows


def as_exported(row):
    """A row of the command as export has it: empty where there is no value, exceptions unnumbered."""
    t, point, value, *quality = row
    text = "" if value is None else value if isinstance(value, str) else f"{value:.17g}"
    return (t, point, text, quality[0].split("-")[0] if quality else "good")


def rows_of(answers):
    return [row for answer in answers for row in answer["answer"]["rows"]]


def by_pages(gateway, question, limit):
    """Each page over a connection of its own; the daemon is started anew behind the third."""
    rows, after, pages = [], {}, 0
    while True:
        commands = Commands(gateway)
        answers = commands.parts("history", limit=limit, **question, **after)
        commands.close()
        rows += rows_of(answers)
        if answers[-1]["answer"]["complete"]:
            return rows
        after = {"after": answers[-1]["next"]}
        pages += 1
        if pages == 3:
            gateway.stop()
            gateway.start()
            gateway.wait_log("reading 1 devices")


def check_figures(gateway, commands, to, every, span):
    answers = commands.parts("history", point="plc.level", every=every, **{"from": FIRST}, to=to)
    check(answers[0]["answer"]["columns"] == ["t", "min", "mean", "max", "count", "valid"], "columns")
    done = gateway.ctl("history", "--store", gateway.store, "--from", "-10m", "--json", "--every",
                       span, "plc.level")
    check(done.returncode == 0, done.stderr)
    expected = [json.loads(line) for line in done.stdout.splitlines()]
    expected = [[row[key] for key in ("t", "min", "mean", "max", "count", "valid")]
                for row in expected]
    rows = rows_of(answers)
    check(len(rows) > 1 or every == "1min", f"{every}: {rows}")
    # what was read since `to` is in the last of theirs alone
    check(rows[:-1] == expected[:len(rows) - 1], f"{every}: {rows[:3]} {expected[:3]}")


def case(lab):
    slave = Slave(lab, {"holding": {0: [125, 0x4142, 0x432D]}})
    gateway = Gateway(lab, SITE.format(port=slave.port, counter=COUNTER)).start()
    gateway.wait_log("reading 1 devices")
    wait_for(lambda: len(exported(gateway, 1 << 62)) > 1200, 20, "1200 readings")
    slave.set("holding", 0, [375])
    to = max(row[0] for row in exported(gateway, 1 << 62)) + 1
    question = {"point": "plc", "from": FIRST, "to": to}

    commands = Commands(gateway)
    answers = commands.parts("history", **question)
    check(len(answers) > 1, "several parts")
    check([answer["part"] for answer in answers] == list(range(1, len(answers) + 1)), "parts in order")
    check(all(len(json.dumps(answer)) <= 14000 for answer in answers), "parts fit")
    check(answers[0]["answer"]["columns"] == ["t", "point", "value", "quality"], "columns")
    expected = exported(gateway, to)
    rows = rows_of(answers)
    check([as_exported(row) for row in rows] == expected,
          f"{len(rows)} rows, exported {len(expected)}: {rows[:5]} {expected[:5]}")
    one = commands.parts("history", point="plc.level", **{"from": FIRST}, to=to)
    check(one[0]["answer"]["unit"] == "m", "the unit")
    check([[row[0], row[1]] for row in rows_of(one)] ==
          [[row[0], row[2]] for row in rows if row[1] == "level"], "one point")

    check(by_pages(gateway, question, 211) == rows, "the same by pages")
    commands = Commands(gateway)
    check_figures(gateway, commands, to, "1", "1s")
    check_figures(gateway, commands, to, "1min", "1m")
    refused = [("no point 'plc.none'", {"point": "plc.none"}), ("no device 'plx'", {"point": "plx"}),
               ("'every' is raw", {"point": "plc", "every": "7"}),
               ("is no token", {"point": "plc", "after": "17"})]
    for words, members in refused:
        commands.refused(words, "history", **{"from": FIRST}, **members)
    commands.refused("before 'to'", "history", point="plc", **{"from": to}, to=to)
    gateway.stop()


run_case(case)

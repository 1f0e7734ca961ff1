#!/usr/bin/python3
"""What was read is what parkgatectl history and export show, while the daemon runs: values, times in
order, means; and buffer shows what a centre that is away still has before it."""
import csv
import io
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.case import check, run_case  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import wait_for  # noqa: E402
from lab.slave import Slave  # noqa: E402

SITE = """
gateway: {{park: test, name: history}}
buses:
  line: {{tcp: "127.0.0.1:{port}"}}
devices:
  plc:
    bus: line
    unit: 1
    every: 100ms
    points:
      level: {{holding: 0, scale: 0.1, unit: m}}
      name: {{holding: 1, type: string, registers: 2}}
      gone: {{holding: 700}}
destinations:
  centre: {{mqtt: "tcp://127.0.0.1:1"}}
"""


def rows(gateway, command, *arguments):
    done = gateway.ctl(command, "--store", gateway.store, "--from", "-10m", *arguments)
    check(done.returncode == 0, f"{command}: {done.stderr}")
    return list(csv.DictReader(io.StringIO(done.stdout)))


def case(lab):
    slave = Slave(lab, {"holding": {0: [125, 0x4142, 0x432D]}})
    gateway = Gateway(lab, SITE.format(port=slave.port)).start()
    gateway.wait_log("reading 1 devices")  # until then the store has no such point
    wait_for(lambda: len(rows(gateway, "history", "--csv", "plc.level")) > 10, 20, "ten readings")
    slave.set("holding", 0, [375])
    wait_for(lambda: rows(gateway, "history", "--csv", "plc.level")[-1]["value"] == "37.5", 10,
             "the new value is stored")
    levels = rows(gateway, "history", "--csv", "plc.level")
    check({row["value"] for row in levels} == {"12.5", "37.5"}, f"{levels[-3:]}")
    times = [row["time"] for row in levels]
    check(times == sorted(times) and len(set(times)) == len(times), f"times: {times}")
    check({row["value"] for row in rows(gateway, "history", "--csv", "plc.name")} == {"ABC-"}, "")
    gone = rows(gateway, "history", "--csv", "plc.gone")
    check({(row["value"], row["quality"]) for row in gone} == {("", "exception")}, f"{gone[:2]}")
    means = rows(gateway, "history", "--csv", "--every", "1d", "plc.level")
    check(means[-1]["min"] == "12.5" and means[-1]["max"] == "37.5", f"{means}")
    check(12.5 < float(means[-1]["mean"]) < 37.5 and means[-1]["count"] == means[-1]["valid"], "")
    waiting = gateway.ctl("buffer", gateway.store).stdout
    check("centre" in waiting and "trend" in waiting, waiting)
    key = gateway.ctl("key", "show", "--socket", os.path.join(gateway.state, "control.sock"))
    gateway.stop()
    exported = rows(gateway, "export", "plc")
    for point in ("level", "name", "gone"):
        shown = rows(gateway, "history", "--csv", f"plc.{point}")
        check(len(shown) == sum(row["point"] == point for row in exported), f"{point} in export")
    check({row["unit"] for row in exported if row["point"] == "level"} == {"m"}, "the unit")
    check("*" in gateway.ctl("history", "--store", gateway.store, "--from", "-10m", "--plot",
                             "plc.level").stdout, "a plot")
    excerpt = gateway.lab.path("excerpt.db")
    made = gateway.ctl("export", "--store", gateway.store, "--from", "-10m", "--excerpt", excerpt)
    check(made.returncode == 0, made.stderr)
    public = key.stdout.split()[-1]
    verified = gateway.ctl("verify", "--excerpt", "--key", public, excerpt)
    check(verified.returncode == 0 and " 0 do not" in verified.stdout, verified.stdout)
    twisted = gateway.ctl("verify", "--excerpt", "--key", "00" * 32, excerpt)
    check(twisted.returncode == 1, f"another key: {twisted.stdout}")
    refused = gateway.ctl("history", "--store", gateway.store, "plc.nothing")
    check(refused.returncode == 1 and "no point 'plc.nothing'" in refused.stderr, refused.stderr)


run_case(case)

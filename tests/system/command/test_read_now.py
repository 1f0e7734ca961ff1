#!/usr/bin/python3
"""Command read-now: a device that is due once an hour is read at once, all of it, what was read is in
the answer and in the store; a dead one fails with the reason, an unknown one is refused with the names;
what is read regularly keeps its slots."""
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
gateway: {{park: test, name: read-now}}
buses:
  line: {{tcp: "127.0.0.1:{port}"}}
devices:
  plc:
    bus: line
    unit: 1
    every: 1h
    timeout: 300ms
    points:
      level: {{holding: 0, scale: 0.1, unit: m, range: [0, 30]}}
      name: {{holding: 1, type: string, registers: 2}}
      total: {{holding: 3, type: u64, every: 24h}}
      gone: {{holding: 700}}
  quick:
    bus: line
    unit: 2
    every: 100ms
    points:
      reads: {{holding: {counter}}}
"""
VALUES = {"level": 12.5, "name": "ABC-", "total": "4294967297", "gone": None}


def levels(gateway):
    return [record["level"] for key, record in sorted(gateway.records().items())
            if key[1] in ("sample", "trend") and "level" in record]


def case(lab):
    slave = Slave(lab, {"holding": {0: [125, 0x4142, 0x432D, 0, 1, 0, 1]}})
    gateway = Gateway(lab, SITE.format(port=slave.port, counter=COUNTER)).start()
    gateway.wait_log("reading 2 devices")
    wait_for(lambda: levels(gateway) == [12.5], 10, "the first scan, of the schedule")
    commands = Commands(gateway)

    answer = commands.done("read-now", device="plc")
    check(answer["values"] == VALUES, f"{answer}")
    check(answer["quality"] == {"gone": "exception-2"} and answer["stored"], f"{answer}")
    check(answer["t"] > 1600000000000, f"{answer}")
    slave.set("holding", 0, [375])
    answer = commands.done("read-now", device="plc")
    check(answer["values"]["level"] == 37.5, f"{answer}")
    check(answer["quality"]["level"] == "over-range", f"qualified like any scan: {answer}")
    wait_for(lambda: levels(gateway) == [12.5, 12.5, 37.5], 10, "each is stored, once")

    answer = commands.refused("there is no device 'plx'; there are plc, quick", "read-now",
                              device="plx")
    slave.be_silent()
    answer = commands.refused("no answer in time", "read-now", "failed", device="plc")
    check(set(answer["answer"]["quality"].values()) == {"timeout"}, f"{answer}")
    slave.speak()
    wait_for(lambda: commands.parts("read-now", device="plc")[0]["result"] == "done", 20,
             "it is read again")
    for _ in range(5):
        commands.done("read-now", device="quick")
    gateway.stop()
    reads = [record["reads"] for key, record in sorted(gateway.records().items())
             if key[1] in ("sample", "trend") and record.get("reads") is not None]
    check(reads == sorted(set(reads)), "each read of the slave is stored once")


run_case(case)

#!/usr/bin/python3
"""A bypass that opens, with the mass that went round the treatment; across a kill -9 it stays the same
event, and what flowed while nobody looked is in no mass but in unmeasured_ms."""
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from stage import Stage  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.processes import wait_for  # noqa: E402

RATE = 500 * 3600 * 1e-6 / 3600e3  # kg a millisecond, at 1.8 kg/h


def opening(stage, between):
    """Opens and shuts; the closing record."""
    before = len(stage.events("bypass.open", "closed"))
    stage.show(damper=True)
    opened = wait_for(lambda: stage.events("bypass.open", "opened")[before:], 10, "it opens")[0]
    check(opened["severity"] == "alarm" and opened["details"]["by"] == "valve", f"{opened}")
    check(opened["details"]["mass_method"] == "measured-flow", f"{opened}")
    wait_for(lambda: ("bypass.open", "boiler-1") in stage.alarms(), 10, "the alarms page has it")
    between()
    stage.show(damper=False)
    closed = wait_for(lambda: stage.events("bypass.open", "closed")[before:], 10, "it closes")[0]
    check(closed["id"] == opened["id"] and closed["details"]["reason"] == "shut", f"{closed}")
    wait_for(lambda: ("bypass.open", "boiler-1") not in stage.alarms(), 10, "and it leaves it")
    return closed


def case(lab):
    stage = Stage(lab)
    stage.gateway.start()
    wait_for(lambda: stage.scans("cems"), 20, "scans")
    closed = opening(stage, lambda: time.sleep(4))
    mass, unmeasured = closed["details"]["mass_kg_so2"], closed["details"].get("unmeasured_ms", 0)
    check(unmeasured == 0, f"all of it was measured: {closed}")
    wanted = RATE * closed["duration_ms"]
    check(closed["duration_ms"] >= 4000 and abs(mass - wanted) < 0.02 * wanted,
          f"{wanted} kg, not {mass}: {closed}")

    def gap():
        stage.gateway.kill()
        time.sleep(4)
        before = len(stage.scans("cems"))
        stage.gateway.start()
        wait_for(lambda: len(stage.scans("cems")) > before + 4, 20, "it reads again")

    closed = opening(stage, gap)
    mass, unmeasured = closed["details"]["mass_kg_so2"], closed["details"].get("unmeasured_ms", 0)
    wanted = RATE * (closed["duration_ms"] - unmeasured)
    check(unmeasured > 500, f"the gap is told: {closed}")
    check(abs(mass - wanted) < 0.02 * wanted, f"{wanted} kg, not {mass}: {closed}")
    stage.gateway.stop()
    stage.in_order()
    check(len(stage.events("bypass.open", "opened")) == 2, "two openings, not more")


run_case(case)

#!/usr/bin/python3
"""A reload that changes how a derived point is made: the point has a number that never meant anything
else, what was open about the former one closes with its reason, and what stands in the store under the
former number keeps it. A reload that judges nothing any more closes what it no longer judges."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from stage import Stage  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.processes import wait_for  # noqa: E402

REALTIME = "exceedance.realtime"


def number_of(stage, device, point):
    page = stage.receiver.take().page("catalog/points") or {"points": []}
    return next((entry["number"] for entry in page["points"]
                 if (entry["device"], entry["name"]) == (device, point)), None)


def load(stage, site):
    changes = len(stage.events("configuration.changed"))
    stage.gateway.write(site)
    stage.gateway.reload()
    wait_for(lambda: len(stage.events("configuration.changed")) > changes, 20, "the new site holds")


def shows(stage, value):
    scan = stage.scans("boiler-1")[-1]
    return abs(scan.get("so2-corrected", 0) - value) < 1e-6


def case(lab):
    stage = Stage(lab)
    stage.gateway.start()
    stage.show(so2=45)  # 54 at 9 % O2, 67.5 at 6 %
    first = wait_for(lambda: stage.events(REALTIME, "opened"), 20, "it opens")[0]
    wait_for(lambda: (REALTIME, "boiler-1.so2-corrected") in stage.alarms(), 10, "the page has it")
    raw = wait_for(lambda: number_of(stage, "cems", "so2"), 10, "a number of what is read")
    former = number_of(stage, "boiler-1", "so2-corrected")

    load(stage, stage.site(reference=6))
    wait_for(lambda: shows(stage, 67.5), 10, "another reference")
    wait_for(lambda: number_of(stage, "boiler-1", "so2-corrected") != former, 10, "another number")
    check(number_of(stage, "boiler-1", "so2-corrected") > former, "a new one")
    check(number_of(stage, "cems", "so2") == raw, "what is read keeps its own")
    closed = wait_for(lambda: stage.events(REALTIME, "closed"), 10, "the former event closes")[0]
    check(closed["id"] == first["id"] and closed["details"]["reason"] == "configuration", f"{closed}")
    second = wait_for(lambda: stage.events(REALTIME, "opened")[1:], 10, "and is found anew")[0]
    check(second["value"] == 67.5 and second["id"] != first["id"], f"{second}")

    load(stage, stage.site(reference=9))
    wait_for(lambda: number_of(stage, "boiler-1", "so2-corrected") == former, 10,
             "the former meaning has its former number again")
    stage.show(damper=True)
    wait_for(lambda: stage.events("bypass.open", "opened"), 10, "a bypass")
    wait_for(lambda: stage.events(REALTIME, "opened")[2:], 10, "it opens a third time")

    site = stage.site()
    load(stage, site[:site.index("assets:")] + site[site.index("events:"):])
    for kind, times in ((REALTIME, 3), ("bypass.open", 1)):
        closed = wait_for(lambda: stage.events(kind, "closed")[times - 1:], 10, f"{kind} closes")[0]
        check(closed["details"]["reason"] == "configuration", f"{closed}")
    wait_for(lambda: not stage.alarms(), 10, "the alarms page is empty")
    derived, read = len(stage.scans("boiler-1")), len(stage.scans("cems"))
    wait_for(lambda: len(stage.scans("cems")) > read + 4, 10, "it reads on")
    check(len(stage.scans("boiler-1")) == derived, "nothing is derived any more")
    stage.gateway.stop()
    stage.in_order()


run_case(case)

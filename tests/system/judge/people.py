#!/usr/bin/python3
"""What named persons say, end to end: mode, mark, maintenance, acknowledge, each refused in one sentence
where it cannot be, recorded with who and until when, on the alarms page, kept across a kill -9 and a
start, and over when it ends."""
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from stage import Stage  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.processes import wait_for  # noqa: E402

WHO = ("--by", "Zhang Wei")


HOUR_S = 3600


def hour(ahead):
    """The beginning of an hour so many hours ahead, Beijing time; names it as parkgatectl wants."""
    at = (time.time() // HOUR_S + ahead) * HOUR_S + 8 * HOUR_S
    return time.strftime("%Y-%m-%dT%H:00", time.gmtime(at))


PAST = ("--from", hour(-2), "--to", hour(-1))


def qualities(stage, device, point):
    return [(scan.get("quality") or {}).get(point, "good") for scan in stage.scans(device)]


def refusals(stage):
    check(stage.ctl("mode", "boiler-1", "start-up", "--until", "+1h").returncode == 2,
          "it needs a name")
    stage.refused("emergency-red", "mode", "boiler-1", "lunch", "--until", "+1h", *WHO)
    stage.refused("no such asset", "mode", "boiler-9", "start-up", "--until", "+1h", *WHO)
    stage.refused("", "mode", "boiler-1", "start-up", *WHO)
    stage.refused("", "mode", "boiler-1", "start-up", "--until", "-1h", *WHO)
    stage.refused("no such asset", "mark", "boiler-9", "startup", *PAST, *WHO)
    stage.refused("banked", "mark", "boiler-1", "lunch", *PAST, *WHO)
    stage.refused("whole hours", "mark", "boiler-1", "startup", "--from", "-90m", "--to", "-30m", *WHO)
    stage.refused("end", "mark", "boiler-1", "startup", "--from", hour(-1), "--to", hour(-2), *WHO)
    stage.refused("over", "mark", "boiler-1", "startup", "--from", hour(-1), "--to", hour(2), *WHO)
    stage.refused("pollutant", "mark", "boiler-1", "startup", "--pollutant", "co2", *PAST, *WHO)
    stage.refused("", "maintenance", "on", "cems", "--until", "+100d", *WHO)
    stage.refused("no event", "acknowledge", "0" * 32 + "-7", "--code", "drill", *WHO)
    for kind in ("declared.mode", "declared.mark", "declared.maintenance", "acknowledged"):
        check(not stage.events(kind), f"what is refused leaves no record: {stage.events(kind)}")


def declare(stage):
    told = stage.said("mode", "boiler-1", "start-up", "--until", "+1h", "--reason", "cold", *WHO)
    check("recorded as event" in told and "Zhang Wei (" in told, told)
    mode = wait_for(lambda: stage.events("declared.mode"), 10, "the mode is recorded")[0]
    check(mode["details"]["word"] == "start-up" and mode["details"]["reason"] == "cold" and
          mode["details"]["by"].startswith("Zhang Wei ("), f"{mode}")
    wait_for(lambda: ("mode.start-up", "boiler-1") in stage.alarms(), 10, "the mode is an event")

    stage.said("mark", "boiler-1", "startup", "--pollutant", "nox", *PAST, *WHO)
    mark = wait_for(lambda: stage.events("declared.mark"), 10, "the mark is recorded")[0]
    check(mark["details"]["pollutant"] == "nox" and mark["details"]["word"] == "startup", f"{mark}")
    check(mark["details"]["exempt"] == "no", f"the permit exempts nothing: {mark}")

    stage.said("maintenance", "on", "cems.so2", "--until", "+1h", *WHO)
    wait_for(lambda: qualities(stage, "cems", "so2")[-1] == "maintenance", 10, "so2 is maintenance")
    check(qualities(stage, "cems", "nox")[-1] == "good", "and nox is not")
    wait_for(lambda: qualities(stage, "boiler-1", "so2-corrected")[-1] == "maintenance", 10,
             "nor is what is made of so2 believed")
    stage.show(so2=300)
    time.sleep(2)
    check(not stage.events("exceedance.realtime"), "maintenance never becomes an exceedance")

    stage.show(damper=True)
    event = wait_for(lambda: stage.alarms().get(("bypass.open", "boiler-1")), 10, "an alarm")
    stage.said("acknowledge", event["id"], "--code", "treatment-fault", *WHO)
    wait_for(lambda: stage.alarms()[("bypass.open", "boiler-1")]["details"].get("reason_code") ==
             "treatment-fault", 10, "the alarms page has the reason")


def kept(stage):
    before = stage.alarms()
    time.sleep(1)
    stage.gateway.kill()
    stage.gateway.start()
    wait_for(lambda: len(stage.events("gateway.started")) == 2, 20, "it is back")
    count = len(stage.scans("cems"))
    wait_for(lambda: len(stage.scans("cems")) > count + 4, 20, "and reads")
    check(qualities(stage, "cems", "so2")[-1] == "maintenance", "maintenance holds")
    after = stage.alarms()
    for key in (("bypass.open", "boiler-1"), ("mode.start-up", "boiler-1")):
        check(key in after and after[key]["id"] == before[key]["id"], f"{key} is the same event")
    details = after[("bypass.open", "boiler-1")]["details"]
    check(details["reason_code"] == "treatment-fault" and
          details["acknowledged_by"].startswith("Zhang Wei ("), f"{details}")


def over(stage):
    stage.said("maintenance", "off", "cems.so2", *WHO)
    wait_for(lambda: stage.events("exceedance.realtime", "opened"), 10,
             "what it shows is judged again")
    stage.said("mode", "boiler-1", "normal", *WHO)
    wait_for(lambda: stage.events("mode.start-up", "closed"), 10, "the mode ends")
    stage.said("mode", "gateway", "emergency-red", "--until", "+3s", *WHO)
    wait_for(lambda: stage.events("mode.emergency", "opened"), 10, "an emergency")
    wait_for(lambda: stage.events("mode.emergency", "closed"), 10, "ends by itself")
    stage.show(so2=30, damper=False)
    closed = wait_for(lambda: stage.events("bypass.open", "closed"), 10, "it closes")[0]
    check(closed["details"]["reason_code"] == "treatment-fault", f"{closed}")


def case(lab):
    stage = Stage(lab)
    stage.gateway.start()
    wait_for(lambda: len(stage.scans("cems")) > 3, 20, "scans")
    refusals(stage)
    declare(stage)
    kept(stage)
    over(stage)
    stage.gateway.stop()
    counts = stage.in_order()
    check(counts["alarms"] > 3, f"the alarms page came with each change: {counts}")
    for kind, times in (("declared.mode", 3), ("declared.mark", 1), ("declared.maintenance", 2),
                        ("acknowledged", 1)):
        check(len(stage.events(kind)) == times, f"{kind} {times} times: {stage.events(kind)}")


run_case(case)

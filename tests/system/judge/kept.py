#!/usr/bin/python3
"""Nothing of what the gateway made is lost or made twice when it is killed: across kill -9 and a stop the
minutes of derived points are whole, the books balance, the chain holds, and parkgatectl replay, which
judges the daemon's own store anew, says that nothing differs."""
import json
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from stage import Stage  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.processes import wait_for  # noqa: E402


def read_on(stage, scans=6):
    count = len(stage.scans("boiler-1"))
    wait_for(lambda: len(stage.scans("boiler-1")) >= count + scans, 20, "derived scans go on")


def disturb(stage):
    """An exceedance open across a kill, a bypass across a stop, and a value nobody believes."""
    stage.show(so2=60)
    wait_for(lambda: stage.events("exceedance.realtime", "opened"), 10, "it opens")
    stage.gateway.kill()
    stage.gateway.start()
    read_on(stage)
    stage.show(damper=True, o2=20.8)
    wait_for(lambda: stage.events("bypass.open", "opened"), 10, "it opens")
    read_on(stage)
    check((stage.scans("boiler-1")[-1].get("quality") or {}).get("so2-corrected") ==
          "conversion-invalid", f"above the guard: {stage.scans('boiler-1')[-1]}")
    stage.gateway.stop()
    stage.gateway.start()
    read_on(stage)
    stage.show(damper=False, so2=30, o2=11)
    wait_for(lambda: stage.events("exceedance.realtime", "closed"), 10, "it closes")
    wait_for(lambda: stage.events("bypass.open", "closed"), 10, "it closes")


def kill_within_minutes(stage):
    """Kills at some moments of a minute, and waits for two whole ones behind."""
    for _ in range(4):
        read_on(stage, 3)
        stage.gateway.kill()
        time.sleep(0.3)
        stage.gateway.start()
    read_on(stage)
    minutes = len(minutes_of(stage))
    wait_for(lambda: len(minutes_of(stage)) >= minutes + 2, 140, "two more minutes")


def minutes_of(stage):
    return [record for record in stage.receiver.take().of("minute")
            if record["point"] == "boiler-1.so2-corrected"]


def recount(stage):
    """Each minute once, and made of the scans that lie in it."""
    minutes = minutes_of(stage)
    starts = [(record["start"], record["revision"]) for record in minutes]
    check(len(set(starts)) == len(starts), f"no minute twice: {starts}")
    scans = stage.scans("boiler-1")
    times = [scan["t"] for scan in scans]
    check(len(set(times)) == len(times), "no derived scan twice")
    check(sorted(times) == sorted(scan["t"] for scan in stage.scans("cems")),
          "one derived scan for each that was read")
    for record in minutes:
        good = [scan["so2-corrected"] for scan in scans
                if record["start"] <= scan["t"] < record["end"] and
                "so2-corrected" not in (scan.get("quality") or {})]
        check(len(good) == record["valid"], f"{len(good)} readings: {record}")
        check(abs(sum(good) - record["sum"]) < 1e-6 * record["sum"], f"{sum(good)}: {record}")


def replay(stage):
    today = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 8 * 3600))
    done = stage.gateway.ctl("replay", "--store", stage.gateway.store, "--site", stage.gateway.file,
                             "--from", today, "--to", "now", "--json")
    check(done.returncode == 0, f"replay: {done.returncode} {done.stdout[-2000:]}{done.stderr}")
    summary = json.loads(done.stdout.splitlines()[-1])
    check(summary["events"] >= 2 and summary["statistics"] > 20 and not summary["differs"],
          f"{summary}")


def case(lab):
    stage = Stage(lab)
    stage.gateway.start()
    read_on(stage)
    disturb(stage)
    kill_within_minutes(stage)
    stage.gateway.stop()
    stage.in_order()
    for kind in ("exceedance.realtime", "bypass.open"):
        opened, closed = stage.events(kind, "opened"), stage.events(kind, "closed")
        check(len(opened) == 1 and [event["id"] for event in opened] ==
              [event["id"] for event in closed], f"one {kind}: {opened} {closed}")
    recount(stage)
    replay(stage)


run_case(case)

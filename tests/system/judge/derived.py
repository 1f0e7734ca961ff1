#!/usr/bin/python3
"""What the gateway makes itself arrives as any reading does: corrected values, rates and masses, their
minutes, the exceedance they cause with the evidence of the whole asset, and the headroom of the open
hour, the same by MQTT and by parkgatectl watch. All of it is valid by docs/payloads/."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from stage import Stage  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.processes import wait_for  # noqa: E402

CORRECTED = 30 * (21 - 9) / (21 - 11)  # 36 mg/m3, by GB 13271-2014 5.2.2
EXCEEDED = 60 * (21 - 9) / (21 - 11)   # 72 mg/m3
RATE = 30 * 50000 * 1e-6               # 1.5 kg/h, of the uncorrected value


def near(a, b):
    return abs(a - b) <= 1e-9 * abs(b)


def live(stage):
    scan = wait_for(lambda: stage.scans("boiler-1"), 20, "a derived scan arrives")[-1]
    check(near(scan["so2-corrected"], CORRECTED), f"corrected to 9 %: {scan}")
    check(near(scan["so2-rate"], RATE), f"kg/h of the uncorrected value: {scan}")
    check(not scan.get("quality"), f"it is good: {scan}")


def page(stage):
    """The headroom page, and what watch says of the same hour."""
    def wanted(limits):
        return {limit["subject"]: limit for limit in limits if limit["mean"] is not None}
    limits = wait_for(lambda: wanted((stage.receiver.take().page("headroom") or
                                      {"limits": []})["limits"]), 20, "the headroom page arrives")
    check({"boiler-1.so2", "boiler-1.nox"} == limits.keys(), f"the open hours: {limits}")
    said = json.loads(stage.said("watch", "--once", "--json"))
    told = wanted(said["limits"])
    check(told.keys() == limits.keys() and said["store"] == stage.receiver.page("headroom")["store"],
          f"watch and MQTT know the same limits: {told}")
    for name, limit in limits.items():
        same = {key for key in limit if key not in ("valid", "mean", "share", "rest", "expected")}
        if told[name]["start"] == limit["start"]:  # the hour may end between the two
            check(all(told[name][key] == limit[key] for key in same), f"{told[name]} {limit}")
            check(near(told[name]["mean"], limit["mean"]), f"{told[name]} {limit}")
    so2 = told["boiler-1.so2"]
    check(near(so2["mean"], CORRECTED) and near(so2["share"], CORRECTED / 50), f"{so2}")
    check(not so2["lost"] and so2["rest"] > 50, f"more than the limit may come yet: {so2}")
    other = stage.ctl("watch", "--once", "--json", "boiler")
    check(other.returncode == 1 and "of boiler:" in other.stderr, f"another asset: {other}")
    text = stage.said("watch", "--once", "boiler-1")
    check("boiler-1.so2" in text and "36" in text, text)


def exceedance(stage):
    stage.show(so2=60)
    opened = wait_for(lambda: stage.events("exceedance.realtime", "opened"), 10, "it opens")[0]
    check(opened["subject"] == "boiler-1.so2-corrected" and near(opened["value"], EXCEEDED)
          and opened["limit"] == 50, f"{opened}")
    stage.show(so2=30)
    closed = wait_for(lambda: stage.events("exceedance.realtime", "closed"), 10, "it closes")[0]
    check(closed["id"] == opened["id"] and near(closed["peak"], EXCEEDED), f"{closed}")

    def copied():
        found = {}
        for record in stage.receiver.take().of("evidence"):
            if record["id"] == opened["id"]:
                found.setdefault(record["point"], []).extend(record["values"])
        return found
    wanted = {f"cems.{name}" for name in ("so2", "nox", "o2", "flow", "round", "untreated", "coal",
                                          "damper")}
    wanted |= {"boiler-1.so2-corrected", "boiler-1.so2-rate"}
    wait_for(lambda: wanted <= copied().keys() and
             copied()["cems.so2"][-1][0] > closed["t"] + 1000, 15, "evidence of the whole asset")
    for point in wanted:
        times = [value[0] for value in copied()[point]]
        check(times == sorted(set(times)), f"each reading of {point} once: {times}")
        check(times[0] < opened["t"] < times[-1], f"before and behind: {point}")
        check(times[0] >= opened["t"] - 6000, f"not more than asked for: {point}")


def minute(stage):
    def means():
        return {record["point"]: record for record in stage.receiver.take().of("minute")
                if record["expected"] and record["valid"] >= 0.9 * record["expected"]}
    found = wait_for(lambda: means() if "boiler-1.so2-corrected" in means() else None, 130,
                     "a whole minute of the derived point")
    mean, mass = found["boiler-1.so2-corrected"], found["boiler-1.so2-mass"]
    check(mean["letter"] == "N" and CORRECTED - 0.01 <= mean["mean"] <= EXCEEDED, f"{mean}")
    rate = found["boiler-1.so2-rate"]
    # the mass of a minute is what flowed in it: mean rate times the time of its readings
    check(abs(mass["sum"] - rate["mean"] / 120 / 60 * mass["valid"]) < 0.1 * mass["sum"],
          f"{mass} {rate}")


def case(lab):
    stage = Stage(lab)
    stage.gateway.start()
    live(stage)
    page(stage)
    exceedance(stage)
    minute(stage)
    stage.gateway.stop()
    counts = stage.in_order()
    for topic in ("samples", "statistics", "events", "headroom", "alarms", "catalog", "health"):
        check(counts.get(topic), f"nothing came on {topic}: {counts}")


run_case(case)

#!/usr/bin/python3
"""While a bypass is open the analyser is read faster and what it says is forwarded as often; behind
it as before. The counts of minutes stay those of the ordinary interval."""
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.broker import Broker  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import wait_for  # noqa: E402
from lab.receiver import Receiver  # noqa: E402
from lab.slave import Slave  # noqa: E402

ORDINARY = 3.0  # seconds
SITE = """
gateway: {{park: test, name: faster}}
buses:
  line: {{tcp: "127.0.0.1:{slave}"}}
devices:
  cems:
    bus: line
    unit: 1
    every: 3s
    points:
      reads: {{holding: 9000}}
      rare: {{holding: 5, every: 6s}}
  plc:
    bus: line
    unit: 2
    every: 1s
    points:
      damper: {{holding: 7, type: bool, bit: 0}}
assets:
  stack:
    kind: generic
    from: [cems, plc]
    bypass: {{open-when: plc.damper}}
    during-events: {{every: 300ms, devices: [cems], kinds: ["bypass.*"]}}
destinations:
  centre: {{mqtt: "tcp://127.0.0.1:{broker}"}}
"""


def case(lab):
    broker = Broker(lab)
    receiver = Receiver(lab, broker.port)
    slave = Slave(lab, {"holding": {5: [55], 7: [0]}})
    Gateway(lab, SITE.format(slave=slave.port, broker=broker.port)).start()

    def scans(begin, end):
        return [scan for scan in receiver.take().of("trend") + receiver.of("sample")
                if scan["device"] == "cems" and begin <= scan["t"] / 1000 < end]

    def has_opened(phase):
        return [event for event in receiver.take().of("event")
                if event["kind"].startswith("bypass.") and event["phase"] == phase]

    def stretch(seconds):
        """Scans of so long, and how many reads the slave counted from the first to the last."""
        begin = time.time()
        time.sleep(seconds)
        end = time.time()
        wait_for(lambda: scans(end - ORDINARY - 1, time.time()), 10, "scans arrive")
        time.sleep(1)
        seen = scans(begin, end)
        reads = [scan["reads"] for scan in seen if "reads" in scan]
        return seen, reads[-1] - reads[0] + 1 if reads else 0

    wait_for(lambda: scans(0, time.time()), 30, "the analyser is read")
    before, reads = stretch(9.5)
    check(3 <= len(before) <= 4 and reads == len(before), (before, reads))

    slave.set("holding", 7, [1])
    wait_for(lambda: has_opened("opened"), 20, "the bypass is an event")
    time.sleep(1)  # the bus looks twice a second
    during, reads = stretch(9.0)
    check(24 <= len(during) <= 32 and reads == len(during), (len(during), reads))
    times = [scan["t"] for scan in during]
    gaps = sorted(b - a for a, b in zip(times, times[1:]))
    check(gaps[len(gaps) // 2] in range(250, 351), gaps)
    rare = [scan for scan in during if "rare" in scan]
    check(1 <= len(rare) <= 2, rare)  # that one keeps its own interval

    slave.set("holding", 7, [0])
    wait_for(lambda: has_opened("closed"), 60, "the bypass is over")
    time.sleep(ORDINARY)
    after, reads = stretch(9.5)
    check(3 <= len(after) <= 4 and reads == len(after), (after, reads))
    phases = {round(scan["t"] % 3000) for scan in before + after}
    middle = min(phases)
    check(all(min(abs(p - middle), 3000 - abs(p - middle)) < 150 for p in phases),
          ("the slots are those before the event", phases))

    def minutes():
        return [row for row in receiver.take().of("minute") if row["point"] == "cems.reads"]

    whole = {row["start"] for row in minutes()}
    wait_for(lambda: {row["start"] for row in minutes()} - whole, 90, "a minute closes")
    for row in minutes():
        check(row["expected"] == 20 and row["count"] <= 21, row)


run_case(case)

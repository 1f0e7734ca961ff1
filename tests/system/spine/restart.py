#!/usr/bin/python3
"""An event that is open when the daemon ends keeps its identity: after a clean stop and after
kill -9 the closing carries the opening's id, and nothing opens twice."""
import os
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.broker import Broker  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import wait_for  # noqa: E402
from lab.receiver import Receiver  # noqa: E402
from lab.slave import Slave  # noqa: E402

SITE = """
gateway: {{park: test, name: restart}}
buses:
  line: {{tcp: "127.0.0.1:{slave}"}}
devices:
  cems:
    bus: line
    unit: 1
    every: 100ms
    timeout: 100ms
    guard: 20ms
    backoff-max: 1s
    points:
      so2: {{holding: 0, type: float32, unit: mg/m3}}
assets:
  boiler:
    kind: boiler
    outlet: DA001
    from: cems
    limits:
      so2: {{at-most: 50 mg/m3, averaging: instant}}
destinations:
  centre: {{mqtt: "tcp://127.0.0.1:{broker}"}}
"""
KIND = "exceedance.realtime"
LOST = "transmission.abnormal"


def so2(value):
    return list(struct.unpack(">HH", struct.pack(">f", value)))


def case(lab, ending):
    broker = Broker(lab)
    slave = Slave(lab, {"holding": {0: so2(20.0)}})
    receiver = Receiver(lab, broker.port)
    gateway = Gateway(lab, SITE.format(slave=slave.port, broker=broker.port)).start()
    wait_for(lambda: len(receiver.take().of("sample")) >= 5, 20, "5 scans arrive")
    check(not receiver.events(KIND), "nothing is exceeded yet")
    slave.set("holding", 0, so2(80.0))
    opened = wait_for(lambda: receiver.take().events(KIND, "opened"), 10, f"{KIND} opens")[0]
    check(opened["value"] == 80 and opened["limit"] == 50, f"it opened with {opened}")
    check(opened["subject"] == "boiler.so2", f"its subject is {opened['subject']}")

    ending(gateway)
    count = len(receiver.take().of("sample"))
    gateway.start()
    wait_for(lambda: len(receiver.take().of("sample")) >= count + 10, 20, "it reads again")
    slave.set("holding", 0, so2(30.0))
    closed = wait_for(lambda: receiver.take().events(KIND, "closed"), 10, f"{KIND} closes")[0]
    gateway.stop()
    check(closed["id"] == opened["id"], f"opened {opened['id']}, closed {closed['id']}")
    check(closed["peak"] == 80, f"its peak is {closed['peak']}")
    check(closed["duration_ms"] > 0, f"it lasted {closed['duration_ms']} ms")
    check(len(receiver.take().events(KIND, "opened")) == 1, "it opened once")

    out_of_reach(gateway, slave, receiver, ending)
    check(not receiver.changed(), "a key has one content")


def out_of_reach(gateway, slave, receiver, ending):
    """The same for a device that is out of reach while the daemon ends."""
    gateway.start()
    slave.be_silent()
    opened = wait_for(lambda: receiver.take().events(LOST, "opened"), 10, f"{LOST} opens")[0]
    ending(gateway)
    count = len(receiver.take().of("sample"))
    gateway.start()
    wait_for(lambda: len(receiver.take().of("sample")) >= count + 5, 20, "it tries again")
    slave.speak()
    closed = wait_for(lambda: receiver.take().events(LOST, "closed"), 10, f"{LOST} closes")[0]
    gateway.stop()
    check(closed["id"] == opened["id"], f"opened {opened['id']}, closed {closed['id']}")
    check(len(receiver.take().events(LOST, "opened")) == 1, f"{LOST} opened once")


run_case(case, Gateway.kill if "--kill" in sys.argv else Gateway.stop)

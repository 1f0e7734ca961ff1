#!/usr/bin/python3
"""SIGHUP: a good file is applied without losing a record; a bad one changes nothing and is told
with its line."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.broker import Broker  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import wait_for  # noqa: E402
from lab.receiver import Receiver  # noqa: E402
from lab.slave import COUNTER, Slave  # noqa: E402

SITE = """gateway: {{park: test, name: reload}}
buses:
  line: {{tcp: "127.0.0.1:{slave}"}}
devices:
  plc:
    bus: line
    unit: 1
    every: 100ms
    points:
      reads: {{holding: {counter}}}
{more}destinations:
  centre: {{mqtt: "tcp://127.0.0.1:{broker}"}}
"""
LEVEL = "      level: {input: 0}\n"
WRONG = "      level: {input: 0, type: u17}\n"
WRONG_LINE = 11


def case(lab):
    broker = Broker(lab)
    slave = Slave(lab, {"input": {0: [42]}})
    receiver = Receiver(lab, broker.port)
    ports = {"slave": slave.port, "broker": broker.port, "counter": COUNTER}
    gateway = Gateway(lab, SITE.format(more="", **ports)).start()
    wait_for(lambda: len(receiver.take().of("trend")) >= 10, 20, "10 scans arrive")

    gateway.write(SITE.format(more=LEVEL, **ports))
    gateway.reload()
    wait_for(lambda: any(scan.get("level") == 42 for scan in receiver.take().of("trend")), 20,
             "the new point arrives")
    wait_for(lambda: receiver.take().events("configuration.changed"), 10,
             "configuration.changed is an event")

    changes = len(receiver.events("configuration.changed"))
    after = len(gateway.log())
    gateway.write(SITE.format(more=WRONG, **ports))
    gateway.reload()
    gateway.wait_log(f"parkgated.yaml:{WRONG_LINE}:", 10, after)
    count = len(receiver.take().of("trend"))
    wait_for(lambda: len(receiver.take().of("trend")) >= count + 10, 20, "it goes on reading")
    check(receiver.of("trend")[-1]["level"] == 42, "it goes on under the file before")
    changed = receiver.events("configuration.changed")
    check(len(changed) == changes, f"a refused file is no change: {changed[changes:]}")

    gateway.stop()
    receiver.wait_all(gateway.records())
    scans = receiver.of("trend")
    check([scan["reads"] for scan in scans] == list(range(len(scans))),
          "every answer of the slave is there, once, in order")
    check(len({key[0] for key in receiver.records}) == 1, "it is one store")
    check(not receiver.events("gap"), f"nothing was lost: {receiver.events('gap')}")


run_case(case)

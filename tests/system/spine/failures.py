#!/usr/bin/python3
"""A reading that fails arrives with its reason; a device out of reach is an event that closes when
it answers again; a block with an exception costs only its own points."""
import os
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
gateway: {{park: test, name: failures}}
buses:
  line: {{tcp: "127.0.0.1:{slave}", connect-timeout: 500ms}}
devices:
  plc:
    bus: line
    unit: 1
    every: 200ms
    timeout: 200ms
    guard: 50ms
    backoff-max: 1s
    points:
      there: {{holding: 0}}
      missing: {{holding: 500}}
destinations:
  centre: {{mqtt: "tcp://127.0.0.1:{broker}"}}
"""


def wait_quality(receiver, after, expected):
    """The first scan behind `after` with these qualities; how many scans there are now."""
    def find():
        scans = receiver.take().of("trend")
        if any(scan.get("quality") == expected for scan in scans[after:]):
            return len(scans)
        return 0
    return wait_for(find, 20, f"a scan with quality {expected} arrives")


def both(reason):
    return {"there": reason, "missing": reason}


def case(lab):
    broker = Broker(lab)
    slave = Slave(lab, {"holding": {0: [7]}})
    receiver = Receiver(lab, broker.port)
    gateway = Gateway(lab, SITE.format(slave=slave.port, broker=broker.port)).start()

    seen = wait_quality(receiver, 0, {"missing": "exception-2"})
    scan = receiver.of("trend")[-1]
    check(scan["there"] == 7 and scan["missing"] is None, f"{scan} with one block refused")
    slave.fail()
    seen = wait_quality(receiver, seen, {"there": "exception-4", "missing": "exception-2"})
    slave.fail(False)
    seen = wait_quality(receiver, seen, {"missing": "exception-2"})

    slave.be_silent()
    seen = wait_quality(receiver, seen, both("timeout"))
    wait_for(lambda: receiver.take().events("transmission.abnormal", "opened"), 20,
             "transmission.abnormal opens")
    slave.speak()
    seen = wait_quality(receiver, seen, {"missing": "exception-2"})
    closed = wait_for(lambda: receiver.take().events("transmission.abnormal", "closed"), 20,
                      "transmission.abnormal closes")
    opened = receiver.events("transmission.abnormal", "opened")
    check([event["id"] for event in opened] == [event["id"] for event in closed],
          "the closing has the opening's id")
    check(opened[0]["subject"] == "plc", f"its subject is {opened[0]['subject']}")

    slave.stop()
    seen = wait_quality(receiver, seen, both("refused"))
    slave.start()
    wait_quality(receiver, seen, {"missing": "exception-2"})
    lines = gateway.log().count("plc")
    check(lines <= 12, f"{lines} lines about one device: one a change of state, not one a poll")


run_case(case)

#!/usr/bin/python3
"""What a receiver that comes later finds retained: status, health, alarms and every part of the
catalogue; all messages are valid by docs/payloads/. After kill -9 the will says offline; the next
start says online."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.broker import Broker  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import ROOT, wait_for  # noqa: E402
from lab.receiver import Receiver  # noqa: E402
from lab.slave import Slave  # noqa: E402

SITE = """
gateway: {{park: test, name: pages}}
buses:
  line: {{tcp: "127.0.0.1:{slave}"}}
devices:
  plc:
    bus: line
    unit: 1
    every: 200ms
    points:
      so2: {{holding: 0, unit: mg/m3}}
      damper: {{coil: 0}}
assets:
  boiler:
    kind: boiler
    outlet: DA001
    from: plc
    bypass: {{open-when: plc.damper, delay: 0s}}
    limits:
      so2: {{at-most: 50 mg/m3, averaging: instant}}
destinations:
  centre: {{mqtt: "tcp://127.0.0.1:{broker}"}}
"""
PARTS = ("buses", "points", "units", "assets", "limits", "destinations", "key", "words")
RETAINED = ("status", "health", "alarms", *(f"catalog/{part}" for part in PARTS))
TOPICS = (*RETAINED, "events", "statistics", "samples")


def validators():
    import jsonschema
    found = {}
    for topic in TOPICS:
        name = topic.split("/", maxsplit=1)[0]
        with open(os.path.join(ROOT, "docs", "payloads", f"{name}.schema.json")) as file:
            schema = json.load(file)
        schema.pop("$id", None)  # a name; this library would look for it on the network
        found[topic] = jsonschema.validators.validator_for(schema)(schema)
    return found


def check_valid(messages):
    """How many of each topic; the first violation is the Failure."""
    checked, counts = validators(), dict.fromkeys(TOPICS, 0)
    for topic, _, payload in messages:
        if not topic.startswith("parkgate/v1/test/pages/"):
            continue
        name = topic.split("/", 4)[4]
        check(name in checked, f"nobody expects the topic {topic}")
        for error in checked[name].iter_errors(payload):
            check(False, f"{name}: {error.message} at {list(error.absolute_path)}: {payload}")
        counts[name] += 1
    return counts


def case(lab):
    broker = Broker(lab)
    slave = Slave(lab, {"holding": {0: [80]}, "coil": {0: [True]}})
    receiver = Receiver(lab, broker.port)
    gateway = Gateway(lab, SITE.format(slave=slave.port, broker=broker.port)).start()
    wait_for(lambda: receiver.take().events("exceedance.realtime"), 20, "an exceedance arrives")
    wait_for(lambda: receiver.take().events("bypass.open"), 20, "a bypass arrives")
    wait_for(lambda: receiver.take().of("minute"), 70, "the minute's statistics arrive")

    later = Receiver(lab, broker.port, "later")
    for name in RETAINED:
        wait_for(lambda: later.take().page(name) is not None, 5, f"{name} is retained")
    check(later.page("status")["status"] == "online", f"status is {later.page('status')}")
    alarms = json.dumps(later.page("alarms"))
    check("exceedance.realtime" in alarms and "bypass.open" in alarms, f"alarms are {alarms}")
    points = json.dumps(later.page("catalog/points"))
    check("so2" in points and "mg/m3" in points, f"the catalogue's points are {points}")

    gateway.kill()
    wait_for(lambda: receiver.take().page("status")["status"] == "offline", 10,
             "the will says offline")
    gateway.start()
    wait_for(lambda: receiver.take().page("status")["status"] == "online", 10, "online again")
    gateway.stop()
    wait_for(lambda: receiver.take().page("status")["status"] == "stopping", 5, "stopping")
    counts = check_valid(receiver.messages)
    missing = [topic for topic, count in counts.items() if count == 0]
    check(not missing, f"nothing came on {missing}")


run_case(case)

#!/usr/bin/python3
"""A person's word against the running daemon, and what an event does: acknowledgement, refusals, a
horn by Modbus, evidence, and all of it across a kill."""
import json
import os
import socket
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.broker import Broker  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import wait_for  # noqa: E402
from lab.slave import Slave  # noqa: E402

SITE = """
gateway: {{park: test, name: declare}}
buses: {{b: {{tcp: "127.0.0.1:{slave}"}}}}
devices:
  cems:
    bus: b
    unit: 1
    every: 200ms
    writable: [horn]
    points: {{so2: {{holding: 0, unit: mg/m3}}, horn: {{holding: 1}}}}
assets:
  stack:
    kind: generic
    from: cems
    limits: {{so2: {{at-most: 50 mg/m3, kind: internal-warning}}}}
events: {{evidence: {{before: 3s, after: 2s}}, escalate: {{after: 2s, kind: other.kind}}}}
actions:
  horn: {{events: "exceedance.*", write: cems.horn, until: acknowledgement}}
destinations: {{centre: {{mqtt: "tcp://127.0.0.1:{broker}"}}}}
"""


def ask(path, verb):
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(path)
        line.sendall(json.dumps({"verb": verb}).encode() + b"\n")
        return json.loads(line.makefile().readline())["answer"]


def case(lab):
    broker = Broker(lab)
    slave = Slave(lab, {"holding": {0: [10, 0]}})
    gateway = Gateway(lab, SITE.format(slave=slave.port, broker=broker.port)).start()
    path = os.path.join(gateway.state, "control.sock")

    def ctl(verb, *arguments):
        return gateway.ctl(verb, "--socket", path, *arguments)

    def events(kind, phase=None):
        return [record for key, record in sorted(gateway.records().items(), key=lambda item: item[0][2])
                if key[1] == "event" and record["kind"] == kind and phase in (None, record["phase"])]

    def evidence():
        return [tuple(value[:1]) + (record["point"],) for key, record in gateway.records().items()
                if key[1] == "evidence" for value in record["values"]]

    gateway.wait_log("reading 1 devices")
    wait_for(lambda: any(key[1] in ("sample", "trend") for key in gateway.records()), 20, "scans")
    slave.set("holding", 0, [60])
    wait_for(lambda: events("exceedance.warning", "opened"), 10, "the event opens")
    wait_for(lambda: events("action.taken"), 10, "the horn is blown")
    check(events("register.written"), "the write stands in the books")
    opened = events("exceedance.warning", "opened")[0]

    refused = ctl("acknowledge", opened["id"], "--by", "Zhang Wei", "--code", "bored")
    check(refused.returncode == 1 and "being-handled" in refused.stderr, refused.stderr)
    check(ctl("acknowledge", opened["id"], "--code", "drill").returncode == 2, "it needs a name")
    check(ctl("maintenance", "on", "cems", "--by", "Li Na").returncode == 2, "it needs an end")
    refused = ctl("maintenance", "on", "pump", "--until", "+1h", "--by", "Li Na")
    check(refused.returncode == 1 and "no such device" in refused.stderr, refused.stderr)
    check(not events("acknowledged") and not events("declared.maintenance"), "no record of refusals")

    done = ctl("acknowledge", opened["id"], "--by", "Zhang Wei", "--code", "drill", "--reason", "test")
    check(done.returncode == 0 and "Zhang Wei (" in done.stdout, done.stdout + done.stderr)
    wait_for(lambda: events("action.released"), 10, "the horn is released")
    told = events("exceedance.warning", "updated")[-1]["details"]
    check(told["reason_code"] == "drill" and told["acknowledged_by"].startswith("Zhang Wei ("), told)
    listed = ctl("acknowledge")
    check(listed.returncode == 0 and opened["id"] in listed.stdout and "Zhang Wei (" in listed.stdout,
          f"open events are listed: {listed.stdout} {listed.stderr}")
    alarm = ask(path, "alarms")["events"][0]
    check(alarm["details"]["acknowledged_by"] == told["acknowledged_by"], f"on the page: {alarm}")
    check(ctl("calibrated", "cems.so2", "--by", "Li Na").returncode == 1, "it has no calendar")

    gateway.kill()
    gateway.start()
    wait_for(lambda: len(events("gateway.started")) == 2, 20, "it is back")
    slave.set("holding", 0, [10])
    wait_for(lambda: events("exceedance.warning", "closed"), 10, "the event closes")
    closed = events("exceedance.warning", "closed")[0]
    check(closed["id"] == opened["id"], "it is the same event")
    check(closed["details"]["acknowledged_by"] == told["acknowledged_by"], closed)
    check(len(events("acknowledged")) == 1 and len(events("action.taken")) == 1, "nothing twice")
    wait_for(lambda: max(evidence())[0] > closed["t"] + 1500, 15, "the evidence is complete")
    read = evidence()
    check(len(set(read)) == len(read), "no reading is told twice")
    check(min(read)[0] >= opened["t"] - 3000, "not more than before the opening")
    gateway.stop()


run_case(case)

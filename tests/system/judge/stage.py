"""What the judge tests share: a boiler whose corrected values the gateway makes itself, beside it a
bypass whose mass is counted; a slave that shows what the test says; the daemon's socket."""
import json
import os
import struct
import sys

import jsonschema

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.broker import Broker  # noqa: E402
from lab.case import check  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import Failure, ROOT  # noqa: E402
from lab.receiver import Receiver  # noqa: E402
from lab.slave import Slave  # noqa: E402

SITE = """gateway: {{park: test, name: judge}}
buses: {{line: {{tcp: "127.0.0.1:{slave}"}}}}
devices:
  cems:
    bus: line
    unit: 1
    every: 500ms
    points:
      so2:       {{holding: 0, type: float32, unit: mg/m3}}
      nox:       {{holding: 2, type: float32, unit: mg/m3}}
      o2:        {{holding: 4, type: float32, unit: "%"}}
      flow:      {{holding: 6, type: float32, unit: Nm3/h}}
      round:     {{holding: 8, type: float32, unit: Nm3/h}}
      untreated: {{holding: 10, type: float32, unit: mg/m3}}
      coal:      {{holding: 12, type: float32, unit: t/h}}
      damper:    {{coil: 0}}
assets:
  boiler-1:
    kind: boiler
    fuel: coal
    outlet: DA001
    from: cems
    production: {{running-when: coal > 1 t/h}}
    flue: {{reference-o2: {reference}}}
    bypass:
      open-when: damper
      delay: 0s
      mass: {{so2: {{concentration: untreated, flow: round}}}}
    limits:
      so2-corrected: {{at-most: 50 mg/m3, averaging: instant}}
      so2: {{at-most: 50 mg/m3, averaging: hour, basis: corrected, reference-o2: {reference}}}
      nox: {{at-most: 100 mg/m3, averaging: hour, basis: corrected, reference-o2: {reference}}}
events: {{evidence: {{before: 5s, after: 2s}}}}
destinations: {{centre: {{mqtt: "tcp://127.0.0.1:{broker}"}}}}
"""
ADDRESSES = {"so2": 0, "nox": 2, "o2": 4, "flow": 6, "round": 8, "untreated": 10, "coal": 12}
USUAL = {"so2": 30, "nox": 60, "o2": 11, "flow": 50000, "round": 3600, "untreated": 500, "coal": 8}
BASE = "parkgate/v1/test/judge/"


def words(value):
    return list(struct.unpack(">HH", struct.pack(">f", value)))


def validate(messages):
    """Every message of the gateway against docs/payloads/; how many there were of each topic."""
    validators, counts = {}, {}
    for topic, _, payload in messages:
        if not topic.startswith(BASE) or payload is None:
            continue
        name = topic[len(BASE):].split("/")[0]
        if name not in validators:
            with open(os.path.join(ROOT, "docs", "payloads", f"{name}.schema.json")) as file:
                schema = json.load(file)
            schema.pop("$id", None)  # a name; this library would look for it on the network
            validators[name] = jsonschema.validators.validator_for(schema)(schema)
        for error in validators[name].iter_errors(payload):
            raise Failure(f"{name}: {error.message} at {list(error.absolute_path)}: {payload}")
        counts[name] = counts.get(name, 0) + 1
    return counts


class Stage:
    def __init__(self, lab):
        self.broker = Broker(lab)
        registers = [word for name in ADDRESSES for word in words(USUAL[name])]
        self.slave = Slave(lab, {"holding": {0: registers}, "coil": {0: [False]}})
        self.receiver = Receiver(lab, self.broker.port)
        self.gateway = Gateway(lab, self.site())

    def site(self, reference=9):
        return SITE.format(slave=self.slave.port, broker=self.broker.port, reference=reference)

    def show(self, **values):
        """What the instruments show from now on."""
        for name, value in values.items():
            if name == "damper":
                self.slave.set("coil", 0, [value])
            else:
                self.slave.set("holding", ADDRESSES[name], words(value))

    def ctl(self, verb, *arguments):
        return self.gateway.ctl(verb, "--socket", os.path.join(self.gateway.state, "control.sock"),
                                *arguments)

    def said(self, verb, *arguments):
        """A command that must be accepted; what it printed."""
        done = self.ctl(verb, *arguments)
        check(done.returncode == 0, f"{verb} {arguments}: {done.stdout}{done.stderr}")
        return done.stdout

    def refused(self, words, verb, *arguments):
        """A command that must be refused in one sentence with these words."""
        done = self.ctl(verb, *arguments)
        told = [line for line in done.stderr.splitlines() if line]
        check(done.returncode == 1 and len(told) == 1 and words in told[0],
              f"{verb} {arguments}: {done.returncode} {done.stdout}{done.stderr}")

    def events(self, kind, phase=None):
        return self.receiver.take().events(kind, phase)

    def alarms(self):
        """Of the newest retained page: {(kind, subject): event}."""
        page = self.receiver.take().page("alarms") or {"events": []}
        return {(event["kind"], event["subject"]): event for event in page["events"]}

    def scans(self, device):
        return [scan for scan in self.receiver.take().of("sample") + self.receiver.of("trend")
                if scan["device"] == device]

    def in_order(self):
        """Books, chain and payloads of a gateway that has stopped."""
        self.receiver.wait_all(self.gateway.records())
        check(not self.receiver.changed(), f"a key has one content: {self.receiver.changed()}")
        for verb in ("books", "verify"):
            done = self.gateway.ctl(verb, self.gateway.store)
            check(done.returncode == 0, f"{verb}: {done.stdout}{done.stderr}")
        return validate(self.receiver.messages)

#!/usr/bin/python3
"""parkgatectl metrics: what it prints is Prometheus' text format to the letter, agrees with the page,
and is written whole; while the daemon is away it says parkgate_up 0. The page itself fits its schema,
also with a broker that refuses, whose error it names; a state that changes makes a page at once."""
import json
import os
import re
import stat
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.broker import Broker  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import ROOT, free_port, wait_for  # noqa: E402
from lab.receiver import Receiver  # noqa: E402
from lab.slave import Slave  # noqa: E402

SITE = """
gateway: {{park: test, name: metrics}}
buses:
  line: {{tcp: "127.0.0.1:{slave}"}}
devices:
  plc:
    bus: line
    unit: 1
    every: 200ms
    timeout: 100ms
    backoff-max: 1s
    points: {{level: {{holding: 0}}}}
destinations:
  centre: {{mqtt: "tcp://127.0.0.1:{broker}"}}
  away: {{mqtt: "tcp://127.0.0.1:{nobody}"}}
"""
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (-?[0-9][0-9.e+-]*|NaN|[+-]Inf)")
HEAD = re.compile(rf"# (HELP|TYPE) ({NAME}) (.+)")


def parse(text):
    """{(name, labels): value}; a Failure for what the exposition format 0.0.4 does not allow."""
    check(text.endswith("\n"), "the last line ends")
    samples, types, seen, family = {}, {}, set(), None
    for line in text.splitlines():
        head = HEAD.fullmatch(line)
        if head:
            kind, family, rest = head.groups()
            check((kind, family) not in seen, f"{kind} of {family} stands once")
            seen.add((kind, family))
            if kind == "TYPE":
                check(rest in ("gauge", "counter"), f"type of {family}: {rest}")
                types[family] = rest
            continue
        sample = SAMPLE.fullmatch(line)
        check(sample, f"no sample: {line!r}")
        name, labels, value = sample.groups()
        check(name == family and name in types, f"{name} stands below its own head")
        check(name.startswith("parkgate_"), f"{name} has the prefix")
        check(name.endswith("_total") == (types[name] == "counter"), f"{name} is a {types[name]}")
        check((name, labels) not in samples, f"{line} stands once")
        samples[name, labels] = float(value)
    return samples


def validate(page):
    import jsonschema
    with open(os.path.join(ROOT, "docs", "payloads", "health.schema.json")) as file:
        schema = json.load(file)
    for error in jsonschema.Draft202012Validator(schema).iter_errors(page):
        check(False, f"{error.message} at {list(error.absolute_path)}")


def case(lab):
    broker, slave = Broker(lab), Slave(lab, {"holding": {0: [1]}})
    receiver = Receiver(lab, broker.port)
    gateway = Gateway(lab, SITE.format(slave=slave.port, broker=broker.port, nobody=free_port()))
    socket = ("--socket", os.path.join(gateway.state, "control.sock"))
    output = lab.path("parkgate.prom")

    check(gateway.ctl("metrics", *socket, "--output", output).returncode == 1, "nobody answers")
    check(parse(open(output).read()) == {("parkgate_up", None): 0}, "it is not up")

    gateway.start()
    page = wait_for(lambda: (receiver.take().page("health") or {}).get("destinations") and next(
        (page for page in [receiver.page("health")]
         if page["destinations"][1]["last_error"] and page["devices"][0]["state"] == "online"),
        None), 20, "a health page with the error of the other destination")
    validate(page)
    error = page["destinations"][1]["last_error"]
    check(error.startswith("destination away: not connected"), f"its error is {error}")
    check(page["errors"]["destinations"]["text"] == error, "it is the destinations' last error")
    check(page["destinations"][0]["last_error"] == "", "the good one has none")

    check(gateway.ctl("metrics", *socket, "--output", output).returncode == 0, "it is written")
    check(stat.S_IMODE(os.stat(output).st_mode) == 0o644, "an exporter may read it")
    check([name for name in os.listdir(lab.directory) if name.startswith("parkgate.prom")] ==
          ["parkgate.prom"], "nothing else is left there")
    samples = parse(open(output).read())
    check(samples["parkgate_up", None] == 1, "it is up")
    check(samples["parkgate_device_state", 'device="plc",bus="line",state="online"'] == 1,
          "the device is online")
    check(samples["parkgate_destination_state", 'destination="away",state="up"'] == 0,
          "the other destination is not")
    check(samples["parkgate_device_requests_total", 'device="plc",bus="line"'] >=
          page["devices"][0]["requests"], "requests only grow")
    check(gateway.ctl("metrics", *socket, "--output", "/nowhere/x").returncode == 1, "no directory")

    changed(receiver, slave)
    gateway.stop()
    for topic, _, message in receiver.messages:
        if topic.endswith("/health"):
            validate(message)


def changed(receiver, slave):
    """A page comes with the change, not with the half minute."""
    before = receiver.take().page("health")["uptime_ms"]
    slave.be_silent()
    page = wait_for(lambda: next((page for page in [receiver.take().page("health")]
                                  if page["devices"][0]["state"] == "offline"), None), 15,
                    "a page that says offline")
    check(page["uptime_ms"] - before < 15000, "it did not wait")
    check(page["buses"][0]["state"] == "offline", f"the bus is {page['buses'][0]['state']}")
    check("plc" in page["errors"]["buses"]["text"], f"its error is {page['errors']['buses']}")


run_case(case)

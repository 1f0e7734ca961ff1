#!/usr/bin/python3
"""parkgatectl plan and check on a line that cannot keep its intervals, and on one that can."""
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.case import check, run_case  # noqa: E402
from lab.processes import program, run  # noqa: E402

SITE = """
gateway: {{park: p, name: g}}
buses: {{line: {{rtu: /dev/ttyS1, baud: {baud}}}}}
devices:
  meter:
    bus: line
    unit: 1
    every: 200ms
    response: 5ms
    points:
      a: {{holding: 0, type: float32}}
      b: {{holding: 4, type: float32}}
      c: {{holding: 100, type: u16, every: 60s}}
      serial: {{holding: 200, type: u32, once: true}}
destinations: {{c: {{mqtt: "tcp://127.0.0.1"}}}}
"""


def case(lab):
    path = lab.path("site.yaml")

    def ask(command, baud):
        with open(path, "w") as file:
            file.write(SITE.format(baud=baud))
        done = run([program("parkgatectl"), command, path])
        check(done.returncode == 0, f"{command}: {done.returncode} {done.stderr}")
        return done.stdout

    text = ask("plan", 9600)
    check(re.search(r"^bus line: /dev/ttyS1, 9600 baud, 17\.\d % used$", text, re.M), text)
    check("meter, unit 1: 3 requests" in text, text)
    # 13 characters, 3.5 of silence, 6 registers, at 960 a second, and 5 ms
    check(re.search(r"holding +0\.\.5 +6 registers +2 points +200 ms, 34\.7 ms", text), text)
    check(re.search(r"holding +200\.\.201 .* once,", text), text)
    check("cannot keep" not in text + ask("check", 9600), "9600 baud is enough")
    for command in ("plan", "check"):
        check("bus 'line' cannot keep its intervals" in ask(command, 1200), f"{command} at 1200")


run_case(case)

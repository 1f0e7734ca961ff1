#!/usr/bin/python3
"""Slaves nobody here wrote: npm's modbus-serial over TCP, and python3-pymodbus on a serial line (two
ptys joined by socat). What they hold arrives exactly."""
import os
import shutil
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", ".."))
from lab.broker import Broker  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import PYTHON, free_port, is_listening, wait_for  # noqa: E402
from lab.receiver import Receiver  # noqa: E402

SITE = """
gateway: {{park: test, name: field}}
buses:
  npm: {{tcp: "127.0.0.1:{npm}"}}
  serial: {{rtu: {tty}, baud: 9600}}
devices:
  first:
    bus: npm
    unit: 1
    every: 500ms
    points:
      low: {{holding: 0}}
      high: {{holding: 120}}
      wide: {{holding: 200, type: u32}}
      an-input: {{input: 41}}
      even: {{coil: 8}}
      odd: {{coil: 9}}
      third: {{discrete: 9}}
  second:
    bus: npm
    unit: 2
    every: 500ms
    points:
      low: {{holding: 0}}
  meter:
    bus: serial
    unit: 3
    every: 500ms
    points:
      a: {{holding: 10}}
      b: {{holding: 50}}
destinations:
  centre: {{mqtt: "tcp://127.0.0.1:{broker}"}}
"""

EXPECTED = {
    "first": {"low": 1, "high": 841, "wide": (1401 << 16) + 1408, "an-input": 42, "even": 1,
              "odd": 0, "third": 1},
    "second": {"low": 2},
    "meter": {"a": 30, "b": 150},
}


def case(lab):
    broker = Broker(lab)
    receiver = Receiver(lab, broker.port)
    port = free_port()
    lab.start("npm", [shutil.which("node"), os.path.join(HERE, "server.js"), str(port)])
    near, far = lab.path("tty-gateway"), lab.path("tty-slave")
    lab.start("socat", ["socat", f"pty,raw,echo=0,link={near}", f"pty,raw,echo=0,link={far}"])
    wait_for(lambda: os.path.exists(near) and os.path.exists(far), 10, "the serial line is there")
    lab.start("serial", [PYTHON, os.path.join(HERE, "serial_slave.py"), far])
    wait_for(lambda: is_listening(port), 20, "npm's server listens")
    gateway = Gateway(lab, SITE.format(npm=port, tty=near, broker=broker.port)).start()

    def good(device):
        scans = [record for record in receiver.take().of("trend") if record["device"] == device]
        return [scan for scan in scans if "quality" not in scan]

    for device, expected in EXPECTED.items():
        wait_for(lambda name=device: good(name), 30, f"{device} answers")
        scan = good(device)[-1]
        got = {name: scan.get(name) for name in expected}
        check(got == expected, f"{device}: {got} instead of {expected}")
    gateway.stop()


if shutil.which("node") is None or shutil.which("socat") is None:
    print("skipped: node and socat are needed (tools/install test)", file=sys.stderr)
    sys.exit(77)
if not os.path.isdir(os.path.join(HERE, "..", "node_modules", "modbus-serial")):
    print("skipped: npm's modbus-serial is not installed (tools/install test)", file=sys.stderr)
    sys.exit(77)
run_case(case)

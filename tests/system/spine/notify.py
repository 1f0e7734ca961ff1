#!/usr/bin/python3
"""What systemd is told: READY=1 once it reads, WATCHDOG=1 again and again, RELOADING=1 and READY=1
at SIGHUP, STOPPING=1 at SIGTERM."""
import os
import socket
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.case import check, run_case  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import free_port, wait_for  # noqa: E402
from lab.slave import Slave  # noqa: E402

SITE = """
gateway: {{park: test, name: notify}}
buses:
  line: {{tcp: "127.0.0.1:{slave}"}}
devices:
  plc: {{bus: line, unit: 1, every: 1s, points: {{level: {{holding: 0}}}}}}
destinations:
  centre: {{mqtt: "tcp://127.0.0.1:{broker}"}}
"""


class Notices:
    """systemd's end of NOTIFY_SOCKET: every assignment in the order of its arrival."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.setblocking(False)
        self.taken = []

    def take(self):
        while True:
            try:
                self.taken += self.socket.recv(4096).decode().splitlines()
            except BlockingIOError:
                return self.taken


def case(lab):
    slave = Slave(lab, {"holding": {0: [1]}})
    notices = Notices(lab.path("notify"))
    gateway = Gateway(lab, SITE.format(slave=slave.port, broker=free_port()), environment={
        "NOTIFY_SOCKET": lab.path("notify"), "WATCHDOG_USEC": "30000000"}).start()
    wait_for(lambda: "READY=1" in notices.take(), 10, "READY=1")
    wait_for(lambda: notices.take().count("WATCHDOG=1") >= 3, 15, "three times WATCHDOG=1")
    gateway.reload()
    wait_for(lambda: "RELOADING=1" in notices.take() and notices.taken.count("READY=1") == 2, 15,
             "RELOADING=1, then READY=1")
    order = [notice for notice in notices.taken if notice in ("READY=1", "RELOADING=1")]
    check(order == ["READY=1", "RELOADING=1", "READY=1"], f"systemd was told {order}")
    check(any(notice.startswith("MONOTONIC_USEC=") for notice in notices.taken),
          "RELOADING=1 comes with MONOTONIC_USEC")
    check("STOPPING=1" not in notices.taken, "it is not stopping yet")
    gateway.stop()
    check("STOPPING=1" in notices.take(), "STOPPING=1")


run_case(case)

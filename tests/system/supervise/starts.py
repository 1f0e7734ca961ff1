#!/usr/bin/python3
"""The health page says why the daemon started: its first start, after a clean stop, after kill -9,
after its own crash, after systemd's watchdog (SIGABRT from outside, with the main thread standing
still), after a part of it hung. The counts stay across all of them, and so does what was written."""
import json
import os
import signal
import socket
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.case import check, run_case  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import free_port, wait_for  # noqa: E402
from lab.slave import Slave  # noqa: E402

SITE = """
gateway: {{park: test, name: starts}}
buses:
  line: {{tcp: "127.0.0.1:{slave}"}}
devices:
  plc: {{bus: line, unit: 1, every: 1s, points: {{level: {{holding: 0}}}}}}
destinations:
  centre: {{mqtt: "tcp://127.0.0.1:{broker}"}}
"""


def page_of(gateway):
    done = gateway.ctl("status", "--json", "--socket", os.path.join(gateway.state, "control.sock"))
    return json.loads(done.stdout) if done.returncode == 0 else None


def start(gateway, cause):
    gateway.start()
    page = wait_for(lambda: page_of(gateway), 10, "the daemon answers")
    check(page["restart_cause"] == cause, f"the cause is {page['restart_cause']}, not {cause}")
    return page


def abort(gateway):
    """As systemd does when nothing feeds it: from another process."""
    gateway.child.signal(signal.SIGABRT)
    check(gateway.child.wait(5) == -signal.SIGABRT, "SIGABRT ends it as ever")


def case(lab):
    slave = Slave(lab, {"holding": {0: [1]}})
    gateway = Gateway(lab, SITE.format(slave=slave.port, broker=free_port()))
    page = start(gateway, "first-start")
    check(page["restarts"] == {"watchdog": 0, "crash": 0, "power": 0, "other": 0},
          f"nothing is counted yet: {page['restarts']}")
    gateway.stop()
    start(gateway, "stop")
    gateway.kill()
    start(gateway, "crash")
    gateway.child.signal(signal.SIGSEGV)
    gateway.child.wait(5)
    start(gateway, "crash")
    abort(gateway)
    page = start(gateway, "watchdog")
    check(page["restarts"] == {"watchdog": 1, "crash": 2, "power": 0, "other": 1},
          f"the counts are {page['restarts']}")
    wear = page["disk"]["wear"]
    check(wear["written_total_bytes"] is None or
          wear["written_total_bytes"] >= wear["written_bytes"], f"written: {wear}")
    power_cut(gateway)
    page = start(gateway, "power")
    check(page["restarts"]["power"] == 1, f"the counts are {page['restarts']}")
    command_restart(gateway)
    start(gateway, "command")
    gateway.kill()
    with open(os.path.join(gateway.state, "run"), "r+b") as file:
        file.write(b"torn")
    start(gateway, "unknown")
    gateway.stop()
    refused(gateway)
    told = [record["details"]["text"] for record in gateway.records().values()
            if record.get("kind") == "gateway.started"]
    for words in ("first start", "after a clean stop", "after a crash or kill",
                  "after the watchdog ended it", "after a power cut or reset",
                  "after the command restart", "after power loss, crash or kill"):
        check(any(text.endswith(words) for text in told), f"'{words}' is recorded: {told}")


def command_restart(gateway):
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(os.path.join(gateway.state, "control.sock"))
        line.sendall(b'{"verb":"restart","reason":"a test"}\n')
        answer = json.loads(line.makefile().readline())
        check(answer["result"] == "done", f"restart: {answer}")
    check(gateway.child.wait(10) == 0, "it ends well")


def power_cut(gateway):
    """The record of a run in another boot of the machine that did not end."""
    gateway.kill()
    path = os.path.join(gateway.state, "run")
    with open(path, "rb") as file:
        text = file.read()
    words = text[:512].rstrip().split(b" ")
    words[words.index(b"boot") + 1] = b"0" * 32
    record = b" ".join(words[:words.index(b"check")])
    check_sum = 2166136261
    for byte in record:
        check_sum = (check_sum ^ byte) * 16777619 & 0xFFFFFFFF
    record += b" check %08x" % check_sum
    with open(path, "wb") as file:
        file.write(record.ljust(511) + b"\n" + text[512:])


def refused(gateway):
    """A run whose site file is wrong never began: the cause is still the one before it."""
    good = open(gateway.file).read()
    gateway.write("gateway: {park: x")
    gateway.start()
    check(gateway.child.wait(10) != 0, "a wrong file is refused")
    gateway.write(good)
    start(gateway, "stop")
    gateway.stop()


run_case(case)

#!/usr/bin/python3
"""parkgatectl on the bus of a running daemon: status, read, scan, monitor, write. A write that the
site does not list changes nothing; one that it lists is an event. Without a daemon there is a
sentence."""
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.case import check, run_case  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import program, wait_for  # noqa: E402
from lab.slave import Slave  # noqa: E402

SITE = """
gateway: {{park: test, name: tools}}
buses:
  line: {{tcp: "127.0.0.1:{port}"}}
devices:
  plc:
    bus: line
    unit: 1
    every: 200ms
    timeout: 500ms
    writable: [setpoint]
    points:
      level: {{holding: 0, type: float32}}
      setpoint: {{holding: 4, type: s16, scale: 0.1}}
      far: {{holding: 60, type: u16}}
destinations:
  centre: {{mqtt: "tcp://127.0.0.1:1"}}
"""


class Tools:
    def __init__(self, gateway):
        self.socket = os.path.join(gateway.state, "control.sock")
        self.gateway = gateway

    def run(self, command, *arguments):
        return self.gateway.ctl(command, "--socket", self.socket, *arguments)

    def fine(self, command, *arguments):
        done = self.run(command, *arguments)
        check(done.returncode == 0, f"{command}: {done.returncode}, {done.stderr}")
        return done.stdout

    def refused(self, words, command, *arguments):
        done = self.run(command, *arguments)
        check(done.returncode == 1 and words in done.stderr, f"{command} says {done.stderr!r}")


def look(tools):
    text = tools.fine("status")
    check(re.search(r"^plc +line +(online|degraded)", text, re.M), f"status is {text}")
    page = json.loads(tools.fine("status", "--json"))
    device = page["devices"][0]
    check(device["availability"]["1h"] == 1 and device["response_us"]["max"] > 0, f"{device}")
    text = tools.fine("read", "line", "1", "holding", "0", "2")
    check("50.24" in text and "0x4248" in text, f"read shows {text}")
    text = tools.fine("key", "show")
    check(re.search(r"^Ed25519 [0-9a-f]{64}$", text, re.M), f"the key is {text}")
    text = tools.fine("scan", "--from", "1", "--to", "3", "line")
    check(re.search(r"unit +1 .*holding 0 = 16968  plc", text) and "units answer" in text, text)
    tools.refused("exception 2", "read", "line", "1", "holding", "500", "2")
    tools.refused("there is line", "read", "nowhere", "1", "holding", "0", "2")


def watch(tools):
    watching = subprocess.Popen([program("parkgatectl"), "monitor", "--socket", tools.socket,
                                 "line"], stdout=subprocess.PIPE, text=True)
    lines = [watching.stdout.readline() for _ in range(4)]
    watching.terminate()
    watching.wait()
    check(any("-> " in line and "read holding 0" in line for line in lines), f"monitor: {lines}")
    check(any(re.search(r"<- +[0-9.]+ ms  unit 1  16968 ", line) for line in lines), f"{lines}")


def write(tools, slave):
    text = tools.fine("write", "plc.setpoint", "12.5")
    check("before 1, now 12.5" in text, f"write says {text}")
    tools.refused("writable", "write", "plc.far", "3")
    tools.refused("does not fit", "write", "plc.setpoint", "40000")
    check("125" in tools.fine("read", "line", "1", "holding", "4"), "the register has not 125")


def case(lab):
    words = [0x4248, 0xF5C3, 0, 0, 10] + [0] * 60
    slave = Slave(lab, {"holding": {0: words}})
    gateway = Gateway(lab, SITE.format(port=slave.port)).start()
    tools = Tools(gateway)
    wait_for(lambda: "plc" in tools.run("status").stdout and
             json.loads(tools.run("status", "--json").stdout)["devices"][0]["answers"] > 2, 15,
             "the device is read")
    look(tools)
    watch(tools)
    write(tools, slave)
    gateway.stop()
    tools.refused("no daemon answers", "status")
    events = [record for record in gateway.records().values()
              if "register.written" in json.dumps(record)]
    check(len(events) == 1, f"writes recorded: {events}")
    check("plc.setpoint" in json.dumps(events[0]) and "on this machine" in json.dumps(events[0]),
          f"the event is {events[0]}")


run_case(case)

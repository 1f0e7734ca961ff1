#!/usr/bin/python3
"""Commands over the socket of the running daemon: help, the log level, reload, restart; what is wrong is
refused in a sentence and changes nothing; what changes something is recorded with who asked."""
import json
import os
import pwd
import socket
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.case import check, run_case  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import wait_for  # noqa: E402
from lab.slave import Slave  # noqa: E402

SITE = """
gateway: {{park: test, name: socket}}
buses:
  line: {{tcp: "127.0.0.1:{slave}"}}
devices:
  plc:
    bus: line
    unit: 1
    every: {every}
    writable: [setpoint]
    points:
      level: {{holding: 0}}
      setpoint: {{holding: 1}}
"""


class Line:
    """A client of the socket; answers stay in order."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")

    def ask(self, verb, **members):
        self.socket.sendall(json.dumps({"verb": verb, **members}).encode() + b"\n")
        return self.receive()

    def receive(self):
        line = self.file.readline()
        return json.loads(line) if line else None

    def done(self, verb, **members):
        answer = self.ask(verb, **members)
        check(answer and answer["result"] == "done", f"{verb}: {answer}")
        return answer["answer"]

    def refused(self, words, verb, **members):
        answer = self.ask(verb, **members)
        check(answer and answer["result"] == "refused", f"{verb}: {answer}")
        check(words in answer["reason"], f"'{words}' in: {answer['reason']}")


def looking(line):
    table = line.done("help")
    check(table["restart"]["role"] == "administrator" and table["monitor"]["local"], str(table))
    check(len(json.dumps(table, ensure_ascii=False).encode()) < 16000, "help fits into one reply of MQTT")
    check("level" in line.done("help", body={"verb": "log-level"})["log-level"]["schema"]["properties"], "schema")
    check(line.ask("status", id="q-1")["id"] == "q-1", "the id comes back")
    line.refused("unknown member 'unti'", "read", bus="line", unti=1)
    line.refused("'unit' must be a whole number from 0 to 255", "read", bus="line", unit=256)
    line.refused("unknown verb", "format-disk")
    # the largest request that there may be, and one client that says too much
    line.refused("unknown member 'x'", "key", x="y" * 250000)


def changing(line, gateway):
    line.done("log-level", level="debug", for_s=60)
    line.refused("'for_s'", "log-level", level="debug", for_s=59)
    text = open(gateway.file).read()
    gateway.write(text.replace("every: 100ms", "every: soon"))
    line.refused("yaml:9:12: ", "reload", by="Li Na", reason="test")
    gateway.write(text.replace("every: 100ms", "every: 200ms"))
    line.done("reload", by="Li Na", reason="test")
    line.done("read", bus="line", unit=1, count=2)
    line.done("write", point="plc.setpoint", value=7)
    answer = line.ask("write", point="plc.level", value=7)
    check(answer["result"] == "refused" and "writable" in answer["reason"], str(answer))
    check("answer" not in answer, f"no register was looked at: {answer}")
    path = os.path.join(gateway.state, "control.sock")
    helped = gateway.ctl("command", "--socket", path, "help", "verb=apply")
    check(helped.returncode == 0 and list(json.loads(helped.stdout)) == ["apply"], helped.stdout + helped.stderr)


def recorded(gateway):
    return [(record["kind"], record["subject"], record["details"]["result"])
            for key, record in sorted(gateway.records().items(), key=lambda item: item[0][2])
            if key[1] == "event" and record["kind"].startswith("command.")]


def case(lab):
    slave = Slave(lab, {"holding": {0: [10, 0]}})
    gateway = Gateway(lab, SITE.format(slave=slave.port, every="100ms")).start()
    path = os.path.join(gateway.state, "control.sock")
    gateway.wait_log("reading 1 devices")
    wait_for(lambda: os.path.exists(path), 10, "the socket")
    line = Line(path)

    looking(line)
    changing(line, gateway)
    line.refused("'reason'", "restart")
    check("text" in line.done("restart", reason="test of the restart"), "the answer comes before the end")
    check(gateway.child.wait(10) == 0, "it ends well")
    check(line.receive() is None and not os.path.exists(path), "the socket is gone")

    check(recorded(gateway) == [
        ("command.done", "log-level", "done"), ("command.refused", "log-level", "refused"),
        ("command.refused", "reload", "refused"), ("command.done", "reload", "done"),
        ("command.done", "write", "done"), ("command.refused", "write", "refused"),
        ("command.refused", "restart", "refused"), ("command.done", "restart", "done")],
        f"what changes something is recorded: {recorded(gateway)}")
    who = pwd.getpwuid(os.getuid()).pw_name + " on this machine"
    check(all(record["details"]["by"] == who for record in gateway.records().values()
              if record.get("kind", "").startswith("command.")), f"by {who}")


run_case(case)

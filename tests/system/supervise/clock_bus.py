#!/usr/bin/python3
"""In the unit's sandbox the kernel does not tell whether the clock is synchronised: systemd-timedated
does, over the system bus. Here adjtimex is refused by seccomp (barred.c), the bus is a private
dbus-daemon, and timedated.c stands in for timedated. The health page follows what it says; a bus or
a timedated that is not there, or does not answer, leaves the clock `restored` and holds nothing up."""
import json
import os
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.case import check, run_case  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import SLACK, free_port, program, read, wait_for  # noqa: E402
from lab.slave import Slave  # noqa: E402

SITE = """
gateway: {{park: test, name: barred}}
buses:
  line: {{tcp: "127.0.0.1:{slave}"}}
devices:
  plc: {{bus: line, unit: 1, every: 1s, points: {{level: {{holding: 0}}}}}}
destinations:
  centre: {{mqtt: "tcp://127.0.0.1:{broker}"}}
"""
BUS = """<busconfig><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/><allow user="*"/></policy></busconfig>
"""
NOBODY_TELLS = "nobody tells whether the clock is synchronised"
FILE = "/run/systemd/timesync/synchronized"  # what is believed where the bus does not tell


class Barred(Gateway):
    """The clock's calls are refused to it."""

    def start(self):
        self.child = self.lab.start(
            self.name, [program("barred"), program("parkgated"), "--state", self.state, self.file],
            environment=self.environment)
        return self


class Bus:
    """A private system bus; say() sets what timedated answers there."""

    def __init__(self, lab):
        self.lab, self.socket, self.word = lab, lab.path("bus"), lab.path("word")
        self.environment = {"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=" + self.socket}
        self.child = None

    def start(self):
        with open(self.lab.path("bus.conf"), "w") as file:
            file.write(BUS.format(socket=self.socket))
        self.lab.start("dbus", ["dbus-daemon", "--nofork",
                                "--config-file=" + self.lab.path("bus.conf")])
        wait_for(lambda: os.path.exists(self.socket), 10, "the bus is there")

    def start_timedated(self):
        self.child = self.lab.start("timedated", [program("timedated"), self.word],
                                    environment=self.environment)
        wait_for(lambda: "ready" in read(self.child.output), 10, "timedated is on the bus")

    def say(self, word):
        with open(self.word, "w") as file:
            file.write(word + "\n")


def page_of(gateway):
    done = gateway.ctl("status", "--json", "--socket", os.path.join(gateway.state, "control.sock"))
    return json.loads(done.stdout) if done.returncode == 0 else None


def start(gateway):
    """Its first page, and the length of its log before."""
    before = len(gateway.log())
    gateway.start()
    begin = time.monotonic()
    page = wait_for(lambda: page_of(gateway), 10, "the daemon answers")
    check(time.monotonic() - begin < 5 * SLACK, "nobody waits long for the bus")
    return page, before


def expect(gateway, state, why):
    page, before = start(gateway)
    check(page["clock"] == state, f"{why}: the clock is {page['clock']}, not {state}")
    check(page["clock_discipline"] is None, "how far it is off nobody tells")
    told = gateway.log()[before:].count(NOBODY_TELLS)
    gateway.stop()
    return told


def late(gateway, bus):
    """timedated, started by the question, answers later than main waits for it."""
    bus.say("yes")
    bus.child.signal(signal.SIGSTOP)
    page, _ = start(gateway)
    check(page["clock"] == "restored", f"no answer yet: the clock is {page['clock']}")
    bus.child.signal(signal.SIGCONT)
    wait_for(lambda: (page_of(gateway) or {}).get("clock") == "synchronised", 10,
             "the late answer is heard")
    gateway.stop()
    kinds = [record.get("kind") for record in gateway.records().values()]
    check("clock.changed" in kinds, f"the change is an event: {sorted(set(map(str, kinds)))}")


def case(lab):
    slave, bus = Slave(lab, {"holding": {0: [1]}}), Bus(lab)
    gateway = Barred(lab, SITE.format(slave=slave.port, broker=free_port()),
                     environment=bus.environment)
    otherwise = "synchronised" if os.path.exists(FILE) else "restored"
    check(expect(gateway, otherwise, "no bus") == 1, "that nobody tells is said once")
    bus.start()
    check(expect(gateway, otherwise, "no timedated") == 1, "that nobody tells is said once")
    bus.start_timedated()
    bus.say("yes")
    check(expect(gateway, "synchronised", "timedated says yes") == 0, "somebody tells")
    bus.say("no")
    check(expect(gateway, "restored", "timedated says no") == 0, "somebody tells")
    if otherwise == "restored":
        late(gateway, bus)


def is_possible():
    return (shutil.which("dbus-daemon") is not None and
            subprocess.run([program("barred"), "/bin/true"], check=False).returncode != 77)


if not is_possible():
    print("skipped: no dbus-daemon, or no seccomp filters here", file=sys.stderr)
    sys.exit(77)
run_case(case)

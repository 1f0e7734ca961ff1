#!/usr/bin/python3
"""Five gateways of parksim --fleet on one broker: all report their health, a command to all is answered
by each, and when the broker was away all return by themselves with what they had read meanwhile."""
import json
import os
import signal
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.broker import Broker  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.processes import program, read, run, wait_for  # noqa: E402
from lab.receiver import Receiver  # noqa: E402

COUNT = 5
NAMES = [f"g{i + 1:04}" for i in range(COUNT)]


def seen(receiver, tail, good=lambda page: True):
    """The gateways that sent such a page."""
    return {topic.split("/")[3] for topic, _, page in receiver.take().messages
            if topic.split("/", 4)[4:] == [tail] and page is not None and good(page)}


def command_all(broker, receiver, identity):
    for name in NAMES:
        done = run(["/usr/bin/mosquitto_pub", "-h", "127.0.0.1", "-p", str(broker.port), "-q", "1",
                    "-t", f"parkgate/v1/fleet/{name}/command/status",
                    "-m", json.dumps({"id": identity})])
        check(done.returncode == 0, done.stderr)
    wait_for(lambda: seen(receiver, "reply/status", lambda page: page["id"] == identity and
                          page["result"] == "done") == set(NAMES), 20, "each answers")


def case(lab):
    broker = Broker(lab)
    receiver = Receiver(lab, broker.port)
    fleet = lab.start("fleet", [program("parksim"), "--fleet", str(COUNT), "--gateway",
                                program("parkgated"), "--broker", f"127.0.0.1:{broker.port}",
                                "--state", lab.path("fleet-state")])
    wait_for(lambda: seen(receiver, "health") == set(NAMES), 30, "each reports its health")
    wait_for(lambda: seen(receiver, "samples") | seen(receiver, "events") == set(NAMES), 30,
             "each has read its boiler")
    command_all(broker, receiver, "before")
    broker.stop()
    since_ms = time.time() * 1000
    broker.start()
    wait_for(lambda: seen(receiver, "status", lambda page: page["status"] == "online" and
                          page["since"] > since_ms) == set(NAMES), 60, "each returns")
    command_all(broker, receiver, "after")
    groups = {os.getpgid(int(pid)) for pid in read(
        f"/proc/{fleet.pid}/task/{fleet.pid}/children").split()}
    check(len(groups) == 1 and os.getpgid(fleet.pid) not in groups, f"one group: {groups}")
    fleet.signal(signal.SIGTERM)
    check(fleet.wait(15) == 0, "parksim ends well, and its gateways with it")
    ended = [json.loads(line) for line in read(fleet.output).splitlines() if '"ended"' in line]
    check(ended == [], f"none ended before: {ended}")
    for name in NAMES:
        check("everything read is stored" in read(lab.path("fleet-state", name, "log")),
              f"{name} stopped in order")


run_case(case)

"""Supervision: a fleet of gateways on one broker (parksim --fleet; real daemons, each reading a boiler
that parksim plays), commands to all of them, a broker that is restarted under them.

fleet_health_s: from the start of the first until the last had its health page at the broker.
command_round_trip_p99_ms: `status`, one gateway after the other, through the broker and back.
command_to_all_s: `status` to all at once, until the last answer. fleet_return_s: from the broker's
return until the last gateway says that it is online; fleet_return_most_per_s: as many came back in
one second at most. systemd_exposure: systemd-analyze security, offline. fuzz_executions, fuzz_crashes:
what the last run of tests/fuzz/long wrote down; a run of some seconds when there was none.
"""
import json
import os
import re
import subprocess
import sys
import time

import paho.mqtt.client as mqtt

from lab.broker import Broker
from lab.processes import ROOT, Failure, Lab, program, wait_for

GATEWAYS, FEW = 200, 10
ROUNDS = 5


class Centre:
    """Sees what a centre sees: health, status, replies, each with the time it came."""

    def __init__(self, port):
        self.health, self.online, self.replies = {}, {}, {}
        self.since_ms = 0  # only who came later counts as online
        self.client = mqtt.Client()
        self.client.on_connect = self._subscribe
        self.client.on_message = self._take
        self.client.reconnect_delay_set(1, 1)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def _subscribe(self, client, *_):
        client.subscribe([(f"parkgate/v1/fleet/+/{tail}", 1)
                          for tail in ("health", "status", "reply/+")])

    def _take(self, _client, _data, message):
        now = time.monotonic()
        name, part = message.topic.split("/")[3:5]
        if part == "health":
            self.health.setdefault(name, now)
        elif part == "status":
            status = json.loads(message.payload)
            if status["status"] == "online" and status["since"] > self.since_ms:
                self.online.setdefault(name, now)
        elif part == "reply":
            self.replies.setdefault((name, json.loads(message.payload)["id"]), now)

    def ask(self, name, identity):
        self.client.publish(f"parkgate/v1/fleet/{name}/command/status",
                            json.dumps({"id": identity}), qos=1)
        return time.monotonic()

    def end(self):
        self.client.loop_stop()
        self.client.disconnect()


def _start_fleet(lab, broker, count):
    begun = time.monotonic()
    lab.start("fleet", [program("parksim"), "--fleet", str(count), "--gateway",
                        program("parkgated"), "--broker", f"127.0.0.1:{broker.port}", "--state",
                        lab.path("fleet-state")])
    return begun


def _round_trips(centre, names):
    spent = []
    for turn in range(ROUNDS):
        for name in names:
            identity = f"{turn}-{name}"
            asked = centre.ask(name, identity)
            wait_for(lambda: (name, identity) in centre.replies, 30, f"{name} answers")
            spent.append(centre.replies[name, identity] - asked)
    spent.sort()
    return spent[int(len(spent) * 0.99)] * 1000


def _to_all(centre, names):
    asked = [centre.ask(name, "all") for name in names]
    wait_for(lambda: all((name, "all") in centre.replies for name in names), 60, "all answer")
    return max(centre.replies[name, "all"] for name in names) - asked[0]


def _return(centre, broker, names):
    broker.stop()
    time.sleep(3)  # an outage has a length
    centre.since_ms = time.time() * 1000
    centre.online.clear()
    broker.start()
    back = time.monotonic()
    wait_for(lambda: len(centre.online) == len(names), 180,
             f"{len(names)} are back")
    seconds = [int(moment - back) for moment in centre.online.values()]
    print(f"came back, by second: {[seconds.count(i) for i in range(max(seconds) + 1)]}",
          file=sys.stderr)
    return max(centre.online.values()) - back, max(map(seconds.count, seconds))


def _exposure():
    done = subprocess.run(["systemd-analyze", "security", "--offline=true",
                           os.path.join(ROOT, "systemd", "parkgated.service")],
                          capture_output=True, text=True, check=False)
    found = re.search(r"Overall exposure level.*?: ([\d.]+)", done.stdout)
    return float(found.group(1)) if found else None


def _fuzz(seconds):
    folder = os.environ.get("FUZZ_FOLDER", os.path.join(ROOT, "build-fuzz"))
    figures = os.path.join(folder, "figures.json")
    if not os.path.exists(figures):
        subprocess.run([os.path.join(ROOT, "tests", "fuzz", "long")], check=False,
                       stdout=sys.stderr, env={**os.environ, "FUZZ_SECONDS": str(seconds)})
    with open(figures) as file:
        return json.load(file)


def _fleet(lab, count):
    broker = Broker(lab)
    centre = Centre(broker.port)
    names = [f"g{i + 1:04}" for i in range(count)]
    yield "fleet_gateways", count, "gateways"
    begun = _start_fleet(lab, broker, count)
    wait_for(lambda: len(centre.health) == count, 300, "all have reported")
    yield "fleet_health_s", round(max(centre.health.values()) - begun, 1), "s"
    yield "command_round_trip_p99_ms", round(_round_trips(centre, names), 1), "ms"
    yield "command_to_all_s", round(_to_all(centre, names), 2), "s"
    spent, most = _return(centre, broker, names)
    yield "fleet_return_s", round(spent, 1), "s"
    yield "fleet_return_most_per_s", most, "gateways"
    centre.end()


def figures(quick):
    """(figure, value, unit), as they become known."""
    with Lab() as lab:
        try:
            yield from _fleet(lab, FEW if quick else GATEWAYS)
        except Failure as reason:
            print(f"the fleet could not be measured further: {reason}", file=sys.stderr)
    yield "systemd_exposure", _exposure(), "1"
    fuzz = _fuzz(5 if quick else 60)
    yield "fuzz_executions", fuzz["executions"], "runs"
    yield "fuzz_crashes", fuzz["crashes"], "crashes"

#!/usr/bin/python3
"""Promise 11 for destinations: beside one whose name never resolves, one whose resolver takes 8 s,
one that takes TCP connections and never answers, and one that never acknowledges, the good one gets
everything. Prints the longest gap between two deliveries there. usage: isolation.py SLOW_RESOLVER.so
"""
import sys
import time

from stage import check, start_gateway, to, wait_delivered, wait_sentence

from lab.badbroker import BadBroker
from lab.case import run_case
from lab.processes import wait_for

SECONDS = 12


class Counting(BadBroker):
    """Knows when it was given records."""

    def delivered(self, payload):
        self.times = [*getattr(self, "times", []), time.monotonic()]
        super().delivered(payload)


def case(lab, resolver):
    good, mute, silent = Counting(), BadBroker(at_connect="mute"), BadBroker(publish="never")
    gateway = start_gateway(lab, {
        "dead-name": 'mqtt: "tcp://broker.dead"', "slow-name": 'mqtt: "tcp://broker.slow"',
        "slow-tls": 'mqtt: "tls://broker.slow"', "mute": to(mute), "silent": to(silent),
        "second-slow": f'mqtt: ["tcp://127.0.0.1:{good.port}", "tcp://other.slow"], client-id: x',
        "good": to(good)}, environment={"LD_PRELOAD": resolver})
    wait_sentence(gateway, "dead-name", "the name broker.dead does not resolve")
    wait_for(lambda: len(getattr(good, "times", [])) > 5, 10, "the good one gets records")
    begin, first = time.monotonic(), len(good.times)
    wait_sentence(gateway, "slow-name", "the name broker.slow does not resolve")
    wait_sentence(gateway, "slow-tls", "the name broker.slow does not resolve")
    wait_sentence(gateway, "mute", "no answer in 10 s", 30)
    wait_for(lambda: time.monotonic() - begin > SECONDS, 60, "the time of the measurement")
    times = [begin, *good.times[first:]]
    gap = max(after - before for before, after in zip(times, times[1:]))
    print(f"longest gap at the good destination: {gap * 1000:.0f} ms of "
          f"{times[-1] - begin:.0f} s", file=sys.stderr)
    wait_delivered(good, gateway.records(), "good", 10)
    check(not silent.records, "nothing counts as delivered where nothing is acknowledged")
    gateway.child.kill()


run_case(case, *sys.argv[1:])

#!/usr/bin/python3
"""Several brokers in order: the first is gone, the second takes over and keeps the gateway; with
--back the first comes back, and the gateway returns to it after two looks. Each record arrives at one
of them, what was under way at the change may arrive at both."""
import json
import sys

from stage import check, start_gateway, to, wait_sentence

from lab.badbroker import BadBroker
from lab.case import run_case
from lab.processes import wait_for


def wait_all(brokers, stored, seconds=20):
    def missing():
        return stored.keys() - set().union(*(broker.records.keys() for broker in brokers))
    wait_for(lambda: not missing(), seconds, "each record is at one of the brokers")


def status_of(broker):
    """The last retained status there."""
    said = [json.loads(one["payload"]) for one in broker.publishes
            if one["topic"].endswith("/status")]
    return said[-1]["status"] if said else None


def case(lab, *options):
    first, second = BadBroker(), BadBroker()
    first.close()
    gateway = start_gateway(lab, {"centre": to(first, second)}, every="200ms")
    line = wait_sentence(gateway, "centre", "not connected to")
    check(f":{first.port}:" in line, line)
    line = wait_sentence(gateway, "centre", "connected to")
    wait_for(lambda: len(second.records) > 10, 10, "the second gets records")
    second.cut()  # a short break: it works, so it stays there
    wait_for(lambda: len(second.connects) > 1, 20, "the second is kept or found again")
    first.open()
    if "--back" in options:
        wait_for(lambda: first.connects, 200, "the gateway goes back to the first")
        check(f"leaving 127.0.0.1:{second.port}: 127.0.0.1:{first.port} answers again"
              in gateway.log(), "the way back is told")
        check(status_of(second) == "offline", f"the second says {status_of(second)}")
        wait_for(lambda: status_of(first) == "online", 10, "the first says online")
        goodbye = len(second.connects)
        wait_for(lambda: len(first.records) > 10, 10, "the first gets records")
        check(len(second.connects) == goodbye, "it stays at the first")
        copies = [key for key in first.records if key in second.records]
        check(not copies, f"nothing was under way at the change: {copies[:3]}")
    wait_all((first, second), gateway.records())
    gateway.stop()


run_case(case, *sys.argv[1:])

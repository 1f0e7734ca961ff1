#!/usr/bin/python3
"""A broker that refuses the connection with each code of MQTT 5 and 3.1.1: each has its sentence in
the log, a good destination beside them gets everything, and so do they when they are let in."""
from stage import check, start_gateway, to, wait_delivered, wait_sentence

from lab.badbroker import BadBroker
from lab.case import run_case
from lab.processes import wait_for

FIVE = {0x80: "does not say why", 0x85: "refuses the client id", 0x86: "user name or password",
        0x87: "does not authorise this client", 0x88: "not available", 0x89: "is busy",
        0x8A: "has banned this client", 0x8C: "another way to log in", 0x97: "quota is used up",
        0x9C: "sends us to another one", 0x9F: "wants fewer connections"}
FOUR = {2: "refuses the client id", 3: "not available", 4: "user name or password",
        5: "does not authorise this client"}


def case(lab):
    brokers = {f"five-{code:02x}": (BadBroker(connack=code), 5, words)
               for code, words in FIVE.items()}
    brokers.update({f"four-{code}": (BadBroker(connack=code), "3.1.1", words)
                    for code, words in FOUR.items()})
    good = BadBroker()
    destinations = {name: to(broker, more=f', version: "{version}"')
                    for name, (broker, version, _) in brokers.items()}
    gateway = start_gateway(lab, {"good": to(good), **destinations})
    for name, (broker, _, words) in brokers.items():
        line = wait_sentence(gateway, name, words)
        check(f"127.0.0.1:{broker.port}" in line, f"the line names the broker: {line}")
    wait_for(lambda: len(good.records) > 20, 10, "the good one gets records meanwhile")
    for broker, _, _ in brokers.values():
        broker.behave()
    for name in brokers:
        wait_sentence(gateway, name, "connected to", 40)
    stored = gateway.records()
    for name, (broker, _, _) in {"good": (good, 0, 0), **brokers}.items():
        wait_delivered(broker, stored, name)
        check(not broker.mistakes, f"{name}: {broker.mistakes[:3]}")
    lines = sum("not connected" in line for line in gateway.log().splitlines())
    check(lines <= 2 * len(brokers), f"{lines} lines for {len(brokers)} refusals")
    gateway.stop()


run_case(case)

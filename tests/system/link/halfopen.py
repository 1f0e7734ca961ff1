#!/usr/bin/python3
"""Connections that stand and say nothing: a mosquitto that is stopped (SIGSTOP), and a way to it that
swallows every byte. Both are found by keepalive and left; when they come back, nothing is missing."""
import signal

from stage import start_gateway, to, wait_delivered, wait_sentence

from lab.badbroker import BadBroker
from lab.broker import Broker
from lab.case import run_case
from lab.gate import Gate
from lab.processes import wait_for
from lab.receiver import Receiver


def case(lab):
    stopped, behind = Broker(lab, "stopped"), BadBroker()
    receiver = Receiver(lab, stopped.port)
    swallowing = Gate(behind.port)
    gateway = start_gateway(lab, {"stopped": to(stopped, more=", keepalive: 5s"),
                                  "swallowing": to(swallowing, more=", keepalive: 5s")},
                            every="500ms")
    wait_for(lambda: len(receiver.take().records) > 5 and len(behind.records) > 5, 10,
             "records arrive")
    stopped.child.signal(signal.SIGSTOP)
    swallowing.swallow()
    for name in ("stopped", "swallowing"):
        wait_sentence(gateway, name, "lost 127.0.0.1", 40)
    stopped.child.signal(signal.SIGCONT)
    swallowing.pass_on()
    wait_for(lambda: all(gateway.log().count(f"destination {name}: connected") >= 2
                         for name in ("stopped", "swallowing")), 40, "they are connected again")
    stored = gateway.records()
    receiver.wait_all(stored, 20)
    wait_delivered(behind, stored, "swallowing", 20)
    gateway.stop()


run_case(case)

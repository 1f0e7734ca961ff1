#!/usr/bin/python3
"""SIGTERM ends the daemon within 5 s; everything the slave answered is stored, everything stored
arrived; the next start goes on where it ended. The same with the broker away: then the backlog
waits in the store."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.broker import Broker  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import wait_for  # noqa: E402
from lab.receiver import Receiver  # noqa: E402
from lab.slave import COUNTER, Slave  # noqa: E402

SITE = """
gateway: {{park: test, name: stop}}
buses:
  line: {{tcp: "127.0.0.1:{slave}"}}
devices:
  plc:
    bus: line
    unit: 1
    every: 100ms
    points:
      reads: {{holding: {counter}}}
destinations:
  centre: {{mqtt: "tcp://127.0.0.1:{broker}"}}
"""


def reads_of(slave):
    """How often the register was read, asked of the slave past the gateway."""
    from pymodbus.client import ModbusTcpClient
    client = ModbusTcpClient("127.0.0.1", port=slave.port)
    client.connect()
    answer = client.read_holding_registers(COUNTER, 1, slave=1)
    client.close()
    return answer.registers[0]


def stored_reads(gateway):
    return [record["reads"] for key, record in sorted(gateway.records().items())
            if key[1] == "trend"]


def case(lab):
    broker = Broker(lab)
    slave = Slave(lab, {})
    receiver = Receiver(lab, broker.port)
    gateway = Gateway(lab, SITE.format(slave=slave.port, broker=broker.port, counter=COUNTER))

    gateway.start()
    wait_for(lambda: len(receiver.take().of("trend")) >= 20, 20, "20 scans arrive")
    gateway.stop()
    count = reads_of(slave)
    check(stored_reads(gateway) == list(range(count)),
          f"the slave answered {count} reads, stored are {stored_reads(gateway)}")
    receiver.wait_all(gateway.records())
    check(receiver.page("status")["status"] == "stopping", "status says 'stopping'")

    broker.stop()
    stored = len(gateway.records())
    gateway.start()
    wait_for(lambda: len(gateway.records()) >= stored + 30, 20, "30 more records")
    gateway.stop()
    before = len(receiver.take().of("trend"))
    check(len(stored_reads(gateway)) > before, "what was read without a broker is stored")
    broker.start()
    gateway.start()
    receiver.wait_all(gateway.records())
    gateway.stop()
    receiver.wait_all(gateway.records())
    check(not receiver.changed(), "a key has one content")


run_case(case)

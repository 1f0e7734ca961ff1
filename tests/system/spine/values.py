#!/usr/bin/python3
"""What a slave serves arrives exactly, in every type and byte order, over all four functions; and
what has no value says why."""
import os
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
from lab.broker import Broker  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import wait_for  # noqa: E402
from lab.receiver import Receiver  # noqa: E402
from lab.slave import Slave  # noqa: E402

SITE = """
gateway: {{park: test, name: values}}
buses:
  line: {{tcp: "127.0.0.1:{slave}"}}
devices:
  plc:
    bus: line
    unit: 1
    every: 200ms
    points:
      a-u16: {{holding: 0}}
      a-s16: {{holding: 1, type: s16}}
      u32-abcd: {{holding: 2, type: u32}}
      u32-cdab: {{holding: 4, type: u32, order: CDAB}}
      u32-badc: {{holding: 6, type: u32, order: BADC}}
      u32-dcba: {{holding: 8, type: u32, order: DCBA}}
      a-s32: {{holding: 10, type: s32}}
      a-u64: {{holding: 12, type: u64}}
      a-s64: {{holding: 16, type: s64, order: CDAB}}
      a-float32: {{holding: 20, type: float32}}
      a-float64: {{holding: 22, type: float64}}
      minus-zero: {{holding: 26, type: float32}}
      a-bcd: {{holding: 28, type: bcd, registers: 2}}
      a-string: {{holding: 30, type: string, registers: 4}}
      a-bits: {{holding: 34, type: bits, bit: 4, bits: 3}}
      a-bit: {{holding: 34, type: bool, bit: 0}}
      scaled: {{holding: 35, type: s16, scale: 0.1, offset: -40, unit: degC}}
      sentinel: {{holding: 36, sentinels: [0x7FFF]}}
      not-a-number: {{holding: 37, type: float32}}
      too-high: {{holding: 39, range: [0, 100]}}
      an-input: {{input: 7}}
      a-coil: {{coil: 3}}
      a-discrete: {{discrete: 9}}
destinations:
  centre: {{mqtt: "tcp://127.0.0.1:{broker}"}}
"""


def words(form, value, order="ABCD"):
    """Registers that hold the value, by the letters' order of each 32 bits."""
    data = struct.pack(">" + form, value)
    units = [data[i:i + 2] for i in range(0, len(data), 2)]
    if order in ("CDAB", "DCBA"):
        units.reverse()
    if order in ("BADC", "DCBA"):
        units = [unit[::-1] for unit in units]
    return [struct.unpack(">H", unit)[0] for unit in units]


def as_float32(value):
    return struct.unpack(">f", struct.pack(">f", value))[0]


U32 = 0x12345678
HOLDING = (words("H", 65535) + words("h", -2)
           + words("I", U32) + words("I", U32, "CDAB") + words("I", U32, "BADC")
           + words("I", U32, "DCBA")
           + words("i", -123456789) + words("Q", 2**63 + 1) + words("q", -2**62 - 3, "CDAB")
           + words("f", 31.2) + words("d", 2.718281828459045) + words("f", -0.0)
           + [0x1234, 0x5678] + [0x4142, 0x3132, 0x6364, 0] + [0b1010001]
           + words("h", -123) + [0x7FFF] + [0x7FC0, 0x0001] + [101])
EXPECTED = {
    "device": "plc", "a-u16": 65535, "a-s16": -2,
    "u32-abcd": U32, "u32-cdab": U32, "u32-badc": U32, "u32-dcba": U32,
    "a-s32": -123456789, "a-u64": str(2**63 + 1), "a-s64": str(-2**62 - 3),
    "a-float32": as_float32(31.2), "a-float64": 2.718281828459045, "minus-zero": -0.0,
    "a-bcd": 12345678, "a-string": "AB12cd", "a-bits": 5, "a-bit": 1,
    "scaled": -123 * 0.1 - 40, "sentinel": None, "not-a-number": None, "too-high": 101,
    "an-input": 4321, "a-coil": 1, "a-discrete": 1,
    "quality": {"sentinel": "sentinel", "not-a-number": "not-a-number",
                "too-high": "over-range"},
    "words": {"sentinel": "7fff", "not-a-number": "7fc00001"},
}


def case(lab):
    broker = Broker(lab)
    slave = Slave(lab, {"holding": {0: HOLDING}, "input": {7: [4321]}, "coil": {3: [True]},
                        "discrete": {9: [True]}})
    receiver = Receiver(lab, broker.port)
    Gateway(lab, SITE.format(slave=slave.port, broker=broker.port)).start()
    wait_for(lambda: len(receiver.take().of("trend")) >= 3, 15, "three scans arrive")
    for scan in receiver.of("trend"):
        time_ms = scan.pop("t")
        check(isinstance(time_ms, int), f"t is {time_ms!r}")
        for name in sorted(EXPECTED.keys() | scan.keys()):
            check(scan.get(name) == EXPECTED.get(name),
                  f"{name}: {scan.get(name)!r} arrived, {EXPECTED.get(name)!r} was served")
        check(str(scan["minus-zero"]) == "-0.0", "the sign of -0.0 is kept")


run_case(case)

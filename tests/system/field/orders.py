#!/usr/bin/python3
"""Every type in every byte order, packed by Python's struct and served by python3-pymodbus over TCP
and as RTU over TCP: what arrives at the centre is what was packed."""
import json
import os
import struct
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", ".."))
from lab.broker import Broker  # noqa: E402
from lab.case import check, run_case  # noqa: E402
from lab.gateway import Gateway  # noqa: E402
from lab.processes import PYTHON, free_port, is_listening, wait_for  # noqa: E402
from lab.receiver import Receiver  # noqa: E402

PACKED = {"u16": ("H", 65534), "s16": ("h", -2), "u32": ("I", 4294843840), "s32": ("i", -123456),
          "float32": ("f", 1234.5), "float64": ("d", -2.0625), "u64": ("Q", 2**63 + 5),
          "s64": ("q", -(2**53) - 1)}
TEXT = {"u64", "s64"}  # 64-bit integers travel as strings


def registers(image, order):
    """The bytes ABCD.. of a value as the registers of a device that has this order."""
    words = [image[i:i + 2] for i in range(0, len(image), 2)]
    if order in ("CDAB", "DCBA"):
        words.reverse()
    if order in ("BADC", "DCBA"):
        words = [word[::-1] for word in words]
    return [int.from_bytes(word, "big") for word in words]


def layout():
    """The registers, the points of the site file that read them, and what they should say."""
    words, points, expected = [], [], {}

    def add(name, point, holding, value):
        points.append(f"      {name}: {{holding: {len(words)}, {point}}}")
        words.extend(holding)
        expected[name] = value

    for kind, (letter, value) in PACKED.items():
        for order in ("ABCD", "BADC") if kind.endswith("16") else ("ABCD", "CDAB", "BADC", "DCBA"):
            add(f"{kind}-{order.lower()}", f"type: {kind}, order: {order}",
                registers(struct.pack(">" + letter, value), order),
                str(value) if kind in TEXT else value)
    add("scaled", "type: s16, scale: 0.1, offset: -40", [312], -8.8)
    add("digits", "type: bcd, registers: 2", [0x0012, 0x3456], 123456)
    add("name", "type: string, registers: 3", registers(b"COD-2\0", "ABCD"), "COD-2")
    add("field", "type: bits, bit: 4, bits: 3", [0x00DF], 5)
    add("sentinel", "type: u16, sentinels: [0x7FFF]", [0x7FFF], None)
    add("nan", "type: float32", [0x7FC0, 0x0001], None)
    return words, points, expected


def site(ports, points, broker):
    lines = ["gateway: {park: test, name: orders}", "buses:",
             f'  tcp: {{tcp: "127.0.0.1:{ports["tcp"]}"}}',
             f'  rtu: {{rtu-over-tcp: "127.0.0.1:{ports["rtu"]}", baud: 9600}}', "devices:"]
    for bus in ports:
        lines += [f"  by-{bus}:", f"    bus: {bus}", "    unit: 5", "    every: 500ms",
                  "    points:", *points]
    return "\n".join([*lines, "destinations:", f'  centre: {{mqtt: "tcp://127.0.0.1:{broker}"}}'])


def case(lab):
    words, points, expected = layout()
    broker = Broker(lab)
    receiver = Receiver(lab, broker.port)
    ports = {"tcp": free_port(), "rtu": free_port()}
    for framer, port in ports.items():
        lab.start(framer, [PYTHON, os.path.join(HERE, "holding_slave.py"), framer, str(port),
                           json.dumps(words)])
        wait_for(lambda at=port: is_listening(at), 20, f"pymodbus ({framer}) listens")
    gateway = Gateway(lab, site(ports, points, broker.port)).start()
    for bus in ports:
        def good(name=f"by-{bus}"):
            return [scan for scan in receiver.take().of("trend")
                    if scan["device"] == name and scan.get("u16-abcd") is not None]
        scan = wait_for(good, 30, f"the device on {bus} answers")[0]
        wrong = {name: scan.get(name, "nothing") for name, value in expected.items()
                 if scan.get(name, "nothing") != value}
        check(not wrong, f"on {bus}: {wrong} instead of {[expected[name] for name in wrong]}")
        check(set(scan["quality"]) == {"sentinel", "nan"}, f"on {bus}: {scan['quality']}")
        check(scan["words"] == {"sentinel": "7fff", "nan": "7fc00001"}, f"on {bus}: {scan['words']}")
    gateway.stop()


run_case(case)

"""parksim read by clients that are not ours: pymodbus on all three kinds of line, and mbpoll."""
import re
import struct
import subprocess

from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.framer.rtu_framer import ModbusRtuFramer

from simulator import Simulator, float32, run, until


def floats(registers, order="ABCD"):
    words = list(registers)
    if order == "CDAB":
        words = [words[i ^ 1] for i in range(len(words))]
    return struct.unpack(f">{len(words) // 2}f", struct.pack(f">{len(words)}H", *words))


def tcp_holding_input_discrete(program):
    with Simulator(program) as sim:
        for name, value in (("chamber-temperature", 812.3), ("lel", 4.75), ("fan-power", 12.3),
                            ("bypass-damper-open", 1), ("burner-on", 1)):
            sim.set(f"rto.{name}", value)
        sim.set("paint-meter.power", -42.123)
        host, port = sim.address("paint-shop")
        client = ModbusTcpClient(host, port=port)
        assert client.connect()
        until(lambda: floats(client.read_holding_registers(102, 2, slave=1).registers, "CDAB"),
              (4.75,))
        answer = client.read_holding_registers(100, 11, slave=1).registers
        assert floats(answer[:2], "CDAB") == (float32(812.3),)
        assert answer[8:10] == [0, 0]  # registers without a point
        assert answer[10] == 1 << 3
        assert client.read_input_registers(40, 1, slave=1).registers == [123]
        assert client.read_discrete_inputs(12, 1, slave=1).bits[0] is True
        power = client.read_holding_registers(36, 2, slave=2).registers
        assert struct.unpack(">i", struct.pack(">2H", *power)) == (-42123,)
        assert client.read_holding_registers(99, 1, slave=1).exception_code == 2
        assert client.read_holding_registers(100, 1, slave=9).exception_code == 11
        assert client.write_register(100, 1, slave=1).exception_code == 1
        client.close()


def read_cems(sim, client):
    sim.set("cems.so2", 31.2)
    sim.set("cems.status", 5)
    assert client.connect()
    until(lambda: client.read_holding_registers(30, 1, slave=3).registers, [5])
    values = floats(client.read_holding_registers(0, 30, slave=3).registers)
    assert values[0] == float32(31.2)
    o2, corrected, measured = values[9], values[6], values[2]
    assert abs(corrected - measured * 12 / (21 - o2)) < 0.01  # GB 13271, reference O2 9 %
    assert client.read_holding_registers(30, 2, slave=3).exception_code == 2
    client.close()


def rtu_on_a_pty(program):
    with Simulator(program) as sim:
        read_cems(sim, ModbusSerialClient(sim.path("stack-line"), baudrate=9600, timeout=3))


def rtu_over_tcp(program):
    with Simulator(program) as sim:
        sim.set("effluent.cod", 28.5)
        sim.set("effluent.flow-total", 186204.5)
        host, port = sim.address("wastewater")
        client = ModbusTcpClient(host, port=port, framer=ModbusRtuFramer, timeout=3)
        assert client.connect()
        until(lambda: floats(client.read_holding_registers(0, 2, slave=7).registers), (28.5,))
        registers = client.read_holding_registers(0, 19, slave=7).registers
        assert struct.unpack(">I", struct.pack(">2H", *registers[16:18])) == (1862045,)
        client.close()


def mbpoll_on_tcp_and_pty(program):
    with Simulator(program) as sim:
        sim.set("rto.fan-power", 17.9)
        sim.set("cems.o2", 9.5)
        _, port = sim.address("paint-shop")
        wanted = [
            (["-m", "tcp", "-p", str(port), "-a", "1", "-0", "-r", "40", "-t", "3", "127.0.0.1"],
             r"\[40\]:\s+179\b"),
            (["-m", "rtu", "-b", "9600", "-P", "none", "-a", "3", "-0", "-r", "18", "-t", "4:float",
              "-B", sim.path("stack-line")], r"\[18\]:\s+9\.5\b"),
        ]
        for arguments, pattern in wanted:
            for _ in range(20):  # settings are taken over at the next step of the physics
                out = subprocess.run(["mbpoll", "-1", "-q", *arguments], capture_output=True,
                                     text=True, check=True, timeout=20).stdout
                if re.search(pattern, out):
                    break
            else:
                raise AssertionError(out)


run([tcp_holding_input_discrete, rtu_on_a_pty, rtu_over_tcp, mbpoll_on_tcp_and_pty])

"""How parksim behaves on the line: its pacing, its misbehaviour on command, its script, its end."""
import os
import subprocess
import tempfile
import time

from simulator import (ROOT, Simulator, crc, exchange, open_serial, open_tcp, rtu, run,
                       tcp, until)

CHARACTER_S = 10 / 9600  # 8N1


def serial_line_is_paced(program):
    with Simulator(program) as sim:
        fd = open_serial(sim.path("stack-line"))
        answer, times = exchange(fd, rtu(3, 3, 0, 16), 37)
        assert len(answer) == 37 and crc(answer[:-2]) == answer[-2:]
        # The request on the line, 3.5 characters of silence, 5 ms of thought, then byte by byte.
        assert times[0] >= (8 + 3.5 + 1) * CHARACTER_S + 0.005
        for i, at in enumerate(times):
            assert at >= (8 + 3.5 + i + 1) * CHARACTER_S + 0.005, (i, at)
        os.close(fd)


def broken_silence_is_counted(program):
    with Simulator(program) as sim:
        fd = open_serial(sim.path("stack-line"))
        for _ in range(3):
            exchange(fd, rtu(3, 3, 0, 1), 7)
            time.sleep(0.02)  # the silence that a good master keeps
        assert sim.counters()["buses"]["stack-line"]["broken_silences"] == 0
        deadline = time.monotonic() + 20
        while sim.counters()["buses"]["stack-line"]["broken_silences"] == 0:
            assert time.monotonic() < deadline
            exchange(fd, rtu(3, 3, 0, 1), 7)
            exchange(fd, rtu(3, 3, 0, 1), 7)  # at once behind the answer
        os.close(fd)


def damaged_requests_get_no_answer(program):
    with Simulator(program) as sim:
        fd = open_serial(sim.path("stack-line"))
        request = bytearray(rtu(3, 3, 0, 1))
        request[4] ^= 1
        for damaged in (bytes(request), rtu(3, 3, 0, 1)[:5], b"\x00\xff\x00", rtu(99, 3, 0, 1)):
            answer, _ = exchange(fd, damaged, 7, within_s=0.3)
            assert answer == b"", damaged
        answer, _ = exchange(fd, rtu(3, 3, 0, 1), 7)
        assert len(answer) == 7
        assert sim.counters()["buses"]["stack-line"]["bad_frames"] == 3
        os.close(fd)


def misbehaves_on_a_serial_line(program):
    with Simulator(program) as sim:
        fd = open_serial(sim.path("stack-line"))
        ask = rtu(3, 3, 0, 2)

        assert "done" in sim.tell("cems late 300ms")
        answer, times = exchange(fd, ask, 9)
        assert len(answer) == 9 and times[0] >= 0.3
        assert "done" in sim.tell("cems drip 30ms")
        answer, times = exchange(fd, ask, 9)
        assert len(answer) == 9
        for i, at in enumerate(times):
            assert at >= 0.03 * (i + 1)
        assert "done" in sim.tell("cems wrong-unit")
        answer, _ = exchange(fd, ask, 9)
        assert answer[0] == 4 and crc(answer[:-2]) == answer[-2:]
        assert "done" in sim.tell("cems exception 6")
        answer, _ = exchange(fd, ask, 5)
        assert answer == b"\x03\x83\x06" + crc(b"\x03\x83\x06")
        assert "done" in sim.tell("cems noise")
        answer, _ = exchange(fd, ask, 9)
        assert len(answer) == 9 and crc(answer[:-2]) != answer[-2:]
        assert "done" in sim.tell("cems silence")
        answer, _ = exchange(fd, ask, 9, within_s=0.5)
        assert answer == b""
        assert "done" in sim.tell("cems good")
        answer, _ = exchange(fd, ask, 9)
        assert len(answer) == 9 and crc(answer[:-2]) == answer[-2:]
        assert sim.counters()["devices"]["cems"]["silences"] == 1
        os.close(fd)


def misbehaves_on_tcp(program):
    with Simulator(program) as sim:
        connection = open_tcp(sim.address("paint-shop"))
        ask = tcp(0x1234, 1, 3, 100, 2)

        answer, _ = exchange(connection, ask, 13)
        assert answer[:9] == bytes([0x12, 0x34, 0, 0, 0, 7, 1, 3, 4])
        assert "done" in sim.tell("rto late 400ms")
        answer, times = exchange(connection, ask, 13)
        assert len(answer) == 13 and times[0] >= 0.4
        assert "done" in sim.tell("rto wrong-unit")
        answer, _ = exchange(connection, ask, 13)
        assert answer[6] == 2
        assert "done" in sim.tell("rto noise")
        answer, _ = exchange(connection, ask, 13)
        assert answer[:2] != b"\x12\x34"
        assert "done" in sim.tell("rto silence")
        answer, _ = exchange(connection, ask, 13, within_s=0.5)
        assert answer == b""
        answer, _ = exchange(connection, tcp(7, 2, 3, 36, 2), 13)  # its neighbour goes on
        assert len(answer) == 13
        connection.close()


def stuck_values(program):
    with Simulator(program) as sim:
        connection = open_tcp(sim.address("paint-shop"))
        ask = tcp(1, 1, 3, 100, 8)
        assert "done" in sim.tell("rto stuck")
        first, _ = exchange(connection, ask, 25)
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline:
            assert exchange(connection, ask, 25)[0] == first
        assert "done" in sim.tell("rto good")
        deadline = time.monotonic() + 10
        while exchange(connection, ask, 25)[0] == first:
            assert time.monotonic() < deadline
        connection.close()


def windows_end_by_themselves(program):
    with Simulator(program) as sim:
        connection = open_tcp(sim.address("paint-shop"))
        assert "done" in sim.tell("rto exception 2 300ms")
        assert len(exchange(connection, tcp(1, 1, 3, 100, 2), 9)[0]) == 9
        until(lambda: exchange(connection, tcp(2, 1, 3, 100, 2), 9)[0][7], 3)
        connection.close()


def scenario_plays(program):
    scenario = """
timeline:
- {at: 300ms, set: {voc.bypass: 1}, for: 1s}
- {at: 300ms, set: {rto.lel: 25}}
"""
    with Simulator(program, scenario=scenario) as sim:
        connection = open_tcp(sim.address("paint-shop"))

        def damper():
            return exchange(connection, tcp(1, 1, 2, 12, 1), 10)[0][9]

        until(damper, 1)
        until(damper, 0)
        lel = exchange(connection, tcp(1, 1, 3, 102, 2), 13)[0][9:]
        assert lel == b"\x00\x00\x41\xc8"  # 25.0, CDAB
        connection.close()


def commands_are_answered(program):
    with Simulator(program) as sim:
        assert "why" in sim.tell("nobody silence 5s")
        assert "why" in sim.tell("set cems.colour 5")
        assert "why" in sim.tell("cems dance")
        assert "why" in sim.tell("")
        assert "done" in sim.tell("set boiler.load 70 over 2s for 5s")
        assert "done" in sim.tell("release boiler.load")


def ends_cleanly(program):
    sim = Simulator(program)
    with sim:
        link = sim.path("stack-line")
        assert os.path.islink(link)
        connection = open_tcp(sim.address("paint-shop"))
        exchange(connection, tcp(1, 1, 3, 100, 2), 13)
        status, counters = sim.stop()
        assert status == 0
        assert counters["devices"]["rto"] == {"requests": 1, "answers": 1, "exceptions": 0,
                                              "silences": 0, "registers": 2}
        assert not os.path.islink(link)


def mistakes_are_said(program):
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "bad.yaml")
        with open(path, "w") as file:
            file.write("timeline:\n- {at: 5s, device: nobody, do: silence}\n"
                       "- {at: 6s, set: {cems.so2: much}}\n")
        done = subprocess.run([program, "--site", os.path.join(ROOT, "sim/park.yaml"), "--share",
                               os.path.join(ROOT, "config"), "--scenario", path, "--check"],
                              capture_output=True, text=True, timeout=20)
        assert done.returncode == 1
        assert f"{path}:2:20: " in done.stderr and "nobody" in done.stderr
        assert f"{path}:3:28: " in done.stderr and "much" in done.stderr
        assert subprocess.run([program], capture_output=True, timeout=20).returncode == 2


run([serial_line_is_paced, broken_silence_is_counted, damaged_requests_get_no_answer,
     misbehaves_on_a_serial_line, misbehaves_on_tcp, stuck_values, windows_end_by_themselves,
     scenario_plays, commands_are_answered, ends_cleanly, mistakes_are_said])

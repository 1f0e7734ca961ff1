"""Starts parksim for a test and talks to it; and raw Modbus frames, written apart from the
simulator's own, to look at it from outside."""
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


class Simulator:
    def __init__(self, program, site="sim/park.yaml", scenario=None):
        self.directory = tempfile.TemporaryDirectory(prefix="parksim-")
        command = [program, "--site", os.path.join(ROOT, site), "--here", self.directory.name,
                   "--share", os.path.join(ROOT, "config")]
        if scenario is not None:
            path = os.path.join(self.directory.name, "scenario.yaml")
            with open(path, "w") as file:
                file.write(scenario)
            command += ["--scenario", path]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, bufsize=1)
        ready = json.loads(self.process.stdout.readline())
        assert ready["ready"] is True
        self.buses = ready["buses"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.communicate(timeout=10)
        self.directory.cleanup()

    def address(self, bus):
        host, port = next(iter(self.buses[bus].values())).rsplit(":", 1)
        return host, int(port)

    def path(self, bus):
        return self.buses[bus]["rtu"]

    def tell(self, command):
        """Gives a command and returns the simulator's answer to it."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def set(self, signal_name, value):
        assert "done" in self.tell(f"set {signal_name} {value}"), signal_name

    def counters(self):
        self.process.send_signal(signal.SIGUSR1)
        return json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.terminate()
        out, _ = self.process.communicate(timeout=10)
        return self.process.returncode, json.loads(out.strip().splitlines()[-1])


def crc(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return struct.pack("<H", value)


def rtu(unit, function, address, count):
    body = struct.pack(">BBHH", unit, function, address, count)
    return body + crc(body)


def tcp(transaction, unit, function, address, count):
    return struct.pack(">HHHBBHH", transaction, 0, 6, unit, function, address, count)


def open_serial(path):
    """The pty as it is, raw, without a library between."""
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    settings = termios.tcgetattr(fd)
    settings[0] = settings[1] = settings[3] = 0
    settings[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
    termios.tcsetattr(fd, termios.TCSANOW, settings)
    return fd


def open_tcp(address):
    connection = socket.create_connection(address, timeout=5)
    connection.setblocking(False)
    return connection


def exchange(fd, request, length, within_s=10.0):
    """Sends; returns what came back, at most `length` bytes, and the time of each byte since the
    request, until all is there or the time is over."""
    fileno = fd if isinstance(fd, int) else fd.fileno()
    start = time.monotonic()
    os.write(fileno, request)
    got, times = b"", []
    while len(got) < length and time.monotonic() - start < within_s:
        if not select.select([fileno], [], [], within_s - (time.monotonic() - start))[0]:
            break
        chunk = os.read(fileno, length - len(got))
        if not chunk:
            break
        got += chunk
        times += [time.monotonic() - start] * len(chunk)
    return got, times


def float32(value):
    return struct.unpack(">f", struct.pack(">f", value))[0]


def until(read, wanted, within_s=10.0):
    """Reads again until the answer is the wanted one (settings are taken over at the next step of
    the physics)."""
    deadline = time.monotonic() + within_s
    while (got := read()) != wanted:
        assert time.monotonic() < deadline, f"still {got}, not {wanted}"


def run(cases):
    """Runs the functions, says which failed; the exit status of the test."""
    program = sys.argv[1]
    wanted = sys.argv[2:]
    failed = 0
    for case in cases:
        if wanted and case.__name__ not in wanted:
            continue
        try:
            case(program)
            print(f"ok      {case.__name__}")
        except Exception:  # a test's every failure is reported, and the next one still runs
            import traceback
            traceback.print_exc()
            print(f"FAILED  {case.__name__}")
            failed += 1
    sys.exit(1 if failed else 0)

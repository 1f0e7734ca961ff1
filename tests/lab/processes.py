"""Processes of a test: started in a temporary directory, ended by pid, never left behind."""
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("PARKGATE_BUILD") or os.path.join(ROOT, "build")
PYTHON = "/usr/bin/python3"  # Debian's: the test libraries are its packages
SLACK = float(os.environ.get("PARKGATE_SLACK", "1"))  # deadlines under sanitizers are longer
SHOWN = 60  # last lines of each log, when a test fails
PR_SET_PDEATHSIG = 1


class Failure(Exception):
    """What the test wanted and did not get, as one sentence."""


def program(name):
    path = os.path.join(BUILD, name)
    if not os.access(path, os.X_OK):
        raise Failure(f"{path} is not built")
    return path


def wait_for(condition, seconds, what):
    """The condition's first true value; a Failure when there is none in time."""
    deadline = time.monotonic() + seconds * SLACK
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"not within {seconds * SLACK:g} s: {what}")
        time.sleep(0.02)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_listening(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Lab:
    """A directory and the children in it: `with Lab() as lab`."""

    def __init__(self, keep=False):
        self.directory = tempfile.mkdtemp(prefix="parkgate-test-")
        self.children = []
        self.keep = keep or "PARKGATE_KEEP" in os.environ

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for child in reversed(self.children):
            child.end()
        complaint = self.sanitizer_complaint()
        if kind is not None or complaint:
            self.show_logs()
        if self.keep:
            print(f"kept: {self.directory}", file=sys.stderr)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)
        if kind is None and complaint:
            raise Failure(complaint)

    def sanitizer_complaint(self):
        """The first line in which a sanitizer complains in a child's log, or None."""
        for child in self.children:
            for line in read(child.log).splitlines():
                if "Sanitizer: " in line or "runtime error: " in line:
                    return f"{child.name}: {line}"
        return None

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def show_logs(self):
        for log in sorted({child.log for child in self.children}):
            lines = read(log).splitlines()[-SHOWN:]
            print(f"---- {os.path.basename(log)}", *lines, sep="\n", file=sys.stderr)

    def start(self, name, argv, **options):
        child = Child(self, name, argv, **options)
        self.children.append(child)
        return child


class Child:
    def __init__(self, lab, name, argv, environment=None, stdin=subprocess.DEVNULL):
        self.name = name
        self.output, self.log = lab.path(name + ".out"), lab.path(name + ".err")
        with open(self.output, "ab") as output, open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                argv, stdin=stdin, stdout=output, stderr=log, preexec_fn=die_with_parent,
                env={**os.environ, **(environment or {})})
        self.pid = self.process.pid

    def is_running(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds):
        """The exit code; a Failure when it does not end in time."""
        try:
            return self.process.wait(seconds * SLACK)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} did not end within {seconds * SLACK:g} s") from None

    def kill(self):
        if self.is_running():
            self.process.kill()
        self.process.wait()

    def end(self, seconds=5):
        """SIGTERM, then SIGKILL; the exit code."""
        if self.is_running():
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(seconds * SLACK)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.process.wait()


def read(path):
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def run(argv, **options):
    """A program that ends by itself: its CompletedProcess, output as text."""
    return subprocess.run(argv, capture_output=True, text=True, check=False,
                          timeout=60 * SLACK, **options)

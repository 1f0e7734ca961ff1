"""parkgated under test: its site file, its state directory, its life."""
import json
import os
import signal

from lab.processes import Failure, program, read, run, wait_for


class Gateway:
    """`site` is the text of the site file; it stands in lab.directory, the store in state/."""

    def __init__(self, lab, site, environment=None, name="parkgated", state=None):
        self.lab, self.name, self.environment = lab, name, environment or {}
        self.file = lab.path(name + ".yaml")
        self.state = state or lab.path(name + "-state")
        self.store = os.path.join(self.state, "parkgate.db")
        self.child = None
        os.makedirs(self.state, exist_ok=True)
        self.write(site)

    def write(self, site):
        with open(self.file, "w") as file:
            file.write(site)

    def start(self):
        self.child = self.lab.start(
            self.name, [program("parkgated"), "--state", self.state, self.file],
            environment=self.environment)
        return self

    def log(self):
        return read(self.lab.path(self.name + ".err"))

    def wait_log(self, text, seconds=10, after=0):
        """Waits for the words behind that place of the log."""
        wait_for(lambda: text in self.log()[after:] or self._check(), seconds,
                 f"the log says '{text}'")

    def _check(self):
        if not self.child.is_running():
            raise Failure(f"parkgated ended with {self.child.process.returncode}")

    def stop(self, seconds=5):
        """SIGTERM; it must end well and in time."""
        self.child.signal(signal.SIGTERM)
        code = self.child.wait(seconds)
        if code != 0:
            raise Failure(f"parkgated ended with {code} after SIGTERM")

    def kill(self):
        self.child.kill()

    def reload(self):
        self.child.signal(signal.SIGHUP)

    def ctl(self, *arguments):
        return run([program("parkgatectl"), *arguments])

    def records(self):
        """What the store holds: {(store, stream, sequence): record}, by parkgatectl records."""
        done = self.ctl("records", self.store)
        if done.returncode != 0:
            raise Failure(f"parkgatectl records: {done.stderr.strip()}")
        return {(line["store"], line["stream"], line["sequence"]): line["record"]
                for line in map(json.loads, done.stdout.splitlines())}

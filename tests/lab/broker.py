"""A mosquitto of the test's own on a free loopback port. It keeps its sessions when it is ended
and started again, so that a receiver with a session misses nothing."""
from lab.processes import free_port, is_listening, wait_for

CONFIGURATION = """listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {directory}/
autosave_interval 0
max_queued_messages 0
max_inflight_messages 0
set_tcp_nodelay true
user root
log_type error
log_type warning
log_type notice
"""


class Broker:
    def __init__(self, lab, name="broker"):
        self.lab, self.name, self.port, self.child = lab, name, free_port(), None
        self.configuration = lab.path(name + ".conf")
        with open(self.configuration, "w") as file:
            file.write(CONFIGURATION.format(port=self.port, directory=lab.directory))
        self.start()

    def start(self):
        self.child = self.lab.start(self.name,
                                    ["/usr/sbin/mosquitto", "-c", self.configuration])
        wait_for(lambda: is_listening(self.port), 10, "mosquitto listens")

    def stop(self):
        self.child.end(10)

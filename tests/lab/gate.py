"""A way to a port that can swallow every byte in both directions: the connections stand, and nobody
answers any more."""
import socket
import threading

from lab.processes import free_port


class Gate:
    def __init__(self, target):
        self.target, self.port, self.swallows = target, free_port(), False
        listener = socket.create_server(("127.0.0.1", self.port), backlog=16)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def swallow(self):
        """From now on, for the connections there are and those to come."""
        self.swallows = True

    def pass_on(self):
        """What comes to connections made from now on; the others stay mute."""
        self.swallows = False

    def _accept(self, listener):
        while True:
            peer, _ = listener.accept()
            behind = socket.create_connection(("127.0.0.1", self.target))
            state = {"mute": False}
            for here, there in ((peer, behind), (behind, peer)):
                threading.Thread(target=self._carry, args=(here, there, state),
                                 daemon=True).start()

    def _carry(self, here, there, state):
        try:
            while data := here.recv(65536):
                state["mute"] = state["mute"] or self.swallows
                if not state["mute"]:
                    there.sendall(data)
        except OSError:
            pass
        for end in (here, there):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

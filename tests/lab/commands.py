"""A client of the daemon's own socket: one command after the other, answers in their order."""
import json
import os
import socket

from lab.case import check
from lab.processes import wait_for


class Commands:
    def __init__(self, gateway, seconds=20):
        path = os.path.join(gateway.state, "control.sock")
        wait_for(lambda: os.path.exists(path), 10, "the socket")
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(seconds)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def parts(self, verb, **members):
        """All answers of one command."""
        self.socket.sendall(json.dumps({"verb": verb, **members}).encode() + b"\n")
        answers = [json.loads(self.file.readline())]
        while answers[-1].get("more"):
            check(answers[-1]["result"] == "accepted", f"more comes: {answers[-1]}")
            answers.append(json.loads(self.file.readline()))
        return answers

    def done(self, verb, **members):
        """The answer of a command of one part."""
        answers = self.parts(verb, **members)
        check(len(answers) == 1 and answers[0]["result"] == "done", f"{verb}: {answers}")
        return answers[0]["answer"]

    def refused(self, words, verb, result="refused", **members):
        answer = self.parts(verb, **members)[-1]
        check(answer["result"] == result, f"{verb}: {answer}")
        check(words in answer["reason"], f"'{words}' in: {answer['reason']}")
        return answer

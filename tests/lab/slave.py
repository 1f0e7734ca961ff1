"""A Modbus TCP slave by python3-pymodbus, so that not only our own simulator is believed: a process
of its own. Stopped by SIGSTOP it is silent, ended it refuses.

In a test: Slave(lab, {"holding": {0: [1, 2, 3]}, "coil": {...}}). A table answers for what it was
given, everything else is exception 2. Holding register 9000 counts how often it was read.

As a program: reads one JSON object a line from standard input and answers "ok":
    {"set": "holding", "address": 0, "words": [1, 2]}     {"fail": true}: exception 4 on everything
"""
import asyncio
import json
import os
import signal
import subprocess
import sys

COUNTER = 9000
TABLES = {"coil": "co", "discrete": "di", "holding": "hr", "input": "ir"}


class Slave:
    def __init__(self, lab, tables, name="slave"):
        from lab.processes import free_port
        self.lab, self.name, self.tables, self.port = lab, name, tables, free_port()
        self.start()

    def start(self):
        from lab.processes import PYTHON, is_listening, wait_for
        self.child = self.lab.start(
            self.name, [PYTHON, os.path.abspath(__file__), str(self.port),
                        json.dumps(self.tables)], stdin=subprocess.PIPE)
        wait_for(lambda: is_listening(self.port), 15, "pymodbus listens")

    def stop(self):
        self.child.kill()

    def be_silent(self):
        self.child.signal(signal.SIGSTOP)

    def speak(self):
        self.child.signal(signal.SIGCONT)

    def set(self, table, address, words):
        self._tell({"set": table, "address": address, "words": words})

    def fail(self, on=True):
        self._tell({"fail": on})

    def _tell(self, command):
        from lab.processes import read, wait_for
        before = len(read(self.child.output))
        self.child.process.stdin.write(json.dumps(command).encode() + b"\n")
        self.child.process.stdin.flush()
        wait_for(lambda: len(read(self.child.output)) > before, 5, "the slave takes a command")


def serve(port, tables):
    from pymodbus.datastore import (ModbusServerContext, ModbusSlaveContext,
                                    ModbusSparseDataBlock)
    from pymodbus.server.async_io import ModbusTcpServer

    class Block(ModbusSparseDataBlock):
        failing = False

        def getValues(self, address, count=1):
            if Block.failing:
                raise ValueError("told to fail")
            values = super().getValues(address, count)
            if address <= COUNTER < address + count:
                self.values[COUNTER] = (self.values[COUNTER] + 1) % 65536
            return values

    blocks = {}
    for table, short in TABLES.items():
        given = {int(at): words for at, words in tables.get(table, {}).items()}
        if table == "holding":
            given[COUNTER] = [0]
        blocks[short] = Block(given or {65535: [0]})

    def take_command():
        line = sys.stdin.readline()
        if not line:
            asyncio.get_running_loop().remove_reader(sys.stdin)
            return
        command = json.loads(line)
        if "fail" in command:
            Block.failing = command["fail"]
        else:
            blocks[TABLES[command["set"]]].setValues(command["address"], command["words"])
        print("ok", flush=True)

    async def run():
        context = ModbusServerContext(ModbusSlaveContext(zero_mode=True, **blocks), single=True)
        server = ModbusTcpServer(context, address=("127.0.0.1", port), allow_reuse_address=True)
        asyncio.get_running_loop().add_reader(sys.stdin, take_command)
        await server.serve_forever()

    asyncio.run(run())


if __name__ == "__main__":
    serve(int(sys.argv[1]), json.loads(sys.argv[2]))

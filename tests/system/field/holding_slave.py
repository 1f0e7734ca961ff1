"""A Modbus slave by python3-pymodbus on a TCP port, its frames as on a serial line (rtu) or not
(tcp): unit 5 holds these registers from 0 on. usage: holding_slave.py rtu|tcp PORT WORDS-AS-JSON"""
import asyncio
import json
import sys

from pymodbus.datastore import (ModbusSequentialDataBlock, ModbusServerContext,
                                ModbusSlaveContext)
from pymodbus.server.async_io import ModbusTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer


async def main():
    block = ModbusSequentialDataBlock(0, json.loads(sys.argv[3]))
    slave = ModbusSlaveContext(hr=block, zero_mode=True)
    framer = ModbusRtuFramer if sys.argv[1] == "rtu" else ModbusSocketFramer
    server = ModbusTcpServer(ModbusServerContext(slaves={5: slave}, single=False), framer=framer,
                             address=("127.0.0.1", int(sys.argv[2])), allow_reuse_address=True)
    await server.serve_forever()


asyncio.run(main())

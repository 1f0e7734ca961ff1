"""A Modbus RTU slave by python3-pymodbus on a serial port: holding register A of unit 3 holds A * 3.
usage: serial_slave.py PORT"""
import asyncio
import sys

from pymodbus.datastore import (ModbusSequentialDataBlock, ModbusServerContext,
                                ModbusSlaveContext)
from pymodbus.server.async_io import StartAsyncSerialServer
from pymodbus.transaction import ModbusRtuFramer


async def main():
    block = ModbusSequentialDataBlock(0, [(address - 1) * 3 for address in range(200)])
    context = ModbusServerContext(slaves={3: ModbusSlaveContext(hr=block)}, single=False)
    await StartAsyncSerialServer(context=context, framer=ModbusRtuFramer, port=sys.argv[1],
                                 baudrate=9600, timeout=0.02)


asyncio.run(main())

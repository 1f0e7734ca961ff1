// A Modbus TCP slave by npm's modbus-serial, which none of us wrote: holding register A of unit U holds
// (A * 7 + U) & 0xFFFF, input register A holds A + 1, coil A is on where A is even.
// usage: node server.js PORT
"use strict";
const { ServerTCP } = require("modbus-serial");

const vector = {
    getHoldingRegister: (address, unit) => (address * 7 + unit) & 0xffff,
    getInputRegister: (address) => address + 1,
    getCoil: (address) => address % 2 === 0,
    getDiscreteInput: (address) => address % 3 === 0,
};
const server = new ServerTCP(vector, { host: "127.0.0.1", port: Number(process.argv[2]), unitID: 255 });
server.on("socketError", (error) => process.stderr.write(`${error}\n`));

// An MQTT broker by npm's aedes, which none of us wrote. usage: node aedes.js PORT
"use strict";
const aedes = require("aedes")({ concurrency: 100 });
const server = require("net").createServer(aedes.handle);
server.listen(Number(process.argv[2]), "127.0.0.1");
aedes.on("connectionError", (client, error) => process.stderr.write(`${error}\n`));
aedes.on("client", (client) => process.stderr.write(`client ${client.id} version ${client.version}\n`));

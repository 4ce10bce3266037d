import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { PUBACK, PUBLISH, readPackets } from '../../simulator/mqtt-packets.ts';

/** A relay that keeps nothing: TLS with both certificates, and an acknowledgement for all that comes. As cheap as it can be. */
const directory = process.argv[2]!;
const read = (name: string) => readFileSync(`${directory}/${name}`);
const CONNECT = 1;
const SUBSCRIBE = 8;
const PINGREQ = 12;
const CONNACK = Uint8Array.of(0x20, 2, 0, 0);
const PINGRESP = Uint8Array.of(0xd0, 0);

const server = createServer(
  { ca: read('ca.pem'), cert: read('relay1.pem'), key: read('relay1.key'), requestCert: true, minVersion: 'TLSv1.3' },
  serve,
);

function serve(socket: TLSSocket): void {
  socket.setNoDelay(true);
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const answers: number[] = [];
    const end = readPackets(bytes, (type, _flags, body) => answer(type, body, answers));
    rest = bytes.subarray(end);
    if (answers.length > 0) socket.write(Uint8Array.from(answers));
  });
  // A host that breaks off is what it is here for.
  socket.on('error', () => socket.destroy());
}

function answer(type: number, body: Uint8Array, answers: number[]): void {
  if (type === PUBLISH) {
    const at = 2 + ((body[0]! << 8) | body[1]!);
    answers.push(PUBACK << 4, 2, body[at]!, body[at + 1]!);
  } else if (type === CONNECT) answers.push(...CONNACK);
  // Two topics, QoS 1 each.
  else if (type === SUBSCRIBE) answers.push(0x90, 4, body[0]!, body[1]!, 1, 1);
  else if (type === PINGREQ) answers.push(...PINGRESP);
}

server.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));

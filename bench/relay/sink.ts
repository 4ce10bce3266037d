import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { FrameCount } from './frame-count.ts';

/** A core that acknowledges every block at once, and looks into none unless it is to count frames. */
const [, , directory, counts] = process.argv;
const count = counts === 'count' ? new FrameCount() : null;
const path = fileURLToPath(new URL('../../proto/ingest.proto', import.meta.url));
const root = loadPackageDefinition(loadSync(path, { longs: Number, defaults: true, oneofs: true })) as unknown as {
  heliograph: { ingest: { v1: { Ingest: { service: ServiceDefinition } } } };
};
const server = new Server({ 'grpc.max_receive_message_length': 32 << 20 });
server.addService(root.heliograph.ingest.v1.Ingest.service, {
  stream: (stream: ServerDuplexStream<{ hello?: unknown; block?: { id: number; payload: Buffer } }, object>) => {
    stream.on('data', (message) => {
      if (message.hello) stream.write({ welcome: { version: 1, core: 'sink', time: 0 } });
      if (!message.block) return;
      count?.add(message.block.payload);
      stream.write({ acknowledged: { ids: [message.block.id] } });
    });
    stream.on('error', () => undefined);
    stream.on('end', () => stream.end());
  },
});
const read = (name: string) => readFileSync(`${directory}/${name}`);
const pair = { cert_chain: read('core1.pem'), private_key: read('core1.key') };
server.bindAsync('127.0.0.1:0', ServerCredentials.createSsl(read('ca.pem'), [pair], true), (error, port) => {
  if (error) throw error;
  process.send!({ port });
});
process.on('message', () => process.send!(count?.counted ?? null));
process.on('disconnect', () => process.exit(0));

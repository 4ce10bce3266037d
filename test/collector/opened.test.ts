import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'vitest';
import { startBroker } from '../support/broker.ts';
import { createStation, decodeReceived, type Station, until } from '../support/collector.ts';
import { spawnCollector } from '../support/collector-process.ts';

let station: Station;

beforeEach(async () => {
  station = await createStation();
});
afterEach(() => station.remove());

it('finds a file again that was opened, and rotated out of its pattern unread, before a kill -9', async () => {
  const logs = join(station.directory, 'logs');
  mkdirSync(logs);
  const path = join(logs, 'app.log');
  writeFileSync(path, '');
  // Nobody listens: no acknowledgement leads to a checkpoint. And no collection comes in time.
  const away = await startBroker(station.relay);
  await away.close();
  const dataDir = join(station.directory, 'data');
  const file = join(station.directory, 'collector.json');
  const configure = (port: number): void =>
    writeFileSync(
      file,
      JSON.stringify({
        relays: [`127.0.0.1:${port}`],
        tls: { ca: station.host.ca, cert: station.host.cert, key: station.host.key },
        dataDir,
        interval: '1h',
        logPoll: '20ms',
        logs: [{ paths: [path] }],
      }),
    );
  configure(away.port);
  const spool = join(dataDir, 'spool');
  const durable = (): boolean =>
    existsSync(spool) &&
    readdirSync(spool).some(
      (name) => name.startsWith('cursors') && readFileSync(join(spool, name)).includes(`"path":"${path}"`),
    );
  const first = spawnCollector(file);
  await until('the file stands in the durable state', durable, 10_000);
  await first.kill('SIGKILL');
  renameSync(path, join(logs, 'rotated-away'));
  appendFileSync(join(logs, 'rotated-away'), 'written after the rotation\n');

  const broker = await startBroker(station.relay);
  configure(broker.port);
  const second = spawnCollector(file);
  try {
    await until('the line', () =>
      decodeReceived(broker.received).frames.some(
        (frame) =>
          frame.kind === 'logs' && frame.lines.some(({ message }) => String(message).includes('written after')),
      ),
    );
  } finally {
    await second.kill('SIGTERM');
    await broker.close();
  }
});

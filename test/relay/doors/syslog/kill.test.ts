import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { freePort } from '../../../support/free-port.ts';
import { IngestCore } from '../../../support/ingest-core.ts';
import { TierProcess } from '../../../support/tier-process.ts';
import { until } from '../../../support/until.ts';
import { Place } from '../../setup.ts';
import { linesOf } from './place.ts';

let place: Place;
let relay: TierProcess | null = null;
const core = new IngestCore();
afterEach(async () => {
  await relay?.kill();
  await core.close();
  await place?.close();
});

test('kill -9 of the relay while TCP sends: every line that was in its journal is there after the start', async () => {
  // For its authority and folder.
  place = await new Place().open();
  const directory = place.authority.directory;
  const { ca, cert, key } = await place.issue('relay2', 'relay');
  const [tcp, http, ingest] = [await freePort(), await freePort(), await freePort()];
  const config = {
    name: 'relay2',
    dataDir: join(place.directory, 'relay2'),
    mqtt: { listen: '127.0.0.1:0' },
    http: { listen: `127.0.0.1:${http}` },
    tls: { ca, cert, key },
    cores: [`127.0.0.1:${ingest}`],
    doors: { syslog: { tcp: `127.0.0.1:${tcp}`, linger: '20ms' } },
  };
  const file = join(directory, 'relay2.yaml');
  writeFileSync(file, JSON.stringify(config));
  relay = new TierProcess('heliograph.ts', ['relay', '--config', file], join(place.directory, 'relay2.out'));
  const accepted = async () => {
    const text = await (await fetch(`http://127.0.0.1:${http}/metrics`)).text();
    return Number(/^heliograph_relay_door_accepted_total\{door="syslog",kind="log"\} (\d+)$/m.exec(text)?.[1] ?? 0);
  };
  /** Of each life, the lines that were in the journal when it was asked last. */
  const journalled: number[] = [];
  for (let life = 0; life < 2; life++) {
    await relay.start();
    const socket = connect(tcp, '127.0.0.1');
    socket.on('error', () => socket.destroy());
    let sent = 0;
    const send = setInterval(() => {
      for (let i = 0; i < 50 && !socket.writableNeedDrain; i++)
        socket.write(`<13>1 - h a - - - life ${life} line ${sent++}\n`);
    }, 1);
    try {
      await until(
        'some in the journal',
        async () => {
          journalled[life] = await accepted();
          return journalled[life]! >= 2000;
        },
        { everyMs: 5 },
      );
      await relay.kill();
    } finally {
      clearInterval(send);
      socket.destroy();
    }
    expect(sent).toBeGreaterThanOrEqual(journalled[life]!);
  }
  await core.listen(await place.issue('core2', 'core'), ingest);
  await relay.start();
  const messages = () => linesOf(core.frames).map(({ message }) => message);
  await until('what was in the journal', () => messages().length >= journalled[0]! + journalled[1]!);
  const came = new Set(messages());
  for (const [life, count] of journalled.entries()) {
    for (let i = 0; i < count; i++) expect(came.has(`life ${life} line ${i}`), `life ${life} line ${i}`).toBe(true);
  }
  expect(came.size).toBe(messages().length);
});

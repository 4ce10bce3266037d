import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { DenyList } from '../../../../lib/certificates/deny-list.ts';
import { parseConfig } from '../../../../lib/config/load.ts';
import type { Batch } from '../../../../lib/ingest/batch.ts';
import { silentLog } from '../../../../lib/log.ts';
import { Registry } from '../../../../lib/metrics.ts';
import { syslogConfig } from '../../../../relay/doors/syslog/config.ts';
import { openSyslog } from '../../../../relay/doors/syslog/open.ts';
import { until } from '../../../support/until.ts';

test('parts of messages that connections leave are in the journal when the door is closed', async () => {
  const texts: string[] = [];
  const take = (_door: string, _client: object, batch: Batch) => {
    texts.push(...batch.lines.map(({ message }) => Buffer.from(message as Uint8Array).toString()));
    return Promise.resolve();
  };
  const door = await openSyslog({
    config: parseConfig('test.yaml', JSON.stringify({ tcp: '127.0.0.1:0', linger: '10ms' }), syslogConfig),
    certificate: null,
    deny: new DenyList(undefined, () => undefined),
    intake: { take } as never,
    times: { retentionMs: 86_400_000, futureMs: 1 },
    now: Date.now,
    log: silentLog,
    metrics: new Registry(),
  });
  const sockets = await Promise.all(
    ['a', 'b', 'c'].map(async (name) => {
      const socket = connect(door.ports.tcp, '127.0.0.1').on('error', () => undefined);
      await once(socket, 'connect');
      socket.resume().write(`16 <13>app: whole ${name}900 <13>app: part of ${name}`);
      return socket;
    }),
  );
  await until('the whole ones', () => texts.length === sockets.length);
  await door.close();
  expect(texts.sort()).toEqual(['a', 'b', 'c'].flatMap((name) => [`part of ${name}`, `whole ${name}`]).sort());
});

import { afterEach, expect, test } from 'vitest';
import { freePort } from '../../../support/free-port.ts';
import { until } from '../../../support/until.ts';
import { WorkersPlace } from '../../workers-place.ts';
import { linesOf, sendLines } from './place.ts';

let place: WorkersPlace;
afterEach(() => place.close());

test('of several workers the first has the syslog door, and has it again when it was killed', async () => {
  place = await new WorkersPlace().open(1);
  const port = await freePort();
  await place.stop();
  await place.start(2, { doors: { syslog: { tcp: `127.0.0.1:${port}`, linger: '10ms' } } });
  expect(place.relay!.addresses.syslog.tcp).toBe(port);
  const messages = () => linesOf(place.core.frames).map(({ message }) => message);
  await sendLines(port, ['<13>1 - h a - - - before']);
  await until('it at the core', () => messages().includes('before'));
  process.kill((await place.health()).workers[0]!.pid!, 'SIGKILL');
  // What goes to a connection that breaks is lost, as ever in syslog over TCP.
  await until('taken again', async () => {
    await sendLines(port, ['<13>1 - h a - - - after']).catch(() => undefined);
    return messages().includes('after');
  });
});

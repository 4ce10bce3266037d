import { afterEach, expect, test } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import { until } from '../../support/until.ts';
import { WorkersPlace } from '../workers-place.ts';
import { post, writeRequest } from './prometheus.ts';

let place: WorkersPlace;
afterEach(() => place.close());

test('of several workers the first has the doors, and has them again when it was killed', async () => {
  place = await new WorkersPlace().open(1);
  const port = await freePort();
  await place.stop();
  await place.start(2, { doors: { http: { listen: `127.0.0.1:${port}` } } });
  const now = Date.now();
  const body = (i: number) => writeRequest([{ labels: { __name__: 'w' }, samples: [[now + i, i]] }]);
  // A frame whose acknowledgement the killed worker had not written down comes again, under the same name.
  const sent = () =>
    new Set(
      place.core.frames
        .filter(({ host }) => host === 'local@relay1')
        .map((frame) => `${frame.host} ${frame.boot} ${frame.class} ${frame.sequence}`),
    ).size;
  expect((await post(port, '/api/v1/write', body(1))).status).toBe(204);
  await until('it at the core', () => sent() === 1);
  process.kill((await place.health()).workers[0]!.pid!, 'SIGKILL');
  await until('taken again', async () => (await post(port, '/api/v1/write', body(2))).status === 204);
  await until('both at the core', () => sent() === 2);
});

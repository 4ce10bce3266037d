import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { startGate } from '../../bench/end-to-end/gate.ts';
import { until } from '../support/until.ts';

test('a question waits until the gate is open, and comes to the core whole', async () => {
  const core = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    response.end(`${request.method} ${request.url} ${body}`);
  });
  await new Promise<void>((resolve) => core.listen(0, '127.0.0.1', resolve));
  const gate = await startGate(new URL(`http://127.0.0.1:${(core.address() as AddressInfo).port}`));
  try {
    expect(gate.asked()).toBe(false);
    let answered = false;
    const body = new URLSearchParams({ query: 'up' });
    const answer = fetch(new URL('/api/v1/query?time=1', gate.url), { method: 'POST', body });
    answer.then(
      () => {
        answered = true;
      },
      () => undefined,
    );
    await until('the question', () => gate.asked());
    expect(answered).toBe(false);
    gate.open();
    expect(await (await answer).text()).toBe('POST /api/v1/query?time=1 query=up');
  } finally {
    await gate.close();
    await new Promise((resolve) => core.close(resolve));
  }
});

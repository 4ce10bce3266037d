import { expect, test } from 'vitest';
import { ask } from '../../bench/end-to-end/ask.ts';

const url = new URL('http://127.0.0.1/');
const failed = (code: string) => new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });

/** Fails so often, then answers. */
function server(code: string, times: number) {
  const asked = { times: 0 };
  const get = async () => {
    if (asked.times++ < times) throw failed(code);
    return new Response('here');
  };
  return { asked, get };
}

test('a connection that was just closed as idle is not the end of a run', async () => {
  const { asked, get } = server('ECONNRESET', 1);
  expect(await (await ask(url, get)).text()).toBe('here');
  expect(asked.times).toBe(2);
});

test('a server that is not there, or closes twice, is', async () => {
  const away = server('ECONNREFUSED', 1);
  await expect(ask(url, away.get)).rejects.toThrow('fetch failed');
  expect(away.asked.times).toBe(1);
  await expect(ask(url, server('ECONNRESET', 2).get)).rejects.toThrow('fetch failed');
});

import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { coreConfig } from '../../../core/config.ts';
import { parseConfig } from '../../../lib/config/load.ts';
import { TestCore } from '../../support/core/core.ts';

let core: TestCore;

beforeAll(async () => {
  core = await (await TestCore.make()).start({ http: { listen: '127.0.0.1:0', hosts: ['console.example'] } });
});
afterAll(() => core.remove());

/** fetch does not let the Host header be set. */
function statusOf(path: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
  const { hostname, port } = core.url(path);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, headers, method }, (answer) => {
      answer.resume();
      resolve(answer.statusCode!);
    })
      .on('error', reject)
      .end();
  });
}

test.each([
  [{ host: '127.0.0.1:9470' }, 200],
  [{ host: 'localhost' }, 200],
  [{ host: '[::1]:80' }, 200],
  [{ host: 'console.example' }, 200],
  [{ host: 'evil.example' }, 403],
  [{ host: '127.0.0.1.evil.example' }, 403],
  [{ host: 'localhost', origin: 'https://evil.example' }, 403],
  [{ host: 'localhost', origin: 'null' }, 403],
  [{ host: 'localhost', origin: 'http://localhost:9470' }, 200],
] as [Record<string, string>, number][])('%o is answered with %i', async (headers, status) => {
  expect(await statusOf('/healthz', headers)).toBe(status);
  expect(await statusOf('/', headers)).toBe(status);
});

test('an address that others reach is refused with the reason', () => {
  const text = 'dataDir: /tmp/x\ntls: { ca: a, cert: b, key: c }\nhttp:\n  listen: 0.0.0.0:9470\n';
  expect(() => parseConfig('core.yaml', text, coreConfig)).toThrow(/core\.yaml:4:.*write a loopback address/s);
  expect(() => parseConfig('core.yaml', text.replace('0.0.0.0', '127.0.0.1'), coreConfig)).not.toThrow();
});

test('/metrics and /healthz say how the core is', async () => {
  expect(await (await fetch(core.url('/metrics'))).text()).toContain(
    '# TYPE heliograph_core_http_requests_total counter',
  );
  const health = await core.get<{ well: boolean; parts: { part: string; well: boolean }[] }>('/healthz');
  expect(health.well).toBe(true);
  // The fleet's memory is a part as soon as something was written to it.
  expect(health.parts.map((part) => part.part)).toEqual(expect.arrayContaining(['metric store', 'log store', 'bus']));
});

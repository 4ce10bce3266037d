import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { receiverSetting } from '../../../lib/alerts/http-receiver.ts';
import { postJson } from '../../../lib/alerts/post.ts';
import { createAuthority } from '../../../lib/certificates/authority.ts';
import { AlertReceiver } from '../../support/alert-receiver.ts';

let directory: string;
let receiver: AlertReceiver;
let secure: Server;
let ca: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'heliograph-post-'));
  receiver = await new AlertReceiver().listen();
  const authority = await createAuthority(join(directory, 'ca'), Date.now());
  const files = await authority.issue({ name: 'hook', role: 'core', hosts: ['127.0.0.1'], days: 2 });
  ca = files.ca;
  secure = createServer({ cert: readFileSync(files.cert), key: readFileSync(files.key) }, (request, response) => {
    request.resume().on('end', () => response.end());
  });
  await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await receiver.close();
  secure.closeAllConnections();
  await new Promise((resolve) => secure.close(resolve));
  rmSync(directory, { recursive: true, force: true });
});

const at = (more: object = {}) => ({ url: `${receiver.url}/hook`, ...more });
const secureUrl = () => `https://127.0.0.1:${(secure.address() as AddressInfo).port}/`;

test('the header is what the file has now', async () => {
  const authorizationFile = join(directory, 'secret');
  await postJson(at(), '[]');
  for (const secret of ['Bearer one', 'Bearer two']) {
    writeFileSync(authorizationFile, `${secret}\n`);
    await postJson(at({ authorizationFile }), '[]');
  }
  expect(receiver.posted.map(({ authorization }) => authorization)).toEqual([null, 'Bearer one', 'Bearer two']);
});

test('a file that is not there is named, and nothing is sent without it', async () => {
  const before = receiver.requests;
  await expect(postJson(at({ authorizationFile: join(directory, 'none') }), '[]')).rejects.toThrow(/none/);
  expect(receiver.requests).toBe(before);
});

test('a file that has no value of a header is named, and what it says is not told', async () => {
  const authorizationFile = join(directory, 'two-lines');
  const before = receiver.requests;
  for (const text of ['Bearer s3cret\nand more\n', 'Bearer s3cret\u00e9', ' \n']) {
    writeFileSync(authorizationFile, text);
    const error = await postJson(at({ authorizationFile }), '[]').catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ name: 'NotTaken', state: 'not_sent' });
    expect(String(error)).toContain(authorizationFile);
    expect(inspect(error)).not.toContain('s3cret');
  }
  expect(receiver.requests).toBe(before);
});

test('a URL with a user in it is refused, and the file for it is named', () => {
  const setting = receiverSetting('https://hooks.example');
  for (const url of ['https://me:s3cret@hooks.example/x', 'https://me@hooks.example/x']) {
    for (const given of [url, { url }]) {
      const text = inspect(setting.safeParse(given).error, { depth: 9 });
      expect(text).toContain('authorizationFile');
      expect(text).not.toContain('s3cret');
    }
  }
  expect(setting.safeParse('https://hooks.example/x?to=me@example.org').success).toBe(true);
  expect(setting.safeParse('no url').success).toBe(false);
});

test('an answer that is none of success, and a redirect, are failures', async () => {
  for (const status of [401, 302, 500]) {
    receiver.status = status;
    await expect(postJson(at(), '[]')).rejects.toThrow(String(status));
  }
  receiver.status = 200;
});

test("a receiver of an authority of one's own is known by its file, and by nothing else", async () => {
  await postJson({ url: secureUrl(), ca }, '[]');
  await expect(postJson({ url: secureUrl() }, '[]')).rejects.toThrow(/certificate/i);
});

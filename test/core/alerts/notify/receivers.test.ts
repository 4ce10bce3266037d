import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { afterEach, expect, test } from 'vitest';
import { receiverConfig } from '../../../../core/alerts/notify/receivers/config.ts';
import { openReceiver } from '../../../../core/alerts/notify/receivers/open.ts';
import type { Message } from '../../../../core/alerts/notify/receivers/receiver.ts';
import type { NotTaken } from '../../../../lib/alerts/not-taken.ts';
import { createAuthority } from '../../../../lib/certificates/authority.ts';
import { AlertReceiver } from '../../../support/alert-receiver.ts';
import { until } from '../../../support/until.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-receivers-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const open = (config: object) => openReceiver(receiverConfig.parse({ name: 'ops', ...config }));
const trouble = async (sent: Promise<void>) => {
  try {
    await sent;
    return null;
  } catch (error) {
    return { state: (error as NotTaken).state, message: (error as Error).message };
  }
};

const message: Message = {
  idempotencyKey: 'k1',
  receiver: 'ops',
  groupKey: '{}:{alertname="Full"}',
  groupLabels: { alertname: 'Full' },
  externalUrl: 'http://core.example/',
  truncated: 0,
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'Full', instance: 'a"b' },
      annotations: { summary: 'disk of\r\nBcc: x@example.com a is full' },
      activeAt: 1_000,
      resolvedAt: null,
      fingerprint: 'f1',
      key: 'f1-1000',
      value: '0.5',
    },
  ],
};

test("a webhook gets Alertmanager's form, with key and idempotency key", async () => {
  const server = await new AlertReceiver().listen();
  cleanups.push(() => server.close());
  const receiver = await open({ webhook: { url: `${server.url}/hook` } });
  await receiver.send(message);
  const [{ headers, body, path }] = server.posted as [AlertReceiver['posted'][0]];
  expect([path, headers['idempotency-key']]).toEqual(['/hook', 'k1']);
  expect(body).toEqual({
    version: '4',
    groupKey: '{}:{alertname="Full"}',
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'ops',
    groupLabels: { alertname: 'Full' },
    commonLabels: message.alerts[0]!.labels,
    commonAnnotations: message.alerts[0]!.annotations,
    externalURL: 'http://core.example/',
    idempotencyKey: 'k1',
    alerts: [
      {
        status: 'firing',
        labels: message.alerts[0]!.labels,
        annotations: message.alerts[0]!.annotations,
        startsAt: '1970-01-01T00:00:01.000Z',
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: '',
        fingerprint: 'f1',
        key: 'f1-1000',
        value: '0.5',
      },
    ],
  });
});

test('a template is the body; what is not there is empty, and no text breaks the JSON', async () => {
  const server = await new AlertReceiver().listen();
  cleanups.push(() => server.close());
  const template = {
    title: '{{ subject }} at {{ alerts.0.labels.instance }}',
    labels: '{{ commonLabels }}',
    none: ['{{ alerts.7.labels.x }}', 3, null, '{{ alerts.length }}'],
  };
  const receiver = await open({ webhook: { url: server.url, template } });
  await receiver.send(message);
  expect(server.posted[0]!.body).toEqual({
    title: '[1 firing] disk of Bcc: x@example.com a is full at a"b',
    labels: { alertname: 'Full', instance: 'a"b' },
    none: ['', 3, null, 1],
  });
  expect(() => receiverConfig.parse({ name: 'x', webhook: { url: server.url, template: '{{ nobody }}' } })).toThrow(
    /\{\{ nobody \}\}.* is not known/,
  );
  expect(() => receiverConfig.parse({ name: 'x', webhook: { url: server.url, template: 'a {{ b' } })).toThrow(
    /without/,
  );
});

test('a webhook that refuses, fails, hangs or is not there: whether it may have the message is known', async () => {
  const server = await new AlertReceiver().listen();
  cleanups.push(() => server.close());
  const receiver = await open({ webhook: { url: server.url, timeout: '200ms' } });
  server.status = 400;
  expect(await trouble(receiver.send(message))).toEqual({ state: 'refused', message: 'it answered 400' });
  server.status = 429;
  expect(await trouble(receiver.send(message))).toEqual({ state: 'not_sent', message: 'it answered 429' });
  server.status = 200;
  server.hangs = true;
  expect(await trouble(receiver.send(message))).toEqual({ state: 'unknown', message: 'no answer in time' });
  await server.close();
  expect(await trouble(receiver.send(message))).toEqual({ state: 'not_sent', message: 'nothing listens there' });
});

interface Letter {
  readonly secure: boolean;
  readonly user: string | undefined;
  readonly to: string[];
  readonly text: string;
}

async function mailServer(options: ConstructorParameters<typeof SMTPServer>[0]) {
  const letters: Letter[] = [];
  const server = new SMTPServer({
    ...options,
    logger: false,
    onAuth: ({ username, password }, _, done) =>
      password === 'secret' ? done(null, { user: username! }) : done(new Error('wrong password')),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { secure, user, envelope } = session;
        const to = envelope.rcptTo.map(({ address }) => address);
        letters.push({ secure, user: user as string | undefined, to, text: Buffer.concat(chunks).toString() });
        done();
      });
    },
  });
  // A client that does not trust it breaks off, and the server says so.
  server.on('error', () => undefined);
  const listening = server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.server.once('listening', resolve));
  cleanups.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { port } = listening.address() as { port: number };
  return { letters, port };
}

test.each(['starttls', 'tls'] as const)('mail over %s with user and password, read for each letter', async (tls) => {
  const directory = folder();
  const authority = await createAuthority(join(directory, 'ca'), Date.now());
  const files = await authority.issue({ name: 'mail', role: 'core', hosts: ['localhost'], days: 2 });
  const { letters, port } = await mailServer({
    secure: tls === 'tls',
    key: readFileSync(files.key),
    cert: readFileSync(files.cert),
  });
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, 'wrong\n');
  const mail = { server: `localhost:${port}`, tls, ca: files.ca, from: 'core@example.com', to: ['a@example.com'] };
  const receiver = await open({ mail: { ...mail, user: 'core', passwordFile } });
  expect(await trouble(receiver.send(message))).toMatchObject({ state: 'not_sent' });
  writeFileSync(passwordFile, 'secret\n');
  await receiver.send(message);
  expect(letters).toHaveLength(1);
  const [{ secure, user, to, text }] = letters as [Letter];
  expect([secure, user, to]).toEqual([true, 'core', ['a@example.com']]);
  expect(text).toContain('Message-ID: <k1@heliograph>');
  expect(text).toContain('Subject: [1 firing] disk of Bcc: x@example.com a is full');
  expect(text.split('\r\n\r\n')[0]).not.toMatch(/^Bcc:/m);
  expect(text).toContain('FIRING Full');

  const stranger = await open({ mail: { ...mail, ca: undefined } });
  expect(await trouble(stranger.send(message))).toMatchObject({ state: 'not_sent' });
  expect(letters).toHaveLength(1);
});

test('a mail server without TLS gets nothing from a receiver that wants it', async () => {
  const { letters, port } = await mailServer({ disabledCommands: ['STARTTLS', 'AUTH'], secure: false });
  const mail = { server: `127.0.0.1:${port}`, from: 'core@example.com', to: 'a@example.com' };
  const wanting = await open({ mail });
  expect(await trouble(wanting.send(message))).toMatchObject({ state: 'not_sent' });
  expect(letters).toEqual([]);
  await (await open({ mail: { ...mail, tls: 'none' } })).send(message);
  expect(letters.map(({ secure }) => secure)).toEqual([false]);
  expect(() =>
    receiverConfig.parse({ name: 'x', mail: { ...mail, tls: 'none', user: 'a', passwordFile: 'b' } }),
  ).toThrow(/a password wants tls/);
});

test('a command gets JSON on its input, no shell and nothing of our environment', async () => {
  const directory = folder();
  const out = join(directory, 'out $(touch oops)');
  const script =
    'const fs=require("fs");let t="";process.stdin.on("data",(c)=>{t+=c}).on("end",()=>fs.writeFileSync(process.argv[1],JSON.stringify({body:JSON.parse(t),env:Object.keys(process.env).sort(),cwd:process.cwd()})))';
  process.env.HELIOGRAPH_TEST_SECRET = 'x';
  cleanups.push(() => delete process.env.HELIOGRAPH_TEST_SECRET);
  const receiver = await open({ command: { run: [process.execPath, '-e', script, out] } });
  await receiver.send(message);
  const { body, env, cwd } = JSON.parse(readFileSync(out, 'utf8'));
  expect(body).toMatchObject({ idempotencyKey: 'k1', alerts: [{ key: 'f1-1000' }] });
  expect([env, cwd]).toEqual([['LANG', 'PATH'], '/']);
});

test('a command that fails says why; one that hangs is ended with what it started', async () => {
  const directory = folder();
  const failing = await open({ command: { run: ['/bin/sh', '-c', 'echo no phone >&2; exit 3'] } });
  expect(await trouble(failing.send(message))).toEqual({
    state: 'unknown',
    message: 'it ended with status 3: no phone',
  });
  const pid = join(directory, 'pid');
  const hanging = await open({
    command: { run: ['/bin/sh', '-c', `sleep 600 & echo $! > ${pid}; wait`], timeout: '1s' },
  });
  expect(await trouble(hanging.send(message))).toMatchObject({ message: 'it was ended after 1000 ms' });
  const child = Number(readFileSync(pid, 'utf8'));
  await until('the end of what it started', () => {
    try {
      // A zombie answers too, until whoever adopted it looks.
      process.kill(child, 0);
      return /^State:\s+Z/m.test(readFileSync(`/proc/${child}/status`, 'utf8'));
    } catch {
      return true;
    }
  });
  const none = await open({ command: { run: ['/nowhere/at/all'] } });
  expect(await trouble(none.send(message))).toMatchObject({ state: 'not_sent' });
});

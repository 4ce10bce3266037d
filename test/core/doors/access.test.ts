import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { credentials, Metadata, makeGenericClientConstructor, type ServiceError } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { CertificateFiles } from '../../../lib/certificates/authority.ts';
import { revoke } from '../../../lib/certificates/revocation.ts';
import type { PrometheusAnswer, Vector } from '../../support/core/answers.ts';
import { TestCore } from '../../support/core/core.ts';
import { sendJson } from '../../support/core/send.ts';
import { runCli } from '../../support/run-cli.ts';
import { until } from '../../support/until.ts';

/** A core whose doors others reach: TLS, tokens and certificates. */
let core: TestCore;
let data: string;
let ca: Buffer;
beforeAll(async () => {
  core = await TestCore.make();
  data = join(core.directory, 'core');
  ca = readFileSync(join(core.directory, 'ca', 'ca.pem'));
  await core.start({
    push: {
      listen: '0.0.0.0:0',
      grpc: '0.0.0.0:0',
      site: 'north',
      limits: { requestsPerSecond: 1, burst: 20, seriesPerClient: 100 },
    },
  });
});
afterAll(() => core.remove());

async function token(name: string, ...rest: string[]): Promise<string> {
  const made = await runCli(['token', 'create', name, '--data', data, ...rest]);
  expect(made.err).toContain('only time');
  return made.out.trim();
}

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | undefined;
}

function push(body: unknown, options: { token?: string; client?: CertificateFiles } = {}): Promise<Reply> {
  const { client } = options;
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port: core.push.port!,
        path: '/v1/ingest',
        method: 'POST',
        ca,
        agent: false,
        ...(client ? { cert: readFileSync(client.cert), key: readFileSync(client.key) } : {}),
        headers: {
          'content-type': 'application/json',
          ...(options.token ? { authorization: `Bearer ${options.token}` } : {}),
        },
      },
      (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        answer.on('end', () =>
          resolve({ status: answer.statusCode!, text, retryAfter: answer.headers['retry-after'] }),
        );
      },
    );
    call.on('error', reject);
    call.end(JSON.stringify(body));
  });
}

async function labels(query: string): Promise<Record<string, string> | undefined> {
  return (await core.get<PrometheusAnswer<Vector>>('/api/v1/query', { query })).data.result[0]?.metric;
}

const metric = (name: string) => ({ host: 'other', metrics: [{ name, value: 1 }] });
const line = { logs: [{ message: 'hello' }] };

describe('tokens', () => {
  test('none, a wrong one, and one that is no bearer', async () => {
    for (const secret of [undefined, 'hgt_wrong']) {
      const reply = await push(metric('refused'), secret ? { token: secret } : {});
      expect([reply.status, JSON.parse(reply.text).code]).toEqual([401, 'HG_DOOR_TOKEN']);
    }
    expect(await labels('refused')).toBeUndefined();
  });

  test('a token sends under its own name, and for what it is made', async () => {
    const secret = await token('ci', '--scope', 'ingest:metrics');
    expect(secret).toMatch(/^hgt_[\w-]{43}$/);
    expect(readFileSync(join(data, 'tokens.json'), 'utf8')).not.toContain(secret);
    await until('the core has seen it', async () => (await push(metric('from_ci'), { token: secret })).status === 200);
    expect(await labels('from_ci')).toEqual({
      __name__: 'from_ci',
      exported_instance: 'other',
      instance: 'ci',
      site: 'north',
    });
    const reply = await push(line, { token: secret });
    expect([reply.status, JSON.parse(reply.text).code]).toEqual([403, 'HG_DOOR_SCOPE']);
  });

  test('one that may name other hosts', async () => {
    const secret = await token('prometheus', '--scope', 'ingest:metrics', '--any-host');
    await until('the core has seen it', async () => (await push(metric('from_any'), { token: secret })).status === 200);
    expect(await labels('from_any')).toMatchObject({ instance: 'other' });
  });

  test('its time is over, or it is revoked', async () => {
    const short = await token('short', '--scope', 'ingest:metrics', '--days', '1500ms');
    await until('the core has seen it', async () => (await push(metric('short'), { token: short })).status === 200);
    await until('its time is over', async () => (await push(metric('short'), { token: short })).status === 401);
    const secret = await token('gone', '--scope', 'ingest:metrics');
    await until('the core has seen it', async () => (await push(metric('gone'), { token: secret })).status === 200);
    expect((await runCli(['token', 'revoke', 'gone', '--data', data])).code).toBe(0);
    await until('it is revoked', async () => (await push(metric('gone'), { token: secret })).status === 401);
    const list = await runCli(['token', 'ls', '--data', data]);
    expect(list.out).toMatch(/^short +expired/m);
    expect(list.out).not.toContain('gone');
  });

  test('a name twice, and one that is not there', async () => {
    await token('twice', '--scope', 'ingest:logs');
    for (const args of [
      ['create', 'twice', '--scope', 'ingest:logs'],
      ['revoke', 'nobody'],
    ]) {
      const result = await runCli(['token', ...args, '--data', data]);
      expect(result.code).not.toBe(0);
      expect(result.err).toContain('HG_TOKEN_NAME');
    }
  });

  test('a scope that nothing would check is not offered', async () => {
    const result = await runCli(['token', 'create', 'reader', '--scope', 'read', '--data', data]);
    expect(result.code).not.toBe(0);
    expect(result.err).toContain('ingest:metrics, ingest:logs');
  });
});

describe('certificates', () => {
  test('a collector’s stands for its token, until it is revoked', async () => {
    const client = await core.issue('web-17', 'collector');
    expect((await push(metric('certified'), { client })).status).toBe(200);
    expect(await labels('certified')).toMatchObject({ instance: 'web-17', exported_instance: 'other' });
    revoke(join(core.directory, 'ca'), 'web-17', Date.now());
    await until('it is revoked', async () => (await push(metric('certified'), { client })).status === 401);
  });

  test('a relay’s is not for this, and one of another authority says nothing', async () => {
    expect((await push(metric('x'), { client: await core.issue('relay-9', 'relay') })).status).toBe(401);
    const stranger = await TestCore.make();
    try {
      const client = await stranger.issue('web-17', 'collector');
      expect((await push(metric('x'), { client })).status).toBe(401);
    } finally {
      await stranger.remove();
    }
  });
});

test('a renewed certificate is served without a restart', async () => {
  const serial = () =>
    new Promise<string>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: core.push.port!, ca }, () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      });
      socket.on('error', reject);
    });
  const before = await serial();
  await core.issue('core-1', 'core');
  await until('the new one is served', async () => (await serial()) !== before);
});

describe('limits', () => {
  test('more requests than a client may: 429 with a time to come back; others are not touched', async () => {
    const [fast, slow] = [
      await token('fast', '--scope', 'ingest:metrics'),
      await token('slow', '--scope', 'ingest:metrics'),
    ];
    await until('the core has seen them', async () => (await push(metric('slow'), { token: slow })).status === 200);
    const replies: Reply[] = [];
    for (let i = 0; i < 25; i++) replies.push(await push(metric('fast'), { token: fast }));
    const refused = replies.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(Number(refused[0]!.retryAfter)).toBeGreaterThanOrEqual(1);
    expect((await push(metric('slow'), { token: slow })).status).toBe(200);
  });

  test('a new series over the cap is refused, those there go on; counted by metric', async () => {
    const many = (prefix: string) => ({
      metrics: Array.from({ length: 150 }, (_, i) => ({ name: 'wide', labels: { id: `${prefix}${i}` }, value: i })),
    });
    const first = JSON.parse((await sendJson(core, many('a'))).text);
    expect(first.accepted.samples).toBe(100);
    expect(first.rejected).toHaveLength(50);
    expect(first.rejected[0].code).toBe('HG_ITEM_SERIES_CAP');
    expect(JSON.parse((await sendJson(core, many('a'))).text).accepted.samples).toBe(100);
    expect(JSON.parse((await sendJson(core, many('b'))).text).accepted.samples).toBe(0);
    expect(core.registry.render()).toContain('heliograph_core_door_over_series_cap_total{metric="wide"} 250');
  });
});

describe('gRPC', () => {
  const asIs = (bytes: Buffer) => bytes;
  const Client = makeGenericClientConstructor(
    {
      Send: {
        path: '/heliograph.push.v1.Push/Send',
        requestStream: false,
        responseStream: false,
        requestSerialize: asIs,
        requestDeserialize: asIs,
        responseSerialize: asIs,
        responseDeserialize: asIs,
      },
    },
    'Push',
  );
  type Client = InstanceType<typeof Client>;
  const clients: Client[] = [];
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });

  function client(files?: CertificateFiles): Client {
    const own = files ? ([readFileSync(files.key), readFileSync(files.cert)] as const) : ([null, null] as const);
    const made = new Client(`127.0.0.1:${core.push.grpcPort}`, credentials.createSsl(ca, ...own));
    clients.push(made);
    return made;
  }

  /** Host "g", the metric with one sample of value 2. */
  function pushed(metricName: string): Buffer {
    const sample = Buffer.from([9, 0, 0, 0, 0, 0, 0, 0, 64]);
    const name = Buffer.from(metricName);
    const body = Buffer.concat([Buffer.from([10, name.length]), name, Buffer.from([26, sample.length]), sample]);
    return Buffer.concat([Buffer.from([10, 1, 103, 34, body.length]), body]);
  }

  function call(by: Client, bytes: Buffer, authorization: string | null): Promise<ServiceError | null> {
    const metadata = new Metadata();
    if (authorization !== null) metadata.set('authorization', authorization);
    const { Send } = by as unknown as {
      Send: (b: Buffer, m: Metadata, done: (e: ServiceError | null) => void) => void;
    };
    return new Promise((resolve) => Send.call(by, bytes, metadata, resolve));
  }

  test('wants TLS and a token, too', async () => {
    const secret = await token('grpc', '--scope', 'ingest:metrics');
    const bytes = pushed('from_grpc');
    const one = client();
    expect((await call(one, bytes, null))?.code).toBe(16);
    expect((await call(one, bytes, 'Basic abc'))?.code).toBe(16);
    await until('the core has seen it', async () => (await call(one, bytes, `Bearer ${secret}`)) === null);
    expect(await labels('from_grpc')).toEqual({
      exported_instance: 'g',
      instance: 'grpc',
      site: 'north',
      __name__: 'from_grpc',
    });
  });

  test('a collector’s certificate stands for a token, a relay’s does not', async () => {
    expect(await call(client(await core.issue('web-18', 'collector')), pushed('grpc_certified'), null)).toBeNull();
    expect(await labels('grpc_certified')).toMatchObject({ instance: 'web-18', exported_instance: 'g' });
    expect((await call(client(await core.issue('relay-8', 'relay')), pushed('x'), null))?.code).toBe(16);
  });

  test('over the rate: RESOURCE_EXHAUSTED, and when to come again', async () => {
    const secret = await token('hasty', '--scope', 'ingest:metrics');
    const one = client();
    await until('the core has seen it', async () => (await call(one, pushed('hasty'), `Bearer ${secret}`)) === null);
    const errors = await Promise.all(Array.from({ length: 25 }, () => call(one, pushed('hasty'), `Bearer ${secret}`)));
    const refused = errors.filter((error) => error !== null);
    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set([8]));
    const [details] = refused[0]!.metadata.get('grpc-status-details-bin');
    // google.rpc.Status.details[0]: RetryInfo { retry_delay { seconds: 1 or more } } at its end.
    const bytes = details as Buffer;
    expect(bytes.toString('latin1')).toContain('type.googleapis.com/google.rpc.RetryInfo');
    expect([...bytes.subarray(-6, -1)]).toEqual([18, 4, 10, 2, 8]);
    expect(bytes.at(-1)).toBeGreaterThanOrEqual(1);
  });

  test('a stranger is sent away before the message is read', async () => {
    // Longer than what is in flight unread, and no message of this kind: read, it would be another error.
    const error = await call(client(), Buffer.alloc(80 << 20, 0xff), null);
    expect(error?.code).toBe(16);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Engine } from '../../support/engine.ts';
import { until } from '../../support/until.ts';
import { KafkaUnderTest } from './under-test.ts';

let engine: Engine;
let kafka: KafkaUnderTest;
const folder = mkdtempSync(join(tmpdir(), 'heliograph-kafka-'));
const servers: Server[] = [];

beforeAll(async () => {
  engine = await Engine.start('kafka', { KAFKA_SSL: '1', KAFKA_SASL: '1' });
  kafka = await KafkaUnderTest.make(engine.values.KAFKA_BROKERS!);
});
afterEach(async () => {
  await kafka.closeAll();
  for (const server of servers.splice(0)) server.close();
});
afterAll(async () => {
  await kafka.close();
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function passwordFile(password: string): string {
  const file = join(folder, 'password');
  writeFileSync(file, `${password}\n`);
  return file;
}

const record = { key: 'h', value: Buffer.from('v') };
const refusal = (changes: object) =>
  kafka.open(changes).then(
    () => null,
    (error: { code: string; message: string }) => error,
  );

test('something else at the address is refused at once: a web server, one that says nothing of Kafka', async () => {
  const web = await listen(createHttpServer((_, answer) => answer.end('hello')));
  const talker = await listen(createServer((socket) => socket.end('220 mail.example ESMTP\r\n')));
  expect(await refusal({ brokers: [web] })).toMatchObject({ code: 'HG_ENGINE_ADDRESS' });
  expect(await refusal({ brokers: [talker] })).toMatchObject({ code: 'HG_ENGINE_ADDRESS' });
});

test('a broker that is too old is refused, with what it has and what is needed', async () => {
  // As Kafka 1.0 answers: Produce to 5, Fetch to 6.
  const answer = Buffer.alloc(4 + 4 + 2 + 4 + 12);
  answer.writeInt32BE(answer.length - 4, 0);
  answer.writeInt32BE(1, 4);
  answer.writeInt32BE(2, 10);
  answer.writeInt16BE(5, 18);
  answer.writeInt16BE(1, 20);
  answer.writeInt16BE(6, 24);
  const old = await listen(createServer((socket) => socket.on('data', () => socket.write(answer))));
  expect(await refusal({ brokers: [old] })).toMatchObject({
    code: 'HG_ENGINE_VERSION',
    message: expect.stringContaining('Produce 5, needed is 7'),
  });
});

test('TLS: with our certificate it works; without one, with another authority, or to a plain listener it is refused with the fix', async () => {
  const { KAFKA_SSL_BROKERS, KAFKA_SSL_CA, KAFKA_SSL_CERT, KAFKA_SSL_KEY, KAFKA_BROKERS } = engine.values;
  const brokers = [KAFKA_SSL_BROKERS];
  const tls = { ca: KAFKA_SSL_CA, cert: KAFKA_SSL_CERT, key: KAFKA_SSL_KEY };
  const { bus, health } = await kafka.open({ brokers, tls });
  await bus.publish('one', [record]);
  expect(health.view().well).toBe(true);
  const told = (code: string, words: string) => ({ code, message: expect.stringContaining(words) });
  expect(await refusal({ brokers, tls: { ca: KAFKA_SSL_CA } })).toMatchObject(
    told('HG_ENGINE_LOGIN', 'ca, cert and key'),
  );
  expect(await refusal({ brokers, tls: {} })).toMatchObject(told('HG_ENGINE_LOGIN', 'ca, cert and key'));
  expect(await refusal({ brokers, tls: { ca: join(folder, 'none.pem') } })).toMatchObject({ code: 'HG_ENGINE_LOGIN' });
  expect(await refusal({ brokers: [KAFKA_BROKERS], tls })).toMatchObject(
    told('HG_ENGINE_ADDRESS', 'does not speak TLS'),
  );
  expect(await refusal({ brokers })).toMatchObject({ code: 'HG_ENGINE_ADDRESS' });
});

test('a login: PLAIN and SCRAM let in, a wrong password and no login at all are refused', async () => {
  const { KAFKA_SASL_BROKERS, KAFKA_SASL_USER: username, KAFKA_SASL_PASSWORD } = engine.values;
  const brokers = [KAFKA_SASL_BROKERS];
  for (const mechanism of ['plain', 'scram-sha-512']) {
    const good = { mechanism, username, passwordFile: passwordFile(KAFKA_SASL_PASSWORD!) };
    const { bus } = await kafka.open({ brokers, sasl: good });
    await bus.publish('one', [record]);
    const bad = { ...good, passwordFile: passwordFile('guess') };
    expect(await refusal({ brokers, sasl: bad })).toMatchObject({ code: 'HG_ENGINE_LOGIN' });
  }
  expect(await refusal({ brokers })).toMatchObject({
    code: 'HG_ENGINE_LOGIN',
    message: expect.stringContaining('see sasl'),
  });
});

test('topics are made as one broker needs them: fsynced before they are acknowledged, kept for the retention', async () => {
  const prefix = kafka.prefix();
  const { bus } = await kafka.open({ prefix, partitions: 3, retention: '2d' });
  await bus.publish('one', [record]);
  const { resources } = await kafka.admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: `${prefix}.one` }],
  });
  const settings = Object.fromEntries(
    resources[0]!.configEntries.map((entry) => [entry.configName, entry.configValue]),
  );
  expect(settings).toMatchObject({
    'flush.messages': '1',
    'retention.ms': '172800000',
    'cleanup.policy': 'delete',
    'compression.type': 'zstd',
    'max.message.bytes': String(4 << 20),
  });
  const { topics } = await kafka.admin.fetchTopicMetadata({ topics: [`${prefix}.one`, `${prefix}.two`] });
  expect(topics.map((topic) => topic.partitions.length)).toEqual([3, 3]);
});

test('a topic that would lose data is refused, with every difference and the command that mends it', async () => {
  const prefix = kafka.prefix();
  const set = (name: string, value: string) => ({ name, value });
  await kafka.admin.createTopics({
    topics: [
      {
        topic: `${prefix}.one`,
        numPartitions: 1,
        replicationFactor: 1,
        configEntries: [set('cleanup.policy', 'compact'), set('retention.ms', '60000'), set('retention.bytes', '1000')],
      },
    ],
  });
  const why = await refusal({ prefix, partitions: 2 });
  expect(why).toMatchObject({ code: 'HG_ENGINE_SETTING' });
  for (const words of [
    '--alter --topic',
    'cleanup.policy is compact',
    'retention.ms is 60000',
    'retention.bytes is 1000',
    'flush.messages is 9223372036854775807',
    `--entity-name ${prefix}.one --add-config cleanup.policy=delete,retention.ms=604800000,retention.bytes=-1`,
  ]) {
    expect(why!.message).toContain(words);
  }
  // As the command says.
  const [settings] = /--add-config (\S+)/.exec(why!.message)!.slice(1);
  await kafka.admin.alterConfigs({
    validateOnly: false,
    resources: [
      {
        type: kafkajs.ConfigResourceTypes.TOPIC,
        name: `${prefix}.one`,
        configEntries: settings!.split(',').map((pair) => set(...(pair.split('=') as [string, string]))),
      },
    ],
  });
  await kafka.admin.createPartitions({ topicPartitions: [{ topic: `${prefix}.one`, count: 2 }] });
  expect(await refusal({ prefix, partitions: 2 })).toBeNull();
});

test('topics that are not there, and more copies than brokers, are refused', async () => {
  expect(await refusal({ create: false })).toMatchObject({
    code: 'HG_ENGINE_SETTING',
    message: expect.stringContaining('create: true'),
  });
  expect(await refusal({ replicas: 3 })).toMatchObject({ code: 'HG_ENGINE_SETTING' });
});

test('down at the start: it opens, says so, refuses for now, and goes on when the broker comes', async () => {
  const gone = createServer();
  const address = await listen(gone);
  await new Promise<void>((resolve) => gone.close(() => resolve()));
  const { bus, health } = await kafka.open({ brokers: [address] });
  expect(health.view().parts).toMatchObject([{ part: 'bus', well: false }]);
  await expect(bus.publish('one', [record])).rejects.toMatchObject({ code: 'HG_ENGINE_DOWN' });
  expect(await bus.lag()).toEqual([]);
  // A wire to the real one, at the address where nothing was.
  const [host, port] = kafka.brokers.split(':') as [string, string];
  const { connect } = await import('node:net');
  const wire = createServer((socket) => {
    const far = connect(Number(port), host);
    socket.pipe(far).pipe(socket);
    socket.on('error', () => far.destroy());
    far.on('error', () => socket.destroy());
  });
  servers.push(wire);
  await new Promise<void>((resolve) => wire.listen(Number(address.split(':')[1]), '127.0.0.1', resolve));
  await until('the bus is well', () => health.view().well);
  await bus.publish('one', [record]);
  expect(await bus.lag()).toContainEqual({ topic: 'one', group: 'first', records: 1, bytes: expect.any(Number) });
  await kafka.closeAll();
});

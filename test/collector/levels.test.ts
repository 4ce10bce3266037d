import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { startCollector } from '../../collector/node/start.ts';
import { followLevels } from '../../deploy/levels/follow-levels.js';
import { decodeStatus } from '../../proto/status.ts';
import type { TestBroker } from '../support/broker.ts';
import { quietHost, type Station } from '../support/collector.ts';
import { stationAndBroker } from '../support/station-and-broker.ts';
import { until } from '../support/until.ts';

const EXAMPLES = join(import.meta.dirname, '../../deploy/levels');

let station: Station;
let broker: TestBroker;

stationAndBroker((...opened) => {
  [station, broker] = opened;
});

const places = () => ({
  file: join(station.directory, 'run', 'levels.json'),
  socket: join(station.directory, 'run', 'levels.sock'),
});
const start = () => startCollector(station.config({ port: broker.port, levels: places() }), { host: quietHost() });

function want(level: string | null, ms = 600_000): Promise<unknown> {
  const wish = { service: 'pay*', level, until: Date.now() + ms, by: 'alice', why: 'refunds fail' };
  const text = level === null ? '' : JSON.stringify({ version: 1, levels: {}, wishes: [wish] });
  return broker.publish(`fleet/${station.name}/desired`, text, true);
}

it('pino follows at the socket: at once, back when the time is over, and without the collector', async () => {
  const log = pino({ level: 'info' }, { write: () => undefined });
  const { socket } = places();
  const stop = followLevels(log, { service: 'pay-api', socket, againMs: 20 });
  const running = await start();
  await want('warning');
  await until('it is turned up', () => log.level === 'warn');
  await want('debug', 1500);
  await until('it is turned down', () => log.level === 'debug');
  await until('it is as it was', () => log.level === 'info');
  await want('debug');
  await until('it is turned down again', () => log.level === 'debug');
  // The status says who wants what.
  const statuses = () => broker.received.filter(({ topic }) => topic.endsWith('/status'));
  const { wishes } = decodeStatus(statuses().at(-1)!.payload).sources.desired as { wishes: object[] };
  expect(wishes).toMatchObject([{ service: 'pay*', level: 'debug', by: 'alice', why: 'refunds fail' }]);
  await running.close();
  stop();
  expect(log.level).toBe('info');
});

it("Python's logging follows in the file, until the time that stands there", async () => {
  const { file } = places();
  const program = `
import logging, sys
import follow_levels
logging.getLogger().setLevel("INFO")
end = follow_levels.follow("pay", path=sys.argv[1], every=0.02)
for line in sys.stdin:
    if line.strip() == "end":
        end()
    print(logging.getLogger().level, flush=True)
`;
  const script = join(station.directory, 'app.py');
  writeFileSync(script, program);
  const env = { ...process.env, PYTHONPATH: EXAMPLES, PYTHONDONTWRITEBYTECODE: '1' };
  const child = spawn('python3', [script, file], { stdio: ['pipe', 'pipe', 'inherit'], env });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const level = async (line = ''): Promise<string> => {
    child.stdin.write(`${line}\n`);
    return (await answers.next()).value as string;
  };
  expect(await level()).toBe('20');
  const config = station.config({ port: broker.port, levels: { ...places(), services: ['pay'] } });
  const running = await startCollector(config, { host: quietHost() });
  await until('the file', () => existsSync(file));
  await want('debug', 1500);
  await until('it is turned down', async () => (await level()) === '10');
  await until('it is as it was', async () => (await level()) === '20');
  await want('error');
  await until('it is turned up', async () => (await level()) === '40');
  await running.close();
  expect(existsSync(file)).toBe(false);
  await until('it is as it was without a collector', async () => (await level()) === '20');
  // What a killed collector leaves is good until its time.
  writeFileSync(file, JSON.stringify({ version: 1, levels: { pay: { level: 'debug', until: Date.now() + 1000 } } }));
  await until('it is turned down', async () => (await level()) === '10');
  await until('its time is over', async () => (await level()) === '20');
  writeFileSync(file, '{"torn');
  expect(await level('end')).toBe('20');
  child.stdin.end();
  await once(child, 'exit');
});

it('a wish is in force after a restart without a relay, and a socket that is left behind is no hindrance', async () => {
  const first = await start();
  await want('debug');
  await until('the wish is there', () => first.collector.desired.current !== null);
  await first.close();
  writeFileSync(places().socket, 'left behind');
  const again = await startCollector(station.config({ port: 1, levels: places() }), { host: quietHost() });
  expect(again.collector.desired.lowest('pay', 'info')).toBe('debug');
  expect(JSON.parse(readFileSync(places().file, 'utf8'))).toEqual({ version: 1, levels: {} });
  const socket = connect(places().socket);
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  socket.write('{"service":"pay"}\n');
  expect(JSON.parse((await lines.next()).value as string)).toMatchObject({ service: 'pay', level: 'debug' });
  socket.write('nonsense\n');
  expect(JSON.parse((await lines.next()).value as string)).toEqual({ error: 'a line is {"service":"<name>"}' });
  await once(socket, 'close');
  await again.close();
  rmSync(places().socket, { force: true });
});

import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../test/support/free-port.ts';
import { rsyslogReceiver } from './peers/rsyslog-receiver.ts';
import { cpuSecondsOf } from './process/figures.ts';
import type { ProfileOrder } from './process/profiler.ts';
import { forwarded } from './relay/forwarded.ts';
import { answer, start } from './relay/processes.ts';
import { openStation } from './relay/station.ts';
import type { BenchResult } from './result.ts';

const LINES = Number(process.env.HELIOGRAPH_BENCH_LINES ?? 200_000);
/** Before the clock starts: the compiler's work is not what a line costs. */
const WARM_UP = 60_000;
const HOSTS = 20;
const PROGRAMS = ['sshd', 'kernel', 'postfix/smtpd', 'dhcpd', 'CRON', 'named'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Bytes in one write of a sender. */
const WRITE_BYTES = 64 * 1024;

type Form = (i: number) => string;

/** What a fleet's daemons say: some 130 bytes of text, numbers that are never twice the same, some programs with a pid each. */
const textOf = (i: number) =>
  `connection ${i * 7919} from 10.${i % 31}.${i % 97}.${i % 211} port ${1024 + (i % 60_000)}: session of user u${(i * 104_729) % 65_521} took ${i % 977} ms, ${i % 3} retries`;
const hostOf = (i: number) => `host-${i % HOSTS}.example`;
const priorityOf = (i: number) => 24 + (i % 50 === 0 ? 3 : i % 7 === 0 ? 4 : 6);

const FORMS: Readonly<Record<string, { readonly form: Form; readonly counted: boolean }>> = {
  'RFC 5424, octet counting': {
    counted: true,
    form: (i) =>
      `<${priorityOf(i)}>1 ${new Date().toISOString()} ${hostOf(i)} ${PROGRAMS[i % 6]} ${1000 + (i % 40)} - - ${textOf(i)}`,
  },
  'RFC 3164, newlines': {
    counted: false,
    form: (i) => {
      const now = new Date();
      const time = `${MONTHS[now.getUTCMonth()]} ${String(now.getUTCDate()).padStart(2)} ${now.toISOString().slice(11, 19)}`;
      return `<${priorityOf(i)}>${time} ${hostOf(i)} ${PROGRAMS[i % 6]}[${1000 + (i % 40)}]: ${textOf(i)}`;
    },
  },
};

/** Syslog over TCP into a relay before a core that acknowledges everything (masking, journal with fsync and forwarding included), and beside it rsyslogd, which writes the same to a file. */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const [name, { form, counted }] of Object.entries(FORMS)) {
    const load = (from: number, count: number) => {
      const lines = Array.from({ length: count }, (_, i) => form(from + i));
      return Buffer.from(lines.map((line) => (counted ? `${line.length} ${line}` : `${line}\n`)).join(''));
    };
    const [warm, counts] = [load(0, WARM_UP), load(WARM_UP, LINES)];
    const ours = (await relayCpu(warm, counts, name.slice(0, 8).replace(' ', '-'))) / LINES;
    const unit = 'CPU s per million lines';
    results.push({ name: `relay: ${name}`, value: ours * 1e6, unit, note: 'masking, journal and forwarding included' });
    const peer = await rsyslogReceiver(
      { lines: WARM_UP, send: (port) => send(port, warm) },
      { lines: LINES, send: (port) => send(port, counts) },
    );
    if (peer === null) continue;
    results.push({
      name: `rsyslogd: ${name}`,
      value: (peer / LINES) * 1e6,
      unit,
      note: 'imtcp to omfile, no masking, no fsync',
    });
    results.push({ name: `relay beside rsyslogd: ${name}`, value: ours / (peer / LINES), unit: 'x' });
  }
  return results;
}

/** CPU s of the relay, from the first byte until the core has acknowledged all. */
async function relayCpu(warm: Buffer, counts: Buffer, name: string): Promise<number> {
  const station = await openStation(1);
  const port = await freePort();
  const doors = { syslog: { tcp: `127.0.0.1:${port}` } };
  const profile = process.env.HELIOGRAPH_BENCH_PROFILE;
  if (profile) mkdirSync(profile, { recursive: true });
  const relay = start('relay.ts', [JSON.stringify({ ...station.config, doors })]);
  const { http } = await answer<{ http: number }>(relay);
  const taken = async (lines: number) => {
    for (;;) {
      const text = await (await fetch(`http://127.0.0.1:${http}/metrics`)).text();
      const found = /^heliograph_relay_door_accepted_total\{door="syslog",kind="log"\} (\d+)$/m.exec(text);
      if (Number(found?.[1] ?? 0) >= lines) break;
      await wait(50);
    }
    await forwarded(http);
  };
  try {
    await send(port, warm);
    await taken(WARM_UP);
    if (profile) relay.send({ profile: name } satisfies ProfileOrder);
    const before = cpuSecondsOf(relay.pid!);
    await send(port, counts);
    await taken(WARM_UP + LINES);
    const cpu = cpuSecondsOf(relay.pid!) - before;
    if (profile) relay.send({ profile: null } satisfies ProfileOrder);
    return cpu;
  } finally {
    relay.send({ stop: true });
    await new Promise((resolve) => relay.once('exit', resolve));
    station.close();
  }
}

async function send(port: number, bytes: Buffer): Promise<void> {
  const socket = connect(port, '127.0.0.1').resume();
  await once(socket, 'connect');
  for (let at = 0; at < bytes.length; at += WRITE_BYTES) {
    if (!socket.write(bytes.subarray(at, at + WRITE_BYTES))) await once(socket, 'drain');
  }
  socket.end();
  await once(socket, 'close');
}

import { mkdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../test/support/free-port.ts';
import { rsyslogReceiver } from './peers/rsyslog-receiver.ts';
import { cpuSecondsOf } from './process/figures.ts';
import type { ProfileOrder } from './process/profiler.ts';
import { forwarded } from './relay/forwarded.ts';
import { answer, start } from './relay/processes.ts';
import { openStation } from './relay/station.ts';
import { type SyslogTransport, sendSyslog } from './relay/syslog-senders.ts';
import type { BenchResult } from './result.ts';

const LINES = Number(process.env.HELIOGRAPH_BENCH_LINES ?? 200_000);
/** Before the clock starts: the compiler's work is not what a line costs. */
const WARM_UP = 60_000;
const HOSTS = 20;
const PROGRAMS = ['sshd', 'kernel', 'postfix/smtpd', 'dhcpd', 'CRON', 'named'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Of datagrams, which come at a steady 10,000 a second. */
const DATAGRAMS = Math.min(LINES, 200_000);
/** Where none came for so long, the rest was dropped on the way. */
const SILENT_MS = 3000;

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

type Way = readonly [name: string, transport: SyslogTransport, form: keyof typeof FORMS];

const WAYS: readonly Way[] = [
  ['RFC 5424, octet counting', 'tcp', 'RFC 5424, octet counting'],
  ['RFC 3164, newlines', 'tcp', 'RFC 3164, newlines'],
  ['TLS, RFC 5424', 'tls', 'RFC 5424, octet counting'],
  ['UDP, RFC 3164', 'udp', 'RFC 3164, newlines'],
];

/** Lines as they are sent. */
interface Load {
  readonly lines: readonly string[];
  readonly framed: Buffer;
}

/** What a receiver took for the lines that came to it: of datagrams some may be lost. */
interface Figures {
  readonly cpu: number;
  readonly lines: number;
}

/**
 * Syslog over TCP, TLS and UDP into a relay before a core that acknowledges everything (masking, journal with fsync and forwarding included), and beside it rsyslogd, which
 * writes the same to a file.
 */
export async function run(): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const [name, transport, wanted] of WAYS) {
    const { form, counted } = FORMS[wanted]!;
    const load = (from: number, count: number): Load => {
      const lines = Array.from({ length: count }, (_, i) => form(from + i));
      const framed = Buffer.from(lines.map((line) => (counted ? `${line.length} ${line}` : `${line}\n`)).join(''));
      return { lines, framed };
    };
    const [warm, counts] = [load(0, WARM_UP), load(WARM_UP, transport === 'udp' ? DATAGRAMS : LINES)];
    const ours = await relayCpu(warm, counts, transport, name);
    const unit = 'CPU s per million lines';
    const lost = ({ lines }: Figures) => (transport === 'udp' ? `; ${counts.lines.length - lines} lost` : '');
    const perLine = ({ cpu, lines }: Figures) => cpu / lines;
    const note = `masking, journal and forwarding included${lost(ours)}`;
    results.push({ name: `relay: ${name}`, value: perLine(ours) * 1e6, unit, note });
    const peer = await rsyslogReceiver(transport, warm, counts, SILENT_MS);
    if (peer === null) continue;
    results.push({
      name: `rsyslogd: ${name}`,
      value: perLine(peer) * 1e6,
      unit,
      note: `im${transport === 'udp' ? 'udp' : 'tcp'} to omfile, no masking, no fsync${lost(peer)}`,
    });
    results.push({ name: `relay beside rsyslogd: ${name}`, value: perLine(ours) / perLine(peer), unit: 'x' });
  }
  return results;
}

/** CPU s of the relay, from the first byte until the core has acknowledged all. */
async function relayCpu(warm: Load, counts: Load, transport: SyslogTransport, name: string): Promise<Figures> {
  const station = await openStation(1);
  const port = await freePort();
  const at = `127.0.0.1:${port}`;
  const doors = { syslog: transport === 'tls' ? { tls: { listen: at } } : { [transport]: at } };
  const profile = process.env.HELIOGRAPH_BENCH_PROFILE;
  if (profile) mkdirSync(profile, { recursive: true });
  const relay = start('relay.ts', [JSON.stringify({ ...station.config, doors })]);
  const { http } = await answer<{ http: number }>(relay);
  const accepted = async () => {
    const text = await (await fetch(`http://127.0.0.1:${http}/metrics`)).text();
    const found = /^heliograph_relay_door_accepted_total\{door="syslog",kind="log"\} (\d+)$/m.exec(text);
    return Number(found?.[1] ?? 0);
  };
  /** How many came, once that many did or no more come. */
  const taken = async (lines: number): Promise<number> => {
    let have = -1;
    let since = performance.now();
    for (;;) {
      const now = await accepted();
      if (now > have) since = performance.now();
      have = now;
      if (have >= lines || (transport === 'udp' && performance.now() - since > SILENT_MS)) break;
      await wait(50);
    }
    await forwarded(http);
    return have;
  };
  const send = (load: Load) => sendSyslog(transport, port, load, `${station.ca}/ca.pem`);
  try {
    await send(warm);
    const had = await taken(warm.lines.length);
    if (profile) relay.send({ profile: name.replaceAll(/[ ,]+/g, '-') } satisfies ProfileOrder);
    const before = cpuSecondsOf(relay.pid!);
    await send(counts);
    const lines = (await taken(had + counts.lines.length)) - had;
    const cpu = cpuSecondsOf(relay.pid!) - before;
    if (profile) relay.send({ profile: null } satisfies ProfileOrder);
    return { cpu, lines };
  } finally {
    relay.send({ stop: true });
    await new Promise((resolve) => relay.once('exit', resolve));
    station.close();
  }
}

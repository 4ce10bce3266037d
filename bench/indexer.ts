import { bulkLines } from '../core/engines/opensearch/document.ts';
import { indexTemplate } from '../core/engines/opensearch/template.ts';
import type { LogFrame } from '../core/ports/frames.ts';
import { Engine } from '../test/support/engine.ts';
import { countingProxy } from './indexer/counting-proxy.ts';
import { recordsOf } from './indexer/records.ts';
import { costOf, indexThrough, settled } from './indexer/through.ts';
import { LINE_BYTES, logLines } from './log-lines.ts';
import { cpuSecondsOf } from './process/figures.ts';
import type { BenchResult } from './result.ts';

/** Lines of each run; a multiple of 2,500. */
const LINES = Number(process.env.HELIOGRAPH_BENCH_LINES ?? 200_000);
/** OpenSearch takes four times more until its code is compiled. */
const WARM_LINES = 100_000;
const WIRE_LINES = 20_000;
/** Ids of ours and its own in turn, so that what else the machine does falls on both. */
const ID_ROUNDS = 4;
const ID_LINES = LINES / 5;
const BULK_LINES = 5_000;
const PER_MILLION = 'CPU s per million lines';

/** From the bus into a real OpenSearch: what it costs this process beside what it costs the engine, the same lines in the same run. */
export async function run(): Promise<BenchResult[]> {
  const engine = await Engine.start('opensearch');
  try {
    const address = engine.values.OPENSEARCH_URL!;
    await indexThrough(recordsOf(WARM_LINES), address, 'warm', {}, (work) => work());
    await settled(address, 'warm');
    return await beside(address, await engine.pid());
  } finally {
    await engine.stop();
  }
}

/** The figures on an OpenSearch that has taken enough lines before. */
export async function beside(address: string, pid: number): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const [name, section] of [
    ['no pipeline', {}],
    ['pipeline json', { services: [{ parse: 'json' }] }],
  ] as const) {
    const index = name.replace(' ', '-');
    const records = recordsOf(LINES);
    let cost: Awaited<ReturnType<typeof costOf>> | null = null;
    await indexThrough(records, address, index, section, async (work) => {
      cost = await costOf(pid, address, index, work);
    });
    results.push(...figures(name, cost!, records.reduce((sum, { value }) => sum + value.length, 0) / LINES));
    await fetch(`${address}/${index}-*`, { method: 'DELETE' });
  }
  return [...results, ...(await onTheWire(address)), await ids(address, pid)];
}

function figures(name: string, cost: Awaited<ReturnType<typeof costOf>>, onBus: number): BenchResult[] {
  const { ours, theirs, seconds, figures } = cost;
  if (figures.documents !== LINES) throw new Error(`${name}: ${figures.documents} documents of ${LINES} lines`);
  return [
    {
      name: `${name}: indexer`,
      value: (ours / LINES) * 1e6,
      unit: PER_MILLION,
      note: `bus, decoding, bulk, judging, ledger, commit; lines of ${LINE_BYTES} bytes, ${onBus.toFixed(0)} of it on the bus`,
    },
    { name: `${name}: OpenSearch`, value: (theirs / LINES) * 1e6, unit: PER_MILLION, note: 'merges included' },
    { name: `${name}: indexer beside OpenSearch`, value: ours / theirs, unit: 'of its CPU', target: 0.2 },
    { name: `${name}: lines`, value: LINES / seconds, unit: 'lines/s', note: 'both share the machine' },
    { name: `${name}: on its disk`, value: figures.bytes / LINES, unit: 'B/line', note: 'one copy' },
  ];
}

async function onTheWire(address: string): Promise<BenchResult[]> {
  const proxy = await countingProxy(Number(new URL(address).port));
  try {
    await indexThrough(recordsOf(WIRE_LINES), `http://127.0.0.1:${proxy.port}`, 'wire', {}, (work) => work());
    return [
      { name: 'on the wire to OpenSearch', value: proxy.up / WIRE_LINES, unit: 'B/line', note: 'without TLS' },
      { name: 'on the wire back', value: proxy.down / WIRE_LINES, unit: 'B/line' },
    ];
  } finally {
    await proxy.close();
  }
}

/** The same documents under our ids with `create` and without an id: what an id of ours costs OpenSearch. */
async function ids(address: string, pid: number): Promise<BenchResult> {
  const day = `${new Date().toISOString().slice(0, 10).replaceAll('-', '.')}`;
  const cpu = { ours: 0, theirs: 0 };
  await putTemplate(address, 'ours');
  await putTemplate(address, 'theirs');
  for (let round = 0; round < ID_ROUNDS; round++) {
    const texts = documentsOf(round);
    for (const kind of round % 2 === 0 ? (['ours', 'theirs'] as const) : (['theirs', 'ours'] as const)) {
      const before = cpuSecondsOf(pid);
      for (let at = 0; at < texts.length; at += BULK_LINES) {
        const bulk = texts.slice(at, at + BULK_LINES).map(({ id, text }) => {
          const named = kind === 'ours' ? `,"_id":"${id}"` : '';
          return `{"create":{"_index":"${kind}-${day}"${named}}}\n${text}`;
        });
        const answer = await fetch(`${address}/_bulk?filter_path=errors`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-ndjson' },
          body: bulk.join(''),
        });
        const { errors } = (await answer.json()) as { errors: boolean };
        if (errors) throw new Error('OpenSearch refused documents');
      }
      await settled(address, kind);
      cpu[kind] += cpuSecondsOf(pid) - before;
    }
  }
  return {
    name: "OpenSearch's CPU for our ids beside its own",
    value: cpu.ours / cpu.theirs,
    unit: 'x',
    note: `${cpu.ours.toFixed(2)} and ${cpu.theirs.toFixed(2)} s for ${ID_ROUNDS * ID_LINES} documents each, in turns; ours begin with the time, and make a line that comes twice one document`,
  };
}

async function putTemplate(address: string, index: string): Promise<void> {
  const template = indexTemplate({ index, shards: 1, replicas: 0, refresh: 1_000 });
  const answer = await fetch(`${address}/_index_template/${index}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(template),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

/** Documents of as many frames as the hosts of a second make, with the ids they would have. */
function documentsOf(round: number): { id: string; text: string }[] {
  const bytes = Buffer.from(logLines(ID_LINES, 0).buffer);
  const perFrame = 500;
  return Array.from({ length: ID_LINES / perFrame }, (_, f) => {
    const created = Date.now();
    const frame: LogFrame = {
      id: { host: `host-${f}`, boot: '00000001aabbccddeeff0011', class: 'log', sequence: round + 1 },
      relay: 'north',
      created,
      received: created,
      skew: 0,
      lane: 'live',
      instance: `host-${f}`,
      site: 'north',
      lines: Array.from({ length: perFrame }, (_, at) => {
        const n = f * perFrame + at;
        const message = bytes.toString('utf8', n * LINE_BYTES, (n + 1) * LINE_BYTES - 1);
        return {
          time: created + at,
          message,
          level: 'info',
          service: `service-${f % 20}`,
          fields: { 'log.file.path': '/var/log/app.log' },
        };
      }),
    };
    return bulkLines(frame, f, 'x', [...frame.lines.keys()]).map(({ text }) => {
      const cut = text.indexOf('\n') + 1;
      const { create } = JSON.parse(text.slice(0, cut)) as { create: { _id: string } };
      return { id: create._id, text: text.slice(cut) };
    });
  }).flat();
}

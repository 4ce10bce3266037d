import { expect, test } from 'vitest';
import { silentLog } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';
import { DATA_CLASSES, type DataClass } from '../../proto/class.ts';
import type { Hash } from '../../proto/hash.ts';
import type { Block } from '../../relay/block.ts';
import type { DefinitionEntry } from '../../relay/definition-index.ts';
import { Dispatcher } from '../../relay/dispatcher.ts';
import { Lane } from '../../relay/lane.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const HOST = 'web-1';

function blockOf(id: number, name: DataClass, hashes: readonly Hash[] = []): Block {
  const named = hashes.map((hash) => [HOST, hash] as const);
  return { id, class: name, lane: 'live', records: [], items: 0, named, payload: new Uint8Array(1) };
}

/** A class that has these blocks to send, all live. */
function sourceOf(name: DataClass, blocks: Block[]) {
  const live = new Lane('live', 1);
  live.ready = blocks.shift() ?? null;
  return {
    ...{ class: name, live, backfill: new Lane('backfill', 1) },
    add: (block: Block) => {
      if (live.ready) blocks.push(block);
      else live.ready = block;
    },
    take: (lane: Lane) => {
      const block = lane.ready;
      lane.ready = blocks.shift() ?? null;
      return block;
    },
    connected: () => undefined,
    disconnected: () => undefined,
  };
}

/** A dispatcher before a transport that takes a message when the test says so. */
function open(sources: ReturnType<typeof sourceOf>[]) {
  const sent: { readonly what: string; readonly handed: () => void }[] = [];
  const entries = new Map<Hash, DefinitionEntry>();
  const entryOf = (hash: Hash) => {
    if (!entries.has(hash)) entries.set(hash, { host: HOST, hash, bytes: 100 } as DefinitionEntry);
    return entries.get(hash)!;
  };
  const dispatcher = new Dispatcher({
    uplink: {
      open: true,
      send: (message, handed) => {
        const what = 'block' in message ? `${DATA_CLASSES[message.block.class]} ${message.block.id}` : 'definition';
        sent.push({ what, handed: handed! });
        return true;
      },
    },
    forwarders: sources,
    definitions: {
      content: async () => new Uint8Array(100),
      index: { find: (_host, hash) => entryOf(hash), everywhere: (hash) => [entryOf(hash)] },
    },
    log: silentLog,
    metrics: new Registry(),
  });
  let at = 0;
  return {
    dispatcher,
    sent,
    /** The transport takes the next of what it was given. */
    hand: async () => {
      sent[at++]!.handed();
      await turn();
    },
  };
}

const hashOf = (number: number): Hash => number.toString(16).padStart(32, '0');

test('of blocks whose definitions were told two are with the transport at once, and an alert passes the others', async () => {
  const blocks = Array.from({ length: 6 }, (_, i) => blockOf(i, 'metric', [hashOf(1)]));
  const alerts = sourceOf('alert', []);
  const { dispatcher, sent, hand } = open([alerts, sourceOf('metric', blocks)]);
  dispatcher.opened();
  await turn();
  expect(sent.map(({ what }) => what)).toEqual(['definition', 'metric 0', 'metric 1']);
  alerts.add(blockOf(9, 'alert'));
  dispatcher.kick();
  await hand();
  await hand();
  expect(sent.map(({ what }) => what).slice(3)).toEqual(['alert 9']);
  while (sent.length < 8) await hand();
  expect(sent.map(({ what }) => what).slice(4)).toEqual(['metric 2', 'metric 3', 'metric 4', 'metric 5']);
});

test('definitions that the core asks for go as the transport takes them', async () => {
  const { dispatcher, sent, hand } = open([]);
  dispatcher.opened();
  const provided = dispatcher.provide(Array.from({ length: 20 }, (_, i) => hashOf(i)));
  await turn();
  expect(sent).toHaveLength(8);
  for (let i = 0; i < 20; i++) await hand();
  await provided;
  expect(sent).toHaveLength(20);
});

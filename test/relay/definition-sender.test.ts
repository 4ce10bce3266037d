import { expect, test } from 'vitest';
import { Registry } from '../../lib/metrics.ts';
import type { DefinitionEntry } from '../../relay/definition-index.ts';
import { DefinitionSender } from '../../relay/definition-sender.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const hashOf = (number: number) => number.toString(16).padStart(32, '0');

/** A sender before a transport that takes a definition when the test says so. @param bytes of each definition */
function open({ bytes = 100, broken = new Set<string>() }: { bytes?: number; broken?: ReadonlySet<string> } = {}) {
  const entries = new Map<string, DefinitionEntry>();
  const sent: { readonly hash: string; readonly handed: () => void }[] = [];
  const lost: string[] = [];
  const sender = new DefinitionSender({
    definitions: {
      index: { find: (_host, hash) => entries.get(hash) },
      content: async (_host, hash) => {
        await turn();
        if (broken.has(hash)) throw new Error(`${hash} cannot be read`);
        return entries.has(hash) ? new Uint8Array(bytes) : null;
      },
    },
    uplink: {
      send: (message, handed) => {
        if (!('definition' in message)) throw new TypeError('it sends definitions');
        sent.push({ hash: Buffer.from(message.definition.hash).toString('hex'), handed: handed! });
        return true;
      },
    },
    missing: new Registry().counter('missing_total', 'Missing'),
    onMissing: (_host, hash) => lost.push(hash),
  });
  const known = (count: number) =>
    Array.from({ length: count }, (_, number) => {
      const hash = hashOf(number);
      entries.set(hash, { hash, bytes } as DefinitionEntry);
      return ['web-1', hash] as const;
    });
  return { sender, sent, lost, known };
}

test('each is sent once a stream, and a page of many hosts once', async () => {
  const { sender, sent, known } = open();
  const [one] = known(1);
  await sender.all([one!, ['web-2', one![1]]]);
  await sender.all([one!]);
  expect(sent).toHaveLength(1);
  expect(sender.knows('web-2', one![1])).toBe(true);
  sender.opened();
  expect(sender.knows('web-2', one![1])).toBe(false);
});

test('a few are on their way at once, by number and by bytes, and the others follow as the transport takes them', async () => {
  for (const [bytes, most] of [
    [100, 8],
    [400_000, 3],
  ] as const) {
    const { sender, sent, known } = open({ bytes });
    let over = false;
    const all = sender.all(known(20)).then(() => {
      over = true;
    });
    for (let i = 0; i < 5; i++) await turn();
    expect(sent).toHaveLength(most);
    expect(over).toBe(false);
    for (let at = 0; at < 20; at++) {
      sent[at]!.handed();
      for (let i = 0; i < 3; i++) await turn();
    }
    await all;
    expect(sent.map(({ hash }) => hash)).toEqual(known(20).map(([, hash]) => hash));
  }
});

test('when the stream is over nobody waits for it', async () => {
  const { sender, sent, known } = open();
  const all = sender.all(known(12));
  for (let i = 0; i < 3; i++) await turn();
  expect(sent).toHaveLength(8);
  sender.closed();
  await all;
});

test('one that is gone, or cannot be read, holds up none of the others', async () => {
  const { sender, sent, lost, known } = open({ broken: new Set([hashOf(1)]) });
  const three = known(3);
  await expect(sender.all([...three, ['web-1', hashOf(99)]])).rejects.toThrow('cannot be read');
  expect(sent.map(({ hash }) => hash)).toEqual([hashOf(0), hashOf(2)]);
  expect(lost).toEqual([hashOf(99)]);
  expect(sender.knows('web-1', hashOf(1))).toBe(false);
});

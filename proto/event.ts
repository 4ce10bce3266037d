import type { CborReader } from './cbor-reader.ts';
import { CborWriter } from './cbor-writer.ts';
import { LIMITS } from './limits.ts';
import { overLimit } from './wire-error.ts';

export type Fact = string | number | boolean | null;

/** Something that happened: a host rebooted, an edge rule fired, two boots interleave. */
export interface Event {
  /** ms since the epoch. */
  readonly time: number;
  /** What happened, in words with dots: `host.rebooted`, `alert.firing`. */
  readonly type: string;
  /** Whom it is about; mostly the sender. */
  readonly host: string;
  readonly facts: Readonly<Record<string, Fact>>;
}

/** @throws HG_WIRE_LIMIT, HG_WIRE_VALUE */
export function encodeEventsBody(events: readonly Event[]): Uint8Array {
  if (events.length > LIMITS.records) throw overLimit('events of a frame', events.length, LIMITS.records);
  const writer = new CborWriter(events.length * 128);
  writer.array(events.length);
  for (const event of events) {
    const names = Object.keys(event.facts);
    if (names.length > LIMITS.facts) throw overLimit('facts of an event', names.length, LIMITS.facts);
    writer
      .array(4)
      .number(event.time)
      .text(event.type, LIMITS.nameBytes)
      .text(event.host, LIMITS.nameBytes)
      .map(names.length);
    for (const name of names) {
      const fact = event.facts[name]!;
      writer.text(name, LIMITS.nameBytes);
      if (fact === null || fact === undefined) writer.null();
      else if (typeof fact === 'boolean') writer.boolean(fact);
      else if (typeof fact === 'number') writer.number(fact);
      else writer.text(fact, LIMITS.messageBytes);
    }
  }
  return writer.take();
}

/** The body of events that were each encoded by itself, as `encodeEventsBody` gives one: they are not encoded again. */
export function joinEventBodies(ones: readonly Uint8Array[]): Uint8Array {
  const head = new CborWriter(8).array(ones.length).take();
  const body = new Uint8Array(ones.reduce((sum, one) => sum + one.length - 1, head.length));
  body.set(head);
  let at = head.length;
  // Without the byte that says that it is a list of one.
  for (const one of ones) {
    body.set(one.subarray(1), at);
    at += one.length - 1;
  }
  return body;
}

/** @throws HG_WIRE_* */
export function readEvents(reader: CborReader): Event[] {
  const count = reader.array(LIMITS.records, 'the events of a frame');
  const events: Event[] = [];
  for (let i = 0; i < count; i++) {
    reader.tuple(4, 'an event');
    const time = reader.finite("an event's time");
    const type = reader.text(LIMITS.nameBytes, "an event's type");
    const host = reader.text(LIMITS.nameBytes, "an event's host");
    const facts: [string, Fact][] = [];
    const pairs = reader.map(LIMITS.facts, "an event's facts");
    for (let f = 0; f < pairs; f++) {
      const name = reader.text(LIMITS.nameBytes, "a fact's name");
      facts.push([name, reader.scalar(LIMITS.messageBytes, 'a fact')]);
    }
    // fromEntries defines own properties, so a fact called __proto__ is a fact and nothing else.
    events.push({ time, type, host, facts: Object.fromEntries(facts) });
  }
  return events;
}

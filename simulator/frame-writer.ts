import { CborWriter } from '../proto/cbor-writer.ts';
import { DATA_CLASSES } from '../proto/class.ts';
import { encodeFrame, FRAME_KINDS } from '../proto/frame.ts';
import { WIRE_VERSION } from '../proto/limits.ts';
import type { FleetKind } from './fleet-kind.ts';
import type { PublishBatch } from './mqtt-packets.ts';
import type { OutgoingFrame } from './outbox.ts';
import { writeTime } from './templates.ts';

const METRIC = DATA_CLASSES.indexOf('metric');
const METRICS = FRAME_KINDS.indexOf('metrics');
const writer = new CborWriter(16_384);

/** The hashes of a host's base rows, by section. */
export type BaseHashes = readonly Uint8Array[];

/**
 * Puts a frame of samples into a batch: the template of its kind, with the host's own parts.
 * @param time of the first instant, by the host's clock
 */
export function addMetricFrame(
  batch: PublishBatch,
  topic: Uint8Array,
  frame: OutgoingFrame,
  kind: FleetKind,
  host: number,
  time: number,
  bases: BaseHashes,
): void {
  const { step, instants } = frame.rows!;
  const template = kind.templates.get(kind.values.phaseOf(host), step, instants, kind.baseStep(step));
  writer.array(10).uint(WIRE_VERSION).uint(METRIC).bytes(frame.life.bootBytes);
  writer.uint(frame.sequence).uint(frame.floor).uint(frame.created).uint(frame.items);
  if (frame.previous === null) writer.null();
  else writer.array(2).bytes(Buffer.from(frame.previous.boot, 'hex')).uint(frame.previous.sequence);
  writer.uint(METRICS);
  const at = batch.add(topic, frame.messageId, writer.lend(), false, template.body);
  const { bytes } = batch;
  const { places } = template;
  for (let section = 0; section < places.length; section++) {
    const place = places[section]!;
    bytes.set(kind.pages.page(section, frame.life.number).hashBytes, at + place.page);
    bytes.set(bases[section]!, at + place.base);
    writeTime(bytes, at + place.time, time);
  }
}

/** Puts a frame of lines, or of a declared drop, into a batch. */
export function addBodyFrame(batch: PublishBatch, topic: Uint8Array, frame: OutgoingFrame): void {
  const { life, sequence, floor, created, previous, items, body } = frame;
  const kind = items === 0 ? 'gap' : 'logs';
  const header = {
    class: frame.class,
    boot: life.boot,
    sequence,
    floor,
    created,
    count: items,
    previous,
    kind,
  } as const;
  batch.add(topic, frame.messageId, encodeFrame(header, body!), false);
}

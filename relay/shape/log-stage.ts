import { zstdCompressSync } from 'node:zlib';
import { HeliographError } from '../../lib/errors.ts';
import type { JournalRecord } from '../../lib/journal/contract.ts';
import type { Counter, Registry } from '../../lib/metrics.ts';
import { type LabelMap, labelMap } from '../../lib/relabel/labels.ts';
import { nodeRelabeler } from '../../lib/relabel/node-relabeler.ts';
import type { Relabeler } from '../../lib/relabel/relabeler.ts';
import { KEPT, type RelabelRule } from '../../lib/relabel/rule.ts';
import { decodeFrame, encodeFrame, type FrameHeader } from '../../proto/frame.ts';
import { encodeGapsBody } from '../../proto/gap.ts';
import { LogFrameBuilder } from '../../proto/log-builder.ts';
import type { LogLine } from '../../proto/log-line.ts';
import type { Utf8 } from '../../proto/utf8.ts';
import { unpackBlock } from '../block-packing.ts';
import type { FrameRecord } from '../record.ts';
import type { FrameStage, Losses, Shaped } from './stage.ts';

const DROPPED = 'relabelled';
/** What every line has in a place of its own. Level, time and host are not the rules' to change. */
const OWN_PLACE: ReadonlySet<string> = new Set(['message', 'log.level', 'service.name', '@timestamp', 'host.name']);
const utf8: Utf8 = (bytes, from, to) => Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8');

/** What rules made of lines that differ in their text alone, or of one where they read it. Null: dropped. */
type Answer =
  | 'stays'
  | null
  | { readonly service: string; readonly message: string | null; readonly fields: LogLine['fields'] };

/** The relay's `relabelLogs`: what its rules make of lines, by ECS fields. */
export class LogStage implements FrameStage {
  /** The relay's name: what it tells itself goes on as it is. */
  readonly #relay: string;
  readonly #lines: Counter;
  readonly #whole: Counter;
  #relabeler!: Relabeler;
  #readMessage = false;

  constructor(rules: readonly RelabelRule[], relay: string, metrics: Registry) {
    this.#relay = relay;
    this.#lines = metrics.counter(
      'heliograph_relay_lines_left_out_total',
      'Lines taken out of frames on their way to the core, by reason.',
    );
    this.#whole = metrics.counter(
      'heliograph_relay_log_frames_not_shaped_total',
      'Frames of lines that went on whole although rules may want to change them: they could not be read, or would be larger than the wire takes.',
    );
    this.setRules(rules);
  }

  get active(): boolean {
    return this.#relabeler.rules.length > 0;
  }

  setRules(rules: readonly RelabelRule[]): void {
    this.#relabeler = nodeRelabeler(rules, 'logs');
    this.#readMessage = this.#relabeler.reads('message');
  }

  async shape(
    _: readonly JournalRecord[],
    frames: readonly (FrameRecord | null)[],
  ): Promise<readonly (Shaped | null)[]> {
    return frames.map((frame) => (frame && frame.host !== this.#relay ? this.#shape(frame) : null));
  }

  count({ lost }: Shaped): void {
    for (const [reason, lines] of Object.entries(lost)) this.#lines.inc({ reason }, lines);
  }

  #shape(record: FrameRecord): Shaped | null {
    try {
      const frame = decodeFrame(record.frame, { unzstd: unpackBlock, utf8 });
      return frame.kind === 'logs' ? this.#changed(record, frame, frame.lines) : null;
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      this.#whole.inc();
      return null;
    }
  }

  #changed(record: FrameRecord, header: FrameHeader, lines: readonly LogLine[]): Shaped | null {
    const answers = this.#answers(record.host, lines);
    if (answers.every((answer) => answer === 'stays')) return null;
    const builder = new LogFrameBuilder();
    for (const [i, line] of lines.entries()) {
      const answer = answers[i];
      if (!answer) continue;
      const { service, message, fields } = answer === 'stays' ? line : answer;
      builder.add(line.time, line.level, service, message ?? line.message, fields);
    }
    const sent = builder.lines;
    const lost = sent === lines.length ? NO_LINES : { [DROPPED]: lines.length - sent };
    const frame =
      sent === 0
        ? // A number without lines: a frame that declares nothing.
          encodeFrame({ ...header, kind: 'gap', count: 0 }, encodeGapsBody([]))
        : encodeFrame({ ...header, count: sent }, builder.encode(zstdCompressSync));
    return { record: { ...record, frame }, sent, lost };
  }

  /** One a line; where no rule reads the text, worked out once for a service, level and set of fields. */
  #answers(host: string, lines: readonly LogLine[]): Answer[] {
    if (this.#readMessage) return lines.map((line) => this.#ask(host, line, line.message));
    const known = new Map<LogLine['fields'], Map<string, Answer>>();
    return lines.map((line) => {
      let own = known.get(line.fields);
      if (!own) {
        own = new Map();
        known.set(line.fields, own);
      }
      const key = `${line.level}\u0000${line.service}`;
      let answer = own.get(key);
      if (answer === undefined) {
        answer = this.#ask(host, line, '');
        own.set(key, answer);
      }
      return answer;
    });
  }

  #ask(host: string, { service, level, fields }: LogLine, message: string): Answer {
    const labels = labelMap([
      ...Object.entries(fields),
      ['host.name', host],
      ['service.name', service],
      ['log.level', level],
      ['message', message],
    ]);
    const before = new Map(labels);
    if (this.#relabeler.apply(labels) !== KEPT) return null;
    if (same(before, labels)) return 'stays';
    const text = labels.get('message') ?? message;
    const left = [...labels].filter(([name]) => !name.startsWith('__') && !OWN_PLACE.has(name));
    return {
      service: labels.get('service.name') ?? service,
      message: text === message ? null : text,
      fields: Object.fromEntries(left),
    };
  }
}

/** Changed, and nothing dropped. */
const NO_LINES: Losses = Object.freeze({});

function same(before: LabelMap, after: LabelMap): boolean {
  if (before.size !== after.size) return false;
  for (const [name, value] of before) if (after.get(name) !== value) return false;
  return true;
}

import { type LabelMap, labelMap } from '../../../lib/relabel/labels.ts';
import type { Relabeler } from '../../../lib/relabel/relabeler.ts';
import { KEPT } from '../../../lib/relabel/rule.ts';
import { bytesOfFields } from './file-fields.ts';

/** What of a line the rules see, by ECS names. */
export interface LineFields {
  readonly service: string;
  readonly level: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** What the rules made of a line. */
export interface LineShape {
  /** The rule that dropped it; KEPT: none. */
  readonly droppedBy: number;
  readonly service: string;
  /** Null: as it was. */
  readonly message: string | null;
  readonly fields: Readonly<Record<string, string>>;
  /** The same of a line that was cut. */
  readonly truncated: Readonly<Record<string, string>>;
  /** At most so many bytes have the fields. */
  readonly fieldBytes: number;
}

/** Services and levels are few; who makes many of them is worked out anew. */
const MOST_KNOWN = 1024;

/**
 * The configuration's `relabelLogs`. Where no rule reads the message, lines of the same service, level and fields become the same, and
 * it is worked out once.
 */
export class LineRules {
  /** Rules look at the text of each line. */
  readonly readMessage: boolean;
  /** Lines dropped since the start, by rule. */
  readonly dropped: Float64Array;
  readonly #relabeler: Relabeler;
  /** By the fields that lines came with: who knows what lines say gives the same object again. */
  readonly #known = new WeakMap<LineFields['fields'], Map<string, LineShape>>();

  constructor(relabeler: Relabeler) {
    this.#relabeler = relabeler;
    this.readMessage = relabeler.reads('message');
    this.dropped = new Float64Array(relabeler.rules.length);
  }

  /** @param message the line's text, asked for where `readMessage` */
  shape(line: LineFields, message: () => string): LineShape {
    if (this.readMessage) return this.#apply(line, message());
    let known = this.#known.get(line.fields);
    if (known === undefined) {
      known = new Map();
      this.#known.set(line.fields, known);
    }
    const key = `${line.level}\u0000${line.service}`;
    let shape = known.get(key);
    if (shape === undefined) {
      if (known.size >= MOST_KNOWN) known.clear();
      shape = this.#apply(line, '');
      known.set(key, shape);
    }
    return shape;
  }

  #apply(line: LineFields, message: string): LineShape {
    const labels = labelMap([
      ['service.name', line.service],
      ['log.level', line.level],
      ...Object.entries(line.fields),
      ['message', message],
    ]);
    const droppedBy = this.#relabeler.apply(labels);
    if (droppedBy !== KEPT) {
      return { droppedBy, service: line.service, message: null, fields: {}, truncated: {}, fieldBytes: 0 };
    }
    const after = labels.get('message') ?? message;
    const fields = fieldsLeft(labels);
    return {
      droppedBy,
      service: labels.get('service.name') ?? line.service,
      message: after === message ? null : after,
      fields,
      truncated: { ...fields, 'log.truncated': 'true' },
      fieldBytes: bytesOfFields(fields),
    };
  }
}

/** Those that have no place of their own in a line. What begins with `__` was for the rules only. */
export function fieldsLeft(labels: LabelMap): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, value] of labels) {
    if (name.startsWith('__') || OWN_PLACE.has(name)) continue;
    fields[name] = value;
  }
  return fields;
}

/** What every line has; the level and the time are not the rules' to change, and the others cannot be taken away. */
const OWN_PLACE: ReadonlySet<string> = new Set(['message', 'log.level', 'service.name', '@timestamp']);

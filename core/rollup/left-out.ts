import type { Logger } from '../../lib/log.ts';
import { senderName } from './host-window.ts';
import type { SketchRecord } from './record.ts';
import type { SketchFate } from './windows.ts';

/** What the log says of sketches that are not in their windows: a line for each relay, rule and reason, however many groups there are. */
export class LeftOut {
  readonly #found = new Map<string, { readonly fate: SketchFate; readonly first: SketchRecord; sketches: number }>();

  add(fate: SketchFate, record: SketchRecord): void {
    const name = JSON.stringify([fate, senderName(record.relay), record.window.rule]);
    const there = this.#found.get(name);
    if (there) there.sketches++;
    else this.#found.set(name, { fate, first: record, sketches: 1 });
  }

  tell(log: Pick<Logger, 'warn'>): void {
    for (const { fate, first, sketches } of this.#found.values()) {
      const end = new Date(first.window.end).toISOString();
      const facts = { fate, relay: senderName(first.relay), rule: first.window.rule, sketches, 'first.end': end };
      log.warn('sketches of a relay are not in their windows; docs/rollups.md says why', facts);
    }
  }
}

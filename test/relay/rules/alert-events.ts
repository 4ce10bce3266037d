import type { Event } from '../../../proto/event.ts';
import { decodeFrame } from '../../../proto/frame.ts';
import type { IngestCore } from '../../support/ingest-core.ts';

/** The events of alerts that a core got of a relay, in the order they came. */
export function alertEvents(core: IngestCore): Event[] {
  return core.frames
    .filter(({ host, class: name }) => host === 'relay1' && name === 'alert')
    .flatMap(({ frame }) => {
      const decoded = decodeFrame(frame, {});
      return decoded.kind === 'events' ? decoded.events : [];
    })
    .filter(({ type }) => type.startsWith('alert.'));
}

/** An event in a word: its type, and who notifies people. */
export function inShort({ type, facts }: Event): string {
  const by = facts['heliograph.alert.notified_by'];
  return by === null ? type : `${type} by ${by}`;
}

/** What a core does that follows docs/relay-rules.md: it notifies of what was handed over to it and not taken back, once a key. */
export function notifiedByCore(events: readonly Event[]): string[] {
  const given = new Map<string, string>();
  for (const { type, facts } of events) {
    if (type !== 'alert.notified') continue;
    const key = String(facts['heliograph.alert.key']);
    if (given.get(key) !== 'relay') given.set(key, String(facts['heliograph.alert.notified_by']));
  }
  return [...given].filter(([, by]) => by === 'core').map(([key]) => key);
}

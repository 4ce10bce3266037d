import { attribute } from '../sources/attribute.ts';
import type { SourceContext } from '../sources/source.ts';
import { unitGroups } from '../sources/unit-cgroups.ts';
import { parseFlatKeys } from '../sources/units.ts';

const MOST_GROUPS = 2_000;
/** Units that one event names. */
const MOST_NAMED = 20;

/** Processes killed for want of memory since the boot (`oom_kill` of /proc/vmstat, Linux 4.13); NaN where the kernel does not count them. */
export function oomKills(vmstat: string): number {
  const at = vmstat.startsWith('oom_kill ') ? 0 : vmstat.indexOf('\noom_kill ') + 1;
  if (at === 0 && !vmstat.startsWith('oom_kill ')) return Number.NaN;
  const number = /^oom_kill (\d+)/.exec(vmstat.slice(at, at + 40))?.[1];
  return number === undefined ? Number.NaN : Number(number);
}

/**
 * Whose processes were killed: by memory.events of the control groups, which is read at the start and when there were kills. A group that was
 * taken away with its last process cannot be asked any more.
 */
export class OomUnits {
  readonly #context: SourceContext;
  #known = new Map<string, number>();

  constructor(context: SourceContext) {
    this.#context = context;
    this.#known = this.#read();
  }

  /** Units with kills since the last call: `pay.service 2, db.service 1`; '' if nobody can say. */
  since(): string {
    const now = this.#read();
    const grown = [...now].flatMap(([id, kills]) => {
      const before = this.#known.get(id) ?? 0;
      // A group of the same name that was made anew counts from 0.
      const fresh = kills >= before ? kills - before : kills;
      return fresh > 0 ? [{ id, fresh }] : [];
    });
    this.#known = now;
    // Kernels without a count of a group's own count those below it too: the innermost says it.
    const own = grown.filter(({ id }) => !grown.some((other) => other.id.startsWith(`${id}/`)));
    return own
      .slice(0, MOST_NAMED)
      .map(({ id, fresh }) => `${id.slice(id.lastIndexOf('/') + 1)} ${fresh}`)
      .join(', ');
  }

  #read(): Map<string, number> {
    const kills = new Map<string, number>();
    for (const { id, folder } of unitGroups(this.#context, () => true, MOST_GROUPS).groups) {
      const text =
        attribute(this.#context, `${folder}/memory.events.local`) ??
        attribute(this.#context, `${folder}/memory.events`);
      const count = text === undefined ? undefined : parseFlatKeys(text).get('oom_kill');
      if (count !== undefined) kills.set(id, count);
    }
    return kills;
  }
}

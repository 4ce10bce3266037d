import type { Host } from '../host.ts';
import { attribute } from '../sources/attribute.ts';
import { createSourceContext } from '../sources/context.ts';
import type { Source, SourceContext } from '../sources/source.ts';
import type { EventSpool } from './event-spool.ts';
import { hardwareChanges, type MachineIdentity, machineIdentity } from './machine-identity.ts';
import { type MachineMemory, readMachineMemory, writeMachineMemory } from './machine-memory.ts';
import { OomUnits, oomKills } from './oom-kills.ts';
import { rebootReason } from './reboot-reason.ts';

/**
 * What happened to the machine, as events: `host.identity` when a collector meets it, `host.rebooted` with the reason as far as it can be known,
 * `host.kernel_changed`, `host.hardware_changed`, and `host.oom_kill` with the units. Each is remembered once it is in the spool, so it comes
 * once; a power cut between the two is the one way to hear it twice.
 */
export class MachineEvents {
  readonly #host: Host;
  readonly #path: string;
  readonly #events: Pick<EventSpool, 'put'>;
  readonly #context: SourceContext;
  #memory: MachineMemory;
  #units: OomUnits | null = null;
  /** Kills that are told, or on their way into the spool. */
  #told: number;

  /** Tells what happened since the last start. @param folder the collector's own, @param root of the machine's files */
  constructor(host: Host, folder: string, root: string, events: Pick<EventSpool, 'put'>) {
    this.#host = host;
    this.#path = `${folder}/machine.json`;
    this.#events = events;
    this.#context = createSourceContext(host, root, { add: () => undefined });
    const before = readMachineMemory(host, this.#path);
    const bootId = attribute(this.#context, this.#context.paths.proc('sys/kernel/random/boot_id')) ?? '';
    const identity = machineIdentity(this.#context);
    const same = before !== null && before.bootId === bootId;
    this.#told = same ? before.oomKills : before === null ? this.#kills() || 0 : 0;
    this.#memory = { bootId, identity, oomKills: this.#told, stopped: 0 };
    // Without a name of this life nothing can be said of it: no Linux, or a folder that is not its /proc.
    if (bootId !== '') this.#tell(before, identity);
  }

  /** Looks at each collection whether processes ran out of memory. */
  source(): Source {
    return { name: 'oom_kills', collect: () => this.#look() };
  }

  /** The collector was told to stop. */
  stop(): void {
    if (this.#memory.bootId !== '') this.#remember({ stopped: Math.round(this.#host.now()) });
  }

  #tell(before: MachineMemory | null, now: MachineIdentity): void {
    let waiting = 1;
    const durable = (): void => {
      if (--waiting === 0) this.#remember({});
    };
    const put = (type: string, facts: Parameters<EventSpool['put']>[1]): void => {
      waiting++;
      this.#events.put(type, facts, durable);
    };
    if (before === null) put('host.identity', factsOf(now));
    else {
      if (before.bootId !== this.#memory.bootId && before.bootId !== '') put('host.rebooted', this.#reboot(before));
      if (before.identity.kernel !== now.kernel && before.identity.kernel !== '')
        put('host.kernel_changed', { from: before.identity.kernel, to: now.kernel });
      for (const what of hardwareChanges(before.identity, now))
        put('host.hardware_changed', { what, from: before.identity[what], to: now[what] });
    }
    durable();
  }

  #reboot(before: MachineMemory): Record<string, string | number> {
    const { paths } = this.#context;
    const text = attribute(this.#context, paths.proc('stat')) ?? '';
    const began = Number(/^btime (\d+)$/m.exec(text)?.[1] ?? 0);
    return {
      reason: rebootReason(this.#context, before.stopped, began),
      boot_id: this.#memory.bootId,
      previous_boot_id: before.bootId,
      ...(began > 0 ? { booted: began * 1000 } : {}),
      kernel: this.#memory.identity.kernel,
    };
  }

  #kills(): number {
    return oomKills(this.#context.text(this.#context.paths.proc('vmstat')) ?? '');
  }

  #look(): void {
    const kills = this.#kills();
    if (Number.isNaN(kills)) return;
    // Asked for at the first look, so that there is something to compare with.
    const units = this.#units;
    if (units === null) this.#units = new OomUnits(this.#context);
    if (kills <= this.#told) return;
    const facts = { kills: kills - this.#told, units: units?.since() ?? '' };
    this.#told = kills;
    this.#events.put('host.oom_kill', facts, () =>
      this.#remember({ oomKills: Math.max(kills, this.#memory.oomKills) }),
    );
  }

  #remember(change: Partial<MachineMemory>): void {
    this.#memory = { ...this.#memory, ...change };
    writeMachineMemory(this.#host, this.#path, this.#memory);
  }
}

function factsOf(identity: MachineIdentity): Record<string, string | number> {
  const { memoryBytes, ...texts } = identity;
  return { ...texts, memory_bytes: memoryBytes };
}

import { HeliographError } from '../../../lib/errors.ts';
import { changeDetector } from '../../../lib/file-watch.ts';
import { type Event, encodeEventsBody } from '../../../proto/event.ts';
import type { Host } from '../../core/host.ts';
import type { PushedIntake } from '../../core/pushed/intake.ts';
import type { PushedTarget } from '../../core/pushed/target.ts';
import type { Spool } from '../../core/spool/spool.ts';
import type { SnmpConfig } from './config.ts';
import type { Device } from './device.ts';
import { addDeviceFigures } from './device-figures.ts';
import { reasonOf } from './failure.ts';
import { Gate } from './gate.ts';
import { Names } from './names.ts';
import type { Poll } from './poll.ts';
import { DeviceSchedule } from './schedule.ts';
import { readCredentials } from './secrets.ts';
import { type DeviceTable, readTable } from './table.ts';
import type { Traps } from './traps/receiver.ts';

export interface SnmpParts {
  readonly host: Host;
  /** The collector's name. */
  readonly name: string;
  readonly pushed: PushedIntake;
  readonly spool: Spool;
  readonly mask: (text: string) => string;
  /** Whether the certificate lets the collector speak for a device. */
  readonly mayName: (device: string) => boolean;
}

interface Polled {
  readonly schedule: DeviceSchedule;
  readonly target: PushedTarget;
}

/** All that the collector does over SNMP: the devices of the table, each polled by its own clock, and traps. */
export class Snmp {
  readonly #config: SnmpConfig;
  readonly #parts: SnmpParts;
  readonly #names: Names;
  readonly #gate: Gate;
  readonly #polled = new Map<string, Polled>();
  #files: () => boolean = () => false;
  #timer: number | null = null;
  /** Why the table that is there now was not taken; null: it is in force. */
  #refusal: string | null = null;
  #closed = false;
  #traps: Traps | null = null;
  readonly reloads = { taken: 0, refused: 0 };
  /** Where traps are listened for; 0: nowhere. */
  trapPort = 0;

  private constructor(config: SnmpConfig, parts: SnmpParts) {
    this.#config = config;
    this.#parts = parts;
    this.#names = new Names(parts.host.mono);
    this.#gate = new Gate(config.concurrency);
  }

  /**
   * Reads the table and begins. What is wrong at the start is told at once; what is wrong later changes nothing.
   * @throws HG_CONFIG_*, HG_SNMP_SECRET, HG_PORT_TAKEN, HG_PORT_RIGHT
   */
  static async start(config: SnmpConfig, parts: SnmpParts): Promise<Snmp> {
    const snmp = new Snmp(config, parts);
    const table = await readTable(config, parts.host);
    if (config.traps !== undefined) await snmp.#listen(config.traps);
    snmp.#watch(table);
    snmp.#apply(table);
    parts.host.log('info', 'devices are polled over SNMP', {
      devices: table.devices.length,
      ...(snmp.trapPort === 0 ? {} : { trap_port: snmp.trapPort }),
    });
    return snmp;
  }

  get devices(): number {
    return this.#polled.size;
  }

  /** Devices whose last poll failed. */
  get failing(): number {
    return [...this.#polled.values()].filter(({ schedule }) => schedule.failure !== null).length;
  }

  /** Polls that are under way. */
  get running(): number {
    return [...this.#polled.values()].filter(({ schedule }) => schedule.polling).length;
  }

  /** Polls that wait for a place. */
  get waiting(): number {
    return this.#gate.waiting;
  }

  get traps(): Pick<Traps, 'taken' | 'refused'> | null {
    return this.#traps;
  }

  schedule(name: string): DeviceSchedule | undefined {
    return this.#polled.get(name)?.schedule;
  }

  /** Stops in the middle of whatever goes on. Series do not end: the collector comes back. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) this.#parts.host.cancel(this.#timer);
    this.#timer = null;
    for (const { schedule } of this.#polled.values()) schedule.stop();
    await this.#traps?.close();
  }

  #watch(table: DeviceTable): void {
    const { host } = this.#parts;
    if (table.files.length === 0) return;
    this.#files = changeDetector(table.files);
    const look = (): void => {
      if (this.#closed) return;
      this.#timer = host.timer(() => {
        // What was refused is tried again: a file that it names may be there by now.
        const again = this.#files() || this.#refusal !== null ? this.#reload() : Promise.resolve();
        again.finally(look);
      }, this.#config.reload);
    };
    look();
  }

  async #reload(): Promise<void> {
    const { host } = this.#parts;
    try {
      const table = await readTable(this.#config, host);
      if (this.#closed) return;
      this.#files = changeDetector(table.files);
      this.#traps?.renew(this.#trapCredentials());
      this.#apply(table);
      this.#refusal = null;
      this.reloads.taken++;
      host.log('info', 'the table of devices changed', { devices: table.devices.length });
    } catch (error) {
      const message = error instanceof HeliographError ? error.message : String(error);
      if (message === this.#refusal) return;
      this.#refusal = message;
      this.reloads.refused++;
      host.log('error', 'the table of devices cannot be taken: the one before stays in force', { error: message });
    }
  }

  /** Devices that are new begin, those that are gone end, and those that stay as they were are not disturbed. */
  #apply({ devices }: DeviceTable): void {
    const { pushed, host, mayName } = this.#parts;
    const notOurs = devices.filter(({ name }) => !mayName(name));
    if (notOurs.length > 0) {
      host.log(
        'warn',
        "the certificate does not let the collector speak for some devices: their series have the collector's instance, and exported_instance for the device",
        {
          devices: notOurs.length,
          first: notOurs[0]!.name,
          fix: 'heliograph ca issue NAME --role collector --speaks-for PATTERN',
        },
      );
    }
    const wanted = new Map(devices.map((device) => [device.name, device]));
    for (const [name, { schedule, target }] of this.#polled) {
      const device = wanted.get(name);
      if (device !== undefined && JSON.stringify(device) === JSON.stringify(schedule.device)) {
        wanted.delete(name);
        continue;
      }
      schedule.stop();
      if (device !== undefined && JSON.stringify(device.labels) === JSON.stringify(schedule.device.labels)) {
        // The same series go on.
        this.#begin(device, target);
        wanted.delete(name);
      } else {
        pushed.remove(target);
        this.#polled.delete(name);
      }
    }
    for (const device of wanted.values()) {
      const { name: instance, labels } = device;
      this.#begin(device, pushed.target({ job: 'snmp', instance, labels }));
    }
    this.#names.keep(new Set(devices.map((device) => device.host)));
  }

  #begin(device: Device, target: PushedTarget): void {
    const schedule = new DeviceSchedule(
      {
        host: this.#parts.host,
        gate: this.#gate,
        names: this.#names,
        onPoll: (_, instant, poll) => this.#polledOnce(schedule, target, instant, poll),
      },
      device,
    );
    this.#polled.set(device.name, { schedule, target });
    schedule.start();
  }

  #polledOnce(schedule: DeviceSchedule, target: PushedTarget, instant: number, poll: Poll): void {
    const { device } = schedule;
    target.row(instant, (sink) => {
      for (const { name, labels, value } of poll.samples) sink.add(name, labels, value);
      addDeviceFigures(sink, schedule);
    });
    this.#tell(schedule, poll);
    if (!poll.restarted) return;
    const { life } = poll;
    const facts = {
      device: device.name,
      ...(life === null || Number.isNaN(life.ticks) ? {} : { uptime_seconds: life.ticks / 100 }),
    };
    const host = this.#parts.mayName(device.name) ? device.name : this.#parts.name;
    this.#put({ time: this.#parts.host.now(), type: 'snmp.restarted', host, facts }, () => undefined);
  }

  /** A device that fails is told of once, until it fails in another way or answers. */
  #tell({ device, told }: DeviceSchedule, { failure }: Poll): void {
    const { host } = this.#parts;
    const reason = failure === null ? null : reasonOf(failure);
    if (reason === told.reason) return;
    told.reason = reason;
    if (failure !== null)
      host.log('warn', 'a device could not be polled', { device: device.name, reason, error: failure.message });
    else host.log('info', 'a device answers again', { device: device.name });
  }

  #put(event: Event, done: (error: HeliographError | null) => void): void {
    let body: Uint8Array;
    try {
      body = encodeEventsBody([event]);
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      done(error);
      return;
    }
    this.#parts.spool.add('alert', { kind: 'events', created: event.time, items: 1, body, marks: [], done });
  }

  #trapCredentials() {
    const { credentials, traps } = this.#config;
    return (traps?.credentials ?? []).map((name) => readCredentials(credentials[name]!));
  }

  async #listen(traps: NonNullable<SnmpConfig['traps']>): Promise<void> {
    const { Traps } = await import('./traps/receiver.ts');
    const { host, name, mask, mayName } = this.#parts;
    const { listen, perMinute, perMinuteOfAll } = traps;
    const options = { ...listen, credentials: this.#trapCredentials(), perMinute, perMinuteOfAll, name };
    const started = await Traps.start(options, {
      host,
      mask,
      mayName,
      deviceAt: (address) => this.#deviceAt(address),
      put: (event, done) => this.#put(event, done),
    });
    this.#traps = started.traps;
    this.trapPort = started.port;
  }

  #deviceAt(address: string): string | null {
    for (const [name, { schedule }] of this.#polled) {
      if (this.#names.addressOf(schedule.device) === address) return name;
    }
    return null;
  }
}

import { createHash } from 'node:crypto';
import type { RemoteInfo } from 'node:dgram';
import { isIPv6 } from 'node:net';
import snmp, { type Message, type Receiver } from 'net-snmp';
import type { HeliographError } from '../../../../lib/errors.ts';
import type { Event } from '../../../../proto/event.ts';
import type { Host } from '../../../core/host.ts';
import type { Credentials } from '../device.ts';
import { userOf } from '../session.ts';
import { ListenerSocket } from './listener-socket.ts';
import { Senders } from './senders.ts';
import { trapEvent } from './trap-event.ts';
import { Windows } from './windows.ts';

export interface TrapOptions {
  readonly host: string;
  readonly port: number;
  readonly credentials: readonly Credentials[];
  readonly perMinute: number;
  readonly perMinuteOfAll: number;
  /** The collector's name: its engine is made of it, and events of unknown senders are about it. */
  readonly name: string;
}

export interface TrapParts {
  readonly host: Host;
  readonly mask: (text: string) => string;
  /** Whether the certificate lets the collector speak for a device. */
  readonly mayName: (device: string) => boolean;
  /** The device of the table that has an address. */
  readonly deviceAt: (address: string) => string | null;
  /** Takes an event; `done` when it is durable, or why it is not. */
  readonly put: (event: Event, done: (error: HeliographError | null) => void) => void;
}

/** Why a datagram became no event. */
export type TrapRefusal = 'rate' | 'malformed' | 'credentials' | 'replayed' | 'unnamed' | 'busy' | 'spool';

/** Events on their way into the spool; a trap above that is refused, and an inform comes again. */
const MOST_UNDER_WAY = 256;

/**
 * Takes traps and informs of versions 1, 2c and 3, and makes events of them. An inform is acknowledged when its event is durable, so a device that hears nothing sends
 * it again.
 */
export class Traps {
  taken = 0;
  readonly refused = new Map<TrapRefusal, number>();
  readonly #options: TrapOptions;
  readonly #parts: TrapParts;
  readonly #socket: ListenerSocket;
  readonly #windows: Windows;
  readonly #receiver: Receiver;
  #credentials: readonly Credentials[];
  #underWay = 0;
  /** The acknowledgement of the inform that is being taken. */
  #acknowledge: (() => void) | null = null;
  #closed = false;

  private constructor(options: TrapOptions, parts: TrapParts) {
    this.#options = options;
    this.#parts = parts;
    this.#credentials = options.credentials;
    const { mono } = parts.host;
    const senders = new Senders(options, mono);
    this.#windows = new Windows(mono);
    this.#socket = new ListenerSocket(
      isIPv6(options.host) ? 6 : 4,
      ({ address }) => {
        const admitted = senders.admit(address);
        if (!admitted) this.#refuse('rate');
        return admitted;
      },
      () => this.#refuse('malformed'),
    );
    this.#receiver = this.#open();
  }

  /** @throws HG_PORT_TAKEN, HG_PORT_RIGHT */
  static async start(options: TrapOptions, parts: TrapParts): Promise<{ traps: Traps; port: number }> {
    const traps = new Traps(options, parts);
    const port = await traps.#socket.listen(options.port, options.host);
    return { traps, port };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#socket.close();
  }

  #open(): Receiver {
    const receiver = snmp.createReceiver(
      {
        port: this.#options.port,
        address: this.#options.host,
        engineID: engineId(this.#options.name),
        dgramModule: { createSocket: () => this.#socket },
      },
      (error, data) => {
        if (error !== null && error !== undefined)
          this.#refuse(error.name === 'ProcessingError' ? 'malformed' : 'credentials');
        else this.#take(data as { message: Message; rinfo: RemoteInfo });
      },
    );
    admit(receiver, this.#credentials);
    receiver.formatCallbackData = (message, rinfo) => ({ message, rinfo });
    // The package acknowledges an inform before it hands it over: that is kept until the event is durable. Reports go out at once.
    receiver.listener.send = (message, rinfo) => {
      const bytes = message.toBuffer();
      const send = (): void => {
        if (!this.#closed) this.#socket.send(bytes, 0, bytes.length, rinfo.port, rinfo.address, () => undefined);
      };
      if (message.pdu.type === snmp.PduType.GetResponse) this.#acknowledge = send;
      else send();
    };
    return receiver;
  }

  /** Who may send has changed. */
  renew(credentials: readonly Credentials[]): void {
    this.#credentials = credentials;
    admit(this.#receiver, credentials);
  }

  #take({ message, rinfo }: { message: Message; rinfo: RemoteInfo }): void {
    const acknowledge = this.#acknowledge;
    this.#acknowledge = null;
    const refusal = this.#refusalOf(message);
    if (refusal !== null) {
      this.#refuse(refusal);
      return;
    }
    const { host, mask, mayName, deviceAt, put } = this.#parts;
    const address = rinfo.address.replace(/^::ffff:/, '');
    const device = deviceAt(address);
    const about = device !== null && mayName(device) ? device : this.#options.name;
    const how = { time: host.now(), host: about, inform: acknowledge !== null };
    const event = trapEvent(message, { address, device }, how, mask);
    if (event === null) {
      this.#refuse('unnamed');
      return;
    }
    this.#underWay++;
    put(event, (error) => {
      this.#underWay--;
      if (error === null) {
        this.taken++;
        acknowledge?.();
      } else this.#refuse('spool');
    });
  }

  #refusalOf(message: Message): TrapRefusal | null {
    if (this.#underWay >= MOST_UNDER_WAY) return 'busy';
    if (message.version !== snmp.Version3) return null;
    // The package takes a message without a user for one that nobody has to vouch for.
    const known = this.#credentials.some((one) => one.version === '3' && one.user === message.user?.name);
    if (!known) return 'credentials';
    const parameters = message.msgSecurityParameters;
    if (parameters === undefined || !message.hasAuthentication()) return null;
    const { msgAuthoritativeEngineID: engine, msgAuthoritativeEngineBoots: boots } = parameters;
    const timely = this.#windows.timely(engine.toString('hex'), boots, parameters.msgAuthoritativeEngineTime);
    return timely ? null : 'replayed';
  }

  #refuse(reason: TrapRefusal): void {
    this.#acknowledge = null;
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
  }
}

function admit(receiver: Receiver, credentials: readonly Credentials[]): void {
  const authorizer = receiver.getAuthorizer();
  authorizer.communities = credentials.flatMap((one) => (one.version === '2c' ? [one.community] : []));
  authorizer.users = credentials.flatMap((one) => (one.version === '3' ? [userOf(one)] : []));
}

/** An engine ID of text (RFC 3411, 5) that stays the same over restarts: of informs the receiver is the authority, and senders remember it. */
function engineId(name: string): string {
  const digest = createHash('sha256').update(name).digest('hex');
  return `8000000004${digest.slice(0, 32)}`;
}

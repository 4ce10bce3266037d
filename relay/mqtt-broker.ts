import { Aedes, type Client, type PublishPacket } from 'aedes';
import { keepNoMqttCaches } from '../lib/mqtt-memory.ts';

keepNoMqttCaches();

type Deliver = Parameters<Aedes['subscribe']>[1];
type Done = (error?: Error | null) => void;

/** What of the broker's private parts is changed. */
interface BrokerParts {
  readonly persistence: object;
}

const nothing = () => undefined;
const NOTHING_RETAINED = { pipe: nothing };

/**
 * aedes without routing: collectors speak to the relay and never to each other, so what comes up ends in
 * `authorizePublish`, and what goes down is handed to one connection. Only the broker's own heartbeat goes the usual
 * way: without it aedes would take living clients' wills for those of a dead broker.
 */
export class MqttBroker extends Aedes {
  override async listen(): Promise<void> {
    await super.listen();
    // Nothing is ever retained here; looking for it makes two streams for each SUBSCRIBE.
    const { persistence } = this as unknown as BrokerParts;
    Object.assign(persistence, { createRetainedStreamCombi: () => NOTHING_RETAINED });
  }

  /**
   * A subscription of a client is a mark on its session: in the index of topics it would cost memory and lead nowhere.
   * @param done left out by aedes itself where it takes a subscription back for one of another QoS
   */
  override subscribe(topic: string, deliver: Deliver, done?: () => void): void {
    if (topic.startsWith('$')) super.subscribe(topic, deliver, done ?? nothing);
    else done?.();
  }

  override unsubscribe(topic: string, deliver: Deliver, done?: () => void): void {
    if (topic.startsWith('$')) super.unsubscribe(topic, deliver, done ?? nothing);
    else done?.();
  }

  override publish(packet: PublishPacket, client: unknown, done?: Done): void {
    if (typeof client === 'function') {
      if (packet.topic.endsWith('/heartbeat') || packet.topic.endsWith('/birth')) {
        super.publish(packet, client as Done);
        return;
      }
      (client as Done)();
      return;
    }
    done?.();
  }
}

/** What of a client's private parts is used: its parser, what it waits for, its keep-alive, and a clean goodbye. */
interface ClientParts {
  readonly _parser: { readonly packet?: { readonly length?: number }; parse(bytes: Buffer): void };
  readonly _paused?: boolean;
  readonly _disconnected?: boolean;
  readonly _keepaliveInterval: number;
  readonly _keepaliveTimer: NodeJS.Timeout | null;
  _parsingBatch: number;
  _nextBatch: (error?: Error | null) => void;
}

/** Bytes the packet under way announced; the parser would collect up to 256 MiB of it. */
export function announcedBytes(client: Client): number {
  return (client as unknown as ClientParts)._parser.packet?.length ?? 0;
}

/** Whether the client said DISCONNECT. */
export function saidGoodbye(client: Client): boolean {
  return (client as unknown as ClientParts)._disconnected === true;
}

/** A client of the broker that does not read its connection: it is given what is for it. */
export interface FedClient {
  /** It has not answered all it was given: nothing more is to be read. */
  readonly busy: boolean;
  /** CONNECT is through, and what was queued before it. */
  readonly connected: boolean;
  feed(bytes: Buffer): void;
  /** A packet came that it was not given: the time of its keep-alive begins anew. */
  refresh(): void;
}

/**
 * Takes the reading of a connection away from the broker. To be called before the first byte of it.
 * @param goOn called when it has answered all it was given, or may have
 */
export function feedInstead(client: Client, goOn: () => void): FedClient {
  const parts = client as unknown as ClientParts;
  client.conn.removeListener('readable', parts._nextBatch);
  // It counts what it has not answered; at first, the right to read.
  parts._parsingBatch = 0;
  parts._nextBatch = (error) => {
    if (error) client.emit('error', error);
    else if (!parts._paused) {
      parts._parsingBatch = Math.max(0, parts._parsingBatch - 1);
      if (parts._parsingBatch === 0) goOn();
    }
  };
  return {
    get busy() {
      return parts._parsingBatch > 0;
    },
    get connected() {
      return client.connected;
    },
    feed: (bytes) => parts._parser.parse(bytes),
    refresh: () => {
      if (parts._keepaliveInterval > 0) parts._keepaliveTimer?.refresh();
    },
  };
}

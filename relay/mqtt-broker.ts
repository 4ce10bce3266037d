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

/** What of a client's private parts is looked at: how much the packet that is arriving says it has, and a clean goodbye. */
interface ClientParts {
  readonly _parser?: { readonly packet?: { readonly length?: number } };
  readonly _disconnected?: boolean;
}

/** Bytes the packet under way announced; the parser would collect up to 256 MiB of it. */
export function announcedBytes(client: Client): number {
  return (client as unknown as ClientParts)._parser?.packet?.length ?? 0;
}

/** Whether the client said DISCONNECT. */
export function saidGoodbye(client: Client): boolean {
  return (client as unknown as ClientParts)._disconnected === true;
}

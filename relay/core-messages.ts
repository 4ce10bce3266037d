import type { Logger } from '../lib/log.ts';
import type { Registry } from '../lib/metrics.ts';
import { DATA_CLASSES } from '../proto/class.ts';
import { hashText } from '../proto/hash.ts';
import type { DesiredStore } from './desired-store.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Forwarder } from './forwarder.ts';
import type { OrderKeeper } from './limits/order-keeper.ts';
import type { Pressure } from './pressure.ts';
import type { Sessions } from './sessions.ts';
import type { FromCore } from './stream-messages.ts';

/** What the core says, and who is to hear it. */
export function coreMessages(parts: {
  forwarders: readonly Forwarder[];
  dispatcher: Dispatcher;
  desired: Pick<DesiredStore, 'set'>;
  sessions: Sessions;
  pressure: Pressure;
  orders: Pick<OrderKeeper, 'take' | 'takeParts'>;
  /** Told when what is held of them changed. */
  held: () => void;
  /** Told when parts of shared caps were taken. */
  needs: () => void;
  log: Logger;
  metrics: Registry;
}): (message: FromCore) => void {
  const { forwarders, dispatcher, desired, sessions, pressure, orders, held, needs, log, metrics } = parts;
  const acknowledged = metrics.counter(
    'heliograph_relay_frames_forwarded_total',
    'Frames the core has durably, by class.',
  );
  const refused = metrics.counter(
    'heliograph_relay_blocks_refused_total',
    'Blocks the core refused, by class, code and whether it was for good.',
  );
  const onAcknowledged = (id: number) => {
    for (const forwarder of forwarders) {
      const block = forwarder.acknowledged(id);
      if (!block) continue;
      acknowledged.inc({ class: block.class }, block.records.length);
      return;
    }
  };
  return (message) => {
    if (message.acknowledged) for (const id of message.acknowledged.ids) onAcknowledged(id);
    else if (message.refused) {
      const { id, code, message: why, retryAfterMs } = message.refused;
      const forwarder = forwarders.find((one) => one.refused(id, code, why, retryAfterMs));
      if (forwarder) refused.inc({ class: forwarder.class, code, final: String(retryAfterMs === 0) });
    } else if (message.need) {
      const hashes = message.need.hashes.filter((hash) => hash.length === 16).map((hash) => hashText(hash));
      dispatcher.provide(hashes).catch((error) => log.error('definitions cannot be read', { error: String(error) }));
    } else if (message.desired) {
      const { host, document } = message.desired;
      desired.set(host, document).then(
        (changed) => {
          if (changed) sessions.of(host)?.send('desired', document, true);
        },
        (error) => log.error('desired configuration not taken', { host, error: String(error) }),
      );
    } else if (message.pressure) {
      const name = DATA_CLASSES[message.pressure.class];
      if (name) pressure.fromCore(name, message.pressure.level);
    } else if (message.orders) {
      orders
        .take(message.orders.list)
        .catch((error) =>
          log.error('blocks and caps of the core cannot be read; those before stay', { error: String(error) }),
        )
        .finally(held);
    } else if (message.orderParts) {
      orders
        .takeParts(message.orderParts.parts)
        .catch((error) => log.error('parts of shared caps cannot be read; those before stay', { error: String(error) }))
        .finally(needs);
    }
  };
}

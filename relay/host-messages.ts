import type { PublishPacket } from 'aedes';
import { HeliographError } from '../lib/errors.ts';
import type { Counter, Registry } from '../lib/metrics.ts';
import type { Intake, Message } from './intake.ts';
import type { HostEvents } from './mqtt-service.ts';
import type { Refusals } from './refusals.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import { type Upward, upward } from './topics.ts';

/** What hosts say, and who is to hear it. */
export interface HostMessages {
  /** What was sent where it may be sent. */
  take(session: Session, channel: Upward, message: Message): void;
  /** What comes by the broker: wills, what is refused, and what was sent before CONNACK was out. */
  publish(session: Session, packet: PublishPacket, done: (error?: Error | null) => void): void;
}

/** HG_RELAY_TOPIC: a host may speak and listen on its own topics only. @param does such as `publish to` */
export function foreignTopic(topic: string, session: Session, does: string): HeliographError {
  return new HeliographError(
    'HG_RELAY_TOPIC',
    `${session.host} may not ${does} ${JSON.stringify(topic.slice(0, 200))}`,
  );
}

/** Who hears what hosts say, by topic; a topic that is not the host's own is refused. */
export function hostMessages(parts: {
  sessions: Sessions;
  intake: Intake;
  refusals: Refusals;
  metrics: Registry;
  events: Pick<HostEvents, 'onStatus'>;
}): HostMessages {
  const { sessions, intake, refusals, metrics, events } = parts;
  const lateWills: Counter = metrics.counter(
    'heliograph_relay_late_wills_total',
    'Last wills of connections that a newer one had replaced; ignored.',
  );
  const take: HostMessages['take'] = (session, channel, message) => {
    if (channel === 'definitions') intake.definition(session, message);
    else if (channel === 'status') {
      events.onStatus(session, message.payload, false);
      session.acknowledge(message.messageId);
    } else intake.frame(session, channel, message);
  };

  const publish: HostMessages['publish'] = (session, packet, done) => {
    const will = packet.cmd !== 'publish';
    const { topic } = packet;
    const channel = upward(session.prefix, topic);
    const messageId = packet.qos > 0 && !will ? packet.messageId : undefined;
    // Every acknowledgement is ours; the broker sees all of it as QoS 0.
    packet.qos = 0;
    packet.retain = false;
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    if (will) {
      if (channel !== 'status') refusals.refuse(session, topic, foreignTopic(topic, session, 'will'), undefined);
      else if (sessions.isLatest(session)) events.onStatus(session, payload, true);
      else lateWills.inc();
      return done(null);
    }
    if (session.ended || session.socket.destroyed) return done(new Error('the connection ended'));
    // Never answered, so nothing more is read of it; it goes by itself, or is closed soon.
    if (session.turnedAway) return;
    if (channel === null) refusals.refuse(session, topic, foreignTopic(topic, session, 'publish to'), messageId);
    else take(session, channel, { topic, payload, messageId });
    done(null);
  };
  return { take, publish };
}

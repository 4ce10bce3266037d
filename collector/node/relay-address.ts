import { z } from 'zod';
import { address } from '../../lib/config/duration.ts';
import type { RelayMember } from '../core/uplink/relay-order.ts';
import { addressText, type RelayAddress } from '../core/uplink/relay-turns.ts';

const MQTTS_PORT = 8883;
const WSS_PORT = 443;
const WSS_PATH = '/mqtt';
const FORM = /^(?:(mqtts|wss):\/\/)?(\[[0-9a-fA-F:]+\]|[^:\s/@?#[\]]+)(?::(\d{1,5}))?(\/[\w/.~-]*)?$/;

/** `relay.example:8883` or `mqtts://relay.example`: MQTT over TLS. `wss://relay.example/mqtt`: MQTT over WebSocket over TLS. */
const relayAddress = () =>
  z.string().transform((text, context): RelayAddress => {
    const [, scheme, host, port, path] = FORM.exec(text) ?? [];
    const isWebSocket = scheme === 'wss';
    const number = port ?? (isWebSocket ? WSS_PORT : scheme && MQTTS_PORT);
    const whole = address().safeParse(`${host}:${number}`);
    if (!whole.success || (path !== undefined && !isWebSocket)) {
      context.addIssue({
        code: 'custom',
        message: 'write an address such as relay.example:8883, or wss://relay.example/mqtt for MQTT over WebSocket',
      });
      return z.NEVER;
    }
    return isWebSocket ? { ...whole.data, path: path === undefined || path === '/' ? WSS_PATH : path } : whole.data;
  });

/** No relay is given more than a thousand times what another is. */
const MOST_WEIGHT = 1000;
const MOST_TIER = 100;

/** A relay alone is a member of the first tier like any other. */
const ALONE = { weight: 1, tier: 1 };

/** An address, or an address with its weight and its tier. */
const relayMember = () =>
  z.union([
    relayAddress().transform((relay): RelayMember => ({ ...relay, ...ALONE })),
    z
      .strictObject({
        /** As above: relay.example:8883, or wss://relay.example/mqtt. */
        address: relayAddress(),
        /** How many of the hosts have it first, beside the others of its tier: 2 gets twice as many as 1. */
        weight: z.number().positive().max(MOST_WEIGHT).default(ALONE.weight),
        /** A relay of a higher tier is used only where none of a lower one can be reached. */
        tier: z.int().min(1).max(MOST_TIER).default(ALONE.tier),
      })
      .transform(({ address: relay, weight, tier }): RelayMember => ({ ...relay, weight, tier })),
  ]);

/** The relays of a collector, each named once. */
export const relayList = () =>
  z
    .array(relayMember())
    .min(1)
    .superRefine((relays, context) => {
      const seen = new Set<string>();
      for (const [place, relay] of relays.entries()) {
        const text = addressText(relay);
        if (seen.has(text)) {
          const message = `name each relay once: ${text} stands in the list before; "weight" gives it more hosts`;
          context.addIssue({ code: 'custom', path: [place], message });
        }
        seen.add(text);
      }
    });

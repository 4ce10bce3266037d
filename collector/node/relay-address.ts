import { z } from 'zod';
import { address } from '../../lib/config/duration.ts';
import type { RelayAddress } from '../core/uplink/relay-turns.ts';

const MQTTS_PORT = 8883;
const WSS_PORT = 443;
const WSS_PATH = '/mqtt';
const FORM = /^(?:(mqtts|wss):\/\/)?(\[[0-9a-fA-F:]+\]|[^:\s/@?#[\]]+)(?::(\d{1,5}))?(\/[\w/.~-]*)?$/;

/** `relay.example:8883` or `mqtts://relay.example`: MQTT over TLS. `wss://relay.example/mqtt`: MQTT over WebSocket over TLS. */
export const relayAddress = () =>
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

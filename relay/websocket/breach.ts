import { TEXT_FRAME } from '../../lib/websocket-stream.ts';

/** What broke the protocol: a message over the limit, one in too many parts, a text frame, anything else. */
export type Breach = 'size' | 'parts' | 'text' | 'protocol';

const KINDS: Readonly<Record<string, Breach>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'size',
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 'size',
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 'parts',
  [TEXT_FRAME]: 'text',
};

/** The kind of breach that an error of a WebSocket tells; null: it tells of something else, a connection that broke say. */
export function breachOf(error: Error): Breach | null {
  const { code = '' } = error as NodeJS.ErrnoException;
  return KINDS[code] ?? (code.startsWith('WS_ERR_') ? 'protocol' : null);
}

import type { Listen } from '../lib/bind.ts';
import type { RelayConfig } from './config.ts';

/** Where collectors knock: `mqtt.listen`, and `websocket.listen` behind it where it is given. Each takes both in. */
export function listensOf({ mqtt, websocket }: Pick<RelayConfig, 'mqtt' | 'websocket'>): Listen[] {
  const listens = [{ ...mqtt.listen, key: 'mqtt.listen' }];
  if (websocket?.listen) listens.push({ ...websocket.listen, key: 'websocket.listen' });
  return listens;
}

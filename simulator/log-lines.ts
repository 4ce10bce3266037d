import { seededRandom } from './random.ts';

export interface SimulatedLine {
  readonly service: string;
  readonly level: string;
  readonly message: string;
}

const SERVICES = ['checkout', 'payments', 'search', 'gateway', 'inventory', 'mailer', 'auth', 'billing'];
const PATHS = ['/api/cart', '/api/items', '/api/pay', '/login', '/health', '/search', '/api/orders'];
const MESSAGES = [
  (r: () => number) => `GET ${pick(PATHS, r)} 200 ${Math.floor(r() * 900)}ms user=${Math.floor(r() * 1e6)}`,
  (r: () => number) => `POST ${pick(PATHS, r)} ${r() < 0.9 ? 201 : 409} ${Math.floor(r() * 1500)}ms`,
  (r: () => number) => `cache miss key=item:${Math.floor(r() * 1e5)} shard=${Math.floor(r() * 16)}`,
  (r: () => number) => `job ${hex(r, 8)} finished in ${(r() * 30).toFixed(3)} s, ${Math.floor(r() * 1000)} rows`,
  (r: () => number) =>
    `connection from 10.${Math.floor(r() * 256)}.${Math.floor(r() * 256)}.${Math.floor(r() * 256)} accepted`,
];
const ERRORS = [
  (r: () => number) => `upstream ${pick(SERVICES, r)} timed out after ${Math.floor(r() * 30)} s, request ${hex(r, 12)}`,
  (r: () => number) =>
    `java.lang.IllegalStateException: order ${Math.floor(r() * 1e6)} is closed\n\tat com.example.Order.add(Order.java:${Math.floor(r() * 400)})\n\tat com.example.Cart.run(Cart.java:${Math.floor(r() * 200)})`,
];

/**
 * Line number `number` of host `host`: the same numbers give the same line. Each carries its number (`seq=`), so that a
 * missing, doubled or altered one can be named.
 */
export function simulatedLine(host: number, number: number): SimulatedLine {
  const random = seededRandom(host * 1_000_003 + number * 7919 + 17);
  const dice = random();
  const level = dice < 0.02 ? 'error' : dice < 0.07 ? 'warning' : dice < 0.9 ? 'info' : 'debug';
  const text = level === 'error' ? pick(ERRORS, random)(random) : pick(MESSAGES, random)(random);
  return { service: pick(SERVICES, random), level, message: `${text} seq=${host}.${number}` };
}

function pick<T>(from: readonly T[], random: () => number): T {
  return from[Math.floor(random() * from.length)]!;
}

function hex(random: () => number, digits: number): string {
  return Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
}

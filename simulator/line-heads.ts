import { hash32 } from './hash32.ts';
import { type SimulatedLine, simulatedLine } from './log-lines.ts';

/** Different beginnings of lines. A host says some hundred lines in a frame at most: few of them are the same. */
export const HEADS = 4096;

/** Of a hundred lines. */
const CARDS = 1;
const STRUCTURED = 12;

/** What stands in a line before the parts that are its own. */
export interface LineHead extends SimulatedLine {
  /** A JSON object that is still open: what follows stands inside it. */
  readonly json: boolean;
}

const REGIONS = ['eu-central-1', 'eu-west-1', 'us-east-2', 'ap-south-1'];
const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
  'okhttp/5.1.0',
  'shop-android/8.14.2 (Pixel 10; Android 16)',
];

/**
 * Beginning number `at` of the lines of all hosts, before anything is masked: mostly the lines of services, some of them JSON, stack traces
 * of several languages for every other error, and a card number in one of a hundred, as a careless service writes it.
 */
export function lineHead(at: number): LineHead {
  const line = simulatedLine(HEAD_HOST, at);
  const text = line.message.slice(0, line.message.lastIndexOf(' seq='));
  const dice = hash32(HEAD_HOST, at, 5) % 100;
  const below: Below = (most) => hash32(HEAD_HOST, at, 9, most) % most;
  if (dice < CARDS) {
    const amount = `${below(900)}.${10 + below(90)}`;
    const message = `charged ${amount} EUR to ${cardNumber(at)}: ${text}${details(at)}`;
    return { ...line, message, json: false };
  }
  if (line.level === 'error' && dice < 50) {
    const [trace, fatal] = TRACES[hash32(HEAD_HOST, at, 6) % TRACES.length]!;
    return { ...line, level: fatal ? 'fatal' : 'error', message: trace(below), json: false };
  }
  if (line.level === 'info' && dice < CARDS + STRUCTURED) {
    const own = { level: 'info', service: line.service, msg: text, ...Object.fromEntries(facts(at)) };
    return { ...line, message: JSON.stringify(own).slice(0, -1), json: true };
  }
  const level = line.level === 'debug' && dice > 80 ? 'trace' : line.level;
  return { ...line, level, message: `${text}${details(at)}`, json: false };
}

/** In the place of a host's number: beginnings are everybody's. */
const HEAD_HOST = 0;

/** A number that passes for a card's: an issuer's first digit, and the check digit right. */
export function cardNumber(at: number): string {
  const digits = `4${String(hash32(HEAD_HOST, at, 7)).padStart(10, '0')}${1000 + (hash32(HEAD_HOST, at, 8) % 9000)}`;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[i]) * ((digits.length - i) % 2 === 1 ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

/** What services add to their lines. */
function facts(at: number): [name: string, value: string | number][] {
  const pick = (of: readonly string[], salt: number) => of[hash32(HEAD_HOST, at, salt) % of.length]!;
  const hex = (salt: number) => hash32(HEAD_HOST, at, salt).toString(16).padStart(8, '0');
  return [
    ['client', `10.${hash32(HEAD_HOST, at, 40) % 256}.${hash32(HEAD_HOST, at, 41) % 256}.7`],
    ['trace', `${hex(42)}${hex(43)}${hex(44)}${hex(45)}`],
    ['span', `${hex(50)}${hex(51)}`],
    ['region', pick(REGIONS, 46)],
    ['took_ms', (hash32(HEAD_HOST, at, 47) % 90_000) / 100],
    ['bytes', hash32(HEAD_HOST, at, 48) % 65_536],
    ['agent', pick(AGENTS, 49)],
  ];
}

function details(at: number): string {
  return facts(at)
    .map(([name, value]) => ` ${name}=${name === 'agent' ? JSON.stringify(value) : value}`)
    .join('');
}

type Below = (most: number) => number;

/** Stack traces as they stand in logs, many lines to one; true: the process ended with it. */
const TRACES: readonly (readonly [(below: Below) => string, boolean])[] = [
  [
    (below) =>
      `Traceback (most recent call last):\n  File "/srv/app/worker.py", line ${below(300)}, in run\n    self.handle(job)\n` +
      `  File "/srv/app/jobs.py", line ${below(200)}, in handle\n    raise KeyError(job.name)\nKeyError: 'job-${below(99_999)}'`,
    false,
  ],
  [
    (below) =>
      `panic: runtime error: index out of range [${below(90)}] with length 9\n\ngoroutine ${below(900)} [running]:\n` +
      `main.(*Queue).pop(0xc000${below(4096).toString(16)})\n\t/src/queue.go:${below(310)} +0x1d`,
    true,
  ],
  [
    (below) =>
      `TypeError: Cannot read properties of undefined (reading 'id')\n    at Cart.add (/srv/shop/cart.js:${below(400)}:17)\n` +
      `    at async handle (/srv/shop/server.js:${below(120)}:5)`,
    false,
  ],
];

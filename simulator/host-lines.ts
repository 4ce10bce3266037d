import { hash32 } from './hash32.ts';
import { type SimulatedLine, simulatedLine } from './log-lines.ts';

/** Of a hundred lines. */
const CARDS = 1;
const STRUCTURED = 12;

/**
 * What host `host` writes as its line number `number`, before anything is masked: mostly short lines of its services, some of them JSON,
 * stack traces of several languages for every other error, and a card number in one of a hundred, as a careless service writes it.
 */
export function hostLine(host: number, number: number): SimulatedLine {
  const line = simulatedLine(host, number);
  const dice = hash32(host, number, 5) % 100;
  const end = ` seq=${host}.${number}`;
  if (dice < CARDS) {
    const amount = `${hash32(host, number, 3) % 900}.${10 + (hash32(host, number, 4) % 90)}`;
    return { ...line, message: `charged ${amount} EUR to ${cardNumber(host, number)}: ${line.message}` };
  }
  if (line.level === 'error' && dice < 50) {
    const [trace, fatal] = TRACES[hash32(host, number, 6) % TRACES.length]!;
    const text = trace((most) => hash32(host, number, 9, most) % most);
    return { ...line, level: fatal ? 'fatal' : 'error', message: text + end };
  }
  if (line.level === 'debug' && dice > 80) return { ...line, level: 'trace' };
  if (line.level === 'info' && dice < CARDS + STRUCTURED) {
    const text = line.message.slice(0, -end.length);
    const trace = hash32(host, number, 10).toString(16).padStart(8, '0');
    return { ...line, message: `${JSON.stringify({ level: 'info', service: line.service, trace, msg: text })}${end}` };
  }
  return line;
}

/** A number that passes for a card's: an issuer's first digit, and the check digit right. */
export function cardNumber(host: number, number: number): string {
  const digits = `4${String(hash32(host, number, 7)).padStart(10, '0')}${1000 + (hash32(host, number, 8) % 9000)}`;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[i]) * ((digits.length - i) % 2 === 1 ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return `${digits}${(10 - (sum % 10)) % 10}`;
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

import { simulatedLine } from '../../simulator/log-lines.ts';
import { seededRandom } from '../../simulator/random.ts';
import { LINE_BYTES } from '../log-lines.ts';

const START = Date.UTC(2026, 10, 23);
const WORDS =
  'retry budget session tenant order stock page cursor shard replica lease token quota region bucket worker batch price basket invoice address parcel carrier voucher locale device browser theme consent'.split(
    ' ',
  );

/**
 * Lines `from` to `to` of LINE_BYTES each with their newline, as services write them: the simulator's messages inside JSON, logfmt and plain
 * text, each with a trace id of its own (128 random bits), a client address, a user, a duration, and words in changing order.
 * Nothing but the names of the fields repeats from line to line, so that what compression gives is not a gift of the bench.
 */
export function variedLines(from: number, to: number): Uint8Array {
  const bytes = new Uint8Array((to - from) * LINE_BYTES);
  const encoder = new TextEncoder();
  for (let i = from; i < to; i++) {
    encoder.encodeInto(variedLine(i), bytes.subarray((i - from) * LINE_BYTES, (i - from + 1) * LINE_BYTES));
  }
  return bytes;
}

function variedLine(number: number): string {
  const random = seededRandom(number * 31 + 5);
  const { service, level, message } = simulatedLine(1, number);
  const text = message.replaceAll(/[\n\t"]/g, ' ');
  const time = new Date(START + number * 7 + Math.floor(random() * 7)).toISOString();
  const hex = (digits: number): string =>
    Array.from({ length: digits / 4 }, () =>
      Math.floor(random() * 65536)
        .toString(16)
        .padStart(4, '0'),
    ).join('');
  const trace = hex(32);
  const client = `10.${Math.floor(random() * 256)}.${Math.floor(random() * 256)}.${Math.floor(random() * 256)}`;
  const took = (random() * 400).toFixed(2);
  const user = Math.floor(random() * 1e6);
  const shape = number % 4;
  let line: string;
  let end = '\n';
  if (shape < 2) {
    end = '"}\n';
    line = `{"time":"${time}","level":"${level}","service":"${service}","trace":"${trace}","client":"${client}","user":${user},"took_ms":${took},"msg":"${text}","detail":"`;
  } else if (shape === 2) {
    line = `time=${time} level=${level} service=${service} trace=${trace} client=${client} user=${user} took_ms=${took} msg="${text}" detail=`;
  } else {
    line = `${time} ${level.toUpperCase()} [${service}-${number % 8}] ${trace} ${client} user ${user} took ${took} ms: ${text} `;
  }
  while (line.length < LINE_BYTES) line += `${WORDS[Math.floor(random() * WORDS.length)]} `;
  return line.slice(0, LINE_BYTES - end.length) + end;
}

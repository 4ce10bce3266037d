import { expect, test } from 'vitest';
import { cardMask } from '../../lib/mask/cards.ts';
import { MaskStage } from '../../lib/mask/mask.ts';
import { headOf, hostLine } from '../../simulator/host-lines.ts';
import { cardNumber, HEADS, lineHead } from '../../simulator/line-heads.ts';
import { LineTails } from '../../simulator/line-tails.ts';
import { MaskedLines } from '../../simulator/masked-lines.ts';

const STARTED = 1_795_000_000_000;
const stage = new MaskStage(
  {
    utf8: (bytes, from, to) => Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString(),
    utf8Bytes: (text) => new TextEncoder().encode(text),
  },
  [cardMask()],
);
const masked = new MaskedLines(STARTED);
const tails = new LineTails(masked.run);

test('a whole line that is masked comes out as one whose beginning alone was: for all beginnings', () => {
  // The tail of most digits too: a run, hosts and numbers of a kind that never comes.
  const widest = new LineTails('999999999999');
  for (let at = 0; at < HEADS; at++) {
    const { message, json } = lineHead(at);
    const head = stage.text(message);
    for (const [of, host, number] of [
      [tails, at, at * 31],
      [widest, 999_999, 999_999_999_999],
    ] as const) {
      const tail = of.text(host, number, json);
      expect(stage.text(message + tail)).toBe(head + tail);
    }
  }
});

test('what leaves a host is what the mask makes of what it wrote, as text and in bytes, and the covered numbers are counted', () => {
  const sent = new MaskedLines(STARTED);
  const before = stage.masked.get('card')!;
  for (let number = 0; number < 20_000; number++) {
    const host = number % 7;
    const want = hostLine(host, number, tails);
    const text = stage.text(want.message);
    expect(sent.line(host, number)).toEqual({ ...want, message: text });
    const { bytes, level, service } = sent.write(host, number);
    expect({ level, service, message: Buffer.from(bytes).toString() }).toEqual({ ...want, message: text });
  }
  expect(sent.masked).toBe(stage.masked.get('card')! - before);
});

test('card numbers are planted in one of a hundred lines, and none is left in what leaves the host', () => {
  let planted = 0;
  for (let number = 0; number < 10_000; number++) {
    const whole = hostLine(3, number, tails).message;
    const card = cardNumber(headOf(3, number));
    const left = masked.line(3, number).message;
    if (!whole.includes(card)) {
      expect(left).toBe(whole);
      continue;
    }
    planted++;
    expect(left).toBe(whole.replace(card, '*'.repeat(card.length)));
  }
  expect(planted).toBeGreaterThan(50);
  expect(planted).toBeLessThan(200);
});

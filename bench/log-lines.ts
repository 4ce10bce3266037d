/** Lines of 322 bytes with their newline, as services write them: half JSON, a quarter logfmt, a quarter plain text. */
export const LINE_BYTES = 322;

/** `count` lines; one in `cardsEvery` names a card number (0: none). Always the same bytes. */
export function logLines(count: number, cardsEvery: number): Uint8Array {
  const bytes = new Uint8Array(count * LINE_BYTES);
  const encoder = new TextEncoder();
  const levels = ['info', 'info', 'info', 'debug', 'warn', 'error', 'info', 'info'];
  const start = Date.UTC(2026, 10, 23);
  const filler =
    ' user=4711 path=/api/v1/orders/00917 status=200 took=12.5 peer=10.20.30.40:51234 trace=4bf92f3577b34da6a3ce929d0e0e4736';
  for (let i = 0; i < count; i++) {
    const time = new Date(start + i * 7).toISOString();
    const level = levels[i % levels.length]!;
    const card = cardsEvery > 0 && i % cardsEvery === 0 ? ' card 4111 1111 1111 1111' : '';
    const what = `order ${100_000 + i} of customer ${(i * 7919) % 99_991} accepted${card}`;
    const shape = i % 4;
    let line: string;
    if (shape < 2)
      line = `{"time":"${time}","level":"${level}","service":"shop","msg":"${what}","n":${i},"more":"${filler}`;
    else if (shape === 2) line = `time=${time} level=${level} msg="${what}"${filler}`;
    else line = `${time} [worker-${i % 8}] ${level.toUpperCase()} com.acme.Shop - ${what}${filler}`;
    const end = shape < 2 ? '"}\n' : '\n';
    line = line.slice(0, LINE_BYTES - end.length).padEnd(LINE_BYTES - end.length, ' lorem ipsum dolor sit amet');
    encoder.encodeInto(line + end, bytes.subarray(i * LINE_BYTES, (i + 1) * LINE_BYTES));
  }
  return bytes;
}

import type { SeriesSamples } from '../../../core/ports/metric-store.ts';

/** Prometheus remote write 1.0, as little of it as the tests need: protobuf in a snappy frame of literals. Values go bit by bit. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}

function field(number: number, body: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.from([...varint(number * 8 + 2), ...varint(body.length)]), body]);
}

function timeSeries(series: SeriesSamples, from: number, to: number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const name of Object.keys(series.labels).sort()) {
    const label = Buffer.concat([field(1, Buffer.from(name)), field(2, Buffer.from(series.labels[name]!))]);
    parts.push(field(1, label));
  }
  const bytes = new Uint8Array(series.values.buffer, series.values.byteOffset, series.values.byteLength);
  for (let i = from; i < to; i++) {
    const value = bytes.subarray(8 * i, 8 * i + 8);
    parts.push(field(2, Buffer.concat([Uint8Array.of(9), value, Uint8Array.from([16, ...varint(series.times[i]!)])])));
  }
  return field(1, Buffer.concat(parts));
}

function snappyLiterals(data: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.from(varint(data.length))];
  for (let at = 0; at < data.length; at += 65_536) {
    const piece = data.subarray(at, at + 65_536);
    const length = piece.length - 1;
    parts.push(Uint8Array.of(61 << 2, length & 255, length >> 8), piece);
  }
  return Buffer.concat(parts);
}

/** Sends all series, ten minutes a request, in order of time, as the receiver wants it. */
export async function remoteWrite(
  url: string,
  all: readonly SeriesSamples[],
  start: number,
  end: number,
): Promise<void> {
  const next = all.map(() => 0);
  for (let until = start + 600_000; until < end + 600_000; until += 600_000) {
    const parts: Uint8Array[] = [];
    for (const [index, series] of all.entries()) {
      const from = next[index]!;
      let to = from;
      while (to < series.times.length && series.times[to]! < until) to++;
      next[index] = to;
      if (to > from) parts.push(timeSeries(series, from, to));
    }
    if (parts.length === 0) continue;
    const response = await fetch(`${url}/api/v1/write`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-protobuf',
        'content-encoding': 'snappy',
        'x-prometheus-remote-write-version': '0.1.0',
      },
      body: snappyLiterals(Buffer.concat(parts)),
    });
    if (!response.ok) throw new Error(`remote write refused: ${response.status} ${await response.text()}`);
  }
}

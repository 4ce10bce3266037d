import protobuf from 'protobufjs';
import { compressSync } from 'snappy';

/** Requests as a client that knows nothing of this project writes them. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Label { string name = 1; string value = 2; }
  message Sample { double value = 1; int64 timestamp = 2; }
  message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; }
  message WriteRequest { repeated TimeSeries timeseries = 1; }
  message TimeSeries2 { repeated uint32 labels_refs = 1; repeated Sample samples = 2; }
  message Request { repeated string symbols = 4; repeated TimeSeries2 timeseries = 5; }
`);
const V1 = root.lookupType('WriteRequest');
const V2 = root.lookupType('Request');

export interface SentSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly (readonly [time: number, value: number])[];
}

/** Remote write 1.0, not yet packed. */
export function writeRequest(series: readonly SentSeries[]): Uint8Array {
  const timeseries = series.map(({ labels, samples }) => ({
    labels: Object.entries(labels).map(([name, value]) => ({ name, value })),
    samples: samples.map(([timestamp, value]) => ({ timestamp, value })),
  }));
  return V1.encode(V1.fromObject({ timeseries })).finish();
}

/** Remote write 2.0, not yet packed. */
export function writeRequest2(series: readonly SentSeries[]): Uint8Array {
  const symbols = new Map([['', 0]]);
  const reference = (text: string) => {
    const known = symbols.get(text) ?? symbols.size;
    symbols.set(text, known);
    return known;
  };
  const timeseries = series.map(({ labels, samples }) => ({
    labelsRefs: Object.entries(labels).flat().map(reference),
    samples: samples.map(([timestamp, value]) => ({ timestamp, value })),
  }));
  return V2.encode(V2.fromObject({ symbols: [...symbols.keys()], timeseries })).finish();
}

/** One request to a relay's door, packed with snappy unless `headers` say otherwise. */
export function post(port: number, path: string, body: Uint8Array | object, headers: Record<string, string> = {}) {
  const isJson = !(body instanceof Uint8Array);
  const pack = !isJson && headers['content-encoding'] === undefined && path === '/api/v1/write';
  const bytes = isJson ? JSON.stringify(body) : pack ? compressSync(Buffer.from(body)) : Buffer.from(body);
  return fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: {
      'content-type': isJson ? 'application/json' : 'application/x-protobuf',
      ...(pack ? { 'content-encoding': 'snappy' } : {}),
      ...headers,
    },
    body: bytes,
  });
}

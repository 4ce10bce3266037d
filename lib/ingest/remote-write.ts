import { Batch, type Label } from './batch.ts';
import { readProtobuf, type StrictReader } from './protobuf.ts';

/** Counted where a part is read over: it is not kept. */
const EXEMPLARS = 'exemplar';
const METADATA = 'metadata';

/** A series while it is read. */
export interface RawSeries {
  labels: Label[];
  histograms: number;
  exemplars: number;
}

/**
 * Prometheus remote write 1.0: prometheus.WriteRequest.
 * @throws HeliographError HG_DOOR_SYNTAX
 */
export function readRemoteWrite(bytes: Uint8Array): Batch {
  const batch = new Batch();
  let index = 0;
  readProtobuf('remote write request', bytes, (reader) => {
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag === 10) readSeries(reader, reader.end(), batch, index++);
      else {
        if (tag >>> 3 === 3) batch.leave(METADATA, 1);
        // Series that are read over would be lost without a word.
        if (tag >>> 3 === 5) throw new RangeError('the body is of version 2.0, its content type of 1.0');
        reader.skipType(tag & 7);
      }
    }
  });
  return batch;
}

function readSeries(reader: StrictReader, end: number, batch: Batch, index: number): void {
  const series: RawSeries = { labels: [], histograms: 0, exemplars: 0 };
  const from = batch.samples.length;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 10) series.labels.push(readLabel(reader, reader.end()));
    else if (tag === 18) readSample(reader, reader.end(), batch);
    else {
      if (tag >>> 3 === 3) series.exemplars++;
      if (tag >>> 3 === 4) series.histograms++;
      reader.skipType(tag & 7);
    }
  }
  reader.at(end);
  addSeries(batch, index, series, from);
}

function readLabel(reader: StrictReader, end: number): Label {
  let name = '';
  let value = '';
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 10) name = reader.string();
    else if (tag === 18) value = reader.string();
    else reader.skipType(tag & 7);
  }
  reader.at(end);
  return [name, value];
}

/** Sample of both versions: value 1 (double), time in ms 2 (int64). */
export function readSample(reader: StrictReader, end: number, batch: Batch): void {
  let low = 0;
  let high = 0;
  let time = 0;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 9) {
      low = reader.fixed32();
      high = reader.fixed32();
    } else if (tag === 16) time = reader.int64();
    else reader.skipType(tag & 7);
  }
  reader.at(end);
  batch.samples.pushWords(time, low, high);
}

/** The series with the samples since `from`; its name is one of the labels. */
export function addSeries(batch: Batch, index: number, series: RawSeries, from: number): void {
  batch.leave(EXEMPLARS, series.exemplars);
  if (series.histograms > 0) {
    batch.reject(
      'metric',
      index,
      'HG_ITEM_KIND',
      'native histograms are not taken; have the sender send classic ones',
      series.histograms,
    );
  }
  if (batch.samples.length === from) return;
  let name = '';
  let names = 0;
  const labels: Label[] = [];
  for (const label of series.labels) {
    if (label[0] === '__name__') {
      name = label[1];
      names++;
    } else labels.push(label);
  }
  if (names > 1) {
    const samples = batch.samples.length - from;
    batch.samples.truncate(from);
    batch.reject('metric', index, 'HG_ITEM_LABELS', 'the label __name__ stands twice', samples);
    return;
  }
  batch.add(index, name, labels, from);
}

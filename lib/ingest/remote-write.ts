import { Batch, type Label, type SeriesName } from './batch.ts';
import { OBJECT } from './parts.ts';
import { readProtobuf, type StrictReader } from './protobuf.ts';

/** Counted where a part is read over: it is not kept. */
const EXEMPLARS = 'exemplar';
const METADATA = 'metadata';

/** Tag of the labels of a series. */
const LABELS = 10;

/**
 * Prometheus remote write 1.0: prometheus.WriteRequest.
 * @throws HeliographError HG_DOOR_SYNTAX, HG_DOOR_BODY (more than a request may have)
 */
export function readRemoteWrite(bytes: Uint8Array): Batch {
  const batch = new Batch();
  let index = 0;
  readProtobuf('remote write request', bytes, (reader) => {
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag === 10) readSeries(reader, reader.end(), batch, index++);
      else {
        reader.parts.add(1);
        if (tag >>> 3 === 3) batch.leave(METADATA, 1);
        // Series that are read over would be lost without a word.
        if (tag >>> 3 === 5) throw new RangeError('the body is of version 2.0, its content type of 1.0');
        reader.skipType(tag & 7);
      }
    }
  });
  return batch;
}

/** Series by the bytes of their labels: a sender writes the same bytes for the same series, and they need not be read twice. */
const known = new Map<string, SeriesName>();
const KNOWN = 500_000;
/** Longer ones are rare, and would fill the memory. */
const LONGEST_KEY = 2048;

function readSeries(reader: StrictReader, end: number, batch: Batch, index: number): void {
  reader.parts.add(OBJECT);
  const from = batch.samples.length;
  const key = reader.run(LABELS, end);
  let name = known.get(key);
  const labels: Label[] = [];
  const behind = reader.pos + key.length;
  if (name !== undefined) reader.pos = behind;
  while (reader.pos < behind) {
    reader.parts.add(OBJECT);
    reader.uint32();
    labels.push(readLabel(reader, reader.end()));
  }
  let histograms = 0;
  let exemplars = 0;
  let late = false;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 18) readSample(reader, reader.end(), batch);
    else if (tag === LABELS) {
      // Behind other fields: allowed, and nobody writes it so.
      if (name !== undefined) labels.push(['__name__', name.name], ...name.labels);
      name = undefined;
      late = true;
      reader.parts.add(OBJECT);
      labels.push(readLabel(reader, reader.end()));
    } else {
      reader.parts.add(1);
      if (tag >>> 3 === 3) exemplars++;
      if (tag >>> 3 === 4) histograms++;
      reader.skipType(tag & 7);
    }
  }
  reader.at(end);
  leaveParts(batch, index, histograms, exemplars);
  if (batch.samples.length === from) return;
  if (name !== undefined) {
    batch.addKnown(index, name, from);
    return;
  }
  const made = addSeries(batch, index, labels, from);
  if (made === null || late || key.length > LONGEST_KEY) return;
  if (known.size >= KNOWN) known.clear();
  known.set(key, made);
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
  reader.parts.add(1);
  batch.samples.pushWords(time, low, high);
}

/** Native histograms are refused, exemplars read over. */
export function leaveParts(batch: Batch, index: number, histograms: number, exemplars: number): void {
  batch.leave(EXEMPLARS, exemplars);
  if (histograms === 0) return;
  const why = 'native histograms are not taken; have the sender send classic ones';
  batch.reject('metric', index, 'HG_ITEM_KIND', why, histograms);
}

/** The series with the samples since `from`; its name is one of the labels. null if it is refused. */
export function addSeries(batch: Batch, index: number, all: readonly Label[], from: number): SeriesName | null {
  let name = '';
  let names = 0;
  const labels: Label[] = [];
  for (const label of all) {
    if (label[0] === '__name__') {
      name = label[1];
      names++;
    } else labels.push(label);
  }
  if (names > 1) {
    const samples = batch.samples.length - from;
    batch.samples.truncate(from);
    batch.reject('metric', index, 'HG_ITEM_LABELS', 'the label __name__ stands twice', samples);
    return null;
  }
  const series = { name, labels };
  batch.addKnown(index, series, from);
  return series;
}

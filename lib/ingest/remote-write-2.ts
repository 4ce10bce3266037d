import { HeliographError } from '../errors.ts';
import { Batch, type Label } from './batch.ts';
import { OBJECT } from './parts.ts';
import { readProtobuf, type StrictReader } from './protobuf.ts';
import { addSeries, leaveParts, readSample } from './remote-write.ts';
import { type InternedSymbol, SymbolTable } from './symbol-table.ts';

const known = new SymbolTable();

/**
 * Prometheus remote write 2.0: io.prometheus.write.v2.Request. Texts stand once, in the table of symbols.
 * @throws HeliographError HG_DOOR_SYNTAX, HG_DOOR_BODY (more than a request may have)
 */
export function readRemoteWrite2(bytes: Uint8Array): Batch {
  const batch = new Batch();
  const symbols: InternedSymbol[] = [];
  let index = 0;
  readProtobuf('remote write 2.0 request', bytes, (reader) => {
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag === 34) symbols.push(readSymbol(reader));
      else if (tag === 42) readSeries(reader, reader.end(), batch, index++, symbols);
      else if (tag >>> 3 === 1) throw new RangeError('the body is of version 1.0, its content type of 2.0');
      else {
        reader.parts.add(1);
        reader.skipType(tag & 7);
      }
    }
  });
  return batch;
}

function readSymbol(reader: StrictReader): InternedSymbol {
  reader.parts.add(OBJECT);
  const start = reader.pos;
  const end = reader.end();
  const bytes = reader.latin1(reader.pos, end);
  reader.pos = end;
  return known.symbol(bytes, () => {
    reader.pos = start;
    return reader.string();
  });
}

function readSeries(
  reader: StrictReader,
  end: number,
  batch: Batch,
  index: number,
  symbols: readonly InternedSymbol[],
): void {
  reader.parts.add(OBJECT);
  const refs: number[] = [];
  const from = batch.samples.length;
  let histograms = 0;
  let exemplars = 0;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 10) {
      const last = reader.end();
      // By their bytes, which are no fewer: one by one would cost as much as to read them.
      reader.parts.add(last - reader.pos);
      while (reader.pos < last) refs.push(reader.uint32());
    } else if (tag === 8) {
      reader.parts.add(1);
      refs.push(reader.uint32());
    } else if (tag === 18) readSample(reader, reader.end(), batch);
    else {
      reader.parts.add(1);
      if (tag >>> 3 === 3) histograms++;
      if (tag >>> 3 === 4) exemplars++;
      if (tag >>> 3 === 5) batch.leave('metadata', 1);
      reader.skipType(tag & 7);
    }
  }
  reader.at(end);
  leaveParts(batch, index, histograms, exemplars);
  if (batch.samples.length === from) return;
  const key = known.key(refs, symbols);
  const series = key === null ? undefined : known.get(key);
  if (series !== undefined) {
    batch.addKnown(index, series, from);
    return;
  }
  const made = addSeries(batch, index, labelsOf(refs, symbols, index), from);
  if (made !== null && key !== null) known.keep(key, made);
}

function labelsOf(refs: readonly number[], symbols: readonly InternedSymbol[], index: number): Label[] {
  const labels: Label[] = [];
  for (let i = 0; i < refs.length; i += 2) {
    const name = symbols[refs[i]!]?.text;
    const value = symbols[refs[i + 1] ?? Number.NaN]?.text;
    if (name === undefined || value === undefined) {
      throw new HeliographError('HG_DOOR_SYNTAX', `time series ${index} names a symbol that is not there`, { index });
    }
    labels.push([name, value]);
  }
  return labels;
}

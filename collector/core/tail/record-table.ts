/** Records whose text was taken out of what a container runtime writes around it; reused from batch to batch. */
export class RecordTable {
  count = 0;
  /** Of the text, in the buffer of texts. */
  starts = new Uint32Array(256);
  ends = new Uint32Array(256);
  flags = new Uint8Array(256);
  /** Where the record begins in the bytes that were read. */
  places = new Uint32Array(256);
  /** ms since the epoch; NaN: not said. */
  times = new Float64Array(256);
  /** 0: stdout, 1: stderr. */
  streams = new Uint8Array(256);

  /** A record that begins there; its text is set later. The row's number. */
  add(place: number, time: number, stream: number, flags: number): number {
    if (this.count === this.starts.length) this.#grow();
    const row = this.count++;
    this.places[row] = place;
    this.times[row] = time;
    this.streams[row] = stream;
    this.flags[row] = flags;
    this.starts[row] = 0;
    this.ends[row] = 0;
    return row;
  }

  #grow(): void {
    const size = this.count * 2;
    const grown = <T extends Uint32Array | Uint8Array | Float64Array>(into: T, from: T): T => {
      into.set(from);
      return into;
    };
    this.starts = grown(new Uint32Array(size), this.starts);
    this.ends = grown(new Uint32Array(size), this.ends);
    this.flags = grown(new Uint8Array(size), this.flags);
    this.places = grown(new Uint32Array(size), this.places);
    this.times = grown(new Float64Array(size), this.times);
    this.streams = grown(new Uint8Array(size), this.streams);
  }
}

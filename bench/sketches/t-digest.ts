const NONE = new Float64Array(0);

/**
 * A merging t-digest (Dunning and Ertl, "Computing extremely accurate quantiles using t-digests", scale function k1), to measure the relay's sketch
 * against: values are gathered, sorted, and put together into centroids that are small at both ends.
 */
export class TDigest {
  readonly #compression: number;
  #means = NONE;
  #weights = NONE;
  readonly #buffer: Float64Array;
  #buffered = 0;
  #least = Number.POSITIVE_INFINITY;
  #greatest = Number.NEGATIVE_INFINITY;

  constructor(compression: number) {
    this.#compression = compression;
    this.#buffer = new Float64Array(compression * 5);
  }

  add(value: number): void {
    this.#buffer[this.#buffered++] = value;
    if (value < this.#least) this.#least = value;
    if (value > this.#greatest) this.#greatest = value;
    if (this.#buffered === this.#buffer.length) this.#compress();
  }

  merge(other: TDigest): void {
    other.#compress();
    this.#least = Math.min(this.#least, other.#least);
    this.#greatest = Math.max(this.#greatest, other.#greatest);
    this.#compress(other.#means, other.#weights);
  }

  /** Bytes that it takes on the wire: a mean and a weight for each centroid. */
  get bytes(): number {
    this.#compress();
    return this.#means.length * 12;
  }

  quantile(phi: number): number {
    this.#compress();
    const means = this.#means;
    const weights = this.#weights;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const wanted = phi * total;
    let below = 0;
    let [lastAt, lastMean] = [0, this.#least];
    for (let i = 0; i < means.length; i++) {
      const at = below + weights[i]! / 2;
      if (wanted < at) return lastMean + ((means[i]! - lastMean) * (wanted - lastAt)) / (at - lastAt);
      below += weights[i]!;
      [lastAt, lastMean] = [at, means[i]!];
    }
    return lastMean + ((this.#greatest - lastMean) * (wanted - lastAt)) / (total - lastAt);
  }

  /** Puts what is gathered together with its centroids, and with those of another. */
  #compress(moreMeans = NONE, moreWeights = NONE): void {
    if (this.#buffered === 0 && moreMeans.length === 0) return;
    const parts: [number, number][] = [];
    for (let i = 0; i < this.#means.length; i++) parts.push([this.#means[i]!, this.#weights[i]!]);
    for (let i = 0; i < moreMeans.length; i++) parts.push([moreMeans[i]!, moreWeights[i]!]);
    for (let i = 0; i < this.#buffered; i++) parts.push([this.#buffer[i]!, 1]);
    this.#buffered = 0;
    parts.sort((a, b) => a[0] - b[0]);
    const total = parts.reduce((sum, [, weight]) => sum + weight, 0);
    const means: number[] = [];
    const weights: number[] = [];
    const k = (q: number) => (this.#compression / (2 * Math.PI)) * Math.asin(2 * Math.min(1, q) - 1);
    let before = 0;
    let [mean, weight] = parts[0]!;
    for (const [next, its] of parts.slice(1)) {
      if (k((before + weight + its) / total) - k(before / total) <= 1) {
        weight += its;
        mean += ((next - mean) * its) / weight;
        continue;
      }
      means.push(mean);
      weights.push(weight);
      before += weight;
      [mean, weight] = [next, its];
    }
    this.#means = Float64Array.from([...means, mean]);
    this.#weights = Float64Array.from([...weights, weight]);
  }
}

/** A log line as it leaves the wire: the shape of core/ports LogLine. */
export interface LogLine {
  /** ms since the epoch, exact to the microsecond. */
  readonly time: number;
  readonly message: string;
  readonly level: string;
  readonly service: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** A log line as it leaves the wire, in ECS names. `fields` holds everything beside the five that every line has. */
export interface LogLine {
  /** ms since the epoch, exact to the microsecond. */
  readonly time: number;
  readonly message: string;
  readonly level: string;
  readonly service: string;
  readonly fields: Readonly<Record<string, string>>;
}

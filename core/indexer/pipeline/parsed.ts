/** Why a line could not be parsed; stands in `heliograph.parse.error` and in the metric's label `reason`. */
export type ParseFailure =
  | 'not_json'
  | 'no_pairs'
  | 'no_match'
  | 'too_deep'
  | 'too_many_fields'
  | 'too_long'
  | 'no_time'
  | 'bad_time'
  | 'time_out_of_range'
  | 'fault';

/** The fields of a text, in order, or why there are none. */
export type Parsed = Map<string, string> | ParseFailure;

export interface ParseLimits {
  readonly fields: number;
  readonly depth: number;
}

/** Adds a field; one whose name is taken gets a number, so that neither is lost: `tag`, `tag.2`, `tag.3`. */
export function addField(fields: Map<string, string>, name: string, value: string): void {
  if (!fields.has(name)) {
    fields.set(name, value);
    return;
  }
  let number = 2;
  while (fields.has(`${name}.${number}`)) number++;
  fields.set(`${name}.${number}`, value);
}

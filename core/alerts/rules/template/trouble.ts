/** What is wrong with the text of a template, at one place of it. */
export class TemplateTrouble extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** What went wrong while a template was filled in, in Go's words. */
export class FillTrouble extends Error {}

/** Line from 1 and column from 0 (in bytes, as Go counts) of an offset. */
export function placeOf(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at);
  return {
    line: before.split('\n').length,
    column: Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1)),
  };
}

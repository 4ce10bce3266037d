/** Whether a receiver may have it all the same: `unknown`. `refused`: it will not take this, whenever it comes. */
export type TakenState = 'not_sent' | 'refused' | 'unknown';

/** A receiver did not take a notification. */
export class NotTaken extends Error {
  readonly state: TakenState;

  constructor(message: string, state: TakenState, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'NotTaken';
    this.state = state;
  }
}

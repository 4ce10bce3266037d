import type { ToldGroup } from '../../../../lib/alerts/webhook-body.ts';

/** One notification to one receiver. */
export interface Message extends ToldGroup {
  /** Equal when the same is sent again because nobody knows whether it came: whoever gets it should drop the second. */
  readonly idempotencyKey: string;
}

/** A way to people. */
export interface Receiver {
  readonly name: string;
  readonly kind: 'webhook' | 'mail' | 'command';
  /** Whether it wants to hear of ends. */
  readonly sendResolved: boolean;
  /**
   * Resolves when the other side has taken it; within a time of its own.
   * @throws NotTaken
   */
  send(message: Message): Promise<void>;
  close(): Promise<void>;
}

/** What receivers of every kind have of the configuration: who they are, and the section of their kind. */
export abstract class ConfiguredReceiver<Settings> {
  readonly name: string;
  readonly sendResolved: boolean;
  protected readonly settings: Settings;

  constructor({ name, sendResolved }: Pick<Receiver, 'name' | 'sendResolved'>, settings: Settings) {
    this.name = name;
    this.sendResolved = sendResolved;
    this.settings = settings;
  }
}

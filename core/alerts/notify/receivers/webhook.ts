import { postJson } from '../../../../lib/alerts/post.ts';
import { webhookBody } from '../../../../lib/alerts/webhook-body.ts';
import { filledTemplate } from '../body-template.ts';
import { messageText } from '../message-text.ts';
import type { ReceiverConfig } from './config.ts';
import { ConfiguredReceiver, type Message, type Receiver } from './receiver.ts';

type Settings = NonNullable<ReceiverConfig['webhook']>;

/** Posts Alertmanager's form, or a body of the configuration's own. */
export class WebhookReceiver extends ConfiguredReceiver<Settings> implements Receiver {
  readonly kind = 'webhook';

  async send(message: Message): Promise<void> {
    const { template, timeout, ...access } = this.settings;
    const body = { ...webhookBody(message), idempotencyKey: message.idempotencyKey };
    const sent = template === undefined ? body : filledTemplate(template, { ...body, ...messageText(message) });
    const headers = { 'idempotency-key': message.idempotencyKey };
    await postJson(access, JSON.stringify(sent), { headers, timeoutMs: timeout });
  }

  async close(): Promise<void> {
    // Nothing is held between requests.
  }
}

import type { ReceiverConfig } from './config.ts';
import type { Receiver } from './receiver.ts';
import { WebhookReceiver } from './webhook.ts';

/** The receiver of a section of the configuration. Mail's library is loaded only where mail is sent. */
export async function openReceiver(config: ReceiverConfig): Promise<Receiver> {
  const { webhook, mail, command } = config;
  if (webhook) return new WebhookReceiver(config, webhook);
  if (mail) {
    const { MailReceiver } = await import('./mail.ts');
    return new MailReceiver(config, mail);
  }
  const { CommandReceiver } = await import('./command.ts');
  return new CommandReceiver(config, command!);
}

import { readFile } from 'node:fs/promises';
import { createTransport } from 'nodemailer';
import { NotTaken } from '../../../../lib/alerts/not-taken.ts';
import { messageText } from '../message-text.ts';
import type { ReceiverConfig } from './config.ts';
import { ConfiguredReceiver, type Message, type Receiver } from './receiver.ts';

type Settings = NonNullable<ReceiverConfig['mail']>;

/** What nodemailer says of a failure: at which command, and what the server answered. */
interface SmtpError extends Error {
  readonly code?: string;
  readonly command?: string;
  readonly responseCode?: number;
}

/** Sends mail over SMTP. The password and the authority are read for each letter, so that new ones need no restart. */
export class MailReceiver extends ConfiguredReceiver<Settings> implements Receiver {
  readonly kind = 'mail';

  async send(message: Message): Promise<void> {
    const { server, tls, from, to, user, passwordFile, ca, timeout } = this.settings;
    const read = (file: string) =>
      readFile(file, 'utf8').catch((error: unknown) => {
        throw new NotTaken(String(error), 'not_sent', error);
      });
    const pass = passwordFile === undefined ? null : (await read(passwordFile)).replace(/\r?\n$/, '');
    const authority = ca === undefined ? {} : { ca: await read(ca) };
    const transport = createTransport({
      ...server,
      secure: tls === 'tls',
      requireTLS: tls === 'starttls',
      ignoreTLS: tls === 'none',
      tls: { ...authority, servername: server.host },
      ...(user === undefined || pass === null ? {} : { auth: { user, pass } }),
      connectionTimeout: timeout,
      greetingTimeout: timeout,
      socketTimeout: timeout,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    let late: NodeJS.Timeout | null = null;
    try {
      const tooLate = new Promise<never>((_, reject) => {
        late = setTimeout(() => reject(new NotTaken('no answer in time', 'unknown')), timeout);
      });
      await Promise.race([
        tooLate,
        transport.sendMail({
          from,
          to,
          ...messageText(message),
          // Mail programs know a letter that comes twice by it.
          messageId: `<${message.idempotencyKey}@heliograph>`,
          headers: { 'auto-submitted': 'auto-generated', 'x-idempotency-key': message.idempotencyKey },
        }),
      ]);
    } catch (error) {
      if (error instanceof NotTaken) throw error;
      const { code, command, responseCode, message: why } = error as SmtpError;
      const refused =
        responseCode !== undefined && responseCode >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE');
      // Until DATA nothing of the letter was handed over.
      const notSent = responseCode !== undefined || (command !== undefined && command !== 'DATA');
      throw new NotTaken(why, refused ? 'refused' : notSent ? 'not_sent' : 'unknown', error);
    } finally {
      if (late) clearTimeout(late);
      transport.close();
    }
  }

  async close(): Promise<void> {
    // A connection for each letter.
  }
}

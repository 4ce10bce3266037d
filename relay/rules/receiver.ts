import { z } from 'zod';

/** How a receiver knows the relay, and the relay the receiver. */
export interface ReceiverAccess {
  /** Of the header `authorization`: a file with its value, such as `Bearer abc`. Read for each request. */
  readonly authorizationFile?: string | undefined;
  /** A file with the authorities that its certificate may be of, in place of the public ones. Read for each request. */
  readonly ca?: string | undefined;
}

/** Whom the relay notifies. */
export interface Receiver extends ReceiverAccess {
  readonly kind: 'webhook' | 'alertmanager';
  readonly url: string;
}

/** A receiver as it stands in the configuration: its URL, or that and how it is reached. @param example of a URL */
export function receiverSetting(example: string) {
  const url = () => z.url({ protocol: /^https?$/, error: `a URL such as ${example}` });
  return z.union([
    url(),
    z.strictObject({
      url: url(),
      authorizationFile: z.string().min(1).optional(),
      ca: z.string().min(1).optional(),
    }),
  ]);
}

type Setting = z.output<ReturnType<typeof receiverSetting>>;

/** @param settings as they stand in the configuration */
export function receiversOf(settings: {
  readonly webhooks: readonly Setting[];
  readonly alertmanagers: readonly Setting[];
}): Receiver[] {
  const whole = (setting: Setting) => (typeof setting === 'string' ? { url: setting } : setting);
  return [
    ...settings.webhooks.map((setting): Receiver => ({ ...whole(setting), kind: 'webhook' })),
    ...settings.alertmanagers.map(whole).map(
      ({ url, ...access }): Receiver => ({
        ...access,
        kind: 'alertmanager',
        url: `${url.replace(/\/+$/, '')}/api/v2/alerts`,
      }),
    ),
  ];
}

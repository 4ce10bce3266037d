import { z } from 'zod';

/** How a receiver knows us, and we the receiver. */
export interface ReceiverAccess {
  /** Of the header `authorization`: a file with its value, such as `Bearer abc`. Read for each request. */
  readonly authorizationFile?: string | undefined;
  /** A file with the authorities that its certificate may be of, in place of the public ones. Read for each request. */
  readonly ca?: string | undefined;
}

/** Whom to notify over HTTP, and how it is reached. */
export interface HttpReceiver extends ReceiverAccess {
  readonly url: string;
}

/** The keys of a receiver that is reached over HTTP. @param example of a URL */
export const httpReceiverShape = (example: string) => ({
  /** Its URL, http or https, without user or password in it. */
  url: z
    .url({ protocol: /^https?$/, error: `a URL such as ${example}` })
    .refine(withoutUser, 'give no user or password in the URL: put the value of the header in an authorizationFile'),
  /** A file with the value of the header `authorization`, such as `Bearer abc`. Read for each request. */
  authorizationFile: z.string().min(1).optional(),
  /** A file with the authorities that its certificate may be of, in place of the public ones. Read for each request. */
  ca: z.string().min(1).optional(),
});

/** A receiver as it stands in the configuration: its URL, or that and how it is reached. @param example of a URL */
export function receiverSetting(example: string) {
  const shape = httpReceiverShape(example);
  return z.union([shape.url, z.strictObject(shape)]);
}

type Setting = z.output<ReturnType<typeof receiverSetting>>;

export function httpReceiver(setting: Setting): HttpReceiver {
  return typeof setting === 'string' ? { url: setting } : setting;
}

/** The same of an Alertmanager's address: the door where it takes alerts. */
export function alertmanagerDoor(setting: Setting): HttpReceiver {
  const { url, ...access } = httpReceiver(setting);
  return { ...access, url: `${url.replace(/\/+$/, '')}/api/v2/alerts` };
}

/** A URL with a user in it is refused by fetch, and is shown where URLs are. */
function withoutUser(text: string): boolean {
  const url = URL.parse(text);
  return url === null || (url.username === '' && url.password === '');
}

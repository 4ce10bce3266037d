import type { z } from 'zod';
import {
  alertmanagerDoor,
  type HttpReceiver,
  httpReceiver,
  type receiverSetting,
} from '../../lib/alerts/http-receiver.ts';

/** Whom the relay notifies. */
export interface Receiver extends HttpReceiver {
  readonly kind: 'webhook' | 'alertmanager';
}

type Setting = z.output<ReturnType<typeof receiverSetting>>;

/** @param settings as they stand in the configuration */
export function receiversOf(settings: {
  readonly webhooks: readonly Setting[];
  readonly alertmanagers: readonly Setting[];
}): Receiver[] {
  return [
    ...settings.webhooks.map((setting): Receiver => ({ ...httpReceiver(setting), kind: 'webhook' })),
    ...settings.alertmanagers.map((setting): Receiver => ({ ...alertmanagerDoor(setting), kind: 'alertmanager' })),
  ];
}

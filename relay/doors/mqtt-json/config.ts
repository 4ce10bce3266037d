import { z } from 'zod';
import { address, byteSize } from '../../../lib/config/duration.ts';
import { TIME_UNITS } from '../../../lib/ingest/device-json/device-time.ts';
import type { MessageRuleConfig } from '../../../lib/ingest/device-json/message-rule.ts';
import { templateFault } from '../../../lib/ingest/device-json/template.ts';
import { filterFault, TopicFilter } from '../../../lib/ingest/device-json/topic-filter.ts';

const path = () => z.string().min(1, 'write the path of a field such as battery.voltage');

/** The door for devices that publish JSON over MQTT 3.1.1. */
export const mqttJsonConfig = z.strictObject({
  /** Anything but loopback speaks TLS and wants a collector's certificate, or a token for a password. */
  listen: address().prefault('127.0.0.1:1883'),
  /** TLS and who the device is are asked of loopback, too. */
  tls: z.boolean().default(false),
  /** Connections of devices at once. */
  connections: z.int().min(1).default(10_000),
  /** Of one message. A connection that announces four times as much is ended. */
  messageBytes: byteSize().prefault('64KiB'),
  /** What becomes of messages, by their topics. */
  topics: z
    .array(
      z
        .strictObject({
          /** Topics it is for: + stands for one level, # for all that follow. The first rule that fits is the one. */
          filter: z.string(),
          /** Of all series, and fields of lines: `$1` is what the filter's first wildcard stands for, `$.unit` the field `unit` of the message. */
          labels: z.record(z.string().min(1), z.string()).default({}),
          /** Before the names of metrics, with `_` between: the field `battery.level` is `plant_battery_level`. May hold `$1`. */
          prefix: z.string().default(''),
          /** Fields that are taken, by their paths; every number and boolean unless stated. */
          values: z.array(path()).min(1).optional(),
          /** Where the message says its time; without this section, and where the field is missing, it is the time of arrival. */
          time: z
            .strictObject({
              /** Path of the field. */
              field: path(),
              /** Of numbers since 1970; rfc3339 is a text with its zone. */
              unit: z.enum(TIME_UNITS),
            })
            .optional(),
          /** Makes a field a log line. */
          line: z
            .strictObject({
              /** Path of the field that is the line's text. */
              message: path(),
              /** Path of the level's field; without it the line's own words tell. */
              level: path().optional(),
              /** The service of the line; may hold `$1`. */
              service: z.string().default(''),
              /** The host of the line, of clients that may speak for others; may hold `$1`. */
              host: z.string().default(''),
            })
            .optional(),
        })
        .superRefine((rule, context) => {
          for (const [where, message] of faultsOf(rule)) context.addIssue({ code: 'custom', message, path: where });
        }),
    )
    .min(1, 'write a rule at least: what no rule is for is refused'),
});

export type MqttJsonConfig = z.output<typeof mqttJsonConfig>;

/** What is wrong with a rule, and where. */
function faultsOf({ filter, labels, prefix, line }: MessageRuleConfig): [where: string[], fault: string][] {
  const fault = filterFault(filter);
  if (fault !== null) return [[['filter'], fault]];
  const { wildcards } = new TopicFilter(filter);
  const templates: [string[], string][] = [
    ...Object.entries(labels).map(([name, text]): [string[], string] => [['labels', name], text]),
    [['prefix'], prefix],
    [['line', 'service'], line?.service ?? ''],
    [['line', 'host'], line?.host ?? ''],
  ];
  return templates.flatMap(([where, text]) => {
    const wrong = templateFault(text, wildcards);
    return wrong === null ? [] : [[where, wrong] as [string[], string]];
  });
}

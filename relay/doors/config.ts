import { z } from 'zod';
import { address, byteSize, duration } from '../../lib/config/duration.ts';
import { maskConfig } from '../../lib/mask/mask-schema.ts';
import { mqttJsonConfig } from './mqtt-json/config.ts';
import { syslogConfig } from './syslog/config.ts';

/** The relay's doors, for what is no collector. */
export const doorsConfig = z.strictObject({
  /** Prometheus remote write (POST /api/v1/write), OTLP (POST /v1/metrics, /v1/logs) and InfluxDB's line protocol (POST /api/v2/write, /write). Anything but loopback speaks TLS and wants a token or a certificate. */
  http: z
    .strictObject({
      /** Address and port of them. */
      listen: address().prefault('127.0.0.1:9475'),
      /** TLS and who the client is are asked of loopback, too. */
      tls: z.boolean().default(false),
      /** Prometheus remote write 1.0 and 2.0. */
      remoteWrite: z.boolean().default(true),
      /** OpenTelemetry's protocol over HTTP: metrics and logs, protobuf and JSON. */
      otlp: z.boolean().default(true),
      /** InfluxDB's line protocol, as Telegraf sends it: POST /api/v2/write and /write. */
      influx: z.boolean().default(true),
    })
    .optional(),
  /** OTLP over gRPC: metrics and logs. */
  grpc: z
    .strictObject({
      /** Anything but loopback speaks TLS and wants a token or a certificate. */
      listen: address().prefault('127.0.0.1:4317'),
      /** TLS and who the client is are asked of loopback, too. */
      tls: z.boolean().default(false),
    })
    .optional(),
  /** Syslog of devices: UDP, TCP, TLS. */
  syslog: syslogConfig.optional(),
  /** JSON that devices publish over MQTT. */
  mqttJson: mqttJsonConfig.optional(),
  /** What clients may have of the doors at most. */
  limits: z
    .strictObject({
      /** Bytes of a body as it comes; a larger one is refused. */
      bodyBytes: byteSize().prefault('8MiB'),
      /** Bytes of a body unpacked; a larger one is refused. */
      unpackedBytes: byteSize().prefault('64MiB'),
      /** Bodies of all clients, packed and unpacked, that may be worked on at once; each client has at most three times what is free of it. */
      waitingBytes: byteSize().prefault('128MiB'),
      /** Requests a second of each client; what is above is told to come back later (HG_DOOR_RATE). */
      requestsPerSecond: z.number().positive().default(200),
      /** Requests that a client may make at once after it was quiet, before `requestsPerSecond` holds it back. */
      burst: z.int().positive().default(400),
      /** Different series of a client within the hour. */
      seriesPerClient: z.int().positive().default(200_000),
      /** Levels of nesting in a JSON body or message; one that is deeper is refused (HG_DOOR_DEPTH). */
      jsonDepth: z.int().positive().default(32),
    })
    .prefault({}),
  /** Which secrets are covered in lines, fields and label values before they are journalled. */
  mask: maskConfig(),
  /** Samples and lines that are older are refused: what the core's stores would not keep anyway. */
  maxAge: duration().prefault('30d'),
});

export type DoorsConfig = z.output<typeof doorsConfig>;

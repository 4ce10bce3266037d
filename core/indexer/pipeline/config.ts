import { z } from 'zod';
import { byteSize, duration } from '../../../lib/config/duration.ts';
import { oneOrMore } from '../../../lib/config/one-or-more.ts';
import { checkFilter, checkNames, checkRule } from './config-checks.ts';
import { FILE_LEVELS, ruleName, zone } from './config-values.ts';

/** The section `indexer` of a core: what becomes of a line between the bus and the log store. */
export const indexerConfig = z
  .strictObject({
    /** How lines are parsed. The first rule that matches a line is the one that is used, no other. */
    services: z
      .array(
        z
          .strictObject({
            /** Stands in metrics and in `heliograph.parse.rule`; the first of `service` unless given. */
            name: ruleName().optional(),
            /** Services, exact or with `*` (any characters) and `?` (one). */
            service: oneOrMore().prefault('*'),
            /** Paths of files (`log.file.path`), in the same way; any file unless given. */
            file: oneOrMore().optional(),
            /** Hosts, in the same way; any host unless given. */
            host: oneOrMore().optional(),
            /** `none` leaves the text alone, for a service that a later rule would match. */
            parse: z.enum(['json', 'logfmt', 'key-value', 'regex', 'grok', 'none']),
            /** Of `regex` and `grok`: expressions in RE2's syntax, tried in turn. Named groups are the fields. */
            pattern: oneOrMore().optional(),
            /** Of `grok`: patterns of your own, by name. */
            definitions: z.record(z.string().regex(/^\w+$/, 'use letters, digits and "_"'), z.string()).default({}),
            /** Of `key-value`: what stands between two pairs, and between a name and its value. */
            separators: z
              .strictObject({
                /** A comma, for example; a space means any number of blanks. */
                pairs: z.string().min(1).default(' '),
                /** Between a name and its value. */
                value: z.string().min(1).default('='),
              })
              .prefault({}),
            /** Parsed fields of which the first that is there becomes the message. */
            message: oneOrMore().prefault(['message', 'msg']),
            /** Keep the text as it came in `event.original` when the message is replaced. Unless given: yes, but not for `json`, where every key is kept anyway. */
            original: z.boolean().optional(),
            /** Parsed field to the name it is stored under; `message`, `@timestamp`, `log.level` and `service.name` set those of the line. */
            fields: z.record(z.string(), z.string().min(1)).default({}),
            /** Parsed fields that are not stored. */
            remove: oneOrMore().prefault([]),
            /** Stands before the names of all parsed fields that `fields` does not name. */
            prefix: z.string().max(64).default(''),
            /** When the line was written. */
            time: z
              .strictObject({
                /** Parsed fields of which the first that is there is the time. */
                field: oneOrMore().prefault(['@timestamp', 'timestamp', 'time', 'ts']),
                /** Tried in turn: `iso`, `epoch` (unit by its size), `epoch_s`, `epoch_ms`, `epoch_us`, `epoch_ns`, `rfc3164`, `clf`, or a pattern such as `%d.%m.%Y %H:%M:%S`. */
                format: oneOrMore().prefault(['iso', 'epoch', 'rfc3164', 'clf']),
                /** Of times without a zone: `Europe/Berlin`, `+02:00`, `UTC`. Unless given: the line's field `event.timezone`, else UTC. */
                zone: zone().optional(),
              })
              .optional(),
            /** How grave it is. The class of the line (its lane, its place in the ledger) stays what the collector or the door made of it. */
            level: z
              .strictObject({
                /** Parsed fields of which the first that is there is the level. */
                field: oneOrMore().prefault(['log.level', 'level', 'severity', 'lvl', 'loglevel']),
                /** How numbers are read; `auto`: below 8 as syslog, others as pino. */
                numbers: z.enum(['auto', 'syslog', 'pino', 'otlp', 'python']).default('auto'),
                /** Words of your own, to a level. */
                words: z.record(z.string(), z.enum(FILE_LEVELS)).default({}),
              })
              .optional(),
          })
          .superRefine(checkRule),
      )
      .superRefine(checkNames)
      .default([]),
    /** YAML file that says of each service its team, tier, runbook, environment and labels; taken up when it changes. */
    catalogue: z.string().min(1).optional(),
    /** Where an address is on the map. */
    geoip: z
      .strictObject({
        /** A MaxMind file (.mmdb): country, city or AS; taken up when it changes. */
        database: z.string().min(1),
        /** Fields that hold addresses. What is found stands beside them: `source.ip` gives `source.geo.country_iso_code`. */
        fields: oneOrMore().prefault(['source.ip', 'client.ip']),
        /** Of names of places. */
        language: z.string().default('en'),
      })
      .optional(),
    /** Where a line comes from: production or something else. */
    environment: z
      .strictObject({
        /** The first of these fields that a line has; then the catalogue. */
        field: oneOrMore().prefault(['service.environment', 'deployment.environment.name', 'deployment.environment']),
        /** Of lines of which neither says it. */
        default: z.string().default('production'),
        /** Names of production. */
        production: oneOrMore().prefault(['production', 'prod']),
        /** Outside production, lines below this level are dropped; reason `filtered:outside-production`. Nothing is dropped unless it is given. */
        dropBelow: z.enum(['info', 'warning', 'error', 'fatal']).optional(),
      })
      .prefault({}),
    /** What is not stored. The first filter that matches a line drops it; each is counted by its name. */
    filters: z
      .array(
        z
          .strictObject({
            /** Stands in the ledger as `filtered:<name>`, and in metrics. */
            name: ruleName(),
            /** Conditions, all of which must hold. */
            where: z
              .array(
                z.strictObject({
                  /** Name of a field, or `message`, `log.level`, `service.name`, `host.name`, `site`. */
                  field: z.string().min(1),
                  /** One of these, exactly. */
                  equals: oneOrMore().optional(),
                  /** One of these, with `*` and `?`. */
                  glob: oneOrMore().optional(),
                  /** RE2; found anywhere in the value. */
                  regex: z.string().min(1).optional(),
                  /** Whether the field is there at all. */
                  exists: z.boolean().optional(),
                  /** Turns the condition round. */
                  not: z.boolean().default(false),
                }),
              )
              .default([]),
            /** Only lines below this level; one without a level counts as info. */
            below: z.enum(['info', 'warning', 'error', 'fatal']).optional(),
            /** Share of what matches that is stored all the same, 0 to 1, chosen by the line's id: the same lines at every replay. */
            keep: z.number().min(0).max(1).default(0),
            /** Lines of the class error, or of level error and fatal, are dropped only where this is true. */
            errors: z.boolean().default(false),
          })
          .superRefine(checkFilter),
      )
      .superRefine(checkNames)
      .default([]),
    /** How often the catalogue and the database are looked at. */
    reload: duration().prefault('5s'),
    /** A line beyond these stays as it came, with `heliograph.parse.error`. */
    limits: z
      .strictObject({
        /** Fields of one line after parsing. */
        fields: z.number().int().positive().max(10_000).default(500),
        /** Nesting of JSON. */
        depth: z.number().int().positive().max(100).default(32),
        /** Of a text that is parsed as JSON, logfmt or key-value. */
        textBytes: byteSize().prefault('1MiB'),
        /** Of a text that is matched with expressions. */
        expressionBytes: byteSize().prefault('16KiB'),
      })
      .prefault({}),
  })
  .prefault({});

export type IndexerConfig = z.output<typeof indexerConfig>;
export type ParseRule = IndexerConfig['services'][number];
export type FilterRule = IndexerConfig['filters'][number];

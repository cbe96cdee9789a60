// Flags and arguments that several commands share, and the kinds of values that they take. flag-values.ts parses the
// values.
import { Args, Flags } from '@oclif/core';
import type { EpochSeconds } from '../kmip/date-time.js';
import { OBJECT_TYPES } from '../kmip/vocabulary.js';
import { LOG_FORMATS, type LogFormat } from '../settings/log-format.js';
import { LOG_LEVELS, type LogLevel } from '../settings/log-level.js';
import { parseShard, type Shard } from '../survey/shard.js';
import { parseDuration } from '../text/duration.js';
import { parseCount, parseInstant, parseText } from './flag-values.js';
import type { SurveyFilters } from '../survey/survey-filters.js';

export const durationFlag = Flags.custom<number>({
  parse: (text) => Promise.resolve(parseDuration(text)),
  helpValue: '<duration>',
});

export const countFlag = Flags.custom<number>({
  parse: (text) => Promise.resolve(parseCount(text)),
  helpValue: '<number>',
});

export const shardFlag = Flags.custom<Shard>({
  parse: (text) => Promise.resolve(parseShard(text)),
  helpValue: '<I/N>',
});

export const instantFlag = Flags.custom<EpochSeconds>({
  parse: (text) => Promise.resolve(parseInstant(text)),
  helpValue: '<ISO 8601>',
});

export const textFlag = Flags.custom({
  parse: (text) => Promise.resolve(parseText(text)),
});

/** An argument that is text. It never comes from standard input, which in a shell's loop holds the loop's own lines. */
export const textArg = Args.custom({ ignoreStdin: true });

/** The argument of a command for one object. */
export const uidArg = textArg({
  description: 'Unique Identifier, or a keyset’s NAME, NAME@latest, NAME@first, NAME@N',
  required: true,
});

/** The arguments of a command for any number of objects. */
export const uidsArg = textArg({
  description: 'Unique Identifiers, or keysets’ NAME, NAME@latest, NAME@first, NAME@N',
  multiple: true,
});

/** Flags of every command. */
export const globalFlags = {
  json: Flags.boolean({
    description: 'print one JSON document',
    helpGroup: 'GLOBAL',
    default: false,
  }),
  config: Flags.string({
    description:
      'configuration file (default: ./kms.toml, else the other places that kms.toml(5) lists)',
    helpValue: '<file>',
    helpGroup: 'GLOBAL',
  }),
  'database-url': Flags.string({
    description: 'the key store: sqlite:PATH, a path, postgres://…, mysql://… or mariadb://…',
    helpValue: '<url>',
    helpGroup: 'GLOBAL',
  }),
  'log-format': Flags.custom<LogFormat>({ options: [...LOG_FORMATS] })({
    description: 'write a log to standard error, one event per line',
    helpValue: '<format>',
    helpGroup: 'GLOBAL',
  }),
  'log-level': Flags.custom<LogLevel>({ options: [...LOG_LEVELS] })({
    description: 'how much to print on standard error (default: info on a terminal, else warn)',
    helpValue: '<level>',
    helpGroup: 'GLOBAL',
  }),
  quiet: Flags.boolean({
    char: 'q',
    description: 'print only errors',
    helpGroup: 'GLOBAL',
    default: false,
  }),
};

/** The global flags, parsed. */
export interface CommonFlags {
  readonly config?: string | undefined;
  readonly 'database-url'?: string | undefined;
  readonly 'log-format'?: LogFormat | undefined;
  readonly 'log-level'?: LogLevel | undefined;
  readonly quiet: boolean;
}

/** Flags that limit a command to some objects. */
export const filterFlags = {
  owner: textFlag({ description: 'only objects of this owner' }),
  tag: textFlag({
    description: 'only objects with this tag; if repeated, with all of them',
    multiple: true,
    helpValue: '<tag>',
  }),
  type: Flags.string({
    description: 'only objects of this type',
    options: Object.keys(OBJECT_TYPES),
    helpValue: '<Object Type>',
  }),
};

interface FilterFlags {
  readonly owner: string | undefined;
  readonly tag: string[] | undefined;
  readonly type: string | undefined;
}

export function filtersOf({ owner, tag, type }: FilterFlags): SurveyFilters {
  return { owner, tags: tag ?? [], objectType: type };
}

/** Flags that choose the objects of a policy command, in place of uids. */
export const policyFilterFlags = {
  ...filterFlags,
  algorithm: textFlag({
    description: 'only objects of this Cryptographic Algorithm',
    helpValue: '<algorithm>',
  }),
};

/** Flags of the commands that change policies. */
export const policyChangeFlags = {
  'dry-run': Flags.boolean({ description: 'show what would be changed', default: false }),
  yes: Flags.boolean({
    char: 'y',
    description: 'do not ask, even if many keys would be due at once',
    default: false,
  }),
};

/** Flags of the commands that print a list. */
export const listFlags = {
  columns: Flags.string({
    description: 'columns to show, by their titles, separated by commas',
    helpValue: '<names>',
  }),
  sort: Flags.string({
    description: 'column to sort by; a dash before its name reverses the order',
    helpValue: '<name>',
  }),
  csv: Flags.boolean({ description: 'print CSV', exclusive: ['json'], default: false }),
  'csv-safe': Flags.boolean({
    description:
      'print CSV for a spreadsheet: a text that it would take for a formula gets an apostrophe in front',
    exclusive: ['json'],
    default: false,
  }),
};

interface CsvFlags {
  readonly csv: boolean;
  readonly 'csv-safe': boolean;
}

/** Returns the flags of a list as its view takes them. */
export function listRequestOf<F extends CsvFlags>(flags: F): F & { readonly csvSafe: boolean } {
  const { csv, 'csv-safe': csvSafe } = flags;
  return { ...flags, csv: csv || csvSafe, csvSafe };
}

/** Flags of the commands that print schedules. */
export const scheduleFlags = {
  every: durationFlag({ description: 'how often keys are rotated', default: 3600 }),
  shards: countFlag({ description: 'how many runs share the work', default: 1 }),
  name: Flags.string({
    description: 'name of the schedule, if not that of the store’s label',
    helpValue: '<name>',
  }),
};

/** A flag of the commands that a scheduler runs. */
export const metricsFlag = Flags.string({
  description: 'write metrics of the run to this file, for Prometheus’ node_exporter',
  helpValue: '<file>',
});

/** Flags of the commands that rotate. */
export const rotateFlags = {
  'audit-heads': Flags.string({
    description: 'append the heads that the run leaves in the rotation log to this file',
    helpValue: '<file>',
    exclusive: ['dry-run'],
  }),
  'dry-run': Flags.boolean({
    description: 'do everything but write; the store is opened read-only',
    default: false,
  }),
  'with-certificates': Flags.boolean({
    description: 'also rotate pairs that certificates use, and reissue the certificates',
    allowNo: true,
  }),
};

// What on this host would keep scheduled runs from working, in sentences: files that the user cannot reach, and paths
// that mean something else where a scheduler starts kms.
import { existsSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { accountNamed, forbiddenPath, type Account, type Right } from './access.js';
import type { Schedule } from './schedule.js';

/** What a scheduler does so that the user need not have the right to read a file. */
export interface NoticeOptions {
  /** Whether the scheduler passes the files that are read to the user. */
  readonly passesFiles: boolean;
  /** Who runs kms: as a notice calls it. */
  readonly runner: string;
  /** The user whose rights count; null for one whom no file knows. Undefined if nobody knows them. */
  readonly user: string | null | undefined;
}

const REMEDY = 'change its rights, put it elsewhere, or give another --user';

/** Returns the notices of the schedule, and those that follow from the rights of its user. */
export function scheduleNotices(
  schedule: Schedule,
  { passesFiles, runner, user }: NoticeOptions,
): readonly string[] {
  const account = user === null ? null : user === undefined ? undefined : accountNamed(user);
  const unknown =
    typeof user === 'string' && account === undefined ? [`this host has no user ${user}`] : [];
  const denied =
    account === undefined ? [] : accessNotices(schedule, account, { passesFiles, runner });
  const nobody =
    schedule.asksForUser && user === null
      ? [
          'the server knows who connects by the user of the process, and the URL names none: give --user',
        ]
      : [];
  return [
    ...schedule.notices,
    ...unknown,
    ...nobody,
    ...relativePaths(schedule),
    ...missingFiles(schedule),
    ...denied,
  ];
}

function relativePaths({ files }: Schedule): readonly string[] {
  const executed = files.executed.filter(({ path }) => path.includes('/'));
  return [...files.read, ...executed, ...files.written]
    .filter(({ path }) => !isAbsolute(path))
    .map(
      ({ namedBy, path }) =>
        `${namedBy} is the relative path ${path}, and a scheduler starts kms in another folder: make it absolute`,
    );
}

function missingFiles({ files, path: folders }: Schedule): readonly string[] {
  const isMissing = (path: string) =>
    path.includes('/')
      ? isAbsolute(path) && !existsSync(path)
      : !folders.some((folder) => existsSync(join(folder, path)));
  return [...files.read, ...files.executed]
    .filter(({ path }) => isMissing(path))
    .map(({ namedBy, path }) =>
      path.includes('/')
        ? `${namedBy}: there is no ${path} on this host`
        : `${namedBy}: ${path} is not in ${folders.join(delimiter)}: give its path`,
    );
}

function accessNotices(
  schedule: Schedule,
  account: Account,
  { passesFiles, runner }: Pick<NoticeOptions, 'passesFiles' | 'runner'>,
): readonly string[] {
  const { kms, path, configFile, secrets, files, sqlite } = schedule;
  const node = path.map((folder) => join(folder, 'node')).find((file) => existsSync(file));
  const toReach = (what: string, file: string, right: Right) => {
    if (!isAbsolute(file) || !existsSync(file)) return [];
    const forbidden = forbiddenPath(file, right, account);
    if (forbidden === null) return [];
    const through = forbidden === file ? '' : `, because of ${forbidden}`;
    return [`${runner} may not ${right} ${what}, ${file}${through}: ${REMEDY}`];
  };
  const read = [
    ...(configFile === null ? [] : [{ namedBy: 'the configuration file', path: configFile }]),
    ...secrets.map(({ variable, file }) => ({ namedBy: `the file of ${variable}`, path: file })),
    ...files.read,
  ];
  return [
    ...toReach('the program', kms, 'execute'),
    ...(node === undefined ? [] : toReach('Node.js', node, 'execute')),
    ...(sqlite === null ? [] : toReach('the folder of the store', dirname(sqlite), 'write')),
    ...(passesFiles
      ? []
      : read.flatMap(({ namedBy, path: file }) => toReach(namedBy, file, 'read'))),
    ...files.executed.flatMap(({ namedBy, path: file }) =>
      toReach(`the hook of ${namedBy}`, file, 'execute'),
    ),
    ...files.written.flatMap(({ namedBy, path: file }) =>
      toReach(`the folder of ${namedBy}`, dirname(file), 'write'),
    ),
  ];
}

// Runs `kms doctor` and puts what it found in a few words. No assertions here.
import Doctor from '../../src/commands/doctor.js';
import { runJson } from './command.js';
import { AFTER_CRASH } from './crash-store.js';

export interface DoctorDocument {
  readonly summary: Readonly<Record<string, number>>;
  readonly findings: readonly {
    readonly message: string;
    readonly code: string;
    readonly uids: readonly string[];
    readonly outcome: string;
    readonly severity: string;
    readonly repair: string;
    readonly why: string;
  }[];
}

export async function doctor(
  url: string,
  argv: readonly string[] = [],
  now = AFTER_CRASH,
): Promise<DoctorDocument & { readonly exitCode: number }> {
  const { exitCode, document } = await runJson(Doctor, url, argv, now);
  return { exitCode, ...(document as DoctorDocument) };
}

/** Repairs what doctor proposes: each uid that it asks for is confirmed with --keep. */
export async function fix(url: string, argv: readonly string[] = [], now = AFTER_CRASH) {
  const { findings } = await doctor(url, argv, now);
  const proposed = findings.flatMap(({ repair }) => /--keep (\S+)/.exec(repair)?.[1] ?? []);
  return doctor(
    url,
    ['--fix', '--yes', ...argv, ...proposed.flatMap((uid) => ['--keep', uid])],
    now,
  );
}

export const codesOf = ({ findings }: Pick<DoctorDocument, 'findings'>) =>
  findings.map(({ code, uids, outcome }) => `${code} ${uids.join(' ')}: ${outcome}`);

export const proposalsOf = ({ findings }: Pick<DoctorDocument, 'findings'>) =>
  findings.map(
    ({ uids: [uid], repair, outcome }) => `${uid}: ${/--keep \S+/.exec(repair)?.[0]}, ${outcome}`,
  );

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

export function fix(url: string, argv: readonly string[] = [], now = AFTER_CRASH) {
  return doctor(url, ['--fix', '--yes', ...argv], now);
}

export const codesOf = ({ findings }: Pick<DoctorDocument, 'findings'>) =>
  findings.map(({ code, uids, outcome }) => `${code} ${uids.join(' ')}: ${outcome}`);

// The closed list of reasons why something failed, and the one table of exit codes that help, manual and schedules
// are tested against. cli/report-error.ts prints an error.

/** What a scheduler does after each exit code; the schedules that kms prints are built from it. */
export type SchedulerAction =
  /** Nothing. */
  | 'done'
  /** Tell somebody; trying again at once does not help. */
  | 'look'
  /** Try again: it may succeed in a moment. */
  | 'retry'
  /** Run again: there is more to do. */
  | 'run-again'
  /** It was stopped from outside. */
  | 'ended';

/** Every exit code of kms, and what a scheduler should do about it. */
export const EXIT_CODES = [
  {
    code: 0,
    meaning: 'nothing was due, or all that was due is rotated',
    advice: '–',
    action: 'done',
  },
  { code: 1, meaning: 'a bug in kms', advice: 'report it', action: 'look' },
  {
    code: 2,
    meaning: 'wrong flags, arguments or configuration',
    advice: 'do not retry',
    action: 'look',
  },
  {
    code: 3,
    meaning: 'database not reachable, or not a store that kms can use',
    advice: 'retry',
    action: 'retry',
  },
  {
    code: 4,
    meaning: 'one or more objects could not be rotated; the others are committed',
    advice: 'find out why; the next run tries again',
    action: 'look',
  },
  {
    code: 5,
    meaning: 'stopped early by --max-keys, --max-duration or a first signal, with keys still due',
    advice: 'run again',
    action: 'run-again',
  },
  {
    code: 6,
    meaning:
      'all rotations done, but a hook or notification failed (it is retried next run), or standard output could not be written',
    advice: 'find out why',
    action: 'look',
  },
  { code: 130, meaning: 'killed by a second SIGINT', advice: '–', action: 'ended' },
  { code: 143, meaning: 'killed by a second SIGTERM', advice: '–', action: 'ended' },
] as const satisfies readonly {
  code: number;
  meaning: string;
  advice: string;
  action: SchedulerAction;
}[];

/** Returns the exit codes after which a scheduler does this, in ascending order. */
export function exitCodesFor(action: SchedulerAction): readonly ExitCode[] {
  return EXIT_CODES.filter((row) => row.action === action).map(({ code }) => code);
}

/** The table as help shows it, one code per line. */
export const EXIT_CODE_HELP: string = EXIT_CODES.map(
  ({ code, meaning }) => `${code}: ${meaning}`,
).join('\n');

export type ExitCode = (typeof EXIT_CODES)[number]['code'];

/** Every reason, with the exit code of a command that fails for it. */
export const REASONS = {
  Internal: 1,
  InvalidArgument: 2,
  InvalidConfiguration: 2,
  AuditKey: 2,
  StoreNotFound: 3,
  StoreUnreachable: 3,
  StoreAccessDenied: 3,
  StoreAccountLocked: 3,
  StoreConnectionLimit: 3,
  StoreDatabaseMissing: 3,
  StoreLoginUnsupported: 3,
  StoreBusy: 3,
  StoreReadOnly: 3,
  StoreFull: 3,
  StoreFailure: 3,
  NotAStore: 3,
  StoreNotInitialised: 3,
  StoreUnfit: 3,
  StoreClockSkew: 3,
  UnknownUid: 4,
  UidTaken: 4,
  AmbiguousKeyset: 4,
  KeysetConflict: 4,
  NotLatestOfKeyset: 4,
  AlreadyReplaced: 4,
  NotRetiring: 4,
  WrongState: 4,
  HsmResident: 4,
  DependantsBehindHsm: 4,
  ServerRefused: 4,
  ServerUnreachable: 4,
  WrongServer: 4,
  ServerRequestOpen: 4,
  ReplacementDiffers: 4,
  WrappingKeyMissing: 4,
  WrappingKeyNotActive: 4,
  WrappingKeyUnfit: 4,
  WrappingCycle: 4,
  DependantNotRewrapped: 4,
  DependantsLeft: 4,
  KeyEncryptionKey: 4,
  PublicKey: 4,
  Unsupported: 4,
  UnsoundPair: 4,
  CertificateInUse: 4,
  NoPrivateKey: 4,
  KeyMismatch: 4,
  SigningKeyNotActive: 4,
  IssuerMissing: 4,
  IssuerNotActive: 4,
  IssuerExpired: 4,
  IssuerUnfit: 4,
  UnsupportedWrapping: 4,
  CannotUnwrap: 4,
  Undecidable: 4,
  MalformedObject: 4,
  ConcurrentChange: 4,
  TransactionLimit: 4,
  RowRefused: 4,
  RowLocked: 3,
  TransactionCut: 3,
  CommitLost: 3,
  OutputUnwritable: 6,
} as const satisfies Record<string, ExitCode>;

export type Reason = keyof typeof REASONS;

interface KmsErrorDetails {
  readonly uid?: string;
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * A failure that we foresaw. The message says what failed, in lower case, without a full stop and without a secret;
 * the hint says what to do next.
 */
export class KmsError extends Error {
  readonly reason: Reason;
  readonly uid: string | null;
  readonly hint: string | null;

  constructor(reason: Reason, message: string, details: KmsErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = 'KmsError';
    this.reason = reason;
    this.uid = details.uid ?? null;
    this.hint = details.hint ?? null;
  }
}

/** Returns the exit code of an error: that of its reason, or 1 if we did not foresee it. */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof KmsError ? REASONS[error.reason] : 1;
}

/** Returns the most serious of several exit codes: 1 before 2, 2 before 3 … 6, and 0 last. */
export function mostSerious(codes: readonly ExitCode[]): ExitCode {
  return codes.filter((code) => code !== 0).sort((a, b) => a - b)[0] ?? 0;
}

/** Returns an error of ours unchanged, and any other error as `Internal`, with its cause. */
export function asKmsError(error: unknown): KmsError {
  if (error instanceof KmsError) return error;
  // The message of a foreign error may quote a secret; its name cannot.
  const name = error instanceof Error ? error.name : typeof error;
  return new KmsError('Internal', `unexpected ${name}`, {
    hint: 'this is a bug in kms: report it with the command and the version',
    cause: error,
  });
}

/** What a log says of an error that we did not foresee, without its message, which may quote a secret. */
export interface UnexpectedCause {
  readonly cause: string | null;
  readonly code: string | null;
  readonly stack: string | null;
}

/** Returns class, code and stack of what made an error `Internal`; nulls for any other reason. */
export function unexpectedCauseOf(error: KmsError | null): UnexpectedCause {
  if (error?.reason !== 'Internal') return { cause: null, code: null, stack: null };
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  return {
    cause: cause instanceof Error ? cause.constructor.name : typeof cause,
    // A code is one word, such as ECONNRESET or 40001: never text that could quote a value.
    code: typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : null,
    stack: framesOf(cause),
  };
}

/** Returns where an error was thrown: its stack without the message, which may quote a secret. */
export function framesOf(cause: unknown): string {
  const stack = cause instanceof Error ? (cause.stack ?? '') : '';
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}

/** Returns what a function returns, or the error of ours that it throws. */
export function resultOrError<T>(compute: () => T): T | KmsError {
  try {
    return compute();
  } catch (error) {
    if (error instanceof KmsError) return error;
    throw error;
  }
}

/** Runs a task, and returns the error that it threw, if any. */
export async function errorThrownBy(task: () => Promise<void>): Promise<KmsError | null> {
  try {
    await task();
    return null;
  } catch (error) {
    return asKmsError(error);
  }
}

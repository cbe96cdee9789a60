// Errors of the operating system, by their codes.

/** Says whether an error is one of the system with one of these codes, such as EBUSY. */
export function isSystemError(error: unknown, codes: readonly string[]): boolean {
  const code = systemCodeOf(error);
  return code !== null && codes.includes(code);
}

/** Returns the code of an error of the system; null for any other error. */
export function systemCodeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

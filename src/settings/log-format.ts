// In which form standard error is written when it is a log: one event a line.
export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/**
 * Returns the form that the arguments or the environment name, for what is said before they are parsed; null if
 * they name none.
 */
export function logFormatIn(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): LogFormat | null {
  const at = argv.findIndex((argument) => argument.startsWith('--log-format'));
  const [, inFlag = argv[at + 1]] = (argv[at] ?? '').split('=');
  const named = at === -1 ? env['KMS_LOG_FORMAT'] : inFlag;
  return LOG_FORMATS.find((format) => format === named) ?? null;
}

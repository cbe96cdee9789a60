// The formats of standard error as a log, which has one event a line.
export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Returns the format that the arguments or the environment name, for messages before they are parsed; null if none. */
export function logFormatIn(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): LogFormat | null {
  const at = argv.findIndex((argument) => argument.startsWith('--log-format'));
  const [, inFlag = argv[at + 1]] = (argv[at] ?? '').split('=');
  const named = at === -1 ? env['KMS_LOG_FORMAT'] : inFlag;
  return LOG_FORMATS.find((format) => format === named) ?? null;
}

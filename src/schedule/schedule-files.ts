// Prints several files of a scheduler one below the other, each under its path.

export interface ScheduleFile {
  readonly name: string;
  readonly content: string;
}

/** Yields the files, then the commands to run once they are in place. */
export function* scheduleFiles(
  folder: string,
  files: readonly ScheduleFile[],
  next: readonly string[],
): Generator<string> {
  for (const { name, content } of files) {
    yield `# ${folder}/${name}`;
    yield content;
  }
  for (const command of next) yield `# ${command}`;
}

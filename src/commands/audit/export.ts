// `kms audit export`: the rows of the rotation log, for tools that keep, search and check them.
import { existsSync, readFileSync } from 'node:fs';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { clock } from '../../cli/clock.js';
import { durationFlag } from '../../cli/flags.js';
import { KmsError } from '../../errors.js';
import { writeNamedFile } from '../../files/write-named-files.js';
import { writeNamedStream } from '../../files/write-named-stream.js';
import { formatInstant } from '../../kmip/date-time.js';
import { pagedListing } from '../../output/listing.js';
import { isOutputWritten } from '../../output/standard-streams.js';
import { writeLines } from '../../output/write-lines.js';
import { formatCursor, parseCursor, type Cursor } from '../../report/audit/cursor.js';
import { exportedLine, LINE_FORMATS, type LineFormat } from '../../report/audit/export-formats.js';
import type { LogSnapshot } from '../../store/own/chain/read-chains.js';
import { isSealed, type SealedRow } from '../../store/own/chain/sealed-row.js';
import { EXPORT_COLUMNS } from '../../views/audit/export-columns.js';

type Format = LineFormat | 'csv';

export default class AuditExport extends BaseCommand {
  static override summary = 'print the rotation log for tools that keep, search or check it';

  static override description = `Prints the sealed rows of the rotation log, those of each chain in order. jsonl is the form that was sealed, with its hash: kms audit verify --file checks it. cef is the Common Event Format, ocsf has events of the class Entity Management.

With --cursor only rows are printed that no earlier export with that file has printed. The file is written when the output is complete.`;

  static override examples = [
    '<%= config.bin %> audit export > log.jsonl',
    '<%= config.bin %> audit export --cursor siem.cursor --format cef',
  ];

  static override flags = {
    format: Flags.custom<Format>({ options: [...LINE_FORMATS, 'csv'] })({
      description: 'the form of the rows',
      helpValue: '<format>',
      default: 'jsonl',
    }),
    since: durationFlag({ description: 'only rows no older than this', exclusive: ['cursor'] }),
    cursor: Flags.string({
      description: 'only rows that are not yet in this file, which is brought up to date',
      helpValue: '<file>',
    }),
    output: Flags.string({ description: 'write to this file', helpValue: '<file>' }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(AuditExport);
    if (this.printer.isJson() && flags.output === undefined) throw needsOutput();
    const config = this.configuration(flags);
    const since = flags.since === undefined ? null : formatInstant(clock.now() - flags.since);
    const reached = new Map<string, number>();
    const { cursor: path, output, format } = flags;
    const cursor =
      path === undefined || !existsSync(path)
        ? NONE
        : parseCursor(path, readFileSync(path, 'utf8'));
    let rows = 0;
    await this.session.withStore(config, 'read', (store) =>
      store.readLogSnapshot(async (log) => {
        const pages = counting(
          pagesFrom(log, { since, cursor }, reached),
          (count) => (rows += count),
        );
        const lines = format === 'csv' ? this.csv(pages) : linesOf(pages, format);
        if (output === undefined) await writeLines(process.stdout, lines);
        else await writeNamedStream('--output', output, lines);
      }),
    );
    const isWritten = output !== undefined || (await isOutputWritten());
    if (path !== undefined && isWritten) writeNamedFile('--cursor', path, formatCursor(reached));
    const document = { schema: 'kms.audit-export/v1', format, rows, output: output ?? null };
    return this.finish(document, 0);
  }

  private csv(pages: AsyncGenerator<readonly SealedRow[]>): AsyncGenerator<string> {
    return pagedListing(EXPORT_COLUMNS, pages, { csv: true }, this.printer.out);
  }
}

const NONE: Cursor = new Map();

/** Yields the rows, and notes how far each chain was read. */
async function* pagesFrom(
  log: LogSnapshot,
  { since, cursor }: { readonly since: string | null; readonly cursor: Cursor },
  reached: Map<string, number>,
): AsyncGenerator<readonly SealedRow[]> {
  for await (const page of log.rows()) {
    const rows = page.filter(isSealed);
    for (const { chain, seq } of rows) reached.set(chain, seq);
    yield rows.filter(
      ({ at, chain, seq }) => (since === null || at >= since) && seq > (cursor.get(chain) ?? -1),
    );
  }
}

async function* counting<T>(
  pages: AsyncGenerator<readonly T[]>,
  count: (rows: number) => void,
): AsyncGenerator<readonly T[]> {
  for await (const page of pages) {
    count(page.length);
    yield page;
  }
}

async function* linesOf(
  pages: AsyncGenerator<readonly SealedRow[]>,
  format: LineFormat,
): AsyncGenerator<string> {
  for await (const page of pages) for (const row of page) yield exportedLine(row, format);
}

function needsOutput(): KmsError {
  return new KmsError(
    'InvalidArgument',
    'the rows and the document of --json cannot both be printed',
    {
      hint: 'add --output FILE for the rows',
    },
  );
}

// The manual against the program: it has every command, every flag and every exit code, and is clean mdoc.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { EXIT_CODES } from '../../src/errors.js';
import {
  manualPages,
  manualSection,
  pageOf,
  ROOT,
  shownCommands,
  textOf,
} from '../support/examples.js';
import { needPrograms } from '../support/programs.js';
import { schemaNames } from '../support/schema.js';

const commands = shownCommands();

/** Pages about no single command. */
const OTHER_PAGES = [
  ...['kms.1', 'kms.toml.5', 'kms-compliance.7', 'kms-databases.7', 'kms-notify.7'],
  ...['kms-rotation.7', 'kms-scheduling.7', 'kms-telemetry.7'],
];

describe('the manual', () => {
  it('has a page for each command, and no other but those listed here', () => {
    const pages = Object.keys(commands).map((id) => `${pageOf(id)}.1`);
    assert.deepEqual(manualPages(), [...OTHER_PAGES, ...pages].sort());
  });

  it('has, like README.md, what the program’s own tables say today (npm run manual)', () => {
    const made = spawnSync(process.execPath, ['--import', 'tsx', 'bin/dev/manual.js', '--check'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    assert.deepEqual([made.stdout, made.stderr, made.status], ['', '', 0]);
  });

  it('is clean mdoc', function () {
    needPrograms(this, 'mandoc');
    const pages = manualPages().map((page) => `${ROOT}man/${page}`);
    const { stdout, stderr } = spawnSync('mandoc', ['-T', 'lint', ...pages], { encoding: 'utf8' });
    // Pages that are not installed cannot be found; that each of ours is there is tested above.
    const complaints = `${stdout}${stderr}`
      .split('\n')
      .filter((line) => line !== '' && !/referenced manual not found|mandoc\.db/.test(line));
    assert.deepEqual(complaints, []);
  });

  for (const [id, { flags }] of Object.entries(commands)) {
    it(`lists ${pageOf(id)} in kms(1)`, () => {
      assert.match(textOf('man/kms.1'), new RegExp(`^\\.It Xr ${pageOf(id)} 1$`, 'm'));
    });

    it(`lists every flag of ${pageOf(id)}, in its synopsis and with its meaning, and none besides`, () => {
      const page = textOf(`man/${pageOf(id)}.1`);
      const own = Object.entries(flags).filter(([, { helpGroup }]) => helpGroup !== 'GLOBAL');
      const expected = own.map(([flag]) => flag).sort();
      assert.deepEqual(flagsIn(page, /^\.It Fl .*$/gm).sort(), expected);
      assert.deepEqual(flagsIn(manualSection(page, 'SYNOPSIS'), /^\.Op .*$/gm).sort(), expected);
      for (const [flag, { char }] of own) {
        if (char !== undefined) assert.ok(page.includes(`.It Fl ${char} , Fl -${flag}\n`), flag);
      }
    });

    it(`lists in kms(1) every flag that ${pageOf(id)} shares with all commands, and refers to it`, () => {
      const shared = Object.entries(flags).filter(([, { helpGroup }]) => helpGroup === 'GLOBAL');
      const listed = flagsIn(textOf('man/kms.1'), /^\.It Fl .*$/gm).sort();
      assert.deepEqual(listed, ['help', ...shared.map(([flag]) => flag)].sort());
      const page = textOf(`man/${pageOf(id)}.1`);
      assert.match(manualSection(page, 'SYNOPSIS'), /^\.Op Ar common options$/m);
      assert.match(page, /^Options that all commands take[^]*?\n\.Xr kms 1 \.$/m);
    });
  }

  for (const name of schemaNames()) {
    it(`lists the JSON Schema of kms.${name}/v1 in kms(1)`, () => {
      assert.ok(textOf('man/kms.1').includes(`.It Li kms.${name}/v1\n`));
    });
  }

  for (const { code, meaning } of EXIT_CODES) {
    it(`tells the meaning of exit code ${code} in kms(1)`, () => {
      const statuses = plain(manualSection(textOf('man/kms.1'), 'EXIT STATUS'));
      assert.ok(statuses.includes(`.It ${code} ${meaning} `), statuses);
    });

    it(`tells the meaning of exit code ${code} in README.md`, () => {
      const rows = textOf('README.md')
        .split('\n')
        .filter((line) => line.startsWith('|'))
        .map((line) => line.split('|').map((cell) => plain(cell.replaceAll('`', '')).trim()));
      const row = rows.find((cells) => cells[1] === String(code));
      assert.equal(row?.[2], meaning);
    });
  }

  it('lists no exit code besides', () => {
    const listed = manualSection(textOf('man/kms.1'), 'EXIT STATUS').matchAll(/^\.It (\d+)$/gm);
    assert.deepEqual(
      [...listed].map(([, code]) => Number(code)),
      EXIT_CODES.map(({ code }) => code),
    );
  });
});

/** Returns the long flags in the lines that match. */
function flagsIn(page: string, lines: RegExp): string[] {
  const matching = (page.match(lines) ?? []).join('\n');
  return [...matching.matchAll(/ -([a-z][a-z-]*)/g)].map(([, flag]) => flag!);
}

/** Returns a text on one line, with its dashes as they are read. */
function plain(text: string): string {
  return text.replaceAll('\\-', '-').replaceAll(/\s+/g, ' ');
}

// The manual beside the program: every command, every flag and every exit code stands in it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { EXIT_CODES } from '../../src/errors.js';
import { manualSection, pageOf, ROOT, shownCommands, textOf } from '../support/examples.js';
import { installed } from '../support/packages.js';

const commands = shownCommands();

describe('the manual', () => {
  it('has a page for each command, and none besides', () => {
    const pages = Object.keys(commands).map((id) => `${pageOf(id)}.1`);
    const there = readdirSync(`${ROOT}man`).filter((name) => name !== 'first-minutes.svg');
    assert.deepEqual(there.sort(), ['kms.1', 'kms.toml.5', ...pages].sort());
  });

  it('is as the definitions of commands and settings make it (npm run manual)', () => {
    const made = spawnSync(process.execPath, ['--import', 'tsx', 'bin/dev/manual.js', '--check'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    assert.deepEqual([made.stdout, made.stderr, made.status], ['', '', 0]);
  });

  it('is clean mdoc', function () {
    if (!installed('mandoc')) return this.skip();
    const pages = readdirSync(`${ROOT}man`)
      .filter((name) => /\.\d$/.test(name))
      .map((page) => `${ROOT}man/${page}`);
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
      const expected = ['help', ...Object.keys(flags)].sort();
      assert.deepEqual(flagsIn(page, /^\.It Fl .*$/gm).sort(), expected);
      assert.deepEqual(
        flagsIn(manualSection(page, 'SYNOPSIS'), /^\.Op .*$/gm).sort(),
        expected.filter((flag) => flag !== 'help'),
      );
      for (const [flag, { char }] of Object.entries(flags)) {
        if (char !== undefined) assert.ok(page.includes(`.It Fl ${char} , Fl -${flag}\n`), flag);
      }
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

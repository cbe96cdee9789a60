// Whether a hook can be started is found without starting it, and said so that it can be mended.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KmsError } from '../../../src/errors.js';
import { assertExecutable } from '../../../src/notify/hooks/executable.js';
import { temporaryFolder } from '../../support/temporary.js';

const FOLDER = temporaryFolder();
const PATH = `${FOLDER}:/usr/bin:/bin`;

function file(name: string, text: string, mode = 0o755): string {
  const path = join(FOLDER, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

function mistake(argv: readonly string[]): string | null {
  try {
    assertExecutable(argv, PATH);
    return null;
  } catch (error) {
    assert.ok(error instanceof KmsError);
    return `${error.message}; ${error.hint ?? ''}`;
  }
}

describe('the executable of a hook', () => {
  const script = file('ok.sh', '#!/bin/sh\nexit 0\n');
  mkdirSync(join(FOLDER, 'folder'));

  for (const argv of [
    [script],
    ['ok.sh', 'argument'],
    ['/bin/true'],
    [file('plain', 'exit 0\n')],
    [file('empty', '')],
    [file('with-argument', '#! /bin/sh -e\n')],
    [file('by-env', '#!/usr/bin/env sh\n')],
    [file('by-env-s', '#!/usr/bin/env -S sh -e\n')],
  ]) {
    it(`is found: ${argv.join(' ').replace(FOLDER, '')}`, () => {
      assert.equal(mistake(argv), null);
      assert.equal(spawnSync(argv[0]!, argv.slice(1), { env: { PATH } }).status, 0);
    });
  }

  for (const [argv, told] of [
    [`${script} invoices.service`, /is not there; write arguments apart: \["\/path/],
    ['~/bin/x', /is not there; write the whole path: no shell expands ~/],
    ['/none/x', /is not there; give the path of an executable/],
    ['no-such-program', /is in no folder of PATH/],
    [file('0644', '#!/bin/sh\n', 0o644), /is not executable; chmod \+x/],
    [join(FOLDER, 'folder'), /is not a file/],
    [`${script}/x`, /is not there/],
    [file('no-interpreter', '#!/none/python3 -u\n'), /interpreter "\/none\/python3", which is not/],
    [file('crlf', '#!/bin/sh\r\nexit 0\r\n'), /"\/bin\/sh\\r", which is not there; end its lines/],
    [
      file('no-program', '#!/usr/bin/env no-such-program\n'),
      /"no-such-program", which is in no fo/,
    ],
    [file('bare', '#!sh\n'), /"sh", which is not there/],
  ] as const) {
    it(`is told when it cannot be started: ${argv.replace(FOLDER, '')}`, () => {
      assert.match(mistake([argv]) ?? '', told);
      assert.notEqual(spawnSync(argv, { env: { PATH } }).status, 0);
    });
  }
});

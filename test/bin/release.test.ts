// What `npm version` does for a release, in a repository with a remote of its own: it closes the changelog, commits, tags
// and pushes. Lint and tests, which it runs first, are left out here.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT, textOf } from '../support/examples.js';
import { temporaryFolder } from '../support/temporary.js';

const COPIED = ['.npmrc', 'package-lock.json', 'bin/dev/changelog.js'];
const EMPTY = '# Changelog\n\n## [Unreleased]\n\n## [0.0.1] - 2026-01-02\n\n- The first one.\n';
const FILLED = EMPTY.replace('[Unreleased]\n', '[Unreleased]\n\n### Added\n\n- A command.\n');

describe('a release', () => {
  const home = temporaryFolder();
  const folder = join(home, 'work');
  const name = 'Ops';
  const email = 'ops@example.org';
  const env = {
    ...{ HOME: home, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` },
    ...{ GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email },
    ...{ GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email },
  };
  const git = (...words: readonly string[]) =>
    execFileSync('git', words, { cwd: folder, env, encoding: 'utf8', stdio: 'pipe' }).trim();
  const remote = (...words: readonly string[]) => git('-C', join(home, 'remote.git'), ...words);
  const npmVersion = (...words: readonly string[]) =>
    spawnSync('npm', ['version', ...words], { cwd: folder, env, encoding: 'utf8' });
  const changelog = (action: string) =>
    spawnSync(process.execPath, ['bin/dev/changelog.js', action], {
      cwd: folder,
      encoding: 'utf8',
    });

  before(() => {
    mkdirSync(join(folder, 'bin/dev'), { recursive: true });
    for (const path of COPIED) cpSync(join(ROOT, path), join(folder, path));
    const manifest = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    delete manifest.scripts['preversion'];
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(folder, 'CHANGELOG.md'), EMPTY);
    git('init', '--quiet', '--initial-branch', 'main');
    git('init', '--quiet', '--bare', '--initial-branch', 'main', join(home, 'remote.git'));
    git('add', '.');
    git('commit', '--quiet', '--message', 'first');
    git('remote', 'add', 'origin', join(home, 'remote.git'));
    git('push', '--quiet', '--set-upstream', 'origin', 'main');
  });

  it('is refused while the changelog has nothing to say of it', () => {
    const { status, stderr } = npmVersion('minor');
    assert.equal(status, 1);
    assert.match(stderr, /CHANGELOG\.md has nothing under \[Unreleased\]/);
    assert.equal(remote('tag', '--list'), '');
    git('checkout', '--quiet', '.');
  });

  it('is one commit and one tag, both pushed', () => {
    writeFileSync(join(folder, 'CHANGELOG.md'), FILLED);
    git('commit', '--quiet', '--all', '--message', 'second');
    const { status, stderr } = npmVersion('0.2.0');
    assert.equal(status, 0, stderr);
    assert.equal(remote('log', '--format=%s', '-1', 'v0.2.0'), 'release: 0.2.0');
    assert.equal(remote('rev-parse', 'main'), remote('rev-parse', 'v0.2.0^{commit}'));
    for (const file of ['package.json', 'package-lock.json']) {
      const { version } = JSON.parse(remote('show', `v0.2.0:${file}`)) as { version: string };
      assert.equal(version, '0.2.0', file);
    }
  });

  it('has its changes under its version and date, and a place for the next ones', () => {
    const today = new Date().toISOString().slice(0, 10);
    assert.equal(
      readFileSync(join(folder, 'CHANGELOG.md'), 'utf8'),
      FILLED.replace('[Unreleased]', `[Unreleased]\n\n## [0.2.0] - ${today}`),
    );
    assert.equal(changelog('notes').stdout, '### Added\n\n- A command.\n');
  });

  it('keeps the section that the changelog already has for a version', () => {
    assert.equal(changelog('close').status, 0);
    assert.equal(git('status', '--short'), '');
  });
});

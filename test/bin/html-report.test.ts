// The HTML report in a real browser: readable without a script, sorted by one, nothing loaded from elsewhere.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOn } from '../support/binary.js';
import { needPrograms } from '../support/programs.js';
import { insertRows, newStorePath } from '../support/sqlite.js';
import { aSymmetricKey, DAY } from '../support/symmetric-keys.js';
import { temporaryFolder } from '../support/temporary.js';

const CHROMIUM = '/usr/bin/chromium';
const QUIET = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

function domOf(html: string): string {
  const folder = temporaryFolder();
  const page = join(folder, 'report.html');
  writeFileSync(page, html);
  const { stdout, stderr, status } = spawnSync(
    CHROMIUM,
    [...QUIET, `--user-data-dir=${join(folder, 'profile')}`, '--dump-dom', `file://${page}`],
    { encoding: 'utf8', maxBuffer: 2 ** 26 },
  );
  assert.equal(status, 0, stderr);
  return stdout;
}

const uidsIn = (dom: string) =>
  [...dom.matchAll(/<span class="uid">(.*?)<\/span>/g)].map(([, uid]) => uid);

describe('the HTML report in a browser', function () {
  this.timeout(180_000);
  let html: string;
  let store: string;

  before(async function () {
    needPrograms(this, 'chromium');
    store = await newStorePath();
    insertRows(store, [
      aSymmetricKey({ uid: 'b' }),
      aSymmetricKey({ uid: 'a <script>', initialDate: 1_700_000_000 }),
      aSymmetricKey({ uid: 'c', initialDate: 1_600_000_000, intervalSeconds: 20_000 * DAY }),
    ]);
    const ended = await runOn(store, ['report', '--format', 'html', '--all']);
    assert.equal(ended.code, 0, ended.stderr);
    html = ended.stdout;
  });

  it('shows every key and the charts, uids as they are', () => {
    const dom = domOf(html.replace(/<script>[^]*<\/script>/, ''));
    assert.deepEqual(uidsIn(dom), ['a &lt;script&gt;', 'b', 'c']);
    assert.equal([...dom.matchAll(/<caption>/g)].length, 2);
    assert.match(dom, /<h1>2 of 3 keys do not comply<\/h1>/);
  });

  it('lists the keys that comply only if they are asked for, and says what to do', async () => {
    const { stdout } = await runOn(store, ['report', '--format', 'html']);
    const dom = domOf(stdout);
    assert.deepEqual(uidsIn(dom), ['a &lt;script&gt;', 'b']);
    assert.match(dom, /<h1>2 of 3 keys do not comply<\/h1>/);
    assert.match(
      dom,
      />overdue<\/th><td class="count">2<\/td>.*?kms rotate due rotates them, or says /,
    );
    const { stdout: empty } = await runOn(await newStorePath(), ['report', '--format', 'html']);
    assert.match(empty, /<h1>There is no key that could be rotated<\/h1>/);
  });

  it('sorts by the column whose heading is clicked, and back', () => {
    const clicking = (times: number) =>
      html.replace(
        '</body>',
        `<script>for (let i = 0; i < ${times}; i += 1) document.querySelectorAll('.keys button')[4].click();</script></body>`,
      );
    assert.deepEqual(uidsIn(domOf(clicking(1))), ['c', 'a &lt;script&gt;', 'b']);
    assert.deepEqual(uidsIn(domOf(clicking(2))), ['b', 'a &lt;script&gt;', 'c']);
  });
});

// The page of `kms report --format html` as far as no browser is needed: test/bin/html-report.test.ts has one.
import assert from 'node:assert/strict';
import { monthBars } from '../../../src/views/compliance/compliance-charts.js';
import { complianceHtml } from '../../../src/views/compliance/compliance-html.js';
import { countsOf, type ReportedKey } from '../../../src/views/compliance/compliance-report.js';
import type { ReportSubject } from '../../../src/views/compliance/report-subject.js';
import { PALETTES } from '../../../src/views/compliance/compliance-style.js';
import { DAY, JANUARY } from '../../support/symmetric-keys.js';

const KEY = {
  uid: 'prod/a_key<b>',
  owner: 'ops@example.org',
  algorithm: 'AES',
  objectType: 'SymmetricKey',
  length: 256,
  since: JANUARY - DAY,
  deadline: JANUARY + DAY,
  notAfter: null,
  violations: [{ name: 'weak', detail: 'since 2026-01-09T08:00:00Z' }],
  conditions: [],
} as unknown as ReportedKey;

const SUBJECT: ReportSubject = {
  ...{
    store: 'kms-3f2a9c1b',
    storeId: null,
    url: 'sqlite:/<kms>.db',
    host: 'db1',
    version: '1.2.3',
  },
  ...{ filters: { owner: 'ops', tags: ['env:prod'] }, firstDeadline: 'offset', hsm: 'fail' },
  ends: { beforeEndSeconds: 7 * 86400, usagePercent: 10 },
  minimumStrengthBits: 112,
  maxIntervalSeconds: 730 * 86400,
  warningDays: [30, 7],
  auditHeads: [{ chain: '11111111-0000', seq: 3, hash: '0123456789abcdef'.repeat(4) }],
};

const page = (keys: readonly ReportedKey[], all = true) =>
  [
    ...complianceHtml(
      { now: JANUARY, keys, counts: countsOf(keys), findings: [], retiring: [] },
      SUBJECT,
      {
        all,
        comparison: null,
      },
    ),
  ].join('\n');

/** Relative luminance by WCAG 2.2. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((one, other) => one - other);
  return (light + 0.05) / (dark + 0.05);
}

describe('the HTML report', () => {
  it('says what it is about: store, host, version, time, filters, rules and heads of the log', () => {
    const facts = [...page([KEY]).matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/g)].slice(0, 7);
    assert.deepEqual(
      facts.map(([, name, value]) => [name, value?.replace(/<.*?>/g, '')]),
      [
        ['As of', '2026-01-10T08:00:00Z'],
        ['Keys', '1'],
        ['Store', 'kms-3f2a9c1b (sqlite:/&lt;kms&gt;.db)'],
        ['Seen from', 'db1, kms 1.2.3'],
        ['Filters', 'owner ops, tag env:prod'],
        [
          'Rules',
          'first deadline offset, rotation 7d before an end and at 10 % of the Usage Limits, hsm fail, at least 112 bits of security, intervals of at most 730d, warnings 30, 7 days before a deadline',
        ],
        ['Audit heads', `11111111-0000:3:${'0123456789abcdef'.repeat(4)}`],
      ],
    );
  });

  it('has a language, a title, one main part, and loads nothing', () => {
    const html = page([KEY]);
    assert.match(html, /^<!doctype html>\n<html lang="en">/);
    assert.match(
      html,
      /<title>1 of 1 keys that match the filters does not comply, kms-3f2a9c1b, 2026-01-10T08:00:00Z<\/title>/,
    );
    assert.equal(html.match(/<main>/g)?.length, 1);
    assert.match(html, /Content-Security-Policy" content="default-src 'none'; style-src/);
    assert.doesNotMatch(html, /\b(src|href|action)=|@import|url\(|https?:|<link|\son\w+="/);
  });

  it('gives every heading of a table its scope, every row a heading, every chart a caption', () => {
    const html = page([KEY]);
    assert.doesNotMatch(html, /<th(?! scope="(?:col|row)")[ >]/);
    for (const [row] of html.matchAll(/<tr.*?<\/tr>/g)) assert.match(row, /<th scope=/);
    assert.equal(html.match(/<table class="chart">\n<caption>/g)?.length, 2);
  });

  it('keeps dates on one line, and breaks a uid only after a separator', () => {
    const html = page([KEY]);
    assert.match(html, /<span class="uid">prod\/<wbr>a_<wbr>key&lt;b&gt;<\/span><small>AES-256</);
    assert.match(html, />since <time datetime="[^"]*">2026-01-09T08:00:00Z<\/time></);
    assert.match(
      html,
      /<time datetime="2026-01-11T08:00:00Z">2026-01-11 08:00<\/time><small>in 1 d</,
    );
    assert.match(html, /\btime, [^{]*{ white-space: nowrap; }/);
  });

  it('leaves out what has nothing to show', () => {
    for (const html of [page([]), page([{ ...KEY, violations: [] }], false)]) {
      assert.doesNotMatch(html, /<table class="(keys|reasons)">|<script>/);
    }
    assert.doesNotMatch(page([]), /class="(charts|summary)"/);
  });

  for (const [name, { back, line, bar, ...texts }] of Object.entries(PALETTES)) {
    it(`can be read: the ${name} colours have the contrast of WCAG 2.2 level AA`, () => {
      for (const text of Object.values(texts)) assert.ok(contrast(text, back) >= 4.5, text);
      assert.ok(contrast(bar, back) >= 3, bar);
      assert.ok(
        contrast(line, back) < contrast(texts.quiet, back),
        'a line is not louder than text',
      );
    });
  }

  it('counts deadlines by month: this one and the next eleven', () => {
    const ats = [-1, 0, 1, 22 * DAY, 364 * DAY, 400 * DAY].map((after) => JANUARY + after);
    const bars = monthBars(ats, JANUARY, 'overdue');
    assert.equal(bars.length, 14);
    assert.deepEqual(
      bars.filter(([, count]) => count > 0),
      [
        ['overdue', 2],
        ['2026-01', 1],
        ['2026-02', 1],
        ['later', 2],
      ],
    );
  });
});

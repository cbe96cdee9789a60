// How the HTML page of `kms report` looks: on a wide and a narrow screen, light and dark, and on paper.
import { KEY_COLUMNS } from './compliance-rows.js';

/** The contrast of all but `line` with `back` is at least that of WCAG 2.2 level AA: 4.5 to 1, `bar` 3 to 1. */
export const PALETTES = {
  light: {
    back: '#ffffff',
    text: '#1b1f24',
    quiet: '#57606a',
    bar: '#2a6fdb',
    bad: '#a33a08',
    good: '#1f6b2b',
    line: '#d0d7de',
  },
  dark: {
    back: '#0f1216',
    text: '#e6e9ed',
    quiet: '#a0a9b4',
    bar: '#6aa5ff',
    bad: '#ff9d66',
    good: '#7fd07f',
    line: '#333b45',
  },
} as const;

function variables(palette: Readonly<Record<string, string>>): string {
  return Object.entries(palette)
    .map(([name, colour]) => `--${name}: ${colour};`)
    .join(' ');
}

/** On a narrow screen each key is a card, with the titles of the columns before its values. */
const CARD_TITLES = KEY_COLUMNS.slice(1).map(
  ({ title }, index) => `.keys td:nth-child(${index + 2})::before { content: "${title}"; }`,
);

/**
 * Widths of the key table are fixed: a browser needs a minute to compute those of very many rows. On paper its buttons
 * are none, as Chromium does not repeat a head with buttons on each page.
 */
export const STYLE = `
:root { color-scheme: light; ${variables(PALETTES.light)} }
@media screen and (prefers-color-scheme: dark) { :root { color-scheme: dark; ${variables(PALETTES.dark)} } }
html { background: var(--back); color: var(--text); font: 15px/1.45 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 80rem; padding: 0 1.5rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 1rem; }
h2, caption { font-size: 1.15rem; font-weight: 600; margin: 2rem 0 .5rem; text-align: left; }
h2 ~ table caption { font-size: 1rem; margin-top: 1rem; }
.facts { border: solid var(--line); border-width: 1px 0; display: grid; gap: .6rem 2rem; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); margin: 0; padding: .8rem 0; }
.facts dt, .note, small { color: var(--quiet); font-size: .87rem; }
.facts dd { margin: 0; overflow-wrap: break-word; }
.facts > :nth-last-child(-n + 2) { grid-column: 1 / -1; }
.summary { font-size: 1.15rem; max-width: 60rem; }
.note { margin: 0 0 .5rem; }
small { display: block; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); overflow-wrap: break-word; padding: .4rem .8rem .4rem 0; text-align: left; vertical-align: top; }
tbody th { font-weight: 400; }
time, .reason, .count { white-space: nowrap; }
.uid { font-weight: 600; }
.count { font-variant-numeric: tabular-nums; text-align: right; }
.reasons .count { padding-right: 1.5rem; }
.reasons .reason, .fails .reason { color: var(--bad); }
.complies .reason, .reasons .better .reason { color: var(--good); }
.charts { display: grid; gap: 0 3rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr)); }
.chart { align-self: start; margin-top: 2rem; }
.chart caption { margin: 0 0 .5rem; }
.chart th, .chart td { border: 0; padding: .1rem .6rem .1rem 0; }
.chart thead { color: var(--quiet); font-size: .87rem; }
.chart thead th { font-weight: 400; }
.chart thead th + th { padding-left: .5rem; }
.chart th { white-space: nowrap; width: 1%; }
.chart td div { display: flex; align-items: center; gap: .6rem; }
.chart .count { flex: none; min-width: 2.4rem; }
.chart svg { flex: auto; height: .8rem; width: 100%; }
.chart rect { fill: var(--bar); }
.keys { font-variant-numeric: tabular-nums; table-layout: fixed; }
.keys thead th:nth-child(1) { width: 28%; }
.keys thead th:nth-child(2) { width: 17%; }
.keys thead th:nth-child(n + 4) { width: 9.3rem; }
.keys tr { break-inside: avoid; }
.keys button { background: none; border: 0; color: inherit; cursor: pointer; font: inherit; padding: 0; text-align: left; }
.keys button::after { color: var(--quiet); content: " ↕"; }
[aria-sort=ascending] button::after { content: " ↑"; }
[aria-sort=descending] button::after { content: " ↓"; }
@media screen { .keys thead th { background: var(--back); position: sticky; top: 0; } }
@media screen and (max-width: 58rem) {
body { margin: 1rem auto; padding: 0 1rem; }
.reasons thead, .keys:not(:has(button)) thead { clip-path: inset(50%); height: 1px; overflow: hidden; position: absolute; white-space: nowrap; width: 1px; }
.reasons, .reasons :is(caption, tbody, tr, th, td), .keys, .keys :is(thead, tbody, th, td) { display: block; }
.reasons :is(th, td), .keys :is(th, td) { border: 0; padding: .1rem 0; }
.reasons tr, .keys tr { border-bottom: 1px solid var(--line); padding: .6rem 0; }
.reasons th, .reasons .count { display: inline-block; padding-right: .6rem; }
.keys thead th:nth-child(n) { position: static; width: auto; }
.keys thead tr { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; }
.keys tbody tr { display: grid; gap: 0 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); }
.keys th { grid-column: 1 / -1; }
.keys td { align-content: start; display: grid; gap: 0 .8rem; grid-template-columns: 7.5rem 1fr; }
.keys td > * { grid-column: 2; }
.keys td::before { color: var(--quiet); font-size: .87rem; grid-column: 1; grid-row: 1; }
.keys td:empty { display: none; }
${CARD_TITLES.join('\n')}
}
@page { margin: 15mm 12mm; @bottom-right { content: counter(page) " / " counter(pages); } }
@media print {
html { font-size: 11px; }
body { margin: 0; max-width: none; padding: 0; }
h2, caption { break-after: avoid; }
thead { break-inside: avoid; }
.chart { break-inside: avoid; }
.keys button { display: contents; }
.keys button::after { content: none; }
}
`;

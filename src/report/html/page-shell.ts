import { escapeHtml } from '../escape-html.ts'

/**
 * What every page of HTML begins and ends with. A page is one file: no script, no font, no picture from
 * elsewhere, and a policy that lets none in should an escape ever fail. Colours are variables, so that pictures
 * follow light, dark and paper too: `fill: var(--bad)`.
 */
export interface PageHead {
  /** As plain text. */
  readonly title: string
  /** Rules of this kind of page, CSS of ours. */
  readonly styles?: string
}

export function openPage({ title, styles = '' }: PageHead): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>
${pageStyles}${styles}</style>
</head>
<body>
<main>
`
}

export const closePage = `</main>
</body>
</html>
`

/** Text and the four states stand at 4.5 to 1 or more against paper and panel (WCAG 2.2, 1.4.3). */
const light = `--paper: #fff; --panel: #f5f7f9; --ink: #1b2127; --dim: #57626d; --line: #d5dbe1;
  --accent: #0b5cad; --good: #17703a; --warn: #8a5300; --bad: #b3261e; --open: #5f4bab;
  --good-soft: #ddf1e3; --warn-soft: #fbeccf; --bad-soft: #fae0dd; --open-soft: #e9e4f8; --bar: #b9c4cf;`
const dark = `--paper: #14181c; --panel: #1d2329; --ink: #e4e9ee; --dim: #a0abb6; --line: #363f48;
  --accent: #7db8f7; --good: #6fcf8e; --warn: #efb54f; --bad: #ff8f85; --open: #b9a8f5;
  --good-soft: #17361f; --warn-soft: #3c2d0c; --bad-soft: #451c19; --open-soft: #2b2447; --bar: #4b5763;`

/** Paper has no dark mode: the light colours stand for print whatever the screen prefers. */
export const pageStyles = `:root { color-scheme: light dark; ${light} }
@media screen and (prefers-color-scheme: dark) { :root { ${dark} } }
*, *::before, *::after { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 64rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1, h2, h3 { line-height: 1.25; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; }
h2 { font-size: 1.2rem; margin-top: 2.25rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin-top: 1.25rem; }
p, ul, ol, dl, pre, table, figure { margin: 0 0 .75rem; }
a { color: var(--accent); }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: .875em; }
code { overflow-wrap: anywhere; }
pre { padding: .6rem .8rem; background: var(--panel); border-radius: .3rem; white-space: pre-wrap;
  overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { color: var(--dim); font-weight: 600; font-size: .875rem; overflow-wrap: normal; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
summary { cursor: pointer; }
svg { display: block; max-width: 100%; height: auto; }
svg text { fill: var(--ink); font: 13px system-ui, sans-serif; }
.dim { color: var(--dim); } .good { color: var(--good); } .warn { color: var(--warn); }
.bad { color: var(--bad); } .open { color: var(--open); }
.tag { display: inline-block; padding: 0 .5em; border-radius: .3em; font-size: .8125rem; font-weight: 600;
  background: var(--panel); color: var(--dim); white-space: nowrap; }
.tag.good { background: var(--good-soft); color: var(--good); }
.tag.warn { background: var(--warn-soft); color: var(--warn); }
.tag.bad { background: var(--bad-soft); color: var(--bad); }
.tag.open { background: var(--open-soft); color: var(--open); }
@page { margin: 15mm; }
@media print {
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  h1, h2, h3, summary { break-after: avoid; }
  tr, figure, pre, .whole { break-inside: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  details::details-content { content-visibility: visible; height: auto; }
}
`

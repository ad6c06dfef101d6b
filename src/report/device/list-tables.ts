import type { FamilyRow } from '../device-list.ts'
import { rangeText } from '../device-words.ts'
import { escapeHtml } from '../escape-html.ts'
import { escapeMarkdown, markdownCode } from '../escape-markdown.ts'
import { closePage, openPage } from '../html/page-shell.ts'
import { formatCount } from '../units.ts'

/** The catalogue as a table of markdown, one row a range of versions. */
export function formatDeviceListMarkdown(rows: readonly FamilyRow[]): string {
  const lines = rangeRows(rows).map(
    ({ id, name, kind, hello, known, words }) =>
      `| ${markdownCode(id)} | ${escapeMarkdown(name)} | ${kind} | ${hello} | ${known} | ${words} |`,
  )
  return `${['| device | name | kind | ClientHello | values known | error words |', '| --- | --- | --- | --- | ---: | ---: |', ...lines].join('\n')}\n`
}

/** The same as a page. */
export function formatDeviceListHtml(rows: readonly FamilyRow[]): string {
  const lines = rangeRows(rows).map(
    ({ id, name, kind, hello, known, words }) =>
      `<tr><td><code>${escapeHtml(id)}</code></td><td>${escapeHtml(name)}</td><td>${kind}</td><td>${hello}</td><td class="number">${known}</td><td class="number">${words}</td></tr>`,
  )
  return `${openPage({ title: 'Devices that tlsfit knows' })}<h1>Devices that tlsfit knows</h1>
<p>${formatCount(rows.length, 'family', 'families')}, one row a range of versions. <code>tlsfit devices show ID</code> tells all of one.</p>
<table><thead><tr><th>device</th><th>name</th><th>kind</th><th>ClientHello</th><th class="number">values known</th><th class="number">error words</th></tr></thead><tbody>
${lines.join('\n')}
</tbody></table>
${closePage}`
}

function rangeRows(rows: readonly FamilyRow[]) {
  return rows.flatMap(({ family, name, kind, ranges }) =>
    ranges.map(({ range, hello, known, errorWords }) => ({
      id: `${family}@${rangeText(range)}`,
      name,
      kind: kind ?? '',
      hello: hello ?? '',
      known,
      words: errorWords,
    })),
  )
}

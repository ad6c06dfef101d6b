import type { CertificatesToShow } from '../certificates-json.ts'
import { formatCertificates, nameOf } from '../certificates-text.ts'
import { materialFixes, roleWords } from '../certificates-words.ts'
import { formatCount, formatDay, formatNumber } from '../units.ts'
import { capital } from '../words/words.ts'
import { formatSentence, formatTitle } from '../words.ts'
import { accountPage, document, fileName, foldedAccount, numbered, verdictSections } from './account.ts'
import { section } from './causes-markdown.ts'
import { plain, tableRow } from './markdown-pieces.ts'

const shownRows = 40

/** What `tlsfit explain --format markdown` prints of certificates: what is wrong with its cure, verdicts, a row for each. */
export function certificatesMarkdown(explained: CertificatesToShow): string {
  const { rows, findings, verdicts, name, sizes } = explained
  const said = new Set<string>(verdicts.flatMap((verdict) => verdict.findings.map(({ id }) => id)))
  const wrong = findings.filter(
    ({ id, effect }) => !said.has(id) && (effect === 'blocks' || effect === 'risks'),
  )
  const file = plain(fileName(name, 'the input'))
  const fixes = wrong.flatMap((finding) => materialFixes(finding, verdicts[0]?.device, name, {}))
  const hidden = rows.length - shownRows
  return document([
    `**${file}: ${formatCount(rows.length, 'certificate')}, ${formatNumber(sizes.derBytes)} bytes of DER**`,
    ...wrong.map(
      (finding) =>
        `**${plain(capital(formatTitle(finding.id)))}** (${finding.id}): ${plain(formatSentence(finding, 'pem', {}))}`,
    ),
    ...section(
      'Fix',
      fixes.map(({ title, commands }, index) => numbered(index, capital(title), commands)),
    ),
    ...verdictSections(verdicts),
    ...(rows.length === 0 ? [] : [rowsTable(explained)]),
    ...(hidden > 0 ? [`_${formatNumber(hidden)} more certificates: \`--format json\` has all._`] : []),
    foldedAccount(formatCertificates({ ...explained, verdicts: [] }, accountPage)),
  ])
}

function rowsTable({ rows }: CertificatesToShow): string {
  return [
    tableRow(['#', 'role', 'subject', 'bytes', 'ends', 'SHA-256']),
    '|---:|---|---|---:|---|---|',
    ...rows.slice(0, shownRows).map((row, index) => {
      const { der, notAfter, sha256 } = row.certificate
      return tableRow([
        String(index + 1),
        roleWords[row.role],
        plain(nameOf(row).slice(0, 200)),
        formatNumber(der.length),
        formatDay(notAfter),
        sha256.slice(0, 8),
      ])
    }),
  ].join('\n')
}

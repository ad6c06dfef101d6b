import type { Effect, Finding } from '../finding/finding.ts'
import type { CertificateRow, CertificatesRead } from '../judge/read-certificates.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { ChainWalk } from '../trust/walk-chain.ts'
import { credentialTypes } from '../x509/modem-credentials.ts'
import type { CertificatesToShow } from './certificates-json.ts'
import {
  formWords,
  keyWords,
  materialFixes,
  missingWords,
  roleWords,
  storedFormWords,
} from './certificates-words.ts'
import { type EscapeOptions, escapeText } from './escape.ts'
import { fitWidth, Page, type Style } from './layout.ts'
import { limitNumber, limitOf, lowestLayer, pathBytes } from './reading.ts'
import { formatText, type TextOptions } from './text.ts'
import { formatBytes, formatCount, formatDay, formatList, formatNumber } from './units.ts'
import { formatSentence, formatTitle } from './words.ts'

/** Rows of a bundle shown; all are in the JSON. */
const shownRows = 24
const shownFindings = 20
const shownCommands = 5

/**
 * What `tlsfit explain` prints of certificates: what they are and what is worst about them; the verdict of each device;
 * then every certificate, the way to a root, and what is missing. Ends with a line feed.
 */
export function formatCertificates(explained: CertificatesToShow, options: TextOptions): string {
  const page = new Page({ columns: options.columns, color: options.color, ascii: options.ascii ?? false })
  const escapes = { ascii: options.ascii ?? false }
  writeHead(page, explained, escapes)
  const rest = new Page({ columns: options.columns, color: options.color, ascii: options.ascii ?? false })
  writeRows(rest, explained, escapes)
  writePath(rest, explained, escapes)
  writeKeys(rest, explained, escapes)
  writeSession(rest, explained, escapes)
  writeStored(rest, explained, escapes)
  writeFindings(rest, explained, escapes)
  writeMissing(rest, explained, escapes)
  const verdicts = explained.verdicts.length === 0 ? '' : `\n${formatText(explained.verdicts, options)}`
  return `${page.toString()}${verdicts}\n${rest.toString()}`.replace(/\n+$/, '\n')
}

/** Worst first; what the verdicts say of the chain is theirs to say. */
function ownFindings({ findings, verdicts }: CertificatesToShow): Finding[] {
  const said = new Set<string>(verdicts.flatMap((verdict) => verdict.findings.map(({ id }) => id)))
  const order: readonly Effect[] = ['blocks', 'risks', 'unknown', 'info']
  return findings
    .filter(({ id }) => !said.has(id))
    .sort((a, b) => order.indexOf(a.effect) - order.indexOf(b.effect))
}

/** What stands in the head: what blocks or risks, and whatever it is that left nothing to read. */
function leadOf(explained: CertificatesToShow): Finding | undefined {
  const [first] = ownFindings(explained)
  const unread = explained.rows.length === 0
  const leads = unread || first?.effect === 'blocks' || first?.effect === 'risks'
  return leads ? first : undefined
}

const effectStyles: { readonly [E in Effect]: Style } = {
  blocks: 'bad',
  risks: 'warn',
  unknown: 'open',
  info: 'none',
}

function writeHead(page: Page, explained: CertificatesToShow, escapes: EscapeOptions): void {
  const { rows, material, verdicts } = explained
  const lead = leadOf(explained)
  const file =
    explained.name === '-' ? 'the input' : escapeText(explained.name, { ...escapes, maxChars: 120 })
  if (lead !== undefined) {
    const word = lead.effect === 'risks' ? 'AT RISK   ' : 'PROBLEM   '
    page.paragraph(word, `${formatTitle(lead.id)}  (${lead.id})`, {
      label: lead.effect === 'risks' ? 'warn' : 'bad',
      text: 'strong',
    })
    page.paragraph('  cause   ', formatSentence(lead, 'pem', escapes), { label: 'dim' })
    for (const [index, fix] of materialFixes(lead, verdicts[0]?.device, explained.name, escapes).entries()) {
      page.paragraph(index === 0 ? '  fix     ' : '  or      ', fix.title, { label: 'dim' })
      for (const command of fix.commands.slice(0, shownCommands)) page.command(command, 12)
    }
    page.paragraph('  file    ', `${file}: ${whatItIs(explained, escapes)}`, { label: 'dim' })
  } else {
    page.paragraph('READ      ', `${file}: ${whatItIs(explained, escapes)}`, {
      label: 'good',
      text: 'strong',
    })
  }
  page.paragraph('  form    ', formWords[material.form], { label: 'dim' })
  const size = explained.findings.find(({ id }) => id === 'pem-text-size')
  if (size !== undefined) page.paragraph('  size    ', formatSentence(size, 'pem', escapes), { label: 'dim' })
  else if (rows.length > 0) page.paragraph('  size    ', plainSize(explained), { label: 'dim' })
  for (const verdict of verdicts) writeLimit(page, verdict, explained)
}

/** What the limit of a device is to be held against: the DER, however large the text. */
function writeLimit(page: Page, verdict: Verdict, { sizes, walk }: CertificatesRead): void {
  const limit = limitOf(verdict, 'chainBytes')
  const value = limitNumber(limit)
  if (limit === undefined || value === undefined) return
  const all = sizes.chainBytes
  // Which root it is that the device is taken to hold is the verdict's to say.
  const path = pathBytes(verdict) ?? walk?.bytes ?? all
  const held: { readonly [counts: string]: string } = {
    sent: formatNumber(all),
    path: `${formatNumber(path)} (the path to the root)`,
    unknown:
      path === all
        ? formatNumber(all)
        : `${formatNumber(all)} or the ${formatNumber(path)} of the path (which of them is not documented)`,
  }
  const against = held[limit.counts]
  if (against === undefined) return
  page.paragraph(
    '  limit   ',
    `${lowestLayer(verdict)} takes a chain of ${formatBytes(value)}: what it counts is DER, so ${against}, and not the text`,
    { label: 'dim' },
  )
}

function plainSize({ sizes, rows }: CertificatesRead): string {
  const input = `the input has ${formatBytes(sizes.inputBytes)}`
  return `${formatCount(rows.length, 'certificate')}, ${formatBytes(sizes.derBytes)} of DER; ${input}`
}

function whatItIs({ read, rows, walk, chain, material }: CertificatesRead, escapes: EscapeOptions): string {
  if (rows.length === 0) {
    if (material.session?.noPeerCertificate) return 'a session in which the server sent no certificate'
    if (material.pieces.length > 0) return 'no certificate that can be read'
    return material.stored.length > 0 ? 'what a modem has stored' : 'a session without its certificates'
  }
  if (read.bundle) return `a set of ${formatCount(rows.length, 'root')}, of which none leads to another`
  if (walk === undefined) {
    return `${formatCount(rows.length, 'certificate')} that a device is to store, and no chain of a server`
  }
  const count =
    chain.length === 1 ? 'one certificate' : `a chain of ${formatCount(chain.length, 'certificate')}`
  return `${count}, ${topWords(walk, escapes)}`
}

function topWords({ top }: ChainWalk, escapes: EscapeOptions): string {
  const named = (text: string) => escapeText(text, { ...escapes, maxChars: 80 })
  switch (top.kind) {
    case 'known-root':
      return `reaching ${named(top.root.certificate.subject.commonName ?? top.root.id)}`
    case 'anchor':
      return `reaching the anchor ${named(top.anchor.label)}`
    case 'self-signed':
      return 'ending at a certificate that signed itself and is no public root known here'
    case 'missing':
      return `ending before ${named(top.issuer.commonName ?? top.issuer.text)}, which is not among them`
  }
}

/** One line of figures for each, and one of what it is. */
function writeRows(page: Page, { rows, material }: CertificatesRead, escapes: EscapeOptions): void {
  if (rows.length === 0) return
  page.blank()
  page.paragraph('certificates', '', { label: 'strong' })
  page.row([[`    ${fitWidth('role', 13)}    DER    text  sha-256   subject`, 'dim']])
  const nameWidth = page.columns - 46
  for (const [index, row] of rows.slice(0, shownRows).entries()) {
    const { certificate, piece } = row
    page.row([
      [`${fitWidth(String(index + 1), 2, 'right')}  `],
      [fitWidth(roleWords[row.role], 13), row.role === 'leaf' ? 'none' : 'dim'],
      [`${fitWidth(formatNumber(certificate.der.length), 7, 'right')} `, 'strong'],
      [`${fitWidth(piece.encoding === 'pem' ? formatNumber(piece.textBytes) : '', 7, 'right')}  `, 'dim'],
      [`${certificate.sha256.slice(0, 8)}  `, 'dim'],
      [fitWidth(escapeText(nameOf(row), escapes), nameWidth)],
    ])
    if (rows.length <= 8) page.paragraph('    ', describe(row, escapes), { text: 'dim' })
  }
  if (rows.length > shownRows) {
    page.paragraph('    ', `and ${formatNumber(rows.length - shownRows)} more`, { text: 'dim' })
  }
  const repeats = material.pieces.filter(({ repeat }) => repeat).length
  if (repeats > 0)
    page.paragraph('    ', 's_client shows the leaf a second time: counted once', { text: 'dim' })
}

function describe({ certificate, piece, knownRoot, anchor }: CertificateRow, escapes: EscapeOptions): string {
  const { issuer, notBefore, notAfter } = certificate
  const by = issuer.commonName ?? (issuer.text || 'no name')
  const names = certificate.subjectAltNames.filter(({ kind }) => kind === 'dns' || kind === 'ip')
  const use = piece.use
  const parts = [
    `${keyWords(certificate.publicKey)}, ${certificate.signatureAlgorithm}`,
    `${formatDay(notBefore)} to ${formatDay(notAfter)}`,
    certificate.selfIssued ? 'issued by itself' : `issued by ${by}`,
    ...(names.length === 0
      ? []
      : [
          `for ${formatList(
            names.map(({ value }) => value),
            3,
          )}`,
        ]),
    ...(knownRoot === undefined ? [] : [`public root ${knownRoot.id}`]),
    ...(use === undefined ? [] : [`${anchor ? 'held as anchor' : 'named'}: ${use.by}`]),
    ...certificate.oddities,
  ]
  return escapeText(parts.join('; '), { ...escapes, maxChars: 500 })
}

/** As a device walks it: from the leaf up, each step found among those given. */
function writePath(page: Page, explained: CertificatesRead, escapes: EscapeOptions): void {
  const { walk, rows } = explained
  if (walk === undefined) return
  page.blank()
  page.paragraph('path', '', { label: 'strong' })
  const numbers = walk.indexes.map((at) => rows.findIndex(({ chainIndex }) => chainIndex === at) + 1)
  const bytes = `${formatBytes(walk.bytes)} of DER on the way`
  page.paragraph('   ', `${[...numbers.map(String), endWords(walk, escapes)].join(' → ')}: ${bytes}`)
  for (const { root, indexes, bytes: pathBytes, besideTwin } of walk.roots) {
    const name = escapeText(root.certificate.subject.commonName ?? root.id, { ...escapes, maxChars: 80 })
    const twin = besideTwin ? '; its cross-signed copy is sent, which not every stack passes over' : ''
    const distrusted =
      root.distrustedFrom === undefined
        ? ''
        : `; distrusted for new leaves from ${formatDay(root.distrustedFrom)}`
    page.paragraph(
      '   - ',
      `a device that holds ${name} (${root.id}) needs ${formatCount(indexes.length, 'certificate')}, ${formatBytes(pathBytes)}${twin}${distrusted}`,
    )
  }
}

function endWords({ top }: ChainWalk, escapes: EscapeOptions): string {
  const named = (text: string) => escapeText(text, { ...escapes, maxChars: 80 })
  switch (top.kind) {
    case 'known-root':
      return `${named(top.root.certificate.subject.commonName ?? top.root.id)} (public root)`
    case 'anchor':
      return `${named(top.anchor.label)} (given as anchor)`
    case 'self-signed':
      return 'itself (self-signed)'
    case 'missing':
      return `${named(top.issuer.commonName ?? top.issuer.text)} (not here)`
  }
}

function writeKeys(page: Page, { material, read }: CertificatesRead, escapes: EscapeOptions): void {
  if (material.secrets.length === 0 && material.others.length === 0) return
  page.blank()
  page.paragraph('beside them', '', { label: 'strong' })
  for (const { kind, line, certificates } of material.secrets.slice(0, shownRows)) {
    const shown = certificates?.map(
      (at) => read.certificates.findIndex(({ pieceIndex }) => pieceIndex === at) + 1,
    )
    const whose =
      shown === undefined
        ? 'not compared'
        : shown.length > 0
          ? `the key of certificate ${formatList(shown.map(String))}`
          : 'the key of none of them'
    page.paragraph('   - ', `${escapeText(kind, escapes)}${atLine(line)}: ${whose}; not kept`)
  }
  for (const { label, line } of material.others.slice(0, shownRows)) {
    page.paragraph('   - ', `${escapeText(label, escapes)}${atLine(line)}: not read`)
  }
}

function writeSession(page: Page, { material }: CertificatesRead, escapes: EscapeOptions): void {
  const { session } = material
  if (session === undefined) return
  const said = (text: string) => escapeText(text, { ...escapes, maxChars: 160 })
  page.blank()
  page.paragraph('what s_client said', '', { label: 'strong' })
  if (session.protocol !== undefined) {
    page.paragraph('   - ', `${said(session.protocol)}, ${said(session.cipher ?? '')}`)
  }
  if (session.readBytes !== undefined) {
    page.paragraph('   - ', `the handshake read ${formatBytes(session.readBytes)}`)
  }
  for (const { num, text, line } of session.verifyErrors.slice(0, 6)) {
    page.paragraph(
      '   - ',
      `line ${formatNumber(line)}: verify error ${num}, ${said(text)}${verifyNote(num)}`,
    )
  }
  if (session.verifyReturnCode !== undefined) {
    const { num, text } = session.verifyReturnCode
    page.paragraph('   - ', `verify return code ${num}: ${said(text)}`)
  }
  for (const alert of session.alerts.slice(0, 6)) page.paragraph('   - ', `the server sent alert ${alert}`)
  if (session.noPeerCertificate) page.paragraph('   - ', 'the server sent no certificate')
  if (session.clientCertificateAsked) page.paragraph('   - ', 'the server asks for a client certificate')
}

/** Numbers of X509_V_ERR_* (openssl-verification-options); they are this machine's, not the device's. */
function verifyNote(num: number): string {
  const notes: { readonly [num: number]: string } = {
    18: ' (the leaf signed itself)',
    19: ' (this machine does not hold the root that was sent)',
    20: ' (this machine holds no root that issued the last one sent)',
    21: ' (only the leaf was sent, and its issuer is not held)',
  }
  return notes[num] ?? ''
}

function writeStored(page: Page, { stored }: CertificatesRead, escapes: EscapeOptions): void {
  if (stored.length === 0) return
  page.blank()
  page.paragraph('stored on the modem', '', { label: 'strong' })
  for (const { securityTag, type, is } of stored.slice(0, shownRows)) {
    const what = credentialTypes[type] ?? `type ${type}`
    const known =
      is === undefined
        ? ''
        : `: ${escapeText(is.name, { ...escapes, maxChars: 100 })}, ${storedFormWords[is.form]} (by its SHA-256)`
    page.paragraph('   - ', `tag ${securityTag}, ${what}${known}`)
  }
}

function writeFindings(page: Page, explained: CertificatesToShow, escapes: EscapeOptions): void {
  const lead = leadOf(explained)
  // The size has its line in the head.
  const shown = ownFindings(explained).filter((one) => one !== lead && one.id !== 'pem-text-size')
  if (shown.length === 0) return
  page.blank()
  page.paragraph(lead === undefined ? 'found' : 'also found', '', { label: 'strong' })
  for (const [index, finding] of shown.slice(0, shownFindings).entries()) {
    const mark = { blocks: 'blocks ', risks: 'risk   ', unknown: 'open   ', info: 'note   ' }[finding.effect]
    page.paragraph(
      `${fitWidth(String(index + 1), 4, 'right')} ${mark} `,
      `${formatTitle(finding.id)}  [${finding.id}]`,
      {
        label: effectStyles[finding.effect],
      },
    )
    page.paragraph(' '.repeat(13), formatSentence(finding, 'pem', escapes))
    for (const fix of materialFixes(finding, explained.verdicts[0]?.device, explained.name, escapes).slice(
      0,
      1,
    )) {
      page.paragraph(`${' '.repeat(13)}fix: `, fix.title, { label: 'dim' })
    }
  }
  if (shown.length > shownFindings) {
    page.paragraph('     ', `and ${formatNumber(shown.length - shownFindings)} more`, { text: 'dim' })
  }
}

function writeMissing(page: Page, { missing, name }: CertificatesToShow, escapes: EscapeOptions): void {
  if (missing.length === 0) return
  page.blank()
  page.paragraph('missing', '', { label: 'strong' })
  for (const part of missing) {
    const { what, command } = missingWords(part, name, escapes)
    page.paragraph('   - ', what)
    if (command !== undefined) page.command(command, 7)
  }
}

function atLine(line: number | undefined): string {
  return line === undefined ? '' : ` at line ${formatNumber(line)}`
}

export function nameOf({ certificate }: CertificateRow): string {
  return certificate.subject.commonName ?? (certificate.subject.text || '(no subject)')
}

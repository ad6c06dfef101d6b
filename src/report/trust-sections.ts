import type { HeldWithout } from '../judge/held-chains.ts'
import { nameOf } from '../judge/root-candidates.ts'
import { credentialTypes } from '../x509/modem-credentials.ts'
import { credentialSizes } from './credential-text.ts'
import { type EscapeOptions, escapeText } from './escape.ts'
import type { Page, Style } from './layout.ts'
import { needsNewAnchor, type TrustReport } from './trust-report.ts'
import { chainSizeWords, endWords, reasonWords, storedUseWords } from './trust-words.ts'
import { formatBytes, formatCount, formatDay, formatList } from './units.ts'

const shownRows = 40

const states: { readonly [state: string]: { readonly word: string; readonly style: Style } } = {
  fits: { word: '    fits      ', style: 'good' },
  undecided: { word: '    not known ', style: 'open' },
  blocked: { word: '    blocked   ', style: 'bad' },
}

/** Turned round: what could be served to a device that holds these. */
export function writeHeld(page: Page, report: TrustReport, escapes: EscapeOptions): void {
  const { held } = report
  if (held === undefined) return
  page.blank()
  page.paragraph('chains that end in what is held', '', { label: 'strong' })
  for (const chain of held.chains.slice(0, shownRows)) {
    const { issued, root, anchor, state, because, until, by } = chain
    const { word, style } = states[state]!
    const whom = issued.issuedTo === 'anyone' ? '' : ` (issued to ${issued.issuedTo})`
    page.paragraph(word, `${issued.ca}, ${issued.name}${whom}`, { label: style, text: 'strong' })
    const same = anchor.certificate.sha256 === root.certificate.sha256
    const heldBy = same
      ? ''
      : `, held as the certificate of its name and key that ${escapeText(anchor.certificate.issuer.commonName ?? anchor.certificate.issuer.text, { ...escapes, maxChars: 80 })} issued`
    const end = `until ${formatDay(until)}, ${endWords[by]}`
    page.paragraph(
      '              ',
      `${issued.leaf.key}; ${chainSizeWords(chain)}; ends in ${escapeText(nameOf(root.certificate), escapes)}${heldBy}; ${end}`,
    )
    if (because.length > 0) {
      page.paragraph('              ', because.map((one) => reasonWords(one, escapes)).join('; '))
    }
  }
  for (const anchor of held.without.slice(0, shownRows)) {
    const name = escapeText(nameOf(anchor.certificate), { ...escapes, maxChars: 80 })
    const file = escapeText(anchor.label, { ...escapes, maxChars: 80 })
    const own = withoutWords(anchor)
    page.paragraph('    none      ', `ends in ${name} (${file}) of the chains known here; ${own}`, {
      label: 'dim',
    })
  }
  const open = held.without.some(({ intermediate }) => intermediate)
  if (report.plan === undefined && !open && needsNewAnchor(report)) {
    const names = held.elsewhere.filter(({ issuedTo }) => issuedTo === 'anyone').map(({ ca }) => ca)
    page.paragraph(
      '    so        ',
      `no chain of a public CA that is known here ends in what is held and fits: only a new anchor helps, and that needs one working update or physical access. Others: ${formatList([...new Set(names)], 6)}`,
      { label: 'warn' },
    )
  }
}

/** Why no chain is known that ends in it. */
function withoutWords({ certificate, known, intermediate }: HeldWithout): string {
  if (!certificate.isCa)
    return 'it is no CA, and nothing can be issued under it: as anchor it is refused here'
  if (known !== undefined) {
    return `it is a public root, and its last day is ${formatDay(certificate.notAfter)}: nobody gets a chain under it here`
  }
  return intermediate
    ? 'it is no root, and what its CA issues under it is not known here: give the chain of an endpoint as TARGET'
    : 'if it is your own CA, a chain of your own fits best: tlsfit gateway makes one'
}

export function writeStored(page: Page, { stored, plan }: TrustReport, escapes: EscapeOptions): void {
  if (stored === undefined) return
  page.blank()
  page.paragraph('stored on the modem', '', { label: 'strong' })
  for (const entry of stored.entries.slice(0, shownRows)) {
    const { securityTag, type, is, use } = entry
    const what = credentialTypes[type] ?? `type ${type}`
    const name =
      is === undefined ? '' : `${escapeText(nameOf(is.certificate), { ...escapes, maxChars: 80 })}: `
    const style: Style = use === 'needed' ? 'good' : use === 'wrong-type' ? 'warn' : 'none'
    page.paragraph(`    tag ${securityTag}  `, `${what}; ${name}${storedUseWords(entry)}`, { label: style })
  }
  for (const certificate of stored.missing) {
    const name = escapeText(nameOf(certificate), { ...escapes, maxChars: 80 })
    page.paragraph('    missing   ', `${name}, SHA-256 of its DER ${certificate.sha256}`, { label: 'bad' })
  }
  if (stored.missing.length === 0 && plan !== undefined && plan.chosen.length > 0) {
    page.paragraph('    all of what is needed is stored', '', { label: 'good' })
  }
}

export function writeEmitted(page: Page, { asked, emitted }: TrustReport, escapes: EscapeOptions): void {
  if (emitted === undefined) {
    if (!asked.emit) return
    page.blank()
    page.paragraph('nothing written: ', 'no root was chosen that the device does not have already')
    return
  }
  const { credential, folder } = emitted
  page.blank()
  page.paragraph(`written as ${credential.format}`, '', { label: 'strong' })
  for (const { name, bytes, about } of credential.files) {
    const path = escapeText(folder === '.' ? name : `${folder}/${name}`, { ...escapes, maxChars: 200 })
    page.paragraph('    ', `${path}: ${formatBytes(bytes.length)}, ${about}`)
  }
  for (const line of credentialSizes(credential)) page.paragraph('    ', line)
  for (const { subject, storedSha256, secTag } of credential.stored) {
    if (storedSha256 === undefined) continue
    const tag = secTag === undefined ? '' : `tag ${secTag}, `
    page.paragraph('    listed  ', `${tag}${subject}: SHA-256 ${storedSha256}`, { label: 'dim' })
  }
  for (const note of credential.notes) page.paragraph('    note    ', note, { label: 'dim' })
  for (const { text, code } of credential.problems)
    page.paragraph('    problem ', `${text} (${code})`, { label: 'bad' })
}

export function writeFetches(page: Page, { fetches }: TrustReport, escapes: EscapeOptions): void {
  if (fetches.length === 0) return
  page.blank()
  page.paragraph('fetched', formatCount(fetches.length, ' document'), { label: 'strong' })
  for (const { url, outcome } of fetches.slice(0, shownRows)) {
    page.paragraph('    ', `${escapeText(url, { ...escapes, maxChars: 200 })}: ${outcome}`)
  }
  page.paragraph('    ', 'a device fetches nothing: it needs these sent, or stored', { text: 'dim' })
}

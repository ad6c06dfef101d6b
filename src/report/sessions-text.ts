import type { TlsSession } from '../capture/session.ts'
import type { SessionExplained } from '../judge/session-causes.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { HelloMatch } from '../observe/hello-match.ts'
import { formatCipherSuite } from '../tls/cipher-suites.ts'
import { isTls13 } from '../tls/versions.ts'
import { causeWords } from './cause-words.ts'
import { type EscapeOptions, escapeText } from './escape.ts'
import { Page } from './layout.ts'
import { type ModemToShow, writeModem } from './modem-text.ts'
import { formatSessionSign, outcomeWords } from './session-words.ts'
import { offeredVersions, sessionName, versionName } from './sessions-json.ts'
import { formatText, type TextOptions } from './text.ts'
import { formatBytes, formatCount, formatList, formatNumber } from './units.ts'

/** One session with what was made of it. */
export interface SessionToShow {
  readonly session: TlsSession
  readonly explained: SessionExplained
  /** Profiles that the ClientHello could be of; only where no device was named. */
  readonly matches: readonly HelloMatch[]
  readonly verdicts: readonly Verdict[]
}

export interface SessionsToShow {
  readonly name: string
  readonly frames: number
  readonly sessions: readonly SessionToShow[]
  readonly notes: readonly string[]
  readonly modem?: ModemToShow | undefined
}

/** Sessions shown in full; the rest in a line each. */
const maxFull = 12
const maxBrief = 200
const maxMessages = 24

/** What `tlsfit explain` prints of a capture. Ends with a line feed. */
export function formatSessions(read: SessionsToShow, options: TextOptions): string {
  const page = new Page({ columns: options.columns, color: options.color, ascii: options.ascii ?? false })
  const escapes = { ascii: options.ascii ?? false }
  const failed = read.sessions.filter(({ explained }) => explained.causes.length > 0)
  const name = escapeText(read.name === '-' ? 'the capture' : read.name, { ...escapes, maxChars: 120 })
  const count = `${formatCount(read.sessions.length, 'TLS session')} in ${formatCount(read.frames, 'frame')} of ${name}`
  const modemCause = read.modem?.ranking.causes[0]
  if (read.sessions.length === 0 && modemCause !== undefined) {
    const [word, label] = causeLabels[modemCause.confidence]
    page.paragraph(word, `${causeWords[modemCause.id].title}  (${modemCause.id}); ${count}`, {
      label,
      text: 'strong',
    })
  } else if (read.sessions.length === 0)
    page.paragraph('NO TLS    ', count, { label: 'open', text: 'strong' })
  else if (read.sessions.some(({ verdicts }) => verdicts.length > 0) && failed.length === 0)
    page.paragraph('SEEN      ', `${count}; none is seen to fail; the verdict for the device is below`, {
      text: 'strong',
    })
  else if (failed.length === 0)
    page.paragraph('NOTHING FOUND  ', `${count}; none that is seen to fail`, {
      label: 'open',
      text: 'strong',
    })
  else
    page.paragraph('FAILED    ', `${formatNumber(failed.length)} of ${count}`, {
      label: 'bad',
      text: 'strong',
    })
  if (read.modem !== undefined) writeModem(page, read.modem, escapes)
  const ordered = [...failed, ...read.sessions.filter((one) => !failed.includes(one))]
  for (const shown of ordered.slice(0, maxFull)) {
    page.blank()
    writeSession(page, shown, escapes)
  }
  const rest = ordered.slice(maxFull)
  if (rest.length > 0) page.blank()
  for (const { session, explained } of rest.slice(0, maxBrief)) {
    page.paragraph('  ', `${titleOf(session, escapes)}: ${outcomeWords[explained.outcome]}`, { text: 'dim' })
  }
  if (rest.length > maxBrief)
    page.paragraph('  ', `and ${formatNumber(rest.length - maxBrief)} more`, { text: 'dim' })
  if (read.notes.length > 0) page.blank()
  for (const note of read.notes)
    page.paragraph('note: ', escapeText(note, { ...escapes, maxChars: 300 }), { text: 'dim' })
  const verdicts = ordered.slice(0, maxFull).flatMap((one) => one.verdicts)
  return page.toString() + (verdicts.length === 0 ? '' : `\n${formatText(verdicts, options)}`)
}

const causeLabels = {
  certain: ['CAUSE     ', 'bad'],
  likely: ['LIKELY    ', 'warn'],
  possible: ['POSSIBLE  ', 'open'],
} as const

function titleOf(session: TlsSession, escapes: EscapeOptions): string {
  const sni = sessionName(session)
  const name = sni === undefined ? '' : `${escapeText(sni, { ...escapes, maxChars: 120 })} at `
  const { server } = session
  return `${name}${server.address.includes(':') ? `[${server.address}]` : server.address}:${server.port}`
}

function writeSession(
  page: Page,
  { session, explained, matches }: SessionToShow,
  escapes: EscapeOptions,
): void {
  const bad = explained.causes.length > 0
  page.paragraph(
    '',
    `${titleOf(session, escapes)}, ${session.transport === 'udp' ? 'DTLS, ' : ''}from ${session.client.address}:${session.client.port}`,
    { text: 'strong' },
  )
  page.paragraph('  ', outcomeWords[explained.outcome], {
    text: bad ? 'bad' : explained.outcome === 'established' ? 'good' : 'none',
  })
  for (const sign of explained.signs) page.paragraph('  ', formatSessionSign(sign, escapes))
  for (const [index, cause] of explained.causes.entries()) {
    const own = cause.evidence
      .filter((sign) => !explained.signs.includes(sign))
      .map((sign) => formatSessionSign(sign, escapes))
    const why = own.length === 0 ? '' : ` (${own.join('; ')})`
    page.paragraph(
      `  ${index + 1}. `,
      `${cause.id}: ${causeWords[cause.id].title}${why} [${cause.confidence}]`,
      {
        label: index === 0 ? 'bad' : 'dim',
        text: index === 0 ? 'none' : 'dim',
      },
    )
    if (index > 0) continue
    for (const cure of causeWords[cause.id].cures)
      page.paragraph('     cure  ', cure.title, { label: 'good' })
  }
  writeFacts(page, session, matches, escapes)
}

function writeFacts(
  page: Page,
  session: TlsSession,
  matches: readonly HelloMatch[],
  escapes: EscapeOptions,
): void {
  const hello = session.clientHellos[0]?.hello
  const offered =
    hello === undefined
      ? 'no ClientHello captured'
      : `offers ${formatList(offeredVersions(hello).map(versionName), 6)}`
  const chosen = session.serverHello
  const answer =
    chosen === undefined
      ? 'no ServerHello'
      : `${versionName(chosen.version)}, ${formatCipherSuite(chosen.cipherSuite)}`
  page.paragraph('  hello    ', `${offered}; ${answer}`, { label: 'dim' })
  page.paragraph('  chain    ', chainWords(session), { label: 'dim' })
  const { c2s, s2c } = session.maxRecordBytes
  const largest = [
    c2s === undefined ? '' : `${formatBytes(c2s)} from the client`,
    s2c === undefined ? '' : `${formatBytes(s2c)} from the server`,
  ].filter((part) => part !== '')
  if (largest.length > 0)
    page.paragraph('  records  ', `the largest: ${largest.join(', ')}`, { label: 'dim' })
  if (session.messages.length > 0) {
    const names = session.messages
      .slice(0, maxMessages)
      .map(({ direction, name }) => `${direction === 'c2s' ? '>' : '<'} ${name}`)
    const more = session.messages.length - maxMessages
    page.paragraph('  wire     ', `${names.join('  ')}${more > 0 ? `  … ${formatNumber(more)} more` : ''}`, {
      label: 'dim',
      text: 'dim',
    })
  }
  if (matches.length > 0) {
    const devices = matches.map(
      ({ device, same }) =>
        `${device.layers[0]?.family}@${device.layers[0]?.version} (${same.length} lists the same)`,
    )
    page.paragraph(
      '  fits     ',
      `this ClientHello is that of ${formatList([...new Set(devices)], 6)}; name it with --device to have it judged`,
      { label: 'dim' },
    )
  }
  for (const note of session.notes) page.paragraph('  note     ', escapeText(note, escapes), { label: 'dim' })
}

function chainWords(session: TlsSession): string {
  const { serverCertificates, serverCertificateMessageBytes, serverHello, resumed } = session
  if (serverCertificates === undefined && serverCertificateMessageBytes !== undefined) {
    return `in a Certificate message of ${formatBytes(serverCertificateMessageBytes)} that cannot be read`
  }
  if (serverCertificates === undefined) {
    const late = serverHello !== undefined && isTls13(serverHello.version)
    if (late)
      return 'hidden by TLS 1.3: a key log shows it (--keylog FILE), or openssl s_client -showcerts at the same server'
    return resumed === true ? 'none: an earlier session is taken up' : 'not in the capture'
  }
  if (serverCertificates.length === 0) return 'none in the part that can be read'
  const sizes = serverCertificates.map((der) => der.length)
  const total = sizes.reduce((sum, bytes) => sum + bytes, 0)
  const message =
    serverCertificateMessageBytes === undefined
      ? ''
      : `; the Certificate message has ${formatBytes(serverCertificateMessageBytes)}`
  return `${formatCount(sizes.length, 'certificate')}, ${formatBytes(total)} of DER (${sizes.map(formatNumber).join(' + ')})${message}`
}

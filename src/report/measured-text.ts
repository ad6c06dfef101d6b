import { checkWords } from '../exam/check-words.ts'
import type { Exam } from '../exam/exam.ts'
import { helloFound } from '../exam/hello-found.ts'
import { measuredQuirks } from '../exam/measured-values.ts'
import { securityFindings } from '../exam/security-findings.ts'
import { checkFound, checkIds } from '../exam/topics/verification.ts'
import { Page } from './layout.ts'
import { knownLines, leftWords } from './measure-words.ts'
import type { TextOptions } from './text.ts'
import { formatCount } from './units.ts'

/** One device as it was examined. */
export interface MeasuredDevice {
  /** Address and print of its hello. */
  readonly device: string
  readonly exam: Exam
}

/** What `tlsfit measure` found out of one device: what it does not verify first. Ends with a line feed. */
export function formatMeasured({ device, exam }: MeasuredDevice, options: TextOptions): string {
  const page = new Page({ columns: options.columns, color: options.color, ascii: options.ascii ?? false })
  page.paragraph('device     ', device, { label: 'dim', text: 'strong' })
  const { answers, baseline } = exam
  const days = [...new Set(answers.map(({ outcome }) => outcome.at.toISOString().slice(0, 10)))].join(', ')
  page.paragraph('asked      ', `${formatCount(answers.length, 'connection')}, ${days}`, { label: 'dim' })
  tellHello(page, exam)
  if (baseline === undefined) {
    page.blank()
    page.paragraph('not measured  ', notBegun(exam), { label: 'bad' })
    return page.toString()
  }
  if (exam.next() !== undefined)
    page.paragraph('           ', `not all was asked yet: ${leftWords(exam)}`, { text: 'warn' })
  tellSecurity(page, exam)
  const known = knownLines(exam)
  if (known.length > 0) page.blank()
  if (known.length > 0) page.paragraph('', 'Measured', { text: 'strong' })
  const width = Math.max(0, ...known.map(({ name }) => Math.min(name.length, 24)))
  for (const { name, text, more, connections } of known) {
    page.paragraph(`  ${name.padEnd(width)}  `, text, { label: 'dim' })
    const words = [...more, formatCount(connections, 'connection')].join('; ')
    page.paragraph(`  ${' '.repeat(width)}  `, words, { text: 'dim' })
  }
  // What it accepts stands above.
  const more = measuredQuirks.flatMap(({ of }) => of(exam)).filter((text) => !text.startsWith('It accepted '))
  if (more.length > 0) page.blank()
  for (const sentence of more) page.paragraph('  ', sentence)
  return page.toString()
}

function notBegun({ answers }: Exam): string {
  const established = answers.some(({ outcome }) => outcome.reached !== 'hello')
  return established
    ? 'it never took the plain chain: it broke off after the handshake, as a device does that verifies late; is the test CA loaded, and is the name of the URL the one that it verifies?'
    : 'it never took the plain chain: is the test CA loaded, and is the name of the URL the one that it verifies?'
}

function tellHello(page: Page, exam: Exam): void {
  const hello = helloFound(exam)
  if (hello === undefined) return
  const { names, sent, ja3, ja4, changes } = hello
  page.paragraph(
    'hello      ',
    `${names.versions.join(', ')}; ${formatCount(names.cipherSuites.length, 'cipher suite')}; ${sent.sni === undefined ? 'no server name' : `server name ${sent.sni}`}`,
    { label: 'dim' },
  )
  const prints = [ja4 && `JA4 ${ja4}`, ja3 && `JA3 ${ja3}`].filter((print) => print !== undefined)
  if (prints.length > 0) page.paragraph('           ', prints.join(', '), { text: 'dim' })
  if (changes.length > 0)
    page.paragraph('           ', `not the same in all connections: ${changes.join(', ')}`, { text: 'dim' })
}

function tellSecurity(page: Page, exam: Exam): void {
  const findings = securityFindings(exam)
  page.blank()
  if (findings.length > 0) page.paragraph('', 'Security: it accepted', { text: 'bad' })
  for (const { id, severity, shownBy, against } of findings) {
    const { served, risk } = checkWords[id]
    const often =
      against.length === 0 ? '' : `, ${shownBy.length} times of ${shownBy.length + against.length}`
    page.paragraph(`  ${severity.padEnd(8)}  `, `${served}${often}`, {
      label: severity === 'low' ? 'warn' : 'bad',
    })
    page.paragraph('            ', risk, { text: 'dim' })
  }
  const refused = checkIds.filter((id) => checkFound(exam, id) === 'refuses')
  if (refused.length === 0) return
  page.blank()
  page.paragraph('', 'It refused, as it should', { text: 'good' })
  for (const id of refused) page.paragraph('  ', checkWords[id].served)
}

import { checkWords, openWords, takenWords } from '../exam/check-words.ts'
import type { Exam } from '../exam/exam.ts'
import { helloFound } from '../exam/hello-found.ts'
import { openCriticalChecks, securityFindings } from '../exam/security-findings.ts'
import { checkFound, checkIds } from '../exam/topics/verification.ts'
import { untoldOf } from '../exam/untold.ts'
import { Page } from './layout.ts'
import { behaviourSentences, daysOf, deviceName, knownLines, leftWords } from './measure-words.ts'
import type { MeasuredDifference } from './measured/measured-difference.ts'
import { untoldWords } from './measured/untold-words.ts'
import type { TextOptions } from './text.ts'
import { formatCount } from './units.ts'

/** One device as it was examined. */
export interface MeasuredDevice {
  /** Address and print of its hello. */
  readonly device: string
  readonly exam: Exam
  /** From what it is taken to be; undefined: that was not told, or there is nothing to compare yet. */
  readonly difference?: MeasuredDifference | undefined
}

/** What `tlsfit measure` found out of one device: what it does not verify first. Ends with a line feed. */
export function formatMeasured(measured: MeasuredDevice, options: TextOptions): string {
  const { device, exam } = measured
  const page = new Page({ columns: options.columns, color: options.color, ascii: options.ascii ?? false })
  const { address, print } = deviceName(device)
  page.paragraph('device     ', print === undefined ? address : `${address} (hello ${print})`, {
    label: 'dim',
    text: 'strong',
  })
  const { answers, baseline } = exam
  page.paragraph('asked      ', `${formatCount(answers.length, 'connection')}, ${daysOf(answers)}`, {
    label: 'dim',
  })
  tellHello(page, exam)
  if (baseline === undefined) {
    page.blank()
    page.paragraph('not measured  ', notBegun(exam), { label: 'bad' })
    return page.toString()
  }
  if (exam.next() !== undefined)
    page.paragraph('           ', `not all was asked yet: ${leftWords(exam)}`, { text: 'warn' })
  tellSecurity(page, exam)
  tellValues(page, exam)
  tellBehaviours(page, exam)
  tellUntold(page, exam)
  if (measured.difference !== undefined) tellDifference(page, measured.difference)
  return page.toString()
}

function tellValues(page: Page, exam: Exam): void {
  const known = knownLines(exam)
  if (known.length === 0) return
  page.blank()
  page.paragraph('', 'Measured', { text: 'strong' })
  const width = Math.max(...known.map(({ name }) => Math.min(name.length, MOST_NAME_CHARS)))
  for (const { name, text, bounds, counts, notes, connections } of known) {
    page.paragraph(`  ${name.padEnd(width)}  `, text, { label: 'dim' })
    const more = [bounds, counts, ...notes, formatCount(connections, 'connection')]
    const words = more.filter((one) => one !== undefined && one !== text).join('; ')
    page.paragraph(`  ${' '.repeat(width)}  `, words, { text: 'dim' })
  }
}

const MOST_NAME_CHARS = 24

function tellBehaviours(page: Page, exam: Exam): void {
  const sentences = behaviourSentences(exam)
  if (sentences.length === 0) return
  page.blank()
  page.paragraph('', 'What else it does', { text: 'strong' })
  for (const sentence of sentences) page.paragraph('  ', sentence)
}

function tellUntold(page: Page, exam: Exam): void {
  const open = untoldOf(exam).map(untoldWords)
  if (open.length === 0) return
  page.blank()
  page.paragraph('', 'Not told', { text: 'open' })
  for (const { what, why } of open) {
    page.paragraph('  ', what)
    page.paragraph('    ', why, { text: 'dim' })
  }
}

function tellDifference(page: Page, { known, changed, agrees, added }: MeasuredDifference): void {
  page.blank()
  page.paragraph('', `Not as the catalogue says of ${known.id} (${known.name})`, { text: 'strong' })
  if (changed.length === 0) page.paragraph('  ', 'no difference is known', { text: 'good' })
  for (const { group, name, catalogue, measured, source } of changed) {
    page.blank()
    page.paragraph('  ', `${group}: ${name}`, { text: 'strong' })
    page.paragraph('    catalogue  ', catalogue.value, { label: 'dim' })
    for (const line of catalogue.more) page.paragraph('               ', line, { text: 'dim' })
    page.paragraph('               ', source, { text: 'dim' })
    page.paragraph('    measured   ', measured.value, { label: 'dim' })
    for (const line of measured.more) page.paragraph('               ', line, { text: 'dim' })
  }
  if (agrees.length + added.length > 0) page.blank()
  if (agrees.length > 0)
    page.paragraph('  ', `as the catalogue says, as far as it was asked: ${agrees.join(', ')}`, {
      text: 'dim',
    })
  if (added.length > 0)
    page.paragraph('  ', `the catalogue says nothing of: ${added.join(', ')}`, { text: 'dim' })
}

export function notBegun({ answers }: Exam): string {
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
  for (const finding of findings) {
    const { severity, shownBy, against } = finding
    const { risk, cure } = checkWords[finding.id]
    const often =
      against.length === 0 ? '' : `, ${shownBy.length} times of ${shownBy.length + against.length}`
    page.paragraph(`  ${severity.padEnd(8)}  `, `${takenWords(finding)}${often}`, {
      label: severity === 'low' ? 'warn' : 'bad',
    })
    page.paragraph('            ', risk, { text: 'dim' })
    page.paragraph('            ', cure)
  }
  const open = openWords(openCriticalChecks(exam))
  if (open !== undefined) page.paragraph('', open, { text: 'warn' })
  const refused = checkIds.filter((id) => checkFound(exam, id) === 'refuses')
  if (refused.length === 0) return
  page.blank()
  page.paragraph('', 'It refused, as it should', { text: 'good' })
  for (const id of refused) page.paragraph('  ', checkWords[id].served)
}

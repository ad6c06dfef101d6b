import { checkWords, openWords, takenWords } from '../../exam/check-words.ts'
import type { Exam } from '../../exam/exam.ts'
import { helloFound } from '../../exam/hello-found.ts'
import { openCriticalChecks, securityFindings } from '../../exam/security-findings.ts'
import { checkFound, checkIds } from '../../exam/topics/verification.ts'
import { untoldOf } from '../../exam/untold.ts'
import { markdownCode } from '../escape-markdown.ts'
import { codeBlock, plain, tableRow } from '../markdown/markdown-pieces.ts'
import { deviceName, knownLines, leftWords } from '../measure-words.ts'
import { notBegun } from '../measured-text.ts'
import { formatCount } from '../units.ts'
import { capital } from '../words/words.ts'
import type { MeasuredDifference } from './measured-difference.ts'
import { behaviourWords, timeWords } from './measured-facts.ts'
import type { MeasuredReport, MeasuredResult } from './measured-report.ts'
import { untoldWords } from './untold-words.ts'

/** What was measured, for an issue or a pull request: the same as the page, without its pictures. */
export function formatMeasuredMarkdown({ devices, testCa }: MeasuredReport): string {
  const { sha256, removal } = testCa
  const parts = [
    ...(devices.length === 0 ? ['No device has answered in this session.'] : devices.flatMap(deviceParts)),
    '## Take the test CA off the device',
    plain(`It must not stay there: ${removal.text}.`),
    ...(removal.commands.length === 0 ? [] : [codeBlock(removal.commands)]),
    `SHA-256 ${markdownCode(sha256)}`,
  ]
  return `${parts.join('\n\n')}\n`
}

function deviceParts({ device, exam, difference }: MeasuredResult): string[] {
  const { address, print } = deviceName(device)
  const hello = print === undefined ? '' : `, hello ${markdownCode(print)}`
  const head = [
    `## ${markdownCode(address)}${hello}`,
    plain(`${formatCount(exam.answers.length, 'connection')}, ${timeWords(exam)}.`),
  ]
  if (exam.baseline === undefined)
    return [...head, `**Not measured:** ${plain(notBegun(exam))}`, ...helloPart(exam)]
  return [
    ...head,
    ...(exam.next() === undefined ? [] : [plain(`Not all was asked yet: ${leftWords(exam)}.`)]),
    ...securityPart(exam),
    ...valuesPart(exam),
    ...(difference === undefined ? [] : differencePart(difference)),
    ...listPart('### What else it does', behaviourWords(exam)),
    ...listPart(
      '### Not told',
      untoldOf(exam)
        .map(untoldWords)
        .map(({ what, why }) => `${capital(what)}: ${why}`),
    ),
    ...helloPart(exam),
  ]
}

function listPart(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [title, items.map((item) => `- ${plain(item)}`).join('\n')]
}

function securityPart(exam: Exam): string[] {
  const findings = securityFindings(exam)
  const refused = checkIds.filter((id) => checkFound(exam, id) === 'refuses')
  const items = findings.map((finding) => {
    const { risk, cure } = checkWords[finding.id]
    return `- **${finding.severity}**: it accepted ${plain(takenWords(finding))}. ${plain(`${capital(risk)}. ${capital(cure)}.`)}`
  })
  const open = openWords(openCriticalChecks(exam))
  const took = refused.map((id) => checkWords[id].served).join('; ')
  return [
    '### Security',
    ...(items.length === 0 ? [] : [items.join('\n')]),
    ...(open === undefined ? [] : [plain(open)]),
    ...(refused.length === 0 ? [] : [plain(`It refused, as it should: ${took}.`)]),
  ]
}

function valuesPart(exam: Exam): string[] {
  const rows = knownLines(exam).map(({ name, text, bounds, counts, notes, connections, days }) => {
    const more = [bounds, counts, ...notes].filter((one) => one !== undefined && one !== text)
    return tableRow([plain(name), `**${plain(text)}**`, plain(more.join('; ')), String(connections), days])
  })
  if (rows.length === 0) return []
  const head = [
    tableRow(['value', 'measured', 'behind it', 'connections', 'on']),
    '| --- | --- | --- | ---: | --- |',
  ]
  return ['### Measured', [...head, ...rows].join('\n')]
}

function differencePart({ known, changed, agrees, added }: MeasuredDifference): string[] {
  const rows = changed.map(({ name, measured, catalogue, source }) =>
    tableRow([name, measured.value, catalogue.value, source].map(plain)),
  )
  const head = [tableRow(['value', 'measured', 'catalogue', 'its source']), '| --- | --- | --- | --- |']
  return [
    `### Not as the catalogue says of ${plain(known.name)} (${markdownCode(known.id)})`,
    rows.length === 0 ? 'No difference is known.' : [...head, ...rows].join('\n'),
    ...(agrees.length === 0
      ? []
      : [plain(`As the catalogue says, as far as it was asked: ${agrees.join(', ')}.`)]),
    ...(added.length === 0 ? [] : [plain(`The catalogue says nothing of: ${added.join(', ')}.`)]),
  ]
}

function helloPart(exam: Exam): string[] {
  const hello = helloFound(exam)
  if (hello === undefined) return []
  const { names, sent, ja3, ja4 } = hello
  const items = [
    plain(`versions: ${names.versions.join(', ')}`),
    sent.sni === undefined ? 'no server name' : `server name: ${markdownCode(sent.sni)}`,
    plain(`cipher suites: ${names.cipherSuites.join(', ')}`),
    plain(`groups: ${names.groups.join(', ')}`),
    plain(`signature algorithms: ${names.signatureSchemes.join(', ')}`),
    plain(`extensions: ${names.extensions.join(', ')}`),
    ...(ja4 === undefined ? [] : [`JA4: ${markdownCode(ja4)}`]),
    ...(ja3 === undefined ? [] : [`JA3: ${markdownCode(ja3)}`]),
  ]
  return ['### ClientHello', items.map((item) => `- ${item}`).join('\n')]
}

import { securityFindings } from '../../exam/security-findings.ts'
import { untoldOf } from '../../exam/untold.ts'
import { type Inset, type Markup, markup } from '../html/markup.ts'
import { closePage, openPage } from '../html/page-shell.ts'
import { deviceName, knownLines, leftWords } from '../measure-words.ts'
import { notBegun } from '../measured-text.ts'
import { formatCount, formatList } from '../units.ts'
import { helloSection } from './hello-section.ts'
import { limitsSection } from './limits-section.ts'
import { baselineWords, timeWords } from './measured-facts.ts'
import type { MeasuredReport, MeasuredResult } from './measured-report.ts'
import {
  behavioursSection,
  connectionsSection,
  differenceSection,
  testCaSection,
  untoldSection,
} from './measured-sections.ts'
import { measuredStyles } from './measured-styles.ts'
import { securitySection, severityStyles } from './security-section.ts'

/** What was measured, as a page that is one file. */
export function formatMeasuredHtml(report: MeasuredReport): string {
  const { devices, testCa, others, version } = report
  const names = devices.map(({ device }) => deviceName(device).address)
  const title = `tlsfit measure${names.length === 0 ? '' : `: ${formatList(names, 3)}`}`
  const body = markup`<header><h1>tlsfit measure</h1>
<p class="dim">tlsfit ${version}; what ${devices.length === 1 ? 'a device takes' : 'devices take'}, learnt one question a connection</p></header>
${devices.length === 0 ? markup`<p>No device has answered in this session.</p>\n` : undefined}${devices.map(deviceSection)}${testCaSection(testCa)}${
  others.length === 0 ? undefined : markup`<p class="dim">Others came, too: ${others.join('; ')}.</p>\n`
}`
  return openPage({ title, styles: measuredStyles }) + body.text + closePage
}

function deviceSection(result: MeasuredResult, index: number): Markup {
  const { device, exam, difference } = result
  const { address, print } = deviceName(device)
  const id = `d${index + 1}`
  const name = `device ${index + 1}, ${address}`
  const hello = print === undefined ? undefined : markup` <span class="dim">hello ${print}</span>`
  const rest =
    exam.baseline === undefined
      ? markup`<p class="notice bad">Not measured: ${notBegun(exam)}</p>
${helloSection(exam)}`
      : markup`${securitySection(exam)}${limitsSection({ id, name }, exam, difference?.known)}${behavioursSection(exam)}${
          difference === undefined ? undefined : differenceSection(difference)
        }${untoldSection(exam)}${helloSection(exam)}`
  return markup`<section class="device" id="${id}"><h2>${address}${hello}</h2>
${tiles(result)}${facts(result)}${rest}${connectionsSection(name, exam)}</section>
`
}

/** What is wanted first, as numbers. */
function tiles({ exam }: MeasuredResult): Markup | undefined {
  if (exam.baseline === undefined) return undefined
  const findings = securityFindings(exam)
  const worst = findings[0]?.severity
  const exact = knownLines(exam).filter(({ certainty }) => certainty === 'exact').length
  const tile = (count: number, words: string, style = '') =>
    markup`<li class="${style}"><b>${count}</b> ${words}</li>`
  return markup`<ul class="tiles">${tile(
    findings.length,
    findings.length === 1 ? 'finding of security' : 'findings of security',
    worst === undefined ? 'good' : severityStyles[worst],
  )}${tile(exact, exact === 1 ? 'limit known exactly' : 'limits known exactly')}${tile(
    untoldOf(exam).length,
    'left open',
  )}${tile(exam.answers.length, exam.answers.length === 1 ? 'connection' : 'connections')}</ul>
`
}

function facts({ exam, sameHello, difference, profile }: MeasuredResult): Markup {
  const next = exam.baseline !== undefined && exam.next() !== undefined ? leftWords(exam) : undefined
  const rows: readonly (readonly [string, Inset])[] = [
    ['asked', `${formatCount(exam.answers.length, 'connection')}, ${timeWords(exam)}`],
    ['not over', next],
    ['it takes', baselineWords(exam)],
    ['its hello is that of', sameHello.length === 0 ? undefined : formatList(sameHello, 4)],
    ['compared with', difference && markup`${difference.known.name} <code>${difference.known.id}</code>`],
    ['profile', profile && markup`<code>${profile}</code>`],
  ]
  return markup`<dl class="facts">${rows.flatMap(([name, value]) =>
    value === undefined ? [] : [markup`<div><dt>${name}</dt><dd>${value}</dd></div>`],
  )}</dl>
`
}

import type { Finding } from '../finding/finding.ts'
import type { Place } from '../finding/place.ts'
import type { Stage } from '../finding/stage.ts'
import { leadFinding } from '../judge/lead-finding.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { Target } from '../observe/observation.ts'
import { formatCipherSuite } from '../tls/cipher-suites.ts'
import { formatVersion } from '../tls/versions.ts'
import type { Block } from './collapse.ts'
import type { Footnote } from './cures-section.ts'
import { type EscapeOptions, escapeText } from './escape.ts'
import { type Fix, formatFix } from './fixes.ts'
import { placeTitles, rankFixes } from './fixes-by-place.ts'
import type { Page, Style } from './layout.ts'
import { waysToSettle } from './missing-words.ts'
import { lowestLayer, sum } from './reading.ts'
import { formatBytes, formatCount, formatList, formatNumber } from './units.ts'
import { unsafeAdvice } from './unsafe-advice.ts'
import { limitName } from './words/chain-words.ts'
import { formatSentence } from './words.ts'

/** Commands of a cure that stand under its title; longer ones go to the end of the report. */
const inlineCommands = 4

/** What the rest of the report has to know of the headline. */
export interface Headline {
  readonly best: Fix | undefined
  /** Cures whose lines go to the end of the report, numbered from 1; others are added to them. */
  readonly footnotes: Footnote[]
}

/** The three lines a reader needs: the verdict, the cause with its numbers and the device's own words, the cure. */
export function writeHeadline(
  page: Page,
  block: Block,
  options: EscapeOptions,
  can: readonly Place[] | undefined,
): Headline {
  const { verdict } = block
  const lead = leadFinding(verdict)
  const state = states[verdict.state]
  page.paragraph(state.word, verdictLine(block, lead, options), { label: state.style, text: 'strong' })
  let best: Fix | undefined
  if (lead === undefined) {
    page.paragraph('  seen    ', seen(verdict, options), { label: 'dim' })
    const room = tightest(verdict, options)
    if (room !== undefined) page.paragraph('  room    ', room, { label: 'dim' })
    const taken = assumed(verdict)
    if (taken !== undefined) page.paragraph('  assumed ', taken, { label: 'dim' })
  } else {
    page.paragraph(state.cause, causeText(lead, verdict, options), { label: 'dim' })
    best = writeBest(page, verdict, lead, options, can)
    const advice = unsafeAdvice(lead, verdict.device)
    if (advice !== undefined) page.paragraph('  unsafe  ', advice, { label: 'dim', text: 'dim' })
  }
  if (verdict.state === 'undecided' || lead === undefined) writeSettle(page, verdict, options)
  const long = best !== undefined && best.commands.length > inlineCommands
  return { best, footnotes: long ? [best!] : [] }
}

/** How each state is called and coloured. */
export const states: {
  readonly [S in Verdict['state']]: { readonly word: string; readonly cause: string; readonly style: Style }
} = {
  blocked: { word: 'BLOCKED   ', cause: '  cause   ', style: 'bad' },
  'at-risk': { word: 'AT RISK   ', cause: '  risk    ', style: 'warn' },
  undecided: { word: 'UNDECIDED ', cause: '  open    ', style: 'open' },
  fits: { word: 'FITS      ', cause: '  seen    ', style: 'good' },
}

/** Whether the device reaches the target, in a sentence without its end. */
export function verdictLine(block: Block, lead: Finding | undefined, options: EscapeOptions): string {
  const { verdict } = block
  const { target } = verdict.observation
  const device = escapeText(verdict.device.id, { ...options, maxChars: 120 })
  // A capture holds many chains: the host tells which.
  const which =
    verdict.observation.source === 'capture' && target.host !== undefined ? ` (${target.host})` : ''
  const from = verdict.observation.fromCapsule === true ? ', from a capsule' : ''
  const name = escapeText(`${target.text}${which}${from}`, { ...options, maxChars: 300 })
  const at =
    block.addresses.length === 0 || target.host === block.addresses[0]
      ? ''
      : ` at ${formatList(block.addresses, 6)}`
  const stage: Stage | undefined = verdict.stage ?? lead?.stage
  const mark = stage === undefined ? '' : `  (${stage})`
  if (target.protocol === 'file') {
    const line = {
      blocked: `${device} cannot take the chain in ${name}${mark}`,
      'at-risk': `chain fits, with a risk: ${device} takes the chain in ${name}${mark}`,
      undecided: `whether ${device} takes the chain in ${name} is not known${leaning(verdict)}${mark}`,
      fits: `chain fits: ${device} takes the chain in ${name}`,
    }
    return line[verdict.state]
  }
  const notReached = verdict.state === 'undecided' && (stage === 'dns' || stage === 'tcp')
  const line = {
    blocked: `${device} cannot reach ${name}${at}${mark}`,
    'at-risk': `${device} reaches ${name}${at}, with a risk${mark}`,
    undecided: notReached
      ? `${name}${at} was not reached from here; what ${device} would meet is not known${mark}`
      : `whether ${device} reaches ${name}${at} is not known${leaning(verdict)}${mark}`,
    fits: `${device} reaches ${name}${at}`,
  }
  return line[verdict.state]
}

function leaning(verdict: Verdict): string {
  if (verdict.leans === undefined) return ''
  return verdict.leans === 'fits'
    ? ', but the evidence leans to: it does'
    : ', but the evidence leans to: it does not'
}

/** What the finding says, and what the device shows for it. */
export function causeText(lead: Finding, verdict: Verdict, options: EscapeOptions): string {
  return `${formatSentence(lead, verdict.observation.source, options)}${deviceWords(lead, options)}`
}

/** ` The device shows errno 111: "…"`; nothing where the profile has no words for this failure. */
function deviceWords(finding: Finding, options: EscapeOptions): string {
  const words = finding.deviceWords
  if (words === undefined || finding.effect === 'info') return ''
  const verb = finding.effect === 'blocks' ? 'shows' : 'would show'
  const said = words.detail === undefined ? '' : escapeText(words.detail, options)
  const isName = said !== '' && said.split(' ').length <= 3
  const name = isName ? ` (${said})` : ''
  const detail = said === '' || isName ? '' : ` ${sentenceOf(said)}`
  const line = words.log?.split('\n')[0]
  const log = line === undefined || line === '' ? '' : `, in its log: "${escapeText(line, options)}"`
  return ` The device ${verb} ${escapeText(words.code, options)}${name}${log}.${detail}`
}

function sentenceOf(text: string): string {
  const trimmed = text.replace(/[.\s]+$/, '')
  return `${trimmed.slice(0, 1).toUpperCase()}${trimmed.slice(1)}.`
}

/** The best cure, of those that the reader can do where there is one; the others have a section of their own. */
function writeBest(
  page: Page,
  verdict: Verdict,
  lead: Finding,
  options: EscapeOptions,
  can: readonly Place[] | undefined,
): Fix | undefined {
  const fixes = lead.fixes.map((fix) =>
    formatFix(fix, lead, verdict.device, verdict.observation.target, options),
  )
  const [best] = rankFixes(fixes, can)
  if (best === undefined) return undefined
  const long = best.commands.length > inlineCommands
  const mine = can === undefined || can.length === 0 || best.places.some((place) => can.includes(place))
  const who = mine ? '' : ` (${placeTitles[best.places[0]!]})`
  page.paragraph('  fix     ', `${best.title}${who}${long ? ' [1]' : ''}`, { label: 'dim' })
  if (!long) for (const command of best.commands) page.command(command, 12)
  const more = fixes.length - 1
  if (more > 0) {
    page.paragraph('  or      ', `${formatCount(more, 'other cure')}: see "what can be done"`, {
      label: 'dim',
      text: 'dim',
    })
  }
  return best
}

/** Missing evidence named in the head of an open verdict. */
export const settledInHead = 3

/** What would settle an open verdict, with the exact command. */
function writeSettle(page: Page, verdict: Verdict, options: EscapeOptions): void {
  if (verdict.state !== 'undecided') return
  for (const [index, words] of waysToSettle(
    verdict,
    verdict.missing.slice(0, settledInHead),
    options,
  ).entries()) {
    page.paragraph(index === 0 ? '  settle  ' : '  or      ', words.what, { label: 'dim' })
    if (words.command !== undefined) page.command(words.command, 12)
  }
}

/** Stages that a target of the kind does not have. */
export const foreignStages: { readonly [P in Target['protocol']]: readonly Stage[] } = {
  https: ['mqtt'],
  mqtts: ['http'],
  tls: ['http', 'mqtt'],
  file: [],
}

/** What a target of its kind has, and was not seen: the verdict says nothing of it. */
export function unseenStages({ stages, observation }: Verdict): Stage[] {
  const foreign = foreignStages[observation.target.protocol]
  return stages
    .filter((stage) => stage.state === 'not-seen' && !foreign.includes(stage.stage))
    .map((stage) => stage.stage)
}

/** What was seen of a target that fits. */
export function seen(verdict: Verdict, options: EscapeOptions): string {
  const [connection] = verdict.observation.connections
  const parts: string[] = []
  const negotiated = connection?.negotiated
  if (negotiated !== undefined) {
    parts.push(`${formatVersion(negotiated.version)} ${formatCipherSuite(negotiated.cipherSuite)}`)
  }
  const sizes = connection?.chain?.certificates.map((der) => der.length)
  if (sizes !== undefined)
    parts.push(`${formatCount(sizes.length, 'certificate')}, ${formatBytes(sum(sizes))}`)
  const response = connection?.exchanges.find((exchange) => exchange.response !== undefined)?.response
  if (response !== undefined) parts.push(`HTTP ${response.status}`)
  const runs = verdict.observation.connections.flatMap((each) => each.records)
  if (runs.length > 0) {
    parts.push(`largest data record ${formatNumber(Math.max(...runs.map((run) => run.plaintextBytes)))}`)
  }
  const unseen = unseenStages(verdict)
  const what = parts.length === 0 ? 'Nothing that was judged.' : `${parts.join('; ')}.`
  return (
    escapeText(what, { ...options, maxChars: 600 }) +
    (unseen.length === 0 ? '' : ` Not seen: ${unseen.join(', ')}.`)
  )
}

/** Sizes of which no source says how much the device takes, where that leaves nothing open: those of ordinary servers are taken to fit. */
export function assumed({ device, missing }: Verdict): string | undefined {
  const limits = missing.filter(({ about }) => about === 'chainBytes' || about === 'recordBytes')
  if (limits.length === 0) return undefined
  const names = formatList(
    limits.map(({ about }) => limitName(about!)),
    3,
  )
  return `No source gives a limit of ${device.name} for: ${names}. What ordinary servers send is taken to fit.`
}

/** The limit with the least room left, in proportion; or the row of the field that the verdict rests on. */
export function tightest(verdict: Verdict, options: EscapeOptions): string | undefined {
  const witnessed = verdict.findings.find((finding) => finding.id === 'chain-size-witnessed')
  if (witnessed !== undefined) return formatSentence(witnessed, verdict.observation.source, options)
  const [margin] = [...verdict.margins]
    .filter((each) => each.limitValue > 0 && each.left >= 0)
    .sort((a, b) => a.left / a.limitValue - b.left / b.limitValue)
  if (margin === undefined) return undefined
  const percent = Math.round((100 * margin.left) / margin.limitValue)
  return `Tightest limit of ${lowestLayer(verdict)}: ${limitName(margin.limit)}, ${formatNumber(margin.value)} of ${formatNumber(
    margin.limitValue,
  )} ${margin.unit} (${percent} % left).`
}

import type { Effect, Finding } from '../../finding/finding.ts'
import type { Place } from '../../finding/place.ts'
import { leadFinding } from '../../judge/lead-finding.ts'
import type { StageVerdict, Verdict } from '../../judge/verdict.ts'
import { formatFix } from '../fixes.ts'
import { fixesByPlace, type PlaceGroup } from '../fixes-by-place.ts'
import { assumed, causeText, foreignStages, seen, tightest } from '../headline.ts'
import { countsNote, passesNote, tightestFirst } from '../limit-reading.ts'
import { formatMissing, waysToSettle } from '../missing-words.ts'
import { formatNumber } from '../units.ts'
import { unsafeAdvice } from '../unsafe-advice.ts'
import { limitName } from '../words/chain-words.ts'
import { capital } from '../words/words.ts'
import { formatSentence, formatTitle } from '../words.ts'
import { type Markup, markup } from './markup.ts'
import { drawOutlook } from './outlook-section.ts'
import { type Look, stageLooks } from './states.ts'

/** What a reader wants first of one verdict: how far the device comes, and why no further. */
export function verdictHead(verdict: Verdict): Markup {
  const lead = leadFinding(verdict)
  return markup`${drawStages(verdict)}<dl class="facts">
${lead === undefined ? whatWasSeen(verdict) : whatDecides(lead, verdict)}</dl>
`
}

/** The rest: the same words as text, in the same order. */
export function verdictRest(verdict: Verdict, can: readonly Place[] | undefined): Markup {
  const lead = leadFinding(verdict)
  return markup`${settle(verdict)}${cures(verdict, can)}${drawOutlook(verdict)}${room(verdict)}${others(verdict, lead)}${missing(verdict)}`
}

/** The stages in the order in which the device lives them. */
function drawStages({ stages, stage: stop, observation }: Verdict): Markup | undefined {
  const foreign = foreignStages[observation.target.protocol]
  const whole = observation.source !== 'pem'
  const own = stages.filter(({ stage, state }) => state !== 'not-seen' || (whole && !foreign.includes(stage)))
  if (own.length === 0) return undefined
  const end = own.findIndex(({ stage }) => stage === stop)
  const chip = ({ stage, state, basis }: StageVerdict, at: number) => {
    const { className, glyph, word } = stageLooks[state]
    const beyond = end >= 0 && at > end && state !== 'not-seen'
    const how = `${basis === 'witnessed' || basis === 'assumed' ? `, ${basis}` : ''}${beyond ? ', if the device got so far' : ''}`
    return markup`<li class="${className}${beyond ? ' beyond' : undefined}"><span aria-hidden="true">${glyph}</span> ${stage}<span class="unseen">: ${word}${how}</span></li>`
  }
  return markup`<ol class="stages" aria-label="Stages of the connection">${own.map(chip)}</ol>
`
}

function whatDecides(lead: Finding, verdict: Verdict): Markup {
  const advice = unsafeAdvice(lead, verdict.device)
  const label = { blocked: 'Cause', 'at-risk': 'Risk', undecided: 'Open', fits: 'Cause' }[verdict.state]
  return markup`${fact(label, markup`${causeText(lead, verdict, {})} ${idOf(lead)}`)}${
    advice === undefined ? undefined : fact('Unsafe', advice)
  }`
}

function whatWasSeen(verdict: Verdict): Markup {
  const left = tightest(verdict, {})
  const taken = assumed(verdict)
  return markup`${fact('Seen', seen(verdict, {}))}${left === undefined ? undefined : fact('Room', left)}${taken === undefined ? undefined : fact('Assumed', taken)}`
}

function fact(name: string, value: string | Markup): Markup {
  return markup`<div><dt>${name}</dt><dd>${value}</dd></div>
`
}

function idOf({ stage, id }: Finding): Markup {
  return markup`<span class="id">${stage}: ${id}</span>`
}

/** What would settle an open verdict. */
function settle(verdict: Verdict): Markup | undefined {
  if (verdict.state !== 'undecided' || verdict.missing.length === 0) return undefined
  return markup`<h4>To settle it</h4>
<ul>${waysToSettle(verdict, verdict.missing).map(
    ({ what, command }) =>
      markup`<li>${capital(what)}${commands(command === undefined ? [] : [command])}</li>
`,
  )}</ul>
`
}

/** Cures by the place where each is done: those places first, and open, where the reader can act. */
function cures(verdict: Verdict, can: readonly Place[] | undefined): Markup | undefined {
  const groups = fixesByPlace(verdict, { can })
  if (groups.length === 0) return undefined
  const named = can !== undefined && can.length > 0
  const mine = groups.filter((group) => group.can)
  const others = groups.filter((group) => !group.can)
  return markup`<h4>What can be done</h4>
${mine.length === 0 ? markup`<p>Nothing where you can act.</p>` : mine.map((group, at) => placeOf(group, named || at === 0))}${
  others.length === 0
    ? undefined
    : markup`<h4>Others can</h4>
${others.map((group) => placeOf(group, false))}`
}`
}

function placeOf({ title, cures, note }: PlaceGroup, open: boolean): Markup {
  return markup`<details class="place"${open ? markup` open` : undefined}><summary>${capital(title)}${
    cures.length === 0 ? undefined : markup` <span class="dim">(${cures.length})</span>`
  }</summary>
${note === undefined ? undefined : markup`<p>${note}</p>`}${
  cures.length === 0
    ? undefined
    : markup`<ol>${cures.map(
        (cure) => markup`<li>${capital(cure.title)} <span class="id">${cure.cures.join(', ')}</span>${
          cure.sentence === undefined
            ? undefined
            : markup`<blockquote>${cure.sentence
                .split('\n')
                .filter((line) => line !== '')
                .map((line) => markup`<p>${line}</p>`)}</blockquote>`
        }${commands(cure.commands)}</li>
`,
      )}</ol>`
}</details>
`
}

function commands(lines: readonly string[]): Markup | undefined {
  if (lines.length === 0) return undefined
  return markup`<pre tabindex="0"><code>${lines.map(
    (line) => markup`${line}
`,
  )}</code></pre>`
}

/** Room left to each limit, as a bar of the limit; what is over runs on behind its end. */
function room(verdict: Verdict): Markup | undefined {
  const margins = tightestFirst(verdict)
  if (margins.length === 0) return undefined
  const rows = margins.map((margin) => {
    const over = margin.left < 0
    const passes = over ? passesNote(verdict, margin) : undefined
    const left = over ? `${formatNumber(-margin.left)} over` : `${formatNumber(margin.left)} left`
    return markup`<tr><th scope="row">${limitName(margin.limit)}${countsNote(margin.counts)}</th><td class="number">${formatNumber(
      margin.value,
    )}</td><td class="number">${formatNumber(margin.limitValue)}</td><td class="number${over ? ' bad' : undefined}">${left}${
      passes === undefined ? undefined : `, ${passes}`
    }</td><td class="meter">${meter(margin.value, margin.limitValue)}</td></tr>
`
  })
  return markup`<h4>Room</h4>
<div class="wide" role="group" aria-label="Room left to each limit" tabindex="0"><table class="room">
<thead><tr><th scope="col">Limit of</th><th scope="col" class="number">Used</th><th scope="col" class="number">Limit</th><th scope="col" class="number">Room</th><th scope="col"><span class="unseen">Bar</span></th></tr></thead>
<tbody>${rows}</tbody></table></div>
`
}

/** Decoration of the numbers beside it: the limit ends at the line. */
function meter(value: number, limit: number): Markup {
  const scale = Math.max(value, limit, 1)
  const share = (part: number) => `${Number(((100 * part) / scale).toFixed(2))}%`
  const over = Math.max(0, value - limit)
  return markup`<svg class="bar" aria-hidden="true" width="100%" height="14"><rect class="fill-room" x="0" y="2" width="${share(
    Math.min(limit, scale),
  )}" height="10"/><rect class="fill-sent" x="0" y="2" width="${share(value - over)}" height="10"/>${
    over === 0
      ? undefined
      : markup`<rect class="fill-over" x="${share(limit)}" y="2" width="${share(over)}" height="10"/><line class="limit-figure" x1="${share(limit)}" y1="0" x2="${share(limit)}" y2="14"/>`
  }</svg>`
}

const effects: { readonly [E in Effect]: Look } = {
  blocks: { className: 'bad', glyph: '✗', word: 'blocks' },
  risks: { className: 'warn', glyph: '!', word: 'risk' },
  unknown: { className: 'open', glyph: '?', word: 'unknown' },
  info: { className: '', glyph: '·', word: 'note' },
}

function others(verdict: Verdict, lead: Finding | undefined): Markup | undefined {
  const rest = verdict.findings.filter((finding) => finding !== lead)
  if (rest.length === 0) return undefined
  return markup`<h4>Also found</h4>
<ol class="findings">${rest.map((finding) => {
    const { className, word } = effects[finding.effect]
    const [first] = finding.effect === 'info' || finding.effect === 'unknown' ? finding.fixes : []
    const { device, observation } = verdict
    const fix = first === undefined ? undefined : formatFix(first, finding, device, observation.target)
    return markup`<li><span class="tag ${className}">${word}</span> <strong>${capital(formatTitle(finding.id))}</strong>${
      finding.reached ? undefined : ' (met once the above is cured)'
    } ${idOf(finding)}<br>${formatSentence(finding, observation.source)}${
      fix === undefined ? undefined : markup`<p class="fix">Fix: ${fix.title}</p>${commands(fix.commands)}`
    }</li>
`
  })}</ol>
`
}

function missing(verdict: Verdict): Markup | undefined {
  // Those of an open verdict stand above, as what would settle it, but why each is needed stands here for all.
  if (verdict.missing.length === 0) return undefined
  return markup`<h4>Not known</h4>
<ul>${verdict.missing.map((each) => {
    const { why, what, command } = formatMissing(each, verdict)
    const about = each.about === undefined ? '' : ` (${limitName(each.about)})`
    const how =
      verdict.state === 'undecided' ? undefined : markup`<br><span class="dim">To know: ${what}</span>`
    return markup`<li>${capital(why)}${about}${how}${
      verdict.state === 'undecided' || command === undefined ? undefined : commands([command])
    }</li>
`
  })}</ul>
`
}

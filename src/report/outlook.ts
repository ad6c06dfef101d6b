import type { Finding } from '../finding/finding.ts'
import type { Assumption, LifetimeOutlook, Outlook, OutlookNeed } from '../judge/outlook.ts'
import type { State, Verdict } from '../judge/verdict.ts'
import { type EscapeOptions, escapeText } from './escape.ts'
import { formatCount, formatDay, formatList, formatNumber } from './units.ts'
import { formatTitle } from './words.ts'

/**
 * One sentence for each outlook of a verdict, for reports of any form; empty where none was asked for. No full
 * stop, no line breaks; what others wrote is escaped.
 */
export function outlookLines(verdict: Verdict, options: EscapeOptions = {}): string[] {
  return (verdict.outlook ?? []).map((outlook) => formatOutlook(outlook, verdict, options))
}

/** `from 28 May 2026: Let's Encrypt's …: +1,485 B, blocked for nrf9160@1.3.7 (…); … avoids it`. */
export function formatOutlook(outlook: Outlook, verdict: Verdict, options: EscapeOptions = {}): string {
  const { head, body } = outlookParts(outlook, verdict, options)
  return `${head}: ${body}`
}

export interface OutlookInWords {
  /** When, and what changes. */
  readonly head: string
  /** What that does to the device. */
  readonly body: string
}

export function outlookParts(
  outlook: Outlook,
  verdict: Verdict,
  options: EscapeOptions = {},
): OutlookInWords {
  const head = headOf(outlook, options)
  if (outlook.postQuantum !== undefined) return { head, body: postQuantumWords(outlook) }
  if (outlook.lifetime !== undefined) return { head, body: lifetimeWords(outlook) }
  const device = escapeText(verdict.device.id, { ...options, maxChars: 120 })
  const growth = growthWords(outlook)
  const result = `${stateWords(outlook, device, options)}${avoidWords(outlook, options)}`
  return { head, body: growth === '' ? result : `${growth}, ${result}` }
}

/** In its own words where the calendar has a title; a candidate by its file. */
function headOf(outlook: Outlook, options: EscapeOptions): string {
  const { change, candidate, host, kind } = outlook
  if (kind === 'post-quantum') return 'outlook, no verdict'
  const file = candidate === undefined ? '' : escapeText(candidate, options)
  if (kind === 'candidate') return `candidate ${file}`
  const title = change?.title ?? change?.change ?? ''
  const at = host === undefined ? '' : ` (at ${escapeText(host, options)})`
  const upon = candidate === undefined ? '' : `candidate ${file}, `
  return `${upon}${whenWords(outlook)}: ${title}${at}`
}

/** `from 15 Mar 2027`, `from February 2027 (planned)`, `since 28 May 2026, and not yet here`, `without a date yet`. */
export function whenWords({
  timing,
  change,
  from,
  lifetime,
}: Pick<Outlook, 'timing' | 'change' | 'from'> & Partial<Pick<Outlook, 'lifetime'>>): string {
  if (timing === 'undated' || change?.date === undefined || from === undefined) return 'without a date yet'
  const kind = kindWords[change.dateKind]
  const note = kind === undefined ? '' : ` (${kind})`
  const date = `${dateWords(change.date)}${note}`
  if (timing !== 'late') return `from ${date}`
  // A cap is in force for every leaf issued from its day on; it takes nothing from those before.
  return lifetime === undefined ? `since ${date}, and not yet here` : `since ${date}`
}

const kindWords: { readonly [kind: string]: string | undefined } = {
  planned: 'planned',
  computed: 'computed, not announced',
  'first-seen': 'first seen',
  'window-start': 'begins',
  deadline: 'at the latest',
  'no-later-than': 'at the latest',
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function dateWords(date: string): string {
  const [year = '', month = '', day] = date.split('-')
  if (month === '' || month.startsWith('Q')) return `${month} ${year}`.trim()
  return `${day === undefined ? '' : `${Number(day)} `}${months[Number(month) - 1]} ${year}`
}

/** `+1,485 B (4,375 B in 3 certificates)`; empty where nothing is known to change. */
function growthWords({ before, after, kind }: Outlook): string {
  if (before === undefined || after === undefined) return ''
  const grown = after.bytes - before.bytes
  const count = after.certificates - before.certificates
  const size = `${formatNumber(after.bytes)} B in ${formatCount(after.certificates, 'certificate')}`
  if (after.unknown.length > 0) return `at least ${size}`
  if (grown === 0 && count === 0) return kind === 'candidate' ? 'the same size' : ''
  return `${grown < 0 ? '-' : '+'}${formatNumber(Math.abs(grown))} B (${size})`
}

const stateWord: { readonly [S in Exclude<State, 'undecided'>]: string } = {
  fits: 'fits',
  'at-risk': 'fits with a risk on',
  blocked: 'blocked for',
}

function stateWords(outlook: Outlook, device: string, options: EscapeOptions): string {
  const { state, asToday, findings, needs, leans } = outlook
  if (state === undefined) return ''
  const [lead] = findings.filter(({ effect }) => effect === effectOf[state])
  const least = (outlook.after?.unknown.length ?? 0) > 0 ? 'at least ' : ''
  const reason = lead === undefined ? '' : ` (${reasonOf(lead, least)})`
  const same = asToday && state !== 'undecided' ? ', as today' : ''
  if (state !== 'undecided') return `${stateWord[state]} ${device}${reason}${same}`
  const lean = leans === undefined ? '' : `, leaning to ${leans === 'blocked' ? 'blocked' : 'fits'}`
  const asked = needs.length === 0 ? reason : `: needs ${needsWords(needs, options)}`
  return `can't tell for ${device}${lean}${asked}`
}

const effectOf = { fits: 'info', 'at-risk': 'risks', blocked: 'blocks', undecided: 'unknown' } as const

/** The numbers of a limit passed; the finding's title where it is about something else. */
function reasonOf({ id, details }: Finding, least: string): string {
  const facts: { readonly [name: string]: unknown } = { ...details }
  const { limitBytes, overBytes } = facts
  if (typeof limitBytes === 'number' && typeof overBytes === 'number' && overBytes > 0) {
    const of =
      id === 'cert-too-large' ? 'one certificate' : id === 'message-too-large' ? 'one message' : 'the chain'
    return `${least}${formatNumber(limitBytes + overBytes)} B against ${formatNumber(limitBytes)} B for ${of}`
  }
  const { neededIssuer, sentBytes } = facts
  if (id === 'untrusted-root' && typeof neededIssuer === 'string') {
    const name = escapeText(neededIssuer, { maxChars: 80 })
    return facts.assumed === true ? `whether it holds ${name} is not known` : `it does not hold ${name}`
  }
  if (id === 'chain-size-undecided' && typeof sentBytes === 'number' && typeof limitBytes === 'number')
    return `${formatNumber(sentBytes)} B sent against ${formatNumber(limitBytes)} B, which can be counted in two ways`
  return formatTitle(id)
}

/** What would settle it, as a list of things. */
export function needsWords(needs: readonly OutlookNeed[], options: EscapeOptions = {}): string {
  const sizes = needs.find((one) => one.needs === 'sizes')
  const keys = needs.find((one) => one.needs === 'keys')
  const both = sizes !== undefined && sizes.of.join() === keys?.of.join()
  return formatList(
    needs.flatMap(({ needs: what, of }) => {
      const and = what === 'root' || what === 'anchor' ? 'or' : 'and'
      const shown = of.map((one) => escapeText(one, { ...options, maxChars: 80 }))
      const names = formatList(shown, 4, and)
      if (both && what === 'keys') return []
      return [both && what === 'sizes' ? `the size, key and signature of ${names}` : needWords[what](names)]
    }),
    6,
  )
}

const needWords: { readonly [N in OutlookNeed['needs']]: (names: string) => string } = {
  sizes: (names) => `the size of ${names}`,
  keys: (names) => `the key and signature of ${names}`,
  leaf: () => 'the size and key of the new leaf',
  chain: (names) =>
    names === '' ? 'the chain that is served then' : `the chain that is served once it has left ${names}`,
  anchor: (names) =>
    names === '' ? '--anchor with what the device holds' : `--anchor: whether the device holds ${names}`,
  root: (names) => `${names} on the device`,
  'new-pin': (names) => `the next leaf of ${names} on the device, which holds the present one`,
  versions: () => 'a dial with the versions that are left',
}

/** `; an ECDSA chain (…) or the gateway avoids it`. */
function avoidWords({ avoidedBy, findings, state }: Outlook, options: EscapeOptions): string {
  if (state !== 'blocked') return ''
  const lead = findings.find(({ effect }) => effect === 'blocks')
  const chains = avoidedBy.map(
    ({ ca, name, bytes }) =>
      `${ca}'s chain "${name}" (${formatNumber(bytes)} B at most, with a leaf like today's)`,
  )
  const fixes = (lead?.fixes ?? []).flatMap(({ id, with: facts }) => {
    const { root } = facts
    if (id === 'front-small-chain') return ['the gateway']
    if (id !== 'load-root' || typeof root !== 'string') return []
    return [`${escapeText(root, options)} on the device`]
  })
  const ways = [...chains, ...new Set(fixes)]
  return ways.length === 0 ? '' : `; ${formatList(ways, 4, 'or')} avoids it`
}

/** The cap itself stands in the title of the change. */
function lifetimeWords({ lifetime }: Outlook): string {
  return `${rhythmWords(lifetime!)}; ${leafWords(lifetime!)}`
}

export function rhythmWords({ renewalsAYear }: LifetimeOutlook): string {
  return `${renewalsAYear} renewals a year or more`
}

export function leafWords({ daysNow, endedAt, pinned }: LifetimeOutlook): string {
  const which = endedAt === undefined ? 'this leaf' : `this leaf, which ended on ${formatDay(endedAt)},`
  const leaf = `${which} was issued for ${formatCount(daysNow, 'day')}`
  return pinned
    ? `${leaf}; the device holds the leaf itself, and each renewal with a new key cuts it off`
    : leaf
}

function postQuantumWords({ postQuantum }: Outlook): string {
  const sizes = postQuantum!.map(
    ({ algorithm, chainBytes }) => `${algorithm} about ${formatNumber(chainBytes)} B`,
  )
  return `this chain with post-quantum keys and signatures (FIPS 204) would have: ${sizes.join(', ')}; no public CA issues such certificates today`
}

/** What was assumed, for a note under the outlooks. */
export const assumptionWords: { readonly [A in Assumption]: string } = {
  'leaf-renewed': 'the leaf is renewed by then, in the size of today',
  'leaf-reissued': 'the new CA issues a leaf of the same size, names and kind of key',
  'issuers-renewed': 'issuing CAs that end before are replaced by their like',
  'stand-ins':
    'of new CA certificates names, sizes and keys are those of the calendar; their bytes were not at hand',
  signatures: 'that the new certificates sign one another was not computed',
  records: 'the server cuts its records as today',
  'chain-alone': 'the chain alone was judged, as from a file',
}

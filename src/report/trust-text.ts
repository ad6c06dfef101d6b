import type { CredentialFormat } from '../credential/credential.ts'
import { formatsFor } from '../credential/formats-for-device.ts'
import type { HostOption, HostPlan } from '../judge/host-plan.ts'
import { nameOf } from '../judge/root-candidates.ts'
import { type ChosenRoot, hostLabel, type RootPlan } from '../judge/root-plan.ts'
import { isOfServer } from '../judge/root-trial.ts'
import { keyWords } from './certificates-words.ts'
import { type EscapeOptions, escapeText, shellWord } from './escape.ts'
import { formatFix } from './fixes.ts'
import { Page, type Style } from './layout.ts'
import type { TextOptions } from './text.ts'
import { needsNewAnchor, type TrustReport } from './trust-report.ts'
import { writeEmitted, writeFetches, writeHeld, writeStored } from './trust-sections.ts'
import { lifeWords, originWords, passedOverWords, rootName, stopgapWords } from './trust-words.ts'
import { formatBytes, formatCount, formatDay, formatList, formatNumber } from './units.ts'
import { formatSentence } from './words.ts'

const shownHosts = 40
const shownOptions = 8

/**
 * What `tlsfit trust` prints for people: the anchors, for which host, how large, until when, and what to do next; then
 * each host with every anchor that leads there. Ends with a line feed.
 */
export function formatTrust(report: TrustReport, options: TextOptions): string {
  const page = new Page({ columns: options.columns, color: options.color, ascii: options.ascii ?? false })
  const escapes = { ascii: options.ascii ?? false }
  if (report.plan !== undefined) {
    writeHead(page, report, report.plan, escapes)
    writeHosts(page, report.plan, escapes)
  }
  writeHeld(page, report, escapes)
  writeStored(page, report, escapes)
  writeEmitted(page, report, escapes)
  writeFetches(page, report, escapes)
  return page.toString()
}

const heads: { readonly [S in RootPlan['state']]: { readonly word: string; readonly style: Style } } = {
  fits: { word: 'FITS      ', style: 'good' },
  undecided: { word: 'UNDECIDED ', style: 'open' },
  blocked: { word: 'BLOCKED   ', style: 'bad' },
}

function writeHead(page: Page, report: TrustReport, plan: RootPlan, escapes: EscapeOptions): void {
  const { word, style } = heads[plan.state]
  page.paragraph(word, trustHeadline(plan, escapes), { label: style, text: 'strong' })
  for (const root of plan.chosen) writeChosen(page, root, plan, escapes)
  for (const host of plan.hosts) writeTrouble(page, host, plan, escapes)
  const peer = plan.device.verification.peer
  if (peer !== undefined && peer.value !== 'required') {
    page.paragraph(
      '  warn    ',
      `the SDK of this device does not verify unless the application asks for it (${peer.value}): a root does nothing before that is switched on`,
      { label: 'warn' },
    )
  }
  if (plan.lasting !== undefined) {
    const names = plan.lasting.roots.map((root) => rootName(root, escapes))
    page.paragraph(
      '  or      ',
      `${formatCount(names.length, 'root')} would last until ${formatDay(plan.lasting.until)}: ${formatList(names, 6)}`,
      { label: 'dim' },
    )
  }
  if (plan.bounded) {
    page.paragraph('  note    ', 'there are more sets than were tried: another may be smaller', {
      label: 'dim',
    })
  }
  if (needsNewAnchor(report)) {
    page.paragraph(
      '  load    ',
      'the device does not hold it yet: loading it needs one working update or physical access',
      { label: 'warn' },
    )
  }
  writeNext(page, report, plan)
}

export function trustHeadline({ state, chosen, hosts, device }: RootPlan, escapes: EscapeOptions): string {
  const id = escapeText(device.id, { ...escapes, maxChars: 120 })
  const count = formatCount(hosts.length, 'host')
  const roots = formatCount(chosen.length, 'root')
  const open = hosts.filter((host) => host.state !== 'fits')
  switch (state) {
    case 'fits': {
      const leads = chosen.length === 1 ? 'leads' : 'lead'
      return `${roots} ${leads} ${id} to ${hosts.length === 1 ? hostName(hosts[0]!, escapes) : `all ${count}`}`
    }
    case 'blocked': {
      const blocked = open.filter((host) => host.state === 'blocked')
      const where = formatList(
        blocked.map((host) => hostName(host, escapes)),
        4,
      )
      const led = blocked.every((host) =>
        host.options.some((option) => option.chosen && option.state === 'fits'),
      )
      if (blocked.length > 0 && led) return `${roots} found, but something else blocks ${id} at ${where}`
      return blocked.length === 0
        ? `${id} cannot hold the roots of all ${count} together`
        : `no root helps ${id} at ${where}`
    }
    case 'undecided': {
      const where = formatList(
        open.map((host) => hostName(host, escapes)),
        4,
      )
      return `whether a root leads ${id} to ${where || 'any host'} is not known`
    }
  }
}

function writeChosen(page: Page, root: ChosenRoot, plan: RootPlan, escapes: EscapeOptions): void {
  const { candidate, life, hosts, pemBytes, storedAs, missingFromBundle } = root
  const { certificate, heldAs } = candidate
  page.paragraph('  root    ', rootName(candidate, escapes), { label: 'dim', text: 'strong' })
  const stored = storedAs === 'der' ? '; to be stored as DER: its PEM is too large' : ''
  const size = `${formatNumber(certificate.der.length)} B of DER, ${formatNumber(pemBytes)} B of PEM${stored}`
  page.paragraph('          ', `${size}; ${keyWords(certificate.publicKey)}; SHA-256 ${certificate.sha256}`)
  page.paragraph('          ', lifeWords(life, escapes), {
    text: life.until <= plan.serviceEnd ? 'warn' : 'none',
  })
  const names = hosts.map((host) => escapeText(host, { ...escapes, maxChars: 80 }))
  page.paragraph('          ', `for ${formatList(names, 8)}`)
  const held = heldAs === undefined ? undefined : escapeText(heldAs, { ...escapes, maxChars: 80 })
  if (held !== undefined) page.paragraph('          ', `held already: ${held}`, { text: 'good' })
  else if (candidate.origin !== 'known') page.paragraph('          ', originWords[candidate.origin])
  if (candidate.kind === 'self-signed-leaf') {
    page.paragraph(
      '  warn    ',
      'this is the certificate of the server itself: with its renewal every device needs the new one first. A small CA of your own costs nothing more: tlsfit serve makes one',
      { label: 'warn' },
    )
  }
  if (life.until <= plan.serviceEnd) writeShortLife(page, root, plan)
  if (missingFromBundle && held === undefined) {
    page.paragraph(
      '  warn    ',
      'it is not among the roots that the SDK of the device brings: add it to the build',
      {
        label: 'warn',
      },
    )
  }
}

function writeShortLife(page: Page, { life }: ChosenRoot, { now, serviceEnd, lasting }: RootPlan): void {
  const over =
    life.until <= now ? 'is over already' : `ends before the service life does (${formatDay(serviceEnd)})`
  const better = lasting === undefined ? '; no anchor for these hosts that fits is known to last longer' : ''
  page.paragraph('  warn    ', `it ${over}${better}: plan an update of the roots before that day`, {
    label: 'warn',
  })
}

/** What keeps a host from being reached, whatever is loaded. */
/** Why a host is not led to, and what helps there. */
export function hostTrouble(
  host: HostPlan,
  plan: RootPlan,
  escapes: EscapeOptions,
): { readonly said: string; readonly cures: readonly string[] } {
  const { reasons } = host
  const words = reasons.slice(0, 3).map((one) => formatSentence(one, sourceOf(host), escapes))
  const ids = [...new Set(reasons.map(({ id }) => id))].join(', ')
  const helpsFront = reasons.some((one) => one.stage === 'records' || !isOfServer(one))
  return {
    said: words.length === 0 ? whyOpen(host) : `${[...new Set(words)].join(' ')} (${ids})`,
    cures: [
      ...curesOf(host, plan, escapes),
      ...(helpsFront ? ['a front with a chain that the device takes: tlsfit gateway'] : []),
    ],
  }
}

function writeTrouble(page: Page, host: HostPlan, plan: RootPlan, escapes: EscapeOptions): void {
  if (host.state === 'fits') return
  const name = hostName(host, escapes)
  const { view, stopgap, options } = host
  const { said, cures } = hostTrouble(host, plan, escapes)
  if (host.state === 'blocked') {
    page.paragraph('  cause   ', `${name}: ${said}`, { label: 'bad' })
    if (plan.device.trust.sentIntermediates?.value === 'refused') writeUnused(page, host, escapes)
    for (const fix of cures) page.paragraph('  cure    ', fix, { label: 'dim' })
    page.command(`tlsfit check ${targetOf(view)} --device ${shellWord(plan.device.asked)}`, 10)
  } else {
    page.paragraph('  open    ', `${name}: ${said}`, { label: 'open' })
    if (options.length === 0 && view.chains.length > 0) {
      const how = 'give its root with --root FILE, or have its issuers looked for with --fetch-aia'
      page.paragraph('  next    ', `${how}`, { label: 'dim' })
    }
  }
  if (stopgap !== undefined) {
    const sure = stopgap.state === 'fits' ? '' : ' Whether the device takes it is not known.'
    page.paragraph('  stopgap ', `${stopgapWords(stopgap, escapes)}.${sure}`, { label: 'warn' })
  }
}

/** A stack that does not use what is sent needs all of it stored that leads to the root, and renewed there. */
function writeUnused(page: Page, { view, reasons }: HostPlan, escapes: EscapeOptions): void {
  const needed = reasons.flatMap(({ id, details }) =>
    id === 'untrusted-root' ? [details.neededIssuer, ...(details.besides ?? [])] : [],
  )
  const sent = view.chains[0]?.certificates ?? []
  const cas = sent.filter((one, index) => index > 0 && needed.includes(nameOf(one)))
  const names = cas.map(
    (one) => `${escapeText(nameOf(one), { ...escapes, maxChars: 80 })} (to ${formatDay(one.notAfter)})`,
  )
  if (names.length === 0) return
  const text = `this device does not use intermediates that are sent: beside the root it needs each of them stored, and stored anew when its CA changes it: ${formatList(names, 6)}`
  page.paragraph('  cure    ', text, { label: 'dim' })
}

/** The best cures of what blocks, but those that load a root: that none helps is known here. */
function curesOf({ reasons, view }: HostPlan, { device }: RootPlan, escapes: EscapeOptions): string[] {
  const { target } = (view.chains[0]?.observations[0] ?? view.unseen[0])!
  const titles = reasons.flatMap((finding) =>
    finding.fixes
      .filter(({ id }) => id !== 'load-root' && id !== 'front-small-chain')
      .slice(0, 1)
      .map((fix) => formatFix(fix, finding, device, target, escapes).title),
  )
  return [...new Set(titles)].slice(0, 2)
}

function whyOpen({ state, options }: HostPlan): string {
  if (state === 'unseen') return 'no certificate was seen there'
  if (options.length === 0) return 'its chain ends in no root known here'
  return 'the handshake did not come to its end'
}

function writeNext(page: Page, report: TrustReport, plan: RootPlan): void {
  const commands = trustCommands(report, plan)
  if (commands.length > 0 && report.emitted === undefined) {
    const words = 'write it in the form that the device loads, then look whether it was stored'
    page.paragraph('  next    ', words, { label: 'dim' })
  }
  for (const command of commands) page.command(command, 10)
}

/** What comes next: writes what is to be loaded, and compares what was stored. */
export function trustCommands({ asked, emitted, stored }: TrustReport, plan: RootPlan): string[] {
  const fresh = plan.chosen.some(({ candidate: { heldAs } }) => heldAs === undefined)
  if (!fresh) return []
  const targets = asked.targets.map((one) => shellWord(one)).join(' ')
  const roots = asked.rootFiles.map((file) => ` --root ${shellWord(file)}`).join('')
  const command = `tlsfit trust ${targets} --device ${shellWord(asked.device)}${roots}`
  const format: CredentialFormat = formatsFor(plan.device)[0] ?? 'pem'
  const isListed = format === 'nrf-at' && stored === undefined
  return [
    ...(emitted === undefined ? [`${command} --emit ${format}`] : []),
    ...(isListed ? [`${command} --verify-stored <answer of AT%CMNG=1>`] : []),
  ]
}

function writeHosts(page: Page, plan: RootPlan, escapes: EscapeOptions): void {
  page.blank()
  page.paragraph('hosts', '', { label: 'strong' })
  for (const host of plan.hosts.slice(0, shownHosts)) writeHost(page, host, escapes)
  if (plan.hosts.length > shownHosts) {
    page.paragraph('    ', `and ${formatNumber(plan.hosts.length - shownHosts)} more`, { text: 'dim' })
  }
}

const marks: { readonly [S in HostPlan['state']]: { readonly mark: string; readonly style: Style } } = {
  fits: { mark: 'fits', style: 'good' },
  undecided: { mark: 'not known', style: 'open' },
  blocked: { mark: 'blocked', style: 'bad' },
  unseen: { mark: 'not seen', style: 'open' },
}

function writeHost(page: Page, host: HostPlan, escapes: EscapeOptions): void {
  const { view, state, options, risks, beyond, stopgap } = host
  const { mark, style } = marks[state]
  page.row([['  '], [hostName(host, escapes), 'strong'], [': '], [mark, style]])
  for (const { certificates, addresses } of view.chains) {
    const bytes = certificates.reduce((sum, { der }) => sum + der.length, 0)
    const at = addresses.length === 0 ? '' : ` at ${formatList(addresses, 6)}`
    page.paragraph('    ', `${formatCount(certificates.length, 'certificate')}, ${formatBytes(bytes)}${at}`)
  }
  for (const option of options.slice(0, shownOptions)) writeOption(page, option, escapes)
  if (state === 'fits' && stopgap !== undefined) {
    const held = stopgap.candidate.heldAs === undefined ? '' : 'held already: '
    page.paragraph('    beside  ', `${held}${stopgapWords(stopgap, escapes)}`, { label: 'warn' })
  }
  for (const [label, findings] of [
    ['risk  ', risks],
    ['beside', beyond],
  ] as const) {
    for (const finding of findings.slice(0, 4)) {
      const sentence = formatSentence(finding, sourceOf(host), escapes)
      page.paragraph(`    ${label}  `, `${sentence} (${finding.id})`, { label: 'warn' })
    }
  }
}

function writeOption(page: Page, option: HostOption, escapes: EscapeOptions): void {
  const { candidate, chosen, state, reasons, pathBytes, pathCertificates, life, passedOver } = option
  const label = chosen ? '    chosen  ' : '    or      '
  const through =
    pathBytes === undefined
      ? ''
      : `: ${formatCount(pathCertificates!, 'certificate')}, ${formatBytes(pathBytes)} to it`
  page.paragraph(label, `${rootName(candidate, escapes)}${through}; ${lifeWords(life, escapes)}`, {
    label: chosen ? 'good' : 'dim',
    text: chosen ? 'none' : 'dim',
  })
  if (chosen || passedOver === undefined) {
    if (state !== 'fits' && !chosen) page.paragraph('            ', `${marks[state].mark}: ${idsOf(reasons)}`)
    return
  }
  const ids = state === 'fits' ? '' : ` (${idsOf(reasons)})`
  page.paragraph('            ', `not chosen: ${passedOverWords[passedOver]}${ids}`, { text: 'dim' })
}

function idsOf(findings: readonly { readonly id: string }[]): string {
  return [...new Set(findings.map(({ id }) => id))].join(', ') || 'not seen to its end'
}

function hostName({ view }: Pick<HostPlan, 'view'>, escapes: EscapeOptions): string {
  return escapeText(hostLabel(view), { ...escapes, maxChars: 120 })
}

/** Of a target as it was given, secrets blanked; of a redirect its host. */
function targetOf({ chains, unseen }: HostPlan['view']): string {
  return shellWord((chains[0]?.observations[0] ?? unseen[0])!.target.text)
}

function sourceOf({ view: { chains, unseen } }: HostPlan): 'dial' | 'pem' | 'capture' {
  return (chains[0]?.observations[0] ?? unseen[0])?.source ?? 'dial'
}

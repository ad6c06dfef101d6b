import type { HostPlan } from '../../judge/host-plan.ts'
import { hostLabel } from '../../judge/root-plan.ts'
import { escapeText } from '../escape.ts'
import { markdownCode } from '../escape-markdown.ts'
import type { TrustReport } from '../trust-report.ts'
import { formatTrust, hostTrouble, trustCommands, trustHeadline } from '../trust-text.ts'
import { endWords, lifeWords, rootName } from '../trust-words.ts'
import { formatDay, formatNumber } from '../units.ts'
import { capital } from '../words/words.ts'
import { accountPage, document, foldedAccount, numbered } from './account.ts'
import { section } from './causes-markdown.ts'
import { codeBlock, plain, tableRow } from './markdown-pieces.ts'

const shownRows = 60
const shownTroubles = 8

/** What `tlsfit trust --format markdown` prints: the roots to load with the commands, then a row for each host. */
export function trustMarkdown(report: TrustReport): string {
  const { plan, held } = report
  const commands = plan === undefined ? [] : trustCommands(report, plan)
  return document([
    ...(plan === undefined ? [] : [`**${stateWords[plan.state]}: ${plain(trustHeadline(plan, {}))}**`]),
    ...(plan === undefined || plan.chosen.length === 0 ? [] : [rootsTable(plan.chosen)]),
    ...(commands.length === 0 ? [] : ['**Load it, then look whether it was stored**', codeBlock(commands)]),
    ...(plan === undefined ? [] : [...troubles(plan), hostsTable(plan.hosts)]),
    ...(held === undefined ? [] : [heldTable(held)]),
    foldedAccount(formatTrust(report, accountPage)),
  ])
}

const stateWords = { fits: 'Fits', undecided: 'Undecided', blocked: 'Blocked', unseen: 'Not seen' } as const

function troubles(plan: NonNullable<TrustReport['plan']>): string[] {
  const hosts = plan.hosts.filter(({ state }) => state !== 'fits')
  const shown = hosts.slice(0, shownTroubles).flatMap((host) => {
    const { said, cures } = hostTrouble(host, plan, {})
    const name = markdownCode(hostLabel(host.view), { maxChars: 120 })
    const fixes = host.state === 'blocked' ? cures.map((cure, at) => numbered(at, capital(cure), [])) : []
    return [`**${name}:** ${plain(said)}`, ...section('Fix', fixes)]
  })
  const hidden = hosts.length - shownTroubles
  return hidden > 0 ? [...shown, `_${formatNumber(hidden)} more hosts: \`--format json\` has all._`] : shown
}

function rootsTable(chosen: NonNullable<TrustReport['plan']>['chosen']): string {
  const rows = chosen.map(({ candidate, life, hosts, pemBytes }) => {
    const { der, sha256 } = candidate.certificate
    return tableRow([
      plain(rootName(candidate, {})),
      `${formatNumber(der.length)} (PEM ${formatNumber(pemBytes)})`,
      plain(lifeWords(life, {})),
      hosts.map((host) => markdownCode(host, { maxChars: 120 })).join('<br>'),
      candidate.heldAs === undefined
        ? 'to load'
        : `held: ${plain(escapeText(candidate.heldAs, { maxChars: 80 }))}`,
      `\`${sha256.slice(0, 16)}\``,
    ])
  })
  return table(['root', 'bytes of DER', 'life', 'for', 'on the device', 'SHA-256'], rows)
}

function hostsTable(hosts: readonly HostPlan[]): string {
  const rows = hosts.slice(0, shownRows).map(({ view, state, options, reasons, risks, beyond }) => {
    const chosen = options.find((option) => option.chosen)
    const findings = [
      ...new Set([...(chosen?.reasons ?? []), ...reasons, ...risks, ...beyond].map(({ id }) => id)),
    ]
    return tableRow([
      markdownCode(hostLabel(view), { maxChars: 120 }),
      stateWords[state],
      chosen === undefined ? '' : plain(rootName(chosen.candidate, {})),
      chosen?.pathBytes === undefined ? '' : formatNumber(chosen.pathBytes),
      findings.join(', '),
    ])
  })
  return table(['host', 'verdict', 'root', 'bytes to it', 'findings'], rows, hosts.length)
}

function heldTable({ chains }: NonNullable<TrustReport['held']>): string {
  const rows = chains
    .slice(0, shownRows)
    .map(({ issued, state, until, by }) =>
      tableRow([
        plain(`${issued.ca}, ${issued.name}`),
        stateWords[state],
        `${formatDay(until)}, ${plain(endWords[by])}`,
      ]),
    )
  return [
    '**Chains that end in what is held**',
    table(['chain', 'verdict', 'until'], rows, chains.length),
  ].join('\n\n')
}

function table(head: readonly string[], rows: readonly string[], all = rows.length): string {
  const hidden = all - rows.length
  const more = hidden > 0 ? [`\n_${formatNumber(hidden)} more: \`--format json\` has all._`] : []
  return [tableRow(head.map(capital)), `|${'---|'.repeat(head.length)}`, ...rows, ...more].join('\n')
}

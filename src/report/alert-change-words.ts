import type { ChainChange, SnapshotChange } from '../fleet/snapshot-change.ts'
import { escapeText } from './escape.ts'
import { formatBytes, formatCount, formatList, formatNumber } from './units.ts'

export interface ChangeInWords {
  /** A few words, no full stop. */
  readonly title: string
  /** A sentence with both sides of it. */
  readonly line: string
}

/** What of an endpoint changed, with its numbers. What others wrote is made visible. */
export function changeWords(change: SnapshotChange): ChangeInWords {
  switch (change.kind) {
    case 'root':
    case 'issuer':
    case 'chain':
    case 'renewed':
    case 'leaf':
      return { title: chainTitles[change.kind], line: chainLine(change) }
    case 'by-turns': {
      if (change.of === 'addresses') {
        const line = `The name led to these by turns lately: ${formatList(change.addresses.map(shown))}. Each turn is told no more.`
        return { title: 'Addresses come and go', line }
      }
      const sizes = change.chains.map(({ bytes }) => formatNumber(bytes)).join(', ')
      const line = `The endpoint gave ${formatCount(change.chains.length, 'chain')} by turns lately, of ${sizes} bytes. Each turn is told no more.`
      return { title: 'Chains come and go', line }
    }
    case 'record': {
      const { bytesFrom, bytesTo, of } = change
      const what = of === 'data' ? 'data' : 'handshake'
      const verb = bytesTo > bytesFrom ? 'Larger' : 'Smaller'
      const line = `The largest ${what} record went from ${formatNumber(bytesFrom)} to ${formatBytes(bytesTo)} (${signed(bytesTo - bytesFrom)}).`
      return { title: `${verb} ${what} records`, line }
    }
    case 'version':
      return { title: 'Another TLS version', line: `${fromTo(change)}, for the same hello.` }
    case 'suite':
      return { title: 'Another cipher suite', line: `${fromTo(change)}, for the same hello.` }
    case 'addresses': {
      const { added, removed } = change
      const parts = [
        ...(added.length === 0 ? [] : [`new: ${formatList(added.map(shown))}`]),
        ...(removed.length === 0 ? [] : [`gone: ${formatList(removed.map(shown))}`]),
      ]
      return { title: 'Other addresses', line: `The name leads to other addresses; ${parts.join('; ')}.` }
    }
  }
}

const chainTitles: { readonly [K in ChainChange['kind']]: string } = {
  root: 'A chain to another root',
  issuer: 'A leaf of another CA',
  chain: 'Other certificates above the leaf',
  renewed: 'A renewed certificate',
  leaf: 'Another certificate',
}

function chainLine({ from, to, differs, recordFrom, recordTo }: ChainChange): string {
  const count =
    from.count === to.count
      ? formatCount(to.count, 'certificate')
      : `${from.count} → ${formatCount(to.count, 'certificate')}`
  const size =
    from.bytes === to.bytes
      ? `The chain has ${formatBytes(to.bytes)} as before, ${count}`
      : `The chain went from ${formatNumber(from.bytes)} to ${formatBytes(to.bytes)} (${signed(to.bytes - from.bytes)}), ${count}`
  const parts = [
    ...(differs.includes('root') ? [`root ${shown(from.root)} → ${shown(to.root)}`] : []),
    ...(differs.includes('issuer') ? [`issuer ${shown(from.issuer)} → ${shown(to.issuer)}`] : []),
    ...(differs.includes('key') ? [`key ${from.key ?? '?'} → ${to.key ?? '?'}`] : []),
    ...(recordFrom === undefined || recordTo === undefined
      ? []
      : [`largest handshake record ${formatNumber(recordFrom)} → ${formatBytes(recordTo)}`]),
    ...(to.notAfter === undefined || from.notAfter === to.notAfter
      ? []
      : [
          `valid until ${to.notAfter.slice(0, 10)}, the one before ${from.notAfter?.slice(0, 10) ?? 'unknown'}`,
        ]),
  ]
  return `${[size, ...parts].join('; ')}.`
}

function fromTo({ from, to }: { readonly from: readonly string[]; readonly to: readonly string[] }): string {
  return `${formatList(from.map(shown))} → ${formatList(to.map(shown))}`
}

function signed(value: number): string {
  return value < 0 ? `-${formatNumber(-value)}` : `+${formatNumber(value)}`
}

function shown(text: string): string {
  return escapeText(text, { maxChars: 120 })
}

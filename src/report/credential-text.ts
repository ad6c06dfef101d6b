import type { Credential, StoredAs, StoredLimit, StoredSize } from '../credential/credential.ts'
import { formatBytes, formatNumber } from './units.ts'

/** What each anchor takes up, against what the device stores: `ISRG Root X1: 1,391 bytes as DER, 1,939 as PEM …`. */
export function credentialSizes({ stored, limit }: Credential): string[] {
  const each = stored.map(
    (one) => `${one.subject}: ${sizeWords(one)}${limitWords(one.storedBytes, limit, 'each')}`,
  )
  if (limit?.counts !== 'together') return each
  const total = stored.reduce((sum, { storedBytes }) => sum + storedBytes, 0)
  return [...each, `together: ${formatBytes(total)}${limitWords(total, limit, 'together')}`]
}

const forms: { readonly [S in StoredAs]: string } = {
  pem: 'as PEM',
  'pem-with-nul': 'as PEM with its NUL',
  der: 'as DER',
  'name-and-key': 'as name and key',
}

function sizeWords({ derBytes, storedBytes, storedAs }: StoredSize): string {
  const der = `${formatBytes(derBytes)} as DER`
  return storedAs === 'der' ? der : `${der}, ${formatNumber(storedBytes)} ${forms[storedAs]}`
}

function limitWords(bytes: number, limit: StoredLimit | undefined, counts: StoredLimit['counts']): string {
  if (limit === undefined || limit.counts !== counts) return ''
  const figure =
    limit.bytes === limit.mostBytes
      ? formatNumber(limit.bytes)
      : `${formatNumber(limit.bytes)} to ${formatNumber(limit.mostBytes)}`
  const left = limit.bytes - bytes
  return `; the device stores ${figure}${left >= 0 ? `, ${formatNumber(left)} left` : ''} (${limit.confidence.replace('-', ' ')})`
}

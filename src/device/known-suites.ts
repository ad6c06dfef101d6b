import { cipherSuites, findCipherSuite, parseCipherSuite } from '../tls/cipher-suites.ts'
import type { Confidence, Device, KeyExchange } from './device.ts'
import { wideCipherSuites, wideCipherSuitesDhe } from './wide-offer.ts'

/** What is known of the suites that a device has: its list, or else the key exchanges that its build has. */
export interface KnownSuites {
  /** RFC names, in the order offered; where only the exchanges are known, the wide ones of these. */
  readonly names: readonly string[]
  readonly confidence: Confidence
  /** The build says how keys are exchanged, and who says so; undefined where the list itself is known. */
  readonly exchanges: { readonly names: readonly KeyExchange[]; readonly source: string } | undefined
  has(code: number): boolean
}

/** Undefined where neither is known. */
export function knownSuites({ hello, build }: Pick<Device, 'hello' | 'build'>): KnownSuites | undefined {
  const { cipherSuites: list, versions } = hello
  if (list !== undefined) {
    const codes = list.value.flatMap((name) => parseCipherSuite(name) ?? [])
    const { value: names, confidence } = list
    return { names, confidence, exchanges: undefined, has: (code) => codes.includes(code) }
  }
  if (build.keyExchanges === undefined) return undefined
  const { value, confidence, source } = build.keyExchanges
  const built: readonly string[] = value
  // Suites of TLS 1.3 name no key exchange, RFC 8446 §B.4: it has (EC)DHE always.
  const has13 = versions?.value.includes('TLSv1.3') ?? true
  return {
    names: wideOf(value),
    confidence,
    exchanges: { names: value, source },
    has(code) {
      const kx = findCipherSuite(code)?.kx
      return kx !== undefined && (kx === 'tls13' ? has13 : built.includes(kx))
    },
  }
}

/** Suites to offer for TLS 1.2 where a device's own list is unknown, of the key exchanges that its build has. */
function wideOf(exchanges: readonly KeyExchange[]): readonly string[] {
  const all = [...wideCipherSuites, ...wideCipherSuitesDhe]
  const of = (...kx: readonly string[]) => all.filter((name) => kx.includes(exchangeOf(name)))
  const built = (['ecdhe', 'dhe', 'rsa'] as const).filter((exchange) => exchanges.includes(exchange))
  return [...built.flatMap((exchange) => of(exchange)), ...of('scsv')]
}

function exchangeOf(name: string): string {
  const rows: { readonly [name: string]: { readonly kx: string } } = cipherSuites
  return rows[name]?.kx ?? 'none'
}

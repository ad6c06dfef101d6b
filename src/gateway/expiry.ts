import { Gauge, Registry } from 'prom-client'
import type { FrontRules, IdentityKind } from '../front/front.ts'
import { parseCertificates } from '../x509/pem.ts'
import type { MetricsSnapshot } from './metrics.ts'

type Identities = FrontRules['identities']

/** When the first certificate of each chain ends, in epoch milliseconds. */
export function endsOf(identities: Identities): (readonly [kind: IdentityKind, at: number])[] {
  return (['ecdsa', 'rsa'] as const).flatMap((kind) => {
    const pem = identities[kind]?.certPem
    if (pem === undefined) return []
    const ends = parseCertificates(Buffer.from(pem), kind).map(({ notAfter }) => notAfter.getTime())
    return [[kind, Math.min(...ends)] as const]
  })
}

/** The same for the metrics. Of one process only: certificates of several are the same ones. */
export async function expirySnapshot(
  listeners: readonly (readonly [name: string, identities: Identities])[],
): Promise<MetricsSnapshot> {
  const registry = new Registry()
  const gauge = new Gauge({
    name: 'tlsfit_certificate_expiry_timestamp_seconds',
    help: 'when the first certificate of the chain ends',
    labelNames: ['listener', 'identity'],
    registers: [registry],
  })
  for (const [listener, identities] of listeners) {
    for (const [identity, at] of endsOf(identities)) gauge.set({ listener, identity }, at / 1_000)
  }
  return registry.getMetricsAsJSON()
}

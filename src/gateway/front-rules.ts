import { readFileSync } from 'node:fs'
import type { FrontRules } from '../front/front.ts'
import { defaultHttpLimits, type HttpLimits } from '../front/http-connection.ts'
import { PemError, parseCertificates } from '../x509/pem.ts'
import type { ListenerFile } from './config-schema.ts'
import { type GatewayConfig, pathIn } from './gateway-config.ts'
import { IdentityError } from './identities/identity-error.ts'

/** What a listener's clients may do, as its front wants it. Throws `IdentityError` for the CA of client certificates. */
export function frontRulesOf(
  config: GatewayConfig,
  listener: ListenerFile,
  identities: FrontRules['identities'],
): FrontRules {
  const { tls, limits, maxRecordBytes } = listener
  return {
    identities,
    maxRecordBytes,
    minVersion: tls.min ?? 'TLSv1.2',
    maxVersion: tls.max ?? 'TLSv1.3',
    oldSuites: tls.oldSuites ?? false,
    clientCertificates: clientCertificatesOf(config, listener),
    handshakeTimeoutMs: 1_000 * (limits.handshakeSeconds ?? 30),
    maxConnections: limits.connections ?? 20_000,
    maxPerAddress: limits.perAddress,
  }
}

export function httpLimitsOf({ limits }: ListenerFile): HttpLimits {
  return {
    ...defaultHttpLimits,
    headMs: 1_000 * (limits.headSeconds ?? 30),
    idleMs: 1_000 * (limits.idleSeconds ?? 120),
    stallMs: 1_000 * (limits.stallSeconds ?? 60),
  }
}

/** What a listener asks for that is weaker than need be, each a sentence. */
export function risksOf({ name, tls, clientCertificates }: ListenerFile): string[] {
  const risks: string[] = []
  const min = tls.min ?? 'TLSv1.2'
  if (min === 'TLSv1' || min === 'TLSv1.1') {
    risks.push(
      `${name} takes ${min}, which RFC 8996 forbids: for devices that know no better, and for no others`,
    )
  }
  if (tls.oldSuites) {
    risks.push(`${name} takes suites with CBC or without forward secrecy (oldSuites): for old devices only`)
  }
  if (clientCertificates?.ask === 'optional') {
    risks.push(
      `${name} serves clients without a certificate too: only writes need one (clientCertificates: optional)`,
    )
  }
  return risks
}

function clientCertificatesOf(
  config: GatewayConfig,
  { clientCertificates }: ListenerFile,
): FrontRules['clientCertificates'] {
  if (clientCertificates === undefined) return { ask: 'no' }
  const path = pathIn(config, clientCertificates.ca)
  try {
    const bytes = readFileSync(path)
    parseCertificates(bytes, path)
    return { ask: clientCertificates.ask, caPem: bytes.toString('utf8') }
  } catch (error) {
    if (error instanceof PemError) throw new IdentityError(`${error.at}: ${error.message}`, error.hint)
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'it failed'
    throw new IdentityError(
      `${path}: cannot be read (${code})`,
      'the CA of client certificates is expected there, PEM',
    )
  }
}

import type { SeenAlert } from '../capture/session.ts'
import type { Cause } from '../finding/cause.ts'
import { alerts as alertCodes } from '../tls/alerts.ts'
import {
  askedSign,
  expiredSign,
  nameSign,
  noNameSign,
  recordSign,
  type Seen,
  type SessionSign,
  sizeSign,
  validSign,
} from './session-sign.ts'

/** Causes with what speaks for them. */
export type Weighed = readonly (readonly [Cause, 'certain' | 'likely' | 'possible', ...SessionSign[]])[]

/** The device refused: its alert names the reason, as far as its library tells the truth. */
export function causesOfClientAlert({ description }: SeenAlert, seen: Seen): Weighed {
  const [own] = seen.signs
  const evidence = own === undefined ? [] : [own]
  const wrongName = nameSign(seen)
  switch (description) {
    case alertCodes.unknown_ca.code: {
      const selfSigned = seen.chain[0]?.selfIssued === true ? [{ kind: 'self-signed-leaf' } as const] : []
      return [
        ['untrusted-root', 'likely', ...evidence, ...selfSigned],
        ['leaf-as-anchor', 'possible', ...evidence],
        // A root that another CA signed is sent above the leaf: one certificate alone is none.
        ...(seen.chain.length === 1 ? [] : [['cross-sign-path', 'possible', ...evidence] as const]),
      ]
    }
    case alertCodes.certificate_expired.code: {
      const expired = expiredSign(seen)
      if (expired !== undefined)
        return [
          ['cert-expired', 'certain', ...evidence, expired],
          ['clock-unset', 'possible', ...evidence],
        ]
      const valid = validSign(seen)
      return valid === undefined
        ? [
            ['cert-expired', 'possible', ...evidence],
            ['clock-unset', 'possible', ...evidence],
          ]
        : [
            ['clock-unset', 'likely', ...evidence, valid],
            ['cert-expired', 'possible', ...evidence],
          ]
    }
    case alertCodes.protocol_version.code:
      return [['no-common-version', 'certain', ...evidence]]
    case alertCodes.record_overflow.code:
      return [['record-too-large', 'certain', ...evidence, ...recordSign(seen)]]
    case alertCodes.insufficient_security.code:
    case alertCodes.handshake_failure.code:
      return [
        ['no-common-cipher', 'likely', ...evidence],
        ['sigalg-unsupported', 'possible', ...evidence],
        ['untrusted-root', 'possible', ...evidence],
      ]
    case alertCodes.bad_certificate.code:
    case alertCodes.certificate_unknown.code:
    case alertCodes.unsupported_certificate.code:
      return [
        ...(wrongName === undefined ? [] : [['name-mismatch', 'likely', ...evidence, wrongName] as const]),
        ['untrusted-root', wrongName === undefined ? 'likely' : 'possible', ...evidence],
        ['cert-too-large', 'possible', ...evidence, ...sizeSign(seen)],
        ['chain-too-large', 'possible', ...evidence, ...sizeSign(seen)],
        ['sigalg-unsupported', 'possible', ...evidence],
        ['clock-unset', 'possible', ...evidence],
      ]
    case alertCodes.decode_error.code:
    case alertCodes.internal_error.code:
      return [
        ['out-of-memory', 'possible', ...evidence],
        ['chain-too-large', 'possible', ...evidence, ...sizeSign(seen)],
        ['record-too-large', 'possible', ...evidence, ...recordSign(seen)],
        ['tls-stack-bug', 'possible', ...evidence],
      ]
    case alertCodes.user_canceled.code:
      return []
    default:
      return [['tls-stack-bug', 'possible', ...evidence]]
  }
}

/** The server refused. */
export function causesOfServerAlert({ description }: SeenAlert, seen: Seen): Weighed {
  const [own] = seen.signs
  const evidence = own === undefined ? [] : [own]
  const asked = askedSign(seen)
  const noName = noNameSign(seen)
  const atHello = seen.session.serverHello === undefined
  if (asked !== undefined && asked.sent !== 'some' && !atHello && refusals.has(description)) {
    return [['client-auth-rejected', 'certain', ...evidence, asked]]
  }
  switch (description) {
    case alertCodes.protocol_version.code:
      return [['no-common-version', 'certain', ...evidence]]
    case alertCodes.no_application_protocol.code:
      return [['alpn-missing', 'certain', ...evidence]]
    case alertCodes.certificate_required.code:
      return [['client-auth-rejected', 'certain', ...evidence]]
    case alertCodes.unrecognized_name.code:
      return noName === undefined
        ? [['sni-wrong', 'likely', ...evidence]]
        : [['sni-missing', 'likely', ...evidence, noName]]
    case alertCodes.insufficient_security.code:
      return [['no-common-cipher', 'likely', ...evidence]]
    case alertCodes.handshake_failure.code:
      if (!atHello)
        return [
          ['client-auth-rejected', 'likely', ...evidence, ...(asked === undefined ? [] : [asked])],
          ['no-common-cipher', 'possible', ...evidence],
        ]
      return [
        ...(noName === undefined ? [] : [['sni-missing', 'likely', ...evidence, noName] as const]),
        ['no-common-cipher', noName === undefined ? 'likely' : 'possible', ...evidence],
        ['sni-wrong', 'possible', ...evidence],
        ['no-common-version', 'possible', ...evidence],
      ]
    case alertCodes.internal_error.code:
      return [
        ...(noName === undefined
          ? [['sni-wrong', 'possible', ...evidence] as const]
          : [['sni-missing', 'possible', ...evidence, noName] as const]),
        ['tls-stack-bug', 'possible', ...evidence],
      ]
    case alertCodes.bad_certificate.code:
    case alertCodes.unsupported_certificate.code:
    case alertCodes.certificate_revoked.code:
    case alertCodes.certificate_expired.code:
    case alertCodes.certificate_unknown.code:
    case alertCodes.unknown_ca.code:
    case alertCodes.access_denied.code:
      return [['client-auth-rejected', 'likely', ...evidence, ...(asked === undefined ? [] : [asked])]]
    case alertCodes.decrypt_error.code:
      return [
        ['client-auth-rejected', 'possible', ...evidence],
        ['credential-malformed', 'possible', ...evidence],
        ['tls-stack-bug', 'possible', ...evidence],
      ]
    default:
      return [['tls-stack-bug', 'possible', ...evidence]]
  }
}

/** Alerts by which servers say that a certificate is wanted, or was not accepted. */
const refusals: ReadonlySet<number> = new Set(
  (
    [
      'handshake_failure',
      'bad_certificate',
      'certificate_unknown',
      'unknown_ca',
      'access_denied',
      'certificate_required',
    ] as const
  ).map((name) => alertCodes[name].code),
)

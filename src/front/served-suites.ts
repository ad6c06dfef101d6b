import { findCipherSuite } from '../tls/cipher-suites.ts'
import type { IdentityKind } from './front.ts'

/** What suites a listener has: those of `secure-contexts.ts`. */
export interface SuitesServed {
  readonly kinds: ReadonlySet<IdentityKind>
  /** CBC and static RSA as well. */
  readonly oldSuites: boolean
}

/** Whether the suite is one of them. */
export function isServed(code: number, { kinds, oldSuites }: SuitesServed): boolean {
  const suite = findCipherSuite(code)
  if (suite === undefined) return false
  const { kx, auth, cipher } = suite
  if (kx === 'tls13') return /^(aes-(128|256)-gcm|aes-128-ccm(-8)?|chacha20.*)$/.test(cipher)
  if (auth !== 'ecdsa' && auth !== 'rsa') return false
  if (!kinds.has(auth)) return false
  const gcm = /^aes-(128|256)-gcm$/.test(cipher)
  const cbc = /^aes-(128|256)-cbc$/.test(cipher)
  if (kx === 'rsa') return oldSuites && (gcm || cbc)
  if (kx !== 'ecdhe') return false
  const aead = gcm || cipher.startsWith('chacha20') || (auth === 'ecdsa' && /-ccm(-8)?$/.test(cipher))
  return aead || (oldSuites && cbc)
}

/** What a listener would have to change for one of `codes` to be served. */
export interface Opening {
  /** A key of this kind; undefined: the one that is there will do. */
  readonly kind: IdentityKind | undefined
  readonly oldSuites: boolean
}

/** The least change; undefined where none helps. Neither of both: the suites are no reason to refuse. */
export function openingFor(codes: readonly number[], served: SuitesServed): Opening | undefined {
  const other: IdentityKind = served.kinds.has('rsa') ? 'ecdsa' : 'rsa'
  const kinds = new Set<IdentityKind>([...served.kinds, other])
  const wishes: readonly (readonly [Opening, SuitesServed])[] = [
    [{ kind: undefined, oldSuites: false }, served],
    [
      { kind: other, oldSuites: false },
      { ...served, kinds },
    ],
    [
      { kind: undefined, oldSuites: true },
      { ...served, oldSuites: true },
    ],
    [
      { kind: other, oldSuites: true },
      { kinds, oldSuites: true },
    ],
  ]
  return wishes.find(([, wished]) => codes.some((code) => isServed(code, wished)))?.[0]
}

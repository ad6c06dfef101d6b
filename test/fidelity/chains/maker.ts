import {
  basicConstraints,
  type ExtensionToWrite,
  extendedKeyUsage,
  keyUsage,
  subjectAltName,
} from '../../../src/issue/certificate-extensions.ts'
import { armour } from '../../../src/issue/der.ts'
import {
  type CertificateRecipe,
  type IssuedCertificate,
  issueCertificate,
  type NameToWrite,
} from '../../../src/issue/issue-certificate.ts'
import { keptKey } from '../../support/kept-keys.ts'

export const HOST = 'device.test'

/** A chain with one thing to it, and what the device holds. */
export interface KnownChain {
  readonly name: string
  /** As sent, leaf first. */
  readonly sent: readonly IssuedCertificate[]
  readonly anchors: readonly IssuedCertificate[]
  /** What the device connects to by name; an IP address is never sent as server_name. */
  readonly host: string
  /** Only the TLS version that its sizes are counted for. */
  readonly version?: 'TLSv1.2' | 'TLSv1.3'
}

export interface Recipe {
  readonly name: string | NameToWrite
  /** `P-256 owner`, `rsa2048 owner`, `ed25519 owner`: the type and whose it is. */
  readonly key?: string
  readonly issuer?: IssuedCertificate | undefined
  readonly extensions?: readonly ExtensionToWrite[]
  /** Days from now. */
  readonly from?: number
  readonly to?: number
  readonly hash?: CertificateRecipe['hash']
  readonly pss?: boolean
  readonly keyIds?: boolean
  readonly serialBytes?: number
  /** Another serial number for what is otherwise the same. */
  readonly seed?: string
}

export const caUse = [basicConstraints(true), keyUsage('keyCertSign', 'cRLSign')]
export const serverUse = [
  basicConstraints(false),
  keyUsage('digitalSignature'),
  extendedKeyUsage('serverAuth'),
  subjectAltName([HOST]),
]
/** For RSA leaves, whose key may sign or decrypt. */
export const rsaServerUse = [
  basicConstraints(false),
  keyUsage('digitalSignature', 'keyEncipherment'),
  subjectAltName([HOST]),
]

const DAY_MS = 86_400_000

/** Makes certificates that are good at one moment, and the few that nearly all chains share. */
export class Maker {
  readonly now: Date
  readonly root: IssuedCertificate
  readonly stranger: IssuedCertificate
  readonly issuing: IssuedCertificate
  readonly leaf: IssuedCertificate
  readonly rsaRoot: IssuedCertificate
  readonly rsaIssuing: IssuedCertificate

  constructor(now: Date) {
    this.now = now
    this.root = this.ca('root')
    this.stranger = this.ca('stranger')
    this.issuing = this.ca('issuing', { issuer: this.root })
    this.leaf = this.leafOf(this.issuing)
    this.rsaRoot = this.ca('rsa root', { key: 'rsa2048 rsa root' })
    this.rsaIssuing = this.ca('rsa issuing', { key: 'rsa2048 rsa issuing', issuer: this.rsaRoot })
  }

  make(recipe: Recipe): IssuedCertificate {
    const { name, issuer, extensions = [], from = -100, to = 1_000, hash = 'sha256', seed = '' } = recipe
    const subject: NameToWrite = typeof name === 'string' ? [['CN', name]] : name
    const key = recipe.key ?? `P-256 ${JSON.stringify(name)}`
    return issueCertificate({
      subject,
      key: keptKey(key),
      issuer,
      hash,
      pss: recipe.pss ?? false,
      notBefore: new Date(this.now.getTime() + from * DAY_MS),
      notAfter: new Date(this.now.getTime() + to * DAY_MS),
      serialBytes: recipe.serialBytes ?? 12,
      keyIds: recipe.keyIds ?? true,
      extensions,
      seed: JSON.stringify([subject, key, from, to, issuer?.subject, hash, seed]),
    })
  }

  ca(name: string, more: Partial<Recipe> = {}): IssuedCertificate {
    return this.make({ name, extensions: caUse, ...more })
  }

  leafOf(issuer: IssuedCertificate, more: Partial<Recipe> = {}): IssuedCertificate {
    return this.make({ name: HOST, key: 'P-256 leaf', issuer, extensions: serverUse, ...more })
  }

  /** A leaf of `issuing` with these extensions in place of the usual ones. */
  leafWith(extensions: readonly ExtensionToWrite[], more: Partial<Recipe> = {}): IssuedCertificate {
    return this.leafOf(this.issuing, { extensions, ...more })
  }

  /** Held is the common root unless something else is said. */
  chain(
    name: string,
    sent: readonly IssuedCertificate[],
    anchors: readonly IssuedCertificate[] = [this.root],
    host = HOST,
  ): KnownChain {
    return { name, sent, anchors, host }
  }
}

/** The same certificate with the last byte of its signature changed. */
export function withBadSignature(certificate: IssuedCertificate): IssuedCertificate {
  const der = Uint8Array.from(certificate.der)
  der[der.length - 1] = der[der.length - 1]! ^ 0x01
  return { ...certificate, der, pem: armour('CERTIFICATE', der) }
}

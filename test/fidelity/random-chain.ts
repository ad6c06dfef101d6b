import type { KeyObject } from 'node:crypto'
import {
  basicConstraints,
  type ExtensionToWrite,
  extendedKeyUsage,
  keyUsage,
  rawExtension,
  subjectAltName,
} from '../../src/issue/certificate-extensions.ts'
import { sequence } from '../../src/issue/der.ts'
import {
  type CertificateRecipe,
  type IssuedCertificate,
  issueCertificate,
} from '../../src/issue/issue-certificate.ts'
import { keptKey } from '../support/kept-keys.ts'

export const HOST = 'device.test'

/** A chain as servers send them by mistake or malice, and what a device might hold. */
export interface RandomChain {
  readonly sent: readonly IssuedCertificate[]
  readonly anchors: readonly IssuedCertificate[]
  /** For a person: what is odd about it. */
  readonly story: string
}

const DAY_MS = 86_400_000
/** As many intermediates as common sense has, and as some stacks stop at. */
const depths = [0, 1, 1, 1, 2, 2, 3, 5, 8, 9]
const keyTypes = [
  'P-256',
  'P-256',
  'P-256',
  'P-384',
  'rsa2048',
  'rsa2048',
  'P-521',
  'rsa1024',
  'rsa4096',
] as const
const leafKeyTypes = ['P-256', 'P-256', 'P-384', 'rsa2048', 'rsa2048'] as const

/** The same seed makes the same chain, but for keys and ECDSA signatures. */
export function randomChain(seed: number, now: Date): RandomChain {
  return new Maker(seed, now).make()
}

class Maker {
  #state: number
  readonly #now: Date
  readonly #story: string[] = []

  constructor(seed: number, now: Date) {
    this.#state = (seed * 2_654_435_761) >>> 0
    this.#now = now
  }

  make(): RandomChain {
    const root = this.#certificate('root', this.#key('root'), undefined, [basicConstraints(true)])
    const stranger = this.#certificate(
      'stranger',
      keptKey('P-256 stranger'),
      undefined,
      [basicConstraints(true)],
      'good',
    )
    const intermediates: IssuedCertificate[] = []
    let issuer = root
    const depth = this.#pick(depths)
    for (let at = 0; at < depth; at++) {
      const name = this.#chance(0.05) ? 'root' : `ca ${at}`
      issuer = this.#certificate(name, this.#key(`ca ${at}`), issuer, this.#caExtensions())
      intermediates.unshift(issuer)
    }
    const leafKey = keptKey(`${this.#pick(leafKeyTypes)} leaf`)
    const alone = this.#chance(0.08)
    const leaf = this.#certificate(HOST, leafKey, alone ? undefined : issuer, this.#leafExtensions())
    if (alone) this.#story.push('self-signed leaf')
    const sent = this.#disturb([leaf, ...intermediates], root, stranger)
    return {
      sent,
      anchors: this.#anchors(root, stranger, intermediates, leaf),
      story: this.#story.join(', ') || 'plain',
    }
  }

  #disturb(
    chain: readonly IssuedCertificate[],
    root: IssuedCertificate,
    stranger: IssuedCertificate,
  ): IssuedCertificate[] {
    let sent = [...chain]
    if (this.#chance(0.2)) sent.push(this.#tell('root sent', root))
    if (this.#chance(0.15)) {
      const recipe = { ...this.#recipe('root', root.key, [basicConstraints(true)], 'good'), issuer: stranger }
      sent.push(this.#tell('cross-signed root sent', issueCertificate(recipe)))
    }
    if (this.#chance(0.12) && sent.length > 2)
      sent = this.#tell('reversed', [sent[0]!, ...sent.slice(1).reverse()])
    if (this.#chance(0.1) && sent.length > 1) this.#tell('first intermediate missing', sent.splice(1, 1))
    if (this.#chance(0.05) && sent.length > 1) sent.push(this.#tell('one sent twice', sent[1]!))
    return sent
  }

  #anchors(
    root: IssuedCertificate,
    stranger: IssuedCertificate,
    intermediates: readonly IssuedCertificate[],
    leaf: IssuedCertificate,
  ): IssuedCertificate[] {
    switch (
      this.#pick([
        'root',
        'root',
        'root',
        'root',
        'root',
        'stranger',
        'intermediate',
        'leaf',
        'both',
      ] as const)
    ) {
      case 'root':
        return [root]
      case 'stranger':
        return this.#tell('stranger held', [stranger])
      case 'intermediate':
        return this.#tell('intermediate held', [intermediates[0] ?? root])
      case 'leaf':
        return this.#tell('leaf held', [leaf])
      case 'both':
        return this.#tell('two roots held', [stranger, root])
    }
  }

  #caExtensions(): ExtensionToWrite[] {
    const pathLength = this.#chance(0.12) ? this.#tell('path length', this.#pick([0, 1])) : undefined
    const isCa = !this.#chance(0.06)
    if (!isCa) this.#story.push('intermediate no CA')
    const usage = this.#chance(0.1)
      ? this.#tell('CA without keyCertSign', ['digitalSignature'] as const)
      : (['keyCertSign', 'cRLSign'] as const)
    return [
      ...(this.#chance(0.06) ? this.#tell('no basicConstraints', []) : [basicConstraints(isCa, pathLength)]),
      ...(this.#chance(0.6) ? [keyUsage(...usage)] : []),
      ...(this.#chance(0.03) ? this.#tell('unknown critical extension', [unknownCritical]) : []),
    ]
  }

  #leafExtensions(): ExtensionToWrite[] {
    const names = this.#chance(0.85) ? [HOST] : this.#tell('another name', ['other.test'])
    const usage = this.#chance(0.7)
      ? (['digitalSignature'] as const)
      : this.#tell('leaf for encipherment', ['keyEncipherment'] as const)
    const purpose = this.#chance(0.75) ? 'serverAuth' : this.#tell('leaf for clients', 'clientAuth' as const)
    return [
      ...(this.#chance(0.88) ? [subjectAltName(names)] : this.#tell('no subjectAltName', [])),
      ...(this.#chance(0.25) ? [keyUsage(...usage)] : []),
      ...(this.#chance(0.25) ? [extendedKeyUsage(purpose)] : []),
      ...(this.#chance(0.03) ? this.#tell('unknown critical extension', [unknownCritical]) : []),
    ]
  }

  #certificate(
    name: string,
    key: KeyObject,
    issuer: IssuedCertificate | undefined,
    extensions: readonly ExtensionToWrite[],
    dates = this.#pick([
      'good',
      'good',
      'good',
      'good',
      'good',
      'good',
      'good',
      'good',
      'expired',
      'future',
    ] as const),
  ): IssuedCertificate {
    if (dates !== 'good') this.#story.push(`${name} ${dates}`)
    return issueCertificate({ ...this.#recipe(name, key, extensions, dates), issuer })
  }

  #recipe(
    name: string,
    key: KeyObject,
    extensions: readonly ExtensionToWrite[],
    dates: 'good' | 'expired' | 'future',
  ): Omit<CertificateRecipe, 'issuer'> {
    const [from, to] = { good: [-400, 1_500], expired: [-800, -40], future: [40, 1_500] }[dates] as [
      number,
      number,
    ]
    return {
      subject: [['CN', name]],
      key,
      hash: this.#pick(['sha256', 'sha256', 'sha384']),
      notBefore: new Date(this.#now.getTime() + from * DAY_MS),
      notAfter: new Date(this.#now.getTime() + to * DAY_MS),
      serialBytes: 12,
      keyIds: this.#chance(0.6),
      extensions,
      seed: String(this.#random()),
    }
  }

  #key(owner: string): KeyObject {
    const type = this.#pick(keyTypes)
    if (type === 'rsa1024') this.#story.push(`${owner} RSA 1024`)
    return keptKey(`${type} ${owner}`)
  }

  #tell<T>(story: string, value: T): T {
    this.#story.push(story)
    return value
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random() * choices.length)]!
  }

  #chance(share: number): boolean {
    return this.#random() < share
  }

  /** A linear congruential generator, Numerical Recipes' constants. */
  #random(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0
    return this.#state / 2 ** 32
  }
}

const unknownCritical = rawExtension('1.3.6.1.4.1.55555.1', sequence(), true)

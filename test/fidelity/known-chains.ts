import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import {
  basicConstraints,
  type ExtensionToWrite,
  extendedKeyUsage,
  keyUsage,
  rawExtension,
  subjectAltName,
} from '../../src/lab/certificate-extensions.ts'
import { explicit, implicit, sequence } from '../../src/lab/der.ts'
import { type IssuedCertificate, issueCertificate } from '../../src/lab/issue-certificate.ts'

export const HOST = 'device.test'

/** A chain with one thing to it, and what the device holds. */
export interface KnownChain {
  readonly name: string
  readonly sent: readonly IssuedCertificate[]
  readonly anchors: readonly IssuedCertificate[]
}

const DAY_MS = 86_400_000

interface Recipe {
  readonly name: string
  readonly key?: string
  readonly issuer?: IssuedCertificate
  readonly extensions?: readonly ExtensionToWrite[]
  /** Days from now. */
  readonly from?: number
  readonly to?: number
  readonly hash?: 'sha256' | 'sha384'
}

/** All of them, for certificates that are good `now`. */
export function knownChains(now: Date): KnownChain[] {
  const make = ({
    name,
    key = `P-256 ${name}`,
    issuer,
    extensions = [],
    from = -100,
    to = 1_000,
    hash = 'sha256',
  }: Recipe) =>
    issueCertificate({
      subject: [['CN', name]],
      key: keyOf(key),
      issuer,
      hash,
      notBefore: new Date(now.getTime() + from * DAY_MS),
      notAfter: new Date(now.getTime() + to * DAY_MS),
      serialBytes: 12,
      keyIds: true,
      extensions,
      seed: JSON.stringify([name, key, from, to, issuer?.subject]),
    })
  const ca = [basicConstraints(true), keyUsage('keyCertSign', 'cRLSign')]
  const server = [
    basicConstraints(false),
    keyUsage('digitalSignature'),
    extendedKeyUsage('serverAuth'),
    subjectAltName([HOST]),
  ]
  const root = make({ name: 'root', extensions: ca })
  const stranger = make({ name: 'stranger', extensions: ca })
  const issuing = make({ name: 'issuing', issuer: root, extensions: ca })
  const leaf = make({ name: HOST, issuer: issuing, extensions: server })
  const rsaRoot = make({ name: 'rsa root', key: 'rsa2048 rsa root', extensions: ca })
  const rsaIssuing = make({
    name: 'rsa issuing',
    key: 'rsa2048 rsa issuing',
    issuer: rsaRoot,
    extensions: ca,
  })
  const bothUses = [
    basicConstraints(false),
    keyUsage('digitalSignature', 'keyEncipherment'),
    subjectAltName([HOST]),
  ]
  const rsaLeaf = make({ name: HOST, key: 'rsa2048 leaf', issuer: rsaIssuing, extensions: bothUses })
  const selfSigned = make({ name: HOST, extensions: [subjectAltName([HOST])] })
  const cross = make({ name: 'root', key: 'P-256 root', issuer: stranger, extensions: ca })
  const expired = { from: -400, to: -10 }
  const leafWith = (extensions: readonly ExtensionToWrite[], more: Partial<Recipe> = {}) =>
    make({ name: HOST, issuer: issuing, extensions, ...more })
  const chain = (
    name: string,
    sent: readonly IssuedCertificate[],
    anchors: readonly IssuedCertificate[] = [root],
  ): KnownChain => ({
    name,
    sent,
    anchors,
  })
  return [
    chain('two P-256 certificates', [leaf, issuing]),
    chain('two RSA certificates', [rsaLeaf, rsaIssuing], [rsaRoot]),
    chain('P-384 leaf, SHA-384', [leafWith(server, { key: 'P-384 leaf', hash: 'sha384' }), issuing]),
    chain('root sent as well', [leaf, issuing, root]),
    chain('wrong anchor', [leaf, issuing], [stranger]),
    chain('two anchors', [leaf, issuing], [stranger, root]),
    chain('intermediate missing', [leaf]),
    chain('intermediate held', [leaf, issuing], [issuing]),
    chain('intermediate held, not sent', [leaf], [issuing]),
    chain('leaf held', [leaf, issuing], [leaf]),
    chain('self-signed leaf held', [selfSigned], [selfSigned]),
    chain('self-signed leaf not held', [selfSigned], [root]),
    chain('new root held, twin sent', [leaf, issuing, cross]),
    chain('old root held, twin sent', [leaf, issuing, cross], [stranger]),
    chain('old root held, twin not sent', [leaf, issuing], [stranger]),
    chain('unrelated certificate between', [leaf, stranger, issuing]),
    chain('unrelated certificate at the end', [leaf, issuing, stranger]),
    chain('expired leaf', [leafWith(server, expired), issuing]),
    chain('leaf not yet valid', [leafWith(server, { from: 10 }), issuing]),
    chain('expired intermediate', expiredIssuing()),
    chain('expired anchor', ...expiredAnchor()),
    chain('another name', [leafWith([subjectAltName(['other.test'])]), issuing]),
    chain('wildcard', [leafWith([subjectAltName(['*.test'])]), issuing]),
    chain('common name alone', [leafWith([basicConstraints(false)]), issuing]),
    chain('common name beside another name', [leafWith([subjectAltName(['other.test'])]), issuing]),
    chain('many names, ours last', [leafWith([subjectAltName([...names(40), HOST])]), issuing]),
    chain('intermediate that is no CA', notACa([basicConstraints(false)])),
    chain('intermediate without basicConstraints', notACa([keyUsage('keyCertSign')])),
    chain('CA without keyCertSign', notACa([basicConstraints(true), keyUsage('digitalSignature')])),
    chain('path length exceeded', pathLength()),
    chain('leaf for clients', [leafWith([extendedKeyUsage('clientAuth'), subjectAltName([HOST])]), issuing]),
    chain('leaf for any purpose', [
      leafWith([extendedKeyUsage('serverAuth', 'clientAuth'), subjectAltName([HOST])]),
      issuing,
    ]),
    chain('leaf for encipherment', [
      leafWith([keyUsage('keyEncipherment'), subjectAltName([HOST])]),
      issuing,
    ]),
    chain('unknown critical extension', [leafWith([...server, unknown(true)]), issuing]),
    chain('unknown extension', [leafWith([...server, unknown(false)]), issuing]),
    chain('critical name constraints', constrained()),
    chain('RSA 1024 leaf', [
      make({ name: HOST, key: 'rsa1024 leaf', issuer: issuing, extensions: bothUses }),
      issuing,
    ]),
    chain('RSA 4096 leaf', [
      make({ name: HOST, key: 'rsa4096 leaf', issuer: issuing, extensions: bothUses }),
      issuing,
    ]),
    chain('P-521 intermediate', odd('P-521')),
    chain('four intermediates', ...deep(4)),
    chain('eight intermediates', ...deep(8)),
    chain('nine intermediates', ...deep(9)),
  ]

  function expiredIssuing(): IssuedCertificate[] {
    const old = make({ name: 'issuing', key: 'P-256 issuing', issuer: root, extensions: ca, ...expired })
    return [leaf, old]
  }

  function expiredAnchor(): [IssuedCertificate[], IssuedCertificate[]] {
    const old = make({ name: 'root', extensions: ca, ...expired })
    return [[leaf, issuing], [old]]
  }

  function notACa(extensions: readonly ExtensionToWrite[]): IssuedCertificate[] {
    const no = make({ name: 'no ca', issuer: root, extensions })
    return [make({ name: HOST, issuer: no, extensions: server }), no]
  }

  function pathLength(): IssuedCertificate[] {
    const upper = make({
      name: 'upper',
      issuer: root,
      extensions: [basicConstraints(true, 0), keyUsage('keyCertSign')],
    })
    const lower = make({ name: 'lower', issuer: upper, extensions: ca })
    return [make({ name: HOST, issuer: lower, extensions: server }), lower, upper]
  }

  function constrained(): IssuedCertificate[] {
    const permitted = sequence(implicit(2, Buffer.from('test')))
    const constraints = sequence(explicit(0, permitted))
    const narrow = make({
      name: 'narrow',
      issuer: root,
      extensions: [...ca, rawExtension('2.5.29.30', constraints, true)],
    })
    return [make({ name: HOST, issuer: narrow, extensions: server }), narrow]
  }

  function odd(key: string): IssuedCertificate[] {
    const other = make({ name: 'odd', key: `${key} odd`, issuer: root, extensions: ca })
    return [make({ name: HOST, issuer: other, extensions: server }), other]
  }

  function deep(depth: number): [IssuedCertificate[]] {
    let issuer = root
    const above: IssuedCertificate[] = []
    for (let at = 0; at < depth; at++) {
      issuer = make({ name: `ca ${at}`, issuer, extensions: ca })
      above.unshift(issuer)
    }
    return [[make({ name: HOST, issuer, extensions: server }), ...above]]
  }
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `device-${at}.fleet.test`)
}

function unknown(critical: boolean): ExtensionToWrite {
  return rawExtension('1.3.6.1.4.1.55555.1', sequence(), critical)
}

/**
 * A leaf directly below its root whose Certificate message, header included, has exactly so many bytes (TLS 1.2): names
 * make it heavy, and a last one of the right length brings it to the byte.
 */
export function chainOfMessageBytes(messageBytes: number, now: Date): KnownChain {
  const dates = {
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + 1_000 * DAY_MS),
  }
  const fixed = { serialBytes: 12, keyIds: true, hash: 'sha256', ...dates } as const
  const root = issueCertificate({
    ...fixed,
    subject: [['CN', 'root']],
    key: keyOf('P-256 root'),
    issuer: undefined,
    extensions: [basicConstraints(true)],
    seed: 'root',
  })
  // Two headers of 3 bytes and one of 4: RFC 5246 §7.4.2.
  const wanted = messageBytes - 10
  const padded = (padding: number, tries: number) =>
    issueCertificate({
      ...fixed,
      subject: [['CN', HOST]],
      key: keyOf('P-256 leaf'),
      issuer: root,
      extensions: [subjectAltName([HOST]), rawExtension('1.3.6.1.4.1.55555.2', Buffer.alloc(padding, 5))],
      seed: `leaf ${padding} ${tries}`,
    })
  // ECDSA signatures vary by a byte or two: so until one has the length.
  let padding = Math.max(0, wanted - padded(0, 0).der.length)
  for (let tries = 0; tries < 400; tries++) {
    const leaf = padded(padding, tries)
    if (leaf.der.length === wanted)
      return { name: `a Certificate message of ${messageBytes} bytes`, sent: [leaf], anchors: [root] }
    if (tries % 20 === 19) padding += wanted > leaf.der.length ? 1 : -1
  }
  throw new Error(`no certificate of ${wanted} bytes came about`)
}

const keys = new Map<string, KeyObject>()

/** `P-256 owner` or `rsa2048 owner`. Made once a process. */
function keyOf(id: string): KeyObject {
  const known = keys.get(id)
  if (known !== undefined) return known
  const type = id.split(' ')[0]!
  const { privateKey } = type.startsWith('rsa')
    ? generateKeyPairSync('rsa', { modulusLength: Number(type.slice(3)) })
    : generateKeyPairSync('ec', { namedCurve: type })
  keys.set(id, privateKey)
  return privateKey
}

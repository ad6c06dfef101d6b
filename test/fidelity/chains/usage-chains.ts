import {
  basicConstraints,
  certificatePolicies,
  type ExtensionToWrite,
  extendedKeyUsage,
  keyUsage,
  rawExtension,
  subjectAltName,
} from '../../../src/issue/certificate-extensions.ts'
import {
  bitString,
  booleanTrue,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  sequence,
  setOf,
  utf8String,
} from '../../../src/issue/der.ts'
import { caUse, HOST, type KnownChain, type Maker, type Recipe, rsaServerUse, serverUse } from './maker.ts'

const names = subjectAltName([HOST])

/** What certificates may be used for: CAs, key usage, purposes, constraints, critical extensions. */
export function usageChains(m: Maker): KnownChain[] {
  const { root, issuing, rsaRoot, rsaIssuing } = m
  const leaf = (title: string, extensions: readonly ExtensionToWrite[], more: Partial<Recipe> = {}) =>
    m.chain(title, [m.leafWith(extensions, more), issuing])
  const rsaLeaf = (title: string, extensions: readonly ExtensionToWrite[]) =>
    m.chain(title, [m.leafOf(rsaIssuing, { key: 'rsa2048 leaf', extensions }), rsaIssuing], [rsaRoot])
  const intermediate = (title: string, extensions: readonly ExtensionToWrite[]) => {
    const odd = m.make({ name: 'odd', issuer: root, extensions })
    return m.chain(title, [m.leafOf(odd), odd])
  }
  const anchor = (title: string, extensions: readonly ExtensionToWrite[]) => {
    const odd = m.make({ name: 'odd root', extensions })
    const below = m.ca('below', { issuer: odd })
    return m.chain(title, [m.leafOf(below), below], [odd])
  }
  const constrained = (title: string, permits: string, critical: boolean, tag = 0) =>
    intermediate(title, [...caUse, nameConstraints(permits, critical, tag)])
  return [
    intermediate('intermediate that is no CA', [basicConstraints(false)]),
    intermediate('intermediate without basicConstraints', [keyUsage('keyCertSign')]),
    intermediate('intermediate without basicConstraints and keyUsage', []),
    intermediate('intermediate without keyUsage', [basicConstraints(true)]),
    intermediate('CA without keyCertSign', [basicConstraints(true), keyUsage('digitalSignature')]),
    intermediate('CA with basicConstraints not critical', [plainConstraints, keyUsage('keyCertSign')]),
    intermediate('CA for clients', [...caUse, extendedKeyUsage('clientAuth')]),
    intermediate('CA for servers', [...caUse, extendedKeyUsage('serverAuth')]),
    intermediate('path length kept', [basicConstraints(true, 0), keyUsage('keyCertSign')]),
    m.chain('path length exceeded', pathLength(m, 0)),
    m.chain('path length kept, two below', pathLength(m, 1)),
    anchor('path length of the anchor exceeded', [basicConstraints(true, 0), keyUsage('keyCertSign')]),
    anchor('anchor that is no CA', [basicConstraints(false)]),
    anchor('anchor without basicConstraints', [keyUsage('keyCertSign')]),
    anchor('anchor without keyCertSign', [basicConstraints(true), keyUsage('digitalSignature')]),
    anchor('anchor with an unknown critical extension', [...caUse, unknown(true)]),
    anchor('anchor for clients', [...caUse, extendedKeyUsage('clientAuth')]),
    leaf('leaf that is a CA', [...caUse, names]),
    leaf('leaf for clients', [extendedKeyUsage('clientAuth'), names]),
    leaf('leaf for servers and clients', [extendedKeyUsage('serverAuth', 'clientAuth'), names]),
    leaf('leaf for any purpose', [extendedKeyUsage('anyPurpose'), names]),
    leaf('leaf for OCSP', [extendedKeyUsage('ocspSigning'), names]),
    leaf('leaf for clients, critical', [{ ...extendedKeyUsage('clientAuth'), critical: true }, names]),
    leaf('leaf for encipherment', [keyUsage('keyEncipherment'), names]),
    leaf('leaf for key agreement', [keyUsage('keyAgreement'), names]),
    leaf('leaf for signing certificates', [keyUsage('keyCertSign'), names]),
    leaf('leaf without keyUsage', [basicConstraints(false), names]),
    rsaLeaf('RSA leaf for encipherment', [keyUsage('keyEncipherment'), names]),
    rsaLeaf('RSA leaf for signing', [keyUsage('digitalSignature'), names]),
    rsaLeaf('RSA leaf for both', rsaServerUse),
    leaf('unknown critical extension', [...serverUse, unknown(true)]),
    leaf('unknown extension', [...serverUse, unknown(false)]),
    intermediate('intermediate with an unknown critical extension', [...caUse, unknown(true)]),
    leaf('critical subjectAltName', [basicConstraints(false), { ...names, critical: true }]),
    leaf('critical policies', [
      ...serverUse,
      { ...certificatePolicies([{ oid: '2.23.140.1.2.1' }]), critical: true },
    ]),
    leaf('the same extension twice', [basicConstraints(false), names, subjectAltName(['other.test'])]),
    leaf('basicConstraints twice', [basicConstraints(false), basicConstraints(false), names]),
    leaf('empty keyUsage', [rawExtension('2.5.29.15', Uint8Array.of(0x03, 0x01, 0x00), true), names]),
    leaf('leaf with a path length', [rawExtension('2.5.29.19', sequence(integer(3)), true), names]),
    constrained('name constraints kept', 'test', false),
    constrained('critical name constraints kept', 'test', true),
    constrained('name constraints broken', 'example', false),
    constrained('critical name constraints broken', 'example', true),
    constrained('name excluded', HOST, true, 1),
    anchor('name constraints of the anchor broken', [...caUse, nameConstraints('example', true, 0)]),
    constrained('name constraint with a dot at its front', '.test', false),
    constrained('name constraint with a dot before our name', `.${HOST}`, false),
    constrained('name excluded with a dot before ours', `.${HOST}`, false, 1),
    constrained('name constraint of half a label', 'ice.test', false),
    constrained('name excluded by half a label', 'ice.test', false, 1),
    intermediate('our name permitted, all addresses excluded', [
      ...caUse,
      constraintsOf([dnsBase('test')], [implicit(7, Buffer.alloc(8)), implicit(7, Buffer.alloc(32))]),
    ]),
    intermediate('mail addresses permitted alone', [
      ...caUse,
      constraintsOf([implicit(1, Buffer.from('example'))], []),
    ]),
    intermediate('our subject permitted', [...caUse, constraintsOf([subjectBase('CN', HOST)], [])]),
    intermediate('another subject permitted', [...caUse, constraintsOf([subjectBase('O', 'other')], [])]),
    intermediate('path length of two bytes', [basicConstraints(true, 200), keyUsage('keyCertSign')]),
    intermediate('CA for encipherment alone, too', [basicConstraints(true), usageBits(0x05, 0)]),
    intermediate('CA with a critical policy constraint', [
      ...caUse,
      rawExtension('2.5.29.36', sequence(implicit(0, Uint8Array.of(0))), true),
    ]),
    leaf('leaf for signatures and deciphering alone', [usageBits(0x80, 7, 0x80), names]),
    leaf('leaf of the Netscape type for clients', [names, netscapeType(0x80)]),
    leaf('leaf of the Netscape type for servers', [names, netscapeType(0x40)]),
    leaf('leaf for server gated cryptography', [
      names,
      rawExtension('2.5.29.37', sequence(objectIdentifier('2.16.840.1.113730.4.1'))),
    ]),
    leaf('leaf that must be stapled', [names, rawExtension('1.3.6.1.5.5.7.1.24', sequence(integer(5)))]),
    leaf(
      'authority key identifier of another serial number',
      [names, authority(explicit(1, subjectBase('CN', 'root')), implicit(2, serial))],
      { keyIds: false },
    ),
    leaf('authority key identifier of a serial number alone', [names, authority(implicit(2, serial))], {
      keyIds: false,
    }),
    leaf(
      'authority key identifier of an issuer alone',
      [names, authority(explicit(1, subjectBase('CN', 'root')))],
      { keyIds: false },
    ),
    leaf('authority key identifier without anything', [names, authority()], { keyIds: false }),
    leaf('subject key identifier that is none', [names, rawExtension('2.5.29.14', utf8String('odd'))], {
      keyIds: false,
    }),
  ]
}

const plainConstraints = rawExtension('2.5.29.19', sequence(booleanTrue()))

function unknown(critical: boolean): ExtensionToWrite {
  return rawExtension('1.3.6.1.4.1.55555.1', sequence(), critical)
}

/** RFC 5280 §4.2.1.10: tag 0 for permitted subtrees, 1 for excluded ones. */
function nameConstraints(name: string, critical: boolean, tag: number): ExtensionToWrite {
  const subtree = sequence(implicit(2, Buffer.from(name)))
  return rawExtension('2.5.29.30', sequence(explicit(tag, subtree)), critical)
}

/** GeneralNames that may stand below, and that may not. */
function constraintsOf(permitted: readonly Uint8Array[], excluded: readonly Uint8Array[]): ExtensionToWrite {
  const subtrees = (tag: number, bases: readonly Uint8Array[]) =>
    bases.length === 0 ? [] : [explicit(tag, ...bases.map((base) => sequence(base)))]
  return rawExtension('2.5.29.30', sequence(...subtrees(0, permitted), ...subtrees(1, excluded)))
}

function dnsBase(name: string): Uint8Array {
  return implicit(2, Buffer.from(name))
}

function subjectBase(type: 'CN' | 'O', value: string): Uint8Array {
  const oid = { CN: '2.5.4.3', O: '2.5.4.10' }[type]
  return explicit(4, sequence(setOf(sequence(objectIdentifier(oid), utf8String(value)))))
}

/** RFC 5280 §4.2.1.1, without the key identifier. */
function authority(...fields: readonly Uint8Array[]): ExtensionToWrite {
  return rawExtension('2.5.29.35', sequence(...fields))
}

const serial = Uint8Array.of(0x12, 0x34)

function usageBits(bits: number, unused: number, more?: number): ExtensionToWrite {
  const bytes = more === undefined ? Uint8Array.of(bits) : Uint8Array.of(bits, more)
  return rawExtension('2.5.29.15', bitString(bytes, unused), true)
}

function netscapeType(bits: number): ExtensionToWrite {
  return rawExtension('2.16.840.1.113730.1.1', bitString(Uint8Array.of(bits), 6))
}

function pathLength(m: Maker, allowed: number): KnownChain['sent'] {
  const extensions = [basicConstraints(true, allowed), keyUsage('keyCertSign')]
  const upper = m.make({ name: 'upper', issuer: m.root, extensions })
  const lower = m.ca('lower', { issuer: upper })
  return [m.leafOf(lower), lower, upper]
}

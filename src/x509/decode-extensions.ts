import { DecodeError, unlessBroken } from '../codec/decode-error.ts'
import { formatHex } from '../codec/hex.ts'
import { Reader } from '../codec/reader.ts'
import type { CertificateExtension, GeneralName } from './certificate.ts'
import { DerReader, tags } from './der.ts'
import { decodeLatin1, readBitString, readBoolean, readInteger, readOid, smallInteger } from './der-values.ts'
import { formatIp } from './ip-address.ts'
import { extensionNames, keyPurposes, keyUsageBits } from './oids.ts'

/** What the extensions say; the fields mean what they mean in `Certificate`. */
export interface ExtensionFacts {
  isCa: boolean
  pathLength: number | undefined
  keyUsage: readonly string[] | undefined
  extendedKeyUsage: readonly string[] | undefined
  subjectAltNames: readonly GeneralName[]
  subjectKeyId: string | undefined
  authorityKeyId: string | undefined
  sctCount: number
}

/** What holds where there is no extension. */
const noExtensions: ExtensionFacts = {
  isCa: false,
  pathLength: undefined,
  keyUsage: undefined,
  extendedKeyUsage: undefined,
  subjectAltNames: [],
  subjectKeyId: undefined,
  authorityKeyId: undefined,
  sctCount: 0,
}

/** Reads Extensions, RFC 5280 §4.1: the list as sent. `reader` stands before the SEQUENCE OF. */
export function readExtensions(reader: DerReader): CertificateExtension[] {
  const list = reader.sequence('extensions')
  const extensions: CertificateExtension[] = []
  while (!list.atEnd) {
    const element = list.expect(tags.sequence, 'extension')
    const fields = list.inside(element, 'extension')
    const oid = readOid(fields, 'extnID')
    const critical = fields.nextTag === tags.boolean && readBoolean(fields, 'critical')
    const { value } = fields.expect(tags.octetString, 'extnValue')
    fields.end()
    const range = { start: element.start, end: element.end }
    extensions.push({ oid, name: extensionNames[oid] ?? oid, critical, range, value })
  }
  return extensions
}

/**
 * The meaning of the extensions we know. One that cannot be read is noted as `unreadable <name>` and leaves its field
 * as if absent; of one sent twice the first counts.
 */
export function interpretExtensions(
  extensions: readonly CertificateExtension[],
  oddities: Set<string>,
): ExtensionFacts {
  let facts = noExtensions
  const seen = new Set<string>()
  for (const { oid, name, value } of extensions) {
    if (seen.has(oid)) {
      oddities.add(`extension ${name} twice`)
      continue
    }
    seen.add(oid)
    const read = readers[name]
    if (read === undefined) continue
    try {
      const reader = new DerReader(value, name, oddities)
      facts = { ...facts, ...read(reader) }
      reader.end()
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      oddities.add(`unreadable ${name}`)
    }
  }
  return facts
}

const readers: Readonly<Record<string, (reader: DerReader) => Partial<ExtensionFacts>>> = {
  basicConstraints: readBasicConstraints,
  keyUsage: readKeyUsage,
  extKeyUsage: readExtendedKeyUsage,
  subjectAltName: readSubjectAltName,
  subjectKeyIdentifier: (reader) => ({
    subjectKeyId: formatHex(reader.expect(tags.octetString, 'keyIdentifier').value),
  }),
  authorityKeyIdentifier: readAuthorityKeyId,
  signedCertificateTimestampList: readScts,
}

/** RFC 5280 §4.2.1.9. */
function readBasicConstraints(reader: DerReader): Partial<ExtensionFacts> {
  const fields = reader.sequence('constraints')
  const isCa = fields.nextTag === tags.boolean && readBoolean(fields, 'cA')
  const pathLength = fields.atEnd ? undefined : readPathLength(fields)
  fields.end()
  return { isCa, pathLength }
}

/** Undefined where it is negative, which §4.2.1.9 forbids and libraries take each in their own way. */
function readPathLength(fields: DerReader): number | undefined {
  const value = readInteger(fields, 'pathLenConstraint')
  if (value[0]! < 0x80) return smallInteger(value, fields, 'pathLenConstraint')
  fields.odd(value.length === 1 ? 'a negative path length' : 'a negative path length of several bytes')
  return undefined
}

/** RFC 5280 §4.2.1.3. Bits beyond the ninth mean nothing. */
function readKeyUsage(reader: DerReader): Partial<ExtensionFacts> {
  const { bytes } = readBitString(reader, 'usage')
  return { keyUsage: keyUsageBits.filter((_, bit) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0) }
}

/** RFC 5280 §4.2.1.12. */
function readExtendedKeyUsage(reader: DerReader): Partial<ExtensionFacts> {
  const list = reader.sequence('purposes')
  const extendedKeyUsage: string[] = []
  while (!list.atEnd) {
    const oid = readOid(list, 'purpose')
    extendedKeyUsage.push(keyPurposes[oid] ?? oid)
  }
  return { extendedKeyUsage }
}

/** GeneralNames, RFC 5280 §4.2.1.6. The tag's number is the choice. */
function readSubjectAltName(reader: DerReader): Partial<ExtensionFacts> {
  const list = reader.sequence('names')
  const subjectAltNames: GeneralName[] = []
  while (!list.atEnd) {
    const { tag, value } = list.any('name')
    const choice = tag & 0x1f
    if ((tag & 0xc0) !== 0x80) throw list.error('value', 'name', 'no GeneralName')
    if (choice === 1) subjectAltNames.push({ kind: 'email', value: decodeLatin1(value) })
    else if (choice === 2) subjectAltNames.push({ kind: 'dns', value: decodeLatin1(value) })
    else if (choice === 6) subjectAltNames.push({ kind: 'uri', value: decodeLatin1(value) })
    else if (choice === 7) subjectAltNames.push({ kind: 'ip', value: formatIp(value) ?? formatHex(value) })
    else subjectAltNames.push({ kind: choice === 4 ? 'directory' : 'other', value: formatHex(value) })
    const odd = oddName(choice, value)
    if (odd !== undefined) list.odd(odd)
  }
  return { subjectAltNames }
}

/** Names that few certificates have, and that not every library takes. */
function oddName(choice: number, value: Uint8Array): string | undefined {
  switch (choice) {
    case 0:
      return isBrokenHardwareName(value) ? 'a hardwareModuleName that cannot be read' : undefined
    case 2:
      return value.length === 0 ? 'an empty dNSName' : undefined
    case 3:
      return 'an x400Address'
    case 5:
      return 'an ediPartyName'
    case 7:
      return value.length === 4 || value.length === 16 ? undefined : `an iPAddress of ${value.length} bytes`
    default:
      return undefined
  }
}

const HARDWARE_MODULE_NAME = '1.3.6.1.5.5.7.8.4'

/** HardwareModuleName, RFC 4108 §5, within the content of an otherName. */
function isBrokenHardwareName(otherName: Uint8Array): boolean {
  const broken = unlessBroken(() => {
    const reader = new DerReader(otherName, 'otherName', new Set())
    if (readOid(reader, 'type-id') !== HARDWARE_MODULE_NAME) return false
    const value = reader.inside(reader.expect(0xa0, 'value'), 'value')
    const fields = value.sequence('hardwareModuleName')
    readOid(fields, 'hwType')
    fields.expect(tags.octetString, 'hwSerialNum')
    fields.end()
    value.end()
    reader.end()
    return false
  })
  return broken ?? true
}

/** keyIdentifier [0], RFC 5280 §4.2.1.1; issuer and serial are passed over. */
function readAuthorityKeyId(reader: DerReader): Partial<ExtensionFacts> {
  const fields = reader.sequence('identifier')
  const keyId = fields.optional(0x80, 'keyIdentifier')
  while (!fields.atEnd) fields.any('other')
  return { authorityKeyId: keyId === undefined ? undefined : formatHex(keyId.value) }
}

/** SignedCertificateTimestampList in an OCTET STRING, RFC 6962 §3.3. */
function readScts(reader: DerReader): Partial<ExtensionFacts> {
  const outer = new Reader(reader.expect(tags.octetString, 'list').value, 'SignedCertificateTimestampList')
  const list = new Reader(outer.vector16('sct_list'), 'sct_list')
  outer.end()
  let sctCount = 0
  for (; !list.atEnd; sctCount++) list.vector16('SerializedSCT')
  return { sctCount }
}

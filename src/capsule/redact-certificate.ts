import { unlessBroken } from '../codec/decode-error.ts'
import type { Certificate } from '../x509/certificate.ts'
import { type DerElement, DerReader, tags } from '../x509/der.ts'
import { readOid } from '../x509/der-values.ts'
import { formatIp, parseIp } from '../x509/ip-address.ts'
import type { Pseudonyms } from './pseudonyms.ts'

/** What of a certificate is public, and so stays. */
export interface PublicParts {
  /** The issuer is a public CA: its name, its key's id and its addresses stay. */
  readonly issuer: boolean
}

/**
 * The certificate with what tells whose it is overwritten in place: names, addresses, key, serial number, key
 * identifiers, timestamps of logs, signature. Sizes, order, algorithms, dates and structure stay. A certificate that
 * cannot be walked throws `DecodeError`.
 */
export function redactCertificate(
  certificate: Certificate,
  names: Pseudonyms,
  parts: PublicParts,
): Uint8Array {
  return new Redaction(certificate.der, names, parts).run()
}

const textTags: ReadonlySet<number> = new Set([
  tags.utf8String,
  tags.numericString,
  tags.printableString,
  tags.t61String,
  tags.ia5String,
  tags.visibleString,
])

const oids = {
  countryName: '2.5.4.6',
  subjectKeyId: '2.5.29.14',
  authorityKeyId: '2.5.29.35',
  scts: '1.3.6.1.4.1.11129.2.4.2',
} as const

/** Extensions that speak of names: tags [1], [2], [6] and [7] in them are those of GeneralName. */
const namingExtensions = new Set([
  '2.5.29.17', // subjectAltName
  '2.5.29.18', // issuerAltName
  '2.5.29.30', // nameConstraints
])
/** They hold addresses of the issuer. */
const issuerExtensions = new Set([
  '1.3.6.1.5.5.7.1.1', // authorityInfoAccess
  '2.5.29.31', // cRLDistributionPoints
  '2.5.29.32', // certificatePolicies
])
/** They hold numbers and bits only. */
const plainExtensions = new Set(['2.5.29.15', '2.5.29.19', '2.5.29.37', '2.5.29.36', '1.3.6.1.5.5.7.1.24'])

class Redaction {
  readonly #out: Uint8Array
  readonly #der: Uint8Array
  readonly #names: Pseudonyms
  readonly #parts: PublicParts

  constructor(der: Uint8Array, names: Pseudonyms, parts: PublicParts) {
    this.#der = der
    this.#out = Uint8Array.from(der)
    this.#names = names
    this.#parts = parts
  }

  run(): Uint8Array {
    const outer = new DerReader(this.#der, 'Certificate', new Set()).sequence('certificate')
    const fields = outer.sequence('tbs')
    outer.expect(tags.sequence, 'signatureAlgorithm')
    const signature = outer.expect(tags.bitString, 'signatureValue')
    this.#fillSignature(signature, outer)
    fields.optional(0xa0, 'version')
    this.#number(fields.expect(tags.integer, 'serialNumber'))
    fields.expect(tags.sequence, 'signature')
    const issuer = fields.expect(tags.sequence, 'issuer')
    if (!this.#parts.issuer) this.#name(fields.inside(issuer, 'issuer'))
    fields.expect(tags.sequence, 'validity')
    this.#name(fields.sequence('subject'))
    this.#publicKey(fields.sequence('subjectPublicKeyInfo'))
    for (const tag of [0x81, 0x82]) {
      const id = fields.optional(tag, 'uniqueIdentifier')
      if (id !== undefined) this.#fill(id, 1)
    }
    const explicit = fields.optional(0xa3, 'extensions')
    if (explicit !== undefined) this.#extensions(fields.inside(explicit, 'extensions').sequence('extensions'))
    return this.#out
  }

  #name(rdns: DerReader): void {
    while (!rdns.atEnd) {
      const set = rdns.inside(rdns.expect(tags.set, 'rdn'), 'rdn')
      while (!set.atEnd) {
        const attribute = set.sequence('attribute')
        const type = readOid(attribute, 'type')
        const value = attribute.any('value')
        if (type !== oids.countryName) this.#string(value)
      }
    }
  }

  /** RSA keeps its size and its exponent, a curve's point its form. */
  #publicKey(spki: DerReader): void {
    spki.expect(tags.sequence, 'algorithm')
    const key = spki.expect(tags.bitString, 'key')
    // After the count of unused bits.
    const content = new DerReader(key.value.subarray(1), 'key', new Set(), key.valueStart + 1)
    const rsa = unlessBroken(() => content.sequence('rsa').expect(tags.integer, 'modulus'))
    if (rsa !== undefined) this.#fill(rsa, 2, 1)
    else this.#fill(key, 2)
  }

  /** ECDSA and DSA signatures are two numbers in DER. */
  #fillSignature(signature: DerElement, around: DerReader): void {
    const inner = new DerReader(signature.value.subarray(1), 'signature', new Set(), signature.valueStart + 1)
    const numbers = unlessBroken(() => {
      const pair = inner.sequence('pair')
      const both = [pair.expect(tags.integer, 'r'), pair.expect(tags.integer, 's')]
      pair.end()
      return both
    })
    if (numbers === undefined) this.#fill(signature, 2)
    else for (const number of numbers) this.#fill(number, 2)
    around.end()
  }

  #extensions(list: DerReader): void {
    while (!list.atEnd) {
      const extension = list.sequence('extension')
      const oid = readOid(extension, 'extnID')
      extension.optional(tags.boolean, 'critical')
      const value = extension.expect(tags.octetString, 'extnValue')
      this.#extension(oid, value)
    }
  }

  #extension(oid: string, value: DerElement): void {
    if (plainExtensions.has(oid) || (issuerExtensions.has(oid) && this.#parts.issuer)) return
    const reader = () => new DerReader(value.value, oid, new Set(), value.valueStart)
    const done = unlessBroken(() => {
      if (oid === oids.scts) this.#timestamps(reader().expect(tags.octetString, 'scts'))
      else if (oid === oids.subjectKeyId) this.#fill(reader().expect(tags.octetString, 'keyId'), 0)
      else if (oid === oids.authorityKeyId) this.#authorityKeyId(reader().sequence('authorityKeyId'))
      else this.#walk(reader(), namingExtensions.has(oid), issuerExtensions.has(oid))
      return true
    })
    // What is no DER may be any text.
    if (done === undefined) this.#letters(value)
  }

  #authorityKeyId(fields: DerReader): void {
    if (this.#parts.issuer) return
    const keyId = fields.optional(0x80, 'keyIdentifier')
    if (keyId !== undefined) this.#fill(keyId, 0)
    const issuer = fields.optional(0xa1, 'authorityCertIssuer')
    if (issuer !== undefined) this.#issuerNames(fields.inside(issuer, 'issuer'))
    const serial = fields.optional(0x82, 'authorityCertSerialNumber')
    if (serial !== undefined) this.#number(serial)
  }

  /** The name in it is the issuer's own, and so has to become the same. */
  #issuerNames(names: DerReader): void {
    while (!names.atEnd) {
      const name = names.any('name')
      if (name.tag === 0xa4) this.#name(names.inside(name, 'directoryName').sequence('rdns'))
      else this.#walk(new DerReader(name.bytes, 'name', new Set(), name.start), true, false)
    }
  }

  /** SignedCertificateTimestampList, RFC 6962 §3.3: version and log stay; time and signature would find it in the log. */
  #timestamps(list: DerElement): void {
    const { value, valueStart } = list
    for (let at = 2; at + 2 <= value.length; ) {
      const length = (value[at] as number) * 256 + (value[at + 1] as number)
      const [from, to] = [at + 2 + 33 + 3, Math.min(at + 2 + length, value.length)]
      if (from < to) this.#overwrite(valueStart + from, valueStart + to)
      at += 2 + length
    }
  }

  #walk(reader: DerReader, general: boolean, addresses: boolean): void {
    while (!reader.atEnd) {
      const element = reader.any('element')
      const { tag } = element
      if ((tag & 0x20) !== 0) this.#walk(reader.inside(element, 'inside'), general, addresses)
      else if (textTags.has(tag) || tag === tags.bmpString || tag === tags.universalString)
        this.#string(element)
      else if (general && tag === 0x87) this.#address(element)
      else if (general && (tag === 0x82 || tag === 0x86 || (tag === 0x81 && element.value.includes(0x40))))
        this.#string(element)
      else if (addresses && tag === 0x86) this.#string(element)
      else if (!general && !addresses && (tag === tags.octetString || (tag & 0xc0) === 0x80))
        this.#letters(element)
    }
  }

  /** iPAddress: an address, or in nameConstraints one with its mask. */
  #address({ value, valueStart }: DerElement): void {
    const half = value.length === 8 || value.length === 32 ? value.length / 2 : value.length
    const text = formatIp(value.subarray(0, half))
    const made = text === undefined ? undefined : parseIp(this.#names.address(text))
    this.#out.set(made ?? this.#names.bytes(value), valueStart)
  }

  #string({ tag, value, valueStart }: DerElement): void {
    const width = tag === tags.bmpString ? 2 : tag === tags.universalString ? 4 : 1
    // The last octet of each character; others than ASCII become letters too.
    const chars = Array.from({ length: Math.floor(value.length / width) }, (_, i) => {
      const unit = value.subarray(i * width, (i + 1) * width)
      const wide = unit.subarray(0, -1).some((byte) => byte !== 0)
      return wide ? '\u00ff' : String.fromCharCode(unit[width - 1] as number)
    })
    const made = this.#names.text(chars.join(''))
    for (const [i, char] of [...made].entries()) {
      this.#out.fill(0, valueStart + i * width, valueStart + (i + 1) * width)
      this.#out[valueStart + (i + 1) * width - 1] = char.charCodeAt(0)
    }
  }

  /** Words of four characters and more in what has another form than text. */
  #letters({ value, valueStart }: DerElement): void {
    const text = Buffer.from(value).toString('latin1')
    const made = text.replace(/[A-Za-z0-9]{4,}/g, (word) => this.#names.word(word))
    for (const [i, char] of [...made].entries()) this.#out[valueStart + i] = char.charCodeAt(0)
  }

  /** Its first byte stays, and the second one's sign: X.690 §8.3.2 has no INTEGER begin with nine equal bits. */
  #number(element: DerElement): void {
    this.#fill(element, 1)
    const { valueStart, end, value } = element
    if (end - valueStart < 2) return
    const at = valueStart + 1
    this.#out[at] = ((this.#out[at] as number) & 0x7f) | ((value[1] as number) & 0x80)
  }

  #fill({ valueStart, end }: DerElement, keepFirst: number, keepLast = 0): void {
    this.#overwrite(valueStart + keepFirst, end - keepLast)
  }

  #overwrite(start: number, end: number): void {
    if (start < end) this.#out.set(this.#names.bytes(this.#der.subarray(start, end)), start)
  }
}

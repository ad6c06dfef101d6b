import { formatHex } from '../codec/hex.ts'
import { type DerElement, type DerReader, tags } from './der.ts'

/** Longest OBJECT IDENTIFIER read, in bytes; those in use stay under 30. */
const MAX_OID_BYTES = 128

/** OBJECT IDENTIFIER in dotted form, X.690 §8.19. */
export function readOid(reader: DerReader, field: string): string {
  const element = reader.expect(tags.objectIdentifier, field)
  return decodeOid(element, reader, field)
}

function decodeOid({ value }: DerElement, reader: DerReader, field: string): string {
  if (value.length === 0) throw reader.error('length', field, 'an empty OBJECT IDENTIFIER')
  if (value.length > MAX_OID_BYTES) throw reader.error('too-large', field, 'an OBJECT IDENTIFIER too long')
  if (value[value.length - 1]! >= 0x80) throw reader.error('truncated', field, 'ends within an arc')
  const arcs: string[] = []
  let arc = 0n
  for (const [i, byte] of value.entries()) {
    if (byte === 0x80 && arc === 0n && (i === 0 || value[i - 1]! < 0x80)) {
      throw reader.error('value', field, 'an arc with leading zeros')
    }
    arc = (arc << 7n) | BigInt(byte & 0x7f)
    if (byte >= 0x80) continue
    if (arcs.length === 0) {
      const top = arc < 80n ? arc / 40n : 2n
      arcs.push(String(top), String(arc - top * 40n))
    } else {
      arcs.push(String(arc))
    }
    arc = 0n
  }
  return arcs.join('.')
}

/** BOOLEAN, X.690 §11.1: DER knows 00 and ff only. */
export function readBoolean(reader: DerReader, field: string): boolean {
  const { value } = reader.expect(tags.boolean, field)
  if (value.length !== 1) throw reader.error('length', field, 'a BOOLEAN of other than one byte')
  if (value[0] !== 0 && value[0] !== 0xff) reader.odd('a BOOLEAN other than 00 or ff')
  return value[0] !== 0
}

/** Content octets of an INTEGER, at least one; negative when the first bit is set. */
export function readInteger(reader: DerReader, field: string): Uint8Array {
  const { value } = reader.expect(tags.integer, field)
  if (value.length === 0) throw reader.error('length', field, 'an empty INTEGER')
  if (
    value.length > 1 &&
    ((value[0] === 0 && value[1]! < 0x80) || (value[0] === 0xff && value[1]! >= 0x80))
  ) {
    reader.odd(`${field} in more bytes than it needs`)
  }
  return value
}

/** An INTEGER from 0 to 2^31 - 1. */
export function readSmallInteger(reader: DerReader, field: string): number {
  return smallInteger(readInteger(reader, field), reader, field)
}

/** The same of content octets that were read. */
export function smallInteger(value: Uint8Array, reader: DerReader, field: string): number {
  const number = value.reduce((sum, byte) => sum * 256 + byte, 0)
  if (value[0]! >= 0x80 || number > 0x7fff_ffff) throw reader.error('value', field, 'an INTEGER out of range')
  return number
}

/** Bits of the magnitude of a positive INTEGER's content octets. */
export function bitLength(integer: Uint8Array): number {
  const first = integer.findIndex((byte) => byte !== 0)
  if (first < 0) return 0
  return (integer.length - first - 1) * 8 + (32 - Math.clz32(integer[first]!))
}

/** BIT STRING, X.690 §8.6: the bytes, and how many bits of the last one are unused. */
export function readBitString(reader: DerReader, field: string): { bytes: Uint8Array; unusedBits: number } {
  const { value } = reader.expect(tags.bitString, field)
  const unusedBits = value[0]
  if (unusedBits === undefined) throw reader.error('length', field, 'an empty BIT STRING')
  if (unusedBits > 7 || (unusedBits > 0 && value.length === 1)) {
    throw reader.error('value', field, `${unusedBits} unused bits`)
  }
  return { bytes: value.subarray(1), unusedBits }
}

/**
 * Text of a string element as its tag says; T61 is read as Latin-1, as everyone does. Undefined for a tag that is no
 * string. Bytes that break the encoding become U+FFFD and are noted.
 */
export function decodeString({ tag, value }: DerElement, reader: DerReader): string | undefined {
  switch (tag) {
    case tags.utf8String:
      return checked(new TextDecoder('utf-8', { ignoreBOM: true }).decode(value), 'UTF-8', reader)
    case tags.bmpString:
      return checked(decodeUnits(value, 2), 'UTF-16', reader)
    case tags.universalString:
      return checked(decodeUnits(value, 4), 'UTF-32', reader)
    case tags.numericString:
    case tags.printableString:
    case tags.ia5String:
    case tags.visibleString:
    case tags.t61String:
      return decodeLatin1(value)
    default:
      return undefined
  }
}

/** One character a byte. */
export function decodeLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

function checked(text: string, encoding: string, reader: DerReader): string {
  if (text.includes('\ufffd')) reader.odd(`a string that is no ${encoding}`)
  return text
}

function decodeUnits(bytes: Uint8Array, size: 2 | 4): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += size) {
    let unit = 0
    for (let i = 0; i < size; i++) unit = unit * 256 + (bytes[at + i] ?? 0)
    const whole = at + size <= bytes.length && unit <= 0x10_ffff
    text += whole ? (size === 2 ? String.fromCharCode(unit) : String.fromCodePoint(unit)) : '\ufffd'
  }
  return text
}

/** UTCTime or GeneralizedTime, RFC 5280 §4.1.2.5. Forms that the RFC forbids but people write are noted. */
export function readTime(reader: DerReader, field: string): Date {
  const tag = reader.nextTag
  if (tag !== tags.utcTime && tag !== tags.generalizedTime) {
    throw reader.error('value', field, 'neither UTCTime nor GeneralizedTime')
  }
  const text = decodeLatin1(reader.any(field).value)
  const date = parseTime(text, tag === tags.utcTime)
  if (date === undefined)
    throw reader.error('value', field, `no time: ${formatHex(Buffer.from(text, 'latin1')).slice(0, 40)}`)
  if (!text.endsWith('Z')) reader.odd(`${field} with an offset`)
  if (text.includes('.')) reader.odd(`${field} with a fraction of a second`)
  if (/^\d+/.exec(text)![0].length < (tag === tags.utcTime ? 12 : 14)) reader.odd(`${field} without seconds`)
  return date
}

function parseTime(text: string, utc: boolean): Date | undefined {
  const form = utc
    ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?()(Z|[+-]\d{4})$/
    : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(\.\d{1,9})?(Z|[+-]\d{4})$/
  const match = form.exec(text)
  if (match === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0))
  const zone = match[8]!
  const date = new Date(0)
  date.setUTCFullYear(utc ? (year < 50 ? 2000 + year : 1900 + year) : year, month - 1, day)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  if (hour > 23 || minute > 59 || second > 59) return undefined
  date.setUTCHours(hour, minute, second)
  if (zone === 'Z') return date
  const zoneMinutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3))
  return new Date(date.getTime() - (zone[0] === '-' ? -zoneMinutes : zoneMinutes) * 60_000)
}

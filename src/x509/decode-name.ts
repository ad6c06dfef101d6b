import { formatHex } from '../codec/hex.ts'
import { type DerReader, tags } from './der.ts'
import { decodeString, readOid } from './der-values.ts'
import type { Name, NameAttribute } from './name.ts'
import { attributeTypes } from './oids.ts'

/** Reads one Name (RDNSequence), RFC 5280 §4.1.2.4. A value that is no string is kept as `#` and hex. */
export function readName(reader: DerReader, field: string): Name {
  const element = reader.expect(tags.sequence, field)
  const names = reader.inside(element, field)
  const attributes: NameAttribute[] = []
  while (!names.atEnd) {
    const set = names.inside(names.expect(tags.set, 'rdn'), 'rdn')
    if (set.atEnd) set.odd('an empty relative distinguished name')
    while (!set.atEnd) attributes.push(readAttribute(set))
  }
  return {
    der: element.bytes,
    attributes,
    text: attributes.map(({ type, value }) => `${type}=${value}`).join(', '),
    // The most specific one, RFC 2818 §3.1.
    commonName: attributes.findLast(({ type }) => type === 'CN')?.value,
  }
}

function readAttribute(set: DerReader): NameAttribute {
  const attribute = set.sequence('attribute')
  const oid = readOid(attribute, 'type')
  const value = attribute.any('value')
  attribute.end()
  const text = decodeString(value, attribute)
  if (text === undefined) attribute.odd('a name attribute that is no string')
  return { type: attributeTypes[oid] ?? oid, value: text ?? `#${formatHex(value.bytes)}`, tag: value.tag }
}

import { unlessBroken } from '../codec/decode-error.ts'
import type { CertificateExtension } from './certificate.ts'
import { readName } from './decode-name.ts'
import { type DerElement, DerReader } from './der.ts'
import { decodeLatin1 } from './der-values.ts'
import type { Name } from './name.ts'

/** NameConstraints, RFC 5280 §4.2.1.10. */
export interface NameConstraints {
  readonly permitted: readonly NameSubtree[]
  readonly excluded: readonly NameSubtree[]
}

export interface NameSubtree {
  readonly kind: 'dns' | 'email' | 'ip' | 'uri' | 'directory' | 'other'
  /** Text for dns, email and uri; empty for the rest. */
  readonly base: string
  /** Of a directory. */
  readonly name?: Name
}

const kinds: Readonly<Record<number, NameSubtree['kind']>> = {
  1: 'email',
  2: 'dns',
  4: 'directory',
  6: 'uri',
  7: 'ip',
}

/** Undefined where the extension cannot be read. */
export function decodeNameConstraints({ value }: CertificateExtension): NameConstraints | undefined {
  return unlessBroken(() => {
    const fields = new DerReader(value, 'NameConstraints', new Set()).sequence('constraints')
    const permitted = fields.optional(0xa0, 'permittedSubtrees')
    const excluded = fields.optional(0xa1, 'excludedSubtrees')
    fields.end()
    return { permitted: readSubtrees(fields, permitted), excluded: readSubtrees(fields, excluded) }
  })
}

function readSubtrees(reader: DerReader, list: DerElement | undefined): NameSubtree[] {
  if (list === undefined) return []
  const subtrees: NameSubtree[] = []
  const inside = reader.inside(list, 'subtrees')
  while (!inside.atEnd) {
    const base = inside.sequence('subtree').any('base')
    const kind = kinds[base.tag & 0x1f] ?? 'other'
    const isText = kind === 'dns' || kind === 'email' || kind === 'uri'
    const name = kind === 'directory' ? { name: readName(inside.inside(base, 'base'), 'name') } : {}
    subtrees.push({ kind, base: isText ? decodeLatin1(base.value) : '', ...name })
  }
  return subtrees
}

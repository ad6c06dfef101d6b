import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { parseYaml } from '../device/data-file.ts'
import { parsePem } from '../x509/pem.ts'
import { type KnownRootRow, knownRootOf } from './known-root.ts'
import type { KnownRoot } from './trust-store.ts'

const day = v.pipe(v.string(), v.isoDate())
const id = v.pipe(v.string(), v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/))
const text = v.pipe(v.string(), v.nonEmpty())

const indexSchema = v.strictObject({
  roots: v.array(
    v.strictObject({
      id,
      file: text,
      owner: text,
      sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
      source: text,
      distrustedFrom: v.optional(
        v.strictObject({ day, kind: v.picklist(['announced', 'computed']), source: text }),
      ),
      crossSignedBy: v.optional(
        v.array(
          v.strictObject({
            issuer: text,
            id: v.optional(id),
            derBytes: v.pipe(v.number(), v.integer(), v.minValue(1)),
            until: day,
            source: text,
          }),
        ),
      ),
    }),
  ),
})

type Row = v.InferOutput<typeof indexSchema>['roots'][number]

/**
 * The roots of `roots/index.yaml`, in its order. `pems` holds the PEM text by file name. Certificates are decoded when
 * first looked at. Throws `Error` naming the entry that is wrong: an unknown field, a missing file, another hash.
 */
export function parseKnownRoots(indexText: string, pems: ReadonlyMap<string, string>): KnownRoot[] {
  return parseRootIndex(indexText, pems).map(({ row, der }) => knownRootOf(row, der))
}

/** As `parseKnownRoots`, before anything is made of it. */
export function parseRootIndex(
  indexText: string,
  pems: ReadonlyMap<string, string>,
): { readonly row: KnownRootRow; readonly der: Uint8Array }[] {
  const parsed = v.safeParse(indexSchema, parseYaml(indexText, 'roots/index.yaml'))
  if (!parsed.success) {
    const [issue] = parsed.issues
    throw new Error(`roots/index.yaml: ${v.getDotPath(issue) ?? 'document'}: ${issue.message}`)
  }
  const seen = new Set<string>()
  return parsed.output.roots.map((row) => {
    if (seen.has(row.id)) throw new Error(`roots/index.yaml: ${row.id} twice`)
    seen.add(row.id)
    const { file: _file, sha256: _sha256, ...rest } = row
    return { row: rest, der: rootDer(row, pems) }
  })
}

function rootDer(row: Row, pems: ReadonlyMap<string, string>): Uint8Array {
  const pem = pems.get(row.file)
  if (pem === undefined) throw new Error(`roots/index.yaml: ${row.id}: no file ${row.file}`)
  const blocks = parsePem(pem, `roots/${row.file}`)
  const [block] = blocks
  if (block === undefined || blocks.length !== 1) throw new Error(`roots/${row.file}: not one PEM block`)
  if (createHash('sha256').update(block.der).digest('hex') !== row.sha256) {
    throw new Error(`roots/index.yaml: ${row.id}: sha256 is not that of ${row.file}`)
  }
  return block.der
}

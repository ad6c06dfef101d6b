import { parseDocument, visit } from 'yaml'
import { parseDataFile } from '../../src/device/data-file.ts'
import type { Cause } from '../../src/finding/cause.ts'
import { type CodeRow, codeFileSchema, type SignRow, signFileSchema } from '../../src/log/dialect-schema.ts'

/** A table of `dialects/codes/`, with what each number can mean. */
export interface WordTable {
  readonly id: string
  readonly name: string
  readonly source: string
  readonly words: readonly CodeWord[]
}

export interface CodeWord {
  /** As its library prints it: `-0x2700`, `errno 111`, `alert 40`. */
  readonly code: string
  /** As its headers write it, such as `MBEDTLS_ERR_X509_CERT_VERIFY_FAILED`. */
  readonly name: string | undefined
  readonly says: string
  /** The versions that read it so; undefined: all. */
  readonly when: string | undefined
  /** Likeliest first, with what `dialects/signs.yaml` gives each, in percent. */
  readonly causes: readonly { readonly cause: Cause; readonly percent: number }[]
}

/** Reads `dialects/codes/*.yaml` against `dialects/signs.yaml`; both as text by file name. */
export function readWordTables(codes: ReadonlyMap<string, string>, signs: string): readonly WordTable[] {
  const rows = parseDataFile(signs, 'signs.yaml', signFileSchema).signs
  const byId = new Map(rows.map((row) => [row.id, row]))
  return [...codes].map(([file, text]) => {
    const { id, name, source, codes: own, low } = parseDataFile(text, file, codeFileSchema)
    const written = numbersAsWritten(text)
    return {
      id,
      name,
      source,
      words: [...own, ...low].map((row, at) => ({
        code: spelt(id, written[at] ?? String(row.code)),
        name: row.name === undefined ? undefined : `${prefixes[id] ?? ''}${row.name}`,
        says: row.says,
        when: row.when,
        causes: causesOf(row, byId),
      })),
    }
  })
}

/** How the headers begin a name that the tables leave out: include/mbedtls/error.h and x509.h. */
const prefixes: Readonly<Record<string, string>> = {
  mbedtls: 'MBEDTLS_ERR_',
  'mbedtls-io': 'MBEDTLS_ERR_',
  'mbedtls-parse': 'MBEDTLS_ERR_',
  'mbedtls-bundle': 'MBEDTLS_ERR_',
  'mbedtls-verify-flags': 'MBEDTLS_X509_',
}

/** A number in the form in which people meet it and search for it. */
function spelt(table: string, number: string): string {
  if (table.startsWith('errno-') || table === 'oserror-lwip') return `errno ${number}`
  if (table.startsWith('alerts-') || table === 'mbedtls-alerts-sent') return `alert ${number}`
  if (table === 'mbedtls-verify-flags') return `flags ${number}`
  if (table.startsWith('mbedtls') || table === 'wolfssl') return `-${number}`
  if (table.startsWith('http-')) return `HTTP ${number}`
  if (table.startsWith('cme-') || table === 'telit-cme') return `+CME ERROR: ${number}`
  return number
}

/** Every `code:` of the file in order, hexadecimal where the file writes it so. */
function numbersAsWritten(text: string): string[] {
  const written: string[] = []
  visit(parseDocument(text), {
    Pair(_, { key, value }) {
      const isCode = typeof key === 'object' && key !== null && 'value' in key && key.value === 'code'
      if (isCode && typeof value === 'object' && value !== null && 'source' in value)
        written.push(String(value.source))
    },
  })
  return written
}

function causesOf({ sign }: CodeRow, signs: ReadonlyMap<string, SignRow>): CodeWord['causes'] {
  const ids = sign === undefined ? [] : typeof sign === 'string' ? [sign] : sign
  const highest = new Map<Cause, number>()
  for (const id of ids) {
    const row = signs.get(id)
    if (row === undefined || (row.kind !== 'failure' && row.kind !== 'summary')) continue
    for (const [cause, percent] of Object.entries(row.causes) as [Cause, number][]) {
      highest.set(cause, Math.max(percent, highest.get(cause) ?? 0))
    }
  }
  return [...highest].map(([cause, percent]) => ({ cause, percent })).sort((a, b) => b.percent - a.percent)
}

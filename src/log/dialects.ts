import { DataFileError, parseDataFile } from '../device/data-file.ts'
import { AnchorTable } from './anchor-table.ts'
import { type CodeTable, makeCodeTable } from './code-table.ts'
import {
  codeFileSchema,
  dialectFileSchema,
  type LineRow,
  type SignRow,
  signFileSchema,
} from './dialect-schema.ts'
import { compileFormat, type Format } from './format.ts'

/** One line format of one dialect, with all that it refers to. */
export interface LineFormat {
  readonly dialect: Dialect
  readonly tags: readonly string[]
  readonly format: Format
  readonly signs: readonly SignRow[]
  /** Placeholder to the tables that its number is looked up in, in order. */
  readonly codes: readonly { readonly placeholder: string; readonly tables: readonly CodeTable[] }[]
  /** What a number other than 0 says that none of the tables has. */
  readonly otherwise: SignRow | undefined
  /** `id` or `id@{version}`. */
  readonly device: string | undefined
  readonly weak: boolean
  readonly meaning: string | undefined
  /** Where the format is written: the dialect's source, in words. */
  readonly source: string
}

export interface Dialect {
  readonly id: string
  readonly name: string
  /** Family in `devices/`; undefined for what many devices run, and for servers. */
  readonly device: string | undefined
  readonly side: 'device' | 'server'
  /** Its words belong to no program: RFCs, POSIX, TLS libraries. */
  readonly standard: boolean
}

/** All that `dialects/` says. */
export interface Dialects {
  readonly lines: readonly LineFormat[]
  readonly signs: ReadonlyMap<string, SignRow>
  readonly tables: ReadonlyMap<string, CodeTable>
  /** Of `lines`. Made when first asked for, once for all readers. */
  readonly anchors: AnchorTable
}

/** Texts of `dialects/`, by file name. */
export interface DialectFiles {
  readonly signs: string
  readonly codes: ReadonlyMap<string, string>
  readonly dialects: ReadonlyMap<string, string>
}

/** Compiles everything. Throws `DataFileError` for the first fault, with file, line and mend. */
export function makeDialects(files: DialectFiles): Dialects {
  const signs = readSigns(files.signs)
  const tables = readTables(files.codes, signs)
  const lines = [...files.dialects].flatMap(([file, text]) => readDialect(text, file, signs, tables))
  let anchors: AnchorTable | undefined
  return {
    lines,
    signs,
    tables,
    get anchors() {
      anchors ??= new AnchorTable(lines.map(({ format }) => format.anchor))
      return anchors
    },
  }
}

function readSigns(text: string): Map<string, SignRow> {
  const file = 'signs.yaml'
  const signs = new Map<string, SignRow>()
  for (const row of parseDataFile(text, file, signFileSchema).signs) {
    if (signs.has(row.id))
      throw fault(text, file, row.id, `the sign ${row.id} is there twice`, 'give one row a sign')
    signs.set(row.id, row)
  }
  return signs
}

function readTables(
  texts: ReadonlyMap<string, string>,
  signs: ReadonlyMap<string, SignRow>,
): Map<string, CodeTable> {
  const tables = new Map<string, CodeTable>()
  const files = [...texts].map(([file, text]) => {
    return { file, text, parsed: parseDataFile(text, file, codeFileSchema) }
  })
  for (const { file, text, parsed } of files) {
    for (const { sign } of [...parsed.codes, ...parsed.low]) findSigns(sign, signs, text, file)
    tables.set(
      parsed.id,
      makeCodeTable(parsed, signs, (table) => tables.get(table)),
    )
  }
  for (const { file, text, parsed } of files) {
    for (const { table } of parsed.ranges) {
      if (!tables.has(table))
        throw fault(text, file, table, `no table ${table}`, 'dialects/codes/ has one file a table')
    }
  }
  return tables
}

function readDialect(
  text: string,
  file: string,
  signs: ReadonlyMap<string, SignRow>,
  tables: ReadonlyMap<string, CodeTable>,
): LineFormat[] {
  const parsed = parseDataFile(text, file, dialectFileSchema)
  const { id, name, device, side, standard } = parsed
  const dialect: Dialect = { id, name, device, side, standard }
  return parsed.lines.flatMap((row) => {
    const source = parsed.sources[row.source]
    const [first = ''] = asList(row.format)
    if (source === undefined) {
      throw fault(
        text,
        file,
        first,
        `no source ${row.source}`,
        `\`sources\` has ${Object.keys(parsed.sources).join(', ')}`,
      )
    }
    return asList(row.format).map((written) => {
      const format = compile(written, text, file)
      return {
        dialect,
        tags: asList(row.tag),
        format,
        signs: findSigns(row.sign, signs, text, file),
        codes: findTables(row, format, tables, text, file),
        otherwise: findSigns(row.otherwise, signs, text, file)[0],
        device: row.device,
        weak: row.weak,
        meaning: row.meaning,
        source,
      }
    })
  })
}

function compile(written: string, text: string, file: string): Format {
  try {
    return compileFormat(written)
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof SyntaxError)) throw error
    throw fault(
      text,
      file,
      written,
      `${written}: ${error.message}`,
      'docs/dialects.md says how a format is written',
    )
  }
}

function findTables(
  row: LineRow,
  format: Format,
  tables: ReadonlyMap<string, CodeTable>,
  text: string,
  file: string,
): LineFormat['codes'] {
  return Object.entries(row.code ?? {}).map(([placeholder, ids]) => {
    if (!format.names.includes(placeholder)) {
      throw fault(
        text,
        file,
        format.text,
        `the format has no {${placeholder}}`,
        'code names a placeholder of its format',
      )
    }
    return {
      placeholder,
      tables: asList(ids).map((id) => {
        const table = tables.get(id)
        if (table !== undefined) return table
        throw fault(text, file, format.text, `no table ${id}`, 'dialects/codes/ has one file a table')
      }),
    }
  })
}

function findSigns(
  ids: string | readonly string[] | undefined,
  signs: ReadonlyMap<string, SignRow>,
  text: string,
  file: string,
): SignRow[] {
  return asList(ids).map((id) => {
    const sign = signs.get(id)
    if (sign !== undefined) return sign
    throw fault(text, file, id, `no sign ${id}`, 'signs.yaml has the closed list')
  })
}

function asList(value: string | readonly string[] | undefined): string[] {
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : [...value]
}

function fault(text: string, file: string, near: string, what: string, hint: string): DataFileError {
  const at = text.indexOf(near)
  const line = at < 0 ? undefined : text.slice(0, at).split('\n').length
  return new DataFileError('bad-reference', { file, line, path: '' }, what, hint)
}

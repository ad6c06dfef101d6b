/** What the YAML reader complains of, in the words of someone who writes a file, with the mend. */
export interface YamlFault {
  readonly line: number | undefined
  readonly what: string
  readonly mend: string
}

/** Of whatever the YAML library threw. A fault that is not known here keeps the library's own words. */
export function yamlFault(error: unknown): YamlFault {
  const { code, linePos } = error as { code?: unknown; linePos?: readonly { line: number }[] }
  const said = error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''
  const [what, mend] = known.find(([of, words]) => of === code && words.test(said))?.slice(2) ?? [
    said.replace(/( at line \d+, column \d+)?[\s:]+$/, '') || 'is no YAML',
    'mend the YAML at that line',
  ]
  return { line: linePos?.[0]?.line, what: what as string, mend: mend as string }
}

/** The library's code and words; what is wrong and the mend. */
const known: readonly (readonly [code: string, said: RegExp, what: string, mend: string])[] = [
  ['MULTIPLE_DOCS', /^/, 'holds more than one document (---)', 'keep one, without ---'],
  ['TAB_AS_INDENT', /^/, 'is indented with a tab, which YAML refuses', 'indent with spaces'],
  ['DUPLICATE_KEY', /^/, 'the same key stands here again', 'keep one of them'],
  [
    'BAD_INDENT',
    /^Flow /,
    'a [ or { before this place is not closed, or what it holds is not indented',
    'close it, or write the rest of it further in',
  ],
  [
    'BAD_INDENT',
    /same column|indent/i,
    'is indented unlike what it belongs to',
    'begin the keys of one table, and the items of one list, in the same column',
  ],
  [
    'BLOCK_AS_IMPLICIT_KEY',
    /^/,
    'holds ": " twice on a line',
    'put the value in quotes, or write its keys each on a line of its own',
  ],
  [
    'BAD_SCALAR_START',
    /^/,
    'a value begins with a sign that YAML keeps for itself',
    'put the value in quotes',
  ],
  ['MISSING_CHAR', /quote/i, 'a quote is not closed', 'close it'],
]

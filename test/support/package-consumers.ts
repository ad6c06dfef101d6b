import { realpathSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'

/** Programs of users of the library: each is type-checked and run against the installed package. */

/** What all of them do, TypeScript and JavaScript alike: judge the chain of a file, print the verdict's state. */
const judging = `
async function main() {
  const [chain = '', root = ''] = process.argv.slice(2)
  const [anchor] = parseCertificates(readFileSync(root), root)
  if (anchor === undefined) throw new Error('no anchor')
  const verdicts = await check({
    target: chain,
    devices: ['nrf9160@1.3.7'],
    anchors: [{ certificate: anchor, label: root }],
    verify: 'full',
    sni: undefined,
    connect: undefined,
    clientCredential: undefined,
    headers: [],
    method: 'GET',
    now: new Date('2026-09-01T00:00:00Z'),
    sendSecrets: false,
    byteLimit: undefined,
    timeoutMs: 5000,
    catalogue: openCatalogue(),
    knownRoots: openKnownRoots(),
    onProgress: undefined,
  })
  for (const verdict of verdicts) console.log(verdict.state, verdict.stage)
}
void main()
`
const names = 'check, openCatalogue, openKnownRoots, parseCertificates'

export const programs = {
  'esm.mjs': `import { readFileSync } from 'node:fs'\nimport { ${names} } from 'tlsfit'\n${judging}`,
  'cjs.cjs': `const { readFileSync } = require('node:fs')\nconst { ${names} } = require('tlsfit')\n${judging}`,
} as const

/** Types are used by name, so that one that is missing or \`any\` by accident does not compile. */
const typed = `
const listed: readonly string[] = openCatalogue().families
const states: Record<State, number> = { fits: 0, 'at-risk': 0, blocked: 0, undecided: 0 }
function count(verdict: Verdict): number {
  return (states[verdict.state] += listed.length)
}
// @ts-expect-error: a verdict has no such field
const wrong = (verdict: Verdict) => verdict.nothing
void [count, wrong]
`
const sources = {
  esm: `import { readFileSync } from 'node:fs'\nimport { ${names}, type State, type Verdict } from 'tlsfit'\n${judging}${typed}`,
  cjs: `import fs = require('node:fs')
import tlsfit = require('tlsfit')
type State = tlsfit.State
type Verdict = tlsfit.Verdict
const { readFileSync } = fs
const { ${names} } = tlsfit
${judging}${typed}`,
} as const

export interface Typing {
  readonly name: string
  readonly file: string
  readonly source: string
  readonly options: Readonly<Record<string, unknown>>
}

/** Kinds of module and resolution that users of TypeScript have. */
export const typings: readonly Typing[] = [
  { name: 'nodenext, ESM', file: 'a.mts', source: sources.esm, options: { module: 'nodenext' } },
  { name: 'nodenext, CommonJS', file: 'a.cts', source: sources.cjs, options: { module: 'nodenext' } },
  { name: 'node20, ESM', file: 'a.mts', source: sources.esm, options: { module: 'node20' } },
  { name: 'node20, CommonJS', file: 'a.cts', source: sources.cjs, options: { module: 'node20' } },
  {
    name: 'a bundler, ESM',
    file: 'a.ts',
    source: sources.esm,
    options: { module: 'esnext', moduleResolution: 'bundler' },
  },
  {
    name: 'a bundler, CommonJS',
    file: 'a.ts',
    source: sources.cjs,
    options: { module: 'commonjs', moduleResolution: 'bundler' },
  },
  {
    name: 'node10, which TypeScript 6 calls old',
    file: 'a.ts',
    source: sources.cjs,
    options: { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0' },
  },
]

/** The strictest that a user may have. */
const strictest = {
  target: 'es2022',
  lib: ['es2023'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  types: ['node'],
}

/**
 * What tsc says of the program, written into `folder`, below which the package is installed; the package's own
 * declarations are checked, too. Those of Node and of the language are read once for all programs.
 */
export function compile(typing: Typing, folder: string): string[] {
  writeFileSync(join(folder, typing.file), typing.source)
  const typeRoots = [join(modules, '@types')]
  const asked = ts.convertCompilerOptionsFromJson({ ...strictest, typeRoots, ...typing.options }, folder)
  const host = ts.createCompilerHost(asked.options)
  const read = host.getSourceFile
  host.getSourceFile = (path, how, ...rest) => {
    if (!path.startsWith(modules)) return read(path, how, ...rest)
    const key = `${path} ${JSON.stringify(how)}`
    if (!kept.has(key)) kept.set(key, read(path, how, ...rest))
    return kept.get(key)
  }
  const program = ts.createProgram([join(folder, typing.file)], asked.options, host)
  const own = program.getSourceFiles().filter(({ fileName }) => !fileName.startsWith(modules))
  const found = own.flatMap((file) => [
    ...program.getSyntacticDiagnostics(file),
    ...program.getSemanticDiagnostics(file),
  ])
  const all = [
    ...asked.errors,
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...found,
  ]
  return all.map((each) => ts.formatDiagnostic(each, host))
}

const modules = realpathSync(resolve(import.meta.dirname, '../../node_modules'))
const kept = new Map<string, ts.SourceFile | undefined>()

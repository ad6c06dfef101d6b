import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const source = join(root, 'src')

/** The order of docs/architecture.md; a layer imports from itself and from those before it. */
const order = [
  'codec',
  'crypto',
  'tls',
  'x509',
  'issue',
  'http',
  'mqtt',
  'capture',
  'device',
  'trust',
  'credential',
  'stack',
  'finding',
  'observe',
  'log',
  'capsule',
  'judge',
  'plan',
  'exam',
  'fleet',
  'report',
  'io',
  'front',
  'serve',
  'gateway',
  'emit',
  'lab',
  'measure',
  'store',
  'watch',
  'api',
  'cli',
  'index.ts',
]
const firstImpure = order.indexOf('io')
/** Layers before `io/` that may use node:crypto for deterministic work. */
const mayUseCrypto = new Set(['crypto', 'x509', 'issue', 'trust', 'credential'])

interface SourceFile {
  readonly path: string
  readonly layer: string
  readonly text: string
  readonly imports: readonly string[]
}

const files = readSources()

describe('layers', () => {
  test('every source file belongs to a layer that the map names', () => {
    expect(files.filter((file) => !order.includes(file.layer)).map((file) => file.path)).toEqual([])
  })

  test('docs/architecture.md names the layers in this order', () => {
    const map = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
    const table = map.slice(map.search(/^\| group\s+\| folders/m), map.indexOf('\nData beside'))
    const named = [...table.matchAll(/`([a-z0-9.]+)`/g)].map((match) => match[1])
    expect(named).toEqual(order)
  })

  test('no layer reaches back', () => {
    const wrong = files.flatMap((file) =>
      file.imports
        .filter((to) => to.startsWith('.'))
        .map((to) => ({ file, to: layerOf(resolve(source, dirname(file.path), to)) }))
        .filter(({ to }) => order.indexOf(to) > order.indexOf(file.layer))
        .map(({ to }) => `${file.path} imports ${to}`),
    )
    expect(wrong).toEqual([])
  })

  test('nothing before io/ opens a socket or file, reads a clock or draws a random number', () => {
    const pure = files.filter((file) => order.indexOf(file.layer) < firstImpure)
    const wrong = pure.flatMap((file) => [
      ...file.imports
        .filter((to) => to.startsWith('node:') && !(to === 'node:crypto' && mayUseCrypto.has(file.layer)))
        .map((to) => `${file.path} imports ${to}`),
      ...impurities(file).map((what) => `${file.path} uses ${what}`),
    ])
    expect(wrong).toEqual([])
  })

  test('the measuring TLS server is for what measures: nothing that carries user data takes it', () => {
    const may = new Set(['exam', 'lab', 'measure'])
    const users = files.filter(
      (file) =>
        !may.has(file.layer) &&
        !file.path.startsWith('tls/server/') &&
        file.imports.some((to) =>
          resolve(source, dirname(file.path), to).startsWith(join(source, 'tls/server') + sep),
        ),
    )
    expect(users.map(({ path }) => path)).toEqual([])
  })

  test('there is one index.ts', () => {
    expect(files.filter((file) => file.path.endsWith('index.ts')).map((file) => file.path)).toEqual([
      'index.ts',
    ])
  })
})

function impurities(file: SourceFile): string[] {
  const code = file.text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '')
  const forbidden: readonly [string, RegExp][] = [
    ['the clock', /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b/],
    ['chance', /\bMath\.random\b|\brandomBytes\b|\brandomUUID\b|\bgetRandomValues\b|\bgenerateKeyPair/],
    ['the environment', /\bprocess\.(?!versions\b)/],
    ['the console', /\bconsole\./],
    ['a timer', /\bset(Timeout|Interval|Immediate)\b/],
    ['a dynamic import', /\bimport\(/],
  ]
  return forbidden.filter(([, pattern]) => pattern.test(code)).map(([what]) => what)
}

function readSources(): SourceFile[] {
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => {
      const text = readFileSync(join(source, path), 'utf8')
      const imports = [
        ...text.matchAll(/^\s*(?:import|export)\b[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'/gm),
      ]
      return {
        path: path.split(sep).join('/'),
        layer: layerOf(join(source, path)),
        text,
        imports: imports.map((match) => match[1] ?? match[2] ?? ''),
      }
    })
}

function layerOf(path: string): string {
  return relative(source, path).split(sep)[0] ?? ''
}

import { type SpawnOptions, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import type { Ran } from './tlsfit.ts'

const root = resolve(import.meta.dirname, '../..')

/** What npm packs of the build at hand, installed into an empty folder as a user would. */
export interface InstalledPackage {
  readonly folder: string
  readonly tarball: Uint8Array
  readonly bytes: { readonly packed: number; readonly unpacked: number }
  readonly files: readonly string[]
  remove(): void
}

/** What is in npm's cache is taken from there; the rest is asked of the registry. */
export async function installPackage(): Promise<InstalledPackage> {
  const folder = mkdtempSync(join(tmpdir(), 'tlsfit-package-'))
  // The build is that of `npm test`: others run it meanwhile, so it is not made anew.
  const packing = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]
  const packed = await runProgram('npm', packing, { cwd: root })
  if (packed.code !== 0) throw new Error(`npm pack: ${packed.stderr}`)
  const [told] = JSON.parse(packed.stdout) as readonly [
    { filename: string; size: number; unpackedSize: number; files: readonly { path: string }[] },
  ]
  const app = join(folder, 'app')
  mkdirSync(app)
  writeFileSync(join(app, 'package.json'), '{ "name": "app", "private": true }\n')
  const installing = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  const tarball = join(folder, told.filename)
  const installed = await runProgram('npm', [...installing, tarball], { cwd: app, timeout: 180_000 })
  if (installed.code !== 0) throw new Error(`npm install: ${installed.stderr}`)
  return {
    folder: app,
    tarball: readFileSync(tarball),
    bytes: { packed: told.size, unpacked: told.unpackedSize },
    files: told.files.map(({ path }) => path).sort(),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Runs a program in an environment without the settings that `npm test` hands down; `node` goes before all others. */
export function runProgram(
  program: string,
  args: readonly string[],
  { node, ...options }: SpawnOptions & { node?: string | undefined } = {},
): Promise<Ran> {
  const child = startProgram(program, args, { node, ...options })
  return new Promise((done, fail) => {
    let stdout = ''
    let stderr = ''
    child.stdout?.on('data', (chunk) => (stdout += chunk))
    child.stderr?.on('data', (chunk) => (stderr += chunk))
    child.on('error', fail)
    child.on('close', (code) => done({ code, stdout, stderr }))
    child.stdin?.end()
  })
}

export function startProgram(
  program: string,
  args: readonly string[],
  { node, ...options }: SpawnOptions & { node?: string | undefined } = {},
): ReturnType<typeof spawn> {
  const folders = node === undefined ? [] : [dirname(node)]
  const PATH = [...folders, process.env.PATH].join(delimiter)
  const env = { ...environment(), NO_COLOR: '1', COLUMNS: '100', PATH }
  return spawn(program, [...args], { timeout: 170_000, ...options, env })
}

/** npm tells its children its settings and the package that it runs in; where the registry is stays. */
function environment(): NodeJS.ProcessEnv {
  const kept = /^npm_config_(registry|userconfig|globalconfig|cache)$/i
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD)/i.test(name) || kept.test(name)),
  )
}

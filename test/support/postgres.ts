import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A PostgreSQL of Debian's packages, on a socket and a port of its own, with durability as it ships. */
export interface Postgres {
  /** A new, empty database of this server. */
  createDatabase(name: string): string
  stop(): Promise<void>
}

/** Where Debian puts the programs of its newest version; undefined where there is none. Throws under `CI=true`. */
export function postgresServer(): { start(port: number): Promise<Postgres> } | undefined {
  const versions = '/usr/lib/postgresql'
  const folders = existsSync(versions) ? readdirSync(versions).sort((a, b) => Number(b) - Number(a)) : []
  const programs = folders
    .map((name) => join(versions, name, 'bin'))
    .find((path) => existsSync(join(path, 'initdb')))
  if (programs !== undefined) return { start: (port) => start(programs, port) }
  if (process.env.CI === 'true') throw new Error('peer postgresql is missing: npm run peers')
  return undefined
}

/** The server refuses to run as root: then it runs as nobody. */
const asNobody =
  process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : []

async function start(programs: string, port: number): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'tlsfit-pg-'))
  const data = join(folder, 'data')
  mkdirSync(data)
  chmodSync(folder, 0o755)
  if (asNobody.length > 0) execFileSync('chown', ['-R', '65534:65534', folder])
  const run = (program: string, args: readonly string[]) => {
    const [first = '', ...rest] = [...asNobody, join(programs, program), ...args]
    return execFileSync(first, rest, { stdio: 'pipe', env: { PATH: process.env.PATH, LC_ALL: 'C' } })
  }
  run('initdb', ['-D', data, '-U', 'tlsfit', '-A', 'trust', '-E', 'UTF8', '--no-sync'])
  const [first = '', ...rest] = [
    ...asNobody,
    join(programs, 'postgres'),
    ...[
      '-D',
      data,
      '-p',
      String(port),
      '-k',
      folder,
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'max_connections=200',
    ],
  ]
  const server = spawn(first, rest, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
  })
  await new Promise<void>((resolve, reject) => {
    let log = ''
    server.stderr.on('data', (chunk: Buffer) => {
      log += chunk
      if (log.includes('ready to accept connections')) resolve()
    })
    server.once('exit', () => reject(new Error(`PostgreSQL did not start: ${log}`)))
  })
  const url = (name: string) => `postgres://tlsfit@127.0.0.1:${port}/${name}`
  return {
    createDatabase: (name) => {
      run('createdb', ['-h', '127.0.0.1', '-p', String(port), '-U', 'tlsfit', name])
      return url(name)
    },
    stop: () =>
      new Promise((resolve) => {
        server.once('exit', () => {
          rmSync(folder, { recursive: true, force: true })
          resolve()
        })
        server.kill('SIGINT')
      }),
  }
}

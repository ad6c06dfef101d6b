import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { deriveProfile } from '../../src/device/config/from-config.ts'
import { writeProfile } from '../../src/device/config/write-profile.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { readConfigTables } from '../../src/io/config-tables.ts'
import { type ClientBuild, clientBuilds } from '../clients/builds.ts'
import type { Player } from './referee.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-profiles-'))

/** As Debian builds them, and the device of the catalogue that stands for each. */
const stockPlayers: readonly Player[] = [
  { client: 'mbedtls-2.28', device: 'mbedtls@2.28', maxVersion: 'TLSv1.2' },
  // Debian has no 3.6 yet: our own build of the library's defaults.
  { client: 'mbedtls-3.6-default', device: 'mbedtls@3.6', maxVersion: 'TLSv1.3' },
  { client: 'mbedtls-3.6-default', device: 'mbedtls@3.6', maxVersion: 'TLSv1.2' },
  { client: 'openssl', device: 'openssl@3.0', maxVersion: 'TLSv1.3' },
  { client: 'openssl', device: 'openssl@3.0', maxVersion: 'TLSv1.2' },
  { client: 'gnutls', device: 'gnutls@3.7', maxVersion: 'TLSv1.3' },
  { client: 'gnutls', device: 'gnutls@3.7', maxVersion: 'TLSv1.2' },
  { client: 'wolfssl', device: 'wolfssl@5.5', maxVersion: 'TLSv1.2' },
  { client: 'wolfssl', device: 'wolfssl@5.5', maxVersion: 'TLSv1.3' },
  { client: 'wolfssl-5.5-plain', device: 'wolfssl-no-alt@5.5', maxVersion: 'TLSv1.2' },
  { client: 'bearssl', device: 'bearssl@0.6', maxVersion: 'TLSv1.2' },
]

type FragmentLength = 512 | 1024 | 2048 | 4096

/** A build of ours, and the profile that `devices from-config` makes of the very header it was built with. */
function configuredPlayer(name: string, mfl?: FragmentLength, version?: Player['maxVersion']): Player {
  const build = clientBuilds.find((one) => one.name === name)
  if (build?.config === undefined) throw new Error(`${name} is not built from a header`)
  const device = join(folder, `${name}-${mfl ?? 'plain'}.yaml`)
  const derived = deriveProfile({
    text: readHeader(join(import.meta.dirname, '../clients', build.config)),
    file: build.config.replace(/^.*\//, ''),
    stack: stackOf(build),
    maxFragmentLength: mfl,
    catalogue: openCatalogue(),
    tables: readConfigTables(),
  })
  writeFileSync(device, writeProfile(derived, build.config))
  const maxVersion = version ?? (name.startsWith('mbedtls-2') ? 'TLSv1.2' : 'TLSv1.3')
  return { client: name, device, maxVersion, ...(mfl === undefined ? {} : { mfl }) }
}

/** A header of ours with those of ours that it includes. */
function readHeader(file: string): string {
  return readFileSync(file, 'utf8').replace(/^#include "(.+)"$/gm, (_, name: string) =>
    readHeader(join(dirname(file), name)),
  )
}

function stackOf({ library, version }: ClientBuild): string {
  if (library === 'wolfssl') return 'wolfssl@5.5'
  return version.startsWith('3.') ? 'mbedtls@3.6' : 'mbedtls@2.28'
}

const mbedtls2 = [
  'in-4096',
  'in-1500',
  'variable',
  'no-sha512',
  'mpi-256',
  'p256-only',
  'no-time-date',
  'no-ecdsa',
  'intermediates-2',
  'no-mfl',
] as const

export const players: readonly Player[] = [
  ...stockPlayers,
  ...mbedtls2.map((name) => configuredPlayer(`mbedtls-2.28-${name}`)),
  configuredPlayer('mbedtls-2.28-in-4096', 512),
  configuredPlayer('mbedtls-2.28-in-4096', 2048),
  configuredPlayer('mbedtls-3.6-in-4096'),
  configuredPlayer('mbedtls-3.6-in-4096', 1024),
  configuredPlayer('mbedtls-3.6-in-4096', undefined, 'TLSv1.2'),
  // Their hello is not derived from the header, so the version is given.
  configuredPlayer('wolfssl-5.5-plain', undefined, 'TLSv1.2'),
  configuredPlayer('wolfssl-5.5-small', undefined, 'TLSv1.2'),
  configuredPlayer('mbedtls-3.6-in-4096', 1024, 'TLSv1.2'),
]

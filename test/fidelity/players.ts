import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveDevice } from '../../src/device/catalogue.ts'
import type { DerivedProfile } from '../../src/device/config/derived.ts'
import { deriveProfile } from '../../src/device/config/from-config.ts'
import { writeProfile } from '../../src/device/config/write-profile.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { readConfigTables } from '../../src/io/config-tables.ts'
import { stackFor } from '../../src/stack/stacks.ts'
import { clientBuilds } from '../clients/builds.ts'
import type { Subject } from './chains/known-chains.ts'

/** What cases are about: chains of a subject, frames of records, data, what the two sides have in common. */
export type Topic = Subject | 'frames' | 'downloads' | 'hellos'

type FragmentLength = 512 | 1024 | 2048 | 4096

/** A client, and the device that stands for it. */
export interface Player {
  readonly name: string
  readonly client: string
  /** Device id, or the path of a profile; undefined: the catalogue has none yet, and nothing is predicted. */
  readonly device: string | undefined
  readonly mfl?: FragmentLength
  readonly buffer?: number
  readonly verify?: 'none'
  /** Topics of which it meets all cases; of the others it meets a share. */
  readonly meets: readonly Topic[] | 'all'
}

type More = Partial<Pick<Player, 'mfl' | 'buffer' | 'verify' | 'meets'>>

const catalogue = openCatalogue()
const tables = readConfigTables()
const folder = mkdtempSync(join(tmpdir(), 'tlsfit-profiles-'))

/** Undefined while the catalogue lacks it, or the rules of its library are not written. */
function known(device: string): string | undefined {
  if (catalogue.profile(device.split('@')[0]!) === undefined) return undefined
  const rules = resolveDevice(device, catalogue).build.rules?.value
  return rules === undefined || stackFor(rules) === undefined ? undefined : device
}

function nameOf(client: string, { mfl, buffer, verify }: More): string {
  return [
    client,
    ...(mfl === undefined ? [] : [`MFL ${mfl}`]),
    ...(buffer === undefined ? [] : [`buffer ${buffer}`]),
    ...(verify === undefined ? [] : ['unverified']),
  ].join(', ')
}

/** As the library is built and configured by itself. */
function stock(client: string, device: string, more: More = {}): Player {
  return { name: nameOf(client, more), client, device: known(device), meets: 'all', ...more }
}

/** The catalogue's device with a few values of its own, as in a profile that a user would write. */
function tuned(
  client: string,
  device: string,
  more: More,
  values: Record<string, Record<string, string>>,
): Player {
  const name = nameOf(client, more)
  const path = join(folder, `${name.replace(/\W+/g, '-')}.yaml`)
  const groups = Object.entries(values).map(
    ([group, entries]) =>
      `  ${group}:\n${Object.entries(entries)
        .map(([key, value]) => `    ${key}: { ${value}, source: set }\n`)
        .join('')}`,
  )
  const head = `family: my-device\nname: ${name}\nbase: '${device}'\ndefaultVersion: any\n`
  const sources = `sources:\n  set: { confidence: measured, where: 'set on the command line of the client' }\n`
  writeFileSync(path, `${head}${sources}common:\n${groups.join('')}ranges:\n  any:\n`)
  return { name, client, device: known(device) && path, meets: ['sizes', 'frames'], ...more }
}

/** A build of ours, and the profile that `devices from-config` makes of the very header it was built with. */
function configured(client: string, stack: string, more: More = {}): Player {
  const name = nameOf(client, more)
  return { name, client, device: known(stack) && derived(client, name, stack, more.mfl), meets: [], ...more }
}

function derived(client: string, name: string, stack: string, mfl: FragmentLength | undefined): string {
  const build = clientBuilds.find((one) => one.name === client)
  if (build?.config === undefined) throw new Error(`${client} is not built from a header`)
  const device = join(folder, `${name.replace(/\W+/g, '-')}.yaml`)
  const profile = deriveProfile({
    text: headerText(build.config),
    file: build.config.replace(/^.*\//, ''),
    stack,
    maxFragmentLength: mfl,
    catalogue,
    tables,
  })
  writeFileSync(device, writeProfile(withHello(profile), build.config))
  return device
}

/** wolfSSL's hello is not derived: the catalogue's was recorded from a build of the same base header. */
function withHello(profile: DerivedProfile): DerivedProfile {
  if (!profile.base.startsWith('wolfssl')) return profile
  const values = profile.values.filter(({ group, value }) => group !== 'hello' || value !== null)
  return { ...profile, values, helloOrigin: 'recorded' }
}

/** One text with what it includes of ours, as the compiler sees it. */
function headerText(config: string): string {
  const text = readFileSync(join(import.meta.dirname, '../clients', config), 'utf8')
  return text.replace(/^#include "(wolfssl-[\w.-]+\.h)"$/gm, (_, name: string) =>
    headerText(`configs/${name}`),
  )
}

const mbedtls2 = (name: string, more: More = {}) => configured(`mbedtls-2.28-${name}`, 'mbedtls@2.28', more)

/** BearSSL's input buffer holds 325 bytes beyond the plaintext, and the engine asks for what then fits. */
function bearsslOf(plaintextBytes: 1_024 | 4_096): Player {
  return tuned(
    'bearssl',
    'bearssl@0.6',
    { buffer: plaintextBytes + 325 },
    {
      limits: { recordBytes: `value: ${plaintextBytes}, counts: record` },
      hello: { maxFragmentLength: `value: ${plaintextBytes}` },
    },
  )
}

export const players: readonly Player[] = [
  stock('mbedtls-2.28', 'mbedtls@2.28'),
  stock('mbedtls-3.6-default', 'mbedtls@3.6'),
  stock('wolfssl', 'wolfssl@5.5'),
  stock('wolfssl-5.5-plain', 'wolfssl-no-alt@5.5'),
  stock('bearssl', 'bearssl@0.6'),
  stock('gnutls', 'gnutls@3.7'),
  stock('openssl', 'openssl@3.0'),
  mbedtls2('in-4096', { meets: ['sizes', 'trust', 'frames', 'downloads'] }),
  mbedtls2('in-1500', { meets: ['sizes', 'frames', 'downloads'] }),
  mbedtls2('variable', { meets: ['downloads'] }),
  mbedtls2('no-sha512', { meets: ['keys'] }),
  mbedtls2('mpi-256', { meets: ['keys'] }),
  mbedtls2('p256-only', { meets: ['keys', 'hellos'] }),
  mbedtls2('no-time-date', { meets: ['dates'] }),
  mbedtls2('no-ecdsa', { meets: ['hellos'] }),
  mbedtls2('intermediates-2', { meets: ['trust'] }),
  mbedtls2('no-mfl'),
  mbedtls2('in-4096', { mfl: 512, meets: ['frames', 'downloads'] }),
  mbedtls2('in-4096', { mfl: 2048, meets: ['sizes', 'frames'] }),
  configured('mbedtls-3.6-in-4096', 'mbedtls@3.6', { meets: ['sizes', 'frames', 'downloads'] }),
  tuned('mbedtls-2.28', 'mbedtls@2.28', { mfl: 4096 }, { hello: { maxFragmentLength: 'value: 4096' } }),
  tuned('wolfssl', 'wolfssl@5.5', { mfl: 1024 }, { hello: { maxFragmentLength: 'value: 1024' } }),
  tuned('openssl', 'openssl@3.0', { mfl: 512 }, { hello: { maxFragmentLength: 'value: 512' } }),
  bearsslOf(4_096),
  bearsslOf(1_024),
  tuned(
    'openssl',
    'openssl@3.0',
    { buffer: 4_096 },
    { limits: { handshakeMessageBytes: 'value: 4100, counts: message' } },
  ),
  tuned(
    'gnutls',
    'gnutls@3.7',
    { buffer: 4_096 },
    { limits: { handshakeMessageBytes: 'value: 4096, counts: message' } },
  ),
  configured('mbedtls-3.6-in-4096', 'mbedtls@3.6', { mfl: 1024, meets: ['sizes'] }),
  configured('wolfssl-5.5-small', 'wolfssl-no-alt@5.5', { meets: ['sizes', 'trust'] }),
  tuned(
    'wolfssl-5.5-plain',
    'wolfssl-no-alt@5.5',
    { mfl: 2048 },
    { hello: { maxFragmentLength: 'value: 2048' } },
  ),
  stock('mbedtls-2.28', 'mbedtls@2.28', { verify: 'none', meets: ['sizes'] }),
  stock('wolfssl', 'wolfssl@5.5', { verify: 'none', meets: [] }),
  stock('openssl', 'openssl@3.0', { verify: 'none', meets: [] }),
]

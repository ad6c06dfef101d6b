import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sessionJson } from '../../src/report/sessions-json.ts'
import { readCapture } from '../support/read-capture.ts'

type Facts = Readonly<Record<string, unknown>>

interface ExpectedFile {
  readonly sessions: readonly Facts[]
  readonly tls_traffic_without_handshake?: readonly unknown[]
}

const folder = import.meta.dirname
const { files }: { files: Readonly<Record<string, ExpectedFile>> } = JSON.parse(
  readFileSync(join(folder, 'expected.json'), 'utf8'),
)
/** About the comparison that expected.json was made with, not about the session. */
const notFacts = new Set(['agrees_with_tshark', 'difference'])
/** Left out of expected.json where they say nothing. */
const mayBeLeftOut = {
  holeInStreamFrom: [],
  handshakeMessageCut: [],
  plainBytesBeforeTls: 0,
  helloVerifyRequest: undefined,
  recordSizeLimit: undefined,
  maxFragmentLength: undefined,
  tls13EncryptedServerRecordsBeforeClientFinished: undefined,
  decryptedAlerts: undefined,
}

describe('sessions of real captures', () => {
  test('expected.json has 92 sessions', () => {
    expect(Object.values(files).flatMap(({ sessions }) => sessions)).toHaveLength(92)
  })

  test.each(Object.entries(files))('%s', (name, { sessions }) => {
    const read = readCapture(readFileSync(join(folder, name)))
    const found = read.sessions.map((session) => sessionJson(session) as Facts)
    expect(found.map(({ client, server }) => [client, server])).toEqual(
      sessions.map(({ client, server }) => [client, server]),
    )
    for (const [at, facts] of sessions.entries()) {
      const wanted = { ...mayBeLeftOut, ...factsOf(facts) }
      const got = Object.fromEntries(Object.keys(wanted).map((field) => [field, found[at]?.[field]]))
      expect(got).toEqual(wanted)
    }
  })

  test('every fact of expected.json is compared under its name in camelCase', () => {
    const names = new Set(Object.values(files).flatMap(({ sessions }) => sessions.flatMap(Object.keys)))
    const json = readCapture(readFileSync(join(folder, 'dtls12.pcap'))).sessions.map(sessionJson)[0]!
    const rare = Object.keys(mayBeLeftOut)
    const missing = [...names].filter((name) => !notFacts.has(name)).map(camelCase)
    expect(missing.filter((name) => !(name in json) && !rare.includes(name))).toEqual([])
  })

  test('records without a handshake are no session, and are counted', () => {
    const read = readCapture(readFileSync(join(folder, 'alert-protocol-version-by-server.pcap')))
    expect(read.withoutHandshake).toBe(1)
  })
})

function factsOf(expected: Facts): Facts {
  return Object.fromEntries(
    Object.entries(expected)
      .filter(([name]) => !notFacts.has(name))
      .map(([name, value]) => [camelCase(name), name === 'alerts' ? (value as Facts[]).map(alertOf) : value]),
  )
}

/** CONTRACTS.md: `c2s` and `s2c`. */
function alertOf(alert: Facts): Facts {
  return { ...alert, direction: alert.direction === 'client->server' ? 'c2s' : 's2c' }
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

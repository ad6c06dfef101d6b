import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Drive, type Driven, driveClient } from '../../test/support/drive-client.ts'
import { offer13Of, suites13 } from '../../test/support/offers.ts'
import { Scratch, type Server, startServer } from '../../test/support/openssl.ts'
import { peer } from '../../test/support/peer.ts'
import { namedGroups } from './named-groups.ts'
import { signatureSchemes } from './signature-schemes.ts'
import type { TlsEvent } from './tls-event.ts'

let connections = 0

function drive(options: Omit<Drive, 'seed'>): Promise<Driven> {
  return driveClient({ seed: createHash('sha256').update(`13 ${connections++}`).digest(), ...options })
}

function find<Kind extends TlsEvent['kind']>(driven: Driven, kind: Kind) {
  const found = driven.events.find((event) => event.kind === kind)
  return found as Extract<TlsEvent, { kind: Kind }> | undefined
}

function types(driven: Driven, direction: 'sent' | 'received'): number[] {
  return driven.events.flatMap((e) => (e.kind === 'message' && e.direction === direction ? [e.type] : []))
}

function expectWhole(driven: Driven, line = 'tifslt\n'): void {
  expect(driven.events.filter(({ kind }) => kind === 'stopped' || kind === 'malformed')).toEqual([])
  expect(driven.client.established).toBe(true)
  expect(driven.text).toBe(line)
  expect(find(driven, 'server-hello')?.version).toBe(0x0304)
}

describe.skipIf(!peer('openssl'))('TLS 1.3 with openssl s_server', () => {
  const scratch = new Scratch()
  const servers: Server[] = []

  beforeAll(() => {
    scratch.selfSigned('rsa', ['rsa:2048'])
    scratch.selfSigned('p256', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'])
    scratch.selfSigned('p384', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'])
    scratch.selfSigned('ed25519', ['ed25519'])
  })

  afterAll(() => {
    for (const server of servers) server.stop()
    scratch.remove()
  })

  async function start(...args: string[]): Promise<number> {
    const server = await startServer(['-tls1_3', '-ciphersuites', suites13.join(':'), ...args])
    servers.push(server)
    return server.port
  }

  function using(name: string): string[] {
    return ['-cert', scratch.path(`${name}.pem`), '-key', scratch.path(`${name}.key`)]
  }

  test.each(suites13)('%s', async (suite) => {
    const offer = offer13Of({ suites: [suite] })
    const driven = await drive({ offer, port: await start(...using('rsa')) })
    expectWhole(driven)
    expect(find(driven, 'server-hello')?.cipherSuite).toBe(offer.cipherSuites[0])
    expect(find(driven, 'server-key-exchange')).toMatchObject({
      namedGroup: namedGroups.x25519.code,
      signatureScheme: signatureSchemes.rsa_pss_rsae_sha256.code,
      signatureValid: true,
    })
    expect(types(driven, 'sent')).toEqual([1, 20])
    expect(types(driven, 'received')).toEqual([2, 8, 11, 15, 20, 4, 4])
  })
})

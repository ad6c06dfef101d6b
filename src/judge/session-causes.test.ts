import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fileChunks } from '../io/file-chunks.ts'
import { readSessions } from '../io/read-sessions.ts'
import { explainSession } from './session-causes.ts'

const captures = resolve(import.meta.dirname, '../../test/captures')

async function explain(name: string) {
  return (await sessionsOf(name)).map(explainSession)
}

async function sessionsOf(name: string) {
  const path = join(captures, name)
  const chunks = fileChunks(path, 'a capture')
  return (await readSessions({ name, path, totalBytes: undefined, chunks })).sessions
}

describe('how a captured session ended', () => {
  test.each([
    ['alert-certificate-expired.pcap', 'cert-expired', true],
    ['alert-protocol-version-by-client.pcap', 'no-common-version', true],
    ['alert-protocol-version-by-server.pcap', 'no-common-version', true],
    ['client-cert-refused.pcap', 'client-auth-rejected', true],
    ['alert-unknown-ca.pcap', 'untrusted-root', false],
    ['alert-handshake-failure.pcap', 'sni-missing', false],
  ])('%s: %s first, decided: %s', async (name, cause, decided) => {
    const [session] = await explain(name)
    expect(session?.causes[0]?.id).toBe(cause)
    expect(session?.decided).toBe(decided)
  })

  test('a server that sent one certificate sent no cross-signed root', async () => {
    const [session] = await explain('alert-unknown-ca.pcap')
    expect(session?.causes.map(({ id }) => id)).toEqual(['untrusted-root', 'leaf-as-anchor'])
  })

  test('an expired certificate is told from a wrong clock by the time of the capture', async () => {
    const [session] = await explain('alert-certificate-expired.pcap')
    expect(session?.causes[0]?.evidence.map(({ kind }) => kind)).toEqual(['alert', 'expired-when-captured'])
  })

  test.each([
    'azure-g2-chain-edge.pcap',
    'warning-unrecognized-name.pcap',
    'client-cert-ok.pcap',
    'tls13-loopback.pcap',
    'pcapng-dsb.pcapng',
    'dtls12.pcap',
  ])('%s: nothing failed, and nothing is said to have', async (name) => {
    const sessions = await explain(name)
    expect(sessions.flatMap(({ causes }) => causes)).toEqual([])
  })

  test('a capture with holes decides nothing', async () => {
    for (const name of ['snaplen-cut-ipv6.pcap', 'client-hello-hole.pcap']) {
      expect((await explain(name)).some(({ decided }) => decided)).toBe(false)
    }
  })

  test('an alert of DTLS 1.2 that a secret opened is read, and not counted as one that cannot be', async () => {
    const [session] = await sessionsOf('dtls12.pcap')
    const alert = { level: 1, description: 0, direction: 'c2s', frame: 9, atMs: 9, encrypted: true } as const
    const read = { ...session!, alerts: [alert], encryptedAlertRecords: 1 }
    expect(explainSession(read).signs.map(({ kind }) => kind)).not.toContain('encrypted-alert')
    expect(explainSession({ ...read, alerts: [] }).signs.map(({ kind }) => kind)).toContain('encrypted-alert')
  })
})

import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { TlsSession } from '../capture/session.ts'
import { openSource } from '../io/byte-source.ts'
import { readSessions } from '../io/read-sessions.ts'
import { explainSession } from '../judge/session-causes.ts'
import { formatSessions } from './sessions-text.ts'

const captures = join(import.meta.dirname, '../../test/captures')

async function sessionsOf(name: string): Promise<readonly TlsSession[]> {
  return (await readSessions(await openSource(join(captures, name), noStdin, 'a capture'))).sessions
}

function pageOf(sessions: readonly TlsSession[]): string {
  const shown = sessions.map((session) => ({
    session,
    explained: explainSession(session),
    matches: [],
    verdicts: [],
  }))
  const read = { name: 'x.pcap', frames: 1, sessions: shown, notes: [] }
  return formatSessions(read, { color: false, columns: 200 })
}

describe('the page of a capture', () => {
  test('a chain that DTLS 1.2 did not show is missing from the capture; TLS 1.3 alone hides it', async () => {
    const [early] = await sessionsOf('dtls12.pcap')
    const unseen = { ...early!, serverCertificates: undefined, serverCertificateMessageBytes: undefined }
    expect(pageOf([unseen])).toMatch(/chain\s+(?:not in the capture|none: an earlier session)/)
    expect(pageOf(await sessionsOf('tls13-loopback.pcap'))).toMatch(/hidden by TLS 1\.3/)
  })

  test('of a session that ended in alerts, Finished is the last handshake message and not the last of all', async () => {
    const page = pageOf(await sessionsOf('pcapng-dsb.pcapng'))
    expect(page).toMatch(/the last handshake message is Finished/)
  })

  test('what one connection left is told in the singular', async () => {
    const path = join(captures, 'alert-protocol-version-by-server.pcap')
    const { notes } = await readSessions(await openSource(path, noStdin, 'a capture'))
    expect(notes.join()).toMatch(/1 connection carries/)
  })
})

async function* noStdin(): AsyncGenerator<Uint8Array> {}

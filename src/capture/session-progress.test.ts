import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSource } from '../io/byte-source.ts'
import { readSessions } from '../io/read-sessions.ts'
import { progressOf } from './session-progress.ts'

test('a handshake of DTLS 1.2 ends with the Finished of both, whatever its number is', async () => {
  const path = join(import.meta.dirname, '../../test/captures/dtls12.pcap')
  const { sessions } = await readSessions(await openSource(path, noStdin, 'a capture'))
  const [session] = sessions
  expect(session?.encryptedHandshakeRecords).toEqual({ c2s: 1, s2c: 1 })
  expect(progressOf(session!)).toEqual({ established: true, dataRecords: session!.applicationDataRecords })
})

async function* noStdin(): AsyncGenerator<Uint8Array> {}

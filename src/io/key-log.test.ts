import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type TLSSocket } from 'node:tls'
import { afterAll, expect, test } from 'vitest'
import { identity, observe } from '../../test/support/dial.ts'
import { InputError } from './input-error.ts'
import { openKeyLog } from './key-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-keylog-'))
afterAll(() => rmSync(folder, { recursive: true }))

const secret = { label: 'CLIENT_RANDOM', clientRandom: Uint8Array.of(1, 2), secret: Uint8Array.of(0xab) }

test('a key log is made for its owner alone, and added to', () => {
  const path = join(folder, 'new.log')
  openKeyLog(path)(secret)
  openKeyLog(path)({ ...secret, clientRandom: Uint8Array.of(3) })
  expect(readFileSync(path, 'utf8')).toBe('CLIENT_RANDOM 0102 ab\nCLIENT_RANDOM 03 ab\n')
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('what is in a file already stays', () => {
  const path = join(folder, 'old.log')
  writeFileSync(path, '# mine\n')
  openKeyLog(path)(secret)
  expect(readFileSync(path, 'utf8')).toBe('# mine\nCLIENT_RANDOM 0102 ab\n')
})

test('one that cannot be written is refused before anything is dialled', () => {
  mkdirSync(join(folder, 'sub'))
  for (const [path, code] of [
    [join(folder, 'sub'), 'EISDIR'],
    [join(folder, 'missing', 'keys.log'), 'ENOENT'],
  ] as const) {
    expect(() => openKeyLog(path)).toThrow(InputError)
    expect(() => openKeyLog(path)).toThrow(`the key log ${path} cannot be written: ${code}`)
  }
})

test('the line of a connection is the one that the server has, and is in no observation', async () => {
  const path = join(folder, 'keys.log')
  const { cert, key } = await identity()
  const lines: string[] = []
  const server = createServer({ cert, key, maxVersion: 'TLSv1.2' }, (socket) => socket.on('error', () => {}))
  server.on('keylog', (line: Buffer, _: TLSSocket) => lines.push(line.toString()))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const observations = await observe(`tls://127.0.0.1:${address.port}`, { keyLog: openKeyLog(path) })
  server.close()
  const written = readFileSync(path, 'utf8').toLowerCase()
  expect(written).toBe(lines.join('').toLowerCase())
  const master = written.trim().split(' ')[2]!
  expect(master.length).toBe(96)
  const bytes = Buffer.from(master, 'hex')
  const shown = JSON.stringify(observations, (_, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
  )
  expect(shown).not.toContain(master)
  expect(shown).not.toContain(bytes.toString('base64'))
})

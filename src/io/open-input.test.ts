import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSource } from './byte-source.ts'
import { readInput, readSource } from './input-file.ts'
import { openInput } from './open-input.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tlsfit-open-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function pipe(name: string): string {
  const path = join(folder, name)
  expect(spawnSync('mkfifo', [path]).status).toBe(0)
  return path
}

async function* noStdin(): AsyncGenerator<Uint8Array> {}

describe.skipIf(process.platform === 'win32')('a named pipe', () => {
  test('that nobody writes to is given up, again and again, and leaves no thread waiting', async () => {
    const path = pipe('silent')
    // More often than there are threads.
    for (let i = 0; i < 6; i++) {
      await expect(openInput(path, 20)).rejects.toMatchObject({ code: 'ETIMEDOUT' })
    }
    writeFileSync(join(folder, 'file'), 'text')
    expect(Buffer.from(await readInput(join(folder, 'file'), 'a file')).toString()).toBe('text')
  })

  test('is read to its end where its writer comes', async () => {
    for (const [name, read] of [
      ['a', (path: string) => readInput(path, 'a file')],
      ['b', async (path: string) => readSource(await openSource(path, noStdin, 'a file'), 'a file')],
    ] as const) {
      const path = pipe(name)
      const writer = spawn('sh', ['-c', `printf one > "${path}"`])
      expect(Buffer.from(await read(path)).toString()).toBe('one')
      await (writer.exitCode ?? once(writer, 'exit'))
    }
  })
})

test('what is not there is told by its code', async () => {
  await expect(openInput(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' })
})

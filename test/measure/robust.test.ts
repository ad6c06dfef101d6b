import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ConnectionOptions, connect } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { type Line, type Measuring, newFolder, startMeasuring } from '../support/measuring.ts'
import { tlsfit } from '../support/tlsfit.ts'

const running: Measuring[] = []
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL')
    await ended
  }
})

async function start(folder: string, more: readonly string[] = [], limit?: number) {
  const measuring = await startMeasuring(folder, more)
  running.push(measuring)
  if (limit !== undefined) limitFiles(measuring, limit)
  return measuring
}

/** What the process may write of a file, in bytes: beyond it the system says EFBIG. */
function limitFiles({ child }: Measuring, bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(child.pid), `--fsize=${bytes}:unlimited`])
}

const canLimit = existsSync('/usr/bin/prlimit')

/** A device that verifies what it should, from an address of its own. */
async function ask({ port, caFile }: Measuring, localAddress = '127.0.0.1'): Promise<void> {
  const options: ConnectionOptions & { localAddress: string } = {
    port,
    host: '127.0.0.1',
    servername: 'fw.example',
    ca: readFileSync(caFile),
    localAddress,
  }
  const socket = connect(options)
  socket.on('error', () => {}).resume()
  socket.on('secureConnect', () => socket.write('GET / HTTP/1.1\r\nHost: fw.example\r\n\r\n'))
  await new Promise((resolve) => socket.once('close', resolve))
}

const answersIn = (lines: readonly Line[]) =>
  lines.filter(({ schema }) => schema === 'tlsfit/measured-answer@1')
const linesOf = (folder: string) => readFileSync(join(folder, 'session.jsonl'), 'utf8').trimEnd().split('\n')

async function askTimes(measuring: Measuring, count: number, address?: string): Promise<void> {
  const before = answersIn(measuring.lines).length
  for (let i = 0; i < count; i++) await ask(measuring, address)
  await measuring.until(() => answersIn(measuring.lines).length >= before + count)
}

describe.skipIf(!canLimit)(`a full disk${canLimit ? '' : ' (skipped: prlimit is missing)'}`, () => {
  test('is told once; its answers are kept and written as soon as there is room', {
    timeout: 60_000,
  }, async () => {
    const folder = newFolder()
    const measuring = await start(folder)
    await askTimes(measuring, 2)
    const full = readFileSync(join(folder, 'session.jsonl')).length + 10
    limitFiles(measuring, full)
    await askTimes(measuring, 2)
    expect(linesOf(folder)).toHaveLength(1 + 2)
    limitFiles(measuring, 'unlimited')
    await measuring.until(({ schema, over }) => schema === 'tlsfit/measured-trouble@1' && over === true)
    expect(linesOf(folder)).toHaveLength(1 + 4)
    const troubles = measuring.lines.filter(({ code }) => code === 'session-unwritable')
    expect(troubles.map(({ over }) => over)).toEqual([false, true])
    expect(troubles[0]).toMatchObject({ at: join(folder, 'session.jsonl'), hint: 'make room on the disk' })
    measuring.child.kill('SIGINT')
    expect((await measuring.ended).code).toBe(130)
  })

  test('that stays full is exit code 65; the session ends with a whole line and goes on', {
    timeout: 60_000,
  }, async () => {
    const folder = newFolder()
    const measuring = await start(folder)
    await askTimes(measuring, 2)
    limitFiles(measuring, readFileSync(join(folder, 'session.jsonl')).length + 10)
    await askTimes(measuring, 1)
    measuring.child.kill('SIGTERM')
    expect((await measuring.ended).code).toBe(65)
    // What is known is told all the same.
    expect(measuring.lines.at(-2)).toMatchObject({ devices: [{ connections: 3 }] })
    expect(measuring.lines.at(-1)).toMatchObject({ error: { code: 'session-unwritable' } })
    const again = await start(folder)
    expect(again.start).toMatchObject({
      resumed: { answers: 2, tornBytes: 0 },
      caSha256: measuring.start.caSha256,
    })
  })
})

test('a session file that was taken away in mid-session is written anew, whole', {
  timeout: 60_000,
}, async () => {
  const folder = newFolder()
  const measuring = await start(folder)
  await askTimes(measuring, 2)
  rmSync(join(folder, 'session.jsonl'))
  await askTimes(measuring, 1)
  expect(linesOf(folder)).toHaveLength(1 + 3)
  measuring.child.kill('SIGINT')
  expect((await measuring.ended).code).toBe(130)
})

test.each(['SIGINT', 'SIGTERM'] as const)('a session that %s ends goes on behind its last answer', {
  timeout: 60_000,
}, async (signal) => {
  const folder = newFolder()
  const first = await start(folder)
  await askTimes(first, 2)
  first.child.kill(signal)
  expect(await first.ended).toEqual({ code: 130, signal: null })
  const second = await start(folder)
  expect(second.start).toMatchObject({ resumed: { answers: 2, tornBytes: 0 } })
  await askTimes(second, 1)
  expect(answersIn(second.lines)[0]).toMatchObject({ connection: 3 })
})

test('a device whose address changes in mid-session goes on with its own exam', {
  timeout: 60_000,
}, async () => {
  const folder = newFolder()
  const measuring = await start(folder)
  await askTimes(measuring, 4, '127.0.0.2')
  const moved = () => measuring.lines.some(({ note }) => note === 'moved')
  while (!moved()) await ask(measuring, '127.0.0.3')
  const before = answersIn(measuring.lines).length
  await measuring.until(() => answersIn(measuring.lines).length >= before)
  await askTimes(measuring, 1, '127.0.0.3')
  measuring.child.kill('SIGINT')
  await measuring.ended
  const answers = answersIn(measuring.lines)
  expect(new Set(answers.map(({ device }) => device)).size).toBe(1)
  expect(answers.map(({ connection }) => connection)).toEqual(answers.map((_, index) => index + 1))
  const again = await tlsfit(['measure', '--replay', join(folder, 'session.jsonl'), '--format', 'jsonl'])
  expect(JSON.parse(again.stdout).devices).toMatchObject([{ connections: answers.length }])
})

test('two alike at two addresses have a profile each where two are expected', {
  timeout: 60_000,
}, async () => {
  const folder = newFolder()
  const measuring = await start(folder, ['--devices', '2'])
  for (let i = 0; i < 4; i++)
    await Promise.all(['127.0.0.2', '127.0.0.3'].map((from) => ask(measuring, from)))
  await measuring.until(() => answersIn(measuring.lines).length >= 8)
  measuring.child.kill('SIGINT')
  await measuring.ended
  expect(measuring.lines.at(-1)).toMatchObject({ devices: [{ connections: 4 }, { connections: 4 }] })
  for (const file of ['device.yaml', 'device-2.yaml']) expect(existsSync(join(folder, file))).toBe(true)
})

test('a session that is garbled names its line and what can be kept of it', { timeout: 60_000 }, async () => {
  const folder = newFolder()
  const measuring = await start(folder)
  await askTimes(measuring, 2)
  measuring.child.kill('SIGINT')
  await measuring.ended
  const file = join(folder, 'session.jsonl')
  const [head, first, second] = linesOf(folder)
  writeFileSync(file, `${head}\n${first}\n\u0000${second}\n`)
  for (const args of [
    ['--dir', folder, '--host', '127.0.0.1'],
    ['--replay', file],
  ]) {
    const ran = await tlsfit(['measure', ...args])
    expect(ran.code).toBe(65)
    expect(ran.stderr).toContain(`the session cannot be used: line 3 is no JSON (${file})`)
    expect(ran.stderr).toContain(`keep the lines before it (head -n 2 ${file})`)
  }
  writeFileSync(file, `${head}\n${first}\n${second!.slice(0, 40)}`)
  const torn = await tlsfit(['measure', '--replay', file, '--format', 'json'])
  expect(torn.code).toBe(0)
  expect(torn.stderr).toContain('was torn off (40 bytes): it is left out')
})

test('a port that is taken is told with its option, and one of a session that goes on with the session', {
  timeout: 60_000,
}, async () => {
  const folder = newFolder()
  const measuring = await start(folder)
  const own = await tlsfit(['measure', '--dir', folder, '--host', '127.0.0.1'])
  expect(own.code).toBe(65)
  expect(own.stderr).toContain(`port ${measuring.port} (EADDRINUSE)`)
  expect(own.stderr).toContain('another tlsfit measure?')
  const args = ['--dir', newFolder(), '--host', '127.0.0.1', '--mqtt-port', String(measuring.port)]
  const other = await tlsfit(['measure', ...args])
  expect(other.stderr).toContain('(EADDRINUSE) (--mqtt-port)')
  expect(own.stderr + other.stderr).not.toMatch(/^\s+at /m)
})

test('no line that is told holds the key of the test CA', { timeout: 60_000 }, async () => {
  const folder = newFolder()
  const measuring = await start(folder)
  await askTimes(measuring, 1)
  measuring.child.kill('SIGINT')
  await measuring.ended
  const pem = readFileSync(join(folder, 'test-ca.pem'), 'utf8')
  const key = /-----BEGIN PRIVATE KEY-----\n(.{40})/.exec(pem)![1]!
  for (const text of [JSON.stringify(measuring.lines), readFileSync(join(folder, 'session.jsonl'), 'utf8')]) {
    expect(text).not.toContain(key)
    expect(text).not.toContain('PRIVATE KEY')
  }
})

import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeChain, type OpensslChain } from '../support/openssl-chain.ts'
import { peer } from '../support/peer.ts'

const root = resolve(import.meta.dirname, '../..')
const examples = join(root, 'examples', 'library')
const files = readdirSync(examples).filter((file) => file.endsWith('.ts'))
/** Within the package, so that `tlsfit` is what a user gets: the build. */
const compiled = join(root, '.site', 'library-examples')

describe('the examples of docs/library.md', () => {
  const page = readFileSync(join(root, 'docs', 'library.md'), 'utf8')

  test.each(files)('%s stands on the page as it is run', (file) => {
    expect(page).toContain(`\`\`\`ts\n${readFileSync(join(examples, file), 'utf8').trimEnd()}\n\`\`\``)
  })

  test('every code on the page is one of them', () => {
    expect(page.split('```ts\n')).toHaveLength(files.length + 1)
  })
})

describe.skipIf(!peer('openssl'))('the examples of the library', () => {
  let small: OpensslChain
  let server: Server
  let url: string

  beforeAll(async () => {
    small = makeChain({ keys: 'ec' })
    server = createServer({ key: readFileSync(small.key), cert: readFileSync(small.chain) }, serveFile)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `https://localhost:${(server.address() as AddressInfo).port}/fw.bin`
    mkdirSync(compiled, { recursive: true })
    for (const file of files) {
      const { outputText } = ts.transpileModule(readFileSync(join(examples, file), 'utf8'), {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
      })
      writeFileSync(join(compiled, file.replace(/ts$/, 'mjs')), outputText)
    }
  }, 60_000)
  afterAll(() => {
    server?.close()
    small?.remove()
    rmSync(compiled, { recursive: true, force: true })
  })

  test('check-endpoint tells both devices, and ends with 0 where none is blocked', async () => {
    const ran = await run('check-endpoint', url, small.root)
    expect(ran.stderr).toBe('')
    expect(ran.stdout).toContain('nrf9160@1.3.7')
    expect(ran.stdout).toContain('esp-idf@5.2')
    expect(ran.code).toBe(0)
  })

  test('check-endpoint ends with 1 where a device is blocked: the modem needs ranges', async () => {
    const ran = await run('check-endpoint', url.replace('fw.bin', 'whole.bin'), small.root)
    expect(ran.stdout).toContain('BLOCKED   nrf9160@1.3.7')
    expect(ran.code).toBe(1)
  })

  test('judge-chain says that the chain of 2026 is too large, and by how much', async () => {
    const ran = await run(
      'judge-chain',
      'test/fixtures/chains/chain-edge-microsoft-com-g2.pem',
      'roots/digicert-global-root-g2.pem',
      'nrf9160@1.3.7',
      '2026-09-01',
    )
    expect(ran.stdout).toContain('nRF9160 modem firmware 1.3.7, nRF Connect SDK 2.7.0: blocked')
    expect(ran.stdout).toContain('- chain-too-large: ')
    expect(ran.stdout).toContain('5753 of 4096 bytes, -1657 left')
  })

  test('device-limits tells each limit with its source, and that others are not known', async () => {
    const ran = await run('device-limits', 'nrf9160@1.3.7')
    expect(ran.stdout).toMatch(/^chainBytes: 4096, counts unknown \(vendor-forum: https:/m)
    expect(ran.stdout).toMatch(/: not known$/m)
  })

  test('device-limits tells an id that is none by its code', async () => {
    expect(await run('device-limits', 'nrf9161@x')).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/^[a-z-]+: /),
    })
  })

  test('own-device judges by the limit of the profile', async () => {
    const profile = join(small.folder, 'board.yaml')
    writeFileSync(
      profile,
      `family: my-board
name: My board
base: esp-idf@5.2
defaultVersion: any
sources: { bench: { confidence: measured, where: our bench } }
ranges:
  any:
    limits:
      handshakeMessageBytes: { value: 500, counts: message, source: bench }
`,
    )
    const ran = await run('own-device', url, profile, small.root)
    const { verdicts } = JSON.parse(ran.stdout)
    expect(verdicts[0]).toMatchObject({ state: 'blocked', stage: 'chain' })
  })

  test('roots names the root that the chain ends at, and until when it lasts', async () => {
    const chain = 'test/fixtures/chains/chain-edge-microsoft-com-g2.pem'
    const ran = await run('roots', 'esp-idf@5.2', chain)
    expect(ran.stdout).toContain(`CN=Microsoft TLS RSA Root G2, until 2040-04-10: ${chain}`)
  })
})

/** 5,000 bytes; `whole.bin` whatever range is asked for. */
function serveFile(request: IncomingMessage, response: ServerResponse): void {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
  const file = Buffer.alloc(5_000)
  response.setHeader('content-type', 'application/octet-stream')
  if (first === undefined || request.url === '/whole.bin') {
    response.setHeader('content-length', file.length).end(file)
    return
  }
  const part = file.subarray(Number(first), Number(last) + 1)
  const end = Number(first) + part.length - 1
  response.writeHead(206, {
    'content-range': `bytes ${first}-${end}/${file.length}`,
    'content-length': part.length,
  })
  response.end(part)
}

function run(example: string, ...args: readonly string[]) {
  const argv = [join(compiled, `${example}.mjs`), ...args]
  return new Promise<{ code: number; stdout: string; stderr: string }>((done) => {
    const child = execFile(process.execPath, argv, { cwd: root }, (_, stdout, stderr) =>
      done({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { tlsIdentity } from '../src/lab/tls-server.ts'
import { runCommand } from './support/run-command.ts'
import { small } from './support/small-pki.ts'

/** A server that echoes the query that it was asked with, wherever an answer has room for it. */
let folder: string
let server: Server
let port: number
let asked: string[] = []

// A secret is only sent where certificates are valid on the day of the test.
const notAfter = '2049-12-31T00:00:00Z'
const root = small({ name: 'Root X1', ca: true, notAfter })
const leaf = small({
  name: 'localhost',
  issuer: root,
  altNames: ['localhost'],
  notBefore: '2026-02-01T00:00:00Z',
  notAfter,
})

beforeAll(async () => {
  server = createServer(tlsIdentity([leaf.issued]), ({ url = '' }, response) => {
    asked.push(url)
    answer(url, response)
  })
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tlsfit-secret-'))
  asked = []
  writeFileSync(join(folder, 'root.pem'), root.issued.pem)
  return () => rmSync(folder, { recursive: true, force: true })
})

function answer(url: string, response: ServerResponse): void {
  const query = url.slice(url.indexOf('?') + 1)
  const value = query.slice(query.indexOf('=') + 1)
  if (url.startsWith('/fw.bin')) {
    const location = `https://localhost:${port}/moved/${value}/x?${query}&again=${encodeURIComponent(value)}`
    response.writeHead(302, { Location: location, ETag: `"${value}"`, Server: `s/${value}` }).end()
  } else {
    response.writeHead(403, `No ${value}`, { 'Content-Type': 'text/plain' })
    response.end(
      `<Error><Code>${value}</Code><Message>not for ${decodeURIComponent(value)}: ${query}</Message></Error>`,
    )
  }
}

async function check(argv: readonly string[], env: Record<string, string>) {
  const wide = { LANG: 'en_US.UTF-8', COLUMNS: '140', ...env }
  const { code, out, err } = await runCommand(['check', ...argv], { env: wide, folder })
  return { code, text: err + out }
}

function everyFile(): string {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return all.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8')).join('\n')
}

const inFiles = ['junit', 'sarif', 'markdown', 'html']

describe('a query that the plan names by its place', () => {
  for (const [what, query, secret, shown] of [
    ['of a name like any other', 'mykey=PLAINsecret99', 'PLAINsecret99', '?mykey=[blanked]'],
    ['of a short value', 'device_pw=hunter2', 'hunter2', '?device_pw=[blanked]'],
    ['of a word', 'v=opensesame', 'opensesame', '?v=[blanked]'],
    ['in base64', 'sas=c2FzdmFsdWU=', 'c2FzdmFsdWU', '?sas=[blanked]'],
    ['without a name', 'hunter2hunter2', 'hunter2hunter2', '?[blanked]'],
    ['without a name, in base64', 'aHVudGVyMg==', 'aHVudGVyMg', '?[blanked]'],
    ['beside a word alone', 'a=b&swordfish', 'swordfish', '?[blanked]'],
    ['that must be percent-encoded', 'k=p#ss wörd!', 'ss wörd!', '?k=[blanked]'],
  ] as const) {
    test(`${what} reaches the server and is in no output, file or journal`, async () => {
      const text = `anchors: [root.pem]\ntargets:\n  - url: https://localhost:${port}/fw.bin\n    query: { env: Q }\n`
      writeFileSync(join(folder, 'tlsfit.yaml'), `devices: [esp-idf@5.2]\n${text}`)
      const files = inFiles.flatMap((format) => ['--report', `${format}:${join(folder, format)}`])
      const journal = ['--resume', join(folder, 'journal.jsonl')]
      const forms = [secret, encodeURIComponent(secret), encodeURIComponent(encodeURIComponent(secret))]
      for (const format of ['text', 'json', 'jsonl']) {
        const ran = await check(['--format', format, ...(format === 'text' ? [...files, ...journal] : [])], {
          Q: query,
        })
        expect(ran.code, ran.text).toBe(3)
        for (const form of forms) expect(ran.text, format).not.toContain(form)
        if (format === 'json') {
          const [{ target }] = JSON.parse(ran.text.slice(ran.text.indexOf('{'))).verdicts
          expect(JSON.stringify(target)).toContain(`localhost:${port}/fw.bin${shown}`)
        }
      }
      for (const form of forms) expect(everyFile()).not.toContain(form)
      expect(readdirSync(folder)).toEqual(expect.arrayContaining(['junit', 'sarif', 'html', 'journal.jsonl']))
      expect(asked[0]).toBe(`/fw.bin?${query.replace('#', '%23').replace(' ', '%20').replace('ö', '%C3%B6')}`)
      expect(asked.some((url) => url.startsWith('/moved/'))).toBe(true)
    })
  }

  test('is not sent to a server that nobody verified, however short it is', async () => {
    const text = `targets:\n  - url: https://localhost:${port}/fw.bin\n    query: { env: Q }\n`
    writeFileSync(join(folder, 'tlsfit.yaml'), `devices: [esp-idf@5.2]\n${text}`)
    await check([], { Q: 'v=1' })
    expect(asked).toEqual([])
  })
})

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import mqtt from 'mqtt-packet'
import { afterAll, describe, expect, test } from 'vitest'
import { type Attempt, type CaseStep, type OpenCase, plainAttempt } from '../src/lab/case.ts'
import { labCases } from '../src/lab/cases.ts'
import { joinPem } from '../src/lab/chains.ts'
import { buildOf, type ClientArgs, type ClientResult, runClient } from './clients/clients.ts'
import { testKeys } from './support/kept-keys.ts'

/*
 * The five cases before real stacks: each fails where the story says that it fails, and succeeds through the cure. The
 * stacks have limits like those of the devices; the modem itself is simulated by `demo`.
 */

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-cured-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const cases: readonly {
  readonly id: string
  readonly client: string
  readonly why: string
  readonly args?: Partial<ClientArgs>
  /** Only of the cure: what it changes on the device. */
  readonly cured?: Partial<ClientArgs>
  /** Bytes of the body that the cure has to bring. */
  readonly bytes: readonly number[]
  /** The library's code at each step that fails in TLS; null: at this step the stack is not what fails. */
  readonly fails: readonly (string | null)[]
}[] = [
  {
    id: 'nordic-azure-fota',
    client: 'mbedtls-2.28-in-4096',
    why: 'takes 4,096 bytes of certificates, as the modem does',
    bytes: [262_144],
    fails: ['-0x7100'],
  },
  {
    id: 'memfault-fota',
    client: 'mbedtls-2.28-variable',
    why: 'takes records of 4,096 bytes once the handshake is over',
    cured: { ranges: 1_024 },
    bytes: [262_144],
    fails: ['-0x2700', '-0x7100'],
  },
  {
    id: 'esp32-ota',
    client: 'mbedtls-2.28',
    why: 'is the library of the ESP32, with the buffers it has there',
    bytes: [262_144, 262_144],
    fails: ['-0x2700', null, '-0x2700', null],
  },
  {
    id: 'spwf04-azure-table',
    client: 'mbedtls-2.28-in-4096',
    why: 'has no room for a leaf of 3,813 bytes and its issuer',
    bytes: [83],
    fails: ['-0x7100'],
  },
]

describe.each(cases)('$id, by $client, which $why', ({ id, client, args = {}, cured = {}, bytes, fails }) => {
  const build = buildOf(client)

  test.skipIf(!build)(
    'fails where the story says, and succeeds through the cure',
    async () => {
      const open = await openCase(id)
      try {
        const failing = open.steps.filter(({ role }) => role === 'fails')
        for (const [index, code] of fails.entries()) {
          if (code === null) continue
          const { result } = await play(client, failing[index] as CaseStep, args)
          expect([failing[index]?.title, result.ok, result.code]).toEqual([
            failing[index]?.title,
            false,
            code,
          ])
        }
        const cures = open.steps.filter(({ role }) => role === 'cured')
        expect(cures).toHaveLength(bytes.length)
        for (const [index, step] of cures.entries()) {
          const { result, body } = await play(client, step, { ...args, ...cured })
          expect([step.title, result.ok, result.code]).toEqual([step.title, true, '0'])
          expect(body.length).toBe(bytes[index])
        }
      } finally {
        await open.close()
      }
    },
    60_000,
  )
})

test('nordic-aws-mqtt: with the right server name the broker answers CONNECT, with the wrong one it closes', async () => {
  const open = await openCase('nordic-aws-mqtt')
  try {
    const step = (role: CaseStep['role']) => open.steps.find((one) => one.role === role) as CaseStep
    expect(await connack(step('cured').attempt)).toBe(0)
    expect(await connack(step('fails').attempt)).toBeUndefined()
  } finally {
    await open.close()
  }
}, 60_000)

function openCase(id: string): Promise<OpenCase> {
  const found = labCases.find((one) => one.id === id)
  if (found === undefined) throw new Error(`no case ${id}`)
  return found.open({ hosts: ['127.0.0.1'], port: 0, keys: testKeys, now: new Date() })
}

async function play(
  client: string,
  { attempt }: CaseStep,
  args: Partial<ClientArgs>,
): Promise<{ readonly result: ClientResult; readonly body: Buffer }> {
  const { hostname, port, pathname, search } = new URL(attempt.target)
  const name = hostname.replace(/^\[|\]$/g, '')
  const anchors = join(folder, 'anchors.pem')
  const save = join(folder, 'body')
  writeFileSync(anchors, joinPem(attempt.anchors))
  writeFileSync(save, '')
  const result = await runClient(client, {
    host: attempt.connect?.host ?? name,
    port: attempt.connect?.port ?? Number(port || 443),
    sni: isIP(name) === 0 ? name : null,
    name,
    anchors,
    request: `GET ${pathname}${search}`,
    save,
    ...args,
  })
  return { result, body: readFileSync(save) }
}

/** The return code of CONNACK; undefined where the server closes without one. */
function connack({ target, connect, sni, clientCredential, anchors }: Attempt): Promise<number | undefined> {
  const { hostname } = new URL(target.replace('mqtts:', 'https:'))
  const at = connect ?? plainAttempt.connect
  if (at === undefined) throw new Error('the case is on loopback')
  const servername = sni === undefined || sni === 'none' ? hostname : sni
  return new Promise((resolve) => {
    const socket = connectTls({
      ...at,
      servername,
      ca: joinPem(anchors),
      cert: clientCredential?.certificatePem,
      key: clientCredential?.keyPem,
      // The name that is wrong is what the case is about.
      checkServerIdentity: () => undefined,
    })
    const parser = mqtt.parser()
    parser.on('packet', (packet) => {
      resolve(packet.cmd === 'connack' ? packet.returnCode : undefined)
      socket.destroy()
    })
    socket.on('data', (chunk) => parser.parse(chunk))
    socket.on('secureConnect', () => {
      socket.write(mqtt.generate({ cmd: 'connect', clientId: 'thing-1', clean: true, keepalive: 60 }))
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(undefined))
  })
}

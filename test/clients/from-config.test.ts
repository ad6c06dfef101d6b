import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { resolveDevice } from '../../src/device/catalogue.ts'
import { deriveProfile } from '../../src/device/config/from-config.ts'
import { writeProfile } from '../../src/device/config/write-profile.ts'
import type { Device } from '../../src/device/device.ts'
import { offerFor } from '../../src/device/offer.ts'
import { parseProfile } from '../../src/device/parse-profile.ts'
import { openCatalogue } from '../../src/io/catalogue-files.ts'
import { readConfigTables } from '../../src/io/config-tables.ts'
import { decodeClientHello, encodeClientHello } from '../../src/tls/client-hello.ts'
import { clientBuilds } from './builds.ts'
import { buildOf, runClient } from './clients.ts'

const BUILD_MS = 240_000
const catalogue = openCatalogue()
const tables = readConfigTables()
const builds = clientBuilds.filter(
  ({ name, config }) => name.startsWith('mbedtls-2.28-') && config !== undefined,
)

describe('a profile out of the header that a real client was built with', () => {
  for (const { name, config, settings, takes } of builds) {
    const mfl = !takes.includes('mfl') ? undefined : (settings.inContentLen ?? 16_384) < 2048 ? 1024 : 2048
    for (const asked of mfl === undefined ? [undefined] : ([undefined, mfl] as const)) {
      const title = `${name}${asked === undefined ? '' : ` that asks for ${asked}`}: its ClientHello, byte for byte`
      test.skipIf(buildOf(name) === undefined)(
        title,
        async () => {
          const device = deviceOf(config ?? '', asked)
          const { hello: sent } = await run(name, asked)
          const { offer } = offerFor(device, { host: 'a.test', verify: 'full', sni: undefined })
          const real = decodeClientHello(sent)
          expect(encodeClientHello(offer, real.random).subarray(4)).toEqual(sent)
        },
        BUILD_MS,
      )
    }

    test(`${name}: its limits`, () => {
      const { limits, build, verification } = deviceOf(config ?? '', undefined)
      expect(limits.recordBytes?.value).toBe(settings.inContentLen ?? 16_384)
      expect(limits.handshakeMessageBytes?.value).toBe(settings.inContentLen ?? 16_384)
      expect(build.sentRecordBytes?.value ?? 16_384).toBe(settings.outContentLen ?? 16_384)
      expect(limits.rsaKeyBits?.value).toBe((settings.mpiMaxSize ?? 1024) * 8)
      expect(limits.chainCertificates?.value).toBe((settings.maxIntermediateCa ?? 8) + 1)
      expect(build.receiveBuffer?.value ?? 'fixed').toBe(settings.variableBufferLength ? 'shrinks' : 'fixed')
      expect(verification.dates?.value).toBe(settings.haveTimeDate === false ? 'unchecked' : 'checked')
      if (settings.sha512 === false) expect(build.hashes?.value).not.toContain('sha512')
      if (settings.curves !== undefined) expect(build.certificateGroups?.value).toEqual(settings.curves)
    })
  }
})

test.skipIf(buildOf('mbedtls-2.28-in-1500') === undefined)(
  'a length beyond the content length cannot be asked for, neither by the client nor of from-config',
  async () => {
    const { result } = await run('mbedtls-2.28-in-1500', 2048)
    expect(result).toMatchObject({ stage: 'setup', code: '-0x7100' })
    expect(() => deviceOf('configs/mbedtls-2.28-in-1500.h', 2048)).toThrow(
      'cannot ask for a fragment length of 2048',
    )
  },
  BUILD_MS,
)

function deviceOf(config: string, maxFragmentLength: 1024 | 2048 | undefined): Device {
  const text = readFileSync(join(import.meta.dirname, config), 'utf8')
  const derived = deriveProfile({
    text,
    file: config,
    stack: 'mbedtls@2.28',
    maxFragmentLength,
    catalogue,
    tables,
  })
  return resolveDevice(
    './p.yaml',
    catalogue,
    new Map([['./p.yaml', parseProfile(writeProfile(derived, 'p.h'), './p.yaml')]]),
  )
}

/** What a client says, and the body of the ClientHello that it sends, without record and handshake headers. */
async function run(name: string, mfl: number | undefined) {
  const chunks: Buffer[] = []
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      const all = Buffer.concat(chunks)
      if (all.length >= 5 && all.length >= 5 + all.readUInt16BE(3)) socket.destroy()
    })
  })
  const port = await listen(server)
  try {
    const anchors = join(import.meta.dirname, '../fixtures/chains/root-amazon-ca-1.pem')
    const result = await runClient(name, {
      port,
      sni: 'a.test',
      anchors,
      ...(mfl === undefined ? {} : { mfl }),
    })
    const record = Buffer.concat(chunks)
    const end = record.length < 5 ? 0 : 5 + record.readUInt16BE(3)
    return { result, hello: new Uint8Array(record.subarray(9, end)) }
  } finally {
    server.close()
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      done(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}

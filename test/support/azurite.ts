import { createHmac } from 'node:crypto'
import { existsSync } from 'node:fs'
import { request } from 'node:https'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { joinPem } from '../../src/lab/chains.ts'
import { signSas } from '../../src/lab/sas-double.ts'
import { keyPem } from '../../src/lab/small-chains.ts'
import type { GatewayPki } from './gateway-range.ts'
import { upstreamName } from './gateway-range.ts'
import { freePort, startPeer } from './peer-process.ts'

/** Microsoft's emulator of Azure Storage as `scripts/peers.sh` installs it, beside the referee clients. */
const script = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'tlsfit-azurite/3.35.0/node_modules/azurite/dist/src/blob/main.js',
)

/** Path of its program; undefined when it is not installed, and then its tests are skipped by name. */
export const azurite: string | undefined = find()

function find(): string | undefined {
  if (existsSync(script)) return script
  if (process.env.CI === 'true') throw new Error('peer azurite is missing: npm run peers')
  return undefined
}

/** Account and key are the emulator's public ones: learn.microsoft.com, "Use the Azurite emulator", well-known account. */
const account = 'devstoreaccount1'
const key = Buffer.from(
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
  'base64',
)
const VERSION = '2022-11-02'

export interface Azurite {
  readonly port: number
  /** URL of the container, with the upstream's name. */
  readonly container: string
  /** A query that opens it for reading. */
  readonly sas: string
  readonly stop: () => Promise<void>
}

/** Over TLS, with one private container that holds one blob. */
export async function openAzurite(
  program: string,
  pki: GatewayPki,
  blob: string,
  content: Buffer,
): Promise<Azurite> {
  const port = await freePort()
  const cert = pki.write('azurite.pem', joinPem(pki.ecdsa.upstream))
  const keyFile = pki.write('azurite.key', keyPem(pki.ecdsa.upstream[0]!.key))
  const where = ['--blobHost', '127.0.0.1', '--blobPort', String(port), '--cert', cert, '--key', keyFile]
  const args = [
    program,
    ...where,
    '--inMemoryPersistence',
    '--silent',
    '--disableTelemetry',
    '--disableProductStyleUrl',
  ]
  const running = await startPeer(process.execPath, args, port)
  const put = (path: string, query: string, body: Buffer, fields: Record<string, string>) =>
    send(port, pki.ecdsa.root.pem, path, query, body, fields)
  await put('/firmware', 'restype=container', Buffer.alloc(0), {})
  await put(`/firmware/${blob}`, '', content, { 'x-ms-blob-type': 'BlockBlob' })
  const until = `${new Date(Date.now() + 3_600_000).toISOString().slice(0, 19)}Z`
  const fields = { sp: 'r', se: until, sv: VERSION, sr: 'c' } as const
  return {
    port,
    // The emulator has the account in the path.
    container: `https://${upstreamName}/${account}/firmware`,
    sas: signSas({ name: account, key, publicAccess: 'forbidden' }, '/firmware', fields),
    stop: running.stop,
  }
}

/** PUT by SharedKey. Rejects for all but 201. */
function send(
  port: number,
  ca: string,
  path: string,
  query: string,
  body: Buffer,
  fields: Record<string, string>,
): Promise<void> {
  const own: Record<string, string> = {
    ...fields,
    'x-ms-date': new Date().toUTCString(),
    'x-ms-version': VERSION,
  }
  const named = Object.keys(own).sort()
  const toSign = [
    ...['PUT', '', '', body.length === 0 ? '' : String(body.length), '', '', '', '', '', '', '', ''],
    ...named.map((name) => `${name}:${own[name]}`),
    // The account stands twice: once as such, once as the path of the emulator.
    `/${account}/${account}${path}`,
    ...(query === '' ? [] : [query.replace('=', ':')]),
  ].join('\n')
  const signature = createHmac('sha256', key).update(toSign, 'utf8').digest('base64')
  const headers = {
    ...own,
    'content-length': String(body.length),
    authorization: `SharedKey ${account}:${signature}`,
  }
  const target = `/${account}${path}${query === '' ? '' : `?${query}`}`
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        method: 'PUT',
        path: target,
        headers,
        ca,
        servername: upstreamName,
        agent: false,
      },
      (answer) => {
        let text = ''
        answer.on('data', (chunk) => (text += chunk))
        answer.on('end', () =>
          answer.statusCode === 201
            ? resolve()
            : reject(new Error(`${target}: ${answer.statusCode} ${text}`)),
        )
      },
    )
    asked.on('error', reject)
    asked.end(body)
  })
}

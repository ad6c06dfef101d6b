import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Attempt, type CaseStep, type LabCase, plainAttempt } from '../case.ts'
import { makeDigilabRoot, makeForestChain } from '../chains.ts'
import { fileHost } from '../file-host.ts'
import { firmware, type ServerAddress, Servers } from '../servers.ts'
import { makeFrontChain } from '../small-chains.ts'
import { openHttpsServer } from '../tls-server.ts'

const device = 'nrf9160@1.3.4+ncs@2.4.2+memfault@0.43.3'
const api = 'chunks.mflt.test'
const cdn = 'ota-artifacts.s3.forest.test'

/** The head of a storage service with its usual ids, in one record with the start of the body. */
const storageHeaders = [
  ['x-amz-id-2', 'aZ4mQ0s9Vt1rX8kBq3uJ7yWnE5cLfH2gTgPdRi6oYxN0lKvC1sUbD7eFjG4hMwQ8zIaO3pTqSr='],
  ['x-amz-request-id', '7F0C2D6B9A4E1835'],
  ['Last-Modified', 'Tue, 10 Oct 2023 08:21:40 GMT'],
  ['x-amz-server-side-encryption', 'AES256'],
  ['x-amz-version-id', 'nC3kq8Zt0VbX5rYw2LsJfH7uEoGdMp1i'],
  ['Server', 'AmazonS3'],
] as const

/** What the application sets instead of the default, as a layer over the SDK. */
const smallerRange = `# The application's own prj.conf.
family: app
name: this application
runsOn: [ncs]
defaultVersion: '1'
sources:
  prj: { confidence: source-code, where: 'prj.conf: CONFIG_DOWNLOAD_CLIENT_HTTP_FRAG_SIZE_1024=y' }
common:
  http:
    rangeBytes: { value: 1024, source: prj }
ranges:
  any:
`

/** Nordic DevZone, "Memfault certificate challenges on nRF9160": the wrong root first, then EMSGSIZE. */
export const memfaultFota: LabCase = {
  id: 'memfault-fota',
  title: 'Memfault FOTA: the wrong root first, then EMSGSIZE all through the download',
  problem: 'Uploads work and the update is announced, but its download fails; with another root it crawls.',
  async open(options) {
    const servers = new Servers(options)
    const apiRoot = await makeDigilabRoot(options)
    const [apiChain, cdnChain] = await Promise.all([
      makeFrontChain(api, apiRoot, options),
      makeForestChain('cdn', options),
    ])
    const folder = await mkdtemp(join(tmpdir(), 'tlsfit-lab-'))
    const layer = join(folder, 'range-1024.yaml')
    await writeFile(layer, smallerRange)
    const close = async () => {
      await servers.close()
      await rm(folder, { recursive: true, force: true })
    }
    const ok = { body: Buffer.from('{"data":{}}'), contentType: 'application/json', headers: [] }
    const apiAnswer = fileHost({
      files: new Map([['/api/v0/releases/latest/url', ok]]),
      headRecord: 'shared',
    })
    const files = new Map([['/2655598254', firmware(storageHeaders)]])
    const cdnAnswer = fileHost({ files, headRecord: 'shared' })
    const apiServer = await servers.add((at) =>
      openHttpsServer({ ...at, chain: apiChain.sent, answer: apiAnswer }),
    )
    const cdnServer = await servers.add((at) =>
      openHttpsServer({ ...at, chain: cdnChain.sent, answer: cdnAnswer }),
    )
    const attempt = (
      url: string,
      connect: ServerAddress,
      anchors: Attempt['anchors'],
      id: string = device,
    ): Attempt => ({ ...plainAttempt, target: url, device: id, connect, anchors })
    const file = `https://${cdn}/2655598254`
    return {
      id: 'memfault-fota',
      steps: [
        {
          role: 'fails',
          title: 'the file host, with the root that the API needs',
          deviceSays: ['mflt: FOTA Update Available. Starting Download!', 'mflt: FOTA start failed, rv=-111'],
          attempt: attempt(file, cdnServer, [apiRoot]),
          expect: { states: ['blocked'], finding: 'untrusted-root' },
          why: 'Two hosts, two roots: the API chains to one, the file host to another. Where the start of a download returns 0 nothing has been verified yet.',
          cure: undefined,
        },
        {
          role: 'fails',
          title: 'the file host, with its own root',
          deviceSays: ['download_client: Error in recv(), errno 122', 'download_client: Reconnecting..'],
          attempt: attempt(file, cdnServer, [cdnChain.root]),
          expect: { states: ['blocked'], finding: 'record-too-large' },
          why: 'The handshake completes. Each range of 2,048 bytes comes in one record with its response head, and that is more than the modem takes of a record. The size that fits depends on the largest head, which tlsfit has measured.',
          cure: undefined,
        },
        {
          role: 'cured',
          title: 'the same host and root, with the range size that fits',
          deviceSays: ['download_client: Download complete'],
          attempt: attempt(file, cdnServer, [cdnChain.root], `${device}+${layer}`),
          expect: { states: ['fits', 'at-risk'], finding: undefined },
          why: 'Head and range together stay under the record limit in every response of the download.',
          cure: 'hold the root of each host, and set the range size',
        },
        {
          role: 'contrast',
          title: 'the API host, with the first root: why uploads always worked',
          deviceSays: [],
          attempt: attempt(`https://${api}/api/v0/releases/latest/url`, apiServer, [apiRoot]),
          expect: { states: ['fits', 'at-risk'], finding: undefined },
          why: 'That the API is reached says nothing about the file host.',
          cure: undefined,
        },
      ] satisfies CaseStep[],
      close,
    }
  },
}

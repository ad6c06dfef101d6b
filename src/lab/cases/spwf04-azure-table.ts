import { type Attempt, type CaseStep, type LabCase, plainAttempt } from '../case.ts'
import { joinPem, makeTableChain } from '../chains.ts'
import { fileHost } from '../file-host.ts'
import { openFront } from '../front-server.ts'
import { type ServerAddress, Servers } from '../servers.ts'
import { makeOwnChain } from '../small-chains.ts'
import { openHttpsServer } from '../tls-server.ts'

const device = 'spwf04sx@1.1.0'
const host = 'orders.table.skyshelf.test'
const front = 'gateway.workshop.test'
const FRONT_RECORD_BYTES = 1024

const table = {
  body: Buffer.from('{"odata.metadata":"https://orders.table.skyshelf.test/$metadata#Orders","value":[]}'),
  contentType: 'application/json;odata=minimalmetadata',
  headers: [['Server', 'Windows-Azure-Table/1.0 Microsoft-HTTPAPI/2.0']],
} as const

/** forums.ghielectronics.com thread 22230, community.st.com 0D50X0000ArUBcK: no TLS socket since the renewal. */
export const spwf04AzureTable: LabCase = {
  id: 'spwf04-azure-table',
  title: 'SPWF04Sx and Azure Table: worked for months, then no TLS socket',
  problem: 'Nothing was changed on the device. Other hosts still work, and so does the browser.',
  async open(options) {
    const servers = new Servers(options)
    const [before, renewed, own] = await Promise.all([
      makeTableChain('before', options),
      makeTableChain('renewed', options),
      makeOwnChain(front, options),
    ])
    const answer = fileHost({ files: new Map([['/Orders', table]]), headRecord: 'shared' })
    const service = (chain: typeof before) =>
      servers.add((at) => openHttpsServer({ ...at, chain: chain.sent, answer }))
    const old = await service(before)
    const now = await service(renewed)
    const upstream = { host, address: now.host, port: now.port, ca: joinPem([renewed.root]) }
    const cure = await servers.add((at) =>
      openFront({ ...at, chain: own.sent, maxRecordBytes: FRONT_RECORD_BYTES, upstream }),
    )
    const attempt = (name: string, connect: ServerAddress, anchors: Attempt['anchors']): Attempt => ({
      ...plainAttempt,
      target: `https://${name}/Orders`,
      device,
      connect,
      anchors,
    })
    return {
      id: 'spwf04-azure-table',
      steps: [
        {
          role: 'works-before',
          title: 'the table service before its certificate was renewed',
          deviceSays: [],
          attempt: attempt(host, old, [before.root]),
          expect: { states: ['fits', 'at-risk'], finding: undefined },
          why: 'Leaf and intermediate are each below what the module takes of one certificate.',
          cure: undefined,
        },
        {
          role: 'fails',
          title: 'the same service after the renewal',
          deviceSays: ['Alert (Level: Fatal, Description: Certificate Unknown)'],
          attempt: attempt(host, now, [renewed.root]),
          expect: { states: ['blocked'], finding: 'cert-too-large' },
          why: 'The new leaf carries more names and more timestamps (SCTs). The module reads one certificate at a time and this one does not fit. Root and intermediate are what they were, and the CNAME behind the host name is irrelevant.',
          cure: undefined,
        },
        {
          role: 'cured',
          title: 'a front near the device with a leaf of its own',
          deviceSays: [],
          attempt: attempt(front, cure, [own.root]),
          expect: { states: ['fits', 'at-risk'], finding: undefined },
          why: 'One small certificate under a CA whose PEM fits the store of the module. The front speaks to the table service over verified TLS.',
          cure: 'put a server with a small certificate before the service, and its CA on the module',
        },
      ] satisfies CaseStep[],
      close: () => servers.close(),
    }
  },
}

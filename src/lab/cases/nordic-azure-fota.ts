import { type Attempt, type CaseStep, type LabCase, plainAttempt } from '../case.ts'
import { joinPem, makeNewBlobChain, makeOldBlobChain } from '../chains.ts'
import { fileHost } from '../file-host.ts'
import { openFront } from '../front-server.ts'
import { blobHeaders, firmware, type ServerAddress, Servers } from '../servers.ts'
import { makeFrontChain } from '../small-chains.ts'
import { openHttpsServer } from '../tls-server.ts'

const device = 'nrf9160@1.3.7+ncs@2.7.0'
const staging = 'staging.blob.skyshelf.test'
const production = 'production.blob.skyshelf.test'
const front = 'fota.fleet.test'
/** Half of the lower reading of the modem's record limit: room for a response head in the same record. */
const FRONT_RECORD_BYTES = 1024

/** devzone.nordicsemi.com/f/nordic-q-a/128025: one blob account works, another gives errno 111. */
export const nordicAzureFota: LabCase = {
  id: 'nordic-azure-fota',
  title: 'Azure FOTA: one blob account works, another gives errno 111',
  problem: 'The same firmware downloads from one account and not from the other. Browsers reach both.',
  async open(options) {
    const servers = new Servers(options)
    const [oldChain, newChain] = await Promise.all([makeOldBlobChain(options), makeNewBlobChain(options)])
    const frontChain = await makeFrontChain(front, newChain.root, options)
    const files = new Map([['/firmware/app_update.bin', firmware(blobHeaders)]])
    const answer = fileHost({ files, headRecord: 'own' })
    const blob = (chain: typeof oldChain) =>
      servers.add((at) => openHttpsServer({ ...at, chain: chain.sent, answer }))
    const old = await blob(oldChain)
    const renewed = await blob(newChain)
    const upstream = {
      host: production,
      address: renewed.host,
      port: renewed.port,
      ca: joinPem([newChain.root]),
    }
    const cure = await servers.add((at) =>
      openFront({ ...at, chain: frontChain.sent, maxRecordBytes: FRONT_RECORD_BYTES, upstream }),
    )
    const attempt = (host: string, connect: ServerAddress, anchors: Attempt['anchors']): Attempt => ({
      ...plainAttempt,
      target: `https://${host}/firmware/app_update.bin`,
      device,
      connect,
      anchors,
    })
    return {
      id: 'nordic-azure-fota',
      steps: [
        {
          role: 'works-before',
          title: 'the staging account, still on the old chain',
          deviceSays: ['download_client: Connecting to 127.0.0.1', 'download_client: Download complete'],
          attempt: attempt(staging, old, [oldChain.root]),
          expect: { states: ['fits', 'at-risk'], finding: undefined },
          why: 'Two certificates are sent, and both count: they stay under what the modem takes.',
          cure: undefined,
        },
        {
          role: 'fails',
          title: 'the production account, on the new chain, with the root that the field holds',
          deviceSays: [
            'download_client: Unable to connect, errno 111',
            'fota_download: Download client failed to connect to server',
            'azure_fota: FOTA download failed',
          ],
          attempt: attempt(production, renewed, [newChain.root]),
          expect: { states: ['blocked'], finding: 'chain-too-large' },
          why: 'One certificate more is sent: the new root, cross-signed by the old one. The root held is the right one, and the chain to it is too large. No browser has that limit.',
          cure: undefined,
        },
        {
          role: 'contrast',
          title: 'the same with the new root loaded as well, as one would try first',
          deviceSays: ['download_client: Unable to connect, errno 111'],
          attempt: attempt(production, renewed, [newChain.root, newChain.newRoot]),
          expect: { states: ['blocked'], finding: 'chain-too-large' },
          why: 'The path gets shorter by the cross-signed certificate and is still too large, so no root that could be loaded helps.',
          cure: undefined,
        },
        {
          role: 'cured',
          title: 'a front with a small chain that ends at the root the field holds',
          deviceSays: ['download_client: Connecting to 127.0.0.1', 'download_client: Download complete'],
          attempt: attempt(front, cure, [newChain.root]),
          expect: { states: ['fits', 'at-risk'], finding: undefined },
          why: 'The front shows an ECDSA leaf and one small issuer under the root that devices hold, caps its records, and fetches from the account over verified TLS. Nothing on the device changes but the host name.',
          cure: 'put a server with a small chain under the root already held before the account',
        },
      ] satisfies CaseStep[],
      close: () => servers.close(),
    }
  },
}

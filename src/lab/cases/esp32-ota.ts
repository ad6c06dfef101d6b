import { seededBytes } from '../../issue/seeded-bytes.ts'
import { type Attempt, type CaseStep, type LabCase, plainAttempt } from '../case.ts'
import { makeOldBlobChain } from '../chains.ts'
import { fileHost } from '../file-host.ts'
import { refuseBySas, type SasAccount, type SasFields, signSas } from '../sas-double.ts'
import { blobHeaders, firmware, type ServerAddress, Servers } from '../servers.ts'
import { makeSelfSigned } from '../small-chains.ts'
import { openHttpsServer } from '../tls-server.ts'

const device = 'esp-idf@4.3'
const host = 'firmware.blob.skyshelf.test'
const blobPath = '/releases/hello-world.bin'
const DAY_MS = 86_400_000

const notVerified = [
  'esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x2700',
  'esp-tls-mbedtls: Failed to verify peer certificate!',
]

/** www.esp32.com, "OTA Example Not Working On ESP32 - ESP-IDF": four failures one after the other. */
export const esp32Ota: LabCase = {
  id: 'esp32-ota',
  title: 'ESP32 OTA: -0x2700, errno 113, -0x2700 again, then 403',
  problem: 'A local openssl s_server, then Azure Blob: each step fails in another way, Postman never does.',
  async open(options) {
    const servers = new Servers(options)
    // As in the thread the address of the server is its certificate's CN, and there is no subjectAltName.
    const [ipv4] = options.hosts.filter((address) => address.includes('.'))
    const address = ipv4 ?? '127.0.0.1'
    const [inImage, presented, blobChain] = await Promise.all([
      makeSelfSigned(address, 'when the image was built', options),
      makeSelfSigned(address, 'now', options),
      makeOldBlobChain(options),
    ])
    const local = fileHost({ files: new Map([['/hello-world.bin', firmware([])]]), headRecord: 'shared' })
    const onBoth = await servers.add(
      (at) => openHttpsServer({ ...at, chain: [presented], answer: local }),
      [address],
    )
    const onIpv6 = await servers.add(
      (at) => openHttpsServer({ ...at, chain: [presented], answer: local }),
      ['::1'],
    )
    const account: SasAccount = {
      name: 'firmware',
      key: seededBytes('account key of the lab', 64),
      publicAccess: 'private-container',
    }
    const blobs = fileHost({
      files: new Map([[blobPath, firmware(blobHeaders)]]),
      headRecord: 'own',
      refuse: (request) => refuseBySas(request, account, new Date()),
    })
    const blob = await servers.add((at) => openHttpsServer({ ...at, chain: blobChain.sent, answer: blobs }))
    const sas = signSas(account, blobPath, sasFields(options.now))
    const [leaf] = blobChain.sent
    if (leaf === undefined) throw new RangeError('the blob chain has no leaf')

    const localAttempt = (server: ServerAddress, anchor: Attempt['anchors'][number]): Attempt => ({
      ...plainAttempt,
      target: `https://${address}:${server.port}/hello-world.bin`,
      device,
      anchors: [anchor],
    })
    const blobAttempt = (
      query: string,
      anchor: Attempt['anchors'][number],
      headers: Attempt['headers'] = [],
    ): Attempt => ({
      ...plainAttempt,
      target: `https://${host}${blobPath}${query}`,
      device,
      connect: blob,
      anchors: [anchor],
      headers,
    })
    return {
      id: 'esp32-ota',
      steps: [
        {
          role: 'fails',
          title: 'a local server whose certificate was made anew after the image was built',
          deviceSays: notVerified,
          attempt: localAttempt(onBoth, inImage),
          expect: { states: ['blocked'], finding: 'anchor-not-presented' },
          why: 'Both certificates have the same name and not the same key: the image holds the old one. The flags say 0x8, not trusted; a wrong name would be 0x4.',
          cure: undefined,
        },
        {
          role: 'fails',
          title: 'the server after a restart: it listens on IPv6 only',
          deviceSays: ['esp-tls: Failed to connnect to host (errno 113)'],
          attempt: localAttempt(onIpv6, presented),
          expect: { states: ['undecided'], finding: 'other-family-only' },
          why: 'The browser tries both families and finds ::1. The address in the image is an IPv4 literal, and nothing listens there. In the thread a firewall dropped the packets besides, so that the device waited 18 s and said errno 113.',
          cure: undefined,
        },
        {
          role: 'cured',
          title: 'listening on IPv4, the presented certificate in the image',
          deviceSays: ['esp_https_ota: Writing to partition subtype 16 at offset 0x110000'],
          attempt: localAttempt(onBoth, presented),
          expect: { states: ['fits', 'at-risk'], finding: undefined },
          why: 'A self-signed certificate is its own anchor, and Mbed TLS takes the address in the CN where there is no subjectAltName.',
          cure: 'listen on IPv4, and build the image with the certificate that is presented',
        },
        {
          role: 'fails',
          title: 'Azure Blob, with the server certificate exported from the browser as CA',
          deviceSays: notVerified,
          attempt: blobAttempt(`?${sas}`, leaf),
          expect: { states: ['blocked'], finding: 'leaf-as-anchor' },
          why: 'What was exported is the leaf. Mbed TLS takes a leaf as anchor only where it signs itself. Skipping the name check would not help, and would drop SNI too.',
          cure: undefined,
        },
        {
          role: 'fails',
          title: 'the right root, the SAS in an Authorization header',
          deviceSays: [
            '<Error><Code>AuthenticationFailed</Code><Message>Server failed to authenticate the request.',
          ],
          attempt: blobAttempt('', blobChain.root, [['Authorization', `SharedAccessSignature ${sas}`]]),
          expect: { states: ['blocked'], finding: 'sas-in-authorization-header' },
          why: 'TLS is fine. With an Authorization header the service reads that and nothing else, and a SAS is no scheme it knows there.',
          cure: undefined,
        },
        {
          role: 'cured',
          title: 'the right root, the SAS in the URL',
          deviceSays: ['esp_https_ota: Writing to partition subtype 16 at offset 0x110000'],
          attempt: blobAttempt(`?${sas}`, blobChain.root),
          expect: { states: ['fits', 'at-risk'], finding: undefined },
          why: 'The root verifies whatever leaf comes with the next renewal, and the token stands where the service looks for it.',
          cure: 'embed the root in place of the leaf, and put the SAS into the URL',
        },
      ] satisfies CaseStep[],
      close: () => servers.close(),
    }
  },
}

function sasFields(now: Date): SasFields {
  const day = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`
  return {
    sp: 'r',
    st: day(now.getTime() - DAY_MS),
    se: day(now.getTime() + 30 * DAY_MS),
    spr: 'https',
    sv: '2022-11-02',
    sr: 'b',
  }
}

import { createHash } from 'node:crypto'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Credential, formatCredential } from '../credential/credential.ts'
import { plainName } from '../credential/plain-text.ts'
import type { Device } from '../device/device.ts'
import { makeFolders } from '../io/make-folders.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'
import { type DeviceSettings, settingsFor } from './device-settings.ts'
import type { FileServer, FileServerOptions } from './file-server.ts'
import { urlHost } from './machine-hosts.ts'
import { formatUrlPath } from './url-path.ts'

/** What is served, where, and what a device needs for it. */
export interface Serving {
  /** One a name or address. */
  readonly urls: readonly string[]
  readonly plain: boolean
  readonly maxRecordBytes: number | undefined
  /** What is weaker than need be, each a plain sentence without a full stop. */
  readonly risks: readonly string[]
  readonly ca:
    | {
        readonly pem: string
        readonly name: string
        readonly sha256: string
        readonly bytes: number
        readonly isNew: boolean
      }
    | undefined
  readonly device: Device | undefined
  /** Undefined without a device, or without TLS. */
  readonly settings: DeviceSettings | undefined
  /** The CA in the form that the device loads; PEM without a device. */
  readonly credential: Credential | undefined
}

export function servingOf(
  { urlHosts, port, only, ca }: FileServer,
  { tls }: Pick<FileServerOptions, 'tls'>,
  device: Device | undefined,
): Serving {
  const path = formatUrlPath(only === undefined ? [] : [only])
  const scheme = tls === undefined ? 'http' : 'https'
  const urls = urlHosts.map((host) => `${scheme}://${urlHost(host)}:${port}${path}`)
  if (ca === undefined || tls === undefined) {
    return {
      urls,
      plain: true,
      maxRecordBytes: undefined,
      risks: ['plain HTTP: whoever is on the way can read and change the file'],
      ca: undefined,
      device,
      settings: undefined,
      credential: undefined,
    }
  }
  const certificate = decodeCertificate(ca.caDer)
  const sha256 = createHash('sha256').update(ca.caDer).digest('hex')
  const name = plainName(certificate)
  const settings =
    device &&
    settingsFor(device, {
      url: urls[0] ?? '',
      host: urlHosts[0] ?? '',
      port,
      path,
      caName: name,
      caBytes: ca.caDer.length,
      caSha256: sha256,
      keyType: tls.keyType,
      oldSuites: tls.oldSuites,
    })
  const credential = formatCredential(settings?.format ?? 'pem', [certificate], {
    name: 'server_root',
    storedLimit: device?.limits.storedAnchorBytes,
  })
  return {
    urls,
    plain: false,
    maxRecordBytes: tls.maxRecordBytes,
    risks: tls.oldSuites ? [OLD_SUITES] : [],
    ca: { pem: ca.caPem, name, sha256, bytes: ca.caDer.length, isNew: ca.isNew },
    device,
    settings,
    credential,
  }
}

const OLD_SUITES =
  'suites with CBC and static RSA are taken: whoever gets the key of the certificate reads what was recorded, and CBC has known attacks; for old devices only'

/** Puts the files of the credential beside the CA, for builds to take; nothing in them is secret. Gives their paths. */
export async function writeCredential(
  {
    credential,
    ca,
  }: { readonly credential: Credential | undefined; readonly ca: { readonly pem: string } | undefined },
  stateFolder: string,
): Promise<string[]> {
  if (credential === undefined || ca === undefined) return []
  const folder = join(stateFolder, 'device')
  await makeFolders(folder, 0o700)
  const paths: string[] = []
  // Builds and tools of every kind take PEM, whatever the device stores.
  const pem = { name: 'server_root.pem', bytes: Buffer.from(ca.pem) }
  const others = credential.files.some(({ name }) => name === pem.name) ? [] : [pem]
  for (const { name, bytes } of [...credential.files, ...others]) {
    const path = join(folder, name)
    await writeFile(path, bytes)
    await chmod(path, 0o644)
    paths.push(path)
  }
  return paths
}

/** `tlsfit/serving@1`. */
export function servingJson(serving: Serving) {
  const { urls, plain, maxRecordBytes, risks, ca, device, settings, credential } = serving
  return {
    schema: 'tlsfit/serving@1',
    urls,
    caPem: ca?.pem ?? null,
    caSha256: ca?.sha256 ?? null,
    caDevice:
      device === undefined || credential === undefined
        ? null
        : {
            device: device.id,
            ...credentialJson(credential),
            notes: [...credential.notes, ...(settings?.notes ?? [])],
            problems: credential.problems,
            fixes: settings?.fixes ?? [],
          },
    maxRecordBytes: maxRecordBytes ?? null,
    risks,
    plain,
  }
}

/** What loads the CA on a device. */
export function credentialJson({ format, files, stored }: Credential) {
  return {
    format,
    files: files.map(({ name, about, bytes }) => ({ name, about, ...content(bytes) })),
    stored,
  }
}

/** Text as text, other bytes in Base64. */
function content(bytes: Uint8Array): { text: string } | { base64: string } {
  const isText = bytes.every(
    (byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09,
  )
  return isText
    ? { text: Buffer.from(bytes).toString('latin1') }
    : { base64: Buffer.from(bytes).toString('base64') }
}

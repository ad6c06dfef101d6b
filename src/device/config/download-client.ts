import type { Device } from '../device.ts'
import type { ConfigFile, Setting } from './config-file.ts'
import type { DerivedProfile, DerivedValue } from './derived.ts'
import { kconfigInteger } from './kconfig.ts'

/**
 * What the prj.conf of an nRF91 application says of the download client of nRF Connect SDK. TLS runs in the modem
 * there: the file sets how a file is asked for, and nothing of the handshake. `device` is the modem with its SDK.
 */
export function deriveDownloadClient(config: ConfigFile, device: Device, file: string): DerivedProfile {
  const sdk = device.layers.find(({ family }) => family === 'ncs')
  return {
    base: `ncs@${sdk?.version ?? ''}`,
    name: `${device.layers[0]?.name ?? device.name} as ${file} configures it`,
    sources: new Map(),
    values: downloadClientValues(config),
    helloOrigin: device.hello.origin,
    notes: watched.flatMap((name) => notTakenUp(config.settings.get(name))),
  }
}

/** How the client asks for a file, as lines of the configuration say outright, whichever TLS lies below it. */
export function downloadClientValues({ settings }: ConfigFile): DerivedValue[] {
  const values: DerivedValue[] = []
  const sizes = [...settings.values()].filter(({ name, on }) => on && fragmentSize.test(name))
  const size = sizes.at(-1)
  if (size !== undefined) {
    const value = Number(fragmentSize.exec(size.name)?.[1])
    values.push({ group: 'http', key: 'rangeBytes', value, lines: [size] })
  }
  for (const [name, key, less] of buffers) {
    const setting = settings.get(name)
    const value = setting === undefined ? undefined : kconfigInteger(setting)
    if (setting === undefined || value === undefined || value <= less) continue
    values.push({ group: 'http', key, value: value - less, counts: 'text', lines: [setting] })
  }
  return values
}

const fragmentSize = /^CONFIG_DOWNLOAD_CLIENT_HTTP_FRAG_SIZE_(\d{3,4})$/

/** Each size, the limit that it sets, and what of it a NUL takes: as devices/ncs.yaml reads them. */
const buffers = [
  ['CONFIG_DOWNLOAD_CLIENT_BUF_SIZE', 'responseHeadBytes', 0],
  ['CONFIG_DOWNLOAD_CLIENT_MAX_FILENAME_SIZE', 'pathBytes', 0],
  ['CONFIG_DOWNLOAD_CLIENT_MAX_HOSTNAME_SIZE', 'hostBytes', 1],
] as const

/** Of the downloader that came after it: the application may override each when it starts a download. */
const watched = [
  'CONFIG_DOWNLOADER_MAX_FILENAME_SIZE',
  'CONFIG_DOWNLOADER_MAX_HOSTNAME_SIZE',
  'CONFIG_FOTA_DOWNLOAD_FILE_NAME_LENGTH',
  'CONFIG_FOTA_DOWNLOAD_HOST_NAME_LENGTH',
]

function notTakenUp(setting: Setting | undefined): string[] {
  return setting === undefined ? [] : [`line ${setting.line}: ${setting.text}`]
}

import { type Catalogue, resolveDevice } from '../device/catalogue.ts'
import { DeviceIdError, profilePaths } from '../device/device-id.ts'
import { blankUrl, isSecretHeader, isSecretParameter, looksLikeToken } from '../observe/secrets.ts'

/** What is wrong with a row of a file that people write, `tlsfit.yaml` or `watch.yaml`, and how it is mended. */
export interface RowFault {
  readonly what: string
  readonly mend: string
}

/** A secret must not stand in a URL: the file is committed. */
export function urlFault(url: string): RowFault | undefined {
  const secret = secretIn(url)
  if (secret === undefined) return undefined
  const mend =
    secret === 'query'
      ? 'write the URL without its query, and query: { env: NAME } or { file: PATH } beside it'
      : 'write the URL without it, and headers: [Authorization: { env: NAME }]'
  return { what: `holds a secret in its ${secret}, and a secret must not stand here`, mend }
}

/** `value` is undefined where it is written by its place. */
export function headerFault(name: string, value: string | undefined): RowFault | undefined {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
    return { what: 'is no name of a header', mend: 'write - x-ms-version: "2021-08-06"' }
  }
  if (value === undefined) return undefined
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) {
    return { what: `${name} holds a control character`, mend: 'a header is one line' }
  }
  if (!isSecretHeader(name, value)) return undefined
  const what = `the value of ${name} looks like a secret, and must not stand here`
  return { what, mend: `write ${name}: { env: NAME } or ${name}: { file: PATH }` }
}

/** A profile file is looked for where it is opened. */
export function deviceFault(id: string, catalogue: Catalogue): RowFault | undefined {
  if (id.includes(',')) {
    return { what: 'names several devices', mend: 'write each as an item: devices: [nrf9160, esp32]' }
  }
  if (profilePaths(id).length > 0) return undefined
  try {
    resolveDevice(id, catalogue)
    return undefined
  } catch (error) {
    if (!(error instanceof DeviceIdError)) throw error
    return { what: error.message, mend: error.hint }
  }
}

/** Where a URL as written holds what nobody else may read; undefined: nowhere that is seen. */
function secretIn(url: string): 'query' | 'user name' | 'path' | undefined {
  const mark = url.search(/[?#]/)
  const before = mark < 0 ? url : url.slice(0, mark)
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/]*@/i.test(before) && blankUrl(before) !== before) return 'user name'
  if (blankUrl(before) !== before) return 'path'
  const pairs = mark < 0 ? [] : url.slice(mark + 1).split(/[&#]/)
  const isSecret = pairs.some((pair) => {
    const equals = pair.indexOf('=')
    const value = pair.slice(equals + 1)
    return looksLikeToken(value) || (equals > 0 && value !== '' && isSecretParameter(pair.slice(0, equals)))
  })
  return isSecret ? 'query' : undefined
}

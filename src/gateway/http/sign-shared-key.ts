import { createHmac } from 'node:crypto'

export interface SharedKeyAccount {
  readonly name: string
  /** The account key, raw. */
  readonly key: Uint8Array
}

/** What Azure Storage is asked in when the client names no version. */
const SERVICE_VERSION = '2023-11-03'

/**
 * Fields that authorize a GET or HEAD of Azure Storage by the account's key. `range` as it is sent. Form:
 * learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key. `path` is as it goes on the wire, and holds no
 * query.
 */
export function signSharedKey(
  { name, key }: SharedKeyAccount,
  method: 'GET' | 'HEAD',
  host: string,
  path: string,
  conditions: ReadonlyMap<string, string>,
  now: Date,
): readonly (readonly [name: string, value: string])[] {
  const date = now.toUTCString()
  const field = (wanted: string) => conditions.get(wanted) ?? ''
  const resource = `/${name}${path}`
  const toSign = /\.table\./.test(host)
    ? [method, '', '', date, resource].join('\n')
    : [
        method,
        ...['', '', '', '', '', ''],
        field('if-modified-since'),
        field('if-match'),
        field('if-none-match'),
        field('if-unmodified-since'),
        field('range'),
        `x-ms-date:${date}`,
        `x-ms-version:${SERVICE_VERSION}`,
        resource,
      ].join('\n')
  const signature = createHmac('sha256', key).update(toSign, 'utf8').digest('base64')
  return [
    ['x-ms-date', date],
    ['x-ms-version', SERVICE_VERSION],
    ['Authorization', `SharedKey ${name}:${signature}`],
  ]
}

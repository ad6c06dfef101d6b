import type { FixId } from '../../finding/fix.ts'
import type { FixAt } from '../../finding/place.ts'
import { smallestPublic } from './certificate-asked.ts'
import { type FixContext, isAddress } from './fix-context.ts'

/** How a cure gets to devices that are out there already. */
export type Carrier = 'name' | 'modem-update' | 'update' | 'credentials'

/** By which way each cure reaches devices in the field. */
export const carriers: { readonly [Id in FixAt<'field'>]: Carrier } = {
  'front-small-chain': 'name',
  'tls-on-application-core': 'update',
  'load-root': 'credentials',
  'load-root-readable': 'credentials',
  'load-presented-certificate': 'credentials',
  'replace-leaf-anchor': 'credentials',
  'connect-by-name': 'update',
  'set-sni-to-endpoint': 'update',
  'restore-name-check': 'update',
  'restore-verification': 'update',
  'set-range-size': 'update',
  'enlarge-record-buffer': 'update',
  'enlarge-heap': 'update',
  'update-firmware': 'modem-update',
  'sas-into-url': 'update',
  'encode-sas-once': 'update',
  'repair-presigned-url': 'update',
  'ask-uncoded': 'update',
  'raise-head-buffer': 'update',
  'raise-path-limit': 'update',
  'set-clock': 'update',
  'provision-client-certificate': 'credentials',
  'check-mqtt-credentials': 'credentials',
  'follow-redirect-root': 'credentials',
  'use-https-port': 'update',
  'store-as-der': 'credentials',
  'store-credential-again': 'credentials',
  'complete-credential-set': 'credentials',
  'set-alpn': 'update',
  'check-authorization': 'credentials',
  'link-without-redirect': 'name',
}

/** How the cure is carried out to the field; follows the cure's own title. */
export function fieldWay(id: FixAt<'field'>, c: FixContext): string {
  return needsOwnCa(id, c) ? ownCaWay : ways[carriers[id]]
}

/** No chain of a public CA that is known here is small enough, so a front takes more than a name. */
export function needsOwnCa(id: FixId, c: FixContext): boolean {
  return id === 'front-small-chain' && smallestPublic(c) !== undefined
}

const ownCaWay =
  'only where the devices hold the root of a CA of your own, for no chain of a public CA is small enough; that root is ' +
  'written by the running firmware if it can, else by a firmware update. From then on the name is enough, in the URL or in your DNS'

const ways: { readonly [C in Carrier]: string } = {
  name: 'nothing on the device changes where the URL is handed out, or the name is in your DNS',
  update: 'by a firmware update over a path that still works',
  'modem-update': 'by an update over the air of the modem or SDK, over a path that still works',
  credentials:
    'written by the running firmware if it can, else by a firmware update, over a path that still works',
}

/** The record that leads deployed devices to a front; only names that are in the reader's own zone can be moved. */
export function fieldCommands(id: FixAt<'field'>, c: FixContext): readonly string[] {
  if (id !== 'front-small-chain') return []
  const { host } = c.target
  if (host === undefined) return ['<host> 300 IN CNAME front.example.com.  ; in your own zone']
  if (isAddress(host) || !/^[a-z0-9.-]+$/i.test(host)) return []
  return [`${host}. 300 IN CNAME front.example.com.  ; if ${host} is in your own zone`]
}

import type { FixId } from './fix.ts'

/** Where a cure is done, closed list: who holds what has to change. */
export const places = [
  'own-server', // a server the reader runs: the endpoint's own, or one put before it
  'their-server', // the endpoint is run by someone else, who has to be asked
  'firmware', // device firmware, its configuration and what it stores, not yet shipped
  'field', // devices already deployed
] as const
export type Place = (typeof places)[number]

const server = ['own-server', 'their-server'] as const
const device = ['firmware', 'field'] as const
const link = ['own-server', 'their-server', 'firmware', 'field'] as const

/**
 * At which places each cure can be done. A cure on the device is one for the field too, by way of an update; what a
 * server's operator does reaches deployed devices by itself and is not listed at the field for that.
 */
export const fixPlaces = {
  'front-small-chain': ['own-server', 'field'],
  'use-shorter-chain': server,
  'tls-on-application-core': device,
  'other-module': ['firmware'],
  'load-root': device,
  'load-root-readable': device,
  'load-presented-certificate': device,
  'replace-leaf-anchor': device,
  'send-intermediate': server,
  'order-chain': server,
  'reissue-with-name': server,
  'connect-by-name': device,
  'set-sni-to-endpoint': device,
  'restore-name-check': device,
  'restore-verification': device,
  'listen-ipv4': server,
  'open-port': server,
  'set-range-size': device,
  'cap-server-records': server,
  'enlarge-record-buffer': device,
  'enlarge-heap': device,
  'update-firmware': device,
  'enable-suite': server,
  'sas-into-url': device,
  'renew-sas': server,
  'encode-sas-once': ['own-server', ...device],
  'renew-presigned-url': server,
  'repair-presigned-url': ['own-server', ...device],
  'raise-head-buffer': device,
  'raise-path-limit': device,
  'set-clock': device,
  'renew-certificate': server,
  'provision-client-certificate': device,
  'check-mqtt-credentials': link,
  'follow-redirect-root': device,
  'serve-range': server,
  'serve-content-length': server,
  'serve-uncoded': server,
  'ask-uncoded': device,
  'use-https-port': link,
  'store-as-der': device,
  'store-credential-again': device,
  'complete-credential-set': device,
  'set-alpn': device,
  'serve-held-certificate': server,
  'serve-other-key': server,
  'serve-sound-chain': server,
  'reissue-for-server': server,
  'issue-under-ca': server,
  'same-chain-everywhere': server,
  'read-server-log': server,
  'update-server': server,
  'check-authorization': link,
  'restore-file': server,
  'link-without-redirect': ['own-server', ...device],
  'redirect-to-https': server,
  'shorten-url': server,
  'trim-response-head': server,
} as const satisfies { readonly [Id in FixId]: readonly Place[] }

/** The cures that can be done at a place. */
export type FixAt<P extends Place> = {
  [Id in FixId]: P extends (typeof fixPlaces)[Id][number] ? Id : never
}[FixId]

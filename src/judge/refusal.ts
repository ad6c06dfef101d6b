import type { Alert, Connection } from '../observe/observation.ts'

/** The fatal alert that ended the handshake; undefined when none came. */
export function fatalAlert(connection: Connection): Alert | undefined {
  return connection.alerts.find(
    ({ direction, level, afterEstablished }) => direction === 'received' && level === 2 && !afterEstablished,
  )
}

/** The server turned the hello down: an alert or a close where its ServerHello should have come. */
export function helloRefused(connection: Connection): boolean {
  const { hello, negotiated, violation, close } = connection
  if (hello === undefined || negotiated !== undefined || violation !== undefined) return false
  return fatalAlert(connection) !== undefined || (close?.by === 'peer' && close.how !== 'timeout')
}

/** Name of the last handshake message, alerts aside; what a failure came after. */
export function lastMessage(connection: Connection): string {
  return connection.messages.filter(({ name }) => name !== 'Alert').at(-1)?.name ?? 'ClientHello'
}

export function sameName(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && normal(a) === normal(b)
}

function normal(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}

import type { FailureKind } from '../device/device.ts'
import type { Alert, Connection } from '../observe/observation.ts'

/** The fatal alert that ended the handshake; undefined when none came. */
export function fatalAlert(connection: Connection): Alert | undefined {
  return connection.alerts.find(
    ({ direction, level, afterEstablished }) => direction === 'received' && level !== 1 && !afterEstablished,
  )
}

/** The server turned the hello down: an alert or a close where its ServerHello should have come. */
export function helloRefused(connection: Connection): boolean {
  const { hello, negotiated, violation, close } = connection
  if (hello === undefined || negotiated !== undefined || violation !== undefined) return false
  return fatalAlert(connection) !== undefined || (close?.by === 'peer' && close.how !== 'timeout')
}

/** Which of the device's words a refused hello brings out: Mbed TLS shows a close as -0x7280, an alert as -0x7780. */
export function refusalFailure(connection: Connection): FailureKind {
  return fatalAlert(connection) === undefined ? 'handshake-closed' : 'hello-refused'
}

/** Name of the last handshake message, alerts aside; what a failure came after. */
export function lastMessage(connection: Connection): string {
  return connection.messages.filter(({ name }) => name !== 'Alert').at(-1)?.name ?? 'ClientHello'
}

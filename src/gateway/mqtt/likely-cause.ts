import type { ProtocolLevel } from '../../mqtt/connect-packet.ts'
import type { PacketType } from '../../mqtt/packet-stream.ts'

/** How a broker turned a device away. */
export type TurnedAway =
  /** It closed after the CONNECT, without a CONNACK. */
  | { readonly kind: 'no-connack' }
  | { readonly kind: 'refused'; readonly code: number; readonly level: ProtocolLevel }
  /** It closed a session, after that packet of the device. */
  | { readonly kind: 'closed'; readonly after: PacketType | undefined }

export type Service = 'aws' | 'azure' | 'other'

export function serviceOf(host: string): Service {
  if (/\.iot\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/i.test(host)) return 'aws'
  if (/\.azure-devices(-provisioning)?\.(net|cn|us)$/i.test(host)) return 'azure'
  return 'other'
}

/**
 * What usually is behind it: never more than likely, since brokers do not say. AWS: docs.aws.amazon.com/iot, "Lifecycle
 * events" (disconnect reasons) and "Connect policy examples". Azure: learn.microsoft.com/azure/iot-hub,
 * "troubleshoot-error-codes" (400027, 401003) and "Communicate with an IoT hub using the MQTT protocol".
 */
export function likelyCause(service: Service, turned: TurnedAway): string | undefined {
  switch (turned.kind) {
    case 'no-connack':
      return noConnack[service]
    case 'refused':
      return refused(service, meaningOf(turned.code, turned.level))
    case 'closed':
      return closed(service, turned.after)
  }
}

const noConnack = {
  aws: 'the policy allows no iot:Connect for this client id, or the certificate is not active at this endpoint',
  azure: 'the host of the user name is not that of the hub, or a packet that the hub does not take',
  other: 'a client certificate, client id or protocol version that the broker does not take',
} as const

const CREDENTIALS = 'credentials'
const CLIENT_ID = 'client-id'

function refused(
  service: Service,
  meaning: typeof CREDENTIALS | typeof CLIENT_ID | undefined,
): string | undefined {
  if (meaning === CLIENT_ID) return 'the client id is not the one that the broker knows this identity by'
  if (meaning === undefined) return undefined
  if (service === 'azure') {
    return 'the SAS token is wrong or has expired, the device is unknown or disabled, or the user name lacks its api-version'
  }
  if (service === 'aws') {
    return 'the policy allows no iot:Connect for this client id, or the custom authorizer says no'
  }
  return 'a wrong user name or password, or no right to connect with them'
}

/** 4 and 5 of 3.1.1 and 0x86 and 0x87 of 5.0 speak of credentials, 2 and 0x85 of the client id. */
function meaningOf(code: number, level: ProtocolLevel): typeof CREDENTIALS | typeof CLIENT_ID | undefined {
  const [clientId, user, right] = level === 5 ? [0x85, 0x86, 0x87] : [2, 4, 5]
  if (code === clientId) return CLIENT_ID
  return code === user || code === right ? CREDENTIALS : undefined
}

function closed(service: Service, after: PacketType | undefined): string {
  const another = 'another connection with the same client id took over'
  if (service === 'aws') {
    const topic = 'the policy does not allow that topic'
    return after === 'SUBSCRIBE' || after === 'PUBLISH' ? `${topic}, or ${another}` : another
  }
  if (service === 'azure') {
    const packet = 'QoS 2 or a topic that the hub does not know'
    const sas = `the SAS token expired, or ${another}`
    return after === 'SUBSCRIBE' || after === 'PUBLISH' ? `${packet}; else ${sas}` : sas
  }
  return `${another}, or the broker stopped`
}

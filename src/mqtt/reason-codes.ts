import type { ProtocolLevel } from './connect-packet.ts'

/** Return codes of CONNACK, MQTT 3.1.1 §3.2.2.3; those of MQTT 3.1 mean the same. */
const returnCodes: { readonly [code: number]: string } = {
  0: 'accepted',
  1: 'protocol version not accepted',
  2: 'client identifier rejected',
  3: 'server unavailable',
  4: 'bad user name or password',
  5: 'not authorised',
}

/** Reason codes of CONNACK and DISCONNECT, MQTT 5.0 §2.4. */
const reasonCodes: { readonly [code: number]: string } = {
  0: 'success',
  4: 'disconnect with the will',
  128: 'unspecified error',
  129: 'malformed packet',
  130: 'protocol error',
  131: 'implementation specific error',
  132: 'protocol version not accepted',
  133: 'client identifier rejected',
  134: 'bad user name or password',
  135: 'not authorised',
  136: 'server unavailable',
  137: 'server busy',
  138: 'banned',
  139: 'server shutting down',
  140: 'bad authentication method',
  141: 'keep alive timeout',
  142: 'session taken over by another connection with this client identifier',
  143: 'topic filter not accepted',
  144: 'topic name not accepted',
  147: 'receive maximum exceeded',
  148: 'topic alias not accepted',
  149: 'packet too large',
  150: 'message rate too high',
  151: 'quota exceeded',
  152: 'administrative action',
  153: 'payload format not valid',
  154: 'retain not supported',
  155: 'QoS not supported',
  156: 'use another server',
  157: 'server moved',
  158: 'shared subscriptions not supported',
  159: 'connection rate exceeded',
  160: 'maximum connect time',
  161: 'subscription identifiers not supported',
  162: 'wildcard subscriptions not supported',
}

/** What a code of a CONNACK means, in the version that it is written in. */
export function connackMeaning(code: number, level: ProtocolLevel): string {
  if (level === 5) return reasonMeaning(code)
  return returnCodes[code] ?? 'not one of MQTT 3.1.1'
}

/** What a reason code of MQTT 5.0 means. */
export function reasonMeaning(code: number): string {
  return reasonCodes[code] ?? 'not one of MQTT 5.0'
}

/** As specifications write them: 5 in 3.1.1, 0x87 in 5.0. */
export function formatCode(code: number, level: ProtocolLevel): string {
  return level === 5 ? hexCode(code) : String(code)
}

function hexCode(code: number): string {
  return `0x${code.toString(16).padStart(2, '0')}`
}

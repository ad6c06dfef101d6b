import { DecodeError } from '../codec/decode-error.ts'
import { ConnackParser } from '../mqtt/connack.ts'
import { type ConnectPlan, encodeConnect } from '../mqtt/connect.ts'
import type { MqttExchange } from '../observe/observation.ts'
import type { TlsSession } from './tls-session.ts'

/** Sends CONNECT and waits for CONNACK, the close, or `timeoutMs`. Leaves the session open when a CONNACK came. */
export async function connectMqtt(
  session: TlsSession,
  plan: ConnectPlan,
  timeoutMs: number,
): Promise<MqttExchange> {
  const packet = encodeConnect(plan)
  session.send(packet)
  const parser = new ConnackParser(plan.protocolLevel)
  const deadlineMs = performance.now() + timeoutMs
  const seen = { connectBytes: packet.length, protocolLevel: plan.protocolLevel, clientId: plan.clientId }
  for (;;) {
    const record = await session.read(Math.max(0, deadlineMs - performance.now()))
    if (!record) {
      return { ...seen, connack: undefined, error: session.end === 'timeout' ? 'timeout' : 'closed' }
    }
    try {
      const connack = parser.push(record.bytes)
      if (connack) return { ...seen, connack, error: undefined }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      return { ...seen, connack: undefined, error: 'not-mqtt' }
    }
  }
}

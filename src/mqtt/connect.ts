import mqttPacket from 'mqtt-packet'

/** What a CONNECT says, MQTT 3.1.1 §3.1 (level 3: MQTT 3.1; level 5: MQTT 5.0). */
export interface ConnectPlan {
  readonly protocolLevel: 3 | 4 | 5
  readonly clientId: string
  readonly keepAliveSeconds: number
  readonly userName: string | undefined
  readonly password: string | undefined
}

/** The CONNECT packet, clean session, no will. Throws where a field is longer than its 65,535 bytes. */
export function encodeConnect(plan: ConnectPlan): Uint8Array {
  const packet: mqttPacket.IConnectPacket = {
    cmd: 'connect',
    protocolId: plan.protocolLevel === 3 ? 'MQIsdp' : 'MQTT',
    protocolVersion: plan.protocolLevel,
    clean: true,
    clientId: plan.clientId,
    keepalive: plan.keepAliveSeconds,
  }
  if (plan.userName !== undefined) packet.username = plan.userName
  if (plan.password !== undefined) packet.password = Buffer.from(plan.password, 'utf8')
  return new Uint8Array(mqttPacket.generate(packet))
}

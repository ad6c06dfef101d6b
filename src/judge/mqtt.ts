import type { Connection } from '../observe/observation.ts'
import { sameName } from '../trust/name-match.ts'
import { missing } from './missing.ts'
import { draft, fix, type Judged, type Rule } from './rule.ts'
import type { Scene } from './scene.ts'
import { judgeNoName } from './server-name.ts'

/** mqtt: what becomes of the CONNECT, MQTT 3.1.1 §3.1 and §3.2. */
export const mqttRules: readonly Rule[] = [
  {
    stage: 'mqtt',
    needs: ['mqtt'],
    judge(scene) {
      const connection = scene.leg.connections.find(({ mqtt }) => mqtt !== undefined)!
      const { connack, error } = connection.mqtt!
      if (connack !== undefined) return judgeConnack(scene, connection, connack.returnCode)
      if (error === 'closed') return judgeClosed(scene, connection)
      if (error === 'not-mqtt') {
        const details = { reason: 'not-mqtt', detail: 'what came back is no CONNACK' }
        const fixes = [fix('use-https-port')]
        return { findings: [draft('protocol-violation', 'unknown', details, { stage: 'mqtt', fixes })] }
      }
      return { findings: [draft('mqtt-no-answer', 'unknown', { waitedMs: waited(connection) })] }
    },
  },
]

/** Codes 4 and 5 speak of the credentials: the device's own only where they were given. */
function judgeConnack({ observation }: Scene, connection: Connection, returnCode: number): Judged {
  if (returnCode === 0) return {}
  const given = connection.clientCertificateSent || observation.target.text.includes('@')
  const aboutCredentials = returnCode === 4 || returnCode === 5 || returnCode >= 0x80
  const why =
    observation.source === 'capture'
      ? 'what the captured CONNECT carried is not kept'
      : 'the CONNECT carried none'
  const effect = given && aboutCredentials ? 'blocks' : 'unknown'
  const fixes = [fix('check-mqtt-credentials')]
  return {
    findings: [draft('mqtt-refused', effect, { returnCode }, { fixes })],
    missing: given ? [] : [missing('credentials', why, 'mqtt')],
  }
}

/**
 * The handshake completes and the service hangs up on the first record. That the server name is to blame is said for
 * certain only where the same CONNECT under the endpoint's own name was answered.
 */
function judgeClosed(scene: Scene, connection: Connection): Judged {
  const { leg } = scene
  const { host } = leg
  const sent = connection.hello?.sni
  const how = connection.close?.how ?? 'closed'
  const closed = draft(
    'closed-after-handshake',
    'unknown',
    {
      how,
      records: connection.close?.applicationRecordsSent ?? 1,
      afterMs: Math.max(0, (connection.close?.atMs ?? 0) - (connection.establishedAtMs ?? 0)),
    },
    { fixes: [fix('check-mqtt-credentials'), fix('provision-client-certificate')] },
  )
  const asked = missing(
    'credentials',
    'the server closes on this CONNECT; that of the device may fare better',
    'mqtt',
  )
  if (host === undefined || sameName(sent, host)) return { findings: [closed], missing: [asked] }
  const answered = leg.probes.some(
    ({ hello, mqtt }) => sameName(hello?.sni, host) && mqtt?.connack !== undefined,
  )
  if (sent === undefined) {
    if (!answered) return { findings: [closed], missing: [asked] }
    const { reason, fixes } = judgeNoName(scene, host)
    const extras = { stage: 'mqtt', failure: 'closed-after-handshake', fixes } as const
    return { findings: [draft('sni-missing', 'blocks', { host, reason }, extras)] }
  }
  const fixes = [fix('set-sni-to-endpoint', { host, endpoint: host })]
  const wrong = draft('sni-wrong', answered ? 'blocks' : 'unknown', { sent, host, closed: how }, { fixes })
  return answered ? { findings: [wrong] } : { findings: [wrong, closed], missing: [asked] }
}

function waited({ close, establishedAtMs }: Connection): number {
  return Math.max(0, (close?.atMs ?? 0) - (establishedAtMs ?? 0))
}

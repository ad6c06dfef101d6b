import type { DeadlineSweep } from '../../front/deadlines.ts'
import type { GatewayLog } from '../gateway-log.ts'
import type { UpstreamIdentities } from './upstream-identities.ts'
import type { UpstreamTarget } from './upstream-socket.ts'

/** What all sessions of one listener share. */
export interface SessionPlace {
  readonly listener: string
  /** Its name in the configuration. */
  readonly upstream: string
  readonly target: UpstreamTarget
  readonly identities: UpstreamIdentities
  readonly limits: {
    /** For the whole CONNECT. */
    readonly headMs: number
    /** For a side that takes nothing of what waits for it. */
    readonly stallMs: number
  }
  readonly sweep: DeadlineSweep
  readonly log: GatewayLog
}

import type { JudgeInput } from './judge-input.ts'

/** What the device verifies on this connection: its own defaults, and what the application switched off. */
export interface Checks {
  readonly peer: CheckState
  readonly name: CheckState
  readonly dates: CheckState
  /** The word of the device's setting, such as `optional`. */
  readonly peerMode: string
  /** The skip-name option of this device drops server_name as well, and it is in use. */
  readonly sniDropped: boolean
  /** The device cannot send a server_name at all. */
  readonly sniNever: boolean
}

export interface CheckState {
  readonly state: 'checked' | 'unchecked' | 'unknown'
  /** Who switched it off; undefined unless `unchecked`. */
  readonly by: 'request' | 'default' | undefined
}

/** An `optional` peer check lets the handshake go on whatever it finds, so it counts as off. */
export function readChecks({ device, verify }: JudgeInput): Checks {
  const { verification, hello } = device
  const peerMode = verify === 'none' ? 'none' : (verification.peer?.value ?? 'unknown')
  const peer: CheckState =
    verify === 'none'
      ? { state: 'unchecked', by: 'request' }
      : verification.peer === undefined
        ? { state: 'unknown', by: undefined }
        : verification.peer.value === 'required'
          ? { state: 'checked', by: undefined }
          : { state: 'unchecked', by: 'default' }
  return {
    peer,
    peerMode,
    name: verify === 'full' ? nested(peer, verification.name?.value) : { state: 'unchecked', by: 'request' },
    dates: nested(peer, verification.dates?.value),
    sniDropped: verify === 'no-name' && hello.sni?.value === 'with-name-check',
    sniNever: hello.sni?.value === 'never',
  }
}

/** Name and dates are looked at only where the chain is. */
function nested(peer: CheckState, value: 'checked' | 'unchecked' | undefined): CheckState {
  if (peer.state === 'unchecked') return peer
  // Whether the chain is looked at is not known, so neither is what hangs on it.
  if (value === 'checked') return { state: peer.state, by: undefined }
  return value === 'unchecked' ? { state: 'unchecked', by: 'default' } : { state: 'unknown', by: undefined }
}

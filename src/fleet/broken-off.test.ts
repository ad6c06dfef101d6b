import { describe, expect, test } from 'vitest'
import {
  attempt,
  chainOf,
  close,
  connection,
  dial,
  exchange,
  refused,
} from '../../test/support/judge-observations.ts'
import { realChain } from '../../test/support/real-certificates.ts'
import type { Connection } from '../observe/observation.ts'
import { isBrokenOff } from './broken-off.ts'

const chain = chainOf(realChain('chain-aws-s3-eu-west-1'))
const half = { chain, establishedAtMs: undefined }

function isSo(...connections: readonly Connection[]): boolean {
  return isBrokenOff({ observations: [dial(connections)] })
}

describe('broken off', () => {
  test('is a handshake that ends in silence, or by a close without a word', () => {
    expect(isSo(connection({ ...half, close: close('timeout') }))).toBe(true)
    expect(isSo(connection({ ...half, close: close('fin') }))).toBe(true)
  })

  test('is a response that does not come, or not whole', () => {
    const lost = (error: string) => connection({ chain, exchanges: [exchange(undefined, {}, error)] })
    expect(isSo(lost('timeout'))).toBe(true)
    expect(isSo(lost('closed'))).toBe(true)
    expect(isSo(lost('not-http'))).toBe(false)
  })

  test('is what follows a connection that was fine, too', () => {
    const good = connection({ chain, exchanges: [exchange({})] })
    expect(isSo(good)).toBe(false)
    expect(isSo(good, connection({ ...half, role: 'range', close: close('timeout') }))).toBe(true)
  })

  test('is no refusal in words, and no probe of ours', () => {
    expect(isSo(refused(40, { close: close('fin') }))).toBe(false)
    const good = connection({ chain, exchanges: [exchange({})], close: close('done') })
    expect(isSo(good, connection({ ...half, role: 'probe', close: close('timeout') }))).toBe(false)
  })

  test('is an address that gave no answer while another did', () => {
    const missed = dial([], { tcp: [attempt({ outcome: 'refused', errorCode: 'ECONNREFUSED' })] })
    const reached = dial([connection({ chain })])
    expect(isBrokenOff({ observations: [reached] })).toBe(false)
    expect(isBrokenOff({ observations: [reached, missed] })).toBe(true)
    expect(isBrokenOff({ observations: [] })).toBe(true)
  })
})

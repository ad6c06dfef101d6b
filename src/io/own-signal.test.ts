import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { OwnSignal } from './own-signal.ts'

test('a signal of its own aborts when the shared one does, with its reason', () => {
  const shared = new AbortController()
  const own = new OwnSignal(shared.signal)
  expect(own.signal?.aborted).toBe(false)
  const reason = new Error('enough')
  shared.abort(reason)
  expect(own.signal?.aborted).toBe(true)
  expect(own.signal?.reason).toBe(reason)
})

test('a shared signal that is aborted already leaves nothing to begin', () => {
  const reason = new Error('enough')
  expect(new OwnSignal(AbortSignal.abort(reason)).signal?.reason).toBe(reason)
})

test('whatever listens to it, the shared one has one listener, and none once it is released', () => {
  const shared = new AbortController()
  const own = new OwnSignal(shared.signal)
  own.signal?.addEventListener('abort', () => {})
  own.signal?.addEventListener('abort', () => {}, { once: true })
  expect(getEventListeners(shared.signal, 'abort')).toHaveLength(1)
  own.release()
  expect(getEventListeners(shared.signal, 'abort')).toHaveLength(0)
  shared.abort()
  expect(own.signal?.aborted).toBe(false)
})

test('where nothing is shared there is nothing to listen to', () => {
  const own = new OwnSignal(undefined)
  expect(own.signal).toBeUndefined()
  own.release()
})

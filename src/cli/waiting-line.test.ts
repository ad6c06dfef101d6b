import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { CliIo } from './cli-io.ts'
import { waitingFor } from './waiting-line.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function terminal(isTTY: boolean): { io: CliIo; written: string[] } {
  const written: string[] = []
  const stderr = { write: (text: string) => void written.push(text), isTTY, columns: 80 }
  return { io: { stderr } as unknown as CliIo, written }
}

const after = (ms: number) => new Promise<string>((resolve) => setTimeout(resolve, ms, 'keys'))

test('what takes longer than a second is named, and the line goes when it is there', async () => {
  const { io, written } = terminal(true)
  const waited = waitingFor('making keys', after(2_000), io)
  await vi.advanceTimersByTimeAsync(1_500)
  expect(written).toEqual(['making keys'])
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await waited).toBe('keys')
  expect(written.at(-1)).toBe('\r\u001b[2K')
})

test('nothing is written of what is quick, of what fails at once, or where nobody looks', async () => {
  const { io, written } = terminal(true)
  const quick = waitingFor('making keys', after(500), io)
  await vi.advanceTimersByTimeAsync(3_000)
  await quick
  await expect(waitingFor('making keys', Promise.reject(new Error('no')), io)).rejects.toThrow('no')
  const file = terminal(false)
  const long = waitingFor('making keys', after(5_000), file.io)
  await vi.advanceTimersByTimeAsync(6_000)
  await long
  expect([...written, ...file.written]).toEqual([])
})

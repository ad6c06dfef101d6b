import { existsSync, mkdtempSync, readFileSync, statSync, symlinkSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { outcomeOf } from '../../test/support/model-device.ts'
import { sessionHeader as header } from '../../test/support/session-header.ts'
import { plainServing } from '../exam/serving-of.ts'
import type { Recorded } from '../exam/session.ts'
import { putAside, readSession, SessionFile } from './session-file.ts'

const recorded: Recorded = {
  device: 'a',
  answer: {
    probe: { topic: 'baseline', key: 'x', serving: plainServing },
    outcome: outcomeOf({}, plainServing),
  },
}
const newFile = () => join(mkdtempSync(join(tmpdir(), 'session-')), 'session.jsonl')

test('a session that was torn off goes on behind its last whole line', async () => {
  const file = newFile()
  const first = SessionFile.begin(file, header)
  first.append(recorded)
  first.append(recorded)
  first.close()
  expect(statSync(file).mode & 0o777).toBe(0o600)
  truncateSync(file, statSync(file).size - 10)
  const torn = await readSession(file)
  expect(torn).toMatchObject({ header, recorded: [{ device: 'a' }] })
  expect(torn!.tornBytes).toBeGreaterThan(0)
  const again = SessionFile.resume(file, torn!)
  again.append({ ...recorded, device: 'b' })
  again.close()
  const whole = await readSession(file)
  expect(whole!.recorded.map(({ device }) => device)).toEqual(['a', 'b'])
  expect(whole!.tornBytes).toBe(0)
  const aside = putAside(file, header.startedAt)
  expect(aside).toMatch(/session-20261121T100000Z\.jsonl$/)
  expect(readFileSync(aside, 'utf8').split('\n')).toHaveLength(4)
  expect(await readSession(file)).toBeUndefined()
})

test.skipIf(!existsSync('/dev/full'))('a full disk is told by the system, and is no torn line', () => {
  const file = newFile()
  symlinkSync('/dev/full', file)
  expect(() => SessionFile.begin(file, header)).toThrow(/ENOSPC/)
})

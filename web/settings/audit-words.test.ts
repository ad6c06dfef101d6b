import { expect, test } from 'vitest'
import type { AuditInfo } from '../../src/api/contract.ts'
import { auditActor, auditOrigin, auditRest, auditWords } from './audit-words.ts'

const tokens = [{ id: '4f2a', name: 'Grafana' }]
const entry = (parts: Partial<AuditInfo>): AuditInfo => ({
  ...{ id: 1, at: '2026-11-21T12:00:00.000Z', actor: 'token:4f2a', action: 'endpoint-edit', subject: 'ota' },
  ...{ detail: {}, ...parts },
})

test('a token is called by its name, and by its id when it is gone', () => {
  expect(auditActor('token:4f2a', tokens)).toBe('token Grafana')
  expect(auditActor('token:77', tokens)).toBe('token:77')
  expect(auditActor('ada@example.com', tokens)).toBe('ada@example.com')
})

test.each([
  ['endpoint-edit', 'ota', 'changed endpoint ota'],
  ['alert-acknowledge', '3', 'acknowledged alert 3'],
  ['token-remove', '4f2a', 'removed token Grafana'],
  ['schedule-edit', 'defaults', 'changed the defaults of the schedule'],
  ['defaults-edit', 'defaults', 'changed time limit, retries and thresholds by default'],
  ['silence-add', 'all', 'silenced all'],
  ['log-in-failed', '192.0.2.7', 'failed to log in'],
  ['something-new', 'x', 'something-new x'],
])('%s of %s reads: %s', (action, subject, words) => {
  expect(auditWords(entry({ action, subject }), tokens)).toBe(words)
})

test('where it came from is the address, and what was not noted is said so', () => {
  expect(auditOrigin(entry({ detail: { address: '192.0.2.7' } }))).toBe('from 192.0.2.7')
  expect(auditOrigin(entry({ action: 'log-in-failed', subject: '2001:db8::7' }))).toBe('from 2001:db8::7')
  expect(auditOrigin(entry({ actor: 'command line' }))).toBe('on this machine')
  expect(auditOrigin(entry({}))).toBe('from where was not noted')
})

test('the address is not told twice, and nothing else is left out', () => {
  expect(auditRest(entry({ detail: { address: '192.0.2.7' } }))).toBeUndefined()
  expect(auditRest(entry({ detail: { address: '192.0.2.7', scope: 'read' } }))).toBe('{"scope":"read"}')
})

import { SESSION_SCHEMA, type SessionHeader } from '../../src/exam/session.ts'

/** The first line of a session file. */
export const sessionHeader: SessionHeader = {
  schema: SESSION_SCHEMA,
  hosts: ['192.0.2.7'],
  port: 8443,
  mqttPort: 8883,
  caSha256: 'ab'.repeat(32),
  startedAt: new Date('2026-11-21T10:00:00Z'),
  version: '0.1.0',
}

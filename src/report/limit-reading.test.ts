import { expect, test } from 'vitest'
import { catalogueDevice } from '../../test/support/catalogue-devices.ts'
import { pemOf } from '../../test/support/judge-observations.ts'
import { openKnownRoots } from '../io/root-files.ts'
import { judge } from '../judge/judge.ts'
import { citedLimits } from './limit-reading.ts'

test('a limit that two findings cite stands once, under its own name', () => {
  const verdict = judge({
    observation: pemOf('chain-azure-metadata-g2', 'metadata.azure.com'),
    device: catalogueDevice('spwf04sx'),
    trust: { held: undefined, origin: 'unknown', known: openKnownRoots() },
    verify: 'full',
    now: new Date('2026-06-01T00:00:00Z'),
  })
  const citing = verdict.findings.filter(({ id }) => id === 'rsa-key-unproved')
  expect(citing).toHaveLength(2)
  expect(citedLimits(verdict).map(({ name }) => name)).toEqual(['one certificate', 'RSA key'])
})

import { describe, expect, test } from 'vitest'
import { labCases } from '../src/lab/cases.ts'
import { tlsfit } from './support/tlsfit.ts'

interface DemoStep {
  readonly case: string
  readonly role: string
  readonly asExpected: boolean
  readonly title: string
  readonly verdict: {
    readonly state: string
    readonly stage: string | null
    readonly findings: readonly {
      readonly id: string
      readonly cause: string | null
      readonly effect: string
      readonly details: { readonly rangeBytes?: number }
    }[]
  }
}

/** The root cause that each of the five cases stands for. */
const causes: { readonly [id: string]: readonly string[] } = {
  'nordic-azure-fota': ['chain-too-large'],
  'nordic-aws-mqtt': ['sni-wrong'],
  'memfault-fota': ['untrusted-root', 'record-too-large'],
  'esp32-ota': ['untrusted-root', 'tcp-refused', 'leaf-as-anchor', 'auth-http-rejected'],
  'spwf04-azure-table': ['cert-too-large'],
}

describe('the demo', () => {
  test('tells the five cases, each failing for its cause and cured', async () => {
    const ran = await tlsfit(['demo', '--format', 'json'], { timeoutMs: 120_000 })
    expect(ran.code).toBe(0)
    const { steps } = JSON.parse(ran.stdout) as { steps: readonly DemoStep[] }
    expect([...new Set(steps.map((step) => step.case))].sort()).toEqual(labCases.map(({ id }) => id).sort())
    expect(steps.filter((step) => !step.asExpected).map((step) => step.title)).toEqual([])
    for (const [id, expected] of Object.entries(causes)) {
      const own = steps.filter((step) => step.case === id)
      const failing = own.filter(({ role }) => role === 'fails')
      expect(failing.map(({ verdict }) => verdict.state)).not.toContain('fits')
      const found = failing.map(({ verdict }) => {
        const withCause = verdict.findings.filter(({ cause }) => cause !== null)
        const of = (wanted: string) => withCause.find(({ effect }) => effect === wanted)
        return (of('blocks') ?? of('unknown'))?.cause
      })
      expect(found).toEqual(expected)
      if (id === 'memfault-fota') {
        const size = failing[1]?.verdict.findings.find((finding) => finding.id === 'range-size')
        expect(size?.details.rangeBytes).toBe(1024)
      }
      const cured = own.filter(({ role }) => role === 'cured')
      expect(cured.length).toBeGreaterThan(0)
      for (const { verdict } of cured) expect(['fits', 'at-risk']).toContain(verdict.state)
    }
  }, 120_000)

  test('its text names every case, shows numbers and ends with 0', async () => {
    const ran = await tlsfit(['demo', '--case', 'nordic-azure-fota'])
    expect(ran.code).toBe(0)
    expect(ran.stdout).toMatch(/errno 111/)
    expect(ran.stdout).toMatch(/BLOCKED.*BLOCKED.*FITS/s)
    expect(Math.max(...ran.stdout.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(100)
  })

  test('an unknown case is a usage error that names the cases', async () => {
    const ran = await tlsfit(['demo', '--case', 'no-such-case'])
    expect(ran.code).toBe(64)
    expect(ran.stderr).toMatch(/nordic-azure-fota/)
  })
})

describe('the lab', () => {
  test('lists the cases', async () => {
    const ran = await tlsfit(['lab'])
    expect(ran.code).toBe(0)
    for (const { id } of labCases) expect(ran.stdout).toContain(id)
  })
})

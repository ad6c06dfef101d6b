import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { runCommand } from '../../test/support/run-command.ts'
import { fixture } from '../../test/support/tlsfit.ts'
import type { LabRoot } from '../lab/rekey-chain.ts'
import { rootsToHold } from './lab-capsule.ts'

const folder = mkdtempSync(join(tmpdir(), 'tlsfit-lab-capsule-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)

describe('tlsfit lab FILE', () => {
  test('a capsule of a log has no server in it, and the error says what to do', async () => {
    writeFileSync(at('device.log'), '<err> download_client: Unable to connect, errno 111\n')
    await tlsfit('capsule', at('device.log'), '--out', at('log.capsule'))
    const ran = await tlsfit('lab', at('log.capsule'))
    expect(ran).toMatchObject({ code: 65, out: '' })
    expect(ran.err).toMatch(
      /is a capsule of a log: it holds no server[\s\S]*hint: tlsfit explain .*log\.capsule/,
    )
  })

  test('another file is no capsule, and the error says how to make one', async () => {
    const ran = await tlsfit('lab', fixture('chains/chain-edge-microsoft-com-g2.pem'))
    expect(ran.code).toBe(65)
    expect(ran.err).toMatch(/is no capsule[\s\S]*write tlsfit capsule /)
  })

  test('a file that is not there is told from a case that there is not', async () => {
    expect(await tlsfit('lab', at('none.capsule'))).toMatchObject({ code: 65 })
    expect(await tlsfit('lab', 'none')).toMatchObject({ code: 64 })
  })

  test('a capsule whose certificates were hidden is not served, and the error says why', async () => {
    await tlsfit('capsule', captured('tls13-loopback.pcap'), '--out', at('hidden.capsule'))
    const ran = await tlsfit('lab', at('hidden.capsule'))
    expect(ran.code).toBe(65)
    expect(ran.err).toContain('nothing in')
    expect(ran.err).toContain('no certificate was seen')
  })
})

test('of a device that comes with roots only those are held, of another every one', () => {
  const root = (id: string | undefined) =>
    ({ name: id, known: id === undefined ? undefined : { id } }) as LabRoot
  const roots = [root('a'), root('b'), root(undefined)]
  expect(rootsToHold(roots, ['b'])).toEqual([roots[1]])
  expect(rootsToHold(roots, undefined)).toEqual(roots)
})

function captured(name: string): string {
  return join(import.meta.dirname, '../../test/captures', name)
}

function tlsfit(...words: string[]) {
  return runCommand(words, { env: {}, now: () => new Date('2026-06-01T00:00:00Z') })
}

import { describe, expect, test } from 'vitest'
import { fixture } from '../../test/support/tlsfit.ts'
import { run } from './run.ts'

const bridged = fixture('chains/chain-edge-microsoft-com-g2.pem')
const digicert = fixture('chains/root-digicert-global-root-g2.pem')
const other = fixture('chains/chain-aws-s3-eu-west-1.pem')
const openssl = ['--device', 'openssl', '--anchor', digicert]

describe('check FILE.pem --forecast', () => {
  test('tells the end of the bridge under the verdict of today', async () => {
    const ran = await check(bridged, ...openssl, '--forecast')
    expect(ran.code).toBe(0)
    expect(ran.out).toMatch(/^FITS /m)
    expect(ran.out).toMatch(/^ {3}blocked {2}from 19 Jun 2029: the cross-sign of DigiCert/m)
    expect(ran.out).toContain('azure-g2-bridge-expiry')
  })

  test('alone never changes the exit code; with --strict a block that is late or soon does', async () => {
    // From 21 May 2026 on some front-ends leave the bridge out: on 1 September that is late.
    expect((await check(bridged, ...openssl, '--forecast')).code).toBe(0)
    expect((await check(bridged, ...openssl, '--strict')).code).toBe(0)
    expect((await check(bridged, ...openssl, '--forecast', '--strict')).code).toBe(2)
  })

  test('a candidate asks for the forecast, and is judged by itself', async () => {
    const ran = await check(bridged, ...openssl, '--candidate', other, '--format', 'json')
    expect(ran.code).toBe(0)
    const { outlook } = JSON.parse(ran.out).verdicts[0]
    expect(outlook[0]).toMatchObject({ id: 'candidate', candidate: other, state: 'blocked', timing: 'now' })
    expect(outlook[0].assumed).toEqual(['chain-alone'])
    expect(outlook.at(-1)).toMatchObject({ id: 'post-quantum', state: null })
  })

  test('a candidate that cannot be read is told under its own option', async () => {
    const ran = await check(bridged, ...openssl, '--candidate', '/nowhere/chain.pem')
    expect(ran.code).toBe(65)
    expect(ran.err).toContain('give --candidate an existing PEM or DER file')
  })

  test('without it nothing is said of what is to come', async () => {
    const ran = await check(bridged, ...openssl, '--format', 'json')
    expect(JSON.parse(ran.out).verdicts[0]).not.toHaveProperty('outlook')
  })
})

async function check(...argv: string[]) {
  const out: string[] = []
  const err: string[] = []
  const code = await run(['check', ...argv], {
    stdout: { write: (text: string) => void out.push(text), isTTY: false, columns: undefined },
    stderr: { write: (text: string) => void err.push(text), isTTY: false, columns: undefined },
    readStdin: async () => '',
    stdinChunks: async function* () {},
    env: { LANG: 'en_US.UTF-8' },
    now: () => new Date('2026-09-01T00:00:00Z'),
  })
  return { code, out: out.join(''), err: err.join('') }
}

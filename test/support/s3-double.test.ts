import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { check } from '../../src/io/check.ts'
import { checkRequest } from '../../src/io/check-defaults.ts'
import { identity } from './dial.ts'
import { presign, refuseBySigV4, type S3Account } from './s3-double.ts'

const account: S3Account = {
  accessKeyId: 'AKIDEXAMPLE',
  secretKey: 'wJalrXUtnFEMI/K7MDENG',
  region: 'eu-west-1',
}
// Of today, as the certificates of the server are; whole seconds, as a signature names them.
const at = new Date(Math.floor(Date.now() / 1_000) * 1_000)
const later = (seconds: number) => new Date(at.getTime() + seconds * 1_000)

function ask(url: string, headers: Record<string, string> = { host: 'b.example' }, now = at, method = 'GET') {
  return refuseBySigV4({ url, headers, method }, account, now)
}

const wish = { method: 'GET', host: 'b.example', path: '/firmware/app update.bin', at, expiresSeconds: 3_600 }

test('takes the request that was signed, and each change of it is refused with the code of S3', () => {
  const url = presign(account, wish)
  expect(ask(url)).toBeUndefined()
  const code = (refused: ReturnType<typeof ask>) => /<Code>(\w+)/.exec(refused?.body ?? '')?.[1]
  expect(code(ask(url, { host: 'b.example' }, later(3_601)))).toBe('AccessDenied')
  expect(code(ask(url, { host: 'other.example' }))).toBe('SignatureDoesNotMatch')
  expect(code(ask(url, { host: 'b.example' }, at, 'HEAD'))).toBe('SignatureDoesNotMatch')
  expect(code(ask(url.replaceAll('&', '&amp;')))).toBe('AuthorizationQueryParametersError')
  expect(code(ask(url.replace(/&X-Amz-Signature=.*/, '')))).toBe('AuthorizationQueryParametersError')
  expect(code(ask(url, { host: 'b.example', authorization: 'Bearer x' }))).toBe('InvalidArgument')
  expect(code(ask('/firmware/app.bin'))).toBe('AccessDenied')
})

test('agrees with the example of the AWS documentation', () => {
  const documented = {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    region: 'us-east-1',
  }
  const url = presign(documented, {
    method: 'GET',
    host: 'examplebucket.s3.amazonaws.com',
    path: '/test.txt',
    at: new Date('2013-05-24T00:00:00Z'),
    expiresSeconds: 86_400,
  })
  expect(url).toContain('X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404')
})

test('check names the mistake that is in a pre-signed URL', { timeout: 60_000 }, async () => {
  const own = await identity()
  const server = createServer(
    { cert: own.cert, key: own.key, maxVersion: 'TLSv1.2' },
    (request, response) => {
      const refused = refuseBySigV4(request, account, at)
      if (refused === undefined) return response.end('firmware')
      response.writeHead(refused.status, Object.fromEntries(refused.headers))
      return response.end(refused.body)
    },
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const host = `localhost:${port}`
  const why = async (url: string, headers: readonly (readonly [string, string])[] = [], now = at) => {
    const [verdict] = await check(
      checkRequest({
        target: `https://${host}${url}`,
        devices: ['mbedtls@2.28'],
        anchors: [{ certificate: own.root, label: 'root' }],
        connect: { host: '127.0.0.1', port },
        headers,
        now,
        timeoutMs: 5_000,
      }),
    )
    const finding = verdict?.findings.find(({ id }) => id === 'presigned-url-rejected')
    return finding?.id === 'presigned-url-rejected' ? finding.details.why : verdict?.state
  }
  const url = presign(account, { ...wish, host })
  expect(await why(url)).toBe('fits')
  expect(await why(url.replaceAll('&', '&amp;'))).toBe('html-escaped')
  expect(await why(url.replace(/&X-Amz-SignedHeaders=.*/, ''))).toBe('cut')
  expect(await why(url, [['Authorization', 'Bearer abc']])).toBe('two-authorizations')
  expect(await why(url.replace('%2F', '%252F'))).toBe('encoded-twice')
  expect(await why(presign(account, { ...wish, host, at: later(-86_400) }))).toBe('expired')
  expect(await why(presign(account, { ...wish, host, headers: [['x-amz-meta-a', '1']] }))).toBe(
    'header-not-sent',
  )
  expect(await why(presign(account, { ...wish, host, method: 'PUT' }))).toBe('mismatch')
  server.close()
})

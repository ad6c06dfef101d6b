import { describe, expect, test } from 'vitest'
import { DataFileError } from '../device/data-file.ts'
import { listenAddress, matchesPath, parseGatewayConfig, pathIn, routesInOrder } from './gateway-config.ts'

const plain = `
listeners:
  - name: fota
    protocol: https
    listen: [127.0.0.1:8443, '[::1]:8443']
    certificate: { own: { names: [fota.example.com, 192.0.2.7] } }
    routes: [{ path: /firmware/*, upstream: blob, to: /container/ }]
upstreams:
  blob: { protocol: https, url: https://account.blob.example.net }
`

function faultOf(text: string): DataFileError {
  try {
    parseGatewayConfig(text, 'gateway.yaml')
  } catch (error) {
    if (error instanceof DataFileError) return error
    throw error
  }
  throw new Error('no fault found')
}

describe('gateway.yaml', () => {
  test('a small one is enough, and says what it left open', () => {
    const config = parseGatewayConfig(plain, '/etc/tlsfit/gateway.yaml')
    const [listener] = config.listeners
    expect(listener).toMatchObject({ maxRecordBytes: 1_024, responseHead: 'minimal', tls: {}, devices: [] })
    expect(config.upstreams.blob).toMatchObject({ writeMethods: [], cache: false })
    expect(pathIn(config, './held.pem')).toBe('/etc/tlsfit/held.pem')
  })

  test.each([
    ['an unknown upstream', plain.replace('upstream: blob', 'upstream: blub'), 7, 'no upstream blub', 'blob'],
    ['an unknown key', plain.replace('to: /container/', 'too: /x'), 7, 'no key', 'did you mean to?'],
    ['two certificates', plain.replace('{ own:', '{ files: {}, own:'), 6, 'certificate', 'exactly one of'],
    ['a CA for nobody', plain.replace(/names: \[.*\]/, 'names: []'), 6, 'names', 'at least one host'],
    ['no route', plain.replace(/routes: .*/, 'routes: []'), 7, 'routes', 'at least one route'],
    [
      'a host that ends a directive elsewhere',
      plain.replace('https://account.blob.example.net', 'https://a;b.example'),
      9,
      'url',
      'https://',
    ],
    ['a path with a control character', plain.replace('/container/', '"/a\\x07/"'), 7, 'to', 'a path'],
    ['a plain upstream', plain.replace('https://account', 'http://account'), 9, 'url', 'https://'],
    ['a secret in the URL', plain.replace('account.', 'user:pass@account.'), 9, 'url', 'without user'],
    [
      'devices without anchors',
      plain.replace(
        '{ own: { names: [fota.example.com, 192.0.2.7] } }',
        '{ files: { rsa: { chain: a, key: b } } }\n    devices: [nrf9160]',
      ),
      7,
      'anchors',
      'anchorsHeld',
    ],
    [
      'a cache nowhere',
      plain.replace('example.net }', 'example.net, cache: true }'),
      9,
      'no cache',
      'folder',
    ],
    [
      'one address for two listeners',
      plain.replace(
        'upstreams:',
        '  - { name: two, protocol: https, listen: ["[::1]:8443"], certificate: { own: { names: [a] } }, routes: [{ path: /, upstream: blob }] }\nupstreams:',
      ),
      8,
      'listened on twice',
      'address of its own',
    ],
    ['one address twice', plain.replace("'[::1]:8443'", '127.0.0.1:8443'), 5, 'listened on twice', 'its own'],
    [
      'a star that follows a name',
      plain.replace('/container/', '/container'),
      7,
      'becomes /containerx',
      '/container/',
    ],
    [
      'TLS 1.0 without its suites',
      plain.replace('    routes:', '    tls: { min: TLSv1 }\n    routes:'),
      7,
      'none but the old suites',
      'oldSuites: true',
    ],
    [
      'a connect without a port',
      plain.replace('example.net }', "example.net, connect: '127.0.0.1:99999' }"),
      9,
      'has no port',
      '65535',
    ],
    [
      'credentials that open everything',
      plain.replace('example.net }', 'example.net, credentials: { sas: { env: SAS } } }'),
      9,
      'no path is open',
      'readPaths',
    ],
  ])('%s is told with its line and its mend', (_what, text, line, message, hint) => {
    const fault = faultOf(text)
    expect(fault.message).toContain(message)
    expect(fault.hint).toContain(hint)
    expect(fault.line).toBe(line)
  })

  test.each([
    ['password: { env: P }', 'a password without a username', 'write both'],
    ['username: u }, { commonName: a', 'a has a row before', 'keep one'],
  ])('identities of a broker: %s', (row, message, hint) => {
    const text = [
      'listeners:',
      '  - { name: m, protocol: mqtts, listen: ["[::]:8883"], certificate: { own: { names: [a.test] } }, upstream: b,',
      '      clientCertificates: { ask: required, ca: ca.pem } }',
      'upstreams:',
      '  b:',
      '    protocol: mqtts',
      '    url: mqtts://b.test',
      `    identities: [{ commonName: a, ${row} }]`,
    ].join('\n')
    const fault = faultOf(text)
    expect(fault.message).toContain(message)
    expect(fault.hint).toContain(hint)
    expect(fault.line).toBe(8)
  })

  test('never repeats a value that could be a secret', () => {
    const text = plain.replace(
      'example.net }',
      'example.net, credentials: { sas: sv=2022&sig=SECRETSECRET }, readPaths: [/a] }',
    )
    expect(`${faultOf(text).message} ${faultOf(text).hint}`).not.toContain('SECRET')
  })

  test('the most specific route wins, whatever the order', () => {
    const paths = [{ path: '/*' }, { path: '/a/*' }, { path: '/a/b' }, { path: '/*', host: 'h' }]
    const routes = paths.map((one) => ({ ...one, upstream: 'blob' }))
    expect(routesInOrder(routes).map(({ path, host }) => `${host ?? ''}${path}`)).toEqual([
      'h/*',
      '/a/b',
      '/a/*',
      '/*',
    ])
  })

  test('addresses and path patterns', () => {
    expect(listenAddress('[::]:8443')).toEqual({ host: '::', port: 8443 })
    expect(listenAddress('0.0.0.0:80')).toEqual({ host: '0.0.0.0', port: 80 })
    expect(matchesPath('/a/*', '/a/b/c')).toBe(true)
    expect(matchesPath('/a/*', '/ab')).toBe(false)
    expect(matchesPath('/a', '/a')).toBe(true)
  })
})

import { seedFiles, seedText } from '../seed-files.ts'

/** Examples of every key, so that a change meets each. */
export function gatewaySeeds(): Uint8Array[] {
  return seedText(
    `listeners:
  - name: fota
    protocol: https
    listen: [127.0.0.1:8443, '[::1]:8443']
    certificate: { own: { names: [fota.example.com, 192.0.2.7], rsa: true } }
    devices: [nrf9160@1.3.7]
    maxRecordBytes: 1024
    tls: { min: TLSv1.2, max: TLSv1.3, oldSuites: true }
    clientCertificates: { ask: optional, ca: fleet.pem }
    limits: { connections: 100 }
    responseHead: minimal
    routes:
      - { path: /firmware/*, upstream: blob, to: /container/ }
      - { host: fota.example.com, path: /one, upstream: blob }
upstreams:
  blob:
    protocol: https
    url: https://account.blob.example.net/base
    connect: 192.0.2.1:443
    ca: root.pem
    credentials: { sas: { env: SAS } }
    readPaths: [/firmware/*]
    writeMethods: [PUT]
    writePaths: [/up/*]
    redirectHosts: ['*.example.net']
    timeoutSeconds: 20
    cache: true
    sha256: { /fw.bin: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 }
cache: { folder: ./cache, maxBytes: 2147483648, staleIfUnreachable: false }
state: ./state
operations: { listen: 127.0.0.1:9464, log: json }
workers: auto
`,
    `listeners:
  - name: sensors
    protocol: mqtts
    listen: ["[::]:8883"]
    certificate: { files: { ecdsa: { chain: a.pem, key: b.pem } } }
    anchorsHeld: [a.pem]
    clientCertificates: { ask: required, ca: fleet-ca.pem }
    upstream: iot
upstreams:
  iot:
    protocol: mqtts
    url: mqtts://example-ats.iot.example.com:443
    alpn: [x-amzn-mqtt-ca]
`,
    `listeners:
  - name: b
    protocol: https
    listen: [0.0.0.0:443]
    certificate: { acme: { directory: 'https://ca.example/dir', names: [a.example], email: a@a.example } }
    routes: [{ path: /*, upstream: s3 }]
upstreams:
  s3: { protocol: https, url: https://s3.example.com, credentials: { headers: { Authorization: { env: A } } } }
`,
  )
}

export function watchSeeds(): Uint8Array[] {
  return [
    ...seedFiles('examples', 'watch.yaml', 20_000),
    ...seedText(`defaults:
  every: 30m
  retries: { count: 3 }
  thresholds: { room: { bytes: 256 }, expiry-days: { leaf: 21 } }
vantages: [berlin, virginia]
fleets:
  - { id: trackers, device: nrf9160@1.3.7, count: 38000, anchors: [certs/root.pem] }
  - { id: gates, name: Gates, device: esp-idf@5.2, count: 1200, verify: no-name, clock: { behind: 2d } }
endpoints:
  - https://fw.example.com/image.bin
  - id: broker
    target: mqtts://broker.example.com
    sni: other.example.com
    every: 5m
    fleets: [gates]
    client-cert: device.pem
    client-key: { credential: device-key }
  - { target: 'https://account.blob.example.net/fw.bin', query: { env: SAS }, headers: [x-a: '1'] }
channels:
  - { id: ops, kind: slack, url: { env: SLACK }, from: critical }
  - { id: hook, kind: webhook, url: 'https://example.com/in', key: { file: key }, fleets: [gates] }
maintenance:
  - { id: move, from: 2026-12-01T22:00Z, to: 2026-12-02, endpoints: [broker] }
  - { id: sundays, weekly: { day: sunday, at: "02:30", for: 2h } }
retention: { probes: 30d }
`),
  ]
}

export function planSeeds(): Uint8Array[] {
  return [
    ...seedFiles('examples/firmware', 'tlsfit.yaml', 20_000),
    ...seedText(`devices:
  - nrf9160@1.3.7+ncs@2.7.0
  - { config: sdkconfig, name: board }
anchors: [certs/root.pem]
headers:
  - x-ms-version: '2021-08-06'
  - Authorization: { env: FOTA_TOKEN }
timeout: 5
targets:
  - https://example.com/fw.bin
  - { url: 'mqtts://broker.example:8883', name: broker, devices: [esp-idf@5.2], timeout: 20 }
  - { url: 'https://account.blob.example.net/fw.bin', query: { env: SAS } }
margins: { least: { bytes: 256, percent: 10 }, shrink: { bytes: 200 } }
`),
  ]
}

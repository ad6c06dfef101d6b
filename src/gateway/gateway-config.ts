import { parseDataFile } from '../device/data-file.ts'
import { FileFaults as Faults, type FilePath as Path } from '../device/file-faults.ts'
import { pathBeside } from '../io/secret-files.ts'
import type {
  GatewayFile,
  HttpsListenerFile,
  HttpsUpstreamFile,
  ListenerFile,
  MqttListenerFile,
  MqttUpstreamFile,
} from './config-schema.ts'
import { gatewayFile } from './config-schema.ts'

/** `gateway.yaml`, checked: every name in it leads somewhere. Paths and secrets are as written: see `pathIn`. */
export interface GatewayConfig extends GatewayFile {
  readonly file: string
}

/** An address to listen on. */
export interface ListenAddress {
  /** Without brackets. */
  readonly host: string
  readonly port: number
}

/** Throws `DataFileError`, with line and mend. */
export function parseGatewayConfig(text: string, file: string): GatewayConfig {
  const written = parseDataFile(text, file, gatewayFile)
  const fault = new Faults(text, file)
  for (const [at, listener] of written.listeners.entries()) checkListener(listener, at, written, fault)
  for (const [name, upstream] of Object.entries(written.upstreams)) {
    checkUpstream(name, upstream, written, fault)
  }
  fault.throwFirst()
  return { ...written, file }
}

/** A path of the file, which is taken from the folder that the file lies in. */
export function pathIn({ file }: GatewayConfig, path: string): string {
  return pathBeside(file, path)
}

/** `0.0.0.0:8443`, `[::]:8443`. */
export function listenAddress(text: string): ListenAddress {
  const colon = text.lastIndexOf(':')
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) }
}

/** Whether `path` is what a pattern such as `/firmware/*` or `/one` names. */
export function matchesPath(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern
}

type Route = HttpsListenerFile['routes'][number]

/** Which route wins stands first: one that names the host, then one path before many, then the longer one. */
export function routesInOrder(routes: readonly Route[]): readonly Route[] {
  const rank = ({ host, path }: Route) => [
    host === undefined ? 1 : 0,
    path.endsWith('*') ? 1 : 0,
    -path.length,
  ]
  return [...routes].sort((a, b) => {
    const [ours, theirs] = [rank(a), rank(b)]
    const at = ours.findIndex((value, i) => value !== theirs[i])
    return at < 0 ? 0 : (ours[at] as number) - (theirs[at] as number)
  })
}

const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

function checkListener(listener: ListenerFile, at: number, file: GatewayFile, fault: Faults): void {
  const here: Path = ['listeners', at]
  const { certificate, tls, name } = listener
  if (file.listeners.findIndex((one) => one.name === name) !== at) {
    fault.add([...here, 'name'], `${name} is the name of another listener`, 'give each its own name')
  }
  for (const [i, address] of listener.listen.entries()) {
    if (listenAddress(address).port > 65_535) {
      fault.add([...here, 'listen', i], `${address} has no port`, 'ports end at 65535')
    }
    if (isTaken(address, file, at, i)) {
      const mend = 'the rules of one of them would not hold: give each an address of its own'
      fault.add([...here, 'listen', i], `${address} is listened on twice`, mend)
    }
  }
  if (certificate.files !== undefined && !certificate.files.ecdsa && !certificate.files.rsa) {
    fault.add(
      [...here, 'certificate', 'files'],
      'names no files',
      'write ecdsa or rsa, each with chain and key',
    )
  }
  const min = tls.min ?? 'TLSv1.2'
  if (versions.indexOf(min) > versions.indexOf(tls.max ?? 'TLSv1.3')) {
    fault.add([...here, 'tls', 'min'], `${min} is above max`, 'write min at or below max')
  }
  if (versions.indexOf(min) < versions.indexOf('TLSv1.2') && tls.oldSuites !== true) {
    const what = `${min} has none but the old suites, and they are not taken`
    fault.add([...here, 'tls', 'min'], what, 'add oldSuites: true, or write TLSv1.2')
  }
  if (listener.devices.length > 0 && listener.anchorsHeld === undefined && certificate.own === undefined) {
    const mend = 'name the PEM files or root ids that the devices hold'
    fault.add(
      [...here, 'devices'],
      'devices are named, and not the anchors that they hold',
      `add anchorsHeld: ${mend}`,
    )
  }
  if (listener.protocol === 'https') checkRoutes(listener, here, file, fault)
  else checkMqtt(listener, here, file, fault)
}

/** By another listener, or again by the same one; a port of 0 is a new one each time, but has no name of its own. */
function isTaken(address: string, { listeners }: GatewayFile, at: number, i: number): boolean {
  const same = (other: string) => other.toLowerCase() === address.toLowerCase()
  return listeners.some(({ listen }, l) =>
    listen.some((other, o) => same(other) && (l < at || (l === at && o < i))),
  )
}

function checkRoutes({ routes }: HttpsListenerFile, here: Path, file: GatewayFile, fault: Faults): void {
  for (const [i, { upstream: wanted, path, to }] of routes.entries()) {
    const upstream = file.upstreams[wanted]
    const place = [...here, 'routes', i, 'upstream']
    if (upstream === undefined) fault.add(place, `there is no upstream ${wanted}`, namesOf(file, 'https'))
    else if (upstream.protocol !== 'https') {
      fault.add(
        place,
        `${wanted} is an upstream of ${upstream.protocol}`,
        'a listener of https needs one of https',
      )
    }
    if (to !== undefined && path.endsWith('/*') && !to.endsWith('/')) {
      const what = `the star follows it at once: ${path.slice(0, -1)}x becomes ${to}x`
      fault.add([...here, 'routes', i, 'to'], what, `write to: ${to}/`)
    }
    if (to !== undefined && !path.endsWith('*') && to.endsWith('/')) {
      fault.add(
        [...here, 'routes', i, 'to'],
        'is a folder, and path names one file',
        'name the file upstream',
      )
    }
  }
}

function checkMqtt(listener: MqttListenerFile, here: Path, file: GatewayFile, fault: Faults): void {
  const upstream = file.upstreams[listener.upstream]
  const place = [...here, 'upstream']
  if (upstream === undefined)
    fault.add(place, `there is no upstream ${listener.upstream}`, namesOf(file, 'mqtts'))
  else if (upstream.protocol !== 'mqtts') {
    fault.add(
      place,
      `${listener.upstream} is an upstream of ${upstream.protocol}`,
      'a listener of mqtts needs one of mqtts',
    )
  } else if (upstream.identities.length > 0 && listener.clientCertificates?.ask !== 'required') {
    const mend = 'add clientCertificates: { ask: required, ca: … } to the listener'
    fault.add(
      place,
      `${listener.upstream} has identities, and this listener asks for no client certificate`,
      mend,
    )
  }
}

function namesOf(file: GatewayFile, protocol: 'https' | 'mqtts'): string {
  const names = Object.entries(file.upstreams).filter(([, one]) => one.protocol === protocol)
  return names.length === 0
    ? `add one of ${protocol} under upstreams`
    : `there are: ${names.map(([id]) => id).join(', ')}`
}

function checkUpstream(
  name: string,
  upstream: HttpsUpstreamFile | MqttUpstreamFile,
  file: GatewayFile,
  fault: Faults,
): void {
  const here: Path = ['upstreams', name]
  if (upstream.connect !== undefined && !isPort(listenAddress(upstream.connect).port)) {
    fault.add([...here, 'connect'], `${upstream.connect} has no port`, 'ports are 1 to 65535')
  }
  if (upstream.protocol !== 'https') {
    checkIdentities(upstream, here, fault)
    return
  }
  if (!URL.canParse(upstream.url))
    fault.add([...here, 'url'], 'is no URL', 'write https://host or https://host/path')
  if (upstream.credentials !== undefined && (upstream.readPaths ?? []).length === 0) {
    const what = 'the gateway adds its credentials, and no path is open to devices'
    fault.add([...here, 'credentials'], what, 'add readPaths: [/firmware/*]')
  }
  if (upstream.cache && file.cache === undefined) {
    fault.add([...here, 'cache'], 'there is no cache to keep it in', 'add cache: { folder: ./cache }')
  }
  if (Object.keys(upstream.sha256).length > 0 && !upstream.cache) {
    fault.add(
      [...here, 'sha256'],
      'a file is verified in the cache, and this upstream has none',
      'add cache: true',
    )
  }
  if (upstream.writeMethods.length > 0 && upstream.writePaths.length === 0) {
    fault.add([...here, 'writeMethods'], 'no path is open to them', 'add writePaths: [/telemetry/*]')
  }
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535
}

function checkIdentities({ identities }: MqttUpstreamFile, here: Path, fault: Faults): void {
  for (const [i, { commonName, username, password }] of identities.entries()) {
    if (identities.findIndex((one) => one.commonName === commonName) !== i) {
      fault.add(
        [...here, 'identities', i, 'commonName'],
        `${commonName} has a row before`,
        'keep one of them',
      )
    }
    // Beside a user name of the device's own it would open whatever the device names.
    if (password !== undefined && username === undefined) {
      fault.add([...here, 'identities', i, 'password'], 'a password without a username', 'write both')
    }
  }
}

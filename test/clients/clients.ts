import { type ExecFileException, execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { type ClientBuild, clientBuilds } from './builds.ts'

/** The flags of `test/clients/README.md`. `null` for `sni` and `name` is the word `none`. */
export interface ClientArgs {
  readonly host?: string
  readonly port: number
  readonly sni: string | null
  /** The name to verify; left out: that of `sni`. */
  readonly name?: string | null
  /** PEM file. */
  readonly anchors?: string
  readonly verify?: 'full' | 'none'
  readonly mfl?: number
  readonly buffer?: number
  readonly minVersion?: TlsVersionName
  readonly maxVersion?: TlsVersionName
  readonly suites?: string
  /** Request line, as `GET /`. */
  readonly request?: string
  /** Asks for the file of `request` in ranges of so many bytes on one connection. */
  readonly ranges?: number
  /** File that what follows the heads of the answers is written to. */
  readonly save?: string
  /** The client's clock. */
  readonly time?: Date
  readonly clientCert?: string
  readonly clientKey?: string
}

export type TlsVersionName = '1.0' | '1.1' | '1.2' | '1.3'

/** The one line that each client prints. */
export interface ClientResult {
  readonly stack: string
  readonly version: string
  readonly build: string
  /** Where it ended. `setup`: the library refused its own settings; `data`: after the handshake. */
  readonly stage: 'setup' | 'tcp' | 'handshake' | 'verify' | 'data' | 'done'
  readonly ok: boolean
  /** The library's own code as it writes it: `-0x2700`, `-188`, `62`, OpenSSL's reason. `0` when ok. */
  readonly code: string
  /** Mbed TLS: verify flags, hex; OpenSSL: verify result; GnuTLS: status, hex. */
  readonly flags: string | null
  /** close_notify is not reported. */
  readonly alertReceived: number | null
  readonly alertSent: number | null
  /** `TLSv1.2`, from the ServerHello; null when none came. */
  readonly tlsVersion: string | null
  /** The library's own name; null before the handshake is done. */
  readonly suite: string | null
  readonly suiteCode: number | null
  /** The max_fragment_length that the ClientHello asked for. */
  readonly maxFragmentLengthSent: number | null
  /** How the answer to the request ended. */
  readonly ended: 'close_notify' | 'eof' | null
  readonly sizes: {
    /** Received. */
    readonly records: number
    /** Received; payload with what encryption adds. */
    readonly largestRecord: number
    readonly bytesRead: number
    readonly bytesWritten: number
    readonly handshakeBytesRead: number | null
    readonly appDataBytes: number | null
    readonly appDataLargestRead: number
  }
  /** Bytes held by malloc or taken from the pool at most; BearSSL: its contexts and buffers. */
  readonly peakHeap: number
}

const TIMEOUT_MS = 20_000
const script = join(import.meta.dirname, 'build.sh')
const paths = new Map<string, string | undefined>()

/**
 * What a client is, when it can be run here: built on the first call, which takes seconds for a build of a source
 * package. Undefined when its library is not installed, and then tests that need it are skipped by name. Throws under
 * `CI=true`, where nothing may be missing, and for a name that does not exist.
 */
export function buildOf(name: string): ClientBuild | undefined {
  const build = clientBuilds.find((one) => one.name === name)
  if (build === undefined) throw new Error(`no client is named ${name}`)
  return pathOf(name) === undefined ? undefined : build
}

/** Runs one client to its end. Throws when it refuses its arguments or prints no line within the time. */
export function runClient(name: string, args: ClientArgs, timeoutMs = TIMEOUT_MS): Promise<ClientResult> {
  const path = buildOf(name) && pathOf(name)
  if (path === undefined) throw new Error(`client ${name} is missing: npm run peers`)
  return new Promise((resolve, reject) => {
    execFile(
      path,
      formatArgs(args),
      { timeout: timeoutMs, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        if (error === null) resolve(JSON.parse(stdout) as ClientResult)
        else reject(new Error(`client ${name} ${howItEnded(error)}: ${stderr.trim()}`))
      },
    )
  })
}

function pathOf(name: string): string | undefined {
  if (!paths.has(name)) paths.set(name, buildNow(name))
  return paths.get(name)
}

function buildNow(name: string): string | undefined {
  try {
    return execFileSync('bash', [script, name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim()
  } catch (error) {
    const words = String((error as { stderr?: string }).stderr ?? error).trim()
    if (process.env.CI === 'true' || !/ is missing: npm run peers$/.test(words)) throw new Error(words)
    return undefined
  }
}

function formatArgs(args: ClientArgs): string[] {
  const flags: readonly (readonly [string, string | number | undefined])[] = [
    ['connect', `${args.host ?? '127.0.0.1'}:${args.port}`],
    ['sni', args.sni ?? 'none'],
    ['name', args.name === null ? 'none' : args.name],
    ['anchors', args.anchors],
    ['verify', args.verify],
    ['mfl', args.mfl],
    ['buffer', args.buffer],
    ['min-version', args.minVersion],
    ['max-version', args.maxVersion],
    ['suites', args.suites],
    ['request', args.request],
    ['ranges', args.ranges],
    ['save', args.save],
    ['time', args.time && Math.floor(args.time.getTime() / 1_000)],
    ['client-cert', args.clientCert],
    ['client-key', args.clientKey],
  ]
  return flags.flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag}`, String(value)]))
}

function howItEnded(error: ExecFileException): string {
  return error.killed ? 'ran out of time' : `ended with ${error.code ?? error.signal}`
}

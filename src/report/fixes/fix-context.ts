import type { Device } from '../../device/device.ts'
import type { FindingId } from '../../finding/details.ts'
import type { Effect } from '../../finding/finding.ts'
import type { Target } from '../../observe/observation.ts'
import { deviceWord } from '../device-word.ts'
import { shellWord } from '../escape.ts'

/** What a cure's words and commands are made of. Every text in it is escaped already. */
export interface FixContext {
  readonly device: Device
  readonly target: Target
  /** The name that the server's certificate is for, where the target itself has none. */
  readonly certificateFor?: string | undefined
  /** Numbers and names of the finding, those given with the fix over them. */
  readonly facts: { readonly [name: string]: string | number }
  /** What is cured, and how it is said with its numbers; undefined where words are wanted without a finding. */
  readonly finding?:
    | { readonly id: FindingId; readonly effect: Effect; readonly sentence: string }
    | undefined
}

export interface FixWords {
  readonly title: (context: FixContext) => string
  /** Lines to copy: commands, Kconfig, fields, directives. Empty where the cure is not typed anywhere. */
  readonly commands: (context: FixContext) => readonly string[]
}

/** Families whose settings the commands are spelt in, the upper layers first. */
export type Family =
  | 'memfault'
  | 'ncs'
  | 'ncs-native-tls'
  | 'nrf7002'
  | 'zephyr'
  | 'esp-idf'
  | 'esp8266-arduino'
  | 'arduino-esp32'
  | 'spwf04sx'
  | 'nrf9160'
  | 'nrf91x1'

/** The entry of the uppermost layer that has one; `other` where none has. */
export function byFamily<T>(
  context: FixContext,
  entries: { readonly [F in Family]?: T } & { readonly other: T },
): T {
  for (const layer of [...context.device.layers].reverse()) {
    const family = layer.family === 'nrf91x1' && entries.nrf91x1 === undefined ? 'nrf9160' : layer.family
    const entry = Object.hasOwn(entries, family) ? entries[family as Family] : undefined
    if (entry !== undefined) return entry
  }
  return entries.other
}

export function fact(context: FixContext, name: string): string | undefined {
  const value = context.facts[name]
  return value === undefined ? undefined : String(value)
}

export function numberFact(context: FixContext, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = context.facts[name]
    if (typeof value === 'number') return value
  }
  return undefined
}

/** The first of the named facts, or `<placeholder>` to be filled in by the reader. */
export function named(context: FixContext, placeholder: string, ...names: readonly string[]): string {
  for (const name of names) {
    const value = fact(context, name)
    if (value !== undefined && value !== '') return value
  }
  return `<${placeholder}>`
}

export function host(context: FixContext): string {
  return context.target.host ?? named(context, 'host', 'host')
}

/** `host:port`, ready for a shell. */
export function hostPort(context: FixContext, port = context.target.port ?? 443): string {
  const name = host(context)
  return isPlaceholder(name) ? `${name}:443` : shellWord(`${bracket(name)}:${port}`)
}

/** The host, ready for a shell. */
export function hostWord(context: FixContext): string {
  const name = host(context)
  return isPlaceholder(name) ? name : shellWord(name)
}

/** For the reader to fill in: of our own making, and never what somebody else wrote. */
function isPlaceholder(name: string): boolean {
  return name === '<host>'
}

/** A string of C. */
export function cString(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** `openssl s_client` to the target; without a server name where the host is an address. */
export function sClient(context: FixContext, port?: number): string {
  const name = host(context)
  const sni = isAddress(name) ? '' : ` -servername ${hostWord(context)}`
  return `openssl s_client -connect ${hostPort(context, port)}${sni} </dev/null`
}

export function isAddress(name: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(name) || name.includes(':')
}

/** `tlsfit check` of the same target and device. */
export function checkAgain(context: FixContext, more = ''): string {
  return `tlsfit check ${shellWord(context.target.text)} --device ${deviceWord(context.device)}${more}`
}

function bracket(name: string): string {
  return name.includes(':') ? `[${name}]` : name
}

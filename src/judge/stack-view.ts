import type { FailureKind } from '../device/device.ts'
import type { Connection, Negotiated, Observation } from '../observe/observation.ts'
import type { ChainSeen, EndSeen, MessageSeen, NegotiatedSeen, Stack, StackFailure } from '../stack/stack.ts'
import { stackFor } from '../stack/stacks.ts'
import { cipherSuites } from '../tls/cipher-suites.ts'
import { extensionTypes } from '../tls/extension-types.ts'
import { recordOverhead } from '../tls/record-overhead.ts'
import { MAX_PLAINTEXT_BYTES } from '../tls/record-reader.ts'
import { isTls13 } from '../tls/versions.ts'
import type { Checks } from './checks.ts'
import type { JudgeInput } from './judge-input.ts'
import { fatalAlert } from './refusal.ts'
import type { ChainRead, Leg } from './scene.ts'

/** What the device's own TLS library makes of one leg, in the order in which it would read it. */
export interface StackView {
  readonly stack: Stack
  /** In the order of the connection; the device meets the first, and each next one once that is cured. */
  readonly failures: readonly StackFailure[]
  /** Its verification was replayed to the end: what it does not refuse, it accepts. */
  readonly verified: boolean
}

/** Undefined where no rules are known for the device's library. */
export function viewByStack(input: JudgeInput, checks: Checks, leg: Leg): StackView | undefined {
  const rules = input.device.build.rules?.value
  if (rules === undefined) return undefined
  const { first, connections, chain } = leg
  const stack = stackFor(rules)
  const anchors = anchorsOf(input, chain)
  const failures: (StackFailure | undefined)[] = []
  if (anchors !== undefined) {
    const now = checks.dates.state === 'checked' ? input.now : undefined
    failures.push(ofAssumed(stack.loadAnchors?.(anchors, input.device, now), input))
  }
  if (first?.negotiated !== undefined)
    failures.push(stack.readNegotiated?.(negotiatedSeen(first, first.negotiated), input.device))
  for (const message of messagesOf(first, chain, input.observation)) {
    failures.push(stack.readMessage(message, input.device))
    if (message.name === 'Certificate' && chain !== undefined && anchors !== undefined) {
      const seen = { ...chainSeen(input, checks, leg, chain, anchors), records: message.records }
      failures.push(ofAssumed(stack.verify(seen, input.device), input))
    }
  }
  if (first === undefined || first.messages.length === 0) failures.push(ifCut(stack, input, chain))
  // Where the schemes of the device are not known, the server chose among those that were offered wide.
  const choseOwn = input.device.hello.signatureSchemes !== undefined
  if (choseOwn && first?.negotiated !== undefined && first.keyExchange !== undefined) {
    const { version } = first.negotiated
    const { signatureScheme, dhBits } = first.keyExchange
    failures.push(stack.readKeyExchange?.({ version, signatureScheme, dhBits }, input.device))
  }
  failures.push(...recordFailures(stack, input, connections))
  return {
    stack,
    failures: failures.filter((one) => one !== undefined),
    verified: chain !== undefined && anchors !== undefined && !failures.some((one) => one?.early),
  }
}

function negotiatedSeen({ hello }: Connection, negotiated: Negotiated): NegotiatedSeen {
  const asksSecureRenegotiation =
    hello !== undefined &&
    (hello.extensions.includes(extensionTypes.renegotiation_info.code) ||
      hello.cipherSuites.includes(cipherSuites.TLS_EMPTY_RENEGOTIATION_INFO_SCSV.code))
  const { version, maxFragmentLength, extensions } = negotiated
  return { version, maxFragmentLength, extensions, asksSecureRenegotiation }
}

/** What the device holds, or the public root that it is assumed to hold; undefined where neither is known. */
function anchorsOf({ trust }: JudgeInput, chain: ChainRead | undefined): ChainSeen['anchors'] | undefined {
  if (trust.held !== undefined) return trust.held.map(({ certificate }) => certificate)
  const assumed = chain?.path.used?.anchor
  return assumed === undefined ? undefined : [assumed]
}

/** Where the root is assumed, another that the device may hold might be what the library looks for, or can load. */
function ofAssumed(failure: StackFailure | undefined, { trust }: JudgeInput): StackFailure | undefined {
  const open = trust.held === undefined && failure?.reasons.some(({ kind }) => ofAnchors.has(kind))
  return failure && open ? { ...failure, uncertain: true } : failure
}

/** Failures that hang on which anchors are held. */
export const ofAnchors: ReadonlySet<FailureKind> = new Set(['untrusted', 'no-anchor'])

/** Received handshake messages; of a PEM file the Certificate message that a server would make of it. */
function messagesOf(
  first: Connection | undefined,
  chain: ChainRead | undefined,
  { source }: Observation,
): MessageSeen[] {
  if (source === 'pem' || first === undefined || first.messages.length === 0) {
    return chain === undefined ? [] : [asOneMessage(chain)]
  }
  const encrypts = isTls13(first.negotiated?.version ?? 0)
  const agreed = encrypts ? undefined : first.negotiated?.maxFragmentLength
  let helloRecordBytes = 0
  let receivedBytes = 0
  let transcriptBytes = 0
  return first.messages.flatMap(
    ({ direction, name, messageBytes, records, largestRecordBytes, headerCut }) => {
      transcriptBytes += messageBytes ?? 0
      if (direction === 'sent' || messageBytes === undefined || largestRecordBytes === undefined) return []
      const clear = !encrypts || name === 'ServerHello' || name === 'HelloRetryRequest'
      const overheadBytes = clear ? 0 : overheadOf(first, largestRecordBytes)
      if (name === 'ServerHello') helloRecordBytes = largestRecordBytes
      // The ServerHello's own record was read before anything was agreed.
      const agreedFragmentBytes = receivedBytes >= helloRecordBytes ? agreed : undefined
      receivedBytes += messageBytes
      const size = { messageBytes, records, largestRecordBytes, overheadBytes, transcriptBytes }
      return [{ name, ...size, headerCut, agreedFragmentBytes }]
    },
  )
}

function asOneMessage({ messageBytes }: ChainRead): MessageSeen {
  const records = Math.ceil(messageBytes / MAX_PLAINTEXT_BYTES)
  const largestRecordBytes = Math.min(messageBytes, MAX_PLAINTEXT_BYTES)
  return { name: 'Certificate', messageBytes, records, largestRecordBytes, overheadBytes: 0 }
}

/** A device that asks for max_fragment_length meets a chain of a file in pieces, at a server that honours it. */
function ifCut(stack: Stack, { device }: JudgeInput, chain: ChainRead | undefined): StackFailure | undefined {
  const length = device.hello.maxFragmentLength?.value
  if (chain === undefined || typeof length !== 'number' || chain.messageBytes <= length) return undefined
  const { messageBytes } = chain
  const records = Math.ceil(messageBytes / length)
  const message = { name: 'Certificate', messageBytes, records, largestRecordBytes: length, overheadBytes: 0 }
  const failure = stack.readMessage(message, device)
  return failure && { ...failure, uncertain: true }
}

function overheadOf({ negotiated }: Connection, plaintextBytes: number): number {
  if (negotiated === undefined) return 0
  const { version, cipherSuite, encryptThenMac } = negotiated
  return recordOverhead(version, cipherSuite, plaintextBytes, { encryptThenMac }) ?? 0
}

function chainSeen(
  { now }: JudgeInput,
  checks: Checks,
  { first, host, finalDot, keyExchange }: Leg,
  chain: ChainRead,
  anchors: ChainSeen['anchors'],
): ChainSeen {
  const { certificates, derBytes, messageBytes } = chain
  return {
    certificates,
    derBytes,
    messageBytes,
    anchors,
    verifies: checks.peer.state === 'checked',
    host: checks.name.state === 'checked' ? host && (finalDot ? `${host}.` : host) : undefined,
    now: checks.dates.state === 'checked' ? now : undefined,
    version: first?.negotiated?.version,
    keyExchange,
  }
}

/** The first record that the stack cannot take. */
function recordFailures(
  stack: Stack,
  { device }: JudgeInput,
  connections: readonly Connection[],
): StackFailure[] {
  for (const connection of connections) {
    for (const { plaintextBytes, offset } of connection.records) {
      const overheadBytes = overheadOf(connection, plaintextBytes)
      const agreedFragmentBytes = connection.negotiated?.maxFragmentLength
      const record = { plaintextBytes, overheadBytes, offset, agreedFragmentBytes }
      const failure = stack.readRecord(record, device)
      if (failure !== undefined) return [failure]
    }
  }
  return []
}

/** How the connection ended, in the library's number; undefined where it went on, or has none. */
export function codeOfEnd({ stack }: StackView, first: Connection | undefined): string | undefined {
  const end = endOf(first)
  return end === undefined ? undefined : stack.codeOf(end)
}

function endOf(first: Connection | undefined): EndSeen | undefined {
  if (first === undefined) return undefined
  if (first.violation?.reason === 'not-tls') return { kind: 'not-tls' }
  const alert = fatalAlert(first)
  if (alert !== undefined) return { kind: 'alert', description: alert.description }
  if (first.close?.by !== 'peer') return undefined
  if (first.close.how === 'reset') return { kind: 'reset' }
  return { kind: first.close.how === 'close_notify' ? 'close-notify' : 'closed' }
}

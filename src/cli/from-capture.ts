import { stringify } from 'yaml'
import { looksLikeCapture } from '../capture/capture-format.ts'
import { openSource } from '../io/byte-source.ts'
import { InputError } from '../io/input-error.ts'
import { readSessions } from '../io/read-sessions.ts'
import { profilesOfSessions, type RecordedProfile } from '../observe/hello-profile.ts'
import type { Json } from '../observe/observation-json.ts'
import { escapeText } from '../report/escape.ts'
import { formatJson } from '../report/json-text.ts'
import { exitCodes, usageError } from './cli-error.ts'
import type { CliIo } from './cli-io.ts'

/** `tlsfit devices from-capture FILE`: the profile of a device's hello, recorded from its own ClientHello. */
export async function fromCapture(
  path: string | undefined,
  asked: { readonly format: string | undefined },
  io: CliIo,
): Promise<number> {
  if (path === undefined) {
    throw usageError(
      'file-missing',
      'from-capture needs a capture',
      'write tlsfit devices from-capture trace.pcapng',
    )
  }
  const format = formatOf(asked.format)
  const source = await openSource(path, io.stdinChunks, 'a capture (pcap, pcapng)')
  if (!looksLikeCapture(source.head)) {
    throw new InputError(
      'not-a-capture',
      `${source.name} is no capture`,
      'give a pcap or pcapng file',
      source.name,
    )
  }
  const { sessions } = await readSessions(source)
  const file = escapeText(path.replace(/^.*[\\/]/, ''), { maxChars: 80 })
  const profiles = profilesOfSessions(sessions, file)
  const [first] = profiles
  if (first === undefined) {
    throw new InputError(
      'no-hello-seen',
      `${source.name} holds no whole ClientHello of TLS over TCP`,
      'capture from before the connection begins, with frames in full (tcpdump -s 0)',
      source.name,
    )
  }
  if (profiles.length > 1) {
    const others = profiles.slice(1, 6).map(({ client, count }) => `${client} (${count})`)
    io.stderr.write(
      `note: ${profiles.length} different ClientHellos are in the capture; this is the most frequent, of ${first.client}; others: ${others.join(', ')}\n`,
    )
  }
  io.stdout.write(format === 'yaml' ? writeYaml(first.profile, file) : `${formatJson(json(first.profile))}\n`)
  return exitCodes.done
}

function writeYaml(profile: RecordedProfile, file: string): string {
  const head = [
    `# Made by tlsfit devices from-capture ${file}: the ClientHello of the device itself.`,
    '# Limits, verification and trust are in no hello: add what is known, or take a family as base.',
  ]
  return `${head.join('\n')}\n${stringify(profile, { lineWidth: 110 })}`
}

function json(profile: RecordedProfile): Json {
  return { schema: 'tlsfit/profile@1', profile: profile as unknown as Json }
}

function formatOf(format: string | undefined): 'yaml' | 'json' {
  if (format === undefined || format === 'yaml' || format === 'text') return 'yaml'
  if (format === 'json') return 'json'
  const shown = escapeText(format, { maxChars: 40 })
  throw usageError(
    'value-invalid',
    `from-capture has no format ${shown}`,
    'there are: yaml, json',
    '--format',
  )
}

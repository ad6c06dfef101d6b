import { usageError } from './cli-error.ts'
import type { CliIo } from './cli-io.ts'

/** Longest list of targets. */
const maxTargets = 10_000

/** The targets of the command line, `-` spelt out: what stdin lists. Throws `CliError`. */
export async function readTargets(positionals: readonly string[], io: CliIo): Promise<string[]> {
  const targets: string[] = []
  let listed = false
  for (const word of positionals) {
    if (word !== '-') targets.push(word)
    else if (!listed) {
      targets.push(...parseTargetList(await io.readStdin()))
      listed = true
    }
  }
  if (targets.length === 0) {
    throw usageError(
      'target-missing',
      listed ? 'no target on stdin' : 'no target given',
      'write a URL or a certificate file: tlsfit check https://example.com/ --device nrf9160@1.3.7',
    )
  }
  if (targets.length > maxTargets) {
    throw usageError('too-many-targets', `more than ${maxTargets} targets`, 'split the list')
  }
  return targets
}

/**
 * One target a line; blank lines and comments, which begin with `#` at the start of a line or after white space, are
 * left out. Throws `CliError` for UTF-16, and for a URL with more beside it: it would be asked for as part of the path.
 */
export function parseTargetList(text: string): string[] {
  const head = text.slice(0, 4096)
  // Every second byte of ASCII in UTF-16 is 0.
  const zeros = head.split('\u0000').length - 1
  if (zeros > 0 && zeros >= head.length / 4) {
    throw usageError(
      'list-encoding',
      'the list on stdin is UTF-16, not UTF-8',
      'convert it: iconv -f UTF-16 -t UTF-8 list.txt | tlsfit check - ...',
      '-',
    )
  }
  // trim() takes a byte order mark for a blank, too.
  const lines = text.split(/\r\n|\n|\r/).map((line) => line.trim().replace(/(^|\s+)#.*$/, ''))
  const crowded = lines.findIndex((line) => /^[a-z][a-z0-9+.-]*:\/\/.*\s/i.test(line))
  if (crowded >= 0) {
    throw usageError(
      'list-line',
      `line ${crowded + 1} of the list on stdin holds white space within a URL`,
      'write one target a line, a blank within it as %20; devices go into --device, comments after #',
      `-:${crowded + 1}`,
    )
  }
  return lines.filter((line) => line !== '')
}

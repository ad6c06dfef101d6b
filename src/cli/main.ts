#!/usr/bin/env node
import { exitCodes, usageError } from './cli-error.ts'
import type { CliIo, CliOutput } from './cli-io.ts'
import { keepCompiled } from './compile-cache.ts'
import { formatAsked, run } from './run.ts'

// In place of an import, which makes a name for each function of `fs` and reads `fs/promises` at each start: 4 ms.
const { readFileSync, writeSync } = process.getBuiltinModule('node:fs')

/** Of a command that ends by itself when it is told to. */
let ending: AbortController | undefined

for (const [stream, name] of [
  [process.stdout, 'standard output'],
  [process.stderr, 'standard error'],
] as const) {
  stream.on('error', (error: NodeJS.ErrnoException) => unwritable(stream, name, error))
}
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => endBy(name))

function unwritable(stream: NodeJS.WriteStream, name: string, error: NodeJS.ErrnoException): void {
  // A reader that has seen enough (`| head`) closes the pipe: no error of ours, and the verdict's exit code stands.
  if (error.code === 'EPIPE') ending?.abort()
  else {
    if (stream === process.stdout) writeSync(2, `error: ${name} cannot be written: ${error.code}\n`)
    process.exit(exitCodes.unreadable)
  }
}

function endBy(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void {
  if (ending !== undefined && !ending.signal.aborted) {
    ending.abort()
    return
  }
  // A command that ends its own servers on Ctrl-C listens itself; then this one leaves it the last word.
  if (ending === undefined && process.listenerCount(name) > 1) return
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K')
  const format = ending === undefined ? formatAsked(process.argv) : undefined
  if (format === 'json' || format === 'jsonl') {
    const error = { code: 'interrupted', message: 'interrupted before the end', hint: null, at: null }
    writeSync(1, `${JSON.stringify({ schema: 'tlsfit/error@1', error })}\n`)
  }
  process.exit(exitCodes.interrupted)
}

function interruption(): AbortSignal {
  if (ending === undefined) {
    ending = new AbortController()
    // Under nohup a terminal that closes is to end nothing.
    if (!isIgnored(1)) process.on('SIGHUP', () => endBy('SIGHUP'))
  }
  return ending.signal
}

/** Whether the process was started with that signal ignored; known on Linux alone. */
function isIgnored(signal: number): boolean {
  try {
    const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]
    return ignored !== undefined && ((BigInt(`0x${ignored}`) >> BigInt(signal - 1)) & 1n) === 1n
  } catch {
    return false
  }
}

/** A list of ten thousand long URLs is a few megabytes. */
const MAX_STDIN_BYTES = 16 * 1024 * 1024

const io: CliIo = {
  stdout: output(process.stdout),
  stderr: output(process.stderr),
  readStdin,
  stdinChunks: () => process.stdin,
  env: process.env,
  now: () => new Date(),
  interruption,
}
keepCompiled(process.env)
const code = await run(process.argv.slice(2), io)
process.exitCode = code
// Pipes are written asynchronously: leave only when all is out, then do not wait for idle sockets.
process.stdout.write('', () => {
  // What failed in the last moment has not been told yet.
  const { errored } = process.stdout
  if (errored) unwritable(process.stdout, 'standard output', errored)
  process.stderr.write('', () => process.exit(code))
})

function tooMuchInput(bytes: number): Error {
  return usageError(
    'input-too-large',
    `standard input has more than ${bytes} bytes`,
    'give fewer targets at a time',
    '-',
  )
}

function output(stream: NodeJS.WriteStream): CliOutput {
  return {
    write: (text) => void stream.write(text),
    drained: async () => {
      if (!stream.writableNeedDrain) return
      // Asked for here: few outputs are so long, and an import costs each start.
      const { once } = process.getBuiltinModule('node:events')
      // A reader that goes meanwhile ends the wait.
      await once(stream, 'drain').catch(() => {})
    },
    isTTY: stream.isTTY === true,
    columns: stream.columns,
  }
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of process.stdin) {
    bytes += chunk.length
    if (bytes > MAX_STDIN_BYTES) throw tooMuchInput(MAX_STDIN_BYTES)
    chunks.push(Buffer.from(chunk))
  }
  return Buffer.concat(chunks).toString('utf8')
}

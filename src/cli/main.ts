#!/usr/bin/env node
import { writeSync } from 'node:fs'
import { exitCodes, usageError } from './cli-error.ts'
import type { CliIo, CliOutput } from './cli-io.ts'
import { run } from './run.ts'

// A reader that has seen enough (`| head`) closes the pipe: no error of ours, and the verdict's exit code stands.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exit(exitCodes.fault)
  })
}
// A command that ends its own servers on Ctrl-C listens itself; then this one leaves it the last word.
process.on('SIGINT', () => {
  if (process.listenerCount('SIGINT') > 1) return
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K')
  if (asksForJson(process.argv)) {
    const error = { code: 'interrupted', message: 'interrupted before the end', hint: null, at: null }
    writeSync(1, `${JSON.stringify({ schema: 'tlsfit/error@1', error })}\n`)
  }
  process.exit(exitCodes.interrupted)
})

/** A list of ten thousand long URLs is a few megabytes. */
const MAX_STDIN_BYTES = 16 * 1024 * 1024

const io: CliIo = {
  stdout: output(process.stdout),
  stderr: output(process.stderr),
  readStdin,
  stdinChunks: () => process.stdin,
  env: process.env,
  now: () => new Date(),
}
const code = await run(process.argv.slice(2), io)
process.exitCode = code
// Pipes are written asynchronously: leave only when all is out, then do not wait for idle sockets.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))

function asksForJson(argv: readonly string[]): boolean {
  return argv.some((word, at) => word === '--format=json' || (word === '--format' && argv[at + 1] === 'json'))
}

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

#!/usr/bin/env node
import type { CliIo, CliOutput } from './cli-io.ts'
import { run } from './run.ts'

// A reader that has seen enough (`| head`) closes the pipe: no error of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 70))
}
// A command that ends its own servers on Ctrl-C listens itself; then this one leaves it the last word.
process.on('SIGINT', () => {
  if (process.listenerCount('SIGINT') > 1) return
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K')
  process.exit(130)
})

const io: CliIo = {
  stdout: output(process.stdout),
  stderr: output(process.stderr),
  readStdin,
  env: process.env,
  now: () => new Date(),
}
const code = await run(process.argv.slice(2), io)
process.exitCode = code
// Pipes are written asynchronously: leave only when all is out, then do not wait for idle sockets.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))

function output(stream: NodeJS.WriteStream): CliOutput {
  return {
    write: (text) => void stream.write(text),
    isTTY: stream.isTTY === true,
    columns: stream.columns,
  }
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}

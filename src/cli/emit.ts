import { writeFile } from 'node:fs/promises'
import { type EmitPlan, planEmit } from '../emit/emit-files.ts'
import type { Emitter } from '../emit/emitted.ts'
import { orderByAcme } from '../gateway/identities/acme.ts'
import { openKnownRoots } from '../io/root-files.ts'
import { escapeText, shellWord } from '../report/escape.ts'
import { CliError, exitCodes, usageError } from './cli-error.ts'
import type { CliIo } from './cli-io.ts'
import type { Command } from './command.ts'

const proxies: { readonly [name: string]: () => Promise<Emitter> } = {
  nginx: async () => (await import('../emit/nginx.ts')).emitNginx,
  haproxy: async () => (await import('../emit/haproxy.ts')).emitHaproxy,
  envoy: async () => (await import('../emit/envoy.ts')).emitEnvoy,
}

/** `tlsfit emit nginx|haproxy|envoy CONFIG.yaml`: the configuration of the proxy that is there already. */
export const emitCommand: Command = {
  args: {
    proxy: { type: 'positional', description: 'nginx, haproxy or envoy', words: Object.keys(proxies) },
    config: { type: 'positional', description: 'gateway.yaml' },
    out: { type: 'string', valueHint: 'FILE', description: 'write it there; standard output is the default' },
  },
  run: async ({ io, parsed }) => {
    const [proxy = '', file] = parsed.positionals
    const open = Object.hasOwn(proxies, proxy) ? proxies[proxy] : undefined
    if (open === undefined) {
      const what =
        proxy === ''
          ? 'no proxy named'
          : `there is nothing emitted for ${escapeText(proxy, { maxChars: 40 })}`
      throw usageError('proxy-unknown', what, 'write tlsfit emit nginx gateway.yaml, or haproxy, or envoy')
    }
    if (file === undefined) {
      throw usageError('config-missing', 'no configuration given', `write tlsfit emit ${proxy} gateway.yaml`)
    }
    const order = orderByAcme((listener, message) => io.stderr.write(`${listener}: ${message}\n`))
    const plan = await planEmit(file, { now: io.now(), order, knownRoots: openKnownRoots() })
    const { text, cannot } = (await open())(plan.config, plan.files)
    const out = parsed.values.get('out')?.[0]
    if (out === undefined) io.stdout.write(text)
    else await save(out, text)
    tell(proxy, plan, cannot, io)
    return exitCodes.done
  },
}

async function save(out: string, text: string): Promise<void> {
  try {
    await writeFile(out, text)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'it failed'
    throw new CliError(exitCodes.unreadable, 'file-unwritable', `${out} cannot be written (${code})`, {
      hint: 'name a file in a folder that is there',
      at: out,
    })
  }
}

/** On standard error, beside the configuration: what it leaves out, and the command that proves the rest. */
function tell(proxy: string, plan: EmitPlan, cannot: readonly string[], io: CliIo): void {
  const line = (text: string) => io.stderr.write(`${text}\n`)
  for (const sentence of cannot) line(`not done by ${proxy}: ${sentence}`)
  line(`certificates and keys for it lie in ${plan.files.folder}; emit again when they are renewed`)
  if (plan.checks.length === 0)
    line('name devices and anchorsHeld on the listeners, and the command that proves it stands here')
  else line(`to prove it, once ${proxy} runs with it:`)
  for (const words of plan.checks) line(`  ${['tlsfit', 'check', ...words].map(shellWord).join(' ')}`)
}

import type { CliIo } from './cli-io.ts'
import type { Command } from './command.ts'
import type { CommandHelp } from './help.ts'

/** One command, loaded when it is called. */
export interface CommandEntry {
  readonly about: string
  readonly load: () => Promise<Command>
  readonly help: () => Promise<CommandHelp>
  readonly repeatable: readonly string[]
  readonly later: readonly string[]
  readonly maxPositionals: number
  /** Of a command line that cannot be read: tells it besides stderr. */
  readonly refused?: (argv: readonly string[], error: unknown, io: CliIo) => Promise<void>
}

export const commands: { readonly [name: string]: CommandEntry } = {
  check: {
    about: 'judge endpoints or certificate files through the eyes of devices',
    load: async () => (await import('./check.ts')).checkCommand,
    help: async () => (await import('./check-help.ts')).checkHelp,
    repeatable: ['anchor', 'can', 'candidate', 'device', 'header', 'report'],
    later: [],
    maxPositionals: Infinity,
    refused: async (argv, error, io) => {
      const { reportFilesNamed } = await import('./report-option.ts')
      const files = reportFilesNamed(argv)
      if (files.length === 0) return
      await (await import('./run-with-report-files.ts')).tellReportFiles(files, error, io)
    },
  },
  explain: {
    about: 'from a log, a certificate chain or a capture to the cause',
    load: async () => (await import('./explain.ts')).explainCommand,
    help: async () => (await import('./explain-help.ts')).explainHelp,
    repeatable: ['anchor'],
    later: [],
    maxPositionals: 1,
  },
  diff: {
    about: 'what two endpoints, captures, chains or devices differ in',
    load: async () => (await import('./diff.ts')).diffCommand,
    help: async () => (await import('./diff-help.ts')).diffHelp,
    repeatable: [],
    later: [],
    maxPositionals: 2,
  },
  demo: {
    about: 'five real failures on loopback: seen, explained, cured',
    load: async () => (await import('./demo.ts')).demoCommand,
    help: async () => (await import('./lab-help.ts')).demoHelp,
    repeatable: [],
    later: [],
    maxPositionals: Infinity,
  },
  lab: {
    about: 'one failing case on loopback, to point a device or a check at',
    load: async () => (await import('./lab.ts')).labCommand,
    help: async () => (await import('./lab-help.ts')).labHelp,
    repeatable: [],
    later: [],
    maxPositionals: 1,
  },
  serve: {
    about: 'a local OTA server that a device can really use, told live',
    load: async () => (await import('./serve.ts')).serveCommand,
    help: async () => (await import('./serve-help.ts')).serveHelp,
    repeatable: ['name'],
    later: [],
    maxPositionals: 1,
  },
  measure: {
    about: 'what a real device takes, to the byte, and fails to verify',
    load: async () => (await import('./measure.ts')).measureCommand,
    help: async () => (await import('./measure-help.ts')).measureHelp,
    repeatable: ['name', 'report'],
    later: [],
    maxPositionals: 0,
  },
  trust: {
    about: 'the roots a device needs for all hosts; what a held root serves',
    load: async () => (await import('./trust.ts')).trustCommand,
    help: async () => (await import('./trust-help.ts')).trustHelp,
    repeatable: ['header', 'held', 'root'],
    later: [],
    maxPositionals: Infinity,
  },
  gateway: {
    about: 'TLS that devices can reach, before upstreams that they cannot',
    load: async () => (await import('./gateway.ts')).gatewayCommand,
    help: async () => (await import('./gateway-help.ts')).gatewayHelp,
    repeatable: [],
    later: [],
    maxPositionals: 1,
  },
  emit: {
    about: 'the configuration of nginx, HAProxy or Envoy from a gateway.yaml',
    load: async () => (await import('./emit.ts')).emitCommand,
    help: async () => (await import('./emit-help.ts')).emitHelp,
    repeatable: [],
    later: [],
    maxPositionals: 2,
  },
  watch: {
    about: 'endpoints under watch for fleets: margins, changes, alerts',
    load: async () => (await import('./watch.ts')).watchCommand,
    help: async () => (await import('./watch-help.ts')).watchHelp,
    repeatable: [],
    later: [],
    maxPositionals: 1,
  },
  worker: {
    about: 'probes of a watch from another process or machine',
    load: async () => (await import('./worker.ts')).workerCommand,
    help: async () => (await import('./watch-help.ts')).workerHelp,
    repeatable: [],
    later: [],
    maxPositionals: 0,
  },
  store: {
    about: 'what a watch keeps: copied to PostgreSQL, backed up, restored',
    load: async () => (await import('./store.ts')).storeCommand,
    help: async () => (await import('./watch-help.ts')).storeHelp,
    repeatable: [],
    later: [],
    maxPositionals: 3,
  },
  capsule: {
    about: 'one small redacted file of a bug, to share in public and replay',
    load: async () => (await import('./capsule.ts')).capsuleCommand,
    help: async () => (await import('./capsule-help.ts')).capsuleHelp,
    repeatable: [],
    later: [],
    maxPositionals: 1,
  },
  evidence: {
    about: 'a row of evidence/ from a capsule: what a device took or refused',
    load: async () => (await import('./evidence.ts')).evidenceCommand,
    help: async () => (await import('./capsule-help.ts')).evidenceHelp,
    repeatable: [],
    later: [],
    maxPositionals: 2,
  },
  completions: {
    about: 'what completes commands, options and devices in bash, zsh or fish',
    load: async () => (await import('./completions.ts')).completionsCommand,
    help: async () => (await import('./completions-help.ts')).completionsHelp,
    repeatable: [],
    later: [],
    maxPositionals: 1,
  },
  devices: {
    about: 'what is known of each device and its source; checks your profiles',
    load: async () => (await import('./devices.ts')).devicesCommand,
    help: async () => (await import('./devices-help.ts')).devicesHelp,
    repeatable: [],
    later: [],
    maxPositionals: 2,
  },
}

import type { CommandHelp } from './help.ts'

export const watchHelp: CommandHelp = {
  usage: 'watch [CONFIG] [options]',
  about:
    'Watches endpoints for fleets of devices: how far each is from its nearest limit, what changed, what stops whom and when. A dashboard, alerts, and all of it in one process; or with PostgreSQL and tlsfit worker on many.',
  notes: [
    'CONFIG is read again when it changes; one with a fault changes nothing, and is told on stderr. docs/watch.md has every key.',
    'What is underway is kept in the store: after a crash nothing is lost and nothing is told twice.',
    'Events go to stderr, one a line. Ctrl-C or SIGTERM ends it within seconds, with exit code 130.',
  ],
  groups: [
    ['where', ['store', 'host', 'port']],
    ['how', ['vantage', 'jobs', 'lease', 'check']],
  ],
  examples: [
    ['the lab, watched, in a store of its own', 'tlsfit watch examples/watch.yaml --store ./watch-demo'],
    [
      'with PostgreSQL, for workers on many machines',
      'tlsfit watch watch.yaml --store postgres://tlsfit@db/tlsfit',
    ],
    ['whether a changed file holds', 'tlsfit watch watch.yaml --check'],
  ],
}

export const workerHelp: CommandHelp = {
  usage: 'worker --store URL [options]',
  about:
    'Probes what tlsfit watch plans, from this machine. Any number of them: each job is done once, and that of a worker that is killed goes to another.',
  notes: [
    'Secrets that watch.yaml names by { env: NAME } or { file: PATH } are looked for on this machine.',
    'lab: targets are of tlsfit watch itself.',
  ],
  groups: [],
  examples: [
    ['beside the watch', 'tlsfit worker --store postgres://tlsfit@db/tlsfit'],
    ['from another place', 'tlsfit worker --store postgres://tlsfit@db/tlsfit --vantage frankfurt'],
  ],
}

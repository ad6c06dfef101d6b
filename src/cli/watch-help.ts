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
    ['who may, and what', ['public-host', 'public-badges', 'allow-private', 'key-file']],
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

export const storeHelp: CommandHelp = {
  usage: 'store copy FROM TO | store backup STORE FILE | store restore FILE STORE',
  about:
    'What a watch keeps, moved as a whole: endpoints, history, alerts and what is still to be told. The target is empty before, and has all of it or nothing after.',
  notes: [
    'A folder is of one process: end tlsfit watch first. PostgreSQL is read as it is at one moment, while it runs.',
    'A backup holds sealed credentials as they are: without their key they cannot be opened.',
  ],
  groups: [],
  examples: [
    ['from the folder to PostgreSQL', 'tlsfit store copy ./watch postgres://tlsfit@db/tlsfit'],
    ['a backup in one file', 'tlsfit store backup ./watch watch-backup.gz'],
    ['and back, into a new folder', 'tlsfit store restore watch-backup.gz ./watch-new'],
  ],
}

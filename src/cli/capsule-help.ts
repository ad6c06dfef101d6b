import type { CommandHelp } from './help.ts'

export const capsuleHelp: CommandHelp = {
  usage: 'capsule FILE|TARGET|- [options]',
  about:
    'Makes one small redacted file of a bug, to share in public: names, addresses, tokens and keys are replaced at equal size; order, sizes, dates and codes stay.',
  notes: [
    'FILE    a log, a PEM file or a capture; TARGET an endpoint such as https://…',
    'tlsfit explain and tlsfit check read the capsule as they read what it was made of',
  ],
  groups: [
    ['what is looked at', ['device', 'sni']],
    ['where it goes', ['out']],
  ],
  examples: [
    ['of a log', 'tlsfit capsule device.log --out bug.capsule'],
    ['what the capsule says', 'tlsfit explain bug.capsule --device nrf9160@1.3.7'],
  ],
}

export const evidenceHelp: CommandHelp = {
  usage: 'evidence submit CAPSULE --outcome works|fails --device ID [options]',
  about: 'Makes a row of evidence/ from a capsule: what a device took or refused. Nothing is sent anywhere.',
  notes: ['the row gives sizes only; a refusal is held against the size of the chain'],
  groups: [
    ['what was seen', ['outcome', 'device']],
    ['where it goes', ['out']],
  ],
  examples: [
    [
      'a chain that the modem refused',
      'tlsfit evidence submit bug.capsule --outcome fails --device nrf9160@1.3.7',
    ],
  ],
}

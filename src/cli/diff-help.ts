import type { CommandHelp } from './help.ts'

export const diffHelp: CommandHelp = {
  usage: 'diff A B [options]',
  about: 'Says what two endpoints, captures, chains or devices differ in, as far as it matters to a device.',
  notes: [
    'A, B    https://…, mqtts://…, tls://host:port, a capture, a PEM file, or device:ID (on both sides)',
    'sessions of captures are paired by server name, then by address, then by order',
  ],
  groups: [
    ['what is looked at', ['device', 'keylog']],
    ['what is printed', ['format']],
  ],
  examples: [
    ['a capture that works and one that does not', 'tlsfit diff works.pcapng fails.pcapng'],
    [
      'the endpoint that works and the one that does not',
      'tlsfit diff https://a.example.com/ https://b.example.com/',
    ],
    ['what a modem update changed', 'tlsfit diff device:nrf9160@1.2.0 device:nrf9160@1.2.3'],
  ],
}

import type { CommandHelp } from './help.ts'

export const explainHelp: CommandHelp = {
  usage: 'explain FILE|- [--device ID] [options]',
  about:
    'Reads what a device printed, a certificate chain, or a packet capture, and says what went wrong, with the lines that show it.',
  notes: [
    'FILE    a log as the device printed it, PEM or openssl s_client text, or a capture (pcap, pcapng, also gzip); - reads it from stdin; what it is is told by its content',
    'ID      as in tlsfit check; without it, what the input itself tells',
    'exit    0 explained, or no cause found; with --device as tlsfit check: 1 blocked, 3 undecided',
  ],
  groups: [
    ['what the device is and holds', ['device', 'anchor', 'verify', 'time', 'sni']],
    ['what else is known', ['with', 'connect', 'keylog']],
    ['what is printed', ['format', 'strict']],
  ],
  examples: [
    ['a log pasted from a serial terminal', 'tlsfit explain - < device.log'],
    [
      'errno 111, settled by a look at the endpoint itself',
      'tlsfit explain device.log --with https://example.com/fw.bin --device nrf9160@1.3.7',
    ],
    [
      'the chain as a server sends it',
      'openssl s_client -connect example.com:443 -showcerts </dev/null | tlsfit explain -',
    ],
    ['a capture, judged for a modem', 'tlsfit explain trace.pcapng --device nrf9160@1.3.7'],
  ],
}

import type { CommandHelp } from './help.ts'

export const measureHelp: CommandHelp = {
  usage: 'measure [options]',
  about:
    'Learns what a real device takes, to the byte, and what it does not verify: load the test CA on it, point it at the URL, and let it retry. Each connection is one question. The profile that comes of it is one for --device.',
  notes: [
    'the test CA is of this measurement only, lasts thirty days, and must be taken off the device afterwards',
    'ctrl-C ends it at any time: the same command goes on where it was, on the same ports',
    'a device has to come back 30 to 80 times; one that stops retrying is reset, and goes on',
  ],
  groups: [
    ['the device', ['device', 'name', 'devices', 'known-by', 'hold']],
    ['where', ['host', 'port', 'mqtt-port', 'dir']],
    ['results', ['out', 'report', 'replay', 'format']],
  ],
  examples: [
    ['any device in the same network', 'tlsfit measure --out device.yaml'],
    ['an nRF9160: AT commands for the CA, and what differs', 'tlsfit measure --device nrf9160@1.3.7'],
    [
      'by a name of your DNS, on a port that your firewall lets in',
      'tlsfit measure --name t.example.com --port 8443',
    ],
    ['what was measured, used at once', 'tlsfit check --device ./device.yaml example.com'],
    [
      'a page with a picture of each search',
      'tlsfit measure --replay session.jsonl --report html:measured.html',
    ],
    ['the same results again, from the recorded answers', 'tlsfit measure --replay session.jsonl'],
  ],
}

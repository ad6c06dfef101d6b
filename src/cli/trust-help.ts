import type { CommandHelp } from './help.ts'

export const trustHelp: CommandHelp = {
  usage: 'trust [TARGET...] --device ID [options]',
  about:
    'Names the smallest set of roots that leads a device to every host on the way of its targets, for as long as it serves.',
  notes: [
    'TARGET  https://host[:port]/path, mqtts://host[:port], tls://host:port, a PEM or DER file, a capture; every address and every redirect is walked',
    'without a target, --held alone says what a device that holds these roots can be served with',
    'exit 0: a set was found and fits; 1: no root helps, or one that is needed is not stored; 3: undecided',
  ],
  groups: [
    ['for whom, and for how long', ['device', 'years', 'time']],
    ['what there is to choose among', ['root', 'held', 'fetch-aia']],
    ['where it goes', ['header', 'send-secrets', 'timeout']],
    ['what it writes and checks', ['emit', 'out', 'sec-tag', 'verify-stored']],
    ['what is printed', ['format']],
  ],
  examples: [
    [
      'the roots for an API and for the files that it redirects to',
      'tlsfit trust https://api.example.com/fw/latest https://files.example.com/ --device nrf9160@1.3.7 --years 8',
    ],
    [
      'what devices in the field can be served with, by the root they hold',
      'tlsfit trust --device nrf9160@1.3.7 --held root.pem',
    ],
    [
      'whether the modem has stored what it needs',
      'tlsfit trust https://api.example.com/ --device nrf9160@1.3.7 --verify-stored cmng.txt',
    ],
  ],
}

import type { CommandHelp } from './help.ts'

export const demoHelp: CommandHelp = {
  usage: 'demo [options]',
  about:
    'Tells five real failures on loopback: what the device says, what it meets, why, the cure, and the device succeeding.',
  notes: [],
  groups: [],
  examples: [
    ['all five cases', 'tlsfit demo'],
    ['without colour, to a file', 'NO_COLOR=1 tlsfit demo > demo.txt'],
    ['page by page, in colour', 'FORCE_COLOR=1 tlsfit demo | less -R'],
  ],
}

export const labHelp: CommandHelp = {
  usage: 'lab [CASE|FILE.capsule] [options]',
  about:
    'Serves a failing case on loopback until it is interrupted. CASE is one of the case ids that tlsfit demo names; FILE is what tlsfit capsule wrote.',
  notes: [
    'A capsule is served with keys of the lab: sizes, order, names, dates, extensions and algorithms of its certificates stay, and roots of the same names are written to files. What cannot be replayed is printed.',
  ],
  groups: [],
  examples: [
    ['the Azure chain that is too large for an nRF9160', 'tlsfit lab nordic-azure-fota'],
    [
      'the same, its ports and files where a script finds them',
      'tlsfit lab nordic-azure-fota --port 18443 --dir lab',
    ],
    ['an MQTT server that routes by server name', 'tlsfit lab nordic-aws-mqtt'],
    ['what someone shared as a capsule', 'tlsfit lab bug.capsule'],
    ['a certificate generated anew, on [::] only', 'tlsfit lab esp32-ota'],
  ],
}

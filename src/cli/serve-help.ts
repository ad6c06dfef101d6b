import type { CommandHelp } from './help.ts'

export const serveHelp: CommandHelp = {
  usage: 'serve PATH [options]',
  about:
    'Serves a file or a folder over TLS so that a device can really download it: a small CA and certificate with the addresses and names of this machine, ranges, resuming, and each connection told live with what went wrong.',
  notes: [
    'the CA is made once and kept: load it on the device, and the next download works too',
    'files are read only; names that begin with a dot and links out of the folder are not served',
  ],
  groups: [
    ['who downloads', ['device', 'name']],
    ['where', ['host', 'port', 'dir']],
    ['how', ['rsa', 'old-suites', 'max-record', 'minimal-heads', 'http']],
    ['output', ['qr', 'format']],
  ],
  examples: [
    ['for an ESP32 in the same network', 'tlsfit serve build/app.bin --device esp-idf@5.2'],
    [
      'for an nRF9160: AT commands to load the CA, records that its modem takes',
      'tlsfit serve app_update.bin --device nrf9160@1.3.7',
    ],
    ['on a fixed port, under a name of your DNS', 'tlsfit serve out/ --port 8443 --name ota.example.com'],
    ['for a device with RSA only', 'tlsfit serve fw.bin --rsa --device spwf04sx'],
  ],
}

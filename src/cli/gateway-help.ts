import type { CommandHelp } from './help.ts'

export const gatewayHelp: CommandHelp = {
  usage: 'gateway CONFIG.yaml [options]',
  about:
    'TLS that devices can reach, in front of upstreams that they cannot: a small chain that ends in an anchor they hold, small records, no redirects. CONFIG.yaml says what listens where and what stands behind it.',
  notes: [
    'Where a listener names devices and the anchors they hold, the judge is asked first, and a chain that one of them would not take is not served.',
    'SIGHUP reads the configuration and its certificates anew; downloads go on, and a bad file changes nothing. SIGTERM ends it when the responses at hand have ended.',
    'Logs go to stdout, one line an event. Examples of the configuration: docs/gateway.md and examples/ of the package.',
  ],
  groups: [],
  examples: [
    ['serve', 'tlsfit gateway gateway.yaml'],
    ['see whether it would start, and what devices would meet', 'tlsfit gateway gateway.yaml --check'],
    [
      'what a device sees',
      'tlsfit check https://fota.example.com/fw.bin --device nrf9160@1.3.7 --anchor held.pem',
    ],
  ],
}

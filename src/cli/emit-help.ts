import type { CommandHelp } from './help.ts'

export const emitHelp: CommandHelp = {
  usage: 'emit nginx|haproxy|envoy CONFIG.yaml [options]',
  about:
    'The configuration of the proxy that you run already, from the file that tlsfit gateway reads: small chain, ECDSA with its RSA twin, small records, closed by default.',
  notes: [
    'What that proxy cannot do is said on standard error and at the head of the file. So is the command of tlsfit check that proves it.',
    'Certificates and keys are written to the state folder of the configuration, for their owner only. nginx and HAProxy are proved in the tests; Envoy is not.',
  ],
  groups: [],
  examples: [
    ['nginx', 'tlsfit emit nginx gateway.yaml > /etc/nginx/conf.d/fota.conf'],
    ['HAProxy', 'tlsfit emit haproxy gateway.yaml --out /etc/haproxy/haproxy.cfg'],
  ],
}

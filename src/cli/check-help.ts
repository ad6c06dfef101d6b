import type { CommandHelp } from './help.ts'

export const checkHelp: CommandHelp = {
  usage: 'check [TARGET...|- --device ID[,ID...]|all | --file FILE] [options]',
  about:
    "Says whether a device can reach an endpoint, why not in the device's own error words, and what fixes it.",
  notes: [
    'TARGET  https://host[:port]/path, mqtts://host[:port], tls://host:port, or a PEM or DER file; - reads targets from stdin, one a line',
    'ID      layers joined by +: nrf9160@1.3.7, nrf9160@1.3.4+ncs@2.4.2+memfault@0.43.3, esp-idf@5.2, spwf04sx; a layer left out takes its default; ./my.yaml is a profile of your own',
  ],
  groups: [
    ['what the device is and holds', ['device', 'anchor', 'client-cert', 'client-key', 'verify', 'time']],
    [
      'where it goes',
      ['sni', 'connect', 'header', 'method', 'bytes', 'timeout', 'send-secrets', 'keylog', 'compare-sni'],
    ],
    ['what is to come', ['forecast', 'candidate']],
    ['many targets', ['jobs', 'resume', 'quiet']],
    ['in a firmware repository', ['file', 'baseline', 'update-baseline']],
    ['what is printed', ['can', 'format', 'report', 'strict']],
  ],
  examples: [
    [
      'errno 111 on an nRF9160 that holds one root',
      'tlsfit check https://example.com/fw.bin --device nrf9160@1.3.7 --anchor root.pem',
    ],
    [
      'a certificate chain from a file, for two devices at once',
      'tlsfit check chain.pem --device nrf9160@1.3.7,esp-idf@5.2',
    ],
    [
      'in a firmware repository with a tlsfit.yaml: what changed, and whether too little room is left',
      'tlsfit check',
    ],
    [
      'an ESP32 that skips the name check, as its code does',
      'tlsfit check https://192.168.1.7:8070/ --device esp-idf@5.2 --verify no-name --anchor ca.pem',
    ],
    [
      'an MQTT broker that asks for a client certificate',
      'tlsfit check mqtts://broker.example.com --device nrf9160 --client-cert c.pem --client-key c.key',
    ],
    [
      'what announced changes will do, and whether the chain you plan to serve fits',
      'tlsfit check https://ota.example.com/fw.bin --device nrf9160 --forecast --candidate ecdsa-chain.pem',
    ],
    [
      'what a fleet in the field can be helped by, when the endpoint is not yours',
      'tlsfit check https://example.com/fw.bin --device nrf9160@1.3.7 --can field,their-server',
    ],
    [
      'in CI: words in the log, a file for the tests and one for code scanning',
      'tlsfit check - --device nrf9160@1.3.7 --report junit:tlsfit.xml --report sarif:tlsfit.sarif < endpoints.txt',
    ],
    [
      'a list of endpoints in CI, one verdict a line',
      'tlsfit check - --device all --strict --format jsonl < endpoints.txt',
    ],
    [
      'ten thousand of them; broken off, the same line goes on where it was',
      'tlsfit check - --device nrf9160 --resume run.journal --format json < endpoints.txt > report.json',
    ],
  ],
}

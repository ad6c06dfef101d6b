import { shellWord } from './escape.ts'

/** What a user can find out to tell causes apart. */
const evidences = [
  'check',
  'chain',
  'names',
  'dates',
  'held',
  'clock',
  'dns',
  'tcp',
  'network',
  'heap',
  'client-cert',
  'http',
  'range',
  'mqtt',
  'versions',
  'suites',
  'sni',
  'alpn',
  'records',
  'server-log',
  'code',
  'trace',
] as const
export type Evidence = (typeof evidences)[number]

/** What a log tells of the connection; holes are filled with `<…>` for the reader. */
export interface CauseContext {
  /** URL or `host:port` as `tlsfit check` takes it; undefined: the log does not tell. */
  readonly target: string | undefined
  readonly host: string | undefined
  readonly port: number
  /** For `--device`. */
  readonly device: string | undefined
  readonly modem: 'nordic' | 'quectel' | 'simcom' | 'ublox' | 'other' | undefined
}

export interface EvidenceWords {
  readonly needs: string
  readonly why: string
  /** Commands of a computer, or of the device's AT interface; empty where there is nothing to type. */
  readonly commands: (context: CauseContext) => readonly string[]
}

export const evidenceWords: { readonly [E in Evidence]: EvidenceWords } = {
  check: {
    needs: "the endpoint, seen through the device's eyes",
    why: 'sizes, path, names and dates are compared with the limits of the device, without a trace',
    commands: ({ target, device }) => [
      `tlsfit check ${target === undefined ? '<URL>' : shellWord(target)} --device ${device ?? '<ID>'}`,
    ],
  },
  chain: {
    needs: 'the chain that the server sends',
    why: 'sizes, issuers and algorithms of each certificate',
    commands: (context) => [
      `openssl s_client -connect ${at(context)} -servername ${name(context)} -showcerts </dev/null > chain.txt`,
      `tlsfit explain chain.txt${context.device === undefined ? '' : ` --device ${context.device}`}`,
    ],
  },
  names: {
    needs: 'the names in the certificate',
    why: 'the host that the device asks for must be among them',
    commands: (context) => [
      `openssl s_client -connect ${at(context)} -servername ${name(context)} </dev/null | openssl x509 -noout -subject -ext subjectAltName`,
    ],
  },
  dates: {
    needs: 'the dates of every certificate of the chain',
    why: 'an expired one is told from a wrong clock',
    commands: (context) => [
      `openssl s_client -connect ${at(context)} -servername ${name(context)} </dev/null | openssl x509 -noout -dates`,
    ],
  },
  held: {
    needs: 'what the device holds as certificates and keys',
    why: 'which root, whether it is whole, and under which tag',
    commands: ({ modem }) => heldCommands[modem ?? 'other'],
  },
  clock: {
    needs: "the device's time at the moment of the connection",
    why: 'an unset clock makes every certificate not yet valid',
    commands: ({ modem }) => (modem === undefined ? [] : ['AT+CCLK?']),
  },
  dns: {
    needs: 'whether the name resolves, here and with the resolver that the device uses',
    why: 'a provider or router may answer differently',
    commands: ({ host }) => [`getent ahosts ${host ?? '<host>'}`],
  },
  tcp: {
    needs: 'whether the port answers, from the network of the device',
    why: 'a refused or filtered port is told from a failed handshake',
    commands: (context) => [`nc -vz ${context.host ?? '<host>'} ${context.port}`],
  },
  network: {
    needs: 'the state of the link: Wi-Fi and address, or registration and data connection',
    why: 'without an address nothing else can work',
    commands: ({ modem }) =>
      modem === undefined
        ? []
        : ['AT+CEREG?', 'AT+CGPADDR', ...(modem === 'nordic' ? ['AT%XMONITOR'] : ['AT+CGATT?'])],
  },
  heap: {
    needs: 'free memory and the largest free block just before and at the lowest point of the handshake',
    why: 'a handshake takes tens of kilobytes for a moment; what is free before says little',
    commands: () => [],
  },
  'client-cert': {
    needs: 'which certificate the device sends, and that its key belongs to it',
    why: 'the two commands must print the same',
    commands: () => [
      'openssl x509 -in client.pem -noout -pubkey | sha256sum',
      'openssl pkey -in client.key -pubout | sha256sum',
    ],
  },
  http: {
    needs: 'the whole answer, head and body, to the same request',
    why: 'the status line alone does not name the reason',
    commands: ({ target }) => [`curl -sv -o body.bin ${target === undefined ? '<URL>' : shellWord(target)}`],
  },
  range: {
    needs: 'the answer to a Range request',
    why: '206 with Content-Range is what a device needs that downloads in pieces',
    commands: ({ target }) => [
      `curl -sv -o /dev/null -r 0-1023 ${target === undefined ? '<URL>' : shellWord(target)}`,
    ],
  },
  mqtt: {
    needs: 'the answer to the same login from a computer',
    why: 'login data are told from the TLS set-up',
    commands: (context) => [
      `mosquitto_pub -d -h ${context.host ?? '<host>'} -p ${context.port === 443 ? 8883 : context.port} --capath /etc/ssl/certs -i <client-id> -t test -m 1`,
    ],
  },
  versions: {
    needs: 'which TLS versions the server takes',
    why: 'the device must have one of them',
    commands: (context) =>
      ['-tls1', '-tls1_1', '-tls1_2', '-tls1_3'].map(
        (version) =>
          `openssl s_client -connect ${at(context)} -servername ${name(context)} ${version} </dev/null`,
      ),
  },
  suites: {
    needs: 'which cipher suites and which key type the server has',
    why: 'compare them with what the device offers',
    commands: (context) => [
      `nmap --script ssl-enum-ciphers -p ${context.port} ${context.host ?? '<host>'}`,
      ...(context.device === undefined ? [] : [`tlsfit devices show ${context.device}`]),
    ],
  },
  sni: {
    needs: 'what the server answers with the host name, with none, and with a wrong one',
    why: 'a server that needs the name answers differently',
    commands: (context) => [
      `tlsfit check ${context.target === undefined ? '<URL>' : shellWord(context.target)} --device ${context.device ?? '<ID>'} --compare-sni`,
      `openssl s_client -connect ${at(context)} -noservername </dev/null`,
    ],
  },
  alpn: {
    needs: 'whether the server answers with ALPN',
    why: 'MQTT on 443 is told by it from HTTPS',
    commands: (context) => [
      `openssl s_client -connect ${at(context)} -servername ${name(context)} -alpn x-amzn-mqtt-ca </dev/null`,
    ],
  },
  records: {
    needs: 'whether the server honours max_fragment_length',
    why: 'without it records may be as large as 16,384 bytes',
    commands: (context) => [
      `openssl s_client -connect ${at(context)} -servername ${name(context)} -maxfraglen 4096 -tlsextdebug </dev/null | grep -i fragment`,
    ],
  },
  'server-log': {
    needs: "the server's log of the same minute",
    why: 'the far end says whom it refused and why',
    commands: () => [],
  },
  code: {
    needs: 'the lines of the application that set up TLS',
    why: 'host name, security tag, CA and verification as they are really passed',
    commands: () => [],
  },
  trace: {
    needs: 'a capture of the handshake, if nothing else settles it',
    why: 'the alert that the device sends names its reason',
    commands: ({ modem }) =>
      modem === 'nordic'
        ? [
            'nrfutil trace lte --input-file trace.mtrace --output-pcapng trace.pcapng',
            'tlsfit explain trace.pcapng',
          ]
        : ['tcpdump -i any -s 0 -w trace.pcap port 443', 'tlsfit explain trace.pcap'],
  },
}

const heldCommands: { readonly [Modem in NonNullable<CauseContext['modem']>]: readonly string[] } = {
  nordic: ['AT%CMNG=1'],
  quectel: ['AT+QFLST="*"', 'AT+QSSLCFG="cacert",<ctx>'],
  simcom: ['AT+CCERTLIST', 'AT+CSSLCFG=<ctx>'],
  ublox: ['AT+USECMNG=3', 'AT+USECPRF=<profile>'],
  other: ['tlsfit explain ca.pem'],
}

function at({ host, port }: CauseContext): string {
  return `${host ?? '<host>'}:${port}`
}

function name({ host }: CauseContext): string {
  return host ?? '<host>'
}

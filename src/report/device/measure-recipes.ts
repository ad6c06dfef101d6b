/** A way to find out what nobody knows yet, with commands that exist. `{id}` stands for the device. */
export interface MeasureRecipe {
  readonly title: string
  readonly commands: readonly string[]
  /** What the commands leave to say; undefined: nothing. */
  readonly note: string | undefined
}

const selfSigned =
  'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout leaf.key -out leaf.pem -days 90 -subj /CN=ota.example.com -addext subjectAltName=DNS:ota.example.com'

export const measureRecipes = {
  capture: {
    title: 'a capture of one connection of the device',
    commands: [
      "tcpdump -i any -s 0 -w trace.pcap 'tcp port 443'",
      'tlsfit devices from-capture trace.pcap > my-device.yaml',
    ],
    note: 'Capture on the access point or router between device and endpoint, from before it connects. Of a modem, its own trace as pcapng does.',
  },
  config: {
    title: 'the configuration that its firmware is built with',
    commands: ['tlsfit devices from-config {config} > my-device.yaml'],
    note: undefined,
  },
  weigh: {
    title: 'endpoints that it connects to, and endpoints that it refuses',
    commands: [
      'tlsfit capsule https://HOST/ --device {id} --out seen.capsule',
      'tlsfit evidence submit seen.capsule --outcome works --device {id}',
    ],
    note: 'Write --outcome fails for an endpoint that it refuses. The heaviest chain taken and the lightest refused say most.',
  },
  download: {
    title: 'a download from a server of yours that tells what it sees',
    commands: ['tlsfit serve fw.bin --device {id} --max-record 4096'],
    note: 'Load its CA on the device; what the device asks for is told as it connects.',
  },
  stranger: {
    title: 'a server that the device ought to refuse',
    commands: ['tlsfit serve fw.bin --name ota.example.com'],
    note: undefined,
  },
  plain: {
    title: 'its requests in clear text',
    commands: ['tlsfit serve fw.bin --http --port 8080', "tcpdump -i any -A 'tcp port 8080'"],
    note: undefined,
  },
  answers: {
    title: 'answers written by hand',
    commands: [selfSigned, 'openssl s_server -accept 8443 -cert leaf.pem -key leaf.key -HTTP'],
    note: 'Load leaf.pem on the device as its root. s_server sends files of the folder as they are, so that each holds a whole answer, its head included.',
  },
  certificates: {
    title: 'certificates made by hand',
    commands: [
      selfSigned,
      'openssl s_server -accept 8443 -cert leaf.pem -key leaf.key -cert_chain rest.pem -www',
    ],
    note: 'rest.pem holds what follows the leaf; leave -cert_chain out where nothing does. Load on the device what the question says.',
  },
  broker: {
    title: 'a broker that logs what clients say',
    commands: ["printf 'listener 1883\\nallow_anonymous true\\n' > open.conf", 'mosquitto -v -c open.conf'],
    note: 'It logs (p2, c1, k120) for each client: p1 is MQTT 3.1 (level 3), p2 is 3.1.1 (level 4), p5 is 5; k is the keep alive in seconds.',
  },
  held: {
    title: 'the roots that the firmware loads',
    commands: ['tlsfit check https://HOST/ --device {id} --anchor root.pem'],
    note: 'Take them from the firmware, or from the list of stored credentials; --anchor may be repeated.',
  },
  read: {
    title: 'the documentation or source of its firmware',
    commands: ['tlsfit devices lint my-device.yaml'],
    note: 'No connection shows these. Write what you find, with where it stands, into a profile over this device: docs/devices.md says how.',
  },
} as const satisfies Record<string, MeasureRecipe>

export type RecipeName = keyof typeof measureRecipes

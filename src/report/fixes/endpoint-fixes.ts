import type { FixId } from '../../finding/fix.ts'
import { shellWord } from '../escape.ts'
import { formatNumber } from '../units.ts'
import { endingAt, keyFor, requestCommands } from './certificate-asked.ts'
import { checkAgain, type FixContext, type FixWords, fact, numberFact, sClient } from './fix-context.ts'

/** Cures of what an endpoint's certificates are, and of what it answers. */
export const endpointFixes = {
  'serve-held-certificate': {
    title: () =>
      'server: serve the certificate again that the devices hold, if its key is kept and nobody else has it',
    commands: () => [
      'openssl x509 -in old.pem -noout -fingerprint -sha256  # compare with the one in the image',
    ],
  },
  'serve-other-key': {
    title: (c) => `server: serve a certificate with ${keyFor(c)}${endingAt(c)}`,
    commands: (c) => [...requestCommands(c), ...(c.target.protocol === 'file' ? [] : [checkAgain(c)])],
  },
  'serve-sound-chain': {
    title: () =>
      'server: serve the chain that the CA gave with the certificate: each signed by the next, each issuer a CA that may issue it',
    commands: () => ['openssl verify -CAfile root.pem -untrusted intermediate.pem leaf.pem  # must print OK'],
  },
  'reissue-for-server': {
    title: (c) => {
      const needed = fact(c, 'needed')
      const extension = fact(c, 'extension')
      if (c.finding?.id === 'critical-extension')
        return `server: have the certificate issued anew, without ${extension ?? 'that extension'} marked critical`
      return `server: have the certificate issued anew, with ${needed ?? 'the usages of a TLS server'}${
        extension === undefined ? '' : ` in ${extension}`
      }`
    },
    commands: (c) =>
      c.finding?.id === 'critical-extension'
        ? ['openssl x509 -in leaf.pem -noout -text  # lists what is marked critical']
        : [
            "openssl req -new -key server.key -subj '/CN=<name>' -addext 'subjectAltName=DNS:<name>' -addext 'keyUsage=critical,digitalSignature,keyEncipherment' -addext 'extendedKeyUsage=serverAuth' -out server.csr",
          ],
  },
  'issue-under-ca': {
    title: () =>
      'issue the server certificate under a small CA of its own, and hold that CA: then a renewal changes nothing on the device',
    commands: () => [
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 7300 -subj '/CN=<name> CA' -keyout ca.key -out ca.pem",
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 -CA ca.pem -CAkey ca.key -subj '/CN=<name>' -addext 'subjectAltName=DNS:<name>' -addext 'basicConstraints=critical,CA:FALSE' -keyout server.key -out leaf.pem",
    ],
  },
  'same-chain-everywhere': {
    title: () => 'server: serve the same certificates at every address of the host, the smaller ones',
    commands: (c) => (c.target.protocol === 'file' ? [] : [checkAgain(c)]),
  },
  'read-server-log': {
    title: () => "server: look for this connection in the server's log: it says what the server minded",
    commands: () => ['error_log /var/log/nginx/error.log info;  # nginx: TLS failures are logged at info'],
  },
  'update-server': {
    title: () => 'server: update its TLS software, or put one before it that keeps to the protocol',
    commands: (c) => (c.target.host === undefined ? [] : [sClient(c)]),
  },
  'check-authorization': {
    title: () =>
      'try the same request, with the same token or key, from a computer; then look at its rights, its end and the clock',
    commands: (c) => [
      `curl -sS -o /dev/null -D - -H '<header>: <value>' ${c.target.protocol === 'https' ? shellWord(c.target.text) : '<URL>'}`,
    ],
  },
  'restore-file': {
    title: (c) => `server: put the file back at this path${status(c)}, or hand out a URL that exists`,
    commands: (c) => [
      `curl -sS -o /dev/null -D - ${c.target.protocol === 'https' ? shellWord(c.target.text) : '<URL>'}`,
    ],
  },
  'link-without-redirect': {
    title: (c) => {
      const to = fact(c, 'to')
      const where = to?.startsWith('https://') ? `: ${to}` : ''
      return `give the device the https URL that answers itself, without a redirect${where}`
    },
    commands: (c) => [
      `curl -sS -o /dev/null -D - ${c.target.protocol === 'https' ? shellWord(c.target.text) : '<URL>'}  # 200 or 206, no Location`,
    ],
  },
  'redirect-to-https': {
    title: (c) =>
      c.finding?.id === 'redirect-loop'
        ? 'server: end the loop: one of its redirects has to lead to the file'
        : 'server: redirect to an https URL only, or answer in place',
    commands: () => ['return 302 https://$host$request_uri;  # nginx'],
  },
  'shorten-url': {
    title: (c) => {
      const limit = numberFact(c, 'limitBytes')
      const what = numberFact(c, 'hostBytes') === undefined ? 'path with its query' : 'host name'
      return `serve the same file under a shorter ${what}${
        limit === undefined ? '' : `, of at most ${formatNumber(limit)} bytes`
      }`
    },
    commands: (c) =>
      numberFact(c, 'hostBytes') === undefined
        ? ['location = /fw { alias /srv/firmware/<file>; }  # nginx']
        : ['<short name> 300 IN CNAME <this host>.  ; and into the certificate'],
  },
  'trim-response-head': {
    title: (c) => {
      const limit = numberFact(c, 'limitBytes')
      return `server: send fewer and shorter response headers${
        limit === undefined ? '' : `: at most ${formatNumber(limit)} bytes in all`
      }`
    },
    commands: () => ['proxy_hide_header <name>;  # nginx as a front, one for each that nobody reads'],
  },
} satisfies { readonly [Id in FixId]?: FixWords }

function status(c: FixContext): string {
  const code = numberFact(c, 'status')
  return code === undefined ? '' : ` (it answers ${code})`
}

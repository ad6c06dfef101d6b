import type { CommandHelp } from './help.ts'

export const devicesHelp: CommandHelp = {
  usage: 'devices [list [WORD] | show ID | lint FILE | from-config FILE | from-capture FILE] [options]',
  about: 'What is known of each device, with its sources; checks profiles of your own.',
  notes: [
    'list  every family with its versions, layers, aliases and how much is known; WORD narrows it',
    'show  one device, its layers merged: each value and its source, what the field showed, and what is not known with the commands that settle it',
    'from-config  a profile out of an ESP-IDF sdkconfig, a Zephyr prj.conf or .config, an mbedtls_config.h or a user_settings.h; YAML on stdout',
    'from-capture  a profile whose ClientHello is the one recorded in a capture of the device; YAML on stdout',
    'lint  every fault of a profile file, with its line and what mends it; exit 65 when there is one',
  ],
  groups: [],
  examples: [
    ['what there is', 'tlsfit devices'],
    ['all that is known of one device', 'tlsfit devices show nrf9160@1.3.7+ncs@2.7.0'],
    [
      'the same as a page for a browser, light or dark',
      'tlsfit devices show nrf9160@1.3.7 --format html > nrf9160.html',
    ],
    ['the catalogue as a table for a wiki', 'tlsfit devices list --format markdown'],
    ['a profile from the configuration of a build', 'tlsfit devices from-config sdkconfig > my-device.yaml'],
    [
      'the ClientHello of a device, as it was captured',
      'tlsfit devices from-capture trace.pcapng > my-device.yaml',
    ],
    ['and a check with it', 'tlsfit check https://example.com/fw.bin --device ./my-device.yaml'],
    ['a profile of your own, checked before it is used', 'tlsfit devices lint my-device.yaml'],
  ],
}

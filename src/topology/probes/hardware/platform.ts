// SPDX-License-Identifier: Apache-2.0

/** Distribution of the host. */
export interface Platform {
  readonly platform: string;
  readonly family: string;
  readonly version: string;
}

const families: Readonly<Record<string, readonly string[]>> = {
  debian: ['debian', 'ubuntu', 'linuxmint', 'raspbian', 'kali', 'pop'],
  fedora: ['fedora'],
  rhel: ['rhel', 'redhat', 'centos', 'rocky', 'almalinux', 'ol', 'oracle', 'scientific', 'amzn', 'amazon'],
  suse: ['sles', 'suse', 'opensuse', 'opensuse-leap', 'opensuse-tumbleweed'],
  arch: ['arch', 'manjaro'],
  alpine: ['alpine'],
  gentoo: ['gentoo'],
  coreos: ['coreos', 'flatcar'],
  slackware: ['slackware'],
};

/** Reads os-release(5); `debianVersion` is the text of /etc/debian_version, which tells the point release. */
export function readPlatform(osRelease: string, debianVersion: string | undefined): Platform {
  const values = new Map<string, string>();
  for (const line of osRelease.split('\n')) {
    const parts = /^([A-Z_0-9]+)=(.*)$/.exec(line.trim());
    if (parts !== null) values.set(parts[1]!, parts[2]!.replace(/^(["'])(.*)\1$/, '$2'));
  }
  const platform = values.get('ID') ?? '';
  const like = (values.get('ID_LIKE') ?? '').split(' ');
  const family = [platform, ...like]
    .map((name) => Object.keys(families).find((key) => families[key]!.includes(name)))
    .find((found) => found !== undefined);
  const version = platform === 'debian' ? debianVersion?.trim() : undefined;
  return { platform, family: family ?? '', version: version || (values.get('VERSION_ID') ?? '') };
}

// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { MetadataMap } from '../../../graph/element.js';
import { Graph } from '../../../graph/graph.js';
import { type Logger, silentLogger } from '../../../log/logger.js';
import { cpuMetadata } from './cpu-info.js';
import { parseCpuList } from './cpu-list.js';
import { commandLine, HardwareProbe } from './hardware-probe.js';
import { readPlatform } from './platform.js';
import { detectVirtualization } from './virtualization.js';

for (const [text, list] of [
  ['3,4,7-9\n', [3, 4, 7, 8, 9]],
  ['0', [0]],
  ['', []],
  ['\n', []],
] as const) {
  test(`the CPU list ${JSON.stringify(text)} is ${JSON.stringify(list)}`, () => {
    assert.deepEqual(parseCpuList(text), list);
  });
}

for (const text of ['9-7', '3-', '-3', 'a', '1,x']) {
  test(`"${text}" is no CPU list`, () => {
    assert.throws(() => parseCpuList(text), { code: 'SKY_E_PROBE' });
  });
}

test('the kernel command line keeps dotted names flat, the last one wins', () => {
  assert.deepEqual(commandLine('quiet root=/dev/sda1 a.b=1 a.b=2 x=y=z\n'), {
    quiet: true,
    root: '/dev/sda1',
    'a.b': '2',
    x: 'y=z',
  });
});

const cpuinfo = `processor	: 0
vendor_id	: GenuineIntel
cpu family	: 6
model		: 167
model name	: Intel(R) Xeon(R) Processor
stepping	: 1
microcode	: 0x1
cpu MHz		: 2599.998
cache size	: 491520 KB
physical id	: 0
core id		: 0

processor	: 1
vendor_id	: GenuineIntel
stepping	: 0
cpu MHz		: 2599.998
`;

test('each logical CPU has an entry without what is zero or empty', () => {
  assert.deepEqual(
    cpuMetadata(cpuinfo, (cpu) => (cpu === 1 ? { maxKiloHertz: 3_500_000, coreId: '4' } : {})),
    [
      {
        VendorID: 'GenuineIntel',
        Family: '6',
        Model: '167',
        ModelName: 'Intel(R) Xeon(R) Processor',
        Stepping: 1,
        Microcode: '0x1',
        Mhz: 2599,
        CacheSize: 491520,
        PhysicalID: '0',
        CoreID: '0',
        Cores: 1,
      },
      { CPU: 1, VendorID: 'GenuineIntel', Mhz: 3500, CoreID: '4', Cores: 1 },
    ],
  );
});

for (const [release, debian, expected] of [
  ['ID=debian\nVERSION_ID="12"\n', '12.5\n', ['debian', 'debian', '12.5']],
  ['ID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"\n', 'bookworm/sid\n', ['ubuntu', 'debian', '22.04']],
  ['ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.3"', undefined, ['rocky', 'rhel', '9.3']],
  ['ID=something\nID_LIKE="suse opensuse"\nVERSION_ID=1', undefined, ['something', 'suse', '1']],
  ['', undefined, ['', '', '']],
] as const) {
  test(`${JSON.stringify(release)} is ${expected.join(' ')}`, () => {
    const { platform, family, version } = readPlatform(release, debian);
    assert.deepEqual([platform, family, version], expected);
  });
}

for (const [files, system, role] of [
  [{}, '', ''],
  [{ '/proc/modules': 'kvm_intel 1 0' }, 'kvm', 'host'],
  [{ '/proc/modules': 'vboxguest 1 0' }, 'vbox', 'guest'],
  [{ '/proc/cpuinfo': 'model name : QEMU Virtual CPU version 2.5' }, 'kvm', 'guest'],
  [{ '/proc/bus/pci/devices': 'x virtio-pci' }, '', 'guest'],
  [{ '/proc/self/cgroup': '1:cpu:/docker/abc' }, 'docker', 'guest'],
  [{ '/.dockerenv': '' }, 'docker', 'guest'],
  [{ '/proc/1/environ': 'container=lxc' }, 'lxc', 'guest'],
  [{ '/proc/xen/capabilities': '' }, 'xen', 'guest'],
  [{ '/proc/xen/capabilities': 'control_d' }, 'xen', 'host'],
] as const) {
  test(`${JSON.stringify(files)} shows "${system}" as "${role}"`, () => {
    const texts = new Map<string, string>(Object.entries(files));
    assert.deepEqual(
      detectVirtualization((path) => texts.get(path)),
      { system, role },
    );
  });
}

function hostWith(files: Readonly<Record<string, string>>, logger: Logger = silentLogger): MetadataMap {
  const root = mkdtempSync(join(tmpdir(), 'skydive-hardware-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const graph = new Graph({ host: 'h', origin: 'agent.h' });
    const { ID } = graph.addNode({ Metadata: { Name: 'h', Type: 'host' } });
    new HardwareProbe({ graph, hostNodeId: ID, logger, root }).start();
    return graph.getNode(ID)!.Metadata;
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('the host node is completed at once', () => {
  const host = hostWith({
    '/proc/cpuinfo': cpuinfo,
    '/proc/cmdline': 'quiet',
    '/var/lib/cloud/data/instance-id': 'i-0abc\n',
    '/sys/devices/system/cpu/isolated': '1\n',
    '/etc/os-release': 'ID=ubuntu\nVERSION_ID="22.04"\n',
  });
  assert.equal(host['InstanceID'], 'i-0abc');
  assert.deepEqual(host['IsolatedCPU'], [1]);
  assert.equal((host['CPU'] as unknown[]).length, 2);
  assert.equal(host['OS'], 'linux');
  assert.equal(host['Platform'], 'ubuntu');
  assert.deepEqual(host['KernelCmdLine'], { quiet: true });
  assert.equal(typeof host['KernelVersion'], 'string');
});

test('what the host does not have is left out', () => {
  const host = hostWith({ '/proc/cpuinfo': cpuinfo, '/sys/devices/system/cpu/isolated': '\n' });
  for (const key of ['InstanceID', 'IsolatedCPU', 'VirtualizationSystem', 'Platform']) {
    assert.equal(key in host, false, key);
  }
});

test('a bad list of isolated CPUs is logged and costs nothing else', () => {
  const errors: string[] = [];
  const logger = { ...silentLogger, error: (message: string) => errors.push(message) };
  const host = hostWith({ '/proc/cpuinfo': cpuinfo, '/sys/devices/system/cpu/isolated': '9-7' }, logger);
  assert.equal(errors.length, 1);
  assert.equal((host['CPU'] as unknown[]).length, 2);
});

test('without /proc/cpuinfo the probe does not start', () => {
  assert.throws(() => hostWith({}), { code: 'SKY_E_PROBE' });
});

// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { roomKeys } from '../../src/cli/keys.js';
import type { Config } from '../../src/config/key.js';
import { loadConfig } from '../../src/config/load.js';
import { decodeCapture } from '../../src/flow/decode-capture.js';
import type { Flow } from '../../src/flow/flow.js';
import { flowsOf } from '../../src/flow/flow-set.js';
import type { Listener, ListenOptions } from '../../src/flow/probes/listener-probe.js';
import type { FlowProbeContext } from '../../src/flow/probes/probe.js';
import { silentLogger } from '../../src/log/logger.js';
import type { ScratchNamespace } from './scratch-namespace.js';

export type StartListener = (context: FlowProbeContext, listen: ListenOptions) => Promise<Listener>;

export async function testConfig(): Promise<Config> {
  async function* stdin() {
    yield Buffer.from('agent: { capture: { ring_size: 1MiB } }');
  }
  return (await loadConfig({ files: ['-'], env: {}, options: {}, rooms: roomKeys, stdin })).config;
}

/** Listeners on 127.0.0.1 of a namespace, ports 24100 to 24101, for a node `tid-br`; without a graph. */
export async function listening(t: TestContext, start: StartListener, space: ScratchNamespace) {
  const sent: Buffer[] = [];
  const said: string[] = [];
  const metadata: Record<string, unknown> = {};
  const context: FlowProbeContext = {
    capture: decodeCapture({ UUID: 'cap-1' }),
    node: { id: 'n', name: 'br', type: 'ovsbridge', tid: 'tid-br', encapType: '', metadata: {} },
    config: await testConfig(),
    logger: { ...silentLogger, warn: (text) => said.push(text), info: (text) => said.push(text) },
    send: (messages) => sent.push(...messages),
    failed: (reason) => assert.fail(reason),
    setMetadata: (key, value) => {
      if (value === undefined) delete metadata[key];
      else metadata[key] = value;
    },
  };
  const begin = async (range: Partial<ListenOptions> = {}) => {
    const listen = { address: '127.0.0.1', portMin: 24_100, portMax: 24_101, namespacePath: space.path };
    const started = await start(context, { ...listen, ...range });
    let stopped: void | Promise<void> | undefined;
    const stop = () => (stopped ??= started.stop());
    t.after(stop);
    const flows = async () => [...flowsOf((await started.query(new Uint8Array()))!)] as Flow[];
    return { started, flows, stop };
  };
  return { begin, sent, said, metadata };
}

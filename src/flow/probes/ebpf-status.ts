// SPDX-License-Identifier: Apache-2.0

import { messageOf } from '../../errors.js';
import { addon } from '../../native/addon.js';

/** What captures of type `ebpf` can use of this kernel; for `/api/status`. */
export interface EbpfStatus {
  readonly Available: boolean;
  /** Ways to attach, the preferred one first: `tcx`, `clsact`, `socket`. */
  readonly Hooks: readonly string[];
  /** Why it is not available. */
  readonly Error?: string;
}

/** Asks the kernel, on another thread: programs are loaded and let go of again. */
export async function probeEbpf(): Promise<EbpfStatus> {
  try {
    const { available, tcx, clsact, socketFilter, error } = await addon().ebpfFeatures();
    const hooks = [tcx && 'tcx', clsact && 'clsact', socketFilter && 'socket'];
    return {
      Available: available,
      Hooks: hooks.filter((hook) => hook !== false),
      ...(error !== undefined && { Error: error }),
    };
  } catch (error) {
    return { Available: false, Hooks: [], Error: messageOf(error) };
  }
}

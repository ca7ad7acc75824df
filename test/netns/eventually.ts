// SPDX-License-Identifier: Apache-2.0

/** Tries until it does not throw; after the deadline what it threw last comes out. */
export async function eventually(attempt: () => void | Promise<void>, deadlineMs = 5000): Promise<void> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

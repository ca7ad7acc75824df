// SPDX-License-Identifier: Apache-2.0

/** On a busy host one attempt may take as long as the deadline. */
const leastAttempts = 5;

/** Tries until it does not throw; after the deadline what it threw last comes out. */
export async function eventually(attempt: () => void | Promise<void>, deadlineMs = 5000): Promise<void> {
  const end = performance.now() + deadlineMs;
  for (let count = 1; ; count += 1) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (count >= leastAttempts && performance.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

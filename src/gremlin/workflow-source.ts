// SPDX-License-Identifier: Apache-2.0

/** Runs the stored workflows. */
export interface WorkflowSource {
  /**
   * What the workflow with that name or id gives for the arguments; `nodes` and `edges` of it, in their JSON, make a
   * graph. Throws when there is none of that name, or it fails.
   */
  call(nameOrId: string, args: readonly unknown[], signal?: AbortSignal): Promise<unknown>;
}

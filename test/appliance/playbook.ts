// SPDX-License-Identifier: Apache-2.0

/** Tasks of one host by what became of them, counts of the recap. */
export interface HostRecap {
  readonly ok: number;
  readonly changed: number;
  readonly unreachable: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What a run of ansible-playbook said. */
export class PlaybookRun {
  readonly status: number;
  readonly output: string;

  constructor(status: number, output: string) {
    this.status = status;
    this.output = output;
  }

  get recap(): ReadonlyMap<string, HostRecap> {
    const hosts = new Map<string, HostRecap>();
    const lines = this.output.matchAll(
      /^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)\s+skipped=(\d+)/gm,
    );
    for (const [, host, ok, changed, unreachable, failed, skipped] of lines) {
      hosts.set(host!, {
        ok: Number(ok),
        changed: Number(changed),
        unreachable: Number(unreachable),
        failed: Number(failed),
        skipped: Number(skipped),
      });
    }
    return hosts;
  }

  /** Names of the tasks that changed something, with the host: `host: task`. */
  get changes(): string[] {
    return this.#tasks('changed');
  }

  get failures(): string[] {
    return this.#tasks('fatal|failed');
  }

  /** Warnings of Ansible itself. */
  get warnings(): string[] {
    return [...this.output.matchAll(/^\[(?:DEPRECATION )?WARNING\]:? .*$/gm)].map(([line]) => line);
  }

  #tasks(outcome: string): string[] {
    const found: string[] = [];
    let task = '';
    for (const line of this.output.split('\n')) {
      const named = /^(?:TASK|RUNNING HANDLER) \[(.*?)\] \*/.exec(line);
      if (named) task = named[1]!;
      const host = new RegExp(`^(?:${outcome}): \\[([^\\] ]+)`).exec(line);
      if (host) found.push(`${host[1]}: ${task}`);
    }
    return found;
  }
}

// SPDX-License-Identifier: Apache-2.0

/** A file that the executable carries. */
export interface Part {
  /** Relative, with slashes. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** 0o644, or 0o755 for what is loaded as machine code. */
  readonly mode: number;
}

/** The files of an executable, in the order in which their bytes follow each other. */
export interface PartList {
  /** SHA-256 over the paths, modes and contents of all, 32 hexadecimal digits: the name of the folder they go to. */
  readonly hash: string;
  readonly parts: readonly Part[];
}

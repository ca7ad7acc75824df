// SPDX-License-Identifier: Apache-2.0

/** Edits (insert, delete, replace, swap of neighbours) between two words, ignoring case. */
function distance(a: string, b: string): number {
  const left = a.toLowerCase();
  const right = b.toLowerCase();
  let before: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, i) => i);
  for (let i = 1; i <= left.length; i++) {
    const row = [i];
    for (let j = 1; j <= right.length; j++) {
      const same = left[i - 1] === right[j - 1];
      let best = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]) {
        best = Math.min(best, before[j - 2]! + 1);
      }
      row.push(best);
    }
    before = previous;
    previous = row;
  }
  return previous[right.length]!;
}

/** The word of `words` that `word` most likely meant, or undefined when none is near. */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  if (word.length > 40) return undefined;
  let found: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 2)) + 1;
  for (const candidate of words) {
    const edits = distance(word, candidate);
    if (edits < least) {
      least = edits;
      found = candidate;
    }
  }
  return found;
}

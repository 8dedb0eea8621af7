/**
 * The known name that somebody most likely meant.
 *
 * @module
 */
import { distance } from "fastest-levenshtein";

/** Characters of a name that are compared: no real name is longer, and the comparison takes the square of it. */
const LONGEST_NAME = 100;

/** The candidate that differs from `name` in at most a third of its letters; the first of the closest, or undefined. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = comparable(name);
  let best: string | undefined;
  let smallest = Infinity;
  for (const candidate of candidates) {
    const known = comparable(candidate);
    const difference = distance(wanted, known);
    const tolerated = Math.max(1, Math.floor(Math.max(wanted.length, known.length) / 3));
    if (difference > tolerated || difference >= smallest || difference >= known.length) continue;
    best = candidate;
    smallest = difference;
  }
  return best;
}

function comparable(name: string): string {
  return name.slice(0, LONGEST_NAME).toLowerCase().replaceAll("-", "_");
}

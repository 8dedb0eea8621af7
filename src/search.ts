/**
 * Finds what a person means by a few typed letters.
 *
 * @module
 */

/** Something with a name for machines and one for people. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

const NO_MATCH = Infinity;

/** How far `item` is from what is wanted; smaller is better. */
type Distance = (wanted: string, item: Named) => number;

/** The items that `typed` may mean, best first; equally good ones stay in their order. All where nothing is typed. */
export function search<Item extends Named>(items: readonly Item[], typed: string): Item[] {
  const wanted = typed.trim().toLowerCase();
  if (wanted === "") return [...items];
  const found = ranked(items, wanted, distanceTo);
  return found.length > 0 ? found : ranked(items, wanted, looseDistance);
}

function ranked<Item extends Named>(items: readonly Item[], wanted: string, distanceOf: Distance): Item[] {
  return items
    .map((item) => ({ item, distance: distanceOf(wanted, item) }))
    .filter(({ distance }) => distance !== NO_MATCH)
    .sort((one, other) => one.distance - other.distance)
    .map(({ item }) => item);
}

function distanceTo(wanted: string, item: Named): number {
  const [id, name] = [item.id.toLowerCase(), item.name.toLowerCase()];
  if (id === wanted || name === wanted) return 0;
  if (id.startsWith(wanted) || name.startsWith(wanted)) return 1;
  const isInName = name.includes(wanted);
  if (isInName && wordsOf(name).some((word) => word.startsWith(wanted))) return 2;
  if (id.includes(wanted)) return 3;
  return isInName ? 4 : NO_MATCH;
}

/** Words in any order, then letters in any words: for what nobody is called exactly. */
function looseDistance(wanted: string, item: Named): number {
  const all = `${item.id} ${item.name}`.toLowerCase();
  if (wordsOf(wanted).every((word) => all.includes(word))) return 5;
  return joined(all).includes(joined(wanted)) ? 6 : NO_MATCH;
}

function wordsOf(text: string): string[] {
  return text.split(/[\s._()/-]+/).filter((word) => word !== "");
}

/** "Hugging Face" is found by "huggingface". */
function joined(text: string): string {
  return wordsOf(text).join("");
}

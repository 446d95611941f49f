/** The name that was probably meant, or null when none is near enough to be worth suggesting. */
export function findClosestName(name: string, candidates: Iterable<string>): string | null {
  let closest: string | null = null;
  // Two letters may differ, or a third of a longer name. Of a name of one to three letters everything would be near.
  let nearest = name.length < 4 ? 1 : Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < nearest) {
      nearest = distance;
      closest = candidate;
    }
  }
  return closest;
}

/** Levenshtein's: how many letters to add, drop or change. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const changed = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(changed, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}

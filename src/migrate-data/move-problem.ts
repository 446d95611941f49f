/** Why the data cannot be moved, in words for the person who moves them. */
export class MoveProblem extends Error {
  override readonly name = 'MoveProblem';
}

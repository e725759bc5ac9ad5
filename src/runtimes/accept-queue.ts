/** Empties a listener's queue before it is closed: the kernel resets what nobody has accepted. */

/** A peer that connects without end must not keep a listener open. */
const MOST_MS = 1000;

/** @param accepted how many connections have been accepted so far; resolves when that has stood still for a turn */
export async function emptyQueue(accepted: () => number): Promise<void> {
  const deadline = performance.now() + MOST_MS;
  let before: number;
  do {
    before = accepted();
    // Two turns: the first may belong to a round of the event loop whose look at the sockets is over.
    await turn();
    await turn();
  } while (accepted() !== before && performance.now() < deadline);
}

/** Everybody else gets a turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

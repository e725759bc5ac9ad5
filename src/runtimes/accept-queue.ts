/** Empties a listener's queue before it is closed: the kernel resets what nobody has accepted. */

/** A peer that connects without end must not keep a listener open. */
const MOST_MS = 1000;

/**
 * @param accepted how many connections have been accepted so far
 * @param queued how many the kernel has for us, as far as it tells
 *
 * Resolves in the moment in which nobody was accepted for a turn and nobody waits: whoever closes the listener at once
 * leaves some ten microseconds, in which only the kernel can help (`net.ipv4.tcp_migrate_req`).
 */
export async function emptyQueue(accepted: () => number, queued: () => number): Promise<void> {
  const deadline = performance.now() + MOST_MS;
  let before: number;
  do {
    before = accepted();
    // Two turns: the first may belong to a round of the event loop whose look at the sockets is over.
    await turn();
    await turn();
  } while ((accepted() !== before || queued() > 0) && performance.now() < deadline);
}

/** Everybody else gets a turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

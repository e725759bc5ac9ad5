/** Empties a listener's queue before it is closed: the kernel resets what nobody has accepted. */

/** So long a turn is waited for in which nobody comes. Where somebody always does, a queue that is empty must do. */
const QUIET_MS = 200;
/** A peer that connects without end must not keep a listener open. */
const MOST_MS = 1000;

/**
 * @param accepted how many connections have been accepted so far
 * @param queued how many the kernel has for us, as far as it tells
 *
 * Resolves in a moment in which nobody waits, best after a turn in which nobody came: whoever closes the listener at once
 * leaves some ten microseconds (more where the system takes the processor away in between), in which only the kernel can
 * help (`net.ipv4.tcp_migrate_req`).
 */
export async function emptyQueue(accepted: () => number, queued: () => number): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    const before = accepted();
    // Two turns: the first may belong to a round of the event loop whose look at the sockets is over.
    await turn();
    await turn();
    const passed = performance.now() - startedAt;
    if (passed > MOST_MS) return;
    if ((accepted() === before || passed > QUIET_MS) && queued() === 0) return;
  }
}

/** Everybody else gets a turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
